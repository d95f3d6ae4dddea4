"""Where people judge pairs and cases: into `ionics.judgements`, with an act in the audit.

Whoever judges must see both incidents; one that is hidden is refused in the words of one that does not exist. The
judgement is written before the act: killed in between, it still says who, when and why.
"""

from collections.abc import Callable, Collection, Mapping
from contextlib import AbstractContextManager
from datetime import UTC, datetime

import psycopg

from projections.audit_log import record_audit
from projections.case_log import linked_pairs, read_judgements
from projections.queries import owners_of
from schemas.case import CaseVersion
from schemas.codec import frame
from schemas.dictionary import read_dictionary
from schemas.directory import FocalPoint
from schemas.errors import InvalidIncidentError, ProjectionError
from schemas.judgement import Judgement, Pair, Verdict, pair_of
from schemas.publishing import publish
from schemas.rights import require_judge
from schemas.settings import Settings
from schemas.topics import JUDGEMENTS

JUDGED, CASE_SPLIT, CASES_JOINED, ONE_SEIZURE = "PAIR_JUDGED", "CASE_SPLIT", "CASES_JOINED", "ONE_SEIZURE"
"""Codes of the acts in the audit."""

Views = Callable[[], AbstractContextManager[psycopg.Connection]]
"""The read store as the person sees it, one transaction each time (`projections.viewing`)."""


class JudgementDesk:
    """Judges for one focal point.

    Args:
        settings: where the deployment is, with its generation.
        person: who judges.
        views: what that person sees.
    """

    def __init__(self, settings: Settings, person: FocalPoint, views: Views) -> None:
        self._settings, self._person, self._views = settings, person, views

    def judge(self, one: str, other: str, verdict: Verdict, reason: str) -> Judgement:
        """Say what holds of two incidents; NONE takes back what was said.

        Raises:
            ProjectionError: one of them does not exist, or may not be seen.
            ForbiddenError: the person may not judge them.
            InvalidIncidentError: there is nothing to take back, or no reason.
            LogError: the log cannot be read or written.
        """
        pair = pair_of(one, other)
        words = f"{pair[0]} and {pair[1]}: {verdict}"
        [made] = self._write({pair: verdict}, reason, JUDGED, "|".join(pair), words)
        return made

    def split(self, case: CaseVersion, members: Collection[str], reason: str) -> list[Judgement]:
        """Say that some members of a case do not belong to the rest of it: every pair across is DIFFERENT.

        Only pairs that are linked or judged are said to be so; others connect nothing.

        Raises:
            InvalidIncidentError: they are none or all of its members, or are not in it.
            IonicsError: as `judge`.
        """
        apart = self._members_of(case, members)
        inside = {member.incident_id for member in case.members}
        rest = inside - apart
        if not rest:
            raise InvalidIncidentError("MEMBERS", "members", f"these are all members of case {case.case_id}")
        known = {*linked_pairs(self._settings), *read_judgements(self._settings).held}
        across = sorted(pair for pair in known if inside.issuperset(pair) and len(apart.intersection(pair)) == 1)
        if not across:
            raise InvalidIncidentError("MEMBERS", "members", "nothing links them with the rest any more")
        words = f"case {case.case_id}: {len(apart)} of {len(inside)} members do not belong to the others"
        return self._write(dict.fromkeys(across, Verdict.DIFFERENT), reason, CASE_SPLIT, case.case_id, words)

    def join(self, one: CaseVersion, other: CaseVersion, reason: str) -> Judgement:
        """Say that two cases belong together: the first incidents of the two are RELATED.

        Raises:
            IonicsError: as `judge`.
        """
        for case in (one, other):
            self._require_seen(case)
        pair = pair_of(one.case_id, other.case_id)
        words = f"cases {one.case_id} and {other.case_id} belong together"
        [made] = self._write({pair: Verdict.RELATED}, reason, CASES_JOINED, one.case_id, words)
        return made

    def same(self, case: CaseVersion, members: Collection[str], reason: str) -> list[Judgement]:
        """Say that some members of a case are one seizure: the first admitted of them is the SAME as each other one.

        Raises:
            InvalidIncidentError: they are fewer than two, or are not in it.
            IonicsError: as `judge`.
        """
        named = self._members_of(case, members)
        first, *others = [member.incident_id for member in case.members if member.incident_id in named]
        if not others:
            raise InvalidIncidentError("MEMBERS", "members", "name two members or more")
        words = f"case {case.case_id}: {len(named)} members are one seizure"
        verdicts = {pair_of(first, other): Verdict.SAME for other in others}
        return self._write(verdicts, reason, ONE_SEIZURE, case.case_id, words)

    def _members_of(self, case: CaseVersion, named: Collection[str]) -> set[str]:
        self._require_seen(case)
        inside = {member.incident_id for member in case.members}
        outside = sorted(set(named) - inside)
        if outside or not named:
            raise InvalidIncidentError(
                "MEMBERS", "members", f"case {case.case_id} has no member {outside[0] if outside else 'named'}"
            )
        return set(named)

    def _require_seen(self, case: CaseVersion) -> None:
        """A case with a member that the person may not see is none to it, and no member of it is named."""
        if len(self._owners({member.incident_id for member in case.members})) < len(case.members):
            raise ProjectionError(f"no case {case.case_id} that {self._person.focal_point_id} may see")

    def _owners(self, incident_ids: Collection[str]) -> Mapping[str, str]:
        """The agency of each incident that the person may see."""
        with self._views() as connection:
            return owners_of(connection, self._settings.generation, incident_ids)

    def _write(
        self, verdicts: Mapping[Pair, Verdict], reason: str, code: str, subject: str, words: str
    ) -> list[Judgement]:
        wanted = {incident_id for pair in verdicts for incident_id in pair}
        owners = self._owners(wanted)
        if hidden := sorted(wanted - owners.keys()):
            raise ProjectionError(f"no incident {hidden[0]} that {self._person.focal_point_id} may see")
        person, known = self._person, read_judgements(self._settings)
        require_judge(person, verdicts, owners)
        by, at = (person.focal_point_id, person.agency_id), datetime.now(UTC)
        for pair, verdict in verdicts.items():
            if verdict is Verdict.NONE and pair not in known.held:
                raise InvalidIncidentError("NOT_JUDGED", "pair", f"nobody has judged {'|'.join(pair)}")
        made = [known.next(pair, verdict, reason, by, at) for pair, verdict in verdicts.items()]
        head = frame(read_dictionary(self._settings).id_of("judgement"))
        records = [("|".join(each.pair).encode(), head + each.body()) for each in made]
        publish(self._settings, JUDGEMENTS.name, records)
        record_audit(
            self._settings, "OPERATOR_ACT", code, words, actor=by[0], agency_id=by[1], subject=subject, reason=reason
        )
        return made

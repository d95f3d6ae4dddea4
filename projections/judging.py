"""Where people judge pairs and cases: into `ionics.judgements`, with an act in the audit.

Whoever judges must see both incidents; one that is hidden is refused in the words of one that does not exist. Which
members a case has and what links them is as the person sees it, so nothing that is said depends on what is hidden. The
judgement is written before the act: killed in between, it still says who, when and why.
"""

from collections.abc import Collection, Mapping
from datetime import UTC, datetime

from projections.audit_log import record_audit
from projections.queries import members_of, owners_of, pairs_across
from projections.viewing import Views
from schemas.directory import FocalPoint
from schemas.errors import InvalidIncidentError, ProjectionError
from schemas.judgement import Judgement, Judgements, Pair, Verdict, pair_of
from schemas.reading import read_topic
from schemas.rights import require_judge
from schemas.settings import Settings
from schemas.topics import JUDGEMENTS
from schemas.writing import publish_as

JUDGED, CASE_SPLIT, CASES_JOINED, ONE_SEIZURE = "PAIR_JUDGED", "CASE_SPLIT", "CASES_JOINED", "ONE_SEIZURE"
"""Codes of the acts in the audit."""
_MOST_PAIRS = 10_000


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

    def split(self, case_id: str, members: Collection[str], reason: str) -> list[Judgement]:
        """Say that some members of a case do not belong to the rest of it: every pair across is DIFFERENT.

        Only pairs that are linked or judged are said to be so; others connect nothing.

        Raises:
            ProjectionError: there is no such case, or it may not be seen.
            InvalidIncidentError: they are none or all of its members, or are not in it; or too many pairs are linked.
            IonicsError: as `judge`.
        """
        inside = self._members(case_id)
        apart = _named(case_id, inside, members)
        rest = set(inside) - apart
        if not rest:
            raise InvalidIncidentError("MEMBERS", "members", f"these are all members of case {case_id}")
        with self._views() as connection:
            across = pairs_across(connection, self._settings.generation, apart, rest, limit=_MOST_PAIRS + 1)
        if not across:
            raise InvalidIncidentError("MEMBERS", "members", "nothing links them with the rest any more")
        if len(across) > _MOST_PAIRS:
            raise InvalidIncidentError(
                "MEMBERS", "members", f"more than {_MOST_PAIRS} pairs link them with the rest; part fewer at a time"
            )
        words = f"case {case_id}: {len(apart)} of {len(inside)} members do not belong to the others"
        return self._write(dict.fromkeys(across, Verdict.DIFFERENT), reason, CASE_SPLIT, case_id, words)

    def join(self, one: str, other: str, reason: str) -> Judgement:
        """Say that two cases belong together: the first incidents of the two are RELATED.

        Raises:
            ProjectionError: one of them does not exist, or may not be seen.
            IonicsError: as `judge`.
        """
        pair = pair_of(one, other)
        for case_id in pair:
            self._members(case_id)
        [made] = self._write(
            {pair: Verdict.RELATED}, reason, CASES_JOINED, one, f"cases {one} and {other} belong together"
        )
        return made

    def same(self, case_id: str, members: Collection[str], reason: str) -> list[Judgement]:
        """Say that some members of a case are one seizure: the first admitted of them is the SAME as each other one.

        Raises:
            ProjectionError: there is no such case, or it may not be seen.
            InvalidIncidentError: they are fewer than two, or are not in it.
            IonicsError: as `judge`.
        """
        inside = self._members(case_id)
        named = _named(case_id, inside, members)
        first, *others = [incident_id for incident_id in inside if incident_id in named]
        if not others:
            raise InvalidIncidentError("MEMBERS", "members", "name two members or more")
        words = f"case {case_id}: {len(named)} members are one seizure"
        verdicts = {pair_of(first, other): Verdict.SAME for other in others}
        return self._write(verdicts, reason, ONE_SEIZURE, case_id, words)

    def _members(self, case_id: str) -> list[str]:
        """The incidents of a case that the person sees, the first admitted first."""
        with self._views() as connection:
            found = members_of(connection, self._settings.generation, case_id)
        if not found:
            raise ProjectionError(f"no case {case_id} that {self._person.focal_point_id} may see")
        return found

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
        person, known = self._person, Judgements().fold(read_topic(self._settings, JUDGEMENTS.name))
        require_judge(person, verdicts, owners)
        by, at = (person.focal_point_id, person.agency_id), datetime.now(UTC)
        for pair, verdict in verdicts.items():
            if verdict is Verdict.NONE and pair not in known.held:
                raise InvalidIncidentError("NOT_JUDGED", "pair", f"nobody has judged {'|'.join(pair)}")
        made = [known.next(pair, verdict, reason, by, at) for pair, verdict in verdicts.items()]
        records = [("|".join(each.pair).encode(), each.body()) for each in made]
        publish_as("judgement", self._settings, JUDGEMENTS.name, records)
        record_audit(
            self._settings, "OPERATOR_ACT", code, words, actor=by[0], agency_id=by[1], subject=subject, reason=reason
        )
        return made


def _named(case_id: str, inside: Collection[str], named: Collection[str]) -> set[str]:
    outside = sorted(set(named) - set(inside))
    if outside or not named:
        raise InvalidIncidentError(
            "MEMBERS", "members", f"case {case_id} has no member {outside[0] if outside else 'named'}"
        )
    return set(named)

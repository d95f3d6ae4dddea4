"""The facts of a history at once: what each incident comes to first, and then where it is filed."""

from collections.abc import Iterable

from schemas.policies import COMMUNITY_CLASS
from schemas.watch import Watch
from stream_processors.alert.facts import Revised
from stream_processors.alert.judging import Alerting, KeptAlerts, after, filings
from stream_processors.alert.reading import Given


def restored(given: Iterable[Given]) -> KeptAlerts:
    """The state after facts, in whatever order they come; nothing is judged."""
    kept = KeptAlerts()
    incidents = kept.book.incidents
    said = []
    for each in given:
        if isinstance(each, Revised):
            id_ = each.fact.incident_id
            incidents[id_] = after(incidents.get(id_), each)
        else:
            said.append(each)
    facts = [known.fact for known in incidents.values() if known.fact is not None]
    kept.book.load((fact, filings(fact)) for fact in facts)
    for fact in facts:
        if fact.policy_class != COMMUNITY_CLASS:
            kept.book.policies[fact.policy_class] = fact.owner, fact.audience
    alerting = Alerting(kept)
    for each in said:
        if isinstance(each, Watch):
            alerting.take_watch(each)
        else:
            alerting.take_special(each)
    alerting.commit()
    return kept

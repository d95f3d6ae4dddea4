"""Cases and links as they stand on the log, for those who may read it."""

from collections.abc import Iterator

from schemas.case import CaseVersion
from schemas.errors import ContractError
from schemas.judgement import Judgements, Pair
from schemas.known_schemas import KnownSchemas
from schemas.reading import read_topic
from schemas.settings import Settings
from schemas.topics import JUDGEMENTS, cases, links
from stream_processors.match.cases import FactReader, Link


def read_case(settings: Settings, case_id: str) -> CaseVersion | None:
    """A case as it stands; None where there is none, or none any more.

    Raises:
        LogError: the log cannot be read.
    """
    schemas = KnownSchemas.of(settings)
    found: CaseVersion | None = None
    for record in read_topic(settings, cases(settings.generation).name):
        if record.key != case_id.encode():
            continue
        try:
            found = CaseVersion.of(schemas.decoded(record.value, "case_event"))
        except ContractError:
            continue  # no stage wrote it
    return found if found is not None and found.members else None


def read_judgements(settings: Settings) -> Judgements:
    """What people said of each pair, as it holds.

    Raises:
        LogError: the log cannot be read.
    """
    return Judgements().fold(read_topic(settings, JUDGEMENTS.name))


def linked_pairs(settings: Settings) -> Iterator[Pair]:
    """The pairs that the matcher has compared and written down, at whatever revisions; some come more than once.

    Raises:
        LogError: the log cannot be read.
    """
    reader = FactReader(KnownSchemas.of(settings))
    for record in read_topic(settings, links(settings.generation).name):
        try:
            fact = reader.fact(record)
        except ContractError:
            continue  # a dead letter of the stages
        if isinstance(fact, Link):
            yield fact.pair

"""The catalogue of stages: one entry each, from which all that runs, watches, measures or breaks stages takes them.

A stage that is added here has its worker, its group, its access lists and quotas, its topic in each generation, its
line in `ionics status`, and its place in the simulation, the faults and the benchmark of restoring. What its outputs
must be after all faults is said in `tests/simulation/ledger.py`.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

from deploy.disseminating import disseminating
from projections.members import MembersProjector
from projections.moments import MomentsKeeper
from projections.projector import Projector, matched
from schemas.known_schemas import KnownSchemas
from schemas.settings import Settings
from schemas.topics import (
    ACKNOWLEDGEMENTS,
    DECISIONS,
    DIRECTORY,
    INCIDENTS,
    JUDGEMENTS,
    MODELS,
    SCHEMAS,
    SPECIAL_ALERTS,
    SUBMISSIONS,
    WATCHES,
    Topic,
    alerts,
    cases,
    enriched,
    links,
)
from stream_processors.admit import GROUP as ADMIT_GROUP
from stream_processors.admit import Admission, DirectoryReader
from stream_processors.alert import ALERT_GROUPS, Alerts, alert_group
from stream_processors.disseminate import GROUPS as DISSEMINATE_GROUPS
from stream_processors.disseminate import KINDS
from stream_processors.disseminate import NAME as DISSEMINATE
from stream_processors.disseminate import group as disseminate_group
from stream_processors.enrich import GROUPS as ENRICH_GROUPS
from stream_processors.enrich import Enrichment
from stream_processors.enrich import group as enrich_group
from stream_processors.match import (
    CASES_GROUPS,
    MATCH_GROUPS,
    Matching,
    cases_group,
    match_group,
    model_of,
    shipped_model,
)
from stream_processors.match.cases import Cases
from stream_processors.reference import Reference
from stream_processors.runtime import OneTopic, Stage, following_schemas

Topics = Callable[[int], tuple[Topic, ...]]
"""Topics, by the number of a generation."""
OnBatch = Callable[[int], None] | None
"""Called after each committed batch with its size."""


@dataclass(frozen=True)
class Surroundings:
    """What stages are built from beside the log that they process, of whatever kind that is.

    Attributes:
        topic: follows the topic of one partition that has this name.
        reference: the reference data.
    """

    deployment: str
    generation: int
    topic: Callable[[str], OneTopic]
    reference: Callable[[], Reference]


@dataclass(frozen=True)
class Streaming:
    """A stage from log to log, run by a `Worker`.

    Attributes:
        name: of the stage and of its principal.
        inputs: what it consumes.
        outputs: what it writes, beside receipts and dead letters.
        groups: prefix of its consumer groups and transactional ids.
        group: its consumer group at a generation.
        batch: most records in one transaction.
        shared: whether several workers may share the partitions.
        of_generation: whether each generation has its own run of it.
        build: makes it.
    """

    name: str
    inputs: Topics
    outputs: Topics
    groups: str
    group: Callable[[int], str]
    batch: int
    shared: bool
    of_generation: bool
    build: Callable[[Surroundings], Stage[Any]]


class Runs(Protocol):
    """Something that runs in the foreground."""

    def run(self, stop: threading.Event) -> None:
        """Run until `stop` is set.

        Raises:
            IonicsError: it cannot go on.
        """


@dataclass(frozen=True)
class Reacting:
    """A stage from the log to people, which keeps its state in the read store; several workers share its partitions.

    Attributes:
        name: of the stage and of its principal.
        inputs: what it consumes.
        groups: prefix of its consumer groups.
        group: its consumer group at a generation.
        build: makes it, on the settings of a generation, as one of its workers.
    """

    name: str
    inputs: Topics
    groups: str
    group: Callable[[int], str]
    build: Callable[[Settings, str, OnBatch], Runs]
    shared: ClassVar[bool] = True
    of_generation: ClassVar[bool] = True


@dataclass(frozen=True)
class Projecting:
    """A stage from the log into the tables of a generation, with one worker.

    Attributes:
        name: of the stage and of its principal.
        inputs: by whose positions, which it keeps in the tables, it is told how far it has come.
        build: makes it, on the settings of a generation.
    """

    name: str
    inputs: Topics
    build: Callable[[Settings, OnBatch], Runs]
    shared: ClassVar[bool] = False
    of_generation: ClassVar[bool] = True


def _admission(around: Surroundings) -> Admission:
    topics = around.topic(DIRECTORY.name), around.topic(SCHEMAS.name)
    return Admission(DirectoryReader(around.deployment, *topics))


def _enrichment(around: Surroundings) -> Enrichment:
    schemas = KnownSchemas(following_schemas(around.topic(SCHEMAS.name)))
    return Enrichment(schemas, around.reference(), around.generation)


def _matching(around: Surroundings) -> Matching:
    schemas = KnownSchemas(following_schemas(around.topic(SCHEMAS.name)))
    model = model_of(around.topic(MODELS.name).read(0), around.generation) or shipped_model()
    return Matching(schemas, model, around.generation)


def _cases(around: Surroundings) -> Cases:
    return Cases(KnownSchemas(following_schemas(around.topic(SCHEMAS.name))), around.generation)


def _alerts(around: Surroundings) -> Alerts:
    return Alerts(KnownSchemas(following_schemas(around.topic(SCHEMAS.name))), around.generation)


STREAMING = (
    Streaming(
        "admit",
        inputs=lambda _: (SUBMISSIONS,),
        outputs=lambda _: (INCIDENTS, DECISIONS),
        groups=ADMIT_GROUP,
        group=lambda _: ADMIT_GROUP,
        batch=5_000,
        shared=True,
        of_generation=False,
        build=_admission,
    ),
    Streaming(
        "enrich",
        inputs=lambda _: (INCIDENTS,),
        outputs=lambda generation: (enriched(generation),),
        groups=ENRICH_GROUPS,
        group=enrich_group,
        batch=10_000,
        shared=True,
        of_generation=True,
        build=_enrichment,
    ),
    Streaming(
        "match",
        inputs=lambda generation: (enriched(generation), JUDGEMENTS),
        outputs=lambda generation: (links(generation),),
        groups=MATCH_GROUPS,
        group=match_group,
        batch=5_000,
        shared=False,
        of_generation=True,
        build=_matching,
    ),
    Streaming(
        "cases",
        inputs=lambda generation: (links(generation), JUDGEMENTS),
        outputs=lambda generation: (cases(generation),),
        groups=CASES_GROUPS,
        group=cases_group,
        batch=500,  # a case is written whole after each change: a record of links may make a thousand times its size
        shared=False,
        of_generation=True,
        build=_cases,
    ),
    Streaming(
        "alert",
        inputs=lambda generation: (enriched(generation), SPECIAL_ALERTS, WATCHES),
        outputs=lambda generation: (alerts(generation),),
        groups=ALERT_GROUPS,
        group=alert_group,
        batch=2_000,
        shared=False,
        of_generation=True,
        build=_alerts,
    ),
)
"""Stages from log to log, in the order in which data passes."""

PROJECTING = (
    Projecting(
        "project",
        lambda generation: (enriched(generation), *matched(generation)),
        lambda at, done: Projector(at, 10_000, done),
    ),
    Projecting("members", lambda _: (DIRECTORY,), MembersProjector),
    Projecting("moments", lambda _: (), MomentsKeeper),
)
"""Stages from the log into the read store."""

REACTING = (
    Reacting(
        DISSEMINATE,
        lambda generation: (*(kind.topic(generation) for kind in KINDS), ACKNOWLEDGEMENTS),
        DISSEMINATE_GROUPS,
        disseminate_group,
        disseminating,
    ),
)
"""Stages from the log to people. They run for the generation that is read alone: what another one finds is history."""

AnyStage = Streaming | Projecting | Reacting
STAGES: dict[str, AnyStage] = {stage.name: stage for stage in (*STREAMING, *PROJECTING, *REACTING)}
"""All stages by name."""
SHARED = tuple(name for name, stage in STAGES.items() if stage.shared)
"""Names of those whose partitions several workers may share."""


def generated(generation: int) -> list[Topic]:
    """The topics that a generation consists of."""
    return [topic for stage in STREAMING if stage.of_generation for topic in stage.outputs(generation)]

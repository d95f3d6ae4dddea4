"""The catalogue of stages agrees with the catalogue of topics, and each of its entries is judged by the simulation."""

import pytest

from deploy.stages import PROJECTING, REACTING, STAGES, STREAMING, Projecting, Streaming, generated
from schemas.topics import ACCESS, AUDIT, DEAD_LETTERS, PERMANENT
from tests.simulation.ledger import CHECKS


@pytest.mark.parametrize("stage", STAGES.values(), ids=lambda stage: str(stage.name))
def test_a_stage_may_read_what_it_consumes(stage: Streaming | Projecting) -> None:
    """Access lists come from the topics; a stage that they leave out would start and get nothing."""
    assert all({stage.name, "*"} & {*topic.readers} for topic in stage.inputs(1))


def test_stages_write_exactly_what_the_topics_say() -> None:
    """Beside dead letters, audit, access log and receipts, which are not of one stage or not one topic."""
    said = {(name, topic.name) for topic in (*PERMANENT, *generated(1)) for name in topic.writers if name in STAGES}
    aside = {topic.name for topic in (ACCESS, AUDIT, DEAD_LETTERS)}
    written = {(stage.name, topic.name) for stage in STREAMING for topic in stage.outputs(1)}
    assert written == {each for each in said if each[1] not in aside}


def test_groups_of_a_stage_are_of_its_generation_and_of_nobody_else() -> None:
    """Its access lists are made by the prefix, and generations run side by side."""
    assert all(stage.group(1).startswith(stage.groups) for stage in STREAMING)
    assert [stage.group(1) != stage.group(2) for stage in STREAMING] == [stage.of_generation for stage in STREAMING]
    prefixes = [stage.groups for stage in STREAMING]
    assert not [(one, two) for one in prefixes for two in prefixes if one != two and two.startswith(one)]


def test_every_stage_has_its_place_once() -> None:
    """A stage from log to log without a check of its outputs would run in the simulation and prove nothing."""
    assert len(STAGES) == len(STREAMING) + len(PROJECTING) + len(REACTING)
    assert {stage.name for stage in STREAMING} == CHECKS.keys()

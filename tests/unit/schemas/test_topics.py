"""The topic catalogue."""

import pytest

from deploy.stages import generated
from schemas.codec import codec
from schemas.dictionary import SUBJECTS
from schemas.errors import IdentityError
from schemas.topics import ACCESS, FOR_EVER, PERMANENT, SUBMISSIONS, Topic, receipts

ALL = [*PERMANENT, receipts("nzl-customs"), *generated(1)]


def test_no_two_topics_have_one_name() -> None:
    """Generations and agencies have topics of their own."""
    names = [topic.name for topic in [*ALL, receipts("nzl-police"), *generated(2)]]
    assert len(names) == len(set(names))
    assert all(name.startswith("ionics.") for name in names)


@pytest.mark.parametrize(
    ("name", "partitions"),
    [
        ("ionics.submissions", 12),
        ("ionics.incidents", 12),
        ("ionics.decisions", 12),
        ("ionics.enriched.g1", 12),
        ("ionics.links.g1", 1),
        ("ionics.cases.g1", 1),
        ("ionics.judgements", 1),
        ("ionics.directory", 1),
        ("ionics.schemas", 1),
        ("ionics.dead-letters", 1),
        ("ionics.receipts.nzl-customs", 1),
    ],
)
def test_partition_counts_are_fixed(name: str, partitions: int) -> None:
    """Another count would send a key elsewhere."""
    assert {name: partitions} == {topic.name: topic.partitions for topic in ALL if topic.name == name}


@pytest.mark.parametrize("topic", ALL, ids=lambda topic: topic.name)
def test_what_is_kept_for_ever_is_kept_whole(topic: Topic) -> None:
    """Only submissions and the access log expire; nothing is compacted; append time is the only clock."""
    config = topic.config()
    expected = {SUBMISSIONS: 30 * 86_400_000, ACCESS: 730 * 86_400_000}.get(topic, FOR_EVER)
    found = config["retention.ms"], config["cleanup.policy"], config["retention.bytes"]
    assert (str(expected), "delete", "-1") == found
    assert config["message.timestamp.type"] == "LogAppendTime"


@pytest.mark.parametrize("topic", [topic for topic in ALL if topic.schema], ids=lambda topic: topic.name)
def test_every_schema_of_the_catalogue_exists_and_has_a_subject(topic: Topic) -> None:
    """What is in a topic can be read."""
    assert topic.schema in SUBJECTS
    assert codec(topic.schema).schema["type"] == "record"


def test_open_topics_hold_nothing_of_others() -> None:
    """Whoever lacks sees-all reads the directory, the schemas and its own receipts."""
    assert {topic.name for topic in ALL if topic.open} == {
        "ionics.directory",
        "ionics.schemas",
        "ionics.receipts.nzl-customs",
    }


def test_receipts_need_an_agency_id() -> None:
    """No name of another form gets into a topic name."""
    with pytest.raises(IdentityError):
        receipts("../nzl")

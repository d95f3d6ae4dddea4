"""A batch: the same records and columns, whether it is of messages or of records."""

from collections.abc import Sequence
from typing import Any

from confluent_kafka import Message
from hypothesis import given
from hypothesis import strategies as st

from schemas.batch import Batch
from schemas.reading import Record

RECORDS = st.lists(
    st.builds(
        Record,
        st.sampled_from(["a", "b"]),
        st.integers(0, 3),
        st.integers(0, 1_000_000),
        st.integers(1, 10**12),
        st.none() | st.binary(max_size=3),
        st.none() | st.binary(max_size=3),
        st.lists(st.tuples(st.text("xyz", min_size=1), st.binary(max_size=3)), max_size=2).map(tuple),
    )
)


def message(record: Record) -> Any:
    """As confluent-kafka gives it."""
    return Message(
        topic=record.topic,
        partition=record.partition,
        offset=record.offset,
        key=record.key,
        value=record.value,
        headers=list(record.headers) or None,
        timestamp=(2, record.timestamp_ms),
    )


def both(records: Sequence[Record]) -> list[Batch]:
    """The two forms of a batch."""
    return [Batch.of(records), Batch.of_messages([message(record) for record in records])]


@given(records=RECORDS)
def test_a_batch_is_a_sequence_of_its_records(records: list[Record]) -> None:
    """Iterated, indexed and sliced."""
    for batch in both(records):
        assert records == list(batch)
        assert records == [batch[index] for index in range(len(batch))]
        middle = len(records) // 2
        assert [*batch[:middle], *batch[middle:]] == records
        assert isinstance(batch[:middle], Batch)
        assert batch is Batch.of(batch)


@given(records=RECORDS)
def test_columns_are_those_of_the_records(records: list[Record]) -> None:
    """Null is empty there; positions are those after the last record of each partition, in the order of the batch."""
    last = {(record.topic, record.partition): record.offset + 1 for record in records}
    for batch in both(records):
        assert [record.topic for record in records] == batch.topics
        assert [record.partition for record in records] == batch.partitions
        assert [record.key or b"" for record in records] == batch.keys
        assert [record.value or b"" for record in records] == batch.values
        assert last == batch.positions()

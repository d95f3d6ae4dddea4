"""Writing a few records of one schema, framed as the deployment's dictionary numbers it."""

from collections.abc import Sequence

from schemas.codec import frame
from schemas.dictionary import read_dictionary
from schemas.publishing import publish
from schemas.settings import Settings


def publish_as(schema: str, settings: Settings, topic: str, records: Sequence[tuple[bytes, bytes]]) -> list[int]:
    """Append records (key, Avro body) of a schema to a topic of one partition, in order; their offsets.

    Raises:
        LogError: the broker did not acknowledge all of them, or the dictionary cannot be read.
        UnknownSchemaError: the deployment does not know the schema.
    """
    head = frame(read_dictionary(settings).id_of(schema))
    return publish(settings, topic, [(key, head + body) for key, body in records])

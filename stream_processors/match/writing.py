"""What the matcher says of a batch, as keys and Avro bodies of the topic of links."""

from collections.abc import Iterator

from schemas.codec import codec
from stream_processors.match.matcher import Taken


def encoded(taken: Taken) -> Iterator[tuple[bytes, bytes]]:
    """Key and body of each event, so ordered that who folds them counts no link for a moment too long."""
    encode = codec("match_event").encode
    for moved in taken.moved:
        yield str(moved["incident_id"]).encode(), encode({"moved": moved})
    for key in taken.keys:
        yield f"{key['scope']}:{key['key']}".encode(), encode({"key": key})
    yield from taken.links.encoded()

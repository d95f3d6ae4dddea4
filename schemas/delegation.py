"""The link between a delegated report and what the secretariat published of it: a fold of `ionics.delegations`.

The link stands in the log before the published incident is reported (RESERVED), so no incident is ever out without it.
The first link of a report by a secretariat settles the reference for ever: whoever publishes once more, or at the same
time, publishes the same incident.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from schemas.codec import FRAME_BYTES, codec
from schemas.directory import GRACE_MS, SECRETARIAT, Directory
from schemas.errors import ContractError
from schemas.identity import framed, incident_id
from schemas.incident import Int32, Name, Uuid
from schemas.keys import ALGORITHM, SigningKey, verifies
from schemas.reading import Record, read_topic
from schemas.settings import Settings
from schemas.topics import DELEGATIONS

_TAG = b"ionics/link/1"

State = Literal["RESERVED", "PUBLISHED"]


class DelegationLink(BaseModel):
    """As what a delegated report is published; the fields are those of ``schemas/avro/delegation_link.avsc``."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    delegated_id: Uuid
    owner: Name
    agency_id: Name
    source_ref: str
    delegated_revision: Int32
    state: State

    def published_id(self, deployment: str) -> str:
        """Id of the published incident."""
        return incident_id(deployment, self.agency_id, self.source_ref)

    def signed(self, deployment: str, key: SigningKey) -> dict[str, Any]:
        """The record of it, signed by the secretariat."""
        signature = key.sign(self._message(deployment))
        return {**self.model_dump(), "key_id": key.key_id, "algorithm": ALGORITHM, "signature": signature}

    def is_signed_by(self, public: bytes, deployment: str, signature: bytes) -> bool:
        """Whether the signature is of this link by this key."""
        return verifies(public, self._message(deployment), signature)

    def _message(self, deployment: str) -> bytes:
        parts = (self.delegated_id, self.owner, self.agency_id, self.source_ref)
        numbered = (*parts, str(self.delegated_revision), self.state)
        return framed(_TAG, deployment.encode(), *(part.encode() for part in numbered))


@dataclass
class DelegationLinks:
    """The links by delegated report and secretariat, on top of the directory of agencies and keys.

    A link counts if a key of its secretariat signed it within the time of that key. A later revocation takes no link
    back: it would take the owner's knowledge of what is published for it.
    """

    directory: Directory
    links: dict[tuple[str, str], DelegationLink] = field(default_factory=dict)

    def fold(self, records: Iterable[Record]) -> "DelegationLinks":
        """Take in records in order; what is not signed as it must be changes nothing."""
        for record in records:
            link = self._proved(record)
            if link is None:
                continue
            name = link.delegated_id, link.agency_id
            known = self.links.get(name)
            if known is None or _follows(link, known):
                self.links[name] = link
        return self

    def _proved(self, record: Record) -> DelegationLink | None:
        try:
            entry = codec("delegation_link").decode((record.value or b"")[FRAME_BYTES:])
            key_id, algorithm, signature = (entry.pop(name) for name in ("key_id", "algorithm", "signature"))
            link = DelegationLink.model_validate(entry)
        except (ContractError, ValueError):
            return None
        key = self.directory.keys.get(key_id)
        agency = self.directory.agencies.get(link.agency_id)
        if key is None or key.agency_id != link.agency_id or algorithm != ALGORITHM:
            return None
        if agency is not None and agency.agency_type != SECRETARIAT:
            return None
        in_time = key.start_ms <= record.timestamp_ms <= (key.end_ms or record.timestamp_ms) + GRACE_MS
        good = in_time and link.is_signed_by(key.public, self.directory.deployment, signature)
        return link if good else None


def _follows(link: DelegationLink, known: DelegationLink) -> bool:
    """Whether it says more of the same publication: published at all, or made from a later revision."""
    same = (link.owner, link.source_ref) == (known.owner, known.source_ref)
    rank = (link.state == "PUBLISHED", link.delegated_revision)
    return same and rank > (known.state == "PUBLISHED", known.delegated_revision)


def read_links(settings: Settings, directory: Directory) -> DelegationLinks:
    """The links as they stand now.

    Raises:
        LogError: `ionics.delegations` cannot be read.
    """
    return DelegationLinks(directory).fold(read_topic(settings, DELEGATIONS.name))

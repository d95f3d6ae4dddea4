"""The secretariat's desk: publishes in its own name what was delegated to it, each report once.

The link with the reference is in the log, acknowledged, before the incident is reported under it. So a desk that dies
anywhere goes on with the same reference, and admission takes the same incident once (docs/decisions/0010).
"""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from producers.building import uuid7
from producers.receipts import Outcome
from schemas.codec import codec
from schemas.delegation import DelegationLink, State, read_links
from schemas.directory import read_directory
from schemas.errors import IdentityError, InvalidIncidentError
from schemas.topics import DELEGATIONS
from schemas.writing import publish_as

if TYPE_CHECKING:
    from producers.building import Submission
    from producers.producer import IncidentProducer
    from producers.receipts import Receipt
    from schemas.incident import Incident, IncidentContent
    from schemas.keys import SigningKey
    from schemas.settings import Settings

_OUT = (Outcome.ACCEPTED, Outcome.DUPLICATE, Outcome.SUPERSEDED)


class DelegationDesk:
    """The desk of one agency of the type SECRETARIAT.

    Args:
        settings: where the deployment is.
        agency_id: the secretariat.
        key: with which it signs links, that of the directory.
        producer: reports for the secretariat.
    """

    def __init__(self, settings: Settings, agency_id: str, key: SigningKey, producer: IncidentProducer) -> None:
        self._settings, self._agency, self._key, self._producer = settings, agency_id, key, producer

    def link(self, delegated_id: str) -> DelegationLink | None:
        """As what this secretariat publishes a report, if that was begun.

        Raises:
            LogError: the log cannot be read.
        """
        links = read_links(self._settings, read_directory(self._settings)).links
        return links.get((delegated_id, self._agency))

    def reserve(self, delegated: Incident) -> DelegationLink:
        """The link of a report with its random reference, in the log when this returns; always the same one.

        Raises:
            IdentityError: the key is not one by which the directory lets this agency link.
            LogError: the log cannot be read or written.
        """
        known = self.link(delegated.incident_id)
        if known is not None:
            return known
        reference = uuid7(datetime.now(UTC), os.urandom(10))
        self._append(delegated, reference, "RESERVED")
        found = self.link(delegated.incident_id)
        if found is None:
            raise IdentityError(f"key {self._key.key_id} is none of an agency {self._agency} of the type SECRETARIAT")
        return found

    def publish(self, delegated: Incident, content: IncidentContent, wait_s: float = 30.0) -> Submission:
        """Publish a report, or go on where an earlier attempt ended.

        Args:
            delegated: its current revision.
            content: what `producers.delegated.content_of` made of it.
            wait_s: seconds to wait for the receipt.

        Raises:
            InvalidIncidentError: PUBLISHED already; CONFLICT, an earlier attempt has published other content; or why
                admission rejected it.
            LogError: the log does not answer, or the receipt has not come in time; call it again.
        """
        link = self.reserve(delegated)
        if link.state == "PUBLISHED":
            raise self._published_already(link)
        submission = self._producer.report(content, source_ref=link.source_ref)
        receipt = self._producer.wait(submission, wait_s)
        if receipt.code == "CONFLICT":
            self._append(delegated, link.source_ref, "PUBLISHED", link.delegated_revision)
        self._check(receipt)
        self._append(delegated, link.source_ref, "PUBLISHED")
        return submission

    def follow(self, delegated: Incident, change: Submission, wait_s: float = 30.0) -> None:
        """Say, once its receipt has come, that an amendment or withdrawal follows this revision of the report.

        Raises:
            InvalidIncidentError: why admission rejected it.
            LogError: the log does not answer, or the receipt has not come in time.
        """
        self._check(self._producer.wait(change, wait_s))
        self._append(delegated, self.reserve(delegated).source_ref, "PUBLISHED")

    def _append(self, delegated: Incident, reference: str, state: State, revision: int | None = None) -> None:
        link = DelegationLink(
            delegated_id=delegated.incident_id,
            owner=delegated.agency_id,
            agency_id=self._agency,
            source_ref=reference,
            delegated_revision=revision or delegated.revision,
            state=state,
        )
        body = codec("delegation_link").encode(link.signed(self._settings.require("deployment"), self._key))
        publish_as("delegation_link", self._settings, DELEGATIONS.name, [(link.delegated_id.encode(), body)])

    def _published_already(self, link: DelegationLink) -> InvalidIncidentError:
        published = link.published_id(self._settings.require("deployment"))
        return InvalidIncidentError("PUBLISHED", "incident_id", f"it is published as {published}: amend that one")

    @staticmethod
    def _check(receipt: Receipt) -> None:
        if receipt.outcome not in _OUT:
            raise InvalidIncidentError(receipt.code or "REJECTED", receipt.path or "incident", receipt.message or "")

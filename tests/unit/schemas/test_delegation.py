"""The links of delegated reports: the first one counts, and none that is not signed as it must be."""

from typing import Any

import pytest

from schemas.codec import codec, frame
from schemas.delegation import DelegationLink, DelegationLinks
from schemas.directory import GRACE_MS, Agency, AgencyKey, Directory
from schemas.identity import incident_id
from schemas.keys import SigningKey
from schemas.reading import Record

HERE, ID = "dev-test", "c62be0c2-e38f-5a12-a0aa-9fd1aea70c74"
HQ, CUSTOMS = SigningKey(b"\x01" * 32), SigningKey(b"\x02" * 32)


def _directory(**key: Any) -> Directory:
    agencies = {"hq": Agency("hq", "HQ", "SECRETARIAT", None), "customs": Agency("customs", "C", "CUSTOMS", "NZL")}
    keys = {
        HQ.key_id: AgencyKey(HQ.key_id, "hq", HQ.public, 10, **key),
        CUSTOMS.key_id: AgencyKey(CUSTOMS.key_id, "customs", CUSTOMS.public, 0),
    }
    return Directory(HERE, agencies=agencies, keys=keys)


def _link(reference: str = "one", revision: int = 1, state: Any = "RESERVED", agency: str = "hq") -> DelegationLink:
    return DelegationLink(
        delegated_id=ID,
        owner="customs",
        agency_id=agency,
        source_ref=reference,
        delegated_revision=revision,
        state=state,
    )


def _record(
    link: DelegationLink, key: SigningKey = HQ, at_ms: int = 100, deployment: str = HERE, **changed: Any
) -> Record:
    value = frame(7) + codec("delegation_link").encode(link.signed(deployment, key) | changed)
    return Record("ionics.delegations", 0, 0, at_ms, ID.encode(), value, ())


def _folded(*records: Record, **key: Any) -> list[DelegationLink]:
    return list(DelegationLinks(_directory(**key)).fold(records).links.values())


def test_the_first_link_settles_the_reference_for_ever() -> None:
    """Two desks at the same time publish one incident; what is said later of another reference is nothing."""
    first, second = _link("one"), _link("two")
    assert _folded(_record(first), _record(second), _record(_link("two", 5, "PUBLISHED"))) == [first]
    assert first.published_id(HERE) == incident_id(HERE, "hq", "one")


def test_a_link_only_gains() -> None:
    """From reserved to published, then to later revisions; never back."""
    steps = [_link(), _link(state="PUBLISHED"), _link(revision=3, state="PUBLISHED")]
    assert _folded(*map(_record, steps)) == [steps[-1]]
    assert _folded(*map(_record, reversed(steps))) == [steps[-1]]
    assert _folded(_record(_link(revision=9)), _record(steps[1])) == [steps[1]]


@pytest.mark.parametrize(
    "record",
    [
        _record(_link(), CUSTOMS),
        _record(_link(agency="customs"), CUSTOMS),
        _record(_link(), key_id=CUSTOMS.key_id),
        _record(_link(), key_id="none"),
        _record(_link(), algorithm="none"),
        _record(_link(), deployment="ionics"),
        _record(_link(), source_ref="another"),
        _record(_link(), delegated_revision=2),
        _record(_link(), state="PUBLISHED"),
        _record(_link(), owner="other"),
        _record(_link().model_copy(update={"delegated_id": "no id"})),
        _record(_link().model_copy(update={"owner": "nul\x00"})),
        _record(_link(), at_ms=9),
        Record("ionics.delegations", 0, 0, 100, b"", b"rubbish", ()),
        Record("ionics.delegations", 0, 0, 100, b"", None, ()),
    ],
)
def test_what_is_not_signed_by_the_secretariat_changes_nothing(record: Record) -> None:
    """Another's key, another kind of agency, other bytes, another time, or nothing that can be read."""
    assert _folded(record) == []
    assert _folded(record, _record(_link())) == [_link()]


def test_a_key_that_ends_or_is_revoked_takes_no_link_back() -> None:
    """The owner keeps what it knows; after its time a key makes no new ones."""
    assert _folded(_record(_link()), revoked=True) == [_link()]
    assert _folded(_record(_link(), at_ms=50 + GRACE_MS), end_ms=50) == [_link()]
    assert _folded(_record(_link(), at_ms=51 + GRACE_MS), end_ms=50) == []

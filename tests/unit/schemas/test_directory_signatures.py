"""Whatever is appended, nothing changes in the directory without the signatures that it needs."""

from dataclasses import dataclass
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.codec import codec, frame
from schemas.directory import PROPOSAL_MS, Directory, Members, read_act, signed_act
from schemas.directory.commands import (
    AdministratorAdd,
    AdministratorRemove,
    AgencyAdd,
    AgencySuspend,
    Command,
    FocalPointSet,
    FocalPointSuspend,
    KeyRegister,
    KeyRotate,
    RightGrant,
)
from schemas.keys import SigningKey
from schemas.reading import Record
from schemas.topics import DIRECTORY, DIRECTORY_CLOSED

HERE, NOW = "dev-test", 1_700_000_000_000
ONE, TWO, THIRD, STRANGER, OLD, NEW = (SigningKey(bytes([n]) * 32) for n in range(1, 7))
_SIGNERS = (ONE, TWO, THIRD, STRANGER, OLD)
_PERSON = FocalPointSet(
    focal_point_id="officer", agency_id="a", role="R", issuer="https://id", subject="7", rights=["read"]
)
_COMMANDS: tuple[Command, ...] = (
    AgencyAdd(agency_id="a", name="A", agency_type="CUSTOMS", country="NZL"),
    AgencySuspend(agency_id="a"),
    KeyRegister(agency_id="a", key_id=OLD.key_id, public=OLD.public.hex()),
    KeyRotate(agency_id="a", key_id=NEW.key_id, public=NEW.public.hex()),
    AdministratorAdd(key_id=THIRD.key_id, public=THIRD.public.hex()),
    AdministratorRemove(key_id=TWO.key_id),
    _PERSON,
    FocalPointSuspend(focal_point_id="officer"),
    RightGrant(focal_point_id="officer", right="sees-all"),
)


@dataclass(frozen=True)
class Step:
    """One signed step that somebody appends: which command, by whom, how long after the last, approving which."""

    step: str
    command: Command
    signer: SigningKey
    after_ms: int
    approves: int
    damaged: bool


_STEPS = st.lists(
    st.builds(
        Step,
        st.sampled_from(["PROPOSE", "PROPOSE", "APPROVE", "APPROVE", "ACT", "GENESIS"]),
        st.sampled_from(_COMMANDS),
        st.sampled_from(_SIGNERS),
        st.sampled_from([1, 1_000, PROPOSAL_MS // 2, PROPOSAL_MS + 1]),
        st.integers(0, 8),
        st.sampled_from([False, False, False, True]),
    ),
    max_size=14,
)


def _log(steps: list[Step]) -> list[tuple[Record, Step]]:
    named = {"administrators": {key.key_id: key.public.hex() for key in (ONE, TWO)}}
    first = signed_act(HERE, "GENESIS", "GENESIS", "administrator:genesis", named, ONE)
    found = [(_record(first, 0, NOW), Step("GENESIS", _COMMANDS[0], ONE, 0, 0, damaged=False))]
    at, proposals = NOW, list[tuple[Step, str]]()
    for number, step in enumerate(steps, 1):
        at += step.after_ms
        command, digest = step.command, None
        if step.step == "APPROVE" and proposals:
            proposed, digest = proposals[step.approves % len(proposals)]
            command = proposed.command
        body = command.body()
        act = signed_act(HERE, step.step, command.kind, command.entry_id, body, step.signer, digest)
        if step.damaged:
            act["signature"] = act["signature"][:-1] + bytes([act["signature"][-1] ^ 1])
        record = _record(act, number, at)
        made = Step(step.step, command, step.signer, at, step.approves, step.damaged)
        found.append((record, made))
        parsed = read_act(HERE, record)
        assert parsed is not None
        if step.step == "PROPOSE":
            proposals.append((made, parsed.digest))
    return found


def _record(act: dict[str, Any], offset: int, at_ms: int) -> Record:
    closed = act["kind"].startswith(("FOCAL", "RIGHT"))
    value = frame(1) + codec("directory_act").encode(act)
    return Record((DIRECTORY_CLOSED if closed else DIRECTORY).name, 0, offset, at_ms, None, value, ())


def _read(log: list[tuple[Record, Step]]) -> Members:
    records = [record for record, _ in log]
    directory = Directory(HERE).fold(record for record in records if record.topic == DIRECTORY.name)
    return Members(directory).fold(record for record in records if record.topic == DIRECTORY_CLOSED.name)


def _signers(log: list[tuple[Record, Step]], kind: str) -> set[str]:
    """Who signed anything about this kind without damage."""
    return {step.signer.key_id for _, step in log if step.command.kind == kind and not step.damaged}


@given(_STEPS)
@settings(max_examples=400, deadline=None)
def test_nothing_changes_without_its_signatures(steps: list[Step]) -> None:
    """What stands in the directory was signed by two different administrators, or by one where one is enough."""
    log = _log(steps)
    members = _read(log)
    directory = members.directory
    administrators = {ONE.key_id, TWO.key_id, THIRD.key_id}
    if "a" in directory.agencies:
        assert len(_signers(log, "AGENCY_ADD") & administrators) >= 2
        if directory.agencies["a"].suspended:
            assert _signers(log, "AGENCY_SUSPEND") & administrators
    if OLD.key_id in directory.keys:
        assert len(_signers(log, "KEY_REGISTER") & administrators) >= 2
    if NEW.key_id in directory.keys:
        assert OLD.key_id in _signers(log, "KEY_ROTATE")
        assert directory.keys[OLD.key_id].end_ms == directory.keys[NEW.key_id].start_ms
    if THIRD.key_id in directory.administrators:
        assert {ONE.key_id, TWO.key_id} <= _signers(log, "ADMINISTRATOR_ADD")
    officer = members.focal_points.get("officer")
    if officer is not None:
        assert _signers(log, "FOCAL_POINT_SET") & administrators
        if "sees-all" in officer.rights:
            assert len(_signers(log, "RIGHT_GRANT") & administrators) >= 2
    assert len(directory.administrators) >= 2


@given(_STEPS, st.integers(0, 14))
@settings(max_examples=150, deadline=None)
def test_the_fold_does_not_depend_on_where_it_is_cut_or_repeated(steps: list[Step], cut: int) -> None:
    """Read in pieces, with a piece read twice, it is the same directory."""
    records = [record for record, _ in _log(steps) if record.topic == DIRECTORY.name]
    whole = Directory(HERE).fold(records)
    pieces = Directory(HERE).fold(records[:cut]).fold(records[: cut + 1]).fold(records)
    assert whole == pieces


def test_a_privileged_focal_point_does_not_become_another_person() -> None:
    """Who it is changes by one signature; then the rights that took two are gone."""
    grant = RightGrant(focal_point_id="officer", right="sees-all")
    log = _log(
        [
            Step("ACT", _PERSON, ONE, 1, 0, damaged=False),
            Step("PROPOSE", grant, ONE, 1, 0, damaged=False),
            Step("APPROVE", grant, TWO, 1, 0, damaged=False),
        ]
    )
    assert _read(log).focal_points["officer"].rights == {"read", "sees-all"}
    other = _PERSON.model_copy(update={"subject": "8"})
    act = signed_act(HERE, "ACT", other.kind, other.entry_id, other.body(), TWO)
    members = _read([*log, (_record(act, 99, NOW + 10), log[1][1])])
    assert (members.focal_points["officer"].subject, members.focal_points["officer"].rights) == ("8", {"read"})

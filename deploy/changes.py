"""Changes of the directory: signing a step, publishing it, and reading back whether it changed anything."""

import secrets
from collections.abc import Iterable, Sequence
from copy import deepcopy
from pathlib import Path
from typing import Any

from confluent_kafka.admin import AdminClient

from deploy.access import DEPLOYMENT, apply_access
from schemas.codec import codec
from schemas.directory import (
    COMMANDS,
    Act,
    Command,
    Directory,
    Members,
    Subscription,
    Subscriptions,
    both_steps,
    read_directory,
    read_members,
    signed_act,
)
from schemas.directory.commands import AgencyAdd, KeyRotate
from schemas.errors import ContractError, DirectoryError
from schemas.keys import SigningKey
from schemas.reading import Record, quiet_logger, read_topic
from schemas.settings import Settings
from schemas.topics import DIRECTORY, DIRECTORY_CLOSED, create_topics, receipts
from schemas.writing import publish_as


def take_step(settings: Settings, command: Command, key: SigningKey) -> str | None:
    """Propose a change that needs a second signature, or make one that needs none.

    Returns:
        The digest of the proposal, which the second administrator approves; None where the change was made.

    Raises:
        DirectoryError: the directory took the step but nothing came of it, and why that may be.
        LogError: the log cannot be read or written.
    """
    named = command.model_copy(update={"act_id": secrets.token_hex(8)})
    step = "PROPOSE" if command.signers == "two" else "ACT"
    act = signed_act(settings.require("deployment"), step, command.kind, command.entry_id, named.body(), key)
    _publish_one(settings, act, closed=command.closed)
    if command.signers != "two":
        return None
    return next(each.digest for each in proposals(settings) if each.command.get("act_id") == named.act_id)


def approve(settings: Settings, digest: str, key: SigningKey) -> Act:
    """Sign a waiting proposal as the second administrator, which makes the change; returns the proposal.

    The digest may be its beginning.

    Raises:
        DirectoryError: no proposal that waits has this digest, or nothing came of the approval.
        LogError: the log cannot be read or written.
    """
    found = [each for each in proposals(settings) if each.digest.startswith(digest)]
    if len(found) != 1:
        raise DirectoryError(f"{len(found)} proposals begin with {digest}; see `ionics directory proposals`")
    proposal = found[0]
    _make_room(settings, [proposal.parsed()])
    act = signed_act(
        settings.require("deployment"),
        "APPROVE",
        proposal.kind,
        proposal.entry_id,
        proposal.command,
        key,
        proposal.digest,
    )
    _publish_one(settings, act, closed=COMMANDS[proposal.kind].closed)
    return proposal


def make_changes(settings: Settings, commands: Sequence[Command], one: SigningKey, two: SigningKey) -> None:
    """Make changes with the signatures of two administrators whose keys are at hand.

    Raises:
        LogError: the log cannot be written.
    """
    deployment = settings.require("deployment")
    _make_room(settings, commands)
    for closed in (False, True):
        acts: list[dict[str, Any]] = []
        for command in commands:
            if command.closed is not closed:
                continue
            body = command.model_copy(update={"act_id": secrets.token_hex(8)}).body()
            if command.signers == "two":
                acts += both_steps(deployment, command.kind, command.entry_id, body, one, two)
            else:
                acts.append(signed_act(deployment, "ACT", command.kind, command.entry_id, body, one))
        if acts:
            publish_acts(settings, acts, closed=closed)


def rotate(settings: Settings, agency_id: str, path: Path) -> SigningKey:
    """Replace the key of an agency, signed by the old one, whose file becomes that of the new one.

    The new key lies beside the old one before it is published, so that a crash in between loses neither: the next call
    goes on with it.

    Raises:
        DirectoryError: the old key is not one that may sign this.
        IdentityError: a key file cannot be used.
        LogError: the log cannot be read or written.
    """
    new, act = rotation(settings, agency_id, path)
    if act is not None:
        submit(settings, act)
    path.with_suffix(".next").replace(path)
    return new


def rotation(settings: Settings, agency_id: str, path: Path) -> tuple[SigningKey, bytes | None]:
    """The next key of an agency, and the signed act that registers it; None where the directory has it already.

    The act may be carried to whoever may write the directory, who submits it.

    Raises:
        IdentityError: a key file cannot be used.
        LogError: the directory cannot be read.
    """
    old, beside = SigningKey.load(path), path.with_suffix(".next")
    if not beside.exists():
        SigningKey.generate().save(beside)
    new = SigningKey.load(beside)
    if new.key_id in read_directory(settings).keys:
        return new, None
    command = KeyRotate(agency_id=agency_id, key_id=new.key_id, public=new.public.hex(), act_id=secrets.token_hex(8))
    act = signed_act(settings.require("deployment"), "ACT", command.kind, command.entry_id, command.body(), old)
    return new, codec("directory_act").encode(act)


def submit(settings: Settings, act: bytes) -> None:
    """Append an act that somebody else has signed.

    Raises:
        DirectoryError: it is no act, or changed nothing.
        LogError: the log cannot be read or written.
    """
    try:
        read = codec("directory_act").decode(act)
        closed = COMMANDS[read["kind"]].closed
    except (ContractError, KeyError) as error:
        raise DirectoryError(f"this is no signed act of a directory: {error}") from error
    _publish_one(settings, read, closed=closed)


def proposals(settings: Settings) -> list[Act]:
    """Proposals that wait for a second signature, oldest first; those that came too late are among them."""
    members = read_members(settings)
    waiting = [*members.directory.signed.waiting.values(), *members.signed.waiting.values()]
    return sorted(waiting, key=lambda act: act.at_ms)


def publish_acts(settings: Settings, acts: Sequence[dict[str, Any]], *, closed: bool = False) -> list[int]:
    """Append signed acts to the directory or its closed part, in order; their offsets.

    Access lists of the broker follow the agencies that are in the directory then.

    Raises:
        LogError: the broker did not acknowledge them.
    """
    records = [(str(act["entry_id"]).encode(), codec("directory_act").encode(act)) for act in acts]
    topic = DIRECTORY_CLOSED if closed else DIRECTORY
    offsets = publish_as("directory_act", settings.as_principal(DEPLOYMENT), topic.name, records)
    if not closed:
        apply_access(settings, read_directory(settings))
    return offsets


def _make_room(settings: Settings, commands: Sequence[Command | None]) -> None:
    """Topics for the receipts of new agencies, before they can report."""
    new = [receipts(command.agency_id) for command in commands if isinstance(command, AgencyAdd)]
    if new:
        admin = AdminClient(settings.as_principal(DEPLOYMENT).client_config(), logger=quiet_logger())
        create_topics(admin, new, settings.replication)


def _publish_one(settings: Settings, act: dict[str, Any], *, closed: bool) -> None:
    (offset,) = publish_acts(settings, [act], closed=closed)
    if not _changed_by(settings, offset, closed=closed):
        raise DirectoryError(
            f"{act['kind']} {act['entry_id']}: the step is in the log, but changed nothing: key {act['key_id']} may "
            "not make it, it was made already, or what it names is not in the directory; see `ionics directory list`"
        )


def _changed_by(settings: Settings, offset: int, *, closed: bool) -> bool:
    topic = (DIRECTORY_CLOSED if closed else DIRECTORY).name
    directory = read_directory(settings) if closed else Directory(settings.require("deployment"))
    fold: Directory | Members = Members(directory) if closed else directory
    records = list(read_topic(settings, topic))
    fold.fold(_before(records, offset))
    before, subscribed = deepcopy(fold), _subscribed(fold)
    fold.fold(records)
    fold.next_offset = before.next_offset
    return fold != before or _subscribed(fold) != subscribed


def _subscribed(fold: Directory | Members) -> dict[str, Subscription]:
    return Subscriptions().of(fold) if isinstance(fold, Members) else {}


def _before(records: Iterable[Record], offset: int) -> list[Record]:
    return [record for record in records if record.offset < offset]

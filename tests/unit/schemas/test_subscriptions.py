"""Subscriptions in the directory: whose signature counts, and what a key takes along that is good no more."""

from collections.abc import Sequence
from random import Random
from typing import Any

import pytest
from pydantic import ValidationError

from schemas.codec import codec, frame
from schemas.directory import Directory, Members, MembersSource, Subscription, Subscriptions, both_steps, is_live
from schemas.directory.acts import signed_act
from schemas.directory.command import Command
from schemas.directory.commands import (
    AgencyAdd,
    AgencySuspend,
    FocalPointSet,
    FocalPointSuspend,
    KeyRegister,
    KeyRevoke,
    KeyRotate,
    SubscriptionEnd,
    SubscriptionSet,
)
from schemas.directory.subscribing import host_of
from schemas.keys import SigningKey
from schemas.reading import Record
from schemas.topics import DIRECTORY, DIRECTORY_CLOSED

HERE, NOW = "dev-test", 1_700_000_000_000
ONE, TWO, OURS, NEXT, THEIRS = (SigningKey(bytes([n]) * 32) for n in range(1, 6))


class Log:
    """Both topics of a directory, a second from each act to the next."""

    def __init__(self) -> None:
        self.records: list[Record] = []
        self._at, self._ends = NOW, {DIRECTORY.name: 0, DIRECTORY_CLOSED.name: 0}
        named = {key.key_id: key.public.hex() for key in (ONE, TWO)}
        self._append(signed_act(HERE, "GENESIS", "GENESIS", "administrators", {"administrators": named}, ONE))
        for agency, key in (("ours", OURS), ("theirs", THEIRS)):
            self.two(AgencyAdd(agency_id=agency, name=agency, agency_type="CUSTOMS", country="NZL"))
            self.two(KeyRegister(agency_id=agency, key_id=key.key_id, public=key.public.hex()))
            self.one(person(agency, agency))

    def two(self, command: Command) -> None:
        """A change by two administrators."""
        for act in both_steps(HERE, command.kind, command.entry_id, command.body(), ONE, TWO):
            self._append(act)

    def one(self, command: Command, key: SigningKey = ONE) -> int:
        """A change by one key; when it was made."""
        self._append(signed_act(HERE, "ACT", command.kind, command.entry_id, command.body(), key), command.closed)
        return self._at

    def again(self) -> None:
        """The last act once more, as it stands."""
        last = self.records[-1]
        self._put(last.topic, last.value)

    def _append(self, act: dict[str, Any], closed: bool = False) -> None:
        topic = DIRECTORY_CLOSED if closed else DIRECTORY
        self._put(topic.name, frame(1) + codec("directory_act").encode(act))

    def _put(self, topic: str, value: bytes | None) -> None:
        self._at += 1000
        self.records.append(Record(topic, 0, self._ends[topic], self._at, None, value, ()))
        self._ends[topic] += 1

    def members(self) -> Members:
        """The members at its end."""
        directory = Directory(HERE).fold(each for each in self.records if each.topic == DIRECTORY.name)
        return Members(directory).fold(each for each in self.records if each.topic == DIRECTORY_CLOSED.name)

    def live(self) -> dict[str, Subscription]:
        """The subscriptions that hold at its end."""
        members = self.members()
        return {id_: each for id_, each in Subscriptions().of(members).items() if is_live(each, members)}


def person(focal_point_id: str, agency: str) -> FocalPointSet:
    """A focal point."""
    named = {"role": "duty", "issuer": "urn:test", "subject": focal_point_id, "rights": []}
    return FocalPointSet.model_validate({"focal_point_id": focal_point_id, "agency_id": agency, **named})


def asked(focal_point_id: str = "ours", id_: str = "sub-1", **fields: Any) -> SubscriptionSet:
    """A subscription."""
    named = {"subscription_id": id_, "focal_point_id": focal_point_id, "events": ["alert"], "channel": "console"}
    return SubscriptionSet.model_validate(named | fields)


def test_an_agency_subscribes_for_its_own_and_an_administrator_for_all() -> None:
    """Nobody else; and an id stays with the agency that had it first."""
    log = Log()
    made_at = log.one(asked(), OURS)
    log.one(asked("theirs", "sub-2"))
    log.one(asked(id_="sub-3"), THEIRS)
    log.one(asked(id_="sub-4"), SigningKey(b"\x09" * 32))
    log.one(asked("nobody", "sub-5"))
    log.one(asked("theirs"), THEIRS)
    log.one(SubscriptionEnd(subscription_id="sub-1"), THEIRS)
    live = log.live()
    assert live.keys() == {"sub-1", "sub-2"}
    assert (live["sub-1"].focal_point_id, live["sub-1"].since_ms) == ("ours", made_at)


def test_a_change_keeps_what_is_on_its_way_and_an_end_does_not() -> None:
    """It begins when it was first set; after its end, when it is set again. A step counts once."""
    log = Log()
    first = log.one(asked(), OURS)
    log.one(asked(countries=["NZL"]), OURS)
    assert (log.live()["sub-1"].since_ms, log.live()["sub-1"].countries) == (first, frozenset({"NZL"}))
    log.one(SubscriptionEnd(subscription_id="sub-1"), OURS)
    assert log.live() == {}
    set_again = log.one(asked(act_id="other"), OURS)
    assert log.live()["sub-1"].since_ms == set_again
    log.one(SubscriptionEnd(subscription_id="sub-1", act_id="other"))
    log.one(asked(act_id="other"), OURS)  # signed before: a replay
    log.again()
    assert log.live() == {}


@pytest.mark.parametrize("since", [None, "before", "between"])
def test_a_key_that_was_revoked_takes_its_subscriptions_along(since: str | None) -> None:
    """Where it was compromised before; and what it had changed is not as it was before, but ended. Ends count."""
    log = Log()
    log.one(asked(id_="sub-old"), OURS)
    log.one(asked(id_="sub-theirs"))  # by an administrator
    between = log.one(asked(id_="sub-ended"), OURS)
    log.one(asked(id_="sub-theirs", channel="webhook", address="https://thief.example/"), OURS)
    log.one(SubscriptionEnd(subscription_id="sub-ended"), OURS)
    compromised = {None: None, "before": NOW, "between": between + 1}[since]
    log.one(KeyRevoke(key_id=OURS.key_id, compromised_since_ms=compromised))
    assert log.live().keys() == ({"sub-old"} if since == "between" else set())
    log.one(asked(id_="sub-theirs", act_id="again"))
    assert "sub-theirs" in log.live()


def test_a_key_signs_from_its_start_to_its_end() -> None:
    """The days of grace after a rotation are for reports that waited; what it signed before stays."""
    log = Log()
    log.one(asked(id_="sub-early"), NEXT)
    log.one(asked(id_="sub-old"), OURS)
    log.one(KeyRotate(agency_id="ours", key_id=NEXT.key_id, public=NEXT.public.hex()), OURS)
    log.one(asked(id_="sub-late"), OURS)
    log.one(asked(id_="sub-new"), NEXT)
    assert log.live().keys() == {"sub-old", "sub-new"}


def test_nothing_is_sent_for_those_who_may_not_act() -> None:
    """A suspended focal point or agency; one that goes to another agency takes no subscription along."""
    log = Log()
    log.one(asked(), OURS)
    log.one(asked("theirs", "sub-2"))
    log.one(FocalPointSuspend(focal_point_id="ours"))
    assert log.live().keys() == {"sub-2"}
    log.one(AgencySuspend(agency_id="theirs"))
    assert log.live() == {}
    moved = Log()
    moved.one(asked())
    moved.one(person("ours", "theirs"))
    assert moved.live() == {}
    moved.one(asked(id_="sub-new"), THEIRS)
    assert moved.live().keys() == {"sub-new"}


@pytest.mark.parametrize("seed", range(20))
def test_both_topics_in_any_cuts_give_the_same(seed: int) -> None:
    """A reader that follows both, whichever of them is ahead, comes to what one who reads them whole finds."""
    log, chance = Log(), Random(seed)  # noqa: S311  # an order, not a secret
    for number in range(30):
        id_, key = f"sub-{chance.randrange(5)}", chance.choice([ONE, OURS, THEIRS, NEXT])
        command: Command = asked(chance.choice(["ours", "theirs"]), id_, act_id=str(number))
        if chance.random() < 0.3:
            command = SubscriptionEnd(subscription_id=id_, act_id=str(number))
        log.one(command, key)
        if number == 20:
            log.one(KeyRevoke(key_id=chance.choice([OURS, THEIRS]).key_id))
    expected = Subscriptions().of(log.members())
    parts = {
        topic: [each for each in log.records if each.topic == topic]
        for topic in (DIRECTORY.name, DIRECTORY_CLOSED.name)
    }
    source, known = MembersSource(HERE), Subscriptions()
    while any(parts.values()):
        topic = chance.choice([topic for topic, left in parts.items() if left])
        cut = chance.randint(1, 7)
        source.take(parts[topic][:cut])
        parts[topic] = parts[topic][cut:]
        known.of(source.members)
    assert known.of(source.members) == expected == Subscriptions().of(source.members)
    assert source.members == log.members()


def test_members_that_are_folded_on_are_others() -> None:
    """Whoever holds the members of before sees no change of them."""
    log = Log()
    source = MembersSource(HERE)
    source.take(log.records)
    before = source.members
    log.one(asked(), OURS)
    log.one(FocalPointSuspend(focal_point_id="theirs"))
    source.take(log.records[-2:])
    assert (len(before.subscribing), before.focal_points["theirs"].suspended) == (0, False)
    assert (len(source.members.subscribing), source.members.focal_points["theirs"].suspended) == (1, True)


_BAD: Sequence[dict[str, Any]] = [
    {"channel": "webhook"},
    {"channel": "webhook", "address": "ftp://a.example"},
    {"channel": "webhook", "address": "https://user:secret@a.example/"},
    {"channel": "webhook", "address": "https://a.example/#part"},
    {"channel": "webhook", "address": "https://a.example:notaport/"},
    {"channel": "email", "address": "a@b\nBcc: c@d"},
    {"channel": "email", "address": "no address"},
    {"channel": "console", "address": "https://a.example"},
    {"events": []},
    {"events": ["rumour"]},
    {"routes": ["CHN-NZL"]},
    {"countries": ["New Zealand"]},
    {"minimum_severity": "BAD"},
    {"acknowledge_minutes": 5},
    {"escalate_to": ["ours"]},
    {"limit_a_minute": 0},
]


@pytest.mark.parametrize("fields", _BAD, ids=str)
def test_what_cannot_be_meant_is_refused(fields: dict[str, Any]) -> None:
    """Before it is signed, and when it is read."""
    with pytest.raises(ValidationError):
        asked(**fields)


def test_hosts_are_named_with_a_port_that_is_not_the_usual_one() -> None:
    """As a list of hosts has them."""
    assert host_of("https://Hooks.Example:443/a?b=c") == "hooks.example"
    assert host_of("https://hooks.example:8443/") == "hooks.example:8443"
    assert host_of("http://127.0.0.1:99/x") == "127.0.0.1:99"
    assert host_of("https://[2001:db8::1]/") == "[2001:db8::1]"

"""Dissemination on real parts: what happens reaches those who subscribed and may see it, and nobody else."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import psycopg
import pytest

from deploy.agencies import add_agencies, add_focal_points
from deploy.disseminating import webhook_key
from projections.requests import RequestDesk
from projections.requests.desk import Question
from projections.viewing import viewing
from schemas.codec import FRAME_BYTES, codec
from schemas.directory import Agency, read_members
from schemas.directory.commands import FocalPointRestore, FocalPointSuspend, SubscriptionEnd, WebhookHostsSet
from schemas.reading import read_topic
from schemas.settings import Settings
from schemas.topics import ACCESS
from tests.integration.disseminating import (
    QUICK,
    AlertStage,
    amended,
    change,
    disseminating,
    kept,
    nobody_subscribed,
    reported,
    states,
    subscribed,
)
from tests.integration.exchange import until
from tests.integration.generations import own_generation
from tests.integration.mailboxes import Mailbox, mailbox
from tests.integration.receivers import Receiver, receiving
from tests.running import Running

pytestmark = pytest.mark.stack

_GENERATION = 921
_HOME, _AWAY, _THIRD = "dis-nzl", "dis-aus", "dis-fji"
_SOON = timedelta(seconds=8)
_CHIEF, _SECOND = "dis-aus-chief", "dis-aus-second"


@pytest.fixture(scope="module")
def post(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mailbox]:
    """Where mail goes."""
    with mailbox(Path(tmp_path_factory.mktemp("mail"))) as found:
        yield found


@pytest.fixture(scope="module")
def at_work(running: Running, post: Mailbox) -> Iterator[Settings]:
    """A generation with its stages and dissemination."""
    settings = running.settings
    nobody_subscribed(settings)
    add_agencies(settings, [Agency(id_, id_, "CUSTOMS", id_[4:].upper()) for id_ in (_HOME, _AWAY, _THIRD)])
    add_focal_points(settings, _AWAY, {_CHIEF: ("read",), _SECOND: ("read",)})
    ways = {"smtp_url": post.url, "mail_from": "ionics@backbone.example", "api_url": "https://ionics.example"}
    names = "admit", "enrich", "project", "members"
    with own_generation(settings, _GENERATION, *names, **ways) as ours, disseminating(ours):
        yield ours


@pytest.fixture(autouse=True)
def as_before(at_work: Settings) -> Iterator[None]:
    """However a test ends, the next one finds nobody subscribed and everybody in office."""
    yield
    nobody_subscribed(at_work)
    if read_members(at_work).focal_points[_SECOND].suspended:
        change(at_work, FocalPointRestore(focal_point_id=_SECOND))


@pytest.fixture
def receiver(at_work: Settings) -> Iterator[Receiver]:
    """Where webhooks of two agencies may go."""
    with receiving() as found:
        change(at_work, *(WebhookHostsSet(agency_id=id_, hosts=[found.host]) for id_ in (_AWAY, _HOME)))
        yield found


def test_an_incident_reaches_the_webhook_of_who_subscribed(at_work: Settings, receiver: Receiver) -> None:
    """Signed, once; with kind, severity and a link; with more only where label or directory allow it, never of RED."""
    plain, open_ = subscribed(_AWAY, "webhook", receiver.address("plain")), "open"
    allowed = subscribed(_AWAY, "webhook", receiver.address(open_), content=True)
    other = subscribed(_AWAY, "webhook", receiver.address("other"), countries=["BRA"])
    inbox = subscribed(_AWAY)
    change(at_work, plain, allowed, other, inbox)
    amber, green = reported(at_work, _HOME), reported(at_work, _HOME, tlp="GREEN")
    red = reported(at_work, _HOME, tlp="RED", audience=[f"agency:{_AWAY}"])
    until(lambda: sorted(receiver.events()) == sorted([amber, green] * 2))
    assert receiver.are_signed(webhook_key(at_work))
    assert [headers["webhook-id"] for headers, _ in receiver.requests] == [body["id"] for body in receiver.bodies]
    contents = sorted((body["link"].rpartition("/")[2] == green, "content" in body) for body in receiver.bodies)
    assert contents == [(False, False), (False, True), (True, True), (True, True)]
    [body] = [body for body in receiver.bodies if "content" not in body]
    assert body == {
        "id": body["id"],
        "type": "ionics.incident",
        "kind": "SEIZURE",
        "severity": "LOW",
        "withdrawn": False,
        "escalation": False,
        "link": f"https://ionics.example/incidents/{amber}",
    }
    until(lambda: sorted(state for _, state in states(at_work, red)) == ["DELIVERED", "WITHDRAWN", "WITHDRAWN"])
    pushed = [codec("access").decode((each.value or b"")[FRAME_BYTES:]) for each in read_topic(at_work, ACCESS.name)]
    left = [(each["agency_id"], *each["incident_ids"]) for each in pushed if each["channel"] == "PUSH"]
    assert sorted(left) == sorted([(_AWAY, amber), (_AWAY, green), (_AWAY, green)])


def test_a_receiver_that_fails_gets_it_again_under_the_same_id(at_work: Settings, receiver: Receiver) -> None:
    """Whatever it answers; a redirect is an answer like any other, and is not followed."""
    with receiving() as elsewhere:
        answers = iter([(500, {}), (302, {"Location": elsewhere.address()}), (404, {})])
        receiver.answer = lambda _: next(answers, (204, {}))
        change(at_work, subscribed(_AWAY, "webhook", receiver.address()))
        incident_id = reported(at_work, _HOME)
        until(lambda: receiver.events() == [incident_id])
        assert len({body["id"] for body in receiver.bodies}) == 1
        assert len(receiver.bodies) == 4
        assert elsewhere.requests == []


def test_a_receiver_that_never_takes_it_is_given_up(at_work: Settings, receiver: Receiver) -> None:
    """After the last attempt; and one that does not answer holds up nobody else."""
    receiver.answer = lambda _: (503, {})
    with receiving() as slow:
        change(at_work, WebhookHostsSet(agency_id=_AWAY, hosts=[receiver.host, slow.host]))
        released = threading.Event()
        slow.answer = lambda _: (204 if released.wait(20) else 500, {})
        bad, late = (subscribed(_AWAY, "webhook", each.address()) for each in (receiver, slow))
        change(at_work, bad, late, subscribed(_SECOND))
        incident_id = reported(at_work, _HOME)
        until(lambda: (_SECOND, "DELIVERED") in states(at_work, incident_id))
        assert (_AWAY, "DELIVERED") not in states(at_work, incident_id)
        until(lambda: (_AWAY, "GIVEN_UP") in states(at_work, incident_id))
        assert len(receiver.requests) == QUICK.attempts
        until(lambda: len(slow.requests) > 1)  # the first attempt was given up after five seconds
        released.set()
        until(lambda: (_AWAY, "DELIVERED") in states(at_work, incident_id))
        assert len({body["id"] for body in slow.bodies}) == 1


def test_what_is_not_theirs_any_more_does_not_leave(at_work: Settings, receiver: Receiver) -> None:
    """Rights are judged at each attempt: narrowed, suspended, ended, or signed by a key that was revoked since."""
    shut = threading.Event()
    receiver.answer = lambda _: (204, {}) if shut.is_set() else (503, {})
    patient = subscribed(_AWAY, "webhook", receiver.address("narrowed"))
    ended = subscribed(_CHIEF, "webhook", receiver.address("ended"))
    suspended = subscribed(_SECOND, "webhook", receiver.address("suspended"))
    kept_ = subscribed(_HOME, "webhook", receiver.address("kept"))
    change(at_work, patient, ended, suspended, kept_)
    incident_id = reported(at_work, _HOME)
    until(lambda: len({headers["webhook-id"] for headers, _ in receiver.requests}) == 4)
    amended(at_work, _HOME, incident_id, audience=[f"agency:{_HOME}"], tlp="AMBER")
    change(at_work, SubscriptionEnd(subscription_id=ended.subscription_id), FocalPointSuspend(focal_point_id=_SECOND))
    until(lambda: ("dis-aus", "WITHDRAWN") in states(at_work, incident_id))
    until(lambda: (_CHIEF, "WITHDRAWN") in states(at_work, incident_id))
    until(lambda: (_SECOND, "WITHDRAWN") in states(at_work, incident_id))
    shut.set()
    until(lambda: len(receiver.events()) == 2)  # both revisions, to the owner
    left = {(_AWAY, "WITHDRAWN"), (_CHIEF, "WITHDRAWN"), (_SECOND, "WITHDRAWN"), (_HOME, "DELIVERED")}
    until(lambda: set(states(at_work, incident_id)) == left)  # of the second revision, too


def test_mail_says_no_more_than_it_may(at_work: Settings, post: Mailbox) -> None:
    """Over TLS; kind, severity and a link; content below where it may be, never in the subject; tried again."""
    post.refuse = 1
    change(at_work, subscribed(_AWAY, "email", "duty@dis-aus.example", events=["incident", "alert"]))
    stage = AlertStage(at_work)
    amber = reported(at_work, _HOME)
    alert = stage.write("mail", severity="HIGH", tlp="CLEAR", title="secret words")
    until(lambda: len(post.mail) == 2)
    by_event = {str(mail.get_payload()).split()[3].rpartition("/")[2]: mail for mail in post.mail}
    assert by_event.keys() == {amber, alert}
    assert by_event[amber]["Subject"] == "IONICS: incident, LOW"
    assert by_event[alert]["Subject"] == "IONICS: alert, HIGH"
    assert "secret words" in str(by_event[alert].get_payload())
    assert "methamphetamine" not in str(by_event[amber])
    assert len({mail["Message-ID"] for mail in post.mail}) == 2


def test_alerts_reach_by_what_they_are_about_and_nobody_twice(at_work: Settings, receiver: Receiver) -> None:
    """A new revision is told if it says something else; what is taken back, to those alone who were told."""
    stage = AlertStage(at_work)
    asked = {"events": ["alert"], "countries": ["AUS"], "minimum_severity": "MEDIUM", "kinds": ["SURGE"]}
    change(at_work, subscribed(_AWAY, "webhook", receiver.address(), **asked))
    about = {"kind": "SURGE", "subject": {"countries": ["AUS"]}, "at": datetime.now(UTC)}
    stage.write("other kind", **about | {"kind": "LARGE"})
    stage.write("too mild", severity="LOW", **about)
    stage.write("elsewhere", **about | {"subject": {"countries": ["BRA"]}})
    hidden = stage.write("hidden", [(_HOME, (f"agency:{_HOME}",))], **about)
    told = stage.write("told", **about)
    until(lambda: receiver.events() == [told])
    stage.write("told", **about)  # says the same
    stage.write("told", **about | {"severity": "HIGH"})
    stage.write("told", **about | {"severity": "HIGH", "status": "WITHDRAWN"})
    stage.write("never told", **about | {"status": "WITHDRAWN"})
    until(lambda: receiver.events() == [told] * 3)
    assert [(body["severity"], body["withdrawn"]) for body in receiver.bodies] == [
        ("MEDIUM", False),
        ("HIGH", False),
        ("HIGH", True),
    ]
    until(lambda: states(at_work, hidden) == [(_AWAY, "WITHDRAWN")])


def test_what_nobody_acknowledges_is_told_to_others(at_work: Settings, receiver: Receiver) -> None:
    """To the focal points that the subscription names, on each channel of theirs; an acknowledgement stops it."""
    stage = AlertStage(at_work)
    urgent = {"events": ["alert"], "acknowledge_minutes": 1, "escalate_to": [_CHIEF, _HOME]}
    mine = subscribed(_AWAY, "webhook", receiver.address("mine"), **urgent)
    chief = subscribed(_CHIEF, "webhook", receiver.address("chief"), events=["incident"], kinds=["NONE"])
    change(at_work, mine, chief)
    ignored, mild = stage.write("ignored", severity="CRITICAL"), stage.write("mild")
    until(lambda: sorted(receiver.events()) == sorted([ignored, mild]))
    later(at_work, ignored)
    later(at_work, mild)
    until(lambda: len(receiver.events()) == 3)
    assert (receiver.taken[-1]["escalation"], receiver.events()[-1]) == (True, ignored)
    until(lambda: states(at_work, ignored).count((_CHIEF, "DELIVERED")) == 2)  # also in the inbox
    assert {person for person, _ in states(at_work, ignored)} == {_AWAY, _CHIEF}
    assert {person for person, _ in states(at_work, mild)} == {_AWAY}


def later(settings: Settings, event_id: str) -> None:
    """Let the time pass in which something was to be acknowledged."""
    with psycopg.connect(settings.database_url) as connection:
        connection.execute(
            "UPDATE dissemination.delivery SET escalate_at = clock_timestamp() "
            "WHERE event_id = %s AND escalate_at IS NOT NULL",
            [event_id],
        )


def test_a_storm_comes_in_few_messages(at_work: Settings, receiver: Receiver) -> None:
    """Beyond the limit of a minute, in one; each line of it is judged as it leaves."""
    stage = AlertStage(at_work)
    change(at_work, subscribed(_AWAY, "webhook", receiver.address(), events=["alert"], limit_a_minute=2))
    made = [stage.write(number) for number in range(6)]
    until(lambda: sorted(receiver.events()) == sorted(made))
    assert [body["type"] for body in receiver.taken[:2]] == ["ionics.alert"] * 2
    assert {body["type"] for body in receiver.taken[2:]} == {"ionics.group"}


def test_history_is_told_to_nobody(at_work: Settings, receiver: Receiver) -> None:
    """What happened before a subscription began is not told; what follows is."""
    old = reported(at_work, _HOME)
    change(at_work, subscribed(_AWAY, "webhook", receiver.address()))
    new = reported(at_work, _HOME)
    until(lambda: receiver.events() == [new])
    assert not kept(at_work, old)


def test_requests_reach_those_who_are_asked_and_come_again_when_they_are_due(
    at_work: Settings, receiver: Receiver
) -> None:
    """In the inbox without a subscription, elsewhere with one; nothing to a third; no more once there is an answer."""
    change(at_work, subscribed(_AWAY, "webhook", receiver.address(), events=["request"]))
    with _desk(at_work, _HOME) as desk:
        due_at = datetime.now(UTC) + _SOON
        asked = desk.ask(Question("Whose parcel is it?", subject="Parcel", to=[f"agency:{_AWAY}"], due_at=due_at))
    until(lambda: receiver.events() == [asked.thread_id])
    [first] = receiver.bodies
    assert (first["type"], first["kind"], first["severity"]) == ("ionics.request", "REQUEST", "MEDIUM")
    assert first["link"] == f"https://ionics.example/requests/{asked.thread_id}"
    until(lambda: [body["kind"] for body in receiver.bodies] == ["REQUEST", "REMINDER", "DEADLINE"])
    until(lambda: (_HOME, "DELIVERED") in states(at_work, asked.thread_id))  # it is told that nobody has answered
    told = {(_HOME, "DELIVERED"), (_AWAY, "DELIVERED"), (_CHIEF, "DELIVERED"), (_SECOND, "DELIVERED")}
    until(lambda: set(states(at_work, asked.thread_id)) == told)
    with _desk(at_work, _AWAY) as desk:
        desk.answer(asked.thread_id, "Ours.")
    until(lambda: states(at_work, asked.thread_id).count((_HOME, "DELIVERED")) == 2)
    assert len(receiver.bodies) == 3


@contextmanager
def _desk(settings: Settings, person: str) -> Iterator[RequestDesk]:
    members = read_members(settings)
    with psycopg.connect(settings.reader_url, autocommit=True) as connection:
        views = partial(viewing, connection, settings.generation, person)
        yield RequestDesk(settings, members.focal_points[person], members, views)

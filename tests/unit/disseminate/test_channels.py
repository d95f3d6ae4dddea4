"""Where webhooks may go, how they are signed, and what a message says."""

import asyncio
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from schemas.errors import NotDeliveredError, SettingsError
from schemas.keys import SigningKey
from stream_processors.disseminate.backoff import Backoff
from stream_processors.disseminate.channels import Line, Mail, Message, Webhook, signed_headers, verify_webhook
from stream_processors.disseminate.channels.addresses import is_public, resolved
from stream_processors.disseminate.channels.mail import MailServer
from stream_processors.disseminate.ports import Delivery

KEY = SigningKey(b"\x01" * 32)
DELIVERY = Delivery(
    *("sub-1", "officer", "police", "sub-1", "alert", "00000000-0000-5000-8000-000000000001"),
    revision=1,
    digest="d",
    event_at=datetime(2026, 1, 1, tzinfo=UTC),
    severity="HIGH",
    code="SURGE",
    withdrawn=False,
)
MESSAGE = Message(DELIVERY.delivery_id, (Line(DELIVERY, None),))


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0"),  # noqa: S104  # nothing is bound to it
        *("224.0.0.1", "255.255.255.255", "192.0.2.1", "198.18.0.1", "::1", "::", "fe80::1", "fe80::1%eth0"),
        *("fc00::1", "ff02::1", "2001:db8::1", "::ffff:10.0.0.1", "::ffff:127.0.0.1", "2002:7f00:1::"),
        *("64:ff9b::a00:1", "64:ff9b:1::808:808", "2001:0:4136:e378:8000:63bf:f5ff:fffe", "localhost", ""),
    ],
)
def test_an_address_that_is_not_public_is_none(address: str) -> None:
    """Also where it lies within another one."""
    assert not is_public(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700::1111", "64:ff9b::808:808", "::ffff:8.8.8.8"])
def test_an_address_of_the_internet_is_one(address: str) -> None:
    """In either family."""
    assert is_public(address)


def test_a_host_that_leads_inside_is_refused() -> None:
    """By name and by address; unless receivers may be private."""
    for host in ("localhost", "127.0.0.1", "::1", "2130706433", "0x7f.1"):
        with pytest.raises(NotDeliveredError, match="not public"):
            asyncio.run(resolved(host, 80, private=False))
    assert "127.0.0.1" in asyncio.run(resolved("127.0.0.1", 80, private=True))


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("http://hooks.example/", "not of https"),
        ("https://other.example/", "list"),
        ("https://hooks.example:8443/", "list"),
        ("https://hooks.example@evil.example/", "no webhook"),
        ("gopher://hooks.example/", "no webhook"),
    ],
)
def test_what_may_not_be_sent_does_not_leave(address: str, words: str) -> None:
    """Before the host is looked up."""

    async def never(_: str, __: int) -> list[str]:
        raise AssertionError

    webhook = Webhook(KEY, "", development=False, resolve=never)
    with pytest.raises(NotDeliveredError, match=words):
        asyncio.run(webhook.send(address, frozenset({"hooks.example"}), MESSAGE))


def test_a_name_that_leads_inside_gets_nothing_outside_of_development() -> None:
    """The address that was looked at is refused, whatever a second look would give."""
    webhook = Webhook(KEY, "", development=False)
    with pytest.raises(NotDeliveredError, match="not public"):
        asyncio.run(webhook.send("https://localhost/", frozenset({"localhost"}), MESSAGE))


def test_a_message_is_signed_with_its_id_and_time() -> None:
    """Another body, id, time or key does not verify, and an old one neither."""
    body, now = b'{"a":1}', int(time.time())
    headers = signed_headers(KEY, "id-1", now, body)
    assert verify_webhook(KEY.public, headers, body, now)
    assert verify_webhook(
        KEY.public, headers | {"webhook-signature": f"v1,x {headers['webhook-signature']}"}, body, now
    )
    bad = [
        (headers, b'{"a":2}', now),
        (headers | {"webhook-id": "id-2"}, body, now),
        (headers | {"webhook-timestamp": str(now + 1)}, body, now),
        (headers, body, now + 301),
        (headers, body, now - 301),
        (headers | {"webhook-signature": headers["webhook-signature"].removeprefix("v1a,")}, body, now),
        (headers | {"webhook-signature": "v1a,!"}, body, now),
        ({}, body, now),
    ]
    assert not any(verify_webhook(KEY.public, *each) for each in bad)
    assert not verify_webhook(SigningKey(b"\x02" * 32).public, headers, body, now)


def test_the_receiver_of_the_documentation_verifies() -> None:
    """As it stands there; and refuses another body, and another key."""
    page = (Path(__file__).parents[3] / "docs" / "dissemination.md").read_text("utf-8")
    found: dict[str, Any] = {}
    exec(page.split("```python\n")[1].split("```")[0], found)  # noqa: S102  # our own page
    is_genuine, body, now = found["is_genuine"], b'{"a":1}', int(time.time())
    headers = signed_headers(KEY, "id-1", now, body)
    assert is_genuine(KEY.public.hex(), headers, body)
    assert not is_genuine(KEY.public.hex(), headers, body + b" ")
    assert not is_genuine(SigningKey(b"\x02" * 32).public.hex(), headers, body)
    assert not is_genuine(KEY.public.hex(), signed_headers(KEY, "id-1", now - 400, body), body)


def test_the_id_is_of_what_is_told_to_whom_and_by_what() -> None:
    """Told again it is the same; said otherwise, to somebody else or by another channel it is not."""
    others = [
        replace(DELIVERY, subscription_id="sub-2"),
        replace(DELIVERY, recipient="chief"),
        replace(DELIVERY, via="console"),
        replace(DELIVERY, digest="e"),
        replace(DELIVERY, event_id="00000000-0000-5000-8000-000000000002"),
    ]
    assert replace(DELIVERY, attempts=3, revision=2).delivery_id == DELIVERY.delivery_id
    assert len({DELIVERY.delivery_id, *(each.delivery_id for each in others)}) == 6


def test_subjects_of_mail_hold_no_content() -> None:
    """Whatever the content is, also of many messages in one."""
    mail = Mail(None, "from@ionics.example", "https://ionics.example", "dev-test")
    line = Line(DELIVERY, {"title": "secret words"})
    one = mail.composed("to@agency.example", Message("id", (line,)))
    many = mail.composed("to@agency.example", Message("id", (line, line), grouped=True))
    assert [each["Subject"] for each in (one, many)] == ["IONICS: alert, HIGH", "IONICS: 2 messages"]
    assert all("secret words" in each.get_content() for each in (one, many))
    assert f"https://ionics.example/alerts/{DELIVERY.event_id}" in one.get_content()
    with pytest.raises(NotDeliveredError, match="smtp_url"):
        asyncio.run(mail.send("to@agency.example", MESSAGE))


def test_mail_servers_are_named_by_an_address() -> None:
    """A password does not go out in the clear outside of development."""
    server = MailServer.of("smtp://me:p%40ss@mail.example", development=False)
    assert (server.host, server.port, server.user, server.password, server.tls) == (
        *("mail.example", 587, "me", "p@ss"),
        "required",
    )
    assert MailServer.of("smtps://mail.example", development=False).port == 465
    assert MailServer.of("smtp://mail.example:25", development=True).tls == "offered"
    for bad in ("mail.example", "smtp://me:pw@mail.example?tls=off", "smtp://mail.example?tls=maybe"):
        with pytest.raises(SettingsError, match="smtp_url"):
            MailServer.of(bad, development=False)


def test_the_pauses_grow_and_end() -> None:
    """Up to the longest; half of each at least; after the last attempt there is none."""
    backoff = Backoff(1.0, 60.0, 10, chance=lambda least, _: least)
    assert [backoff.after(failed) for failed in range(1, 11)] == [0.5, 1, 2, 4, 8, 16, 30, 30, 30, None]
    assert all(0.5 <= (Backoff().after(1) or 0) <= 1.0 for _ in range(100))

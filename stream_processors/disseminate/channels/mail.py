"""Mail by SMTP. What is content never stands in a subject."""

import asyncio
import smtplib
import ssl
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import formatdate
from typing import Self
from urllib.parse import parse_qs, unquote, urlsplit

import orjson

from schemas.errors import NotDeliveredError, SettingsError
from stream_processors.disseminate.channels.messages import Message

_PATIENCE_S = 10.0
_USES = ("required", "offered", "off")


@dataclass(frozen=True)
class MailServer:
    """Where mail goes out.

    Attributes:
        tls: ``implicit``; or whether STARTTLS is ``required``, used where it is ``offered``, or ``off``.
        context: whom to trust.
    """

    host: str
    port: int
    user: str
    password: str
    tls: str
    context: ssl.SSLContext

    @classmethod
    def of(cls, url: str, *, development: bool) -> Self:
        """The server of a setting; see `Settings.smtp_url`.

        Raises:
            SettingsError: it has another form, or lets mail go out in the clear where it may not.
        """
        parts, query = urlsplit(url), parse_qs(urlsplit(url).query)
        implicit = parts.scheme == "smtps"
        tls = query.get("tls", ["offered" if development else "required"])[0]
        if parts.scheme not in ("smtp", "smtps") or not parts.hostname or tls not in _USES:
            raise SettingsError("smtp_url: write smtp://user:password@host:587?tls=required, or smtps://…")
        if parts.username and tls == "off" and not implicit and not development:
            raise SettingsError("smtp_url: a password does not go out in the clear; leave tls=off out")
        try:
            context = ssl.create_default_context(cafile=query.get("ca", [None])[0])
        except OSError as error:
            raise SettingsError(f"smtp_url: ca cannot be read: {error}") from error
        return cls(
            parts.hostname,
            parts.port or (465 if implicit else 587),
            unquote(parts.username or ""),
            unquote(parts.password or ""),
            "implicit" if implicit else tls,
            context,
        )


class Mail:
    """Sends messages to mail addresses.

    Args:
        server: where they go out; None where the deployment has none.
        sender: of the mail.
        address: where readers look, for links.
        deployment: whose mail it is.
    """

    def __init__(self, server: MailServer | None, sender: str, address: str, deployment: str) -> None:
        self._server, self._sender = server, sender
        self._address, self._deployment = address, deployment

    async def send(self, to: str, message: Message) -> None:
        """Send a message, once.

        Raises:
            NotDeliveredError: the server did not take it.
        """
        if self._server is None or not self._sender:
            raise NotDeliveredError("the deployment has no mail server: smtp_url and mail_from are not set")
        mail = self.composed(to, message)
        try:
            await asyncio.to_thread(_hand_over, self._server, mail)
        except (smtplib.SMTPException, OSError) as error:
            raise NotDeliveredError(f"the mail server did not take it: {type(error).__name__}") from None

    def composed(self, to: str, message: Message) -> EmailMessage:
        """The mail: severity and kind in the subject, a link in the text, and below it what may be said."""
        mail = EmailMessage()
        mail["From"], mail["To"] = self._sender, to
        mail["Subject"] = self._subject(message)
        mail["Date"] = formatdate()
        # Sent again, it has the same: a mailbox that knows it shows it once.
        mail["Message-ID"] = f"<{message.message_id}@{self._deployment}.ionics>"
        mail["Auto-Submitted"] = "auto-generated"
        mail.set_content("\n\n".join(self._paragraph(document) for document in self._documents(message)) + "\n")
        return mail

    def _documents(self, message: Message) -> list[dict[str, object]]:
        return [line.document(self._address) for line in message.lines]

    def _subject(self, message: Message) -> str:
        if message.grouped:
            return f"IONICS: {len(message.lines)} messages"
        delivery = message.lines[0].delivery
        again = "not acknowledged: " if delivery.escalation else "withdrawn: " if delivery.withdrawn else ""
        return f"IONICS: {again}{delivery.event_kind}, {delivery.severity}"

    def _paragraph(self, document: dict[str, object]) -> str:
        words = [f"{document['type']}: {document['kind']}, {document['severity']}", str(document["link"])]
        if "content" in document:
            words.append(orjson.dumps(document["content"], option=orjson.OPT_INDENT_2).decode())
        return "\n".join(words)


def _hand_over(server: MailServer, mail: EmailMessage) -> None:
    if server.tls == "implicit":
        with smtplib.SMTP_SSL(server.host, server.port, timeout=_PATIENCE_S, context=server.context) as client:
            _send(client, server, mail)
        return
    with smtplib.SMTP(server.host, server.port, timeout=_PATIENCE_S) as client:
        client.ehlo()
        if server.tls == "required" or (server.tls == "offered" and client.has_extn("starttls")):
            client.starttls(context=server.context)  # raises where the server does not offer it
            client.ehlo()
        _send(client, server, mail)


def _send(client: smtplib.SMTP, server: MailServer, mail: EmailMessage) -> None:
    if server.user:
        client.login(server.user, server.password)
    client.send_message(mail)

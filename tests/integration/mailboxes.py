"""A mail server on this machine that takes mail over STARTTLS alone."""

import ipaddress
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import Message
from pathlib import Path

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec


@dataclass
class Mailbox:
    """What came.

    Attributes:
        url: of the server, as `Settings.smtp_url` has it.
        refuse: how many times mail is refused before it is taken.
    """

    url: str = ""
    mail: list[Message] = field(default_factory=list)
    refuse: int = 0

    async def handle_DATA(self, _: SMTP, __: Session, envelope: Envelope) -> str:  # noqa: N802  # aiosmtpd's name
        """Take mail, or refuse it."""
        if self.refuse:
            self.refuse -= 1
            return "451 come back later"
        content = envelope.content or b""
        self.mail.append(message_from_bytes(content if isinstance(content, bytes) else content.encode()))
        return "250 taken"


@contextmanager
def mailbox(folder: Path) -> Iterator[Mailbox]:
    """A server on a free port, with a certificate of its own in a folder."""
    found, certificate = Mailbox(), folder / "smtp.pem"
    _certify(certificate)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    controller = Controller(found, hostname="127.0.0.1", port=port, tls_context=context, require_starttls=True)
    controller.start()
    found.url = f"smtp://127.0.0.1:{port}?tls=required&ca={certificate}"
    try:
        yield found
    finally:
        controller.stop()


def _certify(path: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name, now = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")]), datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=30))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    plain = serialization.NoEncryption()
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
        + certificate.public_bytes(serialization.Encoding.PEM)
    )

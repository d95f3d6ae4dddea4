"""The certificate authority of one home, and the certificates of its servers.

For this machine alone: names and addresses of the certificates are those of loopback. A cluster that others reach has
certificates of its own operator.
"""

import datetime as dt
import ipaddress
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from deploy.local.ports import LOOPBACK
from deploy.private_file import write_private

_AUTHORITY_DAYS = 3650
_SERVER_DAYS = 365
_RENEW_DAYS = 30
_CLOCKS = dt.timedelta(hours=1)


class Authority:
    """The files of the authority in one directory.

    Attributes:
        certificate: of the authority; what clients trust.
    """

    def __init__(self, directory: Path) -> None:
        self.certificate = directory / "authority.pem"
        self._directory = directory
        self._key = directory / "authority.key"

    def identity(self, name: str) -> Path:
        """The file with key and certificate of a server, as Kafka reads it; its principal is the name."""
        return self._directory / f"{name}.pem"

    def prepare(self, name: str) -> None:
        """Make what a server lacks, and a new certificate where the old one ends within a month."""
        if not (self.certificate.exists() and self._key.exists()):
            self._make_authority()
        if not self._is_good(self.identity(name)):
            self._make_identity(name)

    def _make_authority(self) -> None:
        key = ec.generate_private_key(ec.SECP256R1())
        name = _name("IONICS Backbone local stack")
        builder = _builder(name, name, key.public_key(), _AUTHORITY_DAYS)
        builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        builder = builder.add_extension(_usage(signs_certificates=True), critical=True)
        write_private(self._key, _private(key))
        write_private(self.certificate, builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))

    def _make_identity(self, name: str) -> None:
        authority = x509.load_pem_x509_certificate(self.certificate.read_bytes())
        signing = serialization.load_pem_private_key(self._key.read_bytes(), None)
        if not isinstance(signing, ec.EllipticCurvePrivateKey):
            raise TypeError(f"{self._key} holds no key of an elliptic curve")
        key = ec.generate_private_key(ec.SECP256R1())
        here = [x509.IPAddress(ipaddress.ip_address(LOOPBACK)), x509.DNSName("localhost")]
        both = [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
        builder = _builder(_name(name), authority.subject, key.public_key(), _SERVER_DAYS)
        builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        builder = builder.add_extension(_usage(signs_certificates=False), critical=True)
        builder = builder.add_extension(x509.ExtendedKeyUsage(both), critical=False)
        builder = builder.add_extension(x509.SubjectAlternativeName(here), critical=False)
        certificate = builder.sign(signing, hashes.SHA256())
        write_private(self.identity(name), _private(key) + certificate.public_bytes(serialization.Encoding.PEM))

    def _is_good(self, identity: Path) -> bool:
        """Whether a certificate is of this authority and lasts."""
        try:
            certificate = x509.load_pem_x509_certificate(identity.read_bytes())
            certificate.verify_directly_issued_by(x509.load_pem_x509_certificate(self.certificate.read_bytes()))
        except (OSError, ValueError, TypeError, InvalidSignature):
            return False
        return certificate.not_valid_after_utc - _now() > dt.timedelta(days=_RENEW_DAYS)


def _builder(
    subject: x509.Name, issuer: x509.Name, public: ec.EllipticCurvePublicKey, days: int
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(_now() - _CLOCKS)
        .not_valid_after(_now() + dt.timedelta(days=days))
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _private(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)

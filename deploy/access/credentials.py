"""Credentials of principals: a random password, kept by the broker as SCRAM-SHA-512 and here as a file of its own."""

import secrets
from pathlib import Path

import tomli_w
from confluent_kafka import KafkaException
from confluent_kafka.admin import (  # type: ignore[attr-defined]  # public, but not marked so
    AdminClient,
    ScramCredentialInfo,
    ScramMechanism,
    UserScramCredentialUpsertion,
)

from deploy.private_file import write_private
from schemas.errors import LogError
from schemas.settings import read_credential

_ITERATIONS = 8192
_ANSWER_S = 30.0


def make_credential(admin: AdminClient, directory: Path, principal: str, *, renew: bool = False) -> Path:
    """Give a principal a password, and write the file with which its clients reach the broker.

    The file comes first: a command killed in between leaves a password that the next call tells the broker.

    Args:
        admin: as a principal that may alter the cluster.
        principal: its name.
        directory: of the credentials; made when missing, closed to others.
        renew: replace the password that is there; clients that hold the old one are refused from then on.

    Raises:
        LogError: the broker refused or did not answer.
        SettingsError: the file that is there cannot be read.
    """
    directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = directory / f"{principal}.toml"
    if renew or not path.exists():
        made = {"sasl.username": principal, "sasl.password": secrets.token_urlsafe(32)}
        write_private(path, tomli_w.dumps(made).encode())
    password = read_credential(directory, principal)["sasl.password"].encode()
    mechanism = ScramCredentialInfo(ScramMechanism.SCRAM_SHA_512, _ITERATIONS)
    try:
        told = admin.alter_user_scram_credentials([UserScramCredentialUpsertion(principal, mechanism, password)])
        told[principal].result(timeout=_ANSWER_S)
    except KafkaException as error:
        raise LogError(f"the broker did not take the credential of {principal}: {error.args[0].str()}") from error
    return path

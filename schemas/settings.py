"""Where the servers are and who we are: from the environment, then a TOML file, which `ionics up` writes."""

import os
import tomllib
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

import platformdirs

from schemas.errors import IdentityError, SettingsError
from schemas.identity import check_name

FILE_NAME = "ionics.toml"

OPERATOR = "operator"
"""Principal of whoever works on the command line of a home that has several; it reads all of the log."""


def default_home() -> Path:
    """Directory of settings, keys, outboxes and the local stack: `IONICS_HOME`, else the user's data directory."""
    return Path(os.environ.get("IONICS_HOME") or platformdirs.user_data_path("ionics"))


@dataclass(frozen=True)
class Issuer:
    """An OpenID Connect provider whose tokens the HTTP API accepts.

    Attributes:
        issuer: as it stands in the tokens, and where the discovery document lies.
        audience: what the tokens must be meant for.
    """

    issuer: str
    audience: str


@dataclass(frozen=True)
class Settings:
    """How to reach a deployment.

    Attributes:
        kafka: further librdkafka properties, such as security.protocol; in TOML a table, in the environment
            `IONICS_KAFKA_` and the property in capitals with _ for the dot.
        generation: number of the generation that readers and stages use; 0 for the one that the directory points at,
            which is what `load_settings` gives where none is named.
        viewer: focal point as whom the command line reads the views.
        api_url: address of the HTTP API.
        smtp_url: of the mail server, `smtp://user:password@host:587` or `smtps://…`; `?tls=required`, `offered` or
            `off` says whether STARTTLS must be, may be, or is not used, `?ca=FILE` whom to trust.
        mail_from: the sender of mail.
        issuers: providers of tokens; in TOML `[[issuers]]`.
        credentials: directory with a file of librdkafka properties for each principal, `<principal>.toml`; empty where
            `kafka` holds the one credential there is, or the broker wants none.
        principal: as whom this process reaches the broker, where `credentials` has more than one.
    """

    home: Path
    deployment: str = ""
    bootstrap: str = ""
    registry_url: str = ""
    database_url: str = ""
    reader_url: str = ""
    replication: int = 1
    generation: int = 1
    viewer: str = ""
    api_url: str = ""
    smtp_url: str = ""
    mail_from: str = ""
    credentials: str = ""
    principal: str = ""
    kafka: dict[str, str] = field(default_factory=dict)
    issuers: tuple[Issuer, ...] = ()

    def require(self, name: str) -> str:
        """The value of a setting.

        Raises:
            SettingsError: it is not set.
        """
        value = str(getattr(self, name))
        if not value:
            raise SettingsError(
                f"{name} is not set: run `ionics up` for a local stack, or set IONICS_{name.upper()} "
                f"or {name} in {self.home / FILE_NAME}"
            )
        return value

    @property
    def is_development(self) -> bool:
        """True in a `dev-…` deployment, where one command signs both steps of a change of the directory."""
        return self.deployment.startswith("dev-")

    @property
    def local_issuer(self) -> str:
        """Issuer of the tokens that a `dev-…` deployment makes for itself; no other deployment accepts them."""
        return f"urn:ionics:local:{self.require('deployment')}"

    def acting_as(self, development: str = "analyst") -> str:
        """The focal point as whom the command line acts; in a `dev-…` deployment, where none is set, the one given.

        Raises:
            SettingsError: it is not set, in another deployment.
        """
        return self.viewer or (development if self.is_development else self.require("viewer"))

    def as_principal(self, name: str) -> "Settings":
        """Settings that reach the broker as a principal; unchanged where one is bound, or no choice is given."""
        return replace(self, principal=name) if self.credentials and not self.principal else self

    @property
    def broker_principal(self) -> str:
        """The principal as which clients of these settings reach the broker; empty where it asks for none."""
        return self.kafka.get("sasl.username", "") or (self.principal or OPERATOR if self.credentials else "")

    def client_config(self, **extra: Any) -> dict[str, Any]:
        """Properties of any client, as librdkafka names them.

        Raises:
            SettingsError: `credentials` has no file of the principal.
        """
        credential = read_credential(Path(self.credentials), self.broker_principal) if self.credentials else {}
        return {"bootstrap.servers": self.require("bootstrap"), **credential, **self.kafka, **extra}


def read_credential(directory: Path, principal: str) -> dict[str, str]:
    """The librdkafka properties with which a principal reaches the broker.

    Raises:
        SettingsError: there is no such file, or it is not TOML.
    """
    path = directory / f"{principal}.toml"
    try:
        return {str(key): str(value) for key, value in tomllib.loads(path.read_text("utf-8")).items()}
    except FileNotFoundError:
        raise SettingsError(
            f"no credential of {principal} in {directory}: make one with `ionics broker credential {principal}`, "
            "or bring its file"
        ) from None
    except (OSError, ValueError) as error:
        raise SettingsError(f"{path} cannot be read: {error}") from error


def load_settings(home: Path | None = None) -> Settings:  # noqa: C901  # one place, in the order of precedence
    """Settings of a home: environment over `IONICS_CONFIG`, else `ionics.toml` in the home.

    Raises:
        SettingsError: the file is not TOML, or a setting has the wrong form.
    """
    home = home or default_home()
    path = Path(os.environ.get("IONICS_CONFIG") or home / FILE_NAME)
    values: dict[str, Any] = {}
    if path.exists():
        try:
            values = tomllib.loads(path.read_text("utf-8"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise SettingsError(f"{path} is not TOML: {error}") from error
    known = {item.name for item in fields(Settings)} - {"home"}
    if unknown := sorted(set(values) - known):
        raise SettingsError(f"{path}: unknown settings {', '.join(unknown)}; known are {', '.join(sorted(known))}")
    for name in known - {"kafka", "issuers"}:
        if (given := os.environ.get(f"IONICS_{name.upper()}")) is not None:
            values[name] = given
    given_kafka = values.get("kafka", {})
    if not isinstance(given_kafka, dict):
        raise SettingsError(f"{path}: kafka must be a table of librdkafka properties, not {given_kafka!r}")
    kafka = {str(key): str(value) for key, value in given_kafka.items()}
    prefix = "IONICS_KAFKA_"
    kafka |= {k[len(prefix) :].lower().replace("_", "."): v for k, v in os.environ.items() if k.startswith(prefix)}
    for name, unless_given in (("replication", 1), ("generation", 0)):
        try:
            values[name] = int(values.get(name, unless_given))
        except (ValueError, TypeError):
            raise SettingsError(f"{name} must be a whole number, not {values[name]!r}") from None
    if values.get("deployment"):
        try:
            check_name("deployment", str(values["deployment"]))
        except IdentityError as error:
            raise SettingsError(str(error)) from error
    try:
        issuers = tuple(Issuer(**each) for each in values.get("issuers", ()))
    except TypeError as error:
        raise SettingsError(f"{path}: each of [[issuers]] has issuer and audience, no more: {error}") from error
    return Settings(home=home, **{**values, "kafka": kafka, "issuers": issuers})

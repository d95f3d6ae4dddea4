"""Which tokens count, and every known trick with those that do not."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from projections.api.local_issuer import LocalIssuer
from projections.api.tokens import BadTokenError, Claims, TokenVerifier
from schemas.errors import SettingsError
from schemas.settings import Issuer, Settings

ISSUER, AUDIENCE = "https://id.example/realm", "ionics"
RSA = rsa.generate_private_key(65537, 2048)
EC = ec.generate_private_key(ec.SECP256R1())
ED = ed25519.Ed25519PrivateKey.generate()
OTHER = rsa.generate_private_key(65537, 2048)


def _jwk(algorithm: Any, key: Any, kid: str, name: str) -> dict[str, Any]:
    return json.loads(algorithm.to_jwk(key.public_key())) | {"kid": kid, "alg": name, "use": "sig"}


class Provider:
    """An identity provider: discovery document and keys, which may change."""

    def __init__(self) -> None:
        self.keys = [
            _jwk(jwt.algorithms.RSAAlgorithm, RSA, "r", "RS256"),
            _jwk(jwt.algorithms.ECAlgorithm, EC, "e", "ES256"),
            _jwk(jwt.algorithms.OKPAlgorithm, ED, "d", "EdDSA"),
            {"kty": "oct", "k": "c2VjcmV0", "kid": "shared", "alg": "HS256", "use": "sig"},
            {"kty": "strange", "kid": "strange"},
        ]
        self.asked: list[str] = []

    def __call__(self, url: str) -> Any:
        """What lies at an address."""
        self.asked.append(url)
        if url == f"{ISSUER}/.well-known/openid-configuration":
            return {"issuer": ISSUER, "jwks_uri": "https://id.example/keys"}
        assert url == "https://id.example/keys"
        return {"keys": self.keys}


def claims(**other: Any) -> dict[str, Any]:
    """Those of a good token, but for what is given; None leaves one out."""
    now = int(time.time())
    good = {"iss": ISSUER, "sub": "u7", "aud": AUDIENCE, "iat": now, "exp": now + 60, "scope": "read publish"}
    return {name: value for name, value in (good | other).items() if value is not None}


@pytest.fixture
def provider() -> Provider:
    """A fresh provider."""
    return Provider()


@pytest.fixture
def verifier(tmp_path: Path, provider: Provider) -> TokenVerifier:
    """Of a production deployment with one provider."""
    return TokenVerifier(Settings(tmp_path, "unodc", issuers=(Issuer(ISSUER, AUDIENCE),)), provider)


@pytest.mark.parametrize(("key", "algorithm", "kid"), [(RSA, "RS256", "r"), (EC, "ES256", "e"), (ED, "EdDSA", "d")])
def test_a_good_token(verifier: TokenVerifier, key: Any, algorithm: str, kid: str) -> None:
    """Of each kind of key that an issuer may have."""
    token = jwt.encode(claims(), key, algorithm, headers={"kid": kid})
    assert verifier.verify(token) == Claims(ISSUER, "u7", frozenset({"read", "publish"}))


def _signed(key: Any = RSA, algorithm: str = "RS256", headers: dict[str, Any] | None = None, **other: Any) -> str:
    return jwt.encode(claims(**other), key, algorithm, headers={"kid": "r"} | (headers or {}))


_PUBLIC_PEM = RSA.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def _with_public_key_as_secret() -> str:
    import base64  # noqa: PLC0415  # PyJWT itself refuses to make such a token
    import hashlib  # noqa: PLC0415  # the same
    import hmac  # noqa: PLC0415  # the same

    def part(value: Any) -> bytes:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=")

    message = part({"alg": "HS256", "typ": "JWT", "kid": "r"}) + b"." + part(claims())
    mac = hmac.new(_PUBLIC_PEM, message, hashlib.sha256).digest()
    return (message + b"." + base64.urlsafe_b64encode(mac).rstrip(b"=")).decode()


TRICKS: dict[str, Callable[[], str]] = {
    "nothing": lambda: "",
    "no token": lambda: "a.b.c",
    "algorithm none": lambda: jwt.encode(claims(), None, "none", headers={"kid": "r"}),
    "the public key as a shared secret": _with_public_key_as_secret,
    "a shared secret that the issuer lists": lambda: _signed(b"secret" * 8, "HS256", {"kid": "shared"}),
    "another's signature": lambda: _signed(OTHER),
    "another algorithm of the same key": lambda: _signed(RSA, "RS512"),
    "wrong audience": lambda: _signed(aud="elsewhere"),
    "wrong issuer": lambda: _signed(iss="https://evil.example"),
    "issuer with a slash more": lambda: _signed(iss=ISSUER + "/"),
    "no issuer": lambda: _signed(iss=None),
    "expired": lambda: _signed(exp=int(time.time()) - 60),
    "for ever": lambda: _signed(exp=None),
    "not yet": lambda: _signed(nbf=int(time.time()) + 600),
    "issued tomorrow": lambda: _signed(iat=int(time.time()) + 86_400),
    "no subject": lambda: _signed(sub=None),
    "unknown key": lambda: _signed(headers={"kid": "x"}),
    "no key named": lambda: jwt.encode(claims(), RSA, "RS256"),
    "a path as key": lambda: _signed(headers={"kid": "../../../dev/null"}),
    "SQL as key": lambda: _signed(headers={"kid": "r' OR '1'='1"}),
    "its own key set": lambda: _signed(OTHER, headers={"jku": "https://evil.example/keys"}),
    "its own key": lambda: _signed(OTHER, headers={"jwk": _jwk(jwt.algorithms.RSAAlgorithm, OTHER, "r", "RS256")}),
    "its own certificate": lambda: _signed(OTHER, headers={"x5u": "https://evil.example/c", "x5c": ["AAAA"]}),
    "a critical extension": lambda: _signed(headers={"crit": ["x"], "x": 1}),
    "scope that is no text": lambda: _signed(scope=["read"]),
}


@pytest.mark.parametrize("trick", TRICKS.values(), ids=TRICKS)
def test_tricks(verifier: TokenVerifier, provider: Provider, trick: Callable[[], str]) -> None:
    """None counts, and nothing that a token names is ever fetched."""
    with pytest.raises(BadTokenError):
        verifier.verify(trick())
    assert set(provider.asked) <= {f"{ISSUER}/.well-known/openid-configuration", "https://id.example/keys"}


def test_a_token_that_was_altered(verifier: TokenVerifier) -> None:
    """Any single character changed is noticed."""
    token = _signed()
    for place in range(0, len(token), 7):
        changed = token[:place] + ("A" if token[place] != "A" else "B") + token[place + 1 :]
        if changed.rsplit(".", 1)[0] != token.rsplit(".", 1)[0]:
            with pytest.raises(BadTokenError):
                verifier.verify(changed)


def test_new_keys_are_found_and_old_ones_forgotten(tmp_path: Path, provider: Provider) -> None:
    """A key that is not known is looked for, but not at every token; a key withdrawn counts no more within an hour."""
    now = [0.0]
    settings = Settings(tmp_path, "unodc", issuers=(Issuer(ISSUER, AUDIENCE),))
    verifier = TokenVerifier(settings, provider, lambda: now[0])
    verifier.verify(_signed())
    provider.keys = [_jwk(jwt.algorithms.RSAAlgorithm, OTHER, "new", "RS256")]
    with pytest.raises(BadTokenError):
        verifier.verify(_signed(OTHER, headers={"kid": "new"}))
    assert len(provider.asked) == 2
    now[0] = 31.0
    verifier.verify(_signed(OTHER, headers={"kid": "new"}))
    with pytest.raises(BadTokenError):
        verifier.verify(_signed())


@pytest.mark.parametrize(("issuer", "keys"), [("http://id.example", "https://id.example/k"), (ISSUER, "http://evil/k")])
def test_keys_that_come_in_the_clear_count_for_nothing(tmp_path: Path, issuer: str, keys: str) -> None:
    """Neither the discovery document nor the keys are fetched without TLS."""
    asked: list[str] = []

    def fetch(url: str) -> Any:
        asked.append(url)
        return {"issuer": issuer, "jwks_uri": keys}

    verifier = TokenVerifier(Settings(tmp_path, "unodc", issuers=(Issuer(issuer, AUDIENCE),)), fetch)
    with pytest.raises(BadTokenError, match="not https"):
        verifier.verify(_signed(iss=issuer))
    assert all(url.startswith("https://") for url in asked)


def test_a_development_token_counts_nowhere_else(tmp_path: Path) -> None:
    """Not in another dev- deployment, not in production, and production has no local issuer."""
    here, there = Settings(tmp_path / "a", "dev-a"), Settings(tmp_path / "b", "dev-b")
    token = LocalIssuer(here).token("analyst", ["read"], 5)
    assert TokenVerifier(here).verify(token).subject == "analyst"
    for settings in (there, Settings(tmp_path / "a", "unodc")):
        with pytest.raises(BadTokenError):
            TokenVerifier(settings).verify(token)
    same_name = LocalIssuer(Settings(tmp_path / "c", "dev-a")).token("analyst", ["read"], 5)
    with pytest.raises(BadTokenError):
        TokenVerifier(here).verify(same_name)
    with pytest.raises(SettingsError):
        LocalIssuer(Settings(tmp_path, "unodc"))

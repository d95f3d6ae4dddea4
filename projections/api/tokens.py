"""Bearer tokens of OpenID Connect: whose word counts, and for whom.

Keys come from the issuer's own JWKS, found by its discovery document (OpenID Connect Discovery 1.0, section 4), and
from nowhere else: what a token's header says of keys is only looked up there (RFC 8725, sections 3.1 and 3.10).
"""

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import httpx
import jwt

from projections.api.local_issuer import ALGORITHM, AUDIENCE, LocalIssuer
from schemas.settings import Issuer, Settings

ALGORITHMS = ("EdDSA", "ES256", "PS256", "RS256")
"""Signatures only: a shared secret or none would let whoever verifies also issue."""

_REQUIRED = ["exp", "iat", "iss", "sub", "aud"]
_LEEWAY_S = 30
_FRESH_S = 3600.0
_AGAIN_S = 30.0
_ANSWER_S = 5.0
_THIS_MACHINE = ("127.0.0.1", "::1", "localhost")


@dataclass(frozen=True)
class Claims:
    """What a good token says.

    Attributes:
        scopes: what it was given for; a right counts only if the directory gives it too.
    """

    issuer: str
    subject: str
    scopes: frozenset[str]


class BadTokenError(Exception):
    """A token that proves nothing; the message is for the audit, never for the caller."""


class TokenVerifier:
    """Verifies tokens of the issuers that the settings name, and of the local one in a `dev-` deployment.

    Args:
        fetch: address → JSON document; may raise `httpx.HTTPError` or `ValueError`.
        clock: seconds, for how long keys are kept.
    """

    def __init__(
        self,
        settings: Settings,
        fetch: Callable[[str], Any] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._issuers = {each.issuer: _Keys(each, fetch or _fetched, clock) for each in settings.issuers}
        self._local = LocalIssuer(settings) if settings.is_development else None

    def verify(self, token: str) -> Claims:
        """The claims of a token that is good now.

        Raises:
            BadTokenError: it is not.
        """
        try:
            header = jwt.get_unverified_header(token)
            stated = jwt.decode(token, options={"verify_signature": False}).get("iss")
            if self._local is not None and stated == self._local.issuer:
                claims = _decoded(token, self._local.public, [ALGORITHM], self._local.issuer, AUDIENCE)
            else:
                keys = self._issuers.get(stated) if isinstance(stated, str) else None
                if keys is None:
                    raise BadTokenError("issuer is not one of this deployment")
                key = keys.of(header)
                algorithm = key.algorithm_name
                if algorithm not in ALGORITHMS:
                    raise BadTokenError(f"key of algorithm {algorithm}")
                claims = _decoded(token, key.key, [algorithm], keys.issuer, keys.audience)
        except (jwt.PyJWTError, ValueError, TypeError, httpx.HTTPError) as error:
            raise BadTokenError(f"{type(error).__name__}: {error}") from error
        scope = claims.get("scope", "")
        if not isinstance(claims["sub"], str) or not isinstance(scope, str):
            raise BadTokenError("sub and scope must be text")
        return Claims(claims["iss"], claims["sub"], frozenset(scope.split()))


class _Keys:
    """The JWKS of one issuer, fetched at need: hourly, and when a token names a key that is not there."""

    def __init__(self, issuer: Issuer, fetch: Callable[[str], Any], clock: Callable[[], float]) -> None:
        self.issuer, self.audience = issuer.issuer, issuer.audience
        self._fetch, self._clock = fetch, clock
        self._keys: dict[str, jwt.PyJWK] = {}
        self._fetched_at = float("-inf")
        self._fetching = threading.Lock()

    def of(self, header: Mapping[str, Any]) -> jwt.PyJWK:
        kid = header.get("kid")
        if not isinstance(kid, str):
            raise BadTokenError("the token names no key")
        with self._fetching:
            age = self._clock() - self._fetched_at
            if age > _FRESH_S or (kid not in self._keys and age > _AGAIN_S):
                self._keys = self._read()
                self._fetched_at = self._clock()
        if kid not in self._keys:
            raise BadTokenError("the issuer has no such key")
        return self._keys[kid]

    def _read(self) -> dict[str, jwt.PyJWK]:
        _check_address(self.issuer)
        found = self._fetch(self.issuer.rstrip("/") + "/.well-known/openid-configuration")
        if not isinstance(found, dict) or found.get("issuer") != self.issuer:
            raise BadTokenError("the discovery document is of another issuer")
        where = str(found.get("jwks_uri"))
        _check_address(where)
        document = self._fetch(where)
        keys: dict[str, jwt.PyJWK] = {}
        for each in document.get("keys", []):
            if isinstance(each, dict) and isinstance(each.get("kid"), str) and each.get("use", "sig") == "sig":
                try:
                    keys[each["kid"]] = jwt.PyJWK(each)
                except jwt.PyJWTError:
                    continue  # a key of a kind that we do not accept stands beside those that we do
        return keys


def _check_address(url: str) -> None:
    """Keys that came in the clear could be anybody's; only on this machine is there nobody in between."""
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL as error:
        raise BadTokenError(f"{url[:200]} is no address") from error
    if parsed.scheme != "https" and not (parsed.scheme == "http" and parsed.host in _THIS_MACHINE):
        raise BadTokenError(f"{url[:200]} is not https")


def _decoded(token: str, key: Any, algorithms: list[str], issuer: str, audience: str) -> dict[str, Any]:
    return jwt.decode(
        token,
        key,
        algorithms=algorithms,
        issuer=issuer,
        audience=audience,
        leeway=_LEEWAY_S,
        options={"require": _REQUIRED},
    )


def _fetched(url: str) -> Any:
    answer = httpx.get(url, timeout=_ANSWER_S, follow_redirects=False)
    answer.raise_for_status()
    return answer.json()

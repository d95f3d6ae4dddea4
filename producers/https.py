"""Submissions and receipts over HTTPS, by the API, where a firewall allows nothing else.

The API passes on the agency's own signed bytes; it needs no key of the agency, and cannot change what was signed.
"""

from __future__ import annotations

import time
from datetime import datetime
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import polars as pl

from producers.receipts import ReceiptIndex
from schemas.errors import LogError, SettingsError
from schemas.keys import ALGORITHM

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from producers.outbox import Queued

_ANSWER_S = 15.0
_CONNECT_S = 4.0
_ASK_AGAIN_S = 0.5
_LONGEST_PAUSE_S = 5.0
_PAGE = 1_000
_THIS_MACHINE = ("127.0.0.1", "::1", "localhost")
_COLUMNS: dict[str, Any] = {
    "outcome": pl.String,
    "code": pl.String,
    "path": pl.String,
    "message": pl.String,
    "incident_id": pl.String,
    "event_id": pl.String,
    "revision": pl.Int32,
    "content_digest": pl.String,
    "signed_digest": pl.String,
    "admitted_at": pl.Datetime("ms", "UTC"),
    "submission_partition": pl.Int32,
    "submission_offset": pl.Int64,
}


class ApiConnection:
    """Requests to the API with a bearer token. Safe for several threads.

    Args:
        url: its address; https, except on this machine.
        token: gives a token that is good now, or the file that always holds one. Asked at every request.

    Raises:
        SettingsError: the address would send the token in the clear.
    """

    def __init__(self, url: str, token: Callable[[], str] | Path) -> None:
        parsed = httpx.URL(url)
        if parsed.scheme != "https" and not (parsed.scheme == "http" and parsed.host in _THIS_MACHINE):
            raise SettingsError(f"api_url={url} would send the token in the clear; use an https:// address")
        self.url = url
        self._token = token
        self._client = httpx.Client(base_url=url, timeout=httpx.Timeout(_ANSWER_S, connect=_CONNECT_S))

    def ask(self, method: str, path: str, **parts: Any) -> httpx.Response:
        """The answer, whatever its status.

        Raises:
            LogError: there is none, or no token.
        """
        headers = {**parts.pop("headers", {}), "Authorization": f"Bearer {self._bearer()}"}
        try:
            return self._client.request(method, path, headers=headers, **parts)
        except (httpx.HTTPError, UnicodeError) as error:
            raise LogError(
                f"no answer from the API at {self.url}: {error}; reports stay in the outbox until it answers"
            ) from error

    def close(self) -> None:
        """Let go of the connections."""
        self._client.close()

    def _bearer(self) -> str:
        try:
            return (self._token.read_text("ascii") if isinstance(self._token, Path) else self._token()).strip()
        except Exception as error:  # a caller's function may raise anything; the outbox keeps its reports all the same
            raise LogError(f"no token for the API at {self.url}: {error}") from error


def refusal(answer: httpx.Response) -> LogError:
    """An answer that is no success, in words."""
    try:
        problem = answer.json()
        said = f"{problem['detail']} ({problem['code']})"
    except (ValueError, KeyError, TypeError):
        said = answer.reason_phrase
    return LogError(f"the API at {answer.url.copy_with(query=None)} answers {answer.status_code}: {said[:300]}")


class HttpsSender:
    """The sender of one agency over HTTPS (`producers.transport.Sender`)."""

    batch = 50

    def __init__(self, api: ApiConnection, sleep: Callable[[float], None] = time.sleep) -> None:
        self._api = api
        self._sleep = sleep
        self._ready = False

    def connect(self, limit_s: float) -> bool:  # noqa: ARG002  # the first request connects, with a limit of its own
        """Get ready to send; False where it was ready already."""
        before, self._ready = self._ready, True
        return not before

    def send(self, rows: Sequence[Queued], patience: Callable[[], float]) -> tuple[list[int], LogError | None]:
        """Positions acknowledged, and what went wrong with the others; none passes one that failed."""
        done: list[int] = []
        for row in rows:
            if patience() <= 0:
                return done, LogError(f"the API at {self._api.url} did not take all in time")
            try:
                self._submit(row, patience)
            except LogError as error:
                self._ready = False
                return done, error
            done.append(row.position)
        return done, None

    def close(self) -> None:
        """Nothing is held between requests but what `ApiConnection` holds."""
        self._ready = False

    def _submit(self, row: Queued, patience: Callable[[], float]) -> None:
        headers = {
            "Content-Type": "application/avro",
            "ionics-sig": row.signature.hex(),
            "ionics-kid": row.key_id,
            "ionics-alg": ALGORITHM,
            "ionics-schema": row.fingerprint,
            "ce-id": row.event_id,
            "ce-type": f"ionics.incident.{row.event_type}",
            "ce-subject": row.incident_id,
            "ce-time": row.reported_at,
        }
        answer = self._api.ask("POST", "/submissions", headers=headers, content=row.body)
        while answer.status_code == HTTPStatus.TOO_MANY_REQUESTS:
            pause = _seconds(answer.headers.get("Retry-After"))
            if pause > min(patience(), _LONGEST_PAUSE_S):
                break
            self._sleep(pause)
            answer = self._api.ask("POST", "/submissions", headers=headers, content=row.body)
        if not answer.is_success:
            raise refusal(answer)


class HttpsReceipts:
    """The receipts of one agency over HTTPS (`producers.transport.ReceiptSource`); positions are opaque cursors."""

    def __init__(
        self,
        api: ApiConnection,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._api, self._clock, self._sleep = api, clock, sleep
        self._next: str | None = None
        self._has_history = False
        self._asked_at = float("-inf")
        self.index = ReceiptIndex()

    def end(self) -> str:
        """Cursor of the next receipt to come.

        Raises:
            LogError: the API does not answer, or refuses.
        """
        return str(self._page({"end": "true"})["next"])

    def begin_at(self, position: str, /) -> None:
        """Begin with the receipts from a position on, unless reading has begun. What lies before is history."""
        if self._next is None:
            self._next, self._has_history = position, True

    def begin_at_end(self) -> None:
        """Begin with the receipts that are still to come, unless reading has begun.

        Raises:
            LogError: the API does not answer, or refuses.
        """
        if self._next is None:
            self.begin_at(self.end())

    def poll(self, wait_s: float = 0.0) -> int:
        """Take in the receipts that have arrived; their number. Whoever waits asks twice a second.

        Raises:
            LogError: the API does not answer, or refuses.
        """
        if self._clock() - self._asked_at < _ASK_AGAIN_S and wait_s > 0:
            self._sleep(wait_s)
            return 0
        self._asked_at = self._clock()
        self._next, found = self._taken(self._next)
        return found

    def read_history(self) -> None:
        """Take in all receipts from the first on. No-op the second time.

        Raises:
            LogError: the API does not answer, or refuses.
        """
        if self._has_history:
            self._taken(None)
            self._has_history = False

    def close(self) -> None:
        """Nothing is held between requests but what `ApiConnection` holds."""

    def _taken(self, after: str | None) -> tuple[str, int]:
        found = 0
        while True:
            page = self._page({"limit": _PAGE} | ({} if after is None else {"after": after}))
            rows = [_row(each) for each in page["receipts"]]
            if rows:
                self.index.add(pl.DataFrame(rows, schema=_COLUMNS))
            found, after = found + len(rows), str(page["next"])
            if not page["more"]:
                return after, found

    def _page(self, asked: dict[str, Any]) -> dict[str, Any]:
        answer = self._api.ask("GET", "/receipts", params=asked)
        if answer.status_code == HTTPStatus.BAD_REQUEST and "after" in asked:
            # A cursor of another token's focal point, or of a key that the API has no more: begin anew.
            self._next = None
        if not answer.is_success:
            raise refusal(answer)
        page: dict[str, Any] = answer.json()
        return page


def _row(receipt: dict[str, Any]) -> dict[str, Any]:
    fields = {name: receipt.get(name) for name in _COLUMNS}
    return fields | {"admitted_at": datetime.fromisoformat(receipt["admitted_at"])}


def _seconds(retry_after: str | None) -> float:
    return float(retry_after) if retry_after is not None and retry_after.isdigit() else 1.0

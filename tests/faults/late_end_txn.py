"""The attack: the end of a transaction is held back on its way, and comes when the next transaction is under way."""

import threading
from dataclasses import dataclass, field
from enum import Enum

from tests.faults.kafka_requests import END_TXN, INIT_PRODUCER_ID, PRODUCE, TXN_OFFSET_COMMIT, EndTxn, Request
from tests.faults.proxy import Cut, Forward


class Network(Enum):
    """What the client sees of it."""

    SILENT = "no answer, until the client gives the connection up"
    CUT = "the connection ends"


class Moment(Enum):
    """After which request of the next transaction the late EndTxn comes: before the client sees that one's answer."""

    RECORDS = PRODUCE
    POSITIONS = TXN_OFFSET_COMMIT


@dataclass(frozen=True)
class Late:
    """An EndTxn that came late.

    Attributes:
        end: what it said.
        version: of the request.
        retried: whether the broker had taken the same EndTxn, sent again by the library.
        error: what the broker said to it; 0 is that it was obeyed.
    """

    end: EndTxn
    version: int
    retried: bool
    error: int


@dataclass
class LateEndTxn:
    """A rule for `Proxy`: holds the first EndTxn of a transactional id, delivers it late, and does it again.

    Attributes:
        times: how often.
        delivered: each EndTxn that came late.
    """

    transactional_id: str
    network: Network
    moment: Moment
    times: int = 1
    delivered: list[Late] = field(default_factory=list)
    _held: tuple[Request, Forward] | None = None
    _retried: bool = False
    _gone_on: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, request: Request, forward: Forward) -> bytes | None:
        """The answer to a request; None if it is held."""
        if request.transactional_id != self.transactional_id:
            return forward(request)
        if request.end is not None and request.end.commit and self._take(request, forward):
            if self.network is Network.CUT:
                raise Cut
            return None
        answer = forward(request)
        with self._lock:
            self._notice(request, answer)
        return answer

    def _take(self, request: Request, forward: Forward) -> bool:
        with self._lock:
            if self._held is not None or len(self.delivered) == self.times:
                return False
            self._held, self._retried, self._gone_on = (request, forward), False, False
            return True

    def _notice(self, request: Request, answer: bytes) -> None:
        if self._held is None:
            return
        held, forward = self._held
        if request.key in {END_TXN, INIT_PRODUCER_ID} and request.error_in(answer) == 0:
            self._gone_on = True
            self._retried |= request.end == held.end
        elif self._gone_on and request.key == self.moment.value and held.end is not None:
            error = held.error_in(forward(held))
            self.delivered.append(Late(held.end, held.version, self._retried, error))
            self._held = None

"""The attack: the end of a transaction is held back on its way, and arrives in the middle of the next one."""

import threading
from dataclasses import dataclass, field
from enum import Enum

from tests.faults.kafka_requests import END_TXN, INIT_PRODUCER_ID, PRODUCE, EndTxn, Request
from tests.faults.proxy import Cut, Forward


class Network(Enum):
    """What the client sees of its EndTxn."""

    CUT = "the connection ends"
    SILENT = "no answer comes"


@dataclass(frozen=True)
class Late:
    """An EndTxn that came late.

    Attributes:
        end: what it said.
        version: of the request.
        retried: whether the broker had by then obeyed the same EndTxn, sent again by the library.
        error: the broker's answer to the late one; 0 says that it was obeyed.
    """

    end: EndTxn
    version: int
    retried: bool
    error: int


@dataclass
class LateEndTxn:
    """A rule for `Proxy`.

    It holds back an EndTxn that commits, on the connection it came on. The library sends it again, or the producer is
    initialised anew: that passes. Once the broker has the first records of the next transaction, it gets the late one,
    and only then the client gets the answer about these records. Then the next EndTxn is held back.

    Attributes:
        transactional_id: whose EndTxn.
        times: how many of them.
        delivered: those that came late.
    """

    transactional_id: str
    network: Network
    times: int = 1
    delivered: list[Late] = field(default_factory=list)
    _held: tuple[Request, EndTxn, Forward] | None = None
    _retried: bool = False
    _gone_on: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, request: Request, forward: Forward) -> bytes | None:
        """The answer to a request; None if there is none."""
        if request.transactional_id != self.transactional_id:
            return forward(request)
        end = request.end
        if end is not None and end.commit and self._hold(request, end, forward):
            if self.network is Network.CUT:
                raise Cut
            return None
        answer = forward(request)
        with self._lock:
            self._watch(request, answer)
        return answer

    def _hold(self, request: Request, end: EndTxn, forward: Forward) -> bool:
        with self._lock:
            if self._held is not None or len(self.delivered) == self.times:
                return False
            self._held, self._retried, self._gone_on = (request, end, forward), False, False
            return True

    def _watch(self, request: Request, answer: bytes) -> None:
        if self._held is None:
            return
        held, end, forward = self._held
        if request.key in {END_TXN, INIT_PRODUCER_ID} and request.error_in(answer) == 0:
            self._gone_on = True
            self._retried |= request.end == end
        elif request.key == PRODUCE and self._gone_on:
            error = held.error_in(forward(held))
            self.delivered.append(Late(end, held.version, self._retried, error))
            self._held = None

"""The SDK of agencies: build, sign, queue offline, deliver, wait for the receipt.

In: what an officer states (`IncidentContent`, or its fields). Out: signed submissions in `ionics.submissions`.
`building` makes and signs revisions, `outbox` keeps them on the disk, `delivery` and `background` bring them away, over
Kafka (`kafka_sender`) or by the API (`https`), `receipts` reads what admission decided, `transport` says what both ways
have alike, `producer` is the one class that users need.
"""

from producers.building import IncidentBuilder, Submission, uuid7
from producers.delivery import FlushResult
from producers.producer import IncidentProducer, Report
from producers.receipts import Outcome, Receipt
from producers.version import SDK_VERSION

__all__ = [
    "SDK_VERSION",
    "FlushResult",
    "IncidentBuilder",
    "IncidentProducer",
    "Outcome",
    "Receipt",
    "Report",
    "Submission",
    "uuid7",
]

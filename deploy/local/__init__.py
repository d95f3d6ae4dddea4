"""The local stack: real Apache Kafka, schema registry and PostgreSQL, from Python wheels and jars, without containers.

In: a home directory of the caller's choice. Out: addresses and passwords of servers that listen on the loopback address
only. It needs the extra ``ionics-backbone[local]``; without it the import of this package raises StackError, so
commands import it when they are called. One file a part (kafka, registry, postgres), one for what they stand on
(home, process, ports, account, wheels, jars), and ``stack`` to tie them together.
"""

from deploy.local.broker_settings import BROKER_SETTINGS, properties_text, server_properties
from deploy.local.part import PartState, PartStatus, StackAddress
from deploy.local.progress import Progress
from deploy.local.stack import PARTS, LocalStack
from schemas.errors import StackError

__all__ = [
    "BROKER_SETTINGS",
    "PARTS",
    "LocalStack",
    "PartState",
    "PartStatus",
    "Progress",
    "StackAddress",
    "StackError",
    "properties_text",
    "server_properties",
]

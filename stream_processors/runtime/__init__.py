"""One way to process: a `Stage` is pure, the `Worker` runs it in transactions over the `Log` port.

`KafkaLog` is Kafka behind the port; no Kafka type crosses it. `MemoryLog` is its twin without a broker.
"""

from stream_processors.runtime.kafka_log import KafkaLog
from stream_processors.runtime.log import CommitResult, Log, Output, Partition
from stream_processors.runtime.memory_log import MemoryCluster, MemoryLog
from stream_processors.runtime.one_topic import KafkaTopic, OneTopic, following_schemas
from stream_processors.runtime.stage import Processed, Stage
from stream_processors.runtime.worker import Worker

__all__ = [
    "CommitResult",
    "KafkaLog",
    "KafkaTopic",
    "Log",
    "MemoryCluster",
    "MemoryLog",
    "OneTopic",
    "Output",
    "Partition",
    "Processed",
    "Stage",
    "Worker",
    "following_schemas",
]

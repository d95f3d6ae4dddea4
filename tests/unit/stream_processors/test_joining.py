"""A worker whose group never answers."""

import time
from pathlib import Path

import pytest

from schemas.errors import ClientHungError
from schemas.settings import Settings
from stream_processors.runtime import KafkaLog, kafka_log


def test_a_group_that_gives_no_partitions_is_joined_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """The stage ends, to start again with other clients, instead of standing idle for the library's five minutes."""
    monkeypatch.setattr(kafka_log, "_JOIN_S", 0.2)
    log = KafkaLog(Settings(Path(), bootstrap="127.0.0.1:1"), "group", "topic")
    try:
        assert log.assigned() is None
        time.sleep(0.3)  # what is tested is that time passes
        with pytest.raises(ClientHungError, match="joins its group anew"):
            log.assigned()
    finally:
        log.close()

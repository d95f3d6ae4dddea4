"""An environment for each peer, made on first use in the cache that all homes share: packages by name, pinned."""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

from deploy.local.jars import cache, classpath
from deploy.local.lock import exclusive
from deploy.local.progress import Silence
from deploy.local.wheels import java
from schemas.errors import StackError

STREAMS_VERSION = "4.3.1"
QUIX_VERSION = "3.28.1"
FAUST_VERSION = "0.15.3"
SPLINK_VERSION = "5.0.0"
_FASTAVRO = "fastavro==1.13.1"
_STREAMS = "+".join(
    (
        f"org.apache.kafka:kafka-streams:{STREAMS_VERSION}",
        "org.apache.avro:avro:1.12.0",
        "org.slf4j:slf4j-nop:1.7.36",
        "org.eclipse.jdt:ecj:3.41.0",
    )
)
_HERE = Path(__file__).parent


class UnavailableError(Exception):
    """A peer cannot be run here; says why."""


def own() -> list[str]:
    """The Python that this project runs in."""
    return [sys.executable]


def loop() -> list[str]:
    """The Python of the plain loop."""
    return _python("loop", "confluent-kafka==2.16.0", _FASTAVRO)


def quix() -> list[str]:
    """The Python of Quix Streams."""
    return _python("quix", f"quixstreams=={QUIX_VERSION}", _FASTAVRO)


def faust() -> list[str]:
    """The Python of Faust."""
    return _python("faust", f"faust-streaming=={FAUST_VERSION}", "aiokafka[lz4]==0.14.0", _FASTAVRO)


def splink() -> list[str]:
    """The Python of Splink, a peer of the matcher (`tests/accuracy`)."""
    return _python("splink", f"splink=={SPLINK_VERSION}", "duckdb==2.0.1", "pyarrow==26.0.1")


def streams() -> list[str]:
    """The Java of Kafka Streams, with the compiled peer on its class path."""
    try:
        jars = classpath("streams", f"Kafka Streams {STREAMS_VERSION}", _STREAMS, 90, Silence())
        program = str(java())
    except StackError as error:
        raise UnavailableError(str(error)) from error
    source = _HERE / "KafkaStreamsPeer.java"
    classes = cache() / "peers" / f"streams-{hashlib.sha256(source.read_bytes()).hexdigest()[:12]}"
    path = os.pathsep.join(map(str, jars))
    with exclusive(cache() / "peers.lock", lambda: None):
        if not classes.is_dir():
            beside = classes.with_name(f"{classes.name}.new")
            compiler = [program, "-cp", path, "org.eclipse.jdt.internal.compiler.batch.Main", "-21", "-nowarn"]
            _run([*compiler, "-encoding", "UTF-8", "-cp", path, "-d", str(beside), str(source)])
            beside.replace(classes)
    return [program, "-Xmx2g", "-XX:+UseParallelGC", "-cp", f"{classes}{os.pathsep}{path}"]


def _python(name: str, *requirements: str) -> list[str]:
    made = hashlib.sha256("\n".join((sys.version, *requirements)).encode()).hexdigest()[:12]
    place = cache() / "peers" / f"{name}-{made}"
    python = place / "bin" / "python"
    with exclusive(cache() / "peers.lock", lambda: None):
        if not (place / "complete").exists():
            _run([sys.executable, "-m", "venv", "--clear", str(place)])
            _run([str(python), "-m", "pip", "install", "--quiet", *requirements])
            (place / "complete").touch()
    return [str(python)]


def _run(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=600)
    if done.returncode:
        said = (done.stderr or done.stdout).strip().splitlines() or ["nothing"]
        raise UnavailableError(f"{Path(command[0]).name} ended with {done.returncode}: {said[-1][:200]}")

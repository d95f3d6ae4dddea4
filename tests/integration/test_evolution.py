"""The registry may be lost: the log's own dictionary gives a new one the same schemas under the same ids."""

import signal
from collections.abc import Iterator
from dataclasses import replace

import httpx
import pytest

from deploy.local import ports, wheels
from deploy.local.jars import registry_jar
from deploy.local.process import ServerProcess
from deploy.local.progress import Silence
from schemas.dictionary import SchemaDictionary, publish_schemas, read_dictionary
from schemas.errors import RegistryError
from schemas.refill import refill
from schemas.registry import Registry
from schemas.settings import Settings
from tests.running import engine_answers

pytestmark = pytest.mark.skipif(engine_answers(), reason="starts a registry of its own")


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a registry that knows nothing; it keeps its schemas in memory alone."""
    home, port = tmp_path_factory.mktemp("registry"), ports.choose(())
    (home / "run").mkdir()
    process = ServerProcess("registry", home / "run", home / "registry.log")
    options = [f"-Dquarkus.http.port={port}", f"-Dquarkus.http.host={ports.LOOPBACK}", "-XX:TieredStopAtLevel=1"]
    process.start([str(wheels.java()), *options, "-jar", str(registry_jar(Silence()))], home)
    base = f"http://{ports.LOOPBACK}:{port}"

    def ready() -> bool:
        try:
            return httpx.get(f"{base}/health/ready", timeout=5).is_success
        except httpx.TransportError:
            return False

    try:
        process.wait_until(ready, 120)
        yield f"{base}/apis/ccompat/v7"
    finally:
        process.stop(signal.SIGTERM, 15)


def test_a_lost_registry_is_filled_again_with_the_same_ids(settings: Settings, empty: str) -> None:
    """Under each id the schema that the log has there; and what this version publishes is found, not numbered anew."""
    known, registry = read_dictionary(settings), Registry(empty)
    filled = refill(registry, known)
    assert set(known.schemas) <= set(filled)
    assert {number: registry.find(number) for number in known.schemas} == known.schemas
    assert refill(registry, known) == []
    again = publish_schemas(replace(settings, registry_url=empty))
    assert again.fingerprints == known.fingerprints


def test_a_registry_of_another_deployment_is_refused(settings: Settings, empty: str) -> None:
    """Where an id means something else, nothing is registered."""
    known = read_dictionary(settings)
    other = SchemaDictionary()
    numbers = sorted(known.schemas)
    for number, twin in zip(numbers, reversed(numbers), strict=True):
        other.schemas[number], other.subjects[number] = known.schemas[twin], known.subjects[twin]
        other.fingerprints[number] = known.fingerprints[twin]
    with pytest.raises(RegistryError, match="not the one of this deployment"):
        refill(Registry(empty), other)

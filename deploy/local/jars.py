"""The parts that come as jars, by package name through jgo: Apache Kafka and Apicurio Registry.

They lie in one cache for all homes: ``$IONICS_CACHE``, else the user's cache directory. Which Maven repository they
come from is jgo's business (its default, or ``[repositories]`` in the user's ``jgo.conf``).
"""

import importlib
import json
import os
import shutil
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import platformdirs

from deploy.local.lock import exclusive
from deploy.local.progress import Progress
from schemas.errors import StackError

KAFKA_VERSION = "4.3.1"
REGISTRY_VERSION = "3.0.9"

# Without a logging provider, which Kafka leaves to its distribution, a broker that dies says nothing. This one prints
# to standard error and needs no file of settings. Its version is that of the slf4j-api that Kafka brings.
_KAFKA_ENDPOINT = f"org.apache.kafka:kafka_2.13:{KAFKA_VERSION}+org.slf4j:slf4j-simple:1.7.36"


def cache() -> Path:
    """Return the directory that all homes share for what is downloaded."""
    place = os.environ.get("IONICS_CACHE")
    return Path(place).expanduser().absolute() if place else platformdirs.user_cache_path("ionics")


def kafka_classpath(progress: Progress) -> list[Path]:
    """Return the jars of Apache Kafka, after fetching what the cache lacks.

    Raises:
        StackError: they could not be fetched.
    """
    return classpath("kafka", f"Apache Kafka {KAFKA_VERSION}", _KAFKA_ENDPOINT, 45, progress)


def classpath(part: str, title: str, endpoint: str, megabytes: int, progress: Progress) -> list[Path]:
    """Return the jars of an endpoint, after fetching what the cache lacks.

    Args:
        part: name of its place in the cache; the last word of the title is its version.
        title: what users read while it is fetched.
        endpoint: coordinates as jgo takes them, with + between.
        megabytes: about how much is fetched.
        progress: told about the fetching.

    Raises:
        StackError: they could not be fetched.
    """
    listing = cache() / f"{part}-{title.rsplit(maxsplit=1)[-1]}.json"
    with _cache_lock(part, progress):
        jars = _listed(listing)
        if jars is None:
            message = f"fetching {title} ({megabytes} MB, once)"
            with _fetching(part, endpoint, _Download(progress, part, message, megabytes * 1_000_000)) as maven:
                builder = _jgo("jgo.env").EnvironmentBuilder(context=maven, cache_dir=cache() / part)
                jars = sorted(builder.from_endpoint(endpoint).all_jars)
            listing.write_text(json.dumps([str(jar) for jar in jars]), encoding="utf-8")
        return jars


def registry_jar(progress: Progress) -> Path:
    """Return the jar that runs Apicurio Registry, after fetching and unpacking it if the cache lacks it.

    Raises:
        StackError: it could not be fetched.
    """
    name = "apicurio-registry-app"
    unpacked = cache() / f"{name}-{REGISTRY_VERSION}"
    jar = unpacked / f"{name}-{REGISTRY_VERSION}-runner.jar"
    with _cache_lock("registry", progress):
        if not jar.is_file():
            endpoint = f"io.apicurio:{name}:{REGISTRY_VERSION}"
            message = f"fetching Apicurio Registry {REGISTRY_VERSION} (109 MB, once)"
            with _fetching("registry", endpoint, _Download(progress, "registry", message, 108_900_000)) as maven:
                component = maven.project("io.apicurio", name).at_version(REGISTRY_VERSION)
                archive = component.artifact(classifier="all", packaging="tar.gz").resolve()
            progress.step("registry", "unpacking", None)
            _unpack(archive, unpacked)
    return jar


class _Download:
    """Turns jgo's reports on files into one fraction for a part, of a size that is known roughly."""

    def __init__(self, progress: Progress, part: str, message: str, expected: int) -> None:
        self._progress = progress
        self._part = part
        self._message = message
        self._expected = expected
        self._received = 0
        self._percent = -1
        self._tell(0)

    @contextmanager
    def file(self, name: str, size: int) -> Iterator[Callable[[int], None]]:
        """Return what jgo calls with the size of each chunk of a file."""
        del name, size
        yield self._tell

    def _tell(self, received: int) -> None:
        self._received += received
        percent = min(99, 100 * self._received // self._expected)
        # A chunk is 8 KiB: one line for each would flood the caller.
        if percent > self._percent:
            self._percent = percent
            self._progress.step(self._part, self._message, percent / 100)


def _cache_lock(part: str, progress: Progress) -> AbstractContextManager[None]:
    return exclusive(
        cache() / f"{part}.lock",
        lambda: progress.step(part, "waiting for another command that fetches it", None),
    )


def _listed(listing: Path) -> list[Path] | None:
    """Return the jars of a listing, None if there is no listing or a jar of it is gone."""
    try:
        jars = [Path(jar) for jar in json.loads(listing.read_text(encoding="utf-8"))]
    except (FileNotFoundError, ValueError):
        return None
    return jars if all(jar.is_file() for jar in jars) else None


def _jgo(module: str) -> Any:
    # Imported here and not above: it takes a quarter of a second, and only the first start on a machine needs it.
    try:
        return importlib.import_module(module)
    except ImportError as missing:
        raise StackError("the package jgo is not installed; run: pip install 'ionics-backbone[local]'") from missing


@contextmanager
def _fetching(part: str, endpoint: str, download: _Download) -> Iterator[Any]:
    """Give jgo's Maven context for a download, and see that one that was broken off is not taken for whole later.

    jgo writes files in place and trusts those it finds, so a marker stands while it works.
    """
    repository = cache() / "maven" / part
    marker = cache() / f"{part}.incomplete"
    if marker.exists():
        _drop_partial(repository)
        shutil.rmtree(cache() / part, ignore_errors=True)
    marker.touch()
    settings = _jgo("jgo.config").GlobalSettings.load()
    remote = {"central": _jgo("jgo.constants").MAVEN_CENTRAL_URL, **settings.repositories}
    maven = _jgo("jgo.maven")
    resolver = maven.PythonResolver(progress_callback=download.file)
    try:
        yield maven.MavenContext(resolver=resolver, repo_cache=repository, remote_repos=remote, timeout=60)
    except Exception as failure:
        reason = " ".join(str(failure).split()) or type(failure).__name__
        raise StackError(
            f"could not fetch {endpoint} into {repository}: {reason[:300]}; check the network, or the repositories in "
            "jgo's settings, and start again"
        ) from failure
    marker.unlink()


def _drop_partial(repository: Path) -> None:
    """Remove what may be half a file. A whole jar is one whose directory, at its end, can be read."""
    for path in repository.rglob("*"):
        if path.is_file() and not (path.suffix == ".jar" and zipfile.is_zipfile(path)):
            path.unlink()


def _unpack(archive: Path, target: Path) -> None:
    # Unpacked beside and renamed, so that a killed command leaves nothing that looks complete.
    beside = target.with_name(f"{target.name}.new")
    shutil.rmtree(beside, ignore_errors=True)
    shutil.rmtree(target, ignore_errors=True)
    try:
        with tarfile.open(archive) as tar:
            tar.extractall(beside, filter="data")
    except (tarfile.TarError, OSError, EOFError) as failure:
        raise StackError(f"{archive} could not be unpacked ({failure}); it was removed, start again") from failure
    finally:
        # Damaged it is of no use, and unpacked it only takes room.
        archive.unlink(missing_ok=True)
    beside.replace(target)

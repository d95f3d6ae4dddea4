"""The parts that come as jars, by package name through jgo: Apache Kafka and Apicurio Registry.

They lie in one cache for all homes: ``$IONICS_CACHE``, else the user's cache directory. Which Maven repository they
come from is jgo's business (its default, or ``[repositories]`` in the user's ``jgo.conf``).
"""

import importlib
import json
import os
import shutil
import tarfile
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
    listing = cache() / f"kafka-{KAFKA_VERSION}.json"
    with _cache_lock("kafka", progress):
        jars = _listed(listing)
        if jars is None:
            progress.step("kafka", f"fetching Apache Kafka {KAFKA_VERSION} (45 MB, once)", None)
            try:
                jars = sorted(_environment_builder().from_endpoint(_KAFKA_ENDPOINT).all_jars)
            except Exception as failure:
                raise StackError(_not_fetched(_KAFKA_ENDPOINT, failure)) from failure
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
            progress.step("registry", f"fetching Apicurio Registry {REGISTRY_VERSION} (once)", None)
            try:
                component = _maven().project("io.apicurio", name).at_version(REGISTRY_VERSION)
                archive = component.artifact(classifier="all", packaging="tar.gz").resolve()
            except Exception as failure:
                raise StackError(_not_fetched(f"io.apicurio:{name}:{REGISTRY_VERSION}", failure)) from failure
            progress.step("registry", "unpacking", None)
            _unpack(archive, unpacked)
    return jar


def _cache_lock(part: str, progress: Progress) -> Any:
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


def _maven() -> Any:
    settings = _jgo("jgo.config").GlobalSettings.load()
    repositories = {"central": _jgo("jgo.constants").MAVEN_CENTRAL_URL, **settings.repositories}
    return _jgo("jgo.maven").MavenContext(repo_cache=cache() / "maven", remote_repos=repositories, timeout=60)


def _environment_builder() -> Any:
    return _jgo("jgo.env").EnvironmentBuilder(context=_maven(), cache_dir=cache() / "jgo")


def _unpack(archive: Path, target: Path) -> None:
    # Unpacked beside and renamed, so that a killed command leaves nothing that looks complete.
    beside = target.with_name(f"{target.name}.new")
    shutil.rmtree(beside, ignore_errors=True)
    shutil.rmtree(target, ignore_errors=True)
    try:
        with tarfile.open(archive) as tar:
            tar.extractall(beside, filter="data")
    except (tarfile.TarError, OSError, EOFError) as damage:
        archive.unlink(missing_ok=True)
        raise StackError(f"{archive} is damaged ({damage}) and was removed; start again to fetch it anew") from damage
    beside.replace(target)


def _not_fetched(endpoint: str, failure: Exception) -> str:
    reason = " ".join(str(failure).split()) or type(failure).__name__
    return f"could not fetch {endpoint} into {cache()}: {reason[:300]}; check the network or jgo's repositories"

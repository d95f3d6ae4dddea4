"""Generations of what is derived from the log: making one from offset zero, going over to it, dropping an old one.

A generation is the code of the stages and the version of the reference data. A new one is filled by the same stages in
groups of their own, beside the one that is read; one act in the directory makes readers and stages go over.
"""

import re
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, replace

import psycopg
from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient
from psycopg import sql

from deploy.access import DEPLOYMENT, apply_access
from deploy.changes import take_step
from deploy.stages import PROJECTING, STREAMING, Projecting, Streaming, generated
from deploy.workers import run_stage
from projections.catalogue_check import check_catalogue
from projections.migrate import drop, migrate, schema_name
from projections.moments import drop_moments
from schemas.directory import read_directory
from schemas.directory.commands import GenerationSet
from schemas.errors import IonicsError, TopologyError
from schemas.keys import SigningKey
from schemas.reading import quiet_logger
from schemas.settings import Settings
from schemas.topics import Topic, create_topics
from stream_processors.match import Model, bind_model, read_model, versions
from stream_processors.runtime.lag import committed, lag

_STAGES = [stage for stage in (*STREAMING, *PROJECTING) if stage.of_generation]
"""Those that fill a generation; the others run for the one that is read alone."""
_ENRICHED = re.compile(r"ionics\.enriched\.g(\d+)")
_ANSWER_S = 30.0
_LOOK_S = 0.3


@dataclass(frozen=True)
class Generation:
    """One generation.

    Attributes:
        read: whether readers use it.
        model: version of the model under which it matches, None where it has none.
    """

    number: int
    read: bool
    model: str | None


def generations(settings: Settings) -> list[Generation]:
    """All generations that have a topic, by number.

    Raises:
        LogError: the log does not answer.
    """
    current = read_directory(settings).generation
    models = versions(settings)
    return [Generation(number, number == current, models.get(number)) for number in _numbers(settings)]


def make_generation(settings: Settings, on_batch: Callable[[int], None], model: Model | None = None) -> int:
    """Fill a new generation with all of the log, and return its number; readers stay where they are.

    Args:
        settings: with the address of the writer.
        on_batch: called with the number of events of each batch, of every stage.
        model: under which it matches; else that of the generation that is read.

    Raises:
        IonicsError: a server cannot be reached or refuses; what was made so far stays, and may be dropped.
    """
    number = max([*_numbers(settings), 0]) + 1
    ours = replace(settings, generation=number)
    admin = AdminClient(settings.as_principal(DEPLOYMENT).client_config(), logger=quiet_logger())
    create_topics(admin, generated(number), settings.replication)
    given = model or read_model(settings, read_directory(settings).generation)
    bind_model(settings.as_principal(DEPLOYMENT), number, given)
    apply_access(settings, read_directory(settings))
    migrate(settings.require("database_url"), number)
    stop, faults = threading.Event(), list[IonicsError]()

    def run(stage: str) -> None:
        try:
            run_stage(ours, stage, stop, on_batch)
        except IonicsError as error:
            faults.append(error)
            stop.set()

    with ExitStack() as stopped:
        threads = [threading.Thread(target=run, args=(stage.name,), name=stage.name) for stage in _STAGES]
        for thread in threads:
            thread.start()
            stopped.callback(thread.join)
        stopped.callback(stop.set)
        while not stop.is_set() and not caught_up(ours):
            time.sleep(_LOOK_S)
    if faults:
        raise faults[0]
    with psycopg.connect(settings.require("database_url")) as connection:
        check_catalogue(connection, number)
    return number


def use_generation(settings: Settings, number: int, key: SigningKey) -> None:
    """Make readers and stages go over to a generation.

    Args:
        settings: where the deployment is.
        number: of a generation that exists.
        key: of an administrator, who signs the act.

    Raises:
        TopologyError: there is no such generation.
        DirectoryError: the key may not sign.
        LogError: the directory cannot be read or written.
    """
    if number not in _numbers(settings):
        raise TopologyError(f"there is no generation {number}; see: ionics generation list")
    take_step(settings, GenerationSet(number=number), key)


def drop_generation(settings: Settings, number: int) -> None:
    """Delete topic and tables of a generation that is not read. The log of truth is not touched.

    Raises:
        TopologyError: it is read, or there is none.
        IonicsError: a server cannot be reached or refuses.
    """
    if number == read_directory(settings).generation:
        raise TopologyError(f"generation {number} is the one that is read: go over to another one first")
    if number not in _numbers(settings):
        raise TopologyError(f"there is no generation {number}; see: ionics generation list")
    drop(settings.require("database_url"), number)
    drop_moments(settings.require("database_url"), number)
    admin = AdminClient(settings.as_principal(DEPLOYMENT).client_config(), logger=quiet_logger())
    try:
        for gone in admin.delete_topics([topic.name for topic in generated(number)]).values():
            gone.result(timeout=_ANSWER_S)
    except KafkaException as error:
        raise TopologyError(f"topics of generation {number} cannot be deleted: {error.args[0].str()}") from error
    apply_access(settings, read_directory(settings))


def _numbers(settings: Settings) -> list[int]:
    admin = AdminClient(settings.as_principal(DEPLOYMENT).client_config(), logger=quiet_logger())
    try:
        names = admin.list_topics(timeout=_ANSWER_S).topics
    except KafkaException as error:
        raise TopologyError(f"the broker does not list its topics: {error.args[0].str()}") from error
    return sorted(int(found[1]) for found in map(_ENRICHED.fullmatch, names) if found)


def caught_up(settings: Settings) -> bool:
    """Whether each stage of the generation has read all of its inputs; those before it in the catalogue come first."""
    return all(
        lag(settings, topic, _position(settings, stage, topic)).fresh
        for stage in _STAGES
        for topic in stage.inputs(settings.generation)
    )


def _position(settings: Settings, stage: Streaming | Projecting, topic: Topic) -> dict[int, int]:
    if isinstance(stage, Streaming):
        return committed(settings, stage.group(settings.generation), topic)
    return _projected(settings, topic.name)


def _projected(settings: Settings, topic: str) -> dict[int, int]:
    table = sql.Identifier(schema_name(settings.generation), "positions")
    with psycopg.connect(settings.require("database_url")) as connection:
        return dict(
            connection.execute(sql.SQL("SELECT partition, next FROM {} WHERE topic = %s").format(table), [topic])
        )

"""The stages as processes, and a supervisor that keeps one process a stage."""

import logging
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial
from pathlib import Path

from deploy.generation_watch import until_generation_moves
from deploy.stages import STAGES, Reacting, Streaming, Surroundings
from schemas.directory import at_generation
from schemas.errors import IonicsError, LogError
from schemas.settings import Settings
from stream_processors.reference import Reference
from stream_processors.runtime import KafkaLog, KafkaTopic, Worker

_logger = logging.getLogger(__name__)


def run_stage(
    settings: Settings,
    name: str,
    stop: threading.Event,
    on_batch: Callable[[int], None] | None = None,
    instance: str = "0",
) -> None:
    """Run one stage until `stop` is set, as the principal of its name.

    Args:
        settings: where the deployment is.
        name: of the stage.
        stop: ends it after the batch in hand.
        on_batch: called after each committed batch with its size.
        instance: stable name among the workers that share the partitions of the stage; only a shared stage has more
            than one.

    Raises:
        IonicsError: a server cannot be reached, or fails in a way that a new start does not mend.
    """
    settings, stage = at_generation(settings.as_principal(name)), STAGES[name]
    if isinstance(stage, Reacting):
        stage.build(settings, instance, on_batch).run(stop)
        return
    if not isinstance(stage, Streaming):
        stage.build(settings, on_batch).run(stop)
        return
    built = stage.build(surroundings(settings))
    first, *others = (topic.name for topic in stage.inputs(settings.generation))
    log = KafkaLog(settings, stage.group(settings.generation), first, instance, others)
    Worker(log, built, stage.batch, on_batch).run(stop)


def surroundings(settings: Settings) -> Surroundings:
    """What stages are built from on servers.

    Args:
        settings: of the stage's principal, with a generation.
    """
    return Surroundings(settings.require("deployment"), settings.generation, partial(KafkaTopic, settings), _reference)


def _reference() -> Reference:
    reference = Reference.load()
    reference.place("Graz", "AUT")  # the gazetteer loads at its first question; not in the middle of a batch
    return reference


def keep_running(settings: Settings, name: str, stop: threading.Event, instance: str = "0") -> None:
    """Run one stage, and start it anew after a failure, waiting longer each time up to half a minute.

    Where the settings name no generation, it goes over to another one when the directory does.
    """
    pause, worked = 0.5, threading.Event()
    while not stop.is_set():
        worked.clear()
        try:
            if STAGES[name].of_generation:
                with until_generation_moves(settings.as_principal(name), stop) as (generation, moved):
                    run_stage(replace(settings, generation=generation), name, moved, lambda _: worked.set(), instance)
            else:
                run_stage(settings, name, stop, lambda _: worked.set(), instance)
        except (IonicsError, OSError) as error:
            _logger.warning("%s stopped, starts again in %.1f s: %s", name, pause, error)
            pause = 0.5 if worked.is_set() else min(30.0, 2 * pause)
            stop.wait(pause)


class Workers:
    """One process a stage, started and watched by this process."""

    def __init__(self, settings: Settings, stages: Iterable[str] = STAGES) -> None:
        self._settings = settings
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._stages = tuple(stages)

    def start(self) -> None:
        """Start the stages that do not run."""
        for stage in self._stages:
            process = self._processes.get(stage)
            if process is None or process.poll() is not None:
                self._processes[stage] = spawn_stage(self._settings.home, stage)

    def run(self, stop: threading.Event) -> None:
        """Keep all stages running until `stop` is set, then let each finish its batch."""
        try:
            while not stop.wait(0.5):
                self.start()
        finally:
            self.stop()

    def process(self, stage: str) -> subprocess.Popen[bytes]:
        """The process of a stage.

        Raises:
            LogError: it was not started.
        """
        if stage not in self._processes:
            raise LogError(f"stage {stage} was not started")
        return self._processes[stage]

    def stop(self, timeout_s: float = 30.0) -> None:
        """Ask all to finish, and end those that do not."""
        for process in self._processes.values():
            process.terminate()
        for process in self._processes.values():
            try:
                process.wait(timeout_s)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self._processes.clear()


def spawn_stage(home: Path, stage: str, instance: str = "0") -> subprocess.Popen[bytes]:
    """One stage as a process of its own, logging into the home directory."""
    logs = home / "logs"
    logs.mkdir(parents=True, exist_ok=True)
    environment = {**os.environ, "IONICS_HOME": str(home), "POLARS_MAX_THREADS": "1"}
    name = stage if instance == "0" else f"{stage}-{instance}"
    with (logs / f"{name}.log").open("ab") as out:
        return subprocess.Popen(
            [sys.executable, "-m", "ionics", "worker", "--stage", stage, "--instance", instance],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            env=environment,
        )

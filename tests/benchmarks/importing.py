"""The import of the seizure file end to end, signing on, and where its CPU time goes."""

import time
from collections.abc import Iterator
from pathlib import Path

import psutil

from deploy.stages import STAGES
from deploy.workers import Workers
from schemas.settings import Settings
from tests.journeys.journey import eventually, finished, incidents_in_views, start_import


def measure_import(settings: Settings, workers: Workers, ids_file: Path) -> Iterator[str]:
    """Lines: incidents a second from the start of the command to the last row in PostgreSQL, and CPU by process."""
    eventually("stages hold their partitions", lambda: incidents_in_views(settings) == 0)
    before = _cpu(workers)
    begun = time.perf_counter()
    importing = start_import(settings, ids_file)
    client = psutil.Process(importing.pid)
    spent = 0.0
    while importing.poll() is None:
        try:
            spent = sum(client.cpu_times()[:2])
        except psutil.Error:
            break
        time.sleep(0.05)  # sampling: the process's CPU time is gone with it
    report = finished(importing)
    incidents = report["incidents"]
    eventually("all incidents in the views", lambda: incidents_in_views(settings) >= incidents)
    seconds = time.perf_counter() - begun
    yield f"import, end to end: {incidents} incidents in {seconds:.1f} s = {incidents / seconds:,.0f} incidents/s"
    used = {name: now - before.get(name, 0.0) for name, now in _cpu(workers).items()} | {"import command": spent}
    total = sum(used.values())
    yield f"  CPU {total:.1f} s of {seconds * (psutil.cpu_count() or 1):.1f} s there were; µs an incident and share:"
    for name, cpu in sorted(used.items(), key=lambda entry: -entry[1]):
        yield f"    {name:<15} {cpu / incidents * 1e6:6.0f} µs  {cpu / total:5.1%}"


def _cpu(workers: Workers) -> dict[str, float]:
    """CPU seconds so far, by part."""
    found = {stage: _of(psutil.Process(workers.process(stage).pid)) for stage in STAGES}
    for process in psutil.process_iter(["name", "cmdline"]):
        command = " ".join(process.info["cmdline"] or ())
        name = "kafka" if "kafka.Kafka" in command else "registry" if "apicurio" in command else None
        if (process.info["name"] or "").startswith("postgres"):
            name = "postgresql"
        if name:
            found[name] = found.get(name, 0.0) + _of(process)
    return found


def _of(process: psutil.Process) -> float:
    try:
        return float(sum(process.cpu_times()[:2]))
    except psutil.Error:
        return 0.0

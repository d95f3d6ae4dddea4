"""The command line on servers that somebody else runs: named by settings, prepared, used, and left running."""

import json
import os
import shlex
import subprocess
import sys
from pathlib import Path

from tests.integration.test_readme import COMMANDS as README_COMMANDS
from tests.running import Running

_NAMES = ("deployment", "bootstrap", "registry_url", "database_url", "reader_url")
_BY_ENVIRONMENT = ("deployment", "bootstrap", "reader_url")


def _ionics(home: Path, named: dict[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("IONICS_")}
    return subprocess.run(
        [sys.executable, "-m", "ionics", *words],
        env={**inherited, "IONICS_HOME": str(home), **named},
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )


def test_up_prepares_a_cluster_that_exists(fresh: Running, tmp_path: Path) -> None:
    """From `up` to the analyst's view and `down`, which stops the stages and leaves the servers alone."""
    values = {name: str(getattr(fresh.settings, name)) for name in _NAMES}
    named = {f"IONICS_{name.upper()}": values[name] for name in _BY_ENVIRONMENT}
    in_file = {name: value for name, value in values.items() if name not in _BY_ENVIRONMENT}
    (tmp_path / "ionics.toml").write_text("".join(f'{n} = "{v}"\n' for n, v in in_file.items()), "utf-8")
    for key in (fresh.settings.home / "keys").iterdir():  # the administrators of this deployment bring their keys
        (tmp_path / "keys").mkdir(exist_ok=True)
        (tmp_path / "keys" / key.name).write_bytes(key.read_bytes())
        (tmp_path / "keys" / key.name).chmod(0o600)

    up = _ionics(tmp_path, named, "up")
    try:
        assert (up.returncode, up.stderr) == (0, "")
        assert not (tmp_path / "stack").exists()
        for line in README_COMMANDS:
            if line.startswith(("ionics agency", "ionics report")):
                done = _ionics(tmp_path, named, *shlex.split(line)[1:], "--json")
                assert done.returncode == 0, done.stderr
        reported = json.loads(done.stdout)
        status = json.loads(_ionics(tmp_path, named, "status", "--json").stdout)
        assert status["deployment"] == fresh.settings.deployment
        for _ in range(60):
            seen = _ionics(tmp_path, named, "incident", reported["incident_id"], "--json")
            if seen.returncode == 0:
                break
        assert json.loads(seen.stdout)["items"][0]["substance_text"] == "methamphetamine"
    finally:
        down = _ionics(tmp_path, named, "down")
    assert (down.returncode, down.stderr) == (0, "")
    assert _ionics(tmp_path, named, "status", "--json").returncode == 0

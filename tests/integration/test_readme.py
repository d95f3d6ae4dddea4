"""What the README shows is true: its Python runs, its commands exist."""

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import cast

import click
import pytest

from cli.main import cli
from schemas.settings import Settings
from tests.integration.exchange import stages

README = (Path(__file__).parents[2] / "README.md").read_text("utf-8")
PYTHON = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
COMMANDS = [
    part.strip()
    for line in re.findall(r"^    (ionics .*)$", README, re.MULTILINE)
    for part in line.split("  #")[0].split(";  ")[0].split("; ")
    if part.strip().startswith("ionics")
]


@pytest.mark.parametrize("block", PYTHON, ids=range(len(PYTHON)))
def test_the_python_runs(settings: Settings, make_agency: Callable[..., str], block: str) -> None:
    """Against a deployment with the agency that it names."""
    make_agency("nzl-customs")
    environment = {**os.environ, "IONICS_HOME": str(settings.home)}
    with stages(settings, "admit", "enrich"):
        done = subprocess.run(
            [sys.executable, "-c", block], env=environment, capture_output=True, text=True, timeout=120, check=False
        )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("ACCEPTED")


@pytest.mark.parametrize("line", COMMANDS)
def test_the_command_and_its_options_exist(line: str) -> None:
    """Every word is a command, an option of it, or an argument."""
    assert COMMANDS
    words, command = shlex.split(line)[1:], cast("click.Command", cli)
    while isinstance(command, click.Group) and (words or not command.invoke_without_command):
        found = command.get_command(click.Context(command), words.pop(0))
        assert found is not None
        command = found
    options = {name for parameter in command.params for name in parameter.opts}
    assert {word for word in words if word.startswith("--")} <= options

"""All tests, as `make test` runs them: pure code beside two lanes of tests on real servers, which often wait."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

_PURE = ["unit", "simulation"]
_LONG = ["journeys", "adversary"]
"""Begun first, so that no lane ends long before the other one."""
_LANES = ["--numprocesses=2", "--dist=loadfile", "--no-loadscope-reorder", "--durations=15"]
"""Each with servers of its own; the tests of one file stay together."""
_LONGEST_S = 120.0  # more than the pure part may take after the others: it hangs


def main() -> int:
    """Run both parts; the output of the pure one, which ends before, comes after that of the other one."""
    pytest = [sys.executable, "-m", "pytest", *sys.argv[1:]]
    named = {each.name for each in Path("tests").iterdir() if each.is_dir() and not each.name.startswith("_")}
    on_servers = _folders([*_LONG, *sorted(named.difference(_PURE, _LONG))])
    with tempfile.TemporaryFile() as said:
        environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
        beside = subprocess.Popen([*pytest, *_folders(_PURE)], stdout=said, stderr=subprocess.STDOUT, env=environment)
        try:
            first = subprocess.run([*pytest, *_LANES, *on_servers], check=False).returncode
            second = beside.wait(_LONGEST_S)
        except subprocess.TimeoutExpired:
            second = 1
        finally:
            beside.kill()
            beside.wait()
        said.seek(0)
        sys.stdout.buffer.write(said.read())
    return first or second


def _folders(names: list[str]) -> list[str]:
    return [f"tests/{name}" for name in names]


if __name__ == "__main__":
    sys.exit(main())

"""All tests, as `make test` runs them: in two halves side by side, since those of real servers leave a core idle."""

import os
import subprocess
import sys
import tempfile

_ONE = ["tests/unit", "tests/simulation", "tests/adversary", "tests/journeys", "tests/kept_logs"]
_THE_OTHER = ["tests", *(f"--ignore={folder}" for folder in _ONE)]
_LONGEST_S = 900.0  # more than one half may take after the other one: it hangs


def main() -> int:
    """Run both halves, each with servers of its own; what one of them says comes after what the other one says."""
    pytest = [sys.executable, "-m", "pytest", *sys.argv[1:]]
    with tempfile.TemporaryFile() as said:
        environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
        beside = subprocess.Popen([*pytest, *_ONE], stdout=said, stderr=subprocess.STDOUT, env=environment)
        try:
            first = subprocess.run([*pytest, *_THE_OTHER], check=False).returncode
            second = beside.wait(_LONGEST_S)
        except subprocess.TimeoutExpired:
            second = 1
        finally:
            beside.kill()
            beside.wait()
        said.seek(0)
        sys.stdout.buffer.write(said.read())
    return first or second


if __name__ == "__main__":
    sys.exit(main())

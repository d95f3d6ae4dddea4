"""All tests, as `make test` runs them: those of pure code beside those of real servers, which leave a core idle."""

import os
import subprocess
import sys
import tempfile

_PURE = ["tests/unit", "tests/simulation"]
_THE_OTHERS = ["tests", *(f"--ignore={folder}" for folder in _PURE)]
_LONGEST_S = 120.0  # more than the pure half may take after the other one: it hangs


def main() -> int:
    """Run both halves; the output of the pure half, which ends long before, comes after that of the other one."""
    pytest = [sys.executable, "-m", "pytest", *sys.argv[1:]]
    with tempfile.TemporaryFile() as said:
        environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
        beside = subprocess.Popen([*pytest, *_PURE], stdout=said, stderr=subprocess.STDOUT, env=environment)
        try:
            first = subprocess.run([*pytest, *_THE_OTHERS], check=False).returncode
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

"""`python -m tests.kept_logs`: write the log of this version, once and for all."""

import sys
from datetime import UTC, datetime
from pathlib import Path

import orjson

from producers.version import SDK_VERSION
from projections.evidence.exporting import export
from tests.kept_logs.expecting import expected
from tests.kept_logs.making import history

place = Path(__file__).parent / SDK_VERSION
if place.exists():
    sys.exit(f"{place} is kept as it is: a log of another version goes beside it")
made = history()
export(made, place, datetime(2026, 11, 26, tzinfo=UTC), lambda _: None, lambda *_: None)
facts = orjson.dumps(expected(made), option=orjson.OPT_SORT_KEYS)
(place / "expected.json").write_bytes(facts + b"\n")
sys.stdout.write(f"{place}: {sum(path.stat().st_size for path in place.iterdir()):,} bytes\n")

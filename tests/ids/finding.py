"""Where the UNODC IDS file is: `IONICS_IDS_FILE`, else in ``../shared/data`` beside the checkout."""

import os
from pathlib import Path

BESIDE = Path(__file__).parents[3] / "shared" / "data" / "ids_dev.csv.gz"
"""Where it is looked for if the environment names no other place."""


def ids_file() -> Path | None:
    """The file, or None where it is absent."""
    path = Path(os.environ.get("IONICS_IDS_FILE") or BESIDE)
    return path if path.exists() else None

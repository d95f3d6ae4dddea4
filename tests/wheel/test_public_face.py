"""The installed distribution: its public names, its data files, its command. Runs outside the checkout too."""

import subprocess
import sys
from importlib.resources import files

import ionics
from schemas.codec import codec
from schemas.codes import codes
from stream_processors.reference import Reference


def test_the_public_names_are_sorted_and_present() -> None:
    """`__all__` is exactly the public names, in order."""
    assert ionics.__all__ == sorted(ionics.__all__)
    public = {name for name in vars(ionics) if not name.startswith("_")}
    assert set(ionics.__all__) == public


def test_the_data_files_are_installed() -> None:
    """Schemas, code lists, reference data and migrations come with the wheel."""
    assert codec("enriched").schema["name"] == "ionics.EnrichedIncident"
    assert "SEIZURE" in codes("incident_type")
    assert Reference.load().substance("Fentanyl").how == "exact"
    for package in ("projections", "projections.deliveries"):
        assert any(each.name.endswith(".sql") for each in (files(package) / "migrations").iterdir())


def test_the_command_answers() -> None:
    """`python -m ionics` is the command line."""
    done = subprocess.run([sys.executable, "-m", "ionics", "--version"], capture_output=True, text=True, check=True)
    assert "0.1.0" in done.stdout

"""A producer that is to go over HTTPS, without any API to reach."""

from pathlib import Path
from typing import Any

import pytest

from producers import IncidentProducer
from schemas.errors import LogError, SettingsError
from schemas.keys import SigningKey
from schemas.settings import Settings

CONTENT: dict[str, Any] = {
    "incident_type": "DIVERSION",
    "occurred_on": "2025-03-04",
    "location": {"country": "DEU"},
    "items": [{"substance_text": "Isotonitazene"}],
    "audience": ["COMMUNITY"],
    "tlp": "GREEN",
}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A home with a key and a deployment, but no address."""
    SigningKey.generate().save(tmp_path / "keys" / "customs.key")
    return Settings(home=tmp_path, deployment="dev-unit")


@pytest.mark.parametrize("url", ["http://api.example.org", "ftp://127.0.0.1", "api.example.org"])
def test_a_token_is_not_sent_in_the_clear(settings: Settings, url: str) -> None:
    """Only https, except on this machine."""
    with pytest.raises(SettingsError, match="in the clear"):
        IncidentProducer("customs", settings=settings, token=lambda: "t", api_url=url)


def test_a_token_needs_an_address(settings: Settings) -> None:
    """Of the argument, else of the settings."""
    with pytest.raises(SettingsError, match="api_url is not set"):
        IncidentProducer("customs", settings=settings, token=lambda: "t")


def test_without_a_token_it_stays(settings: Settings, tmp_path: Path) -> None:
    """A missing token file, or a function that fails, is a reason to try later; the report is kept."""

    def failing() -> str:
        raise RuntimeError("the provider is away")

    for number, token in enumerate((tmp_path / "none", failing), 1):
        with IncidentProducer("customs", settings=settings, token=token, api_url="http://127.0.0.1:9") as producer:
            producer.report(CONTENT)
            result = producer.flush(2)
            assert result.remaining == number
            assert isinstance(result.error, LogError)
            assert "no token for the API" in str(result.error)

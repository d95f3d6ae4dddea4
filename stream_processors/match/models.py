"""Which model a generation matches under: the last entry for it in `ionics.models`, made with the generation.

A generation keeps its model for good, so its links mean one thing, and any of them can be made again; another model is
another generation.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from schemas.codec import FRAME_BYTES, codec
from schemas.errors import ContractError, ModelError
from schemas.reading import Record, read_topic
from schemas.settings import Settings
from schemas.topics import MODELS
from schemas.writing import publish_as
from stream_processors.match.model import Model


def model_of(records: Iterable[Record], generation: int) -> Model | None:
    """The model of a generation, None where it has none.

    Raises:
        ModelError: the entry holds no model, or this version of the program reads it as another one.
    """
    found: dict[str, Any] | None = None
    for entry in _entries(records):
        found = entry if entry["generation"] == generation else found
    if found is None:
        return None
    model = Model.of_json(found["model"].encode())
    if model.version != found["version"]:
        raise ModelError(
            f"{MODELS.name}: the model of generation {generation} was {found['version']} and is read as "
            f"{model.version}: run the version of the program that made it, or make a generation with this one"
        )
    return model


def _entries(records: Iterable[Record]) -> Iterator[dict[str, Any]]:
    for record in records:
        try:
            yield codec("model_entry").decode((record.value or b"")[FRAME_BYTES:])
        except ContractError:
            continue


def find_model(settings: Settings, generation: int) -> Model | None:
    """The model of a generation, None where it has none.

    Raises:
        ModelError: as `model_of`.
        LogError: the topic cannot be read.
    """
    return model_of(read_topic(settings, MODELS.name), generation)


def read_model(settings: Settings, generation: int) -> Model:
    """The model of a generation.

    Raises:
        ModelError: it has none, or as `model_of`.
        LogError: the topic cannot be read.
    """
    found = find_model(settings, generation)
    if found is None:
        raise ModelError(f"generation {generation} has no model in {MODELS.name}; run: ionics up")
    return found


def load_model(file: Path) -> Model:
    """The model of a file.

    Raises:
        ModelError: it cannot be read, or holds no model.
    """
    try:
        text = file.read_bytes()
    except OSError as error:
        raise ModelError(f"{file}: {error.strerror}; `ionics match train` writes a model") from error
    try:
        return Model.of_json(text)
    except ModelError as error:
        raise ModelError(f"{file}: {error}") from error


def versions(settings: Settings) -> dict[int, str]:
    """Generation → version of its model, for all that have one.

    Raises:
        LogError: the topic cannot be read.
    """
    return {entry["generation"]: entry["version"] for entry in _entries(read_topic(settings, MODELS.name))}


def bind_model(settings: Settings, generation: int, model: Model) -> None:
    """Give a new generation its model.

    Raises:
        LogError: the topic cannot be written.
    """
    entry = {"generation": generation, "version": model.version, "model": model.to_json().decode()}
    record = (str(generation).encode(), codec("model_entry").encode(entry))
    publish_as("model_entry", settings, MODELS.name, [record])

"""A model's file and entry: what is wrong with one is said in one line, and a generation's last entry holds."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest

from schemas.codec import codec, frame
from schemas.errors import ModelError
from schemas.reading import Record
from schemas.topics import MODELS
from stream_processors.match import Model, load_model, model_of, shipped_model
from stream_processors.match.keys import KINDS

_OTHER = shipped_model().model_copy(update={"name": "another one"})


def _record(generation: int, model: Model, version: str | None = None) -> Record:
    entry = {"generation": generation, "version": version or model.version, "model": model.to_json().decode()}
    value = frame(1) + codec("model_entry").encode(entry)
    return Record(MODELS.name, 0, 0, 0, str(generation).encode(), value, ())


def test_the_last_entry_of_a_generation_holds() -> None:
    """One that was dropped and made again has the model that it was made with last; others do not matter."""
    records = [
        _record(1, shipped_model()),
        _record(2, shipped_model()),
        _record(2, _OTHER),
        _record(1, shipped_model()),
    ]

    found = model_of(records, 2)

    assert found is not None
    assert found.version == _OTHER.version
    assert model_of(records, 3) is None


def test_what_is_no_entry_is_passed_over() -> None:
    """Nobody is kept from the model by a record that does not decode."""
    broken = Record(MODELS.name, 0, 1, 0, b"2", b"\x00nonsense", ())
    found = model_of([_record(2, _OTHER), broken], 2)

    assert found is not None
    assert found.version == _OTHER.version


def test_a_model_that_this_version_reads_as_another_one_is_refused() -> None:
    """Links would mean another thing than the generation says."""
    with pytest.raises(
        ModelError, match=r"generation 2 was 0123456789abcdef and is read as [0-9a-f]{16}: run the version"
    ):
        model_of([_record(2, _OTHER, "0123456789abcdef")], 2)


def _without_level(told: dict[str, Any]) -> None:
    del told["strata"]["same_agency"]["weights"]["date"]["apart"]


def _unordered(told: dict[str, Any]) -> None:
    told["thresholds"]["duplicate_review"]["same_agency"] = 999_999


def _without_relation(told: dict[str, Any]) -> None:
    del told["strata"]["shared_name"]


def _without_surprise(told: dict[str, Any]) -> None:
    del told["surprise"]["modus"]


def _heavy(told: dict[str, Any]) -> None:
    told["strata"]["other_agency"]["weights"]["date"]["apart"] = -70_000


@pytest.mark.parametrize(
    ("spoilt", "said"),
    [
        (_without_level, "strata.same_agency.weights.date lacks apart"),
        (_unordered, "thresholds: Value error, review must not begin above linked"),
        (_without_relation, "strata lacks shared_name"),
        (_without_surprise, "surprise lacks modus"),
        (_heavy, "strata.other_agency.weights.date.apart: Input should be greater than or equal to -60000"),
    ],
)
def test_what_is_wrong_with_a_file_is_said_in_one_line(
    spoilt: Callable[[dict[str, Any]], None], said: str, tmp_path: Path
) -> None:
    """With the file, the place, and what to do."""
    told = orjson.loads(shipped_model().to_json())
    spoilt(told)
    file = tmp_path / "model.json"
    file.write_bytes(orjson.dumps(told))

    with pytest.raises(ModelError) as caught:
        load_model(file)

    message = str(caught.value)
    assert message.startswith(f"{file}: ")
    assert said in message
    assert "ionics match train" in message
    assert "\n" not in message


def test_a_file_that_is_not_there_or_no_json_is_said(tmp_path: Path) -> None:
    """The same way."""
    with pytest.raises(ModelError, match="No such file"):
        load_model(tmp_path / "none.json")
    (tmp_path / "text").write_text("nonsense")
    with pytest.raises(ModelError, match="Invalid JSON"):
        load_model(tmp_path / "text")


def test_a_version_is_of_what_a_model_says() -> None:
    """Another weight is another version."""
    told = orjson.loads(shipped_model().to_json())
    told["strata"]["other_agency"]["weights"]["date"]["apart"] += 1

    assert Model.of_json(orjson.dumps(told)).version != shipped_model().version
    assert Model.of_json(shipped_model().to_json()).version == shipped_model().version


_FIRST = "36da50950fd0c9d7"
"""Version of the model that was shipped before limits of kinds and calibration."""


def _first() -> dict[str, Any]:
    told: dict[str, Any] = orjson.loads(shipped_model().to_json())
    del told["kind_limits"], told["calibration"]
    told["thresholds"] |= {
        "duplicate_linked": {"other_agency": 933_000, "same_agency": 999_200, "shared_name": 999_999},
        "duplicate_review": {"other_agency": 2_000, "same_agency": 50_000, "shared_name": 50_000},
    }
    return told


def test_a_model_that_was_made_before_keeps_its_version() -> None:
    """What it does not say is no part of it."""
    assert Model.of_json(orjson.dumps(_first())).version == _FIRST
    for each in ({"kind_limits": {"vessel": 7}}, {"calibration": {"other_agency": {"slope": 500}}}):
        assert Model.of_json(orjson.dumps(_first() | each)).version != _FIRST


def test_a_kind_of_keys_may_close_sooner() -> None:
    """The others close where all do; a kind that is none is refused."""
    told = _first()
    limited = Model.of_json(orjson.dumps({**told, "kind_limits": {"vessel": 7}}))
    limits = dict(zip(KINDS, limited.key_limits().tolist(), strict=True))
    assert (limits["vessel"], limits["company"]) == (7, limited.key_limit)
    with pytest.raises(ModelError, match="kind_limits names moon"):
        Model.of_json(orjson.dumps({**told, "kind_limits": {"moon": 7}}))


def test_a_sum_is_the_probability_that_its_relation_makes_of_it() -> None:
    """As it is where no calibration is given; a threshold is the least sum that reaches it."""
    model = Model.of_json(orjson.dumps(_first() | {"calibration": {"same_agency": {"slope": 500, "offset": -1_000}}}))
    assert model.probability_ppm("other_agency", 1_000) == 666_667
    assert model.probability_ppm("same_agency", 4_000) == 666_667
    for relation in ("other_agency", "same_agency"):
        least = model.least(relation, 900_000)
        assert model.probability_ppm(relation, least) >= 900_000 > model.probability_ppm(relation, least - 2)
    assert model.probability_ppm("same_agency", model.least("same_agency", 1_000_000)) == 1_000_000
    assert model.probability_ppm("other_agency", -2_000_000) == 0
    with pytest.raises(ModelError, match="calibration names stranger"):
        Model.of_json(orjson.dumps(_first() | {"calibration": {"stranger": {}}}))


def test_a_copy_has_a_version_of_its_own() -> None:
    """Though that of what it was copied from was asked for."""
    first = shipped_model()
    assert first.version != first.model_copy(update={"key_limit": 49}).version

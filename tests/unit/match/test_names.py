"""What a shared name is worth: alone a look, with a substance of one season a link, and nothing where many carry it."""

from datetime import date
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.match.worlds import NARROW, Said, run, value

_COUNTRIES = ("New Zealand", "Brazil", "Kenya", "Norway", "Japan", "Chile")
_COMPANY = [{"kind": "COMPANY", "role": "SENDER", "name": "Ostrava Trading"}]


def _body(number: int, **stated: Any) -> dict[str, Any]:
    """Incidents that agree in a company alone, and meet under nothing else."""
    return {
        "entities": _COMPANY,
        "location": {"country_text": _COUNTRIES[number % len(_COUNTRIES)], "place_text": f"Quay {number}"},
        "items": [{"substance_text": "fentanyl", "amount_text": f"{number + 1}.{number}7", "unit_text": "kg"}],
        "occurred_on": date(2024, 3, 4),
    } | stated


def _said(*bodies: dict[str, Any]) -> Said:
    return run([([value(number, **body) for number, body in enumerate(bodies)], [])])[1]


_MODES = ("SEA", "AIR", "ROAD")
_OTHER = [{"substance_text": "heroin", "amount_text": "2.17", "unit_text": "kg"}]


@pytest.mark.parametrize(
    ("stated", "outcome"),
    [
        ({}, "LINKED"),
        ({"items": _OTHER}, "REVIEW"),
        ({"occurred_on": date(2024, 9, 1)}, "LINKED"),
        ({"occurred_on": date(2024, 9, 3)}, "REVIEW"),
    ],
)
def test_a_name_alone_is_for_a_person_to_look_at(stated: dict[str, Any], outcome: str) -> None:
    """It links two incidents of one substance within half a year."""
    [link] = _said(_body(0), _body(1, **stated)).links.values()
    assert (link["kind"], link["outcome"]) == ("SAME_NETWORK", outcome)


def _same_month(number: int) -> dict[str, Any]:
    """As `_body`, of one country and month, so that they meet under another key, too; and of days far apart."""
    place = {"country_text": "Brazil", "place_text": ("Santos", "Manaus", "Recife")[number % 3]}
    return _body(
        number, location=place, occurred_on=date(2024, 3, 2 + number * 9 % 28), transport_mode=_MODES[number % 3]
    )


def test_what_rests_on_a_name_counts_only_while_the_keys_of_names_are_open() -> None:
    """Two that meet otherwise, and share a name that too many carry, are not linked by it until fewer do."""
    near = NARROW.key_limit
    many = [value(number, **_body(number, occurred_on=date(2020, 1, number))) for number in range(1, near + 1)]
    pair = [value(20, **_same_month(1)), value(21, **_same_month(2))]
    gone = [value(n, 2, "WITHDRAWN", **_body(n, occurred_on=date(2020, 1, n))) for n in range(2, near + 1)]
    _, alone = run([(pair, [])])
    [expected] = alone.counting().items()
    assert expected[1]["kind"] == "SAME_NETWORK"

    _, crowded = run([(many, []), (pair, [])])
    _, opened = run([(many, []), (pair, []), (gone, [])])

    assert expected[0] not in crowded.links
    assert opened.counting()[expected[0]] == expected[1]


@given(st.integers(0, 2**32))
@settings(max_examples=15)
def test_names_that_close_and_open_end_in_the_same_links_in_any_order(seed: int) -> None:
    """Whatever else the incidents share."""
    random = Random(seed)  # noqa: S311  # test data, not a secret
    values = [value(number, **random.choice((_body, _same_month))(number)) for number in range(6)]
    withdrawn = [(value(n, 2, "WITHDRAWN", **_body(n))) for n in random.sample(range(6), 3)]
    _, expected = run([(values + withdrawn, [])])
    mixed = random.sample(values, 6)
    cut = random.randrange(7)

    _, said = run([(mixed[:cut], []), (mixed[cut:], []), *(([each], []) for each in withdrawn)])

    assert expected.counting() == said.counting()

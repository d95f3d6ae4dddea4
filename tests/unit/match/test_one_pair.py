"""What is said of a pair depends on its two incidents alone, byte for byte."""

from random import Random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from stream_processors.match.model import shipped_model
from tests.unit.match.worlds import NARROW, Pair, run, value

_WIDE = NARROW.model_copy(update={"key_limit": 1_000, "kind_limits": {}})
_FREQUENT = sorted(shipped_model().surprise["place"].values)[:2]
_NAMES = ("Blue Crown", "Red Crown", "Green Crown")
_SUBSTANCES = ("fentanyl", "heroin", "cocaine")
_OUNCE = (("1", "oz"), ("28.349523", "g"), ("28.35", "g"))


def _body(random: Random) -> dict[str, Any]:
    amounts = random.sample(_OUNCE, 2)
    substances = random.sample(_SUBSTANCES, 2)
    place = random.choice(_FREQUENT)
    return {
        "location": {"country_text": "New Zealand", "place_text": random.choice((place, f"{place} harbour"))},
        "items": [
            {"substance_text": substance, "amount_text": amount, "unit_text": unit}
            for substance, (amount, unit) in zip(substances, amounts, strict=True)
        ],
        "concealment": [{"packaging_mark": name} for name in random.sample(_NAMES, 2)],
    }


@given(st.integers(0, 2**32))
@settings(max_examples=10)
def test_a_link_is_the_same_whichever_came_first_and_whatever_came_before(seed: int) -> None:
    """Names alike and not equal, several names and substances in common, one amount in two units. Reasons add up."""
    random = Random(seed)  # noqa: S311  # test data, not a secret
    values = [value(number, **_body(random)) for number in range(5)]
    expected: dict[Pair, dict[str, Any]] = {}
    for order in (values, values[::-1], random.sample(values, len(values))):
        _, said = run([([each], []) for each in order], _WIDE)

        expected = expected or said.links
        assert len(expected) == 10
        assert expected == said.links
    for link in expected.values():
        weights = [reason["weight_mbit"] for reason in link["reasons"]]
        assert _WIDE.prior + sum(weights) == link["duplicate_mbit"]

"""The model: what each agreement and disagreement is worth, and how surprising each shared value is.

After Fellegi and Sunter (*A theory for record linkage*, JASA 64, 1969) with the frequency adjustment of Winkler (1989):
a level of agreement is worth log2(m / u), where m is how often one seizure reported twice shows it, and u how often two
others do; where the level depends on a common value, u is the frequency of that value. What others agree in anyway is
not the same for two agencies, for one, and for a network that shares names and marks: each relation has weights of its
own. All weights are whole numbers of thousandths of a bit, so that every machine comes to the same sum. A model is
never changed: its version is a hash of what it says.
"""

import hashlib
import math
from collections.abc import Mapping
from functools import cache, cached_property
from importlib.resources import files
from typing import Annotated, Any, Self

import numpy as np
import numpy.typing as npt
import orjson
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from schemas.errors import ModelError
from schemas.identity import canonical_json
from stream_processors.match.keys import KINDS
from stream_processors.match.levels import FREQUENT, LEVELS, STRATA, UNSTATED

Mbit = Annotated[int, Field(ge=-60_000, le=60_000)]
Ppm = Annotated[int, Field(ge=0, le=1_000_000)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Surprise(_Part):
    """How surprising the values of a field are: -log2 of the frequency of each.

    Attributes:
        values: of values that at least five community incidents have; of places within their country.
        unseen: of any other value.
        by_digits: of other amounts, by the number of their significant digits, from 1 on.
    """

    values: Mapping[str, Mbit] = Field(default_factory=dict)
    unseen: Mbit
    by_digits: tuple[Mbit, ...] = ()


class Calibration(_Part):
    """From the sum of the weights to odds that hold: what agrees in one field agrees in others, too, and counts twice.

    A straight line through the log odds, after Platt (*Probabilistic outputs for support vector machines*, 1999).

    Attributes:
        slope: thousandths.
        offset: added to the sum so scaled.
    """

    slope: Annotated[int, Field(ge=1, le=4_000)] = 1_000
    offset: Mbit = 0

    def of(self, mbit: int) -> int:
        """The log odds that hold, in thousandths of a bit."""
        return self.offset + round(self.slope * mbit / 1_000)


class Thresholds(_Part):
    """From where on a pair is linked, and from where on a person should look.

    Attributes:
        duplicate_linked: relation → probability (as calibrated) that it is one seizure.
        duplicate_review: the same, from where on a person should look.
        related_linked, related_review: surprise at what they share beyond chance.
    """

    duplicate_linked: Mapping[str, Ppm]
    duplicate_review: Mapping[str, Ppm]
    related_linked: Mbit
    related_review: Mbit

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        for name, of in (("duplicate_linked", self.duplicate_linked), ("duplicate_review", self.duplicate_review)):
            if set(of) != set(STRATA):
                raise ValueError(f"{name} must name {', '.join(STRATA)}")
        early = any(self.duplicate_review[each] > self.duplicate_linked[each] for each in STRATA)
        if early or self.related_review > self.related_linked:
            raise ValueError("review must not begin above linked")
        return self


_AS_IT_IS = Calibration()
_BEYOND = 2_000_000
"""More than the weights of all fields can come to."""


class Stratum(_Part):
    """The weights among pairs of one relation.

    Attributes:
        weights: field → level → weight; for a field of `levels.SURPRISING`, at the levels of `levels.FREQUENT`, log2 of
            m, to which the surprise at the value is added. That of ``relation`` is how much likelier one seizure is in
            this relation than among two agencies.
        m, u: the probabilities behind the weights, for analysts; nothing is computed from them.
    """

    weights: Mapping[str, Mapping[str, Mbit]]
    m: Mapping[str, Mapping[str, float]] = Field(default_factory=dict)
    u: Mapping[str, Mapping[str, float]] = Field(default_factory=dict)


class Model(_Part):
    """All numbers that matching depends on.

    Attributes:
        name: for people.
        key_limit: incidents that a blocking key may have before it is closed.
        kind_limits: the same of keys of a kind (`keys.KINDS`) that tells little where many carry them.
        prior: log2 of the odds that two incidents at random, of two agencies, are one seizure.
        strata: relation → its weights.
        surprise: field → how surprising its values are; ``modus`` is of route and substance together.
        chance: what surprise must exceed before like modus operandi is more than chance: log2 of the incidents of a
            fortnight.
        calibration: relation → what its sums mean; as they are where it is not given.
        trained_on: how many incidents and pairs it was learned from.
    """

    name: str
    key_limit: Annotated[int, Field(ge=2, le=1_000)]
    kind_limits: Mapping[str, Annotated[int, Field(ge=2, le=1_000)]] = Field(default_factory=dict)
    prior: Mbit
    strata: Mapping[str, Stratum]
    surprise: Mapping[str, Surprise]
    chance: Mbit
    thresholds: Thresholds
    calibration: Mapping[str, Calibration] = Field(default_factory=dict)
    trained_on: Mapping[str, int] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _complete(self) -> Self:
        for relation in STRATA:
            if relation not in self.strata:
                raise ValueError(f"strata lacks {relation}")
            for field, levels in LEVELS.items():
                missing = set(levels) - {UNSTATED} - set(self.strata[relation].weights.get(field, {}))
                if missing and field != "relation":
                    raise ValueError(f"strata.{relation}.weights.{field} lacks {', '.join(sorted(missing))}")
        if unknown := set(self.kind_limits) - set(KINDS):
            raise ValueError(f"kind_limits names {', '.join(sorted(unknown))}, which are no kinds of keys")
        if unknown := set(self.calibration) - set(STRATA):
            raise ValueError(f"calibration names {', '.join(sorted(unknown))}, which are no relations")
        missing = {*FREQUENT, "concealment", "modus"} - set(self.surprise)
        if missing:
            raise ValueError(f"surprise lacks {', '.join(sorted(missing))}")
        return self

    @cached_property
    def version(self) -> str:
        """The first 16 hexadecimal digits of SHA-256 over what the model says."""
        return hashlib.sha256(canonical_json(self._said())).hexdigest()[:16]

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """See `BaseModel.model_copy`; the copy has a version of its own."""
        copied = super().model_copy(update=update, deep=deep)
        copied.__dict__.pop("version", None)
        return copied

    def key_limits(self) -> npt.NDArray[np.int64]:
        """Incidents that a blocking key may have before it is closed, by its kind in `keys.KINDS`."""
        return np.array([self.kind_limits.get(kind, self.key_limit) for kind in KINDS], np.int64)

    def probability_ppm(self, relation: str, mbit: int) -> int:
        """The probability that a pair of a relation is one seizure, in millionths, by the sum of weights and prior."""
        return probability_ppm(self.calibration.get(relation, _AS_IT_IS).of(mbit))

    def least(self, relation: str, ppm: int) -> int:
        """The least sum whose probability reaches so many millionths; beyond all sums where none does."""
        low, high = -_BEYOND, _BEYOND
        while low < high:
            middle = (low + high) // 2
            if self.probability_ppm(relation, middle) >= ppm:
                high = middle
            else:
                low = middle + 1
        return low

    def _said(self) -> dict[str, Any]:
        told = self.model_dump(mode="json")
        strata = {name: each["weights"] for name, each in told.pop("strata").items()}
        for later in ("kind_limits", "calibration"):
            if not told[later]:  # models that were made before there were any keep their versions
                del told[later]
        return {**told, "strata": strata}

    def to_json(self) -> bytes:
        """The model as a file."""
        return orjson.dumps(self.model_dump(mode="json"), option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS) + b"\n"

    @classmethod
    def of_json(cls, text: bytes) -> "Model":
        """The model of a file.

        Raises:
            ModelError: it is none.
        """
        try:
            return cls.model_validate_json(text)
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            where = ".".join(map(str, first["loc"])) or "model"
            raise ModelError(f"{where}: {first['msg']}; `ionics match train` writes a model") from error


@cache
def shipped_model() -> Model:
    """The model that comes with the program."""
    return Model.of_json((files("stream_processors.match") / "model" / "shipped.json").read_bytes())


def probability_ppm(mbit: int) -> int:
    """The probability of odds given in thousandths of a bit, in millionths."""
    return round(1_000_000 / (1 + math.exp2(min(-mbit / 1_000, 1_000))))

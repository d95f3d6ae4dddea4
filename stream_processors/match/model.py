"""The model: what each agreement and disagreement is worth, and how surprising each shared value is.

After Fellegi and Sunter (*A theory for record linkage*, JASA 64, 1969) with the frequency adjustment of Winkler (1989):
a level of agreement is worth log2(m / u), where m is how often one seizure reported twice shows it, and u how often two
incidents at random do; where the level depends on a common value, u is the frequency of that value. All weights are
whole numbers of thousandths of a bit, so that every machine comes to the same sum. A model is never changed: its
version is a hash of what it says.
"""

import hashlib
import math
from collections.abc import Mapping
from functools import cache, cached_property
from importlib.resources import files
from typing import Annotated, Self

import orjson
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from schemas.errors import ModelError
from schemas.identity import canonical_json
from stream_processors.match.levels import FREQUENT, LEVELS, UNSTATED

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


class Thresholds(_Part):
    """From where on a pair is linked, and from where on a person should look.

    Attributes:
        duplicate_linked, duplicate_review: probability that it is one seizure.
        related_linked, related_review: surprise at what they share beyond chance.
    """

    duplicate_linked: Ppm
    duplicate_review: Ppm
    related_linked: Mbit
    related_review: Mbit

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.duplicate_review > self.duplicate_linked or self.related_review > self.related_linked:
            raise ValueError("review must not begin above linked")
        return self


class Model(_Part):
    """All numbers that matching depends on.

    Attributes:
        name: for people.
        key_limit: incidents that a blocking key may have before it is closed.
        prior: log2 of the odds that two incidents at random are one seizure.
        weights: field → level → weight; for levels in `levels.FREQUENT` log2 of m, to which the surprise at the value
            is added.
        surprise: field → how surprising its values are; ``modus`` is of route and substance together.
        chance: what surprise must exceed before like modus operandi is more than chance: log2 of the incidents of a
            fortnight.
        trained_on: how many incidents and pairs it was learned from.
        m, u: the probabilities behind the weights, for analysts; nothing is computed from them.
    """

    name: str
    key_limit: Annotated[int, Field(ge=2, le=1_000)]
    prior: Mbit
    weights: Mapping[str, Mapping[str, Mbit]]
    surprise: Mapping[str, Surprise]
    chance: Mbit
    thresholds: Thresholds
    trained_on: Mapping[str, int] = Field(default_factory=dict)
    m: Mapping[str, Mapping[str, float]] = Field(default_factory=dict)
    u: Mapping[str, Mapping[str, float]] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _complete(self) -> Self:
        for field, levels in LEVELS.items():
            missing = set(levels) - {UNSTATED} - set(self.weights.get(field, {}))
            if missing:
                raise ValueError(f"weights.{field} lacks {', '.join(sorted(missing))}")
        missing = {*FREQUENT, "modus"} - set(self.surprise)
        if missing:
            raise ValueError(f"surprise lacks {', '.join(sorted(missing))}")
        return self

    @cached_property
    def version(self) -> str:
        """The first 16 hexadecimal digits of SHA-256 over what the model says."""
        return hashlib.sha256(canonical_json(self.model_dump(mode="json", exclude={"m", "u"}))).hexdigest()[:16]

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
    return round(1_000_000 / (1 + math.exp2(-mbit / 1_000)))

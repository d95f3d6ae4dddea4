"""The report of a training: what the model was learned from, how, and every number of it; Markdown and pictures."""

from collections.abc import Sequence
from pathlib import Path

from schemas.errors import ModelError
from stream_processors.match.model import Model
from stream_processors.match.telling import RELATIONS, calibrations, one_in, priors, surprises, thresholds, weights
from stream_processors.match.training.learning import Learned
from stream_processors.match.training.picture import course, score_histogram, weight_bars

REPORT = "report.md"
_VALUES = 10
_INTRODUCTION = """\
A level of agreement is worth log2(m / u) bits: m is the part of the pairs of one seizure that show it, u that of other
pairs. Where "surprise" stands beside a weight, u is the frequency of the common value: a rare one is worth more. The
score of a pair is the sum of its weights and the prior; u was counted over pairs at random, m was estimated by
expectation maximisation without labels. What fewer than five community incidents have is in no table.
"""


def write_report(learned: Learned, place: Path) -> Path:
    """Write `REPORT` and its pictures into a directory, which is made where it is missing.

    Raises:
        ModelError: they cannot be written.
    """
    files = {REPORT: _page(learned), **_pictures(learned)}
    try:
        place.mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            (place / name).write_text(text, encoding="utf-8")
    except OSError as error:
        raise ModelError(f"the report cannot be written to {place}: {error.strerror}") from error
    return place / REPORT


def _pictures(learned: Learned) -> dict[str, str]:
    model = learned.model
    found = {"course.svg": course(learned.estimated)}
    for relation, words in RELATIONS.items():
        given = model.thresholds
        linked, review = (
            model.least(relation, ppm[relation]) / 1_000 for ppm in (given.duplicate_linked, given.duplicate_review)
        )
        found[f"weights_{relation}.svg"] = weight_bars(weights(model, relation), f"Weights in bits: {words}")
        found[f"scores_{relation}.svg"] = score_histogram(
            learned.scores[relation], f"Candidate pairs by score in bits: {words}", linked, review
        )
    return found


def _page(learned: Learned) -> str:
    model = learned.model
    return "\n".join(
        (
            f"# Model {model.version}: {model.name}\n",
            _INTRODUCTION,
            *_origin(learned),
            "## Thresholds\n",
            *_table(("what", "linked from", "review from"), thresholds(model)),
            *_table(("one seizure, where the weights come to", "-5 bits", "0 bits", "5 bits"), calibrations(model)),
            "## Estimation\n",
            "![course of the estimation](course.svg)\n",
            *_table(("relation", "rounds", "pairs of one seizure", "prior", "that is"), _estimation(learned)),
            *(line for relation in RELATIONS for line in _relation(model, relation)),
            "## How surprising values are\n",
            *_table(
                ("field", "values", "least surprising (bits)", "most surprising (bits)", "any other"),
                [
                    (each.field, f"{each.values:,}", _values(each.least), _values(each.most), f"{each.unseen:.1f}")
                    for each in surprises(model, _VALUES)
                ],
            ),
        )
    )


def _origin(learned: Learned) -> list[str]:
    model = learned.model
    return [
        "## Learned from\n",
        f"- {learned.incidents:,} community incidents at their current revisions; restricted ones were left out",
        f"- {learned.candidates:,} pairs that share a blocking key which few carry, {model.key_limit} of them at most",
        f"- seed {model.trained_on['seed']} of the pairs drawn at random; same incidents, same seed: same file",
        f"- chance of like modus operandi: {model.chance / 1_000:.1f} bits, from the incidents of a fortnight\n",
    ]


def _estimation(learned: Learned) -> list[tuple[str, ...]]:
    before = priors(learned.model)
    return [
        (
            RELATIONS[relation],
            f"{len(found.history)}",
            f"{found.history[-1]:,.1f}" + (" (held at the bound of what is believed)" if found.held else ""),
            f"{before[relation]:.2f} bits",
            one_in(before[relation]),
        )
        for relation, found in learned.estimated.items()
    ]


def _relation(model: Model, relation: str) -> list[str]:
    rows = [
        (
            each.field.replace("_", " "),
            each.level.replace("_", " "),
            _share(each.m),
            _share(each.u),
            f"{each.bits:+.2f}" + (" + surprise" if each.by_value else ""),
            each.words,
        )
        for each in weights(model, relation)
    ]
    return [
        f"## {RELATIONS[relation].capitalize()}\n",
        f"![weights](weights_{relation}.svg)\n",
        f"![scores](scores_{relation}.svg)\n",
        *_table(("field", "level", "m", "u", "bits", "in words"), rows),
    ]


def _share(share: float | None) -> str:
    return "" if share is None else f"{share:.4g}"


def _values(found: Sequence[tuple[str, float]]) -> str:
    return ", ".join(f"{text.replace('|', '∣')} {bits:.1f}" for text, bits in found)


def _table(heads: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> list[str]:
    lines = [f"| {' | '.join(heads)} |", f"|{'---|' * len(heads)}", *(f"| {' | '.join(row)} |" for row in rows)]
    return ["\n".join(lines), ""]

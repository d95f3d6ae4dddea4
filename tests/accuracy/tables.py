"""What was measured, as tables in Markdown, which also read well on a screen."""

from collections.abc import Container, Iterator, Sequence
from statistics import fmean

import polars as pl

from tests.accuracy.measuring import Found
from tests.accuracy.metrics import calibration, errors
from tests.accuracy.metrics.scores import Interval, Resampling, f1_difference, score

_SHOWN_CAUSES = 12


def pairwise(found: Sequence[Found], strong: Container[str]) -> list[str]:
    """Precision, recall and F1 with intervals, the difference of F1 to one of them, candidates, queue and seconds.

    Args:
        found: over one set.
        strong: names of whom the one with the best F1 here is the one that differences are taken to.
    """
    resampling = Resampling([each.judged for each in found])
    candidates = [each for each in found if each.name in strong]
    strongest = max(candidates, key=lambda each: score(each.judged, resampling).f1.value or 0.0, default=None)
    against = "the strongest peer's" if strongest is None else strongest.name
    lines = [
        (
            f"| who | precision of links | recall of links | F1 | F1 minus {against} | recall with review "
            "| review per 1,000 | blocking recall | pairs compared per incident | seconds |"
        ),
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for each in found:
        measured = score(each.judged, resampling)
        ahead = Interval(None, None, None)
        if strongest is not None and each is not strongest:
            ahead = f1_difference(each.judged, strongest.judged, resampling)
        lines.append(
            f"| {each.name} | {_shown(measured.precision)} | {_shown(measured.recall)} | {_shown(measured.f1)} "
            f"| {_shown(ahead, signed=True)} | {_shown(measured.with_review)} "
            f"| {each.review / each.incidents * 1000:.1f} | {_mean(each.blocking)} "
            f"| {'' if each.compared is None else f'{each.compared / each.incidents:.2f}'} | {each.seconds:.1f} |"
        )
    return lines


def by_set(found: Sequence[Found]) -> list[str]:
    """F1 of each set alone, and B-cubed as the mean of the sets."""
    sets = sorted({int(value) for each in found for value in each.judged["set"].unique()})
    lines = [
        f"| who | {' | '.join(f'F1, seed {number}' for number in sets)} | B-cubed precision | recall | F1 |",
        f"|---|{'---|' * (len(sets) + 3)}",
    ]
    for each in found:
        alone = []
        for number in sets:
            pairs = each.judged.filter(pl.col("set") == number)
            alone.append(_number(score(pairs, Resampling([pairs], replicates=1)).f1.value))
        cubed = each.cubed
        means = (
            fmean(one.precision for one in cubed),
            fmean(one.recall for one in cubed),
            fmean(one.f1 for one in cubed),
        )
        lines.append(f"| {each.name} | {' | '.join(alone)} | {' | '.join(f'{mean:.4f}' for mean in means)} |")
    return lines


def calibrations(found: Sequence[Found]) -> list[str]:
    """Expected calibration error, and whether about 0.9 is right nine times in ten."""
    lines = [
        "| who | pairs with a probability | expected calibration error | pairs said to be 0.85…0.95 | true of them |",
        "|---|---|---|---|---|",
    ]
    for each in found:
        bins = calibration.reliability(each.judged)
        if bins.is_empty():
            lines.append(f"| {each.name} | gives none | | | |")
            continue
        count, right = calibration.around(each.judged, 0.9)
        error = calibration.expected_error(bins)
        lines.append(f"| {each.name} | {bins['pairs'].sum():,} | {_number(error)} | {count} | {_number(right)} |")
    return lines


def causes(found: Found, known: dict[int, pl.DataFrame]) -> list[str]:
    """The errors of one of them by cause, over all its sets."""
    parts = [(found.judged.filter(pl.col("set") == seed), truth) for seed, truth in known.items()]
    missed = pl.concat([errors.missed_by_cause(*part) for part in parts])
    missed = (
        missed.group_by("cause")
        .agg(pl.col("pairs", "missed", "in_review").sum())
        .with_columns(share=pl.col("missed") / pl.col("pairs"))
        .sort(["missed", "share", "cause"], descending=[True, True, False])
    )
    false = pl.concat([errors.false_by_cause(*part) for part in parts])
    false = (
        false.group_by("cause")
        .agg(pl.col("linked", "in_review").sum())
        .sort("linked", "cause", descending=[True, False])
    )
    lines = [
        f"**{found.name}**",
        "",
        "| missed pairs that have | true pairs | missed | share | in review |",
        "|---|---|---|---|---|",
    ]
    for cause, pairs, gone, in_review, share in missed.head(_SHOWN_CAUSES).iter_rows():
        lines.append(f"| {cause} | {pairs} | {gone} | {share:.0%} | {in_review} |")
    lines += ["", "| false pairs that are | linked | in review |", "|---|---|---|"]
    lines += [f"| {cause} | {linked} | {in_review} |" for cause, linked, in_review in false.iter_rows()]
    return lines


def on_labels(found: Sequence[Found], labels: pl.DataFrame, in_full: Container[str]) -> Iterator[str]:
    """What each made of the labelled pairs: hard negatives linked or to review, and duplicates missed, by category.

    Args:
        found: over the labelled pairs.
        labels: left, right, category, row_a, row_b.
        in_full: of whom every such pair is named, by its rows; of the others, only how many of each category.
    """
    yield "| who | hard negatives linked | to review | duplicates linked | to review | missed |"
    yield "|---|---|---|---|---|---|"
    for each in found:
        same, other = each.judged.filter("true"), each.judged.filter(~pl.col("true"))
        counts = [side.filter(flag).height for side in (other, same) for flag in ("linked", "reviewed")]
        missed = same.height - counts[2] - counts[3]
        yield (
            f"| {each.name} | {counts[0]} of {other.height} | {counts[1]} | {counts[2]} of {same.height} | {counts[3]} "
            f"| {missed} |"
        )
    yield ""
    for each in found:
        yield from _errors_on_labels(each, labels, in_full=each.name in in_full)


def _errors_on_labels(found: Found, labels: pl.DataFrame, *, in_full: bool) -> Iterator[str]:
    said = found.judged.join(labels, on=["left", "right"])
    for what, wrong in (
        ("hard negatives linked", said.filter(~pl.col("true") & pl.col("linked"))),
        ("duplicates missed", said.filter(pl.col("true") & ~pl.col("linked") & ~pl.col("reviewed"))),
    ):
        groups = (
            wrong.group_by("category")
            .agg("row_a", "row_b")
            .sort(pl.col("row_a").list.len(), "category", descending=[True, False])
        )
        shown = "; ".join(
            f"{category} {_pairs(first, second) if in_full else len(first)}"
            for category, first, second in groups.iter_rows()
        )
        yield f"- {found.name}, {what} ({wrong.height}): {shown or 'none'}."


def _pairs(first: Sequence[int], second: Sequence[int]) -> str:
    return ", ".join(f"{a}–{b}" for a, b in sorted(zip(first, second, strict=True)))


def _shown(interval: Interval, *, signed: bool = False) -> str:
    if interval.value is None:
        return ""
    form = "+.3f" if signed else ".3f"
    if interval.low is None or interval.high is None:
        return f"{interval.value:{form}}"
    return f"{interval.value:{form}} ({interval.low:{form}} … {interval.high:{form}})"


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"


def _mean(values: Sequence[float]) -> str:
    return f"{fmean(values):.3f}" if values else ""

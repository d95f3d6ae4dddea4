"""`ionics match model`: every number that matching depends on, as tables that an analyst can read."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from cli.accessing import noted
from cli.output import Column, json_option, number, print_json, print_table
from schemas.directory import load_current
from stream_processors.match import Model, load_model, read_model
from stream_processors.match.telling import (
    RELATIONS,
    calibrations,
    one_in,
    priors,
    surprises,
    thresholds,
    weights,
)

_VALUES = 5


@click.command()
@click.argument("file", required=False, type=click.Path(path_type=Path))
@json_option
def model(file: Path | None, as_json: bool) -> None:
    """Show the model in force, or that of a FILE: prior, thresholds, each weight in bits and in words, surprises."""
    found = _in_force() if file is None else load_model(file)
    if as_json:
        print_json({"version": found.version, **found.model_dump(mode="json")})
        return
    click.echo(f"model {found.version}: {found.name}")
    click.echo("learned from: " + ", ".join(f"{name} {count:,}" for name, count in sorted(found.trained_on.items())))
    click.echo(f"a blocking key is closed when more than {found.key_limit:,} incidents of a scope carry it")
    for kind, limit in sorted(found.kind_limits.items()):
        click.echo(f"  {kind}: more than {limit:,}")
    click.echo(f"like modus operandi counts beyond {found.chance / 1_000:.1f} bits of chance\n")
    _print_before(found)
    for relation, words in RELATIONS.items():
        _print_weights(found, relation, words)
    _print_surprises(found)


def _in_force() -> Model:
    settings = load_current()
    found = read_model(settings, settings.generation)
    noted(settings, "AGGREGATE", {"model": found.version})
    return found


def _print_before(found: Model) -> None:
    print_table(
        [Column("before anything is compared"), number("bits"), number("one seizure")],
        [[RELATIONS[relation], f"{bits:.2f}", one_in(bits)] for relation, bits in priors(found).items()],
    )
    click.echo()
    print_table([Column("thresholds"), number("linked from"), number("review from")], thresholds(found))
    click.echo()
    sums = [number(f"{bits} bits") for bits in (-5, 0, 5)]
    print_table([Column("one seizure, where the weights come to"), *sums], calibrations(found))


def _print_weights(found: Model, relation: str, words: str) -> None:
    rows, before = list[Sequence[Any]](), ""
    for each in weights(found, relation):
        field = "" if each.field == before else each.field.replace("_", " ")
        before = each.field
        bits = f"{each.bits:+.2f}" + (" + surprise" if each.by_value else "           ")
        rows.append([field, each.level.replace("_", " "), _share(each.m), _share(each.u), bits, each.words])
    click.echo()
    heads = [Column("field"), Column("level"), number("m"), number("u"), number("bits"), Column("in words")]
    print_table(heads, rows, title=words)


def _print_surprises(found: Model) -> None:
    heads = [Column("surprise at"), number("values"), Column("least, in bits"), Column("most"), number("any other")]
    rows = [
        [each.field, f"{each.values:,}", _values(each.least), _values(each.most), f"{each.unseen:.1f}"]
        for each in surprises(found, _VALUES)
    ]
    click.echo()
    print_table(heads, rows)


def _values(found: Sequence[tuple[str, float]]) -> str:
    return ", ".join(f"{text} {bits:.1f}" for text, bits in found)


def _share(share: float | None) -> str:
    return "" if share is None else f"{share:.3g}"

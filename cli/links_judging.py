"""`ionics links review`: say what holds of two incidents."""

import click

from cli.desks import as_option
from cli.judging import bench, reason_option, tell
from cli.output import json_option
from schemas.judgement import Verdict

_BETWEEN = "|:,"


@click.command()
@click.argument("names", metavar="PAIR|LEFT RIGHT", nargs=-1, required=True)
@click.option("--same", "verdict", flag_value=Verdict.SAME.value, help="One seizure, reported twice.")
@click.option(
    "--related", "verdict", flag_value=Verdict.RELATED.value, help="Two incidents of one network or shipment."
)
@click.option("--different", "verdict", flag_value=Verdict.DIFFERENT.value, help="Neither; it links them no more.")
@click.option("--take-back", "verdict", flag_value=Verdict.NONE.value, help="Leave it to the model again.")
@reason_option
@as_option
@json_option
def review(names: tuple[str, ...], verdict: str | None, reason: str, person: str | None, as_json: bool) -> None:
    """Judge two incidents: each by its id, the beginning of that, or its reference; or PAIR as the list gives it.

    It outlives amendments and new models. Needs the right coordinate, or that one of the two is of your agency.
    """
    if verdict is None:
        raise click.UsageError("say --same, --related, --different or --take-back")
    left, right = two_of(names)
    with bench(person) as at:
        made = at.desk.judge(at.incident(left), at.incident(right), Verdict(verdict), reason)
    tell([made], as_json=as_json)


def two_of(names: tuple[str, ...]) -> tuple[str, str]:
    """The two incidents that are named, by two words or by one with a stroke, colon or comma between them.

    Raises:
        click.UsageError: they are not two.
    """
    if len(names) == 1:
        for mark in _BETWEEN:
            left, found, right = names[0].partition(mark)
            if found:
                names = (left.strip(), right.strip())
                break
    if len(names) != 2 or not all(names):
        raise click.UsageError("name two incidents, or one pair such as LEFT|RIGHT (in quotes)")
    return names[0], names[1]

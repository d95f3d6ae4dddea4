"""`ionics case split | join | same`: say what belongs together, as judgements of pairs."""

import click

from cli.desks import as_option
from cli.judging import bench, reason_option, tell
from cli.output import json_option


@click.command()
@click.argument("case")
@click.argument("members", metavar="MEMBER...", nargs=-1, required=True)
@reason_option
@as_option
@json_option
def split(case: str, members: tuple[str, ...], reason: str, person: str | None, as_json: bool) -> None:
    """Part members of CASE from the rest of it: what links them is DIFFERENT from now on."""
    with bench(person) as at:
        found = at.case(case)
        made = at.desk.split(found, [at.incident(member) for member in members], reason)
    tell(made, as_json=as_json)


@click.command()
@click.argument("case")
@click.argument("other")
@reason_option
@as_option
@json_option
def join(case: str, other: str, reason: str, person: str | None, as_json: bool) -> None:
    """Join CASE and OTHER: their first incidents are RELATED, which takes effect once the matcher has compared them."""
    with bench(person) as at:
        made = at.desk.join(at.case(case), at.case(other), reason)
    tell([made], as_json=as_json)


@click.command()
@click.argument("case")
@click.argument("members", metavar="MEMBER MEMBER...", nargs=-1, required=True)
@reason_option
@as_option
@json_option
def same(case: str, members: tuple[str, ...], reason: str, person: str | None, as_json: bool) -> None:
    """Say that members of CASE are one seizure, for which the first admitted of them stands."""
    with bench(person) as at:
        found = at.case(case)
        made = at.desk.same(found, [at.incident(member) for member in members], reason)
    tell(made, as_json=as_json)

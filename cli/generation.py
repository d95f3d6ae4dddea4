"""`ionics generation`: what is derived from the log, made anew by this version of the stages and the reference data."""

from pathlib import Path

import click

from cli.output import Column, json_option, number, print_json, print_table
from cli.progress import counted
from deploy.generations import drop_generation, generations, make_generation, use_generation
from deploy.home import ADMINISTRATORS, key_path
from projections.audit_log import record_audit
from schemas.directory import read_members
from schemas.keys import SigningKey
from schemas.rights import require_right
from schemas.settings import Settings, load_settings
from stream_processors.match import load_model, read_model

_key = click.option("--key", "key_file", type=click.Path(path_type=Path), help="The administrator's key file.")


@click.group()
def generation() -> None:
    """Generations of derived topics and views: list, make, use, drop."""


@generation.command(name="list")
@json_option
def list_(as_json: bool) -> None:
    """List the generations that exist."""
    found = generations(load_settings())
    if as_json:
        print_json([{"generation": each.number, "read": each.read, "model": each.model} for each in found])
    else:
        rows = [[each.number, each.model or "", "read" if each.read else ""] for each in found]
        print_table([number("generation"), Column("model"), Column("")], rows)


@generation.command()
@_key
@click.option("--model", "model_file", type=click.Path(path_type=Path), help="Match under the model of this file.")
@click.option("--stay", is_flag=True, help="Leave readers where they are; `use` makes them go over later.")
@json_option
def make(key_file: Path | None, model_file: Path | None, stay: bool, as_json: bool) -> None:
    """Derive everything anew from the log of truth, beside what is read; then make readers go over to it.

    Without --model it matches under the model that is in force.
    """
    model = None if model_file is None else load_model(model_file)
    settings, actor = _operator()
    with counted("events, of all stages") as bar:
        task = bar.add_task("", total=None)
        made = make_generation(settings, lambda events: bar.advance(task, events), model)
    version = read_model(settings, made).version
    words = f"generation {made} under model {version}"
    record_audit(settings, "OPERATOR_ACT", "GENERATION_MADE", words, actor=actor, subject=f"{made}")
    if not stay:
        use_generation(settings, made, _signing(settings, key_file))
    if as_json:
        print_json({"generation": made, "read": not stay, "model": version})
    else:
        click.echo(f"{words} is made" + ("" if stay else "; readers and stages go over to it"))


@generation.command()
@click.argument("generation_number", metavar="NUMBER", type=click.IntRange(min=1))
@_key
def use(generation_number: int, key_file: Path | None) -> None:
    """Make readers and stages go over to a generation; the one left behind stays as it is."""
    settings, _ = _operator()
    use_generation(settings, generation_number, _signing(settings, key_file))
    click.echo(f"readers and stages go over to generation {generation_number}")


@generation.command()
@click.argument("generation_number", metavar="NUMBER", type=click.IntRange(min=1))
@click.confirmation_option(prompt="Delete its topic and views? The log itself stays.")
def drop(generation_number: int) -> None:
    """Delete topic and views of a generation that is not read."""
    settings, actor = _operator()
    drop_generation(settings, generation_number)
    words = f"generation {generation_number}"
    record_audit(settings, "OPERATOR_ACT", "GENERATION_DROPPED", words, actor=actor, subject=f"{generation_number}")
    click.echo(f"{words} is gone")


def _operator() -> tuple[Settings, str]:
    settings = load_settings()
    actor = settings.acting_as("operator")
    require_right(read_members(settings), actor, "administer")
    return settings, actor


def _signing(settings: Settings, key_file: Path | None) -> SigningKey:
    return SigningKey.load(key_file or key_path(settings, ADMINISTRATORS[0]))

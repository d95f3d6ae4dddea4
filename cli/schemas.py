"""`ionics schemas`: the Avro schemas of the deployment."""

import click

from cli.output import Column, json_option, number, print_json, print_table
from schemas.dictionary import SchemaDictionary, publish_schemas, read_dictionary
from schemas.refill import refill
from schemas.registry import Registry
from schemas.settings import load_settings


@click.group()
def schemas() -> None:
    """Publish and list the schemas."""


@schemas.command()
@json_option
def publish(as_json: bool) -> None:
    """Register the schemas of this version, and write the new ones into the log's dictionary."""
    _print(publish_schemas(load_settings()), as_json=as_json)


@schemas.command(name="refill")
def refill_() -> None:
    """Give a registry that has lost its data all schemas of the log's dictionary, under the same ids."""
    settings = load_settings()
    registry = Registry(settings.require("registry_url"))
    filled = refill(registry, read_dictionary(settings))
    registry.require_full_transitive()
    click.echo(f"{len(filled)} schemas registered anew" if filled else "the registry lacks nothing")


@schemas.command(name="list")
@json_option
def list_(as_json: bool) -> None:
    """List the schemas that the log's dictionary knows."""
    _print(read_dictionary(load_settings()), as_json=as_json)


def _print(known: SchemaDictionary, *, as_json: bool) -> None:
    rows = [
        {"schema_id": id_, "subject": known.subjects[id_], "sha256": known.fingerprints[id_]}
        for id_ in sorted(known.schemas)
    ]
    if as_json:
        print_json(rows)
    else:
        print_table([number("id"), Column("subject"), Column("SHA-256")], [list(row.values()) for row in rows])

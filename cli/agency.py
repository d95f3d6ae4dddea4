"""`ionics agency`: the agencies of the deployment."""

import re
from collections.abc import Mapping
from pathlib import Path

import click
import orjson

from cli.output import Column, json_option, number, print_json, print_table
from deploy.agencies import add_agencies
from deploy.home import key_path
from schemas.codes import codes
from schemas.directory import Agency, Directory, read_directory
from schemas.errors import DirectoryError, LogError
from schemas.identity import check_name
from schemas.settings import Settings, load_settings

_COUNTRY = re.compile(r"[A-Z]{3}")


@click.group()
def agency() -> None:
    """Add and list agencies."""


@agency.command()
@click.argument("agency_id", metavar="ID")
@click.option("--name", required=True, help="Its name.")
@click.option("--type", "agency_type", required=True, help="Code of the list agency_type, such as CUSTOMS.")
@click.option("--country", help="ISO 3166-1 alpha-3; left out for an international organisation.")
@json_option
def add(agency_id: str, name: str, agency_type: str, country: str | None, as_json: bool) -> None:
    """Add an agency with a new key, in a deployment whose name begins with dev-."""
    check_name("agency", agency_id)
    if agency_type not in codes("agency_type"):
        raise click.BadParameter(f"one of {', '.join(sorted(codes('agency_type')))}", param_hint="--type")
    if country is not None and not _COUNTRY.fullmatch(country):
        raise click.BadParameter("three capital letters, such as NZL", param_hint="--country")
    if not name.strip():
        raise click.BadParameter("must not be blank", param_hint="--name")
    settings = load_settings()
    added = bool(add_agencies(settings, [Agency(agency_id, name, agency_type, country)]))
    path = key_path(settings, agency_id)
    if as_json:
        print_json({"agency_id": agency_id, "added": added, "key": str(path) if path.exists() else None})
    elif added:
        click.echo(f"added {agency_id}; its key is {path}")
    else:
        click.echo(f"{agency_id} is in the directory already; nothing was changed")


@agency.command(name="list")
@json_option
def list_(as_json: bool) -> None:
    """List the agencies of the directory."""
    settings = load_settings()
    directory = read_directory(settings)
    remember_countries(settings, directory)
    rows = [
        {
            "agency_id": each.agency_id,
            "name": each.name,
            "type": each.agency_type,
            "country": each.country,
            "keys": sum(key.agency_id == each.agency_id and not key.revoked for key in directory.keys.values()),
            "key_here": key_path(settings, each.agency_id).exists(),
        }
        for each in sorted(directory.agencies.values(), key=lambda each: each.agency_id)
    ]
    if as_json:
        print_json(rows)
        return
    columns = [Column("agency"), Column("name"), Column("type"), Column("country"), number("keys"), Column("key here")]
    print_table(columns, [[*list(row.values())[:-1], "yes" if row["key_here"] else "no"] for row in rows])


def reporting_country(settings: Settings, agency_id: str) -> str | None:
    """Country of an agency, as the directory has it. It never changes, so it is remembered for work without a network.

    Raises:
        DirectoryError: the directory has no such agency.
        LogError: the directory cannot be read, and the agency was not met before.
    """
    known = _remembered(settings)
    if agency_id in known:
        return known[agency_id]
    try:
        directory = read_directory(settings)
    except LogError as error:
        raise LogError(
            f"{error}; the country of {agency_id} is not known here yet: give --reporting-country"
        ) from error
    remember_countries(settings, directory)
    if agency_id not in directory.agencies:
        hint = "; add it with: ionics agency add" if settings.is_development else ""
        raise DirectoryError(f"agency {agency_id} is not in the directory of {settings.deployment}{hint}")
    return directory.agencies[agency_id].country


def remember_countries(settings: Settings, directory: Directory) -> None:
    """Keep the countries of the agencies whose keys are here."""
    found = {i: each.country for i, each in directory.agencies.items() if key_path(settings, i).exists()}
    path = _memory(settings)
    if _remembered(settings) != found:
        temporary = path.with_suffix(".new")
        try:
            temporary.write_bytes(orjson.dumps(found))
            temporary.replace(path)
        except OSError:
            return  # Only a convenience for later; the directory is what counts.


def _remembered(settings: Settings) -> Mapping[str, str | None]:
    try:
        found = orjson.loads(_memory(settings).read_bytes())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _memory(settings: Settings) -> Path:
    return settings.home / "keys" / f"countries.{settings.require('deployment')}.json"

"""`ionics broker`: who reaches what on a broker that asks for passwords."""

from pathlib import Path

import click
from confluent_kafka.admin import AdminClient

from cli.output import Column, json_option, print_json, print_table
from deploy.access import BACKBONE, DEPLOYMENT, apply_access, catalogue, make_credential, wanted_grants
from schemas.directory import Directory, read_directory
from schemas.errors import DirectoryError, SettingsError
from schemas.reading import quiet_logger
from schemas.settings import FILE_NAME, Settings, load_settings
from schemas.topics import agency_principal


@click.group()
def broker() -> None:
    """Principals of the broker: what each may do, and its password."""


@broker.command()
@click.argument("principal", required=False)
@json_option
def grants(principal: str | None, as_json: bool) -> None:
    """List what each principal may do, or one of them, as the topic catalogue and the directory say."""
    settings = load_settings()
    found = sorted(wanted_grants(*catalogue(settings, read_directory(settings))))
    rows = [each for each in found if principal in (None, each.principal)]
    if as_json:
        print_json([each._asdict() for each in rows])
        return
    columns = [Column("principal"), Column("may"), Column("on"), Column("name", fold=False)]
    names = [f"{each.name}{'*' if each.prefixed else ''}" for each in rows]
    pairs = zip(rows, names, strict=True)
    print_table(columns, [[each.principal, each.operation, each.resource, name] for each, name in pairs])


@broker.command()
@json_option
def apply(as_json: bool) -> None:
    """Bring the broker's access lists to what `grants` lists; changes of the directory do so, too."""
    settings = _secured()
    made, taken_back = apply_access(settings, read_directory(settings))
    if as_json:
        print_json({"made": made, "taken_back": taken_back})
    else:
        click.echo(f"{made} grants made, {taken_back} taken back")


@broker.command()
@click.argument("principal")
@click.option("--renew", is_flag=True, help="A new password; whoever holds the old one is refused from then on.")
def credential(principal: str, renew: bool) -> None:
    """Make a password for a principal: agency.ID, or a part of the backbone."""
    settings = _secured()
    _check_principal(principal, read_directory(settings))
    admin = AdminClient(settings.as_principal(DEPLOYMENT).client_config(), logger=quiet_logger())
    path = make_credential(admin, Path(settings.credentials), principal, renew=renew)
    click.echo(f"{path}; whoever runs {principal} puts its two lines under [kafka] of {FILE_NAME}, with")
    click.echo("\n".join(f'"{name}" = "{value}"' for name, value in settings.kafka.items()))


def _check_principal(principal: str, directory: Directory) -> None:
    known = [*BACKBONE, DEPLOYMENT, *(agency_principal(agency_id) for agency_id in directory.agencies)]
    if principal not in known:
        raise DirectoryError(f"there is no principal {principal}; an agency's is agency.ID, the others are {BACKBONE}")


def _secured() -> Settings:
    settings = load_settings()
    if not settings.credentials:
        raise SettingsError(
            "the settings name no directory of credentials: the local stack has one after `ionics up --secure`; "
            f"for another cluster set credentials in {settings.home / FILE_NAME}, with deployment.toml in it"
        )
    return settings

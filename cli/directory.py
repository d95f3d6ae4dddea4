"""`ionics directory`: who takes part, with which keys, and who may do what."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from cli.changing import change
from cli.output import Column, json_option, number, print_json, print_table
from deploy.changes import approve as approve_proposal
from deploy.changes import proposals as waiting
from deploy.changes import rotate as rotate_key
from deploy.changes import rotation
from deploy.changes import submit as submit_act
from deploy.deployment import bootstrap as found
from deploy.home import ADMINISTRATORS, key_path
from projections.api.publishing import gateway_key_path
from schemas.directory import PROPOSAL_MS, Members, read_members
from schemas.identity import check_name
from schemas.keys import SigningKey
from schemas.settings import Settings, load_settings


@click.group()
def directory() -> None:
    """Agencies, keys, administrators, groups, operations and focal points; every change is a signed event."""


directory.add_command(change)


@directory.command()
@json_option
def bootstrap(as_json: bool) -> None:
    """Begin the directory of a new deployment with two administrators, whose keys are made here."""
    settings = load_settings()
    began = found(settings)
    paths = [str(key_path(settings, name)) for name in ADMINISTRATORS]
    if as_json:
        print_json({"deployment": settings.deployment, "began": began, "keys": paths})
    elif began:
        click.echo(f"the directory of {settings.deployment} begins; give each key to one person and delete it here:")
        click.echo("\n".join(paths))
    else:
        click.echo(f"the directory of {settings.deployment} has its administrators already; nothing was changed")


@directory.command(name="list")
@click.argument(
    "what", type=click.Choice(["agencies", "keys", "administrators", "groups", "operations", "focal-points"])
)
@json_option
def list_(what: str, as_json: bool) -> None:
    """List the entries of one kind."""
    rows = _rows(what, read_members(load_settings()))
    if as_json:
        print_json(rows)
    elif rows:
        print_table([Column(name.replace("_", " "), fold=False) for name in rows[0]], [list(r.values()) for r in rows])
    else:
        click.echo(f"no {what}")


@directory.command()
@json_option
def proposals(as_json: bool) -> None:
    """List the changes that wait for a second administrator."""
    now = datetime.now(UTC).timestamp() * 1000
    rows: list[dict[str, Any]] = [
        {
            "digest": each.digest,
            "kind": each.kind,
            "entry": each.entry_id,
            "command": {name: value for name, value in each.command.items() if name != "act_id"},
            "proposed_by": each.key_id,
            "hours_left": round(max(0.0, each.at_ms + PROPOSAL_MS - now) / 3_600_000, 1),
        }
        for each in waiting(load_settings())
    ]
    if as_json:
        print_json(rows)
        return
    columns = [Column("digest"), Column("kind"), Column("entry"), Column("by"), number("hours left")]
    print_table(
        columns, [[r["digest"][:12], r["kind"], r["entry"], r["proposed_by"][:12], r["hours_left"]] for r in rows]
    )


@directory.command()
@click.argument("digest")
@click.option("--key", "key_file", type=click.Path(path_type=Path), help="The administrator's key file.")
@click.option("--yes", is_flag=True, help="Do not ask.")
def approve(digest: str, key_file: Path | None, yes: bool) -> None:
    """Sign a waiting proposal as the second administrator; DIGEST may be its beginning."""
    settings = load_settings()
    for each in waiting(settings):
        if each.digest.startswith(digest):
            click.echo(f"{each.kind} {each.entry_id}: {each.command}")
    if not yes:
        click.confirm("Sign it?", abort=True)
    made = approve_proposal(settings, digest, _key(settings, key_file, ADMINISTRATORS[1]))
    click.echo(f"done: {made.kind} {made.entry_id}")


@directory.command(name="new-key")
@click.argument("name")
@click.option("--gateway", is_flag=True, help="A key with which the HTTP API here signs for the agency.")
def new_key(name: str, gateway: bool) -> None:
    """Make a key of an agency or an administrator here; its public part is for `change key-register`."""
    settings = load_settings()
    place = gateway_key_path if gateway else key_path
    key, path = SigningKey.generate(), place(settings, check_name("key", name))
    key.save(path)
    click.echo(f"private key, for its owner alone: {path}\npublic: {key.public.hex()}")


@directory.command()
@click.argument("agency_id", metavar="AGENCY")
@click.option("--out", type=click.Path(path_type=Path), help="Write the signed act to a file.")
def rotate(agency_id: str, out: Path | None) -> None:
    """Replace the key of an agency by a new one, signed by the old one, which stays good for 30 days.

    Where the broker lets agencies write nothing but submissions, --out writes the act to a file; the deployment's
    operator runs `ionics directory submit` on it, and the agency this command again.
    """
    settings = load_settings()
    path = key_path(settings, agency_id)
    if out is not None:
        new, act = rotation(settings, agency_id, path)
        if act is not None:
            out.write_bytes(act)
            click.echo(f"wrote {out}: have it submitted, then run `ionics directory rotate {agency_id}`")
            return
    new = rotate_key(settings, agency_id, path)
    click.echo(f"{agency_id} signs with key {new.key_id} from now on; its file is {path}")


@directory.command()
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
def submit(file: Path) -> None:
    """Append an act that was signed elsewhere, such as `rotate --out` writes."""
    submit_act(load_settings(), file.read_bytes())
    click.echo("the directory took it")


def _key(settings: Settings, given: Path | None, name: str) -> SigningKey:
    return SigningKey.load(given or key_path(settings, name))


def _rows(what: str, members: Members) -> list[dict[str, Any]]:
    directory = members.directory
    match what:
        case "agencies":
            return [
                {"agency_id": a.agency_id, "name": a.name, "type": a.agency_type, "country": a.country}
                | {"suspended": a.suspended}
                for a in sorted(directory.agencies.values(), key=lambda each: each.agency_id)
            ]
        case "keys":
            return [
                {"key_id": k.key_id, "agency_id": k.agency_id, "use": k.use, "from": _moment(k.start_ms)}
                | {"to": _moment(k.end_ms), "revoked": k.revoked, "in_doubt_since": _moment(k.compromised_since_ms)}
                for k in sorted(directory.keys.values(), key=lambda each: (each.agency_id, each.start_ms, each.key_id))
            ]
        case "administrators":
            return [{"key_id": id_, "public": key.hex()} for id_, key in sorted(directory.administrators.items())]
        case "groups":
            return [
                {"group_id": g.group_id, "name": g.name, "members": sorted(g.members)}
                for g in sorted(members.groups.values(), key=lambda each: each.group_id)
            ]
        case "operations":
            return [
                {"operation_id": o.operation_id, "name": o.name, "from": _moment(o.start_ms), "to": _moment(o.end_ms)}
                for o in sorted(members.operations.values(), key=lambda each: each.operation_id)
            ]
        case _:
            return [
                {"focal_point_id": f.focal_point_id, "agency_id": f.agency_id, "role": f.role}
                | {"rights": sorted(f.rights), "issuer": f.issuer, "subject": f.subject, "suspended": f.suspended}
                for f in sorted(members.focal_points.values(), key=lambda each: each.focal_point_id)
            ]


def _moment(at_ms: int | None) -> str | None:
    return None if at_ms is None else datetime.fromtimestamp(at_ms / 1000, UTC).isoformat(timespec="seconds")

"""`ionics directory change`: one command a kind of change, made from the model of the kind."""

import types
from pathlib import Path
from typing import Any, get_args, get_origin

import click
from pydantic import ValidationError
from pydantic.fields import FieldInfo

from deploy.changes import make_changes, take_step
from deploy.home import ADMINISTRATORS, administrator_keys, key_path
from schemas.directory import COMMANDS, Command
from schemas.errors import DirectoryError
from schemas.keys import SigningKey, key_id
from schemas.settings import load_settings


@click.group()
def change() -> None:
    """Change an entry. Where two must sign, this proposes; another administrator then runs `directory approve`."""


def _command(model: type[Command]) -> click.Command:
    names = {name: info for name, info in model.model_fields.items() if name != "act_id"}
    parameters: list[click.Parameter] = [_option(name, info) for name, info in names.items()]
    signed = {"two": "Two administrators sign.", "one": "One administrator signs."}[model.signers]
    parameters += [
        click.Option(["--key", "key_file"], type=click.Path(path_type=Path), help="The administrator's key file."),
        click.Option(["--both"], is_flag=True, help="Sign for both administrators; in a dev-… deployment only."),
    ]

    def run(key_file: Path | None, both: bool, **fields: Any) -> None:
        _run(model, key_file, both=both, fields=fields)

    text = " ".join((model.__doc__ or "").split("\n\n")[0].split())
    return click.Command(model.kind.lower().replace("_", "-"), params=parameters, callback=run, help=f"{text} {signed}")


def _option(name: str, info: FieldInfo) -> click.Option:
    kinds = set(get_args(info.annotation)) if get_origin(info.annotation) is types.UnionType else {info.annotation}
    many = any(get_origin(kind) is list for kind in kinds)
    whole = int in kinds or any(get_args(kind)[:1] == (int,) for kind in kinds)
    return click.Option(
        ["--" + name.replace("_", "-"), name],
        multiple=many,
        type=int if whole else str,
        required=info.is_required() and name != "key_id" and not many,
        help="May be repeated." if many else None,
    )


def _run(model: type[Command], key_file: Path | None, *, both: bool, fields: dict[str, Any]) -> None:
    given: dict[str, Any] = {n: list(value) if isinstance(value, tuple) else value for n, value in fields.items()}
    if given.get("key_id") is None and given.get("public"):
        given["key_id"] = _named(given["public"])
    try:
        command = model.model_validate({name: value for name, value in given.items() if value is not None})
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"])).replace("_", "-")
        raise click.UsageError(f"--{place}: {first['msg']}") from error
    settings = load_settings()
    if both:
        if not settings.is_development:
            raise DirectoryError(f"deployment {settings.deployment}: two persons must sign; leave --both out")
        make_changes(settings, [command], *administrator_keys(settings))
        click.echo(f"done: {command.kind} {command.entry_id}")
        return
    digest = take_step(settings, command, SigningKey.load(key_file or key_path(settings, ADMINISTRATORS[0])))
    if digest is None:
        click.echo(f"done: {command.kind} {command.entry_id}")
    else:
        click.echo(f"proposed: {command.kind} {command.entry_id}; within 72 hours another administrator runs:")
        click.echo(f"ionics directory approve {digest[:16]} --key THEIR-KEY-FILE")


def _named(public: str) -> str:
    try:
        return key_id(bytes.fromhex(public))
    except ValueError:
        raise click.UsageError("--public: 64 hexadecimal digits") from None


for _model in COMMANDS.values():
    if _model.signers in ("one", "two"):  # the others have commands of their own
        change.add_command(_command(_model))

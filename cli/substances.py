"""Substances as a person names them, for the filters of the commands."""

import re

import click

from stream_processors.reference import Reference

_ID = re.compile(r"[A-Z]{14}-[A-Z]{10}-[A-Z]|(sub|mix|class):.+|ambiguous|unknown")


def substance_id_of(_context: click.Context, option: click.Parameter, text: str | None) -> str | None:
    """The id of a substance given by its id or any name of it; as a callback of an option."""
    if text is None or _ID.fullmatch(text):
        return text
    match = Reference.load().substance(text)
    if match.substance_id is None:
        could = f": it may be {' or '.join(match.candidates)}" if match.candidates else ""
        raise click.BadParameter(f"{text!r} is not the name of one substance{could}", param=option)
    return match.substance_id

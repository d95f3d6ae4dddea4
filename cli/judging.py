"""What the commands that judge have in common: who judges, the desk, and what was said."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

import click
import psycopg

from cli.accessing import noted
from cli.connections import reading
from cli.output import Column, number, print_json, print_table
from cli.references import named
from projections.judging import JudgementDesk
from projections.viewing import viewing
from schemas.directory import load_current, read_members
from schemas.judgement import Judgement
from schemas.rights import acting
from schemas.settings import Settings

as_option = click.option("--as", "person", metavar="FOCAL-POINT", help="Else the one that the command line acts as.")
reason_option = click.option("--reason", required=True, help="Why; it stays with the judgement and in the audit.")


@dataclass(frozen=True)
class Bench:
    """A desk, and what words mean to whoever sits at it."""

    settings: Settings
    desk: JudgementDesk
    connection: psycopg.Connection

    def incident(self, ref: str) -> str:
        """The id of an incident, by its id, the beginning of that, or its reference.

        Raises:
            ProjectionError: it means none that the person may see, or several.
        """
        with viewing(self.connection, self.settings.generation, self.settings.acting_as()) as views:
            return named(self.settings, views, ref)

    def case(self, ref: str) -> str:
        """The id of a case, which is that of its first incident.

        Raises:
            ProjectionError: there is no such incident that the person may see.
        """
        case_id = self.incident(ref)
        noted(self.settings, "LIST", {"case": case_id})
        return case_id


@contextmanager
def bench(person: str | None) -> Iterator[Bench]:
    """The desk of a focal point.

    Raises:
        ForbiddenError: it may not act.
        IonicsError: a server cannot be reached.
    """
    settings = load_current()
    found = acting(read_members(settings), person or settings.acting_as())
    settings = replace(settings, viewer=found.focal_point_id)
    with reading(settings) as connection:
        desk = JudgementDesk(settings, found, lambda: viewing(connection, settings.generation, found.focal_point_id))
        yield Bench(settings, desk, connection)


def tell(made: Sequence[Judgement], *, as_json: bool) -> None:
    """Print what was said."""
    if as_json:
        print_json([each.model_dump(mode="json") for each in made])
        return
    columns = [Column("left", fold=False), Column("right", fold=False), Column("verdict"), number("revision")]
    print_table(columns, [[each.left, each.right, each.verdict, each.revision] for each in made])

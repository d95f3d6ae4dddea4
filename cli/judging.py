"""What the commands that judge have in common: who judges, the desk, and what was said."""

from collections.abc import Sequence
from contextlib import AbstractContextManager

import click

from cli.accessing import noted
from cli.desks import Seat, seated
from cli.output import Column, number, print_json, print_table
from projections.judging import JudgementDesk
from schemas.judgement import Judgement

reason_option = click.option("--reason", required=True, help="Why; it stays with the judgement and in the audit.")


class Bench(Seat):
    """Somebody who judges."""

    @property
    def desk(self) -> JudgementDesk:
        """Where judgements are written."""
        return JudgementDesk(self.settings, self.person, self.views)

    def case(self, ref: str) -> str:
        """The id of a case, which is that of its first incident.

        Raises:
            ProjectionError: there is no such incident that the person may see.
        """
        case_id = self.incident(ref)
        noted(self.settings, "LIST", {"case": case_id})
        return case_id


def bench(person: str | None) -> AbstractContextManager[Bench]:
    """The seat of a focal point; see `cli.desks.seated`."""
    return seated(Bench, person)


def tell(made: Sequence[Judgement], *, as_json: bool) -> None:
    """Print what was said."""
    if as_json:
        print_json([each.model_dump(mode="json") for each in made])
        return
    columns = [Column("left", fold=False), Column("right", fold=False), Column("verdict"), number("revision")]
    print_table(columns, [[each.left, each.right, each.verdict, each.revision] for each in made])

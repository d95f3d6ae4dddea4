"""What a report states instead of a value: unknown, other, multiple.

Blank, "Unknown" and "Other" are three statements: nothing said, said to be unknown, said to be known and not listed.
"""

from typing import Literal, get_args

from stream_processors.reference.normalise import fold_words
from stream_processors.reference.tables import STATED, Tables

Statement = Literal["unknown", "other", "multiple"]


class Stated:
    """Recognises such statements in the reporting languages, from ``stated.csv``.

    Raises:
        ReferenceDataError: a row means something else than unknown, other or multiple.
    """

    def __init__(self, tables: Tables) -> None:
        self._means: dict[str, Statement] = {}
        for row in tables.rows(STATED):
            for statement in get_args(Statement):
                if row["means"] == statement:
                    self._means[fold_words(row["label"])] = statement
                    break
            else:
                raise row.error("means", f"{row['means']!r} must be one of {', '.join(get_args(Statement))}")

    def meaning(self, text: str) -> Statement | None:
        """The statement that a text makes, None where it is anything else."""
        return self._means.get(fold_words(text))

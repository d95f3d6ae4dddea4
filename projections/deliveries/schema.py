"""The schema of deliveries, which outlives generations."""

from importlib.resources import files

from projections.migrate import migrate_schema

SCHEMA = "dissemination"


def make_tables(database_url: str) -> None:
    """Make the schema, or bring it up to date. Idempotent.

    Args:
        database_url: of ``ionics_writer``.

    Raises:
        ProjectionError: the database refused.
    """
    migrate_schema(database_url, SCHEMA, files("projections") / "deliveries" / "migrations")

"""The views as they stood at a moment: a fold of the events admitted by then, in tables of its own.

Content is of the past, rights are today's: who the policy of an incident's latest revision shuts out does not see the
earlier ones either (`sharing.md`). So an incident whose latest policy is another one than at that moment is filed under
what both allow, and leaves its case: what others see of that does not tell of it.

A case is taken as its last event by then says; `at` in it is when the link or judgement was appended that changed it.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from typing import Any

import polars as pl
import psycopg
from psycopg import sql

from projections.catalogue_check import check_catalogue
from projections.filling import fill
from projections.matching import Read, RecordReader
from projections.matching.narrowing import without
from projections.members import write_members
from projections.migrate import schema_name
from projections.policies import COMMUNITY_CLASS, classified
from projections.projector import EnrichedDecoder, matched
from projections.sink import Decode, ViewSink
from projections.workspace import workspace
from schemas.directory import Members, read_members
from schemas.reading import Record
from schemas.settings import Settings
from schemas.sharing import admits
from schemas.topics import enriched
from stream_processors.runtime.log import Partition

_NARROWED_TLP = "AMBER"


@contextmanager
def as_of(
    settings: Settings, moment: datetime, on_batch: Callable[[int], None] = lambda _: None
) -> Iterator[tuple[int, int]]:
    """Tables over the events with ``admitted_at`` not after a moment; gone at the end.

    Args:
        settings: with the address of the writer.
        moment: with a time zone.
        on_batch: called with the number of events of each batch read.

    Yields:
        The number under which the tables are read, like a generation, and how many events are in them.

    Raises:
        ProjectionError: the database refused.
        LogError: the log cannot be read.
    """
    url, generation = settings.require("database_url"), settings.generation
    members = read_members(settings)
    with workspace(settings) as number, psycopg.connect(url, autocommit=True) as connection:
        ends, latest, audiences = _live(connection, settings, generation)
        decode = EnrichedDecoder(settings)
        read = RecordReader.of(settings)
        narrowed = _Narrowed(decode, latest, audiences, members)
        sink = ViewSink(connection, number, narrowed, partial(_narrowed_case, read, latest))
        kept = 0

        def wanted(rows: pl.DataFrame) -> pl.Series:
            nonlocal kept
            found = rows["admission_admitted_at"] <= moment
            kept += int(found.sum())
            return found

        fill(settings, sink, ({}, ends), on_batch, (decode, wanted), partial(_said_by, read, moment))
        write_members(connection, number, members)
        check_catalogue(connection, number)
        yield number, kept


def _said_by(read: Read, moment: datetime, record: Record) -> bool:
    """Whether a link or judgement was appended by then, or what changed a case was."""
    at: datetime | None = read(record).get("at")
    return record.timestamp_ms <= moment.timestamp() * 1000 if at is None else at <= moment


def _narrowed_case(read: Read, latest: dict[str, int], record: Record) -> dict[str, Any]:
    """A record; of a case without the members that are of another policy today."""
    content = read(record)
    members = [member["incident_id"] for member in content.get("members", ())]
    gone = [id_ for id_ in members if latest.get(id_, content["policy_class"]) != content["policy_class"]]
    return {**without(content, gone)} if gone else content


class _Narrowed:
    """Decodes values, with the audience of each narrowed to what its incident's latest policy allows, too."""

    def __init__(
        self, decode: Decode, latest: dict[str, int], audiences: dict[int, list[str]], members: Members
    ) -> None:
        self._decode, self._latest, self._audiences, self._members = decode, latest, audiences, members

    def __call__(self, values: list[bytes]) -> pl.DataFrame:
        rows = self._decode(values)
        if not rows.height:
            return rows
        classes = classified(rows)["policy_class"].to_list()
        ids = rows["incident_id"].to_list()
        differ = [n for n, id_ in enumerate(ids) if self._latest.get(id_, classes[n]) != classes[n]]
        if not differ:
            return rows
        audience, tlp = rows["audience"].to_list(), rows["tlp"].cast(pl.String).to_list()
        for n in differ:
            now = self._latest[ids[n]]
            audience[n] = self._both(audience[n], classes[n], self._audiences[now], now)
            tlp[n] = _NARROWED_TLP
        replaced = pl.Series("audience", audience, dtype=pl.List(pl.String)), pl.Series("tlp", tlp)
        return rows.with_columns(*(each.cast(rows.schema[each.name]) for each in replaced))

    def _both(self, then: list[str], then_class: int, now: list[str], now_class: int) -> list[str]:
        """Names of an audience that holds whoever is in both."""
        if now_class == COMMUNITY_CLASS:
            return then
        if then_class == COMMUNITY_CLASS:
            return now
        return [
            f"agency:{agency_id}"
            for agency_id in self._members.directory.agencies
            if admits(then, agency_id, self._members) and admits(now, agency_id, self._members)
        ]


def _live(
    connection: psycopg.Connection, settings: Settings, generation: int
) -> tuple[dict[Partition, int], dict[str, int], dict[int, list[str]]]:
    """Of the live tables, in one snapshot: positions, the class of each incident that was amended, audiences."""

    def table(name: str) -> sql.Identifier:
        return sql.Identifier(schema_name(generation), name)

    topics = [topic.name for topic in (enriched(settings.generation), *matched(settings.generation))]
    with connection.transaction():
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        rows = connection.execute(
            sql.SQL("SELECT topic, partition, next FROM {} WHERE topic = ANY(%s)").format(table("positions")), [topics]
        )
        positions = {Partition(topic, number): following for topic, number, following in rows}
        statement = sql.SQL("SELECT incident_id::text, policy_class FROM {} WHERE revision > 1")
        latest: dict[str, int] = dict(connection.execute(statement.format(table("incident"))).fetchall())
        statement = sql.SQL("SELECT class, audience FROM {}")
        audiences: dict[int, list[str]] = dict(connection.execute(statement.format(table("policy"))).fetchall())
    return positions, latest, audiences

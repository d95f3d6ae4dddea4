"""The views as they stood at a moment: a fold of the events admitted by then, in tables of its own.

Content is of the past, rights are today's: who the policy of an incident's latest revision shuts out does not see the
earlier ones either (`sharing.md`). So an incident whose latest policy is another one than at that moment is filed under
what both allow, and leaves its case: what others see of that does not tell of it.

A case is taken as its last event by then says; `at` in it is when the link or judgement was appended that changed it.
An alert and a watch are taken at the last revision that was appended by then, and filed under the policies of then and
of today, all of which must allow a viewer.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, LiteralString
from uuid import UUID

import polars as pl
import psycopg
from psycopg import sql

from projections.alerting import Policy, with_policies
from projections.catalogue_check import check_catalogue
from projections.loading import Narrowed, load
from projections.matching import Read, RecordReader, kind_of
from projections.matching.narrowing import without
from projections.members import write_members
from projections.migrate import schema_name
from projections.projector import EnrichedDecoder, matched
from projections.requests.tables import forget_escalations
from projections.sink import Decode
from projections.workspace import workspace
from schemas.directory import Members, read_members
from schemas.errors import ProjectionError
from schemas.policies import COMMUNITY_CLASS, classified
from schemas.reading import Record
from schemas.settings import Settings
from schemas.sharing import admits
from schemas.topics import INCIDENTS, SUBMISSIONS, WATCHES, Topic, alerts, cases, enriched
from stream_processors.admit import GROUP as ADMIT_GROUP
from stream_processors.enrich import group as enrich_group
from stream_processors.runtime.lag import committed, lag
from stream_processors.runtime.log import Partition

_NARROWED_TLP = "AMBER"
_WHEN = "admission_admitted_at"
_CLOCKS = timedelta(seconds=1)


@dataclass(frozen=True)
class Filled:
    """What tables were filled with.

    Attributes:
        events: how many were admitted by the moment.
        rights: the token of the rights under which they were; see the table ``rights``.
    """

    events: int
    rights: UUID | None


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
    with workspace(settings) as number:
        yield number, fill_as_of(settings, number, moment, on_batch).events


def fill_as_of(settings: Settings, number: int, moment: datetime, on_batch: Callable[[int], None]) -> Filled:
    """Fill empty tables with the events admitted by a moment, under the rights of now.

    Args:
        settings: with the address of the writer, and the generation whose live tables say what the rights are.
        number: of the tables.
        moment: with a time zone.
        on_batch: called with the number of events of each batch read; may raise to give up.

    Raises:
        ProjectionError: the database refused.
        LogError: the log cannot be read.
    """
    with psycopg.connect(settings.require("database_url"), autocommit=True) as connection:
        live = _live(connection, settings.generation)
        members = read_members(settings)  # after the token: what changes in between changes it
        read = RecordReader.of(settings)
        narrowed = Narrowed(
            lambda rows: rows[_WHEN] <= moment,
            (_WHEN,),
            _Narrowed(EnrichedDecoder(settings), live.latest, live.audiences, members),
            partial(_said_by, read, moment),
            partial(_narrowed, read, live),
        )
        _, kept = load(settings, (connection, number), live.positions, on_batch, narrowed)
        write_members(connection, number, members)
        forget_escalations(connection, settings.generation, number)
        check_catalogue(connection, number)
        return Filled(kept, live.rights)


def is_final(settings: Settings, moment: datetime) -> bool:
    """Whether no event admitted by then can still come: the moment is past, and all appended by then is in the views.

    Clocks of brokers that are late by more than a second are not reckoned with.

    Raises:
        LogError: the log does not answer.
        ProjectionError: the database refused.
    """
    if moment > datetime.now(UTC) - _CLOCKS:
        return False
    generation, at_ms = settings.generation, moment.timestamp() * 1000
    ways: tuple[tuple[Topic, Callable[[], dict[int, int]]], ...] = (
        (SUBMISSIONS, lambda: committed(settings, ADMIT_GROUP, SUBMISSIONS)),
        (INCIDENTS, lambda: committed(settings, enrich_group(generation), INCIDENTS)),
        (enriched(generation), lambda: _projected(settings)),
    )
    unread = (lag(settings, topic, read()).oldest_ms for topic, read in ways)
    return all(oldest_ms is None or oldest_ms > at_ms for oldest_ms in unread)


def _projected(settings: Settings) -> dict[int, int]:
    statement = sql.SQL("SELECT partition, next FROM {} WHERE topic = %s")
    table = sql.Identifier(schema_name(settings.generation), "positions")
    try:
        with psycopg.connect(settings.require("database_url")) as connection:
            return dict(connection.execute(statement.format(table), [enriched(settings.generation).name]).fetchall())
    except psycopg.Error as error:
        raise ProjectionError(f"the read store: {(str(error).splitlines() or ['no answer'])[0]}") from error


def _said_by(read: Read, moment: datetime, record: Record) -> bool:
    """Whether a record was appended by then; of a case, whether what changed it was."""
    if kind_of(record.topic) != cases(1).schema:
        return record.timestamp_ms <= moment.timestamp() * 1000
    at: datetime = read(record)["at"]
    return at <= moment


def _narrowed(read: Read, live: "_Live", record: Record) -> dict[str, Any]:
    """A record; of a case without the members that are of another policy today, of others filed under today's, too."""
    content, kind = read(record), kind_of(record.topic)
    if kind == alerts(1).schema:
        return {**with_policies(content, live.policies_of(content["alert_id"]))}
    if kind == WATCHES.schema:
        return {**with_policies(content, live.policies_of(content["watch_id"]))}
    members = [member["incident_id"] for member in content.get("members", ())]
    gone = [id_ for id_ in members if live.latest.get(id_, content["policy_class"]) != content["policy_class"]]
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


@dataclass(frozen=True)
class _Live:
    """Of the live tables, in one snapshot.

    Attributes:
        latest: the class of each amended incident.
        shared: the classes of each revised alert and watch.
        policies: class → owner and audience.
        rights: the token.
    """

    positions: dict[Partition, int]
    latest: dict[str, int]
    shared: dict[str, list[int]]
    policies: dict[int, tuple[str, list[str]]]
    rights: UUID | None

    @property
    def audiences(self) -> dict[int, list[str]]:
        """Class → audience."""
        return {class_: audience for class_, (_, audience) in self.policies.items()}

    def policies_of(self, id_: str) -> list[Policy]:
        """The policies of today of an alert or watch that was revised, without that of the community."""
        return [Policy(class_, *self.policies[class_]) for class_ in self.shared.get(id_, ()) if class_]


def _live(connection: psycopg.Connection, generation: int) -> _Live:
    def rows(text: LiteralString, name: str, *parameters: object) -> list[Any]:
        table = sql.Identifier(schema_name(generation), name)
        return connection.execute(sql.SQL(text).format(table), parameters).fetchall()

    topics = [topic.name for topic in (enriched(generation), *matched(generation))]
    with connection.transaction():
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        positions = rows("SELECT topic, partition, next FROM {} WHERE topic = ANY(%s)", "positions", topics)
        latest = rows("SELECT incident_id::text, policy_class FROM {} WHERE revision > 1", "incident")
        shared = [
            *rows("SELECT alert_id::text, policy_classes FROM {} WHERE revision > 1", "alert"),
            *rows("SELECT watch_id::text, policy_classes FROM {} WHERE revision > 1", "watch"),
        ]
        policies = rows("SELECT class, owner, audience FROM {}", "policy")
        rights = rows("SELECT changed FROM {}", "rights")
    return _Live(
        {Partition(topic, number): following for topic, number, following in positions},
        dict(latest),
        dict(shared),
        {class_: (owner, audience) for class_, owner, audience in policies},
        rights[0][0] if rights else None,
    )

"""Writes the events of a generation into its tables: one batch, one PostgreSQL transaction.

The tables are a function of the set of events. The current revision is the highest that was seen, whatever came first;
aggregates change by difference, the contribution of the new current revision minus that of the old one, which is
computed again from the value stored with it, by the same function. Where a case comes to say of an incident that it
repeats another one, or says so no more, the aggregates change by the difference of these, too.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import polars as pl
import psycopg
from psycopg.pq import TransactionStatus

from projections.alerting import AlertTables, WatchTable, policies_of_alert, policies_of_watch
from projections.contributions import AGGREGATES, REPEATS, contributions, contributions_of_rows, difference
from projections.copying import array_literals, copy_text
from projections.matching import Arrivals, MatchTables, Read, arrivals, read_current
from projections.matching.rows import Content
from projections.migrate import schema_name
from projections.requests.tables import RequestTables
from projections.rows import incident_rows, item_rows, revision_rows
from projections.statements import Statements
from schemas.errors import ProjectionError
from schemas.policies import classified, policies
from schemas.reading import Record

Decode = Callable[[list[bytes]], pl.DataFrame]
Partition = tuple[str, int]

_VALUE = "value"


@dataclass(frozen=True)
class Loadable:
    """Incidents on their way into empty tables.

    Attributes:
        policies: what their policies are made of, a row an incident.
        texts: table → its columns, and its rows as blocks of COPY's text.
        contributions: what they add to each aggregate.
    """

    policies: pl.DataFrame
    texts: Mapping[str, tuple[Sequence[str], Sequence[bytes]]]
    contributions: Mapping[str, pl.DataFrame]


class ViewSink:
    """The tables of one generation, for one writer.

    After an error nothing of the batch is stored and the connection may be used again, unless it was lost.

    Args:
        connection: of ``ionics_writer``, outside a transaction, used by nobody else.
        generation: its schema must exist (`migrate`).
        decode: enriched values, each with its frame, → columns as the columnar decoder gives them, one row a value, in
            order. It is also given values stored earlier.
        read: the content of a record of links, judgements, cases, alerts or watches; else under the
            schemas of this version.
    """

    def __init__(
        self, connection: psycopg.Connection, generation: int, decode: Decode, read: Read = read_current
    ) -> None:
        self._connection = connection
        self._decode, self._read = decode, read
        self._sql = Statements(schema_name(generation))
        self._matching = MatchTables(schema_name(generation))
        self._alerts, self._watches = AlertTables(schema_name(generation)), WatchTable(schema_name(generation))
        self._requests = RequestTables(schema_name(generation))

    def positions(self) -> dict[Partition, int]:
        """The next offset to read of each partition that was ever advanced.

        Raises:
            ProjectionError: the database could not be read.
        """
        try:
            with self._connection.transaction():
                rows = self._connection.execute(self._sql.read_positions).fetchall()
        except psycopg.Error as error:
            raise ProjectionError(f"positions could not be read: {error}") from error
        return {(topic, partition): following for topic, partition, following in rows}

    def apply(
        self,
        values: Sequence[bytes],
        advance: Mapping[Partition, tuple[int, int]],
        others: Sequence[Record] = (),
    ) -> None:
        """Store a batch and advance the positions, or do nothing of it.

        Args:
            values: enriched incidents in any order; repeated ones change nothing.
            advance: for each partition touched the position that the batch begins at, and the one after it. A
                partition never seen begins at 0.
            others: records of links, judgements, cases, alerts and watches, likewise.

        Raises:
            ProjectionError: another position stands in the database (another writer is at work, or the caller lost
                its place), a value does not fit, or the database refused.
            ContractError: from ``decode``.
        """
        if self._connection.info.transaction_status != TransactionStatus.IDLE:
            raise ProjectionError("the connection is in a transaction; a batch needs one of its own")
        batch, found = self._decoded(values), arrivals(others, self._read)
        try:
            with self._connection.transaction():
                self._advance(advance)
                self._store_matches(found)
                self._store_alerts(found)
                if batch.height:
                    self._store(batch)
        except psycopg.Error as error:
            raise ProjectionError(f"a batch of {len(values)} values could not be stored: {error}") from error

    def repeats(self) -> pl.DataFrame:
        """All incidents that repeat another one, by what cases say now: as `contributions.REPEATS`.

        Raises:
            ProjectionError: the database could not be read.
        """
        try:
            with self._connection.transaction():
                found = self._connection.execute(self._sql.read_all_repeats).fetchall()
        except psycopg.Error as error:
            raise ProjectionError(f"members of cases could not be read: {error}") from error
        return pl.DataFrame(found, schema=REPEATS, orient="row")

    def loadable(self, values: Sequence[bytes], without: pl.Series, repeats: pl.DataFrame) -> "Loadable":
        """What `load` stores of enriched incidents. Asks nothing of the database: it can be made beside another.

        Args:
            values: enriched incidents, none twice.
            without: ids (String) of incidents that are left out.
            repeats: all `repeats`; no case may come between this and `load`.

        Raises:
            ProjectionError: a value does not fit.
            ContractError: from ``decode``.
        """
        batch = self._decoded(values)
        if batch.height and len(without):
            batch = batch.filter(~pl.col("incident_id").is_in(without.implode()))
        if not batch.height:
            return Loadable(batch, {}, {})
        incidents, items = incident_rows(batch), item_rows(batch)
        rows = {
            "incident_revision": revision_rows(batch),
            "incident": incidents.with_columns(batch[_VALUE]),
            "item": items,
        }
        texts = {name: (table.columns, list(copy_text(table))) for name, table in rows.items()}
        return Loadable(
            batch.select("policy_class", "agency_id", "audience"),
            texts,
            contributions_of_rows(incidents, items, repeats),
        )

    def load(self, batch: "Loadable") -> None:
        """Store incidents of which there is nothing yet and nothing but this; the aggregates stay as they are.

        Much cheaper than `apply`, which must ask first, and for tables without indexes.

        Raises:
            ProjectionError: the database refused.
        """
        if not batch.texts:
            return
        try:
            with self._connection.transaction():
                self._keep_policies(policies(batch.policies).iter_rows())
                for name, (columns, blocks) in batch.texts.items():
                    self._copy_text(name, columns, blocks)
        except psycopg.Error as error:
            raise ProjectionError(f"incidents could not be loaded: {error}") from error

    def add(self, contributions: Mapping[str, pl.DataFrame]) -> None:
        """Fill aggregates in which there is nothing yet.

        Raises:
            ProjectionError: the database refused.
        """
        try:
            with self._connection.transaction():
                for name, rows in contributions.items():
                    self._copy(name, rows.sort(AGGREGATES[name]))
        except psycopg.Error as error:
            raise ProjectionError(f"aggregates could not be filled: {error}") from error

    def _decoded(self, values: Sequence[bytes]) -> pl.DataFrame:
        given = list(values)
        columns = self._decode(given)
        if columns.height != len(given):
            raise ProjectionError(f"{len(given)} values were decoded into {columns.height} rows")
        return classified(columns).with_columns(pl.Series(_VALUE, given, dtype=pl.Binary))

    def _advance(self, advance: Mapping[Partition, tuple[int, int]]) -> None:
        for (topic, partition), (old, new) in advance.items():
            if new < old:
                raise ProjectionError(f"{topic}/{partition} cannot go back from {old} to {new}")
        moves = sorted((topic, partition, old, new) for (topic, partition), (old, new) in advance.items())
        if not moves:
            return
        found = set(self._connection.execute(self._sql.advance, _transposed(moves)).fetchall())
        starts = [move for move in moves if move[:2] not in found and move[2] == 0]
        if starts:
            found |= set(self._connection.execute(self._sql.start, _transposed(starts)).fetchall())
        for topic, partition, old, _ in moves:
            if (topic, partition) not in found:
                raise ProjectionError(
                    f"{topic}/{partition}: the batch begins at {old}, but the database is elsewhere; "
                    "read the positions again and start from there"
                )

    def _store(self, batch: pl.DataFrame) -> None:
        self._keep_policies(policies(batch).iter_rows())
        self._insert_revisions(revision_rows(batch).unique(["incident_id", "revision"], keep="first"))
        latest = batch.sort("incident_id", "revision").unique("incident_id", keep="last", maintain_order=True)
        present = self._present(latest)
        if present.height:
            latest = latest.join(present, on="incident_id", how="left", maintain_order="left").filter(
                pl.col("present").is_null() | (pl.col("present") < pl.col("revision"))
            )
        if not latest.height:
            return
        replaced = present.filter(pl.col(_VALUE).is_not_null())
        incidents, items = incident_rows(latest), item_rows(latest)
        repeats = self._repeats(latest["incident_id"].to_list())
        changes = contributions_of_rows(incidents, items, repeats)
        before = classified(self._decode(replaced[_VALUE].to_list())) if replaced.height else None
        old = None if before is None else contributions(before, repeats)
        if before is not None and self._changes_rights(before, latest):
            self._connection.execute(self._sql.rights_changed)
        if replaced.height:
            ids = array_literals(replaced.select("incident_id"))
            self._connection.execute(self._sql.delete_items, ids)
            self._connection.execute(self._sql.delete_incidents, ids)
        self._copy("incident", incidents.with_columns(latest[_VALUE]))
        self._copy("item", items)
        self._change(changes, old)

    def _changes_rights(self, before: pl.DataFrame, latest: pl.DataFrame) -> bool:
        """Whether an incident is shared otherwise than before."""
        both = before.select("incident_id", "policy_class").join(latest, on="incident_id", suffix="_now")
        return bool((both["policy_class"] != both["policy_class_now"]).any())

    def _store_matches(self, found: Arrivals) -> None:
        self._matching.store(self._connection, found)
        self._requests.store(self._connection, found.messages)
        newer = self._matching.cases.newer(self._connection, found.cases) if found.cases else []
        if newer:
            self._replace_cases(newer)

    def _store_alerts(self, found: Arrivals) -> None:
        shared = [policy for alert in found.alerts for policy in policies_of_alert(alert)]
        shared += [policy for _, watch in found.watches for policy in policies_of_watch(watch)]
        self._keep_policies(dict.fromkeys((class_, owner, tuple(to)) for class_, owner, to in shared))
        turned = self._alerts.store(self._connection, found.alerts)
        if self._watches.store(self._connection, found.watches) or turned:
            self._connection.execute(self._sql.rights_changed)

    def _replace_cases(self, newer: Sequence[Content]) -> None:
        cases = self._matching.cases
        members = cases.members(self._connection, newer)
        before = self._repeats(members)
        cases.replace(self._connection, newer)
        after = self._repeats(members)
        turned = pl.concat([before, after]).filter(~pl.struct(pl.all()).is_duplicated())
        rows = self._connection.execute(self._sql.read_values, [turned["incident_id"].unique().to_list()]).fetchall()
        if rows:
            values = [value for (value,) in rows]
            self._change(self._contributions(values, after), self._contributions(values, before))

    def _repeats(self, incident_ids: list[str]) -> pl.DataFrame:
        """Of these incidents those that repeat another one, by what cases say now."""
        found = self._connection.execute(self._sql.read_repeats, [incident_ids]).fetchall()
        return pl.DataFrame(found, schema=REPEATS, orient="row")

    def _contributions(self, values: list[bytes], repeats: pl.DataFrame) -> dict[str, pl.DataFrame]:
        return contributions(classified(self._decode(values)), repeats)

    def _keep_policies(self, shared: Iterable[tuple[int, str, Sequence[str]]]) -> None:
        for class_, owner, to in shared:
            audience = list(to)
            self._connection.execute(self._sql.insert_policy, [class_, owner, audience])
            kept = self._connection.execute(self._sql.read_policy, [class_]).fetchone()
            if kept != (owner, audience):
                raise ProjectionError(f"two policies have class {class_}: {kept} and {(owner, audience)}")

    def _insert_revisions(self, rows: pl.DataFrame) -> None:
        self._connection.execute(self._sql.insert_revisions, array_literals(rows.sort("incident_id", "revision")))

    def _present(self, latest: pl.DataFrame) -> pl.DataFrame:
        """What is stored of these incidents: its revision, and its value if a higher one has come."""
        arrays = array_literals(latest.select("incident_id", "revision"))
        found = self._connection.execute(self._sql.read_present, arrays).fetchall()
        schema = {"incident_id": pl.String, "present": pl.Int32, _VALUE: pl.Binary}
        return pl.DataFrame(found, schema=schema, orient="row")

    def _copy(self, table: str, rows: pl.DataFrame) -> None:
        if rows.height:
            self._copy_text(table, rows.columns, copy_text(rows))

    def _copy_text(self, table: str, columns: Sequence[str], blocks: Iterable[bytes]) -> None:
        with self._connection.cursor() as cursor, cursor.copy(self._sql.copy(table, columns)) as copy:
            for block in blocks:
                copy.write(block)

    def _change(self, new: Mapping[str, pl.DataFrame], old: Mapping[str, pl.DataFrame] | None) -> None:
        for name, changes in difference(new, old).items():
            if not changes.height:
                continue
            self._connection.execute(self._sql.change[name], array_literals(changes))
            falling = changes.filter(pl.col("reported") < 0) if old is not None else changes.clear()
            if falling.height:
                keys = falling.select(AGGREGATES[name])
                self._connection.execute(self._sql.delete_empty[name], array_literals(keys))


def _transposed(moves: Sequence[tuple[str, int, int, int]]) -> list[list[object]]:
    return [list(column) for column in zip(*moves, strict=True)]

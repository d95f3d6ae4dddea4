"""The tables ``alert``, ``alert_incident`` and ``watch``: each alert and watch at the revision that holds."""

from collections.abc import Sequence

import psycopg
from psycopg import sql

from projections.alerting.policies import Content, classes, policies_of_alert, policies_of_watch
from projections.alerting.rows import ALERT, ALERT_INCIDENT, WATCH, alert_incident_rows, alert_rows, current, watch_rows
from projections.copying import array_literals
from projections.matching.statements import insert, upsert


class AlertTables:
    """Alerts of one schema."""

    def __init__(self, schema: str) -> None:
        alert, incident = sql.Identifier(schema, "alert"), sql.Identifier(schema, "alert_incident")
        self._held = sql.SQL(
            "SELECT alert_id::text, revision, policy_classes FROM {} WHERE alert_id = ANY(%s::uuid[])"
        ).format(alert)
        self._delete = [
            sql.SQL("DELETE FROM {} WHERE alert_id = ANY(%s::uuid[])").format(table) for table in (alert, incident)
        ]
        self._insert_alert, self._insert_incident = insert(alert, ALERT), insert(incident, ALERT_INCIDENT)

    def store(self, connection: psycopg.Connection, alerts: Sequence[Content]) -> bool:
        """Store revisions within a transaction, in any order; whether one is shared otherwise than before.

        Repeated ones change nothing.
        """
        found = current(alerts)
        if not found:
            return False
        rows = connection.execute(self._held, [sorted(found)]).fetchall()
        held = {id_: (revision, shared) for id_, revision, shared in rows}
        newer = [alert for id_, alert in sorted(found.items()) if id_ not in held or held[id_][0] < alert["revision"]]
        ids = [alert["alert_id"] for alert in newer]
        for statement in self._delete:
            connection.execute(statement, [ids])
        for statement, frame in (
            (self._insert_alert, alert_rows(newer)),
            (self._insert_incident, alert_incident_rows(newer)),
        ):
            if frame.height:
                connection.execute(statement, array_literals(frame))
        return any(
            alert["alert_id"] in held and held[alert["alert_id"]][1] != classes(policies_of_alert(alert))
            for alert in newer
        )


class WatchTable:
    """Watches of one schema."""

    def __init__(self, schema: str) -> None:
        table = sql.Identifier(schema, "watch")
        self._held = sql.SQL("SELECT watch_id::text, policy_classes FROM {} WHERE watch_id = ANY(%s::uuid[])").format(
            table
        )
        self._watch = upsert(table, WATCH, ("watch_id",), ("revision", "body"))

    def store(self, connection: psycopg.Connection, records: Sequence[tuple[bytes, Content]]) -> bool:
        """Store bodies and contents within a transaction, in any order; whether one is shared otherwise than before."""
        rows = watch_rows(records)
        if not rows.height:
            return False
        shared: dict[str, list[int]] = dict(connection.execute(self._held, [rows["watch_id"].to_list()]).fetchall())
        connection.execute(self._watch, array_literals(rows))
        return any(
            shared.get(content["watch_id"], classes(policies_of_watch(content))) != classes(policies_of_watch(content))
            for _, content in records
        )

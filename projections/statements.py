"""The SQL of the sink, composed once for the schema of a generation. Rows come in as arrays, one a column."""

from collections.abc import Mapping, Sequence

from psycopg import sql

from projections.contributions import AGGREGATES, MEASURES

_MAY_BE_NULL = ("latitude_udeg", "longitude_udeg")
_TYPES: Mapping[str, str] = {
    "policy_class": "bigint[]",
    "latitude_udeg": "integer[]",
    "longitude_udeg": "integer[]",
    "incidents": "bigint[]",
    "reported": "bigint[]",
    "items": "bigint[]",
    "mass_ug": "numeric[]",
    "items_without_mass": "bigint[]",
}
_REVISIONS = (
    "uuid[]",
    "integer[]",
    "text[]",
    "timestamptz[]",
    "text[]",
    "text[]",
    "boolean[]",
    "bigint[]",
)
_MOVES = ("text[]", "integer[]", "bigint[]", "bigint[]")


class Statements:
    """What the sink executes in one schema."""

    def __init__(self, schema: str) -> None:
        self._schema = schema
        self.read_positions = self._composed("SELECT topic, partition, next FROM {positions}")
        self.advance = self._composed(
            "UPDATE {positions} p SET next = m.following FROM {moves} AS m (topic, partition, old, following) "
            "WHERE p.topic = m.topic AND p.partition = m.partition AND p.next = m.old "
            "RETURNING p.topic, p.partition",
            moves=_unnest(_MOVES),
        )
        self.start = self._composed(
            "INSERT INTO {positions} (topic, partition, next) "
            "SELECT topic, partition, following FROM {moves} AS m (topic, partition, old, following) "
            "ON CONFLICT DO NOTHING RETURNING topic, partition",
            moves=_unnest(_MOVES),
        )
        self.insert_policy = self._composed("INSERT INTO {policy} VALUES (%s, %s, %s) ON CONFLICT DO NOTHING")
        self.read_policy = self._composed("SELECT owner, audience FROM {policy} WHERE class = %s")
        self.insert_revisions = self._composed(
            "INSERT INTO {incident_revision} SELECT * FROM {rows} ON CONFLICT DO NOTHING", rows=_unnest(_REVISIONS)
        )
        # The value is fetched only where it will be replaced: a batch delivered again needs none.
        self.read_present = self._composed(
            "SELECT i.incident_id::text, i.revision, CASE WHEN i.revision < n.revision THEN i.value END "
            "FROM {rows} AS n (incident_id, revision) JOIN {incident} i ON i.incident_id = n.incident_id",
            rows=_unnest(("uuid[]", "integer[]")),
        )
        self.read_repeats = self._composed(
            "SELECT incident_id::text, policy_class FROM {case_member} "
            "WHERE incident_id = ANY(%s::uuid[]) AND canonical_id <> incident_id GROUP BY 1, 2"
        )
        self.read_all_repeats = self._composed(
            "SELECT incident_id::text, policy_class FROM {case_member} WHERE canonical_id <> incident_id GROUP BY 1, 2"
        )
        self.read_values = self._composed(
            "SELECT value FROM {incident} WHERE incident_id = ANY(%s::uuid[]) AND NOT withdrawn ORDER BY incident_id"
        )
        self.delete_items = self._composed("DELETE FROM {item} WHERE incident_id = ANY(%s::uuid[])")
        self.delete_incidents = self._composed("DELETE FROM {incident} WHERE incident_id = ANY(%s::uuid[])")
        self.rights_changed = rights_changed(schema)
        self.change = {name: self._change(name, keys, MEASURES[name]) for name, keys in AGGREGATES.items()}
        self.delete_empty = {name: self._delete_empty(name, keys) for name, keys in AGGREGATES.items()}

    def copy(self, table: str, columns: Sequence[str]) -> sql.Composed:
        """Reads rows of these columns, in this order, into a table."""
        name = sql.Identifier(self._schema, table)
        return sql.SQL("COPY {} ({}) FROM STDIN").format(name, _names(columns))

    def _composed(self, text: str, **parts: sql.Composable) -> sql.Composed:
        tables = ("positions", "policy", "incident", "incident_revision", "item", "case_member")
        names = {name: sql.Identifier(self._schema, name) for name in tables}
        return sql.SQL(text).format(**names, **parts)

    def _change(self, name: str, keys: Sequence[str], measures: Sequence[str]) -> sql.Composed:
        added = [sql.SQL("{0} = old.{0} + EXCLUDED.{0}").format(sql.Identifier(measure)) for measure in measures]
        return sql.SQL(
            "INSERT INTO {table} AS old ({columns}) SELECT * FROM {rows} ON CONFLICT ({keys}) DO UPDATE SET {added}"
        ).format(
            table=sql.Identifier(self._schema, name),
            columns=_names([*keys, *measures]),
            rows=_unnest([_TYPES.get(column, "text[]") for column in (*keys, *measures)]),
            keys=_names(keys),
            added=sql.SQL(", ").join(added),
        )

    def _delete_empty(self, name: str, keys: Sequence[str]) -> sql.Composed:
        # Keys that may be null are left out, so that the index serves; a row that nobody reported may go in any case.
        exact = [key for key in keys if key not in _MAY_BE_NULL]
        same = [sql.SQL("t.{0} = n.{0}").format(sql.Identifier(key)) for key in exact]
        return sql.SQL("DELETE FROM {table} t USING {rows} AS n ({keys}) WHERE {same} AND t.reported = 0").format(
            table=sql.Identifier(self._schema, name),
            rows=_unnest([_TYPES.get(key, "text[]") for key in keys]),
            keys=_names(keys),
            same=sql.SQL(" AND ").join(same),
        )


def rights_changed(schema: str) -> sql.Composed:
    """Gives the rights of a generation a new token."""
    return sql.SQL(
        "INSERT INTO {} (changed) VALUES (gen_random_uuid()) ON CONFLICT (one) DO UPDATE SET changed = EXCLUDED.changed"
    ).format(sql.Identifier(schema, "rights"))


def _names(names: Sequence[str]) -> sql.Composed:
    return sql.SQL(", ").join(sql.Identifier(name) for name in names)


def _unnest(types: Sequence[str]) -> sql.Composed:
    return sql.SQL("unnest({})").format(sql.SQL(", ").join(sql.SQL("%s::" + type_) for type_ in types))

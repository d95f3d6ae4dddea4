"""The aggregates: routes, places, substances over time, agencies, milestones.

Each row is one key with its class of substance: an incident with items of two classes counts in two rows, so rows of
different classes must not be added up. ``incidents`` counts seizures, each once however many report it; ``reported`` is
how many reports there are of them. What the viewer may see beyond the community's incidents is added when asked.
"""

from typing import LiteralString

import psycopg

from projections.queries.reading import Row, rows


def routes(
    connection: psycopg.Connection,
    generation: int,
    *,
    departure: str | None = None,
    destination: str | None = None,
    substance_class: str | None = None,
    since: str | None = None,
    until: str | None = None,
    limit: int = 100,
) -> list[Row]:
    """Routes by class of substance, most incidents first.

    Args:
        connection: of the reader.
        generation: whose tables.
        departure: alpha-3, or UNKNOWN, MULTIPLE, OTHER, UNRESOLVED; empty for routes without one.
        destination: likewise.
        substance_class: empty for items of no known class.
        since: first period, such as 2016-03 or 2016.
        until: last period.
        limit: at most so many rows.

    Returns:
        departure, transit, destination, substance_class and the measures.
    """
    statement: LiteralString = (
        "SELECT departure, transit, destination, substance_class, {sums} FROM {route_flow} "
        "WHERE (%(departure)s::text IS NULL OR departure = %(departure)s) "
        "AND (%(destination)s::text IS NULL OR destination = %(destination)s) "
        "AND (%(substance_class)s::text IS NULL OR substance_class = %(substance_class)s) AND {within} "
        "GROUP BY departure, transit, destination, substance_class "
        "ORDER BY sum(incidents) DESC, departure, transit, destination, substance_class LIMIT %(limit)s"
    )
    parameters = {
        "departure": departure,
        "destination": destination,
        "substance_class": substance_class,
        "since": since,
        "until": until,
        "limit": limit,
    }
    return rows(connection, generation, statement, parameters)


def heat(
    connection: psycopg.Connection,
    generation: int,
    *,
    country: str | None = None,
    substance_class: str | None = None,
    since: str | None = None,
    until: str | None = None,
    limit: int = 1000,
) -> list[Row]:
    """Places by class of substance, most incidents first.

    A place with several reported coordinates has a row for each; ``place_id`` is ``country:NZL`` where only the
    country is known, and empty where nothing is.
    """
    statement: LiteralString = (
        "SELECT place_id, place_name, country, latitude_udeg, longitude_udeg, substance_class, {sums} "
        "FROM {place_heat} WHERE (%(country)s::text IS NULL OR country = %(country)s) "
        "AND (%(substance_class)s::text IS NULL OR substance_class = %(substance_class)s) AND {within} "
        "GROUP BY place_id, place_name, country, latitude_udeg, longitude_udeg, substance_class "
        "ORDER BY sum(incidents) DESC, place_id, place_name, country, latitude_udeg, longitude_udeg, substance_class "
        "LIMIT %(limit)s"
    )
    parameters = {
        "country": country,
        "substance_class": substance_class,
        "since": since,
        "until": until,
        "limit": limit,
    }
    return rows(connection, generation, statement, parameters)


def timeline(
    connection: psycopg.Connection,
    generation: int,
    *,
    substance_id: str | None = None,
    substance_class: str | None = None,
    since: str | None = None,
    until: str | None = None,
) -> list[Row]:
    """Incidents of a substance, or of each substance of a class, by period.

    ``substance_id`` may be ``ambiguous`` or ``unknown``. Years whose month is not known stand before their months.
    """
    statement: LiteralString = (
        "SELECT substance_id, substance_class, period, {sums} "
        "FROM {substance_timeline} WHERE (%(substance_id)s::text IS NULL OR substance_id = %(substance_id)s) "
        "AND (%(substance_class)s::text IS NULL OR substance_class = %(substance_class)s) AND {within} "
        "GROUP BY substance_id, substance_class, period ORDER BY substance_id, substance_class, period"
    )
    parameters = {"substance_id": substance_id, "substance_class": substance_class, "since": since, "until": until}
    return rows(connection, generation, statement, parameters)


def agencies(
    connection: psycopg.Connection,
    generation: int,
    *,
    agency_id: str | None = None,
    since: str | None = None,
    until: str | None = None,
) -> list[Row]:
    """What each agency reported, by type of incident and period, and how often it amended and withdrew.

    Amendments and withdrawals are of incidents of all types, in the period in which they were admitted (UTC); they
    stand in rows of their own, with no type and no measures.
    """
    statement: LiteralString = (
        "SELECT * FROM (SELECT agency_id, incident_type, period, {sums}, "
        "0::bigint AS amendments, 0::bigint AS withdrawals FROM {agency_activity} GROUP BY 1, 2, 3 UNION ALL "
        "SELECT i.agency_id, NULL, to_char(r.admitted_at AT TIME ZONE 'UTC', 'YYYY-MM'), 0, 0, 0, 0, 0, "
        "count(*) FILTER (WHERE r.event_type = 'AMENDED'), count(*) FILTER (WHERE r.event_type = 'WITHDRAWN') "
        "FROM {incident_revision} r JOIN {incident} i USING (incident_id) "
        "WHERE NOT r.superseded AND r.event_type <> 'REPORTED' GROUP BY 1, 3) a "
        "WHERE (%(agency_id)s::text IS NULL OR agency_id = %(agency_id)s) AND {within} "
        "ORDER BY agency_id, period, incident_type"
    )
    return rows(connection, generation, statement, {"agency_id": agency_id, "since": since, "until": until})


def milestones(connection: psycopg.Connection, generation: int, step: int = 1000) -> dict[str, object]:
    """How many community incidents there are that are not withdrawn, and when each round number was passed.

    A seizure that several incidents report counts once, from the one that stands for it, and an incident from its
    earliest revision for the community. ``passed`` is recounted over the incidents of today: a withdrawal moves later
    numbers on.
    """
    counted = rows(connection, generation, "SELECT incidents, reported FROM {milestone} WHERE name = 'incidents'", {})
    statement: LiteralString = """
        SELECT number, admitted_at, incident_id::text FROM (
            SELECT row_number() OVER (ORDER BY admitted_at, incident_id) AS number, admitted_at, incident_id FROM (
                SELECT incident_id, min(r.admitted_at) AS admitted_at
                FROM {incident_revision} r JOIN {incident} i USING (incident_id)
                WHERE i.policy_class = 0 AND NOT i.withdrawn AND r.policy_class = 0
                    AND incident_id NOT IN (
                        SELECT m.incident_id FROM {case_member} m
                        WHERE m.policy_class = 0 AND m.canonical_id <> m.incident_id
                    )
                GROUP BY incident_id
            ) AS first
        ) AS numbered WHERE number %% %(step)s = 0 ORDER BY number
    """
    passed = rows(connection, generation, statement, {"step": step})
    return {**(counted[0] if counted else {"incidents": 0, "reported": 0}), "passed": passed}

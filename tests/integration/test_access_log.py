"""The access log on a real broker: the owner sees which agency looked on which day (failing closed: test_api)."""

from datetime import UTC, datetime

import psycopg

from deploy.agencies import add_agencies
from projections import queries
from projections.access_log import AccessEntry, AccessLog
from projections.viewing import viewing
from schemas.codec import FRAME_BYTES, codec
from schemas.directory import Agency
from schemas.reading import read_topic
from schemas.settings import Settings
from schemas.topics import ACCESS
from tests.integration.exchange import reported, stages


def test_the_owner_sees_which_agency_opened_its_incident(settings: Settings) -> None:
    """Agency and day, never person, purpose or query; and nobody but the owner sees it."""
    add_agencies(settings, [Agency("nzl-owner", "Owner", "CUSTOMS", "NZL"), Agency("aus-reader", "R", "POLICE", "AUS")])
    log = AccessLog(settings)
    with stages(settings, "admit", "enrich", "project", "members"):
        [submission] = reported(settings, "nzl-owner", 1)
        id_ = str(submission.incident_id)
        log.record(AccessEntry("aus-reader", "aus-reader", "API", "DETAIL", {"ref": id_}, [id_], purpose="case 7"))
        log.record(AccessEntry("aus-reader", "aus-reader", "API", "LIST", {"country": "NZL", "type": None}))
        with psycopg.connect(settings.reader_url, autocommit=True) as connection:
            for _ in range(2_000):
                with viewing(connection, settings.generation, "nzl-owner"):
                    seen = queries.opened_by(connection, settings.generation, id_)
                if seen:
                    break
            assert seen == [{"agency_id": "aus-reader", "day": datetime.now(UTC).date().isoformat()}]
            with viewing(connection, settings.generation, "aus-reader"):
                assert queries.incident(connection, settings.generation, id_) is not None
                assert queries.opened_by(connection, settings.generation, id_) == []
    log.close()
    entries = [
        codec("access").decode((record.value or b"")[FRAME_BYTES:]) for record in read_topic(settings, ACCESS.name)
    ]
    assert [("DETAIL", [id_], "case 7"), ("LIST", [], None)] == [
        (entry["action"], entry["incident_ids"], entry["purpose"])
        for entry in entries
        if entry["focal_point_id"] == "aus-reader"
    ]
    assert '{"country":"NZL"}' in [entry["query"] for entry in entries]

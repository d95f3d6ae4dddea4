"""Alerts and watches in the tables: a function of the set of records, and who sees which."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from random import Random
from typing import Any

import psycopg
import pytest

from projections import queries
from projections.digest import snapshot
from projections.members import write_members
from projections.migrate import drop, migrate
from projections.sink import ViewSink
from projections.viewing import viewing
from schemas.alert import Severity
from schemas.directory import SEES_ALL, Agency
from schemas.errors import DecodeError
from schemas.policies import policy_class
from tests.unit.projections.alerts import Alerts, alert_id, history
from tests.unit.projections.matches import incident_id
from tests.unit.projections.people import members, person
from tests.unit.projections.worlds import World, decode, encode

pytestmark = pytest.mark.stack

_ONE, _OTHER = 915, 916
_COMMUNITY = {"tlp": "GREEN", "audience": ["COMMUNITY"]}
_POLICE = ("agency-1", ("agency:police",))
_POST = ("agency-2", ("agency:post",))
_BOTH = ("agency-1", ("agency:police", "agency:post"))
_DIRECTORY = members(
    [Agency(id_, id_, "POLICE", "FJI") for id_ in ("police", "post", "agency-1")],
    [
        person("officer", "police"),
        person("clerk", "post"),
        person("owner", "agency-1"),
        person("all", "post", SEES_ALL),
    ],
)


@pytest.fixture
def writer(writer_url: str) -> Iterator[psycopg.Connection]:
    """A writer's connection, and the tables of two generations, without rows."""
    for generation in (_ONE, _OTHER):
        drop(writer_url, generation)
        migrate(writer_url, generation)
    with psycopg.connect(writer_url, autocommit=True) as connection:
        for generation in (_ONE, _OTHER):
            write_members(connection, generation, _DIRECTORY)
        yield connection
    for generation in (_ONE, _OTHER):
        drop(writer_url, generation)


@pytest.mark.parametrize("seed", range(3))
def test_order_and_batches_do_not_matter(writer: psycopg.Connection, seed: int) -> None:
    """Any order, any cuts, some twice: the same tables, and the highest revision of each."""
    records, chance = history(seed, 12), Random(seed)  # noqa: S311  # an order, not a secret
    ViewSink(writer, _ONE, decode).apply([], {}, records)
    other, left = ViewSink(writer, _OTHER, decode), chance.sample(records, len(records)) + chance.sample(records, 20)
    while left:
        taken = chance.choice([1, 3, 20])
        other.apply([], {}, left[:taken])
        left = left[taken:]
    assert snapshot(writer, _ONE) == snapshot(writer, _OTHER)
    for name, count in (("alert", 25), ("watch", 10)):
        assert writer.execute(f"SELECT count(*) FROM g{_ONE}.{name}".encode()).fetchone() == (count,)
    assert writer.execute(f"SELECT count(*) > 10 FROM g{_ONE}.alert_incident".encode()).fetchone() == (True,)
    revised = f"SELECT count(*) FROM g{_ONE}.alert WHERE revision = 2"
    assert writer.execute(revised.encode()).fetchone() == (15,)


def test_whoever_is_shut_out_later_costs_moments_their_tables(writer: psycopg.Connection) -> None:
    """The token of rights changes where an alert or a watch is shared otherwise than before, and only there."""
    sink, found = ViewSink(writer, _ONE, decode), Alerts()

    def token() -> Any:
        return writer.execute(f"SELECT changed FROM g{_ONE}.rights".encode()).fetchone()

    tokens = [token()]
    found.alert("a", shared=[_BOTH], kind="SPECIAL")
    found.alert("a", shared=[_POLICE], kind="SPECIAL")
    found.alert("a", shared=[_POLICE], kind="SPECIAL", severity="LOW")
    found.watch("w", "agency-1", ["COMMUNITY"])
    found.watch("w", "agency-1", ["agency:police"])
    found.watch("w", "agency-1", ["agency:police"], active=False)
    for record in found.records:
        sink.apply([], {}, [record])
        tokens.append(token())
    assert [before != after for before, after in pairwise(tokens)] == [
        False,
        True,
        False,
        False,
        True,
        False,
    ]


def test_a_policy_that_is_not_what_it_says_is_no_alert(writer: psycopg.Connection) -> None:
    """A class of another owner's would show it to others: it is a dead letter, and changes no policy."""
    found = Alerts()
    policies = [{"class": policy_class(*_POLICE), "owner": "agency-9", "audience": ["agency:police"]}]
    found.alert("a", policies=policies)
    with pytest.raises(DecodeError, match="has not the class"):
        ViewSink(writer, _ONE, decode).apply([], {}, found.records)


def _seen(reader_url: str, viewer: str) -> dict[str, Sequence[Any]]:
    with psycopg.connect(reader_url, autocommit=True) as connection, viewing(connection, _ONE, viewer):
        listed = queries.list_alerts(connection, _ONE, limit=500)
        return {
            "alerts": sorted(row["title"].removeprefix("alert ") for row in listed),
            "incidents": sorted(id_ for row in listed for id_ in row["incidents"]),
            "watches": sorted(
                row["value"].removeprefix("company ") for row in queries.list_watches(connection, _ONE, ended=True)
            ),
            "rows": [
                connection.execute(f"SELECT count(*) FROM g{_ONE}.{name}".encode()).fetchone()
                for name in ("alert", "alert_incident", "watch")
            ],
        }


def test_an_alert_is_seen_by_who_sees_all_that_it_follows_from(writer: psycopg.Connection, reader_url: str) -> None:
    """All of its policies; and every incident, as it is now. A special alert names what each reader may see."""
    found, world = Alerts(), World(1)
    incidents = [encode(world.record(number, **_COMMUNITY)) for number in range(4)]
    incidents += [encode(world.record(3, 2, "AMENDED", tlp="AMBER", audience=["agency:police"], agency_id="agency-1"))]
    found.alert("open", [0, 1])
    found.alert("police", [0], [_POLICE])
    found.alert("police and post", [0], [_POLICE, _POST])
    found.alert("both", [0], [_BOTH])
    found.alert("narrowed", [2, 3])
    found.alert("not there yet", [7])
    found.alert("special", [0, 3], kind="SPECIAL")
    found.alert("special of police", [0, 3], [_POLICE], kind="SPECIAL")
    found.watch("open", "agency-1", ["COMMUNITY"])
    found.watch("police", "agency-1", ["agency:police"])
    found.watch("post", "agency-2", ["agency:post"])
    ViewSink(writer, _ONE, decode).apply(incidents, {}, found.records)
    ids = [incident_id(number) for number in range(4)]
    everything = ["both", "narrowed", "open", "police", "police and post", "special", "special of police"]
    police = ["both", "narrowed", "open", "police", "special", "special of police"]
    seen = _seen(reader_url, "officer")
    assert (seen["alerts"], seen["watches"]) == (police, ["open", "police"])
    assert seen["incidents"] == sorted([*ids[:2], *[ids[0]] * 4, *ids[2:], *[ids[3]] * 2])
    assert seen["rows"] == [(6,), (10,), (2,)]
    assert _seen(reader_url, "owner") == seen
    clerk = _seen(reader_url, "clerk")
    assert (clerk["alerts"], clerk["watches"]) == (["both", "open", "special"], ["open", "post"])
    assert clerk["incidents"] == sorted([*ids[:2], ids[0], ids[0]])
    assert clerk["rows"] == [(3,), (4,), (2,)]
    assert (_seen(reader_url, "all")["alerts"], _seen(reader_url, "nobody")["alerts"]) == (everything, [])
    assert _seen(reader_url, "nobody")["rows"] == [(0,), (0,), (0,)]


def test_what_an_officer_asks_for(writer: psycopg.Connection, reader_url: str) -> None:
    """Each filter, pages without gap or repetition, and one alert with all that is known of it."""
    found, world = Alerts(), World(1)
    incidents = [encode(world.record(number, **_COMMUNITY)) for number in range(3)]
    subject = {"substance_id": "sub:a", "substance_class": "opioid", "countries": ["NZL"], "departure": "CHN"}
    found.alert("low", [0], severity="LOW", subject=subject | {"destination": "NZL"})
    found.alert("high", [1, 0], severity="HIGH", kind="SURGE", subject={"countries": [], "destination": "NZL"})
    found.alert("critical", [2], [_POLICE], severity="CRITICAL", status="WITHDRAWN", subject={"countries": ["AUS"]})
    special = {"author_id": "author", "author_agency": "agency-1", "text": "Beware.", "documents": []}
    found.alert("special", kind="SPECIAL", **special)
    ViewSink(writer, _ONE, decode).apply(incidents, {}, found.records)
    with psycopg.connect(reader_url, autocommit=True) as connection, viewing(connection, _ONE, "officer"):

        def titles(**asked: Any) -> list[str]:
            return [row["title"].removeprefix("alert ") for row in queries.list_alerts(connection, _ONE, **asked)]

        assert titles() == ["special", "critical", "high", "low"]
        assert titles(severity=Severity.HIGH) == ["critical", "high"]
        assert titles(kind="SURGE") == ["high"]
        assert titles(status="RAISED") == ["special", "high", "low"]
        assert titles(substance_id="sub:a") == titles(substance_class="opioid") == ["low"]
        assert titles(country="NZL") == ["high", "low"]
        assert titles(departure="CHN", destination="NZL") == titles(country="CHN") == ["low"]
        assert titles(incident_id=incident_id(0)) == ["high", "low"]
        assert titles(since="2026-01-01T00:02Z") == ["special", "critical"]
        after, pages = None, []
        while page := queries.list_alerts(connection, _ONE, limit=1, after=after):
            pages += page
            after = (page[-1]["raised_at"], page[-1]["alert_id"])
        assert pages == queries.list_alerts(connection, _ONE)
        assert len(pages) == 4
        document = queries.alert_document(connection, _ONE, alert_id("critical"))
        assert document is not None
        assert document["shared"] == [{"owner": "agency-1", "audience": ["agency:police"]}]
        [incident] = document["incidents"]
        assert (incident["incident_id"], incident["looked_at"], incident["source_ref"]) == (incident_id(2), 1, "REF-2")
        told = queries.alert_document(connection, _ONE, alert_id("special"))
        assert told is not None
        assert (told["alert"]["text"], told["alert"]["author_agency"], told["incidents"]) == ("Beware.", "agency-1", [])
        assert queries.find_alerts(connection, _ONE, alert_id("low")[:8]) == [alert_id("low")]
        for absent in (alert_id("nothing"), "no id"):
            assert queries.alert_document(connection, _ONE, absent) is None

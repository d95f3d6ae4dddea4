"""`ionics report`: one incident of an agency, reported, amended or withdrawn."""

import sys
from pathlib import Path
from typing import Any
from uuid import UUID

import click
import orjson

from cli.agency import reporting_country
from cli.output import json_option, print_json, remark
from producers import IncidentProducer, Outcome, Receipt, Submission
from schemas.errors import InvalidIncidentError, LogError
from schemas.identity import partition_of
from schemas.incident import AGENCY, Incident, Location
from schemas.known_schemas import KnownSchemas
from schemas.reading import read_topic
from schemas.settings import Settings, load_settings
from schemas.topics import INCIDENTS

_NOT_OF_THE_PLACE = ("place_type", "installation", "installation_text")


@click.command()
@click.option("--agency", "agency_id", required=True, metavar="ID", help="The agency that reports.")
@click.option("--file", "file", type=click.File("rb"), help="Fields of the incident as JSON; - for standard input.")
@click.option("--type", "incident_type", help="Code of the list incident_type; SEIZURE where nothing is said.")
@click.option("--on", "occurred_on", help="Date: YYYY-MM-DD, YYYY-MM or YYYY.")
@click.option("--precision", type=click.Choice(["DAY", "MONTH", "YEAR"]), help="Else as the date is written.")
@click.option("--country", help="Where: ISO 3166-1 alpha-3.")
@click.option("--country-text", help="Where: the country as reported.")
@click.option("--place", help="Where: the place as reported.")
@click.option("--item", "items", multiple=True, metavar="SUBSTANCE[;AMOUNT[;UNIT]]", help="May be repeated.")
@click.option("--substance", help="One item: its substance as reported.")
@click.option("--amount", help="One item: its amount.")
@click.option("--unit", help="One item: its unit.")
@click.option("--from", "departure", help="Country of departure: alpha-3 or as reported.")
@click.option("--to", "destination", help="Country of destination: alpha-3 or as reported.")
@click.option("--tlp", help="RED, AMBER_STRICT, AMBER, GREEN or CLEAR; AMBER where nothing is said.")
@click.option("--audience", multiple=True, help="COMMUNITY, country:XXX, agency:ID, group:ID; may be repeated.")
@click.option("--delegate", metavar="ID", help="Ask this secretariat to publish it instead, and tell nobody else.")
@click.option(
    "--may-share", multiple=True, metavar="AUDIENCE", help="With --delegate: to whom it may; may be repeated."
)
@click.option("--may-share-tlp", help="With --delegate: the most open label; AMBER where nothing is said.")
@click.option("--ref", "source_ref", help="The agency's own reference; it names the incident for ever.")
@click.option("--narrative", help="What happened, in words.")
@click.option("--amend", metavar="INCIDENT_ID", help="Change this incident: only the fields given.")
@click.option("--withdraw", metavar="INCIDENT_ID", help="Take this incident back.")
@click.option("--reason", help="Why it is amended or withdrawn.")
@click.option("--reporting-country", help="Country of the agency; else from the directory.")
@click.option("--wait", "wait_s", default=30.0, show_default=True, help="Seconds to wait for the receipt.")
@json_option
def report(  # one parameter an option
    agency_id: str,
    file: Any,
    amend: str | None,
    withdraw: str | None,
    reason: str | None,
    source_ref: str | None,
    reporting_country: str | None,  # noqa: ARG001  # read in _producer, from the context
    wait_s: float,
    as_json: bool,
    **options: Any,
) -> None:
    """Report an incident, or amend or withdraw one. Without a connection it waits in the outbox."""
    settings = load_settings()
    from_options = _from_options(**options)
    fields = {**_from_file(file), **from_options}
    in_file = fields.pop("source_ref", None)
    change = amend or withdraw
    if amend and withdraw:
        raise click.UsageError("--amend and --withdraw exclude each other")
    if change and not reason:
        raise click.UsageError("say why: --reason")
    if reason and not change:
        raise click.UsageError("--reason belongs to --amend or --withdraw")
    if change and source_ref:
        raise click.UsageError("--ref names a new incident; an amendment keeps that of its incident")
    if withdraw and fields:
        raise click.UsageError("a withdrawal changes no field: give --reason only")
    if amend and not fields:
        raise click.UsageError("say what changes: options or --file")
    with _producer(settings, agency_id) as producer:
        if change:
            current, receipt = current_revision(settings, change)
            if withdraw:
                submission = producer.withdraw(current, receipt, reason=reason or "")
            else:
                if "location" in from_options:
                    fields["location"] = amended_location(current.location, from_options["location"])
                submission = producer.amend(current, receipt, fields, reason=reason or "")
        else:
            content = {"incident_type": "SEIZURE", "tlp": "AMBER", "audience": ["COMMUNITY"], "location": {}, **fields}
            submission = producer.report(content, source_ref=source_ref or in_file)
        _tell(settings, producer, submission, wait_s, as_json=as_json)


def _producer(settings: Settings, agency_id: str) -> IncidentProducer:
    given = click.get_current_context().params.get("reporting_country")
    country = given or reporting_country(settings, agency_id)
    return IncidentProducer(agency_id, reporting_country=country, settings=settings)


def _tell(
    settings: Settings, producer: IncidentProducer, submission: Submission, wait_s: float, *, as_json: bool
) -> None:
    """Print the receipt, or that it has not come; exit 1 if the report was rejected."""
    receipt: Receipt | None = None
    waiting = 0
    try:
        if wait_s > 0 and settings.bootstrap:
            receipt = producer.wait(submission, wait_s)
    except LogError as error:
        remark(str(error))
    if receipt is None:
        waiting = producer.close(1.0)
    if as_json:
        shown = None if receipt is None else {name: getattr(receipt, name) for name in Receipt.__slots__}
        print_json(
            {
                "incident_id": submission.incident_id,
                "source_ref": submission.incident.source_ref,
                "revision": submission.revision,
                "receipt": shown,
                "in_outbox": waiting,
            }
        )
    else:
        click.echo(f"incident {submission.incident_id} revision {submission.revision}")
        if receipt is not None:
            why = f": {receipt.path}: {receipt.message} ({receipt.code})" if receipt.code else ""
            click.echo(f"{receipt.outcome}{why}")
        elif waiting:
            click.echo("in the outbox; `ionics outbox flush` delivers it when there is a connection")
        else:
            click.echo("delivered; the receipt has not come yet")
    if receipt is not None and receipt.outcome is Outcome.REJECTED:
        sys.exit(1)


def current_revision(settings: Settings, incident_id: str) -> tuple[Incident, Receipt]:
    """The current revision of an incident and what admission decided of it, from the log itself.

    The read store would know it sooner, but shows only what is for the community, and lags.

    Raises:
        InvalidIncidentError: there is no such incident.
        LogError: the log cannot be read.
    """
    try:
        wanted = str(UUID(incident_id))
    except ValueError:
        raise InvalidIncidentError("FORM", "incident_id", f"{incident_id!r} is no incident id") from None
    key = wanted.encode()
    schemas = KnownSchemas.of(settings)
    latest: dict[str, Any] | None = None
    for record in read_topic(settings, INCIDENTS.name, partitions=[partition_of(key)]):
        if record.key == key:
            found = schemas.decoded(record.value, "admitted")
            if latest is None or found["incident"]["revision"] > latest["incident"]["revision"]:
                latest = found
    if latest is None:
        raise InvalidIncidentError("UNKNOWN", "incident_id", f"{incident_id} was not admitted; see `ionics incident`")
    incident, admission = Incident.model_validate(latest["incident"]), latest["admission"]
    return incident, Receipt(
        Outcome.ACCEPTED,
        None,
        None,
        None,
        incident.incident_id,
        incident.event_id,
        incident.revision,
        admission["content_digest"],
        admission["signed_digest"],
        admission["admitted_at"],
        admission["submission_partition"],
        admission["submission_offset"],
    )


def amended_location(current: Location, given: dict[str, str]) -> dict[str, Any]:
    """The place of an incident with its country or its name changed.

    What was more exact than that was of the old place, so codes, coordinates and subdivision go.
    """
    kept = current.model_dump(include={"country", "country_text", "place_text", *_NOT_OF_THE_PLACE})
    if "country" in given or "country_text" in given:
        kept["country"] = kept["country_text"] = None
    return {**kept, **given}


def _from_file(file: Any) -> dict[str, Any]:
    if file is None:
        return {}
    name = "standard input" if file.name in {"-", "<stdin>"} else Path(str(file.name))
    try:
        fields = orjson.loads(file.read())
    except ValueError as error:
        raise InvalidIncidentError("FORM", "incident", f"{name} is not JSON: {error}") from None
    if not isinstance(fields, dict):
        raise InvalidIncidentError("FORM", "incident", f"{name} must hold one JSON object")
    return fields


def _from_options(
    *,
    incident_type: str | None,
    occurred_on: str | None,
    precision: str | None,
    country: str | None,
    country_text: str | None,
    place: str | None,
    items: tuple[str, ...],
    substance: str | None,
    amount: str | None,
    unit: str | None,
    departure: str | None,
    destination: str | None,
    tlp: str | None,
    audience: tuple[str, ...],
    narrative: str | None,
    delegate: str | None,
    may_share: tuple[str, ...],
    may_share_tlp: str | None,
) -> dict[str, Any]:
    """The fields that were given, and no others."""
    if (amount or unit) and not substance:
        raise click.UsageError("--amount and --unit need --substance")
    if bool(delegate) != bool(may_share) or (may_share_tlp and not delegate):
        raise click.UsageError("--delegate and --may-share belong together")
    location = {"country": country, "country_text": country_text, "place_text": place}
    legs = (("DEPARTURE", departure), ("DESTINATION", destination))
    found: dict[str, Any] = {
        "incident_type": incident_type,
        "location": {name: value for name, value in location.items() if value} or None,
        "items": [item_of(text) for text in items]
        + ([{"substance_text": substance, "amount_text": amount, "unit_text": unit}] if substance else []),
        "route": [leg_of(role, text) for role, text in legs if text],
        "tlp": tlp and label_of(tlp),
        "audience": list(audience) or [f"{AGENCY}{delegate}"] * bool(delegate),
        "delegation": {"audience": list(may_share), "tlp": label_of(may_share_tlp or "AMBER")} if delegate else None,
        "narrative": narrative,
        **(dated(occurred_on) if occurred_on else {}),
    }
    if precision:
        found["occurred_precision"] = precision
    return {name: value for name, value in found.items() if value}


def label_of(text: str) -> str:
    """A label of the Traffic Light Protocol as an incident states it."""
    return text.upper().replace("-", "_").replace("+", "_")


def dated(text: str) -> dict[str, str]:
    """A date as an incident states it: the first day of the month or year where no more is written."""
    parts = text.count("-")
    if parts == 0:
        return {"occurred_on": f"{text}-01-01", "occurred_precision": "YEAR"}
    if parts == 1:
        return {"occurred_on": f"{text}-01", "occurred_precision": "MONTH"}
    return {"occurred_on": text, "occurred_precision": "DAY"}


def item_of(text: str) -> dict[str, str | None]:
    """An item written as ``substance;amount;unit``."""
    parts = [part.strip() or None for part in text.split(";")]
    if len(parts) > 3 or not parts[0]:
        raise click.BadParameter(f"{text!r} is not SUBSTANCE[;AMOUNT[;UNIT]]", param_hint="--item")
    return dict(zip(("substance_text", "amount_text", "unit_text"), parts, strict=False))


def leg_of(role: str, text: str) -> dict[str, str]:
    """A leg of the route: three capital letters are a code, anything else is as reported."""
    code = len(text) == 3 and text.isascii() and text.isalpha() and text.isupper()
    return {"role": role, "country" if code else "country_text": text}

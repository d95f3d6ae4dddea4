"""`ionics delegation`: reports that agencies delegate to the secretariat, which publishes them in its own name."""

import sys
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import click
import orjson

from cli.accessing import logged
from cli.connections import reading
from cli.output import Column, json_option, number, print_json, print_table, remark
from cli.report import current_revision
from deploy.home import key_path
from producers import IncidentProducer
from producers.delegated import content_of, draft_of
from producers.desk import DelegationDesk
from projections.api.values import Values
from projections.queries import delegations, stored_value
from projections.viewing import viewing
from schemas.directory import SECRETARIAT, Agency, FocalPoint, load_current, read_members
from schemas.errors import ForbiddenError, InvalidIncidentError, ProjectionError
from schemas.incident import Incident, IncidentContent, Tlp
from schemas.keys import SigningKey
from schemas.rights import acting, require_right
from schemas.settings import Settings

_as = click.option("--as", "person", metavar="FOCAL-POINT", help="Else the one that the command line acts as.")
_id = click.argument("incident_id", type=click.UUID)
_words = click.option(
    "--texts", "file", type=click.File("rb"), help="The draft with its texts as they shall be published; else asked."
)
_audience = click.option("--audience", multiple=True, help="To fewer than the owner allows; may be repeated.")
_tlp = click.option("--tlp", type=click.Choice([label.value for label in Tlp]), help="Less open than the owner allows.")
_yes = click.option("--yes", is_flag=True, help="Do not ask before it is published.")
_reason = click.option("--reason", required=True, help="Why, for those who read the published incident.")


@click.group()
def delegation() -> None:
    """Reports that agencies delegate to the secretariat, which publishes them in its own name."""


@delegation.command(name="list")
@_as
@click.option("--limit", default=50, show_default=True, type=click.IntRange(min=1), help="At most so many, the newest.")
@json_option
def list_(person: str | None, limit: int, as_json: bool) -> None:
    """List delegated reports: of your own agency, and those that were delegated to it."""
    settings = load_current()
    viewer = acting(read_members(settings), person or settings.acting_as()).focal_point_id
    with reading(settings) as connection, viewing(connection, settings.generation, viewer):
        found = delegations(connection, settings.generation, limit=limit)
    logged(settings, viewer, "LIST", {"delegations": {"limit": limit}})
    if as_json:
        print_json(found)
        return
    columns = [Column("delegated", fold=False), Column("owner"), number("revision"), Column("state")]
    rows = [[row["incident_id"], row["owner"], row["revision"], state_of(row), row["published_id"]] for row in found]
    print_table([*columns, Column("published as", fold=False)], rows)


@delegation.command()
@_id
@_as
def draft(incident_id: UUID, person: str | None) -> None:
    """Print what would be published, and the texts that need a word of yours, as JSON to edit."""
    work = _Work.of(load_current(), person, str(incident_id))
    found = draft_of(work.delegated)
    print_json({"incident_id": str(incident_id), **vars(found)})


@delegation.command()
@_id
@_as
@_words
@_audience
@_tlp
@_yes
@json_option
def publish(
    incident_id: UUID,
    person: str | None,
    file: Any,
    audience: tuple[str, ...],
    tlp: str | None,
    yes: bool,
    as_json: bool,
) -> None:
    """Publish a delegated report as an incident of the secretariat."""
    work = _Work.of(load_current(), person, str(incident_id))
    content = work.content(file, audience, tlp, yes=yes)
    with work.producer() as producer:
        submission = work.desk(producer).publish(work.delegated, content)
    _tell(str(incident_id), submission.incident_id, as_json=as_json)


@delegation.command()
@_id
@_as
@_words
@_audience
@_tlp
@_reason
@_yes
@json_option
def amend(
    incident_id: UUID,
    person: str | None,
    file: Any,
    audience: tuple[str, ...],
    tlp: str | None,
    reason: str,
    yes: bool,
    as_json: bool,
) -> None:
    """State anew what was published of INCIDENT_ID, after its owner changed it."""
    work = _Work.of(load_current(), person, str(incident_id))
    content = work.content(file, audience, tlp, yes=yes)
    with work.producer() as producer:
        desk = work.desk(producer)
        published, receipt = current_revision(work.settings, work.published(desk))
        desk.follow(work.delegated, producer.amend(published, receipt, content, reason=reason))
    _tell(str(incident_id), published.incident_id, as_json=as_json)


@delegation.command()
@_id
@_as
@_reason
@json_option
def withdraw(incident_id: UUID, person: str | None, reason: str, as_json: bool) -> None:
    """Take back what was published of INCIDENT_ID."""
    work = _Work.of(load_current(), person, str(incident_id))
    with work.producer() as producer:
        desk = work.desk(producer)
        published, receipt = current_revision(work.settings, work.published(desk))
        desk.follow(work.delegated, producer.withdraw(published, receipt, reason=reason))
    _tell(str(incident_id), published.incident_id, as_json=as_json)


def state_of(row: dict[str, Any]) -> str:
    """Where a delegated report stands, in a word or two."""
    if row["state"] is None:
        return "withdrawn" if row["withdrawn"] else "waits"
    if row["state"] == "RESERVED":
        return "begun, not yet published"
    if row["changed"]:
        return "withdrawn since published" if row["withdrawn"] else "changed since published"
    return "published"


def answers_in(file: Any, revision: int) -> dict[str, str | None]:
    """The texts of an edited draft, path → what to publish there.

    Raises:
        InvalidIncidentError: it is no draft, or one of another revision.
    """
    try:
        found = orjson.loads(file.read())
        texts, of = dict(found["texts"]), found["revision"]
    except (ValueError, TypeError, KeyError) as error:
        raise InvalidIncidentError("FORM", "texts", f"{file.name} is no draft: {error!r}") from None
    if of != revision:
        raise InvalidIncidentError(
            "REVISION", "revision", f"the draft is of revision {of}; the report has {revision} now"
        )
    return texts


@dataclass(frozen=True)
class _Work:
    """One delegated report on the desk of somebody at the secretariat."""

    settings: Settings
    person: FocalPoint
    agency: Agency
    delegated: Incident

    @classmethod
    def of(cls, settings: Settings, person: str | None, incident_id: str) -> "_Work":
        """Raises ForbiddenError: whoever asks is not of a secretariat, or lacks the rights."""
        members = read_members(settings)
        found = require_right(members, person or settings.acting_as(), "publish", "coordinate")
        agency = members.directory.agencies[found.agency_id]
        if agency.agency_type != SECRETARIAT:
            raise ForbiddenError(f"{found.focal_point_id} is of {agency.agency_id}, which is no secretariat")
        viewer = found.focal_point_id
        with reading(settings) as connection, viewing(connection, settings.generation, viewer):
            value = stored_value(connection, settings.generation, incident_id)
        if value is None:
            raise ProjectionError(f"no incident {incident_id} that {viewer} may see")
        logged(settings, viewer, "DETAIL", {"incident": incident_id}, [incident_id])
        return cls(settings, found, agency, Values(settings).known(value)[0])

    def producer(self) -> IncidentProducer:
        """Reports for the secretariat."""
        agency = self.agency
        return IncidentProducer(agency.agency_id, reporting_country=agency.country, settings=self.settings)

    def desk(self, producer: IncidentProducer) -> DelegationDesk:
        """The desk of the secretariat."""
        key = SigningKey.load(key_path(self.settings, self.agency.agency_id))
        return DelegationDesk(self.settings, self.agency.agency_id, key, producer)

    def published(self, desk: DelegationDesk) -> str:
        """Id of what was published of the report."""
        link = desk.link(self.delegated.incident_id)
        if link is None:
            raise InvalidIncidentError("NOT_PUBLISHED", "incident_id", "it is not published; see `delegation publish`")
        return link.published_id(self.settings.require("deployment"))

    def content(self, file: Any, audience: tuple[str, ...], tlp: str | None, *, yes: bool) -> IncidentContent:
        """What is published, as the person at the terminal or the file has it."""
        draft = draft_of(self.delegated)
        texts = _asked(draft.texts) if file is None else answers_in(file, draft.revision)
        label = None if tlp is None else Tlp(tlp)
        content = content_of(self.delegated, texts, self.person.role, audience, label)
        if not yes:
            print_json(content.model_dump(exclude_defaults=True))
            click.confirm("Publish this?", abort=True, err=True)
        return content


def _asked(texts: dict[str, str]) -> dict[str, str | None]:
    """A word of the person at the terminal to each text."""
    if texts and not sys.stdin.isatty():
        raise click.UsageError(
            "each text needs a word: edit what `ionics delegation draft` prints, and give it as --texts"
        )
    answers: dict[str, str | None] = {}
    choices = click.Choice(["publish", "replace", "omit"])
    for path, text in texts.items():
        remark(f"{path}: {text}")
        choice = click.prompt("publish it as it is, replace or omit it", type=choices, err=True)
        answers[path] = {"publish": text, "omit": None}.get(choice)
        if choice == "replace":
            answers[path] = click.prompt("instead", err=True)
    return answers


def _tell(delegated: str, published: str, *, as_json: bool) -> None:
    if as_json:
        print_json({"delegated_id": delegated, "published_id": published})
    else:
        click.echo(f"published as {published}")

"""`ionics subscription`: what you are told, and how."""

from pathlib import Path
from typing import Any

import click

from cli.desks import Acting, acting_as, as_option
from cli.output import Column, json_option, print_json, print_table, remark
from deploy.disseminating import webhook_key
from deploy.home import key_path
from projections.subscribing import SubscriptionDesk, subscription_document
from schemas.directory import Subscription, read_members
from schemas.directory.subscribing import EVENTS
from schemas.errors import SettingsError
from schemas.keys import SigningKey
from schemas.settings import load_settings
from stream_processors.disseminate.events import SEVERITIES

_LISTS = ("events", "substances", "classes", "countries", "routes", "agencies", "kinds", "escalate_to")
_key = click.option(
    "--key",
    "key_file",
    type=click.Path(path_type=Path),
    help="A key of the agency, or of an administrator.",
    metavar="FILE",
)


@click.group()
def subscription() -> None:
    """What you are told of what happens, and how: by webhook, by mail, or in `ionics inbox`."""


@subscription.command(name="list")
@as_option
@json_option
def list_(person: str | None, as_json: bool) -> None:
    """List your subscriptions."""
    _, desk = _desk(person)
    found = desk.list()
    if as_json:
        print_json([subscription_document(each) for each in found])
        return
    columns = [Column("subscription", fold=False), Column("of"), Column("channel", fold=False), Column("to")]
    columns += [Column("asks for"), Column("acknowledge"), Column("content", fold=False)]
    rows = [
        [
            each.subscription_id,
            ", ".join(sorted(each.events)),
            each.channel,
            each.address,
            _asked(each),
            f"in {each.acknowledge_minutes} min, else {', '.join(each.escalate_to)}" if each.escalate_to else "",
            "allowed" if each.content else "",
        ]
        for each in found
    ]
    print_table(columns, rows)
    if not found:
        remark("no subscriptions; see `ionics subscription set --help`")


@subscription.command(name="set")
@click.option("--id", "subscription_id", help="The one to change; else a new one.")
@click.option("--event", "events", type=click.Choice(EVENTS), multiple=True, help="What you want to hear of.")
@click.option("--substance", "substances", multiple=True, help="Id of a substance. May be repeated, as all lists.")
@click.option("--class", "classes", multiple=True, help="Class of substances.")
@click.option("--country", "countries", multiple=True, help="Of the place or the route: alpha-3.")
@click.option("--route", "routes", multiple=True, help="Departure and destination, such as CHN>NZL.")
@click.option("--agency", "agencies", multiple=True, help="That reported it; alerts name none.")
@click.option("--kind", "kinds", multiple=True, help="Type of incident or kind of alert, such as SURGE.")
@click.option("--severity", "minimum_severity", type=click.Choice(SEVERITIES), help="At least this. Incidents are LOW.")
@click.option("--webhook", metavar="URL", help="Send there; the host must be on your agency's list.")
@click.option("--email", metavar="ADDRESS", help="Send there. Without --webhook or --email: `ionics inbox`.")
@click.option("--content", is_flag=True, help="More than kind, severity and a link may go there; never of RED.")
@click.option("--acknowledge-within", "acknowledge_minutes", type=int, metavar="MINUTES", help="Of HIGH and CRITICAL.")
@click.option("--else-to", "escalate_to", multiple=True, help="Focal point of your agency that is told otherwise.")
@click.option("--limit", "limit_a_minute", type=int, metavar="MESSAGES", help="A minute; what is more comes in one.")
@_key
@as_option
@json_option
def set_(
    subscription_id: str | None,
    webhook: str | None,
    email: str | None,
    key_file: Path | None,
    person: str | None,
    as_json: bool,
    **given: Any,
) -> None:
    """Subscribe, or change a subscription. Signed by a key of your agency."""
    if webhook and email:
        raise click.UsageError("--webhook and --email: a subscription has one channel; make two")
    content = {name: list(value) if name in _LISTS else value for name, value in given.items() if value is not None}
    content["events"] = content["events"] or ["alert"]
    content["channel"] = "webhook" if webhook else "email" if email else "console"
    who, desk = _desk(person)
    made = desk.set({**content, "address": webhook or email}, _signing(who, key_file), subscription_id)
    if as_json:
        print_json(subscription_document(made))
    else:
        click.echo(f"subscribed: {made.subscription_id}")


@subscription.command()
@click.argument("subscription_id", metavar="SUBSCRIPTION")
@_key
@as_option
def end(subscription_id: str, key_file: Path | None, person: str | None) -> None:
    """End a subscription: from now on nothing leaves for it, not even what waits."""
    who, desk = _desk(person)
    desk.end(subscription_id, _signing(who, key_file))
    click.echo(f"ended: {subscription_id}")


@subscription.command()
def key() -> None:
    """Print the public key by which receivers verify webhooks of this deployment: 64 hexadecimal digits."""
    settings = load_settings()
    settings.require("deployment")
    click.echo(webhook_key(settings).public.hex())


def _desk(person: str | None) -> tuple[Acting, SubscriptionDesk]:
    who = acting_as(person)
    return who, SubscriptionDesk(who.settings, who.person, lambda: read_members(who.settings))


def _signing(who: Acting, key_file: Path | None) -> SigningKey:
    path = key_file or key_path(who.settings, who.person.agency_id)
    if not path.exists():
        raise SettingsError(f"no key of {who.person.agency_id} in this home: give one with --key")
    return SigningKey.load(path)


def _asked(each: Subscription) -> str:
    lists = (each.substances, each.classes, each.countries, each.routes, each.agencies, each.kinds)
    words = [", ".join(sorted(one)) for one in lists if one]
    if each.minimum_severity != SEVERITIES[0]:
        words.append(f"from {each.minimum_severity}")
    return "; ".join(words) or "everything"

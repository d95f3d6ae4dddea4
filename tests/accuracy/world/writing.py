"""An agency writes an incident: the body that `schemas.incident` accepts, and the slips that went into it."""

import math
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any

from schemas.identity import event_id, incident_id
from tests.accuracy.labelled import DEPLOYMENT
from tests.accuracy.world.agencies import Agency
from tests.accuracy.world.drawing import Weighted
from tests.accuracy.world.script import in_cyrillic, mistyped, respelt
from tests.accuracy.world.seizures import Goods, Seizure
from tests.accuracy.world.slips import Slips
from tests.accuracy.world.trade import COUNT, COUNTRIES, MASS
from tests.accuracy.world.vocabulary import (
    CLASS_NAMES,
    INSTALLATIONS,
    PLACE_TYPES,
    country_names,
    substance_names,
)

_MODES = {"MAIL": "AIR", "EXPRESS": "AIR", "AIR": "OTHER", "ROAD": "LAND", "RAIL": "ROAD", "SEA": "OTHER"}
_SHARING = Weighted(
    {
        ("AMBER", "COMMUNITY"): 70,
        ("GREEN", "COMMUNITY"): 24,
        ("CLEAR", "COMMUNITY"): 4,
        ("AMBER", "named"): 1.4,
        ("AMBER_STRICT", "named"): 0.6,
    }
)
_NARRATIVES = {
    "en": "{what} found in {where} during a routine check; samples were sent to the laboratory.",
    "ru": "При досмотре в {where} обнаружено: {what}. Образцы направлены на экспертизу.",
    "es": "Durante un control en {where} se halló {what}; se enviaron muestras al laboratorio.",
    "pt": "Durante um controlo em {where} foi encontrado {what}.",
    "fr": "Lors d'un contrôle à {where}, découverte de {what}.",
    "de": "Bei einer Kontrolle in {where} wurde {what} gefunden.",
}
_UNKNOWN_WORDS = {"en": "Unknown", "ru": "неизвестно", "es": "Desconocido"}


class Writer:
    """Writes the reports of one world, in the order in which they are asked for."""

    def __init__(self, chance: Random) -> None:
        self._chance = chance
        self._written = 0

    def report(self, seizure: Seizure, agency: Agency, reported: date) -> tuple[dict[str, Any], list[str]]:
        """The body of a first revision, reported on a day, and the slips in it."""
        chance, slips = self._chance, Slips(self._chance)
        occurred, precision = self._dated(seizure, agency, reported, slips)
        tlp, audience = _SHARING.draw(chance)
        location = self._location(seizure, agency, slips)
        items = self._items(seizure, agency, slips)
        body: dict[str, Any] = self.identity(agency, reported)
        body |= {
            "incident_type": seizure.incident_type,
            "occurred_on": occurred,
            "occurred_precision": precision,
            "reporting_country": agency.country,
            "location": location,
            "items": items,
            "route": self._route(seizure, agency, slips),
            "routing_direction": self._routing(seizure, agency),
            "transport_mode": self._transport(seizure, agency, slips),
            "concealment": self._concealment(seizure, agency, slips),
            "trafficking_channel": seizure.channel.channel if self._fills(agency, "transport") else None,
            "shipment": self._shipment(seizure, agency, slips),
            "entities": self._entities(seizure, agency, slips),
            "documents": [],
            "action_requested": "HOLD" if seizure.incident_type == "SUSPICIOUS_SHIPMENT" else "NONE",
            "tlp": tlp,
            "audience": ["COMMUNITY"] if audience == "COMMUNITY" else [f"country:{seizure.country}", "country:USA"],
            "language": agency.language,
        }
        if self._fills(agency, "narrative"):
            what = ", ".join(item["substance_text"] for item in items)
            where = location.get("place_text") or location.get("country_text") or seizure.site.names[0]
            body["narrative"] = _NARRATIVES[agency.language].format(what=what, where=where)
        return body, slips.happened

    def identity(self, agency: Agency, reported: date) -> dict[str, Any]:
        """The fields that make a report one of its own, with a reference of the agency."""
        self._written += 1
        chance = self._chance
        reference = f"{agency.agency_id.upper()}/{reported.year}/{self._written:07d}"
        id_ = incident_id(DEPLOYMENT, agency.agency_id, reference)
        at = datetime(reported.year, reported.month, reported.day, chance.randrange(6, 22), tzinfo=UTC)
        return {
            "incident_id": id_,
            "event_id": event_id(id_, 1),
            "source_ref": reference,
            "revision": 1,
            "event_type": "REPORTED",
            "reported_at": at + timedelta(seconds=chance.randrange(3_600)),
            "agency_id": agency.agency_id,
            "provenance": {"producer_id": agency.agency_id, "sdk_version": "0.1.0"},
        }

    def _fills(self, agency: Agency, field: str) -> bool:
        return self._chance.random() < agency.fills[field]

    def _dated(self, seizure: Seizure, agency: Agency, reported: date, slips: Slips) -> tuple[date, str]:
        chance = self._chance
        day = date.fromordinal(seizure.day + (agency.later if chance.random() < 0.6 else 0))
        if slips.slip("year-off"):
            day = _before(reported, _year_later(day, 1), _year_later(day, -1))
        elif slips.slip("month-off"):
            day = _before(reported, _month_later(day, 1), _month_later(day, -1))
        elif slips.slip("day-off"):
            apart = timedelta(days=chance.choice((-1, 1, 1)))
            day = _before(reported, day + apart, day - apart)
        elif slips.slip("days-off"):
            apart = timedelta(days=chance.choice((-3, -2, 2, 2, 3, 4, 5)))
            day = _before(reported, day + apart, day - apart)
        day = min(day, reported)
        if agency.monthly or slips.slip("month-precision"):
            return day.replace(day=1), "MONTH"
        return day, "DAY"

    def _location(self, seizure: Seizure, agency: Agency, slips: Slips) -> dict[str, Any]:
        chance, site = self._chance, seizure.site
        found: dict[str, Any] = {"country": None, "country_text": None}
        if chance.random() < 0.6:
            found["country"] = seizure.country
        else:
            found["country_text"] = chance.choice(country_names(agency.language)[seizure.country])
        if self._fills(agency, "region"):
            region = site.region if agency.language != "ru" else in_cyrillic(site.region)
            found["subdivision_text"] = agency.region_words.format(region)
            if slips.slip("region-mangled"):
                found["subdivision_text"] = f"{region[:3]}-115{region[5:]}"
        if self._fills(agency, "place") and not slips.slip("place-blank"):
            self._place(found, seizure, agency, slips)
        if self._fills(agency, "coordinates"):
            found["latitude_udeg"] = site.latitude_udeg + chance.randrange(-3_000, 3_000)
            found["longitude_udeg"] = site.longitude_udeg + chance.randrange(-3_000, 3_000)
            found["accuracy_m"] = 500
        if self._fills(agency, "installation"):
            found["installation"] = INSTALLATIONS[site.kind][len(agency.agency_id) % 3]
        return found

    def _place(self, found: dict[str, Any], seizure: Seizure, agency: Agency, slips: Slips) -> None:
        chance, site = self._chance, seizure.site
        style, russian = agency.place_style, agency.language == "ru"
        if style == "code" and site.iata:
            found["iata"] = site.iata
            return
        if style == "region":
            name = in_cyrillic(site.region) if russian else site.region
            words = agency.region_words
        elif style == "city" or site.kind == "city":
            name = (site.town_cyrillic if russian else site.town)[0]
            words = agency.site_words["city"]
        else:
            name = (site.cyrillic if russian else site.names)[0]
            words = agency.site_words[site.kind]
        if slips.slip("place-respelt"):
            others = (site.cyrillic if russian else site.names)[1:]
            name = chance.choice(others) if others and style != "region" else name if russian else respelt(name, chance)
        if slips.slip("place-mistyped"):
            name = mistyped(name, chance)
        text = words.format(name)
        found["place_text"] = text.upper() if agency.capitals else text
        found["place_language"] = agency.language
        found["place_type"] = PLACE_TYPES[site.kind] if style == "site" else None

    def _items(self, seizure: Seizure, agency: Agency, slips: Slips) -> list[dict[str, Any]]:
        chance, goods = self._chance, seizure.goods
        if len(goods) > 1 and slips.slip("part-of-items"):
            goods = goods[:1] + tuple(each for each in goods[1:] if chance.random() < 0.4)
        if len(goods) > 1 and chance.random() < 0.2:
            goods = goods[1:] + goods[:1]
        items = []
        for each in goods:
            amount, unit = self._amount(each, agency, slips)
            item = {"substance_text": self._substance(each, agency, slips), "amount_text": amount, "unit_text": unit}
            if self._fills(agency, "form"):
                item["form"] = each.form
            if self._fills(agency, "purity"):
                item["purity_pct"] = str(each.purity)
            items.append(item)
        return items

    def _substance(self, goods: Goods, agency: Agency, slips: Slips) -> str:
        chance, names = self._chance, substance_names()[goods.substance]
        roll = chance.random()
        if goods.substance in CLASS_NAMES and (roll < agency.class_names or slips.slip("substance-class")):
            return CLASS_NAMES[goods.substance]
        if names.odd and (roll > 1 - agency.odd_names or slips.slip("substance-odd")):
            return chance.choice(names.odd)
        usual = names.plain.get(agency.language) or names.plain.get("en") or [goods.substance]
        name = usual[0] if chance.random() < 0.8 else chance.choice(usual)
        if chance.random() < 0.15:
            name = name[:1].upper() + name[1:]
        return mistyped(name, chance) if slips.slip("substance-mistyped") else name

    def _amount(self, goods: Goods, agency: Agency, slips: Slips) -> tuple[str, str]:
        chance, value = self._chance, goods.amount
        if goods.measure == COUNT:
            if slips.slip("count-for-mass"):
                return str(value / 1000), agency.units["kg"]
            if slips.slip("digit"):
                value = float(_digit_off(f"{value:.0f}", chance))
            labels = agency.counted
            return f"{value:.0f}", labels.get(goods.form) or labels["TABLET"]
        if slips.slip("weighed-again"):
            value = max(0.01, round(value * chance.uniform(0.95, 1.02), 2))
        small, large = ("g", "kg") if goods.measure == MASS else ("mL", "L")
        text, unit = amount(value, agency.mass_style, small, large)
        if slips.slip("digit"):
            text = _digit_off(text, chance)
        if slips.slip("thousand"):
            unit = small if unit == large else large
        return text, agency.units[unit]

    def _route(self, seizure: Seizure, agency: Agency, slips: Slips) -> list[dict[str, Any]]:
        if slips.slip("blank-route"):
            return []
        chance = self._chance
        departure = seizure.departure
        if departure and slips.slip("other-departure"):
            departure = chance.choice(COUNTRIES[:25])
        legs = []
        for role, country, field in (
            ("ORIGIN", seizure.origin, "origin"),
            ("DEPARTURE", departure, "departure"),
            ("DESTINATION", seizure.destination, "destination"),
        ):
            if country and self._fills(agency, field):
                if chance.random() < 0.5:
                    legs.append({"role": role, "country": country})
                else:
                    legs.append({"role": role, "country_text": chance.choice(country_names(agency.language)[country])})
            elif chance.random() < 0.1:
                legs.append({"role": role, "country_text": _UNKNOWN_WORDS.get(agency.language, "Unknown")})
        return legs

    def _routing(self, seizure: Seizure, agency: Agency) -> str | None:
        if not self._fills(agency, "routing"):
            return None
        if seizure.departure is None:
            return "DOMESTIC"
        if seizure.departure == seizure.country:
            return "OUTBOUND"
        return "INBOUND" if seizure.destination == seizure.country else "TRANSIT_FREE_ZONE"

    def _transport(self, seizure: Seizure, agency: Agency, slips: Slips) -> str | None:
        if not self._fills(agency, "transport"):
            return None
        mode = seizure.channel.mode
        return _MODES.get(mode, "OTHER") if slips.slip("other-transport") else mode

    def _concealment(self, seizure: Seizure, agency: Agency, slips: Slips) -> list[dict[str, Any]]:
        found: dict[str, Any] = {}
        if self._fills(agency, "concealment"):
            found["code"] = agency.dialect.get(seizure.hiding, seizure.hiding)
        if seizure.mark and self._fills(agency, "mark"):
            found["packaging_mark"] = self._name((seizure.mark, seizure.mark.upper(), f'"{seizure.mark}"'), slips)
        return [found] if found else []

    def _shipment(self, seizure: Seizure, agency: Agency, slips: Slips) -> dict[str, Any] | None:
        if seizure.tracking is None or not self._fills(agency, "tracking"):
            return None
        chance, reference = self._chance, seizure.tracking
        if slips.slip("tracking-mistyped"):
            reference = _digit_off(reference, chance)
        if slips.slip("tracking-form"):
            reference = chance.choice((_spaced, str.lower, _dashed))(reference)
        return {
            "reference": reference,
            "status": "STOPPED" if seizure.incident_type == "STOPPED_SHIPMENT" else None,
            "carrier": seizure.carrier if self._fills(agency, "carrier") else None,
            "declared_goods": seizure.declared if self._fills(agency, "goods") else None,
        }

    def _entities(self, seizure: Seizure, agency: Agency, slips: Slips) -> list[dict[str, Any]]:
        found = []
        if seizure.company and self._fills(agency, "company"):
            name = self._name(seizure.company, slips)
            found.append(
                {
                    "kind": "COMPANY",
                    "name": name,
                    "role": "SENDER",
                    "identifier": None,
                    "country": seizure.company_country,
                }
            )
        if seizure.vessel and self._fills(agency, "vessel"):
            name, number = seizure.vessel
            shown = self._name((name, name.removeprefix("MV "), name.upper(), f"M/V {name.removeprefix('MV ')}"), slips)
            number_known = self._chance.random() < 0.6
            found.append(
                {"kind": "VESSEL", "name": shown, "role": "CARRIER", "identifier": number if number_known else None}
            )
        if seizure.handle and self._fills(agency, "handle"):
            name = self._name((seizure.handle, seizure.handle.capitalize(), f"@{seizure.handle}"), slips)
            found.append({"kind": "VENDOR_HANDLE", "name": name, "role": "VENDOR"})
        return found

    def _name(self, spellings: tuple[str, ...], slips: Slips) -> str:
        name = spellings[0]
        if len(spellings) > 1 and slips.slip("name-variant"):
            name = self._chance.choice(spellings[1:])
        return mistyped(name, self._chance) if slips.slip("name-mistyped") else name


def amount(value: float, style: str, small: str, large: str) -> tuple[str, str]:
    """An amount in grams (or millilitres) as an agency of a style writes it: the numeral and the unit.

    ``kg exact`` divides by a thousand and shows what a spreadsheet shows, noise of binary fractions included;
    ``g exact`` keeps two decimals; ``kg from one`` turns to the large unit at a thousand; ``g whole`` rounds to units,
    ``kg cut`` cuts to thousandths; ``kg short`` keeps two figures and ``rough`` one.
    """
    if style == "kg exact" or (style == "kg from one" and value >= 1_000):
        return _decimal(value / 1_000), large
    if style == "g whole" and value >= 10:
        return f"{value:.0f}", small
    if style == "kg cut" and value >= 10:
        return _decimal(math.floor(value) / 1_000), large
    if style in ("kg short", "rough") and value > 0:
        figures = 2 if style == "kg short" else 1
        rounded = round(value, figures - 1 - math.floor(math.log10(value)))
        return (_decimal(rounded / 1_000), large) if value >= 100 else (_decimal(rounded), small)
    return _decimal(round(value, 2)), small


def _before(latest: date, wanted: date, other: date) -> date:
    """The day that is wanted, or the other one where that would lie after the report."""
    return wanted if wanted <= latest else other


def _year_later(day: date, years: int) -> date:
    return day.replace(year=day.year + years, day=min(day.day, 28))


def _month_later(day: date, months: int) -> date:
    month = day.month - 1 + months
    return day.replace(year=day.year + month // 12, month=month % 12 + 1, day=min(day.day, 28))


def _decimal(value: float) -> str:
    return repr(value) if value >= 0.0001 else f"{value:.9f}".rstrip("0")


def _digit_off(text: str, chance: Random) -> str:
    """A text with two neighbouring digits swapped, or with one digit changed where they are equal."""
    places = [at for at in range(len(text) - 1) if text[at].isdigit() and text[at + 1].isdigit()]
    if not places:
        return text
    at = chance.choice(places)
    if text[at] != text[at + 1]:
        return text[:at] + text[at + 1] + text[at] + text[at + 2 :]
    return text[:at] + str((int(text[at]) + chance.randrange(1, 10)) % 10) + text[at + 1 :]


def _spaced(reference: str) -> str:
    return " ".join(reference[at : at + 4] for at in range(0, len(reference), 4))


def _dashed(reference: str) -> str:
    return f"{reference[:2]}-{reference[2:-2]}-{reference[-2:]}"

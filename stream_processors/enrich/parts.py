"""The Avro bytes of an enrichment, put together from parts that are resolved once for each distinct text.

An Avro record is the concatenation of its fields, so runs of fields that depend on the same reported texts are encoded
once and kept: the substance of a name, the schedules at a period, the quantity of amount and unit, a leg, a place.
"""

from collections.abc import Callable, Hashable, Mapping
from datetime import date
from functools import partial
from typing import Any

from schemas.codec import RecordCodec, avro_long, avro_schema
from stream_processors.reference import Precision, Reference

_KEPT = 200_000


class EnrichmentParts:
    """Encodes enrichments with one version of the reference data."""

    def __init__(self, reference: Reference) -> None:
        self._reference = reference
        fields = {field["name"]: field for field in avro_schema("enrichment")["fields"]}
        item = fields["substances"]["type"]["items"]["fields"]
        names = [field["name"] for field in item]
        listed, amount = names.index("schedules"), names.index("amount")
        self._substance = _run("Substance", item[:listed])
        self._schedules = _run("Schedules", item[listed:amount])
        self._quantity = _run("Quantity", item[amount:])
        self._leg = RecordCodec(fields["legs"]["type"]["items"])
        self._place = _run("Place", [field for name, field in fields.items() if name.startswith("place_")])
        self._period = _run("Period", [field for name, field in fields.items() if name.startswith(("ref", "period"))])
        self._error = _run("Error", [fields["error"]])
        self._kept: dict[Hashable, bytes] = {}
        self._substance_ids: dict[str, str | None] = {}

    def encode(
        self,
        occurred_on: date,
        precision: Precision,
        location: Mapping[str, Any],
        items: list[dict[str, Any]],
        route: list[dict[str, Any]],
    ) -> bytes:
        """The enrichment of one incident, from its reported columns."""
        if len(self._kept) > _KEPT:
            self._kept.clear()
            self._substance_ids.clear()
        parts = [
            self._once(("period", occurred_on, precision), lambda: self._period_bytes(occurred_on, precision)),
            self._once(("place", *location.values()), lambda: self._place_bytes(location)),
            avro_long(len(route)),
        ]
        for leg in route:
            text, code = leg["country_text"], leg["country"]
            parts.append(self._once(("leg", text, code), partial(self._leg_bytes, text, code)))
        parts += [b"\x00" if route else b"", avro_long(len(items))]
        for item in items:
            parts += self._item(item["substance_text"], item["amount_text"], item["unit_text"], occurred_on, precision)
        parts += [b"\x00" if items else b"", self._once("no error", lambda: self._error.encode({"error": None}))]
        return b"".join(parts)

    def failed(self, occurred_on: date, precision: Precision, items: int, legs: int, error: str) -> bytes:
        """An enrichment that resolves nothing and says why."""
        blank_leg = self._leg.encode({"country": None, "how": "unresolved"})
        blank_item = (
            self._substance.encode({"candidates": [], "substance_how": "unknown", "substance_confidence": "none"})
            + self._schedules.encode({"schedules": [], "schedule_listed": False})
            + self._quantity.encode({"plausibility": "UNREADABLE"})
        )
        return b"".join(
            (
                self._period_bytes(occurred_on, precision),
                self._place.encode({"place_country_how": "unresolved", "place_how": "unresolved"}),
                *(avro_long(legs), blank_leg * legs, b"\x00" if legs else b""),
                *(avro_long(items), blank_item * items, b"\x00" if items else b""),
                self._error.encode({"error": error}),
            )
        )

    def _once(self, key: Hashable, make: Callable[[], bytes]) -> bytes:
        found = self._kept.get(key)
        if found is None:
            found = self._kept[key] = make()
        return found

    def _period_bytes(self, occurred_on: date, precision: Precision) -> bytes:
        first, last = self._reference.period(occurred_on, precision)
        return self._period.encode(
            {
                "reference_version": self._reference.version,
                "period_first": first,
                "period_last": last,
                "period": self._reference.period_label(occurred_on, precision),
            }
        )

    def _leg_bytes(self, text: str | None, code: str | None) -> bytes:
        match = self._reference.country(text, code)
        return self._leg.encode({"country": match.country, "how": match.how})

    def _place_bytes(self, location: Mapping[str, Any]) -> bytes:
        country = self._reference.country(location["country_text"], location["country"])
        place = self._reference.place(
            location["place_text"],
            country.country,
            locode=location["locode"],
            iata=location["iata"],
            subdivision=location["subdivision_text"],
        )
        latitude, longitude, how = place.latitude_udeg, place.longitude_udeg, str(place.how)
        if location["latitude_udeg"] is not None:
            latitude, longitude, how = location["latitude_udeg"], location["longitude_udeg"], "reported"
        return self._place.encode(
            {
                "place_country": country.country,
                "place_country_how": country.how,
                "place_id": place.place_id,
                "place_name": place.name,
                "place_latitude_udeg": latitude,
                "place_longitude_udeg": longitude,
                "place_how": how,
            }
        )

    def _item(
        self, name: str, amount: str | None, unit: str | None, occurred_on: date, precision: Precision
    ) -> tuple[bytes, bytes, bytes]:
        substance = self._once(("substance", name), lambda: self._substance_bytes(name))
        id_ = self._substance_ids[name]
        schedules = self._once(
            ("schedules", id_, occurred_on, precision), lambda: self._schedules_bytes(id_, occurred_on, precision)
        )
        quantity = self._once(("quantity", amount, unit, id_), lambda: self._quantity_bytes(amount, unit, id_))
        return substance, schedules, quantity

    def _substance_bytes(self, name: str) -> bytes:
        match = self._reference.substance(name)
        self._substance_ids[name] = match.substance_id
        return self._substance.encode(
            {
                "substance_id": match.substance_id,
                "candidates": list(match.candidates),
                "substance_class": match.substance_class,
                "subclass": match.subclass,
                "effect_group": match.effect_group,
                "active_substance_id": match.active_substance_id,
                "substance_how": match.how,
                "substance_confidence": match.confidence,
            }
        )

    def _schedules_bytes(self, id_: str | None, occurred_on: date, precision: Precision) -> bytes:
        found = self._reference.schedules(id_, occurred_on, precision) if id_ else ()
        listed = bool(id_) and self._reference.has_schedule_rows(id_ or "")
        return self._schedules.encode({"schedules": list(found), "schedule_listed": listed})

    def _quantity_bytes(self, amount: str | None, unit: str | None, id_: str | None) -> bytes:
        found = self._reference.quantity(amount, unit, id_)
        return self._quantity.encode(
            {
                "amount": found.amount,
                "unit": found.unit,
                "mass_ug": found.mass_ug,
                "mass_source": found.mass_source,
                "plausibility": found.plausibility,
            }
        )


def _run(name: str, fields: list[dict[str, Any]]) -> RecordCodec:
    return RecordCodec({"type": "record", "name": name, "fields": fields})

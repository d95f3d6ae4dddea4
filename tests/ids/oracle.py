"""What the backbone must show for a UNODC IDS file, computed another way: polars and plain lookup tables.

It uses none of the project's importers, stages or resolvers. It reads the plain data files of the reference data, joins
labels to them in the simplest way, and takes from ``labels.csv`` (label → id) what no plain table has.
"""

import csv
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Context, Decimal
from functools import cache
from pathlib import Path

import polars as pl
import pycountry

_REFERENCE = Path(__file__).parents[2] / "stream_processors/reference/data"
_LABELS = Path(__file__).parent / "labels.csv"
_SHARED = ("DRUG_NAME", "AMOUNT", "DRUG_UNIT")
_EXACT = Context(prec=120)
_INT64 = 2**63 - 1
_ALPHA3 = re.compile(r"[A-Z]{3}")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?")
_TWO_WAYS = re.compile(r"[+-]?[1-9]\d{0,2},\d{3}")
_MONTHLY = ("NZL",)


@dataclass(frozen=True)
class Expected:
    """What must come out of one file.

    Attributes:
        rows: number of rows that can be read.
        rejects: number of rows that cannot.
        items: number of items, one a row that can be read.
        incidents: number of incidents.
        agencies: agency_id, incidents.
        route_flow: departure, transit, destination, substance_class, period → incidents, items, mass_ug (Int128),
            items_without_mass.
        timeline: substance_id, period → incidents, items, mass_ug (Int128), items_without_mass.
    """

    rows: int
    rejects: int
    items: int
    incidents: int
    agencies: pl.DataFrame
    route_flow: pl.DataFrame
    timeline: pl.DataFrame


def expected(path: Path, monthly: Iterable[str] = _MONTHLY) -> Expected:
    """Compute it all.

    Args:
        path: the IDS file, well formed, plain or gzip.
        monthly: alpha-3 of the countries whose dates on the 1st of a month are months.
    """
    every = items(path, monthly)
    readable = every.filter("readable")
    agencies = readable.group_by("agency_id").agg(pl.col("incident").n_unique().alias("incidents")).sort("agency_id")
    return Expected(
        rows=readable.height,
        rejects=every.height - readable.height,
        items=readable.height,
        incidents=readable["incident"].n_unique(),
        agencies=agencies,
        route_flow=_counted(readable, ["departure", "transit", "destination", "substance_class", "period"]),
        timeline=_counted(readable, ["timeline_id", "period"]).rename({"timeline_id": "substance_id"}),
    )


def items(path: Path, monthly: Iterable[str] = _MONTHLY) -> pl.DataFrame:
    """The rows of the file in their order, with what each means: one row an item.

    Columns added to those of the file: row (from 0), agency_id, period, incident (the same number for the items of one
    incident), substance_id, timeline_id, substance_class, seized, departure, transit, destination, mass_ug (null where
    it is not summed), readable.
    """
    raw = (
        pl.read_csv(path, separator=";", infer_schema=False).with_columns(pl.all().fill_null("")).with_row_index("row")
    )
    coded = raw.with_columns(
        _mapped(raw["COUNTRY"], _country).alias("seized"),
        _mapped(raw["DEPARTURE_COUNTRY"], _country).alias("departure"),
        _mapped(raw["DESTINATION_COUNTRY"], _country).alias("destination"),
        pl.col("SEIZURE_DATE").str.to_date("%Y-%m-%d", strict=False).alias("day"),
    )
    coded = coded.with_columns(
        readable=_known("seized")
        & (pl.col("day").dt.year() >= 1900).fill_null(value=False)
        & (pl.col("DRUG_NAME").str.strip_chars() != ""),
        by_month=pl.col("seized").is_in(list(monthly)) & (pl.col("day").dt.day() == 1),
        period=pl.col("day").dt.strftime("%Y-%m"),
        agency_id="ids-" + pl.col("seized").str.to_lowercase(),
        transit=pl.when(
            _known("seized")
            & _known("departure")
            & _known("destination")
            & (pl.col("seized") != pl.col("departure"))
            & (pl.col("seized") != pl.col("destination"))
        )
        .then("seized")
        .otherwise(pl.lit("")),
    )
    return _with_quantities(_with_substances(_with_incidents(coded)))


def _known(column: str) -> pl.Expr:
    return pl.col(column).str.contains(r"^[A-Z]{3}$")


def _with_incidents(frame: pl.DataFrame) -> pl.DataFrame:
    """Number the incidents: a run of rows equal but for the substance is one, unless a substance is in it twice."""
    compared = [name for name in frame.columns if name.isupper() and name not in _SHARED]
    joins = pl.col("readable") & pl.col("readable").shift(1) & ~pl.col("by_month")
    for name in compared:
        joins &= pl.col(name) == pl.col(name).shift(1)
    runs = frame.with_columns(run=(~joins.fill_null(value=False)).cum_sum())
    together = pl.col("DRUG_NAME").n_unique().over("run") == pl.len().over("run")
    first = pl.col("row").min().over("run")
    return runs.with_columns(incident=pl.when(together).then(first).otherwise("row"))


def _with_substances(frame: pl.DataFrame) -> pl.DataFrame:
    found = {name: _substance(name) for name in frame["DRUG_NAME"].unique()}
    table = pl.DataFrame(
        {
            "DRUG_NAME": list(found),
            "substance_id": [substance for substance, _, _ in found.values()],
            "timeline_id": [timeline for _, timeline, _ in found.values()],
            "substance_class": [kind for _, _, kind in found.values()],
        },
        schema_overrides={"substance_id": pl.String},
    )
    return frame.join(table, on="DRUG_NAME", how="left", maintain_order="left")


def _with_quantities(frame: pl.DataFrame) -> pl.DataFrame:
    asked = ["AMOUNT", "DRUG_UNIT", "substance_id"]
    distinct = frame.select(asked).unique()
    masses = [_summed_mass(amount, unit, substance) for amount, unit, substance in distinct.iter_rows()]
    table = distinct.with_columns(mass_ug=pl.Series(masses, dtype=pl.Int128))
    return frame.join(table, on=asked, how="left", nulls_equal=True, maintain_order="left")


def _counted(frame: pl.DataFrame, key: list[str]) -> pl.DataFrame:
    return (
        frame.group_by(key)
        .agg(
            pl.col("incident").n_unique().alias("incidents"),
            pl.len().alias("items"),
            pl.col("mass_ug").sum(),
            pl.col("mass_ug").null_count().alias("items_without_mass"),
        )
        .sort(key)
    )


def _mapped(labels: pl.Series, meaning: Callable[[str], str]) -> pl.Series:
    found = {label: meaning(label) for label in labels.unique()}
    return labels.replace_strict(list(found), list(found.values()), return_dtype=pl.String)


# Lookups of one label.


def _country(label: str) -> str:
    """Alpha-3, UNKNOWN, MULTIPLE, OTHER, UNRESOLVED, or empty for a label without letters and digits."""
    folded = _folded(label)
    if not folded:
        return ""
    return _stated().get(folded, "").upper() or _country_names().get(folded) or "UNRESOLVED"


def _substance(label: str) -> tuple[str | None, str, str]:
    """Substance id, key of the timeline, class of a drug name."""
    known = _substances()
    ids = _ids_of(label)
    if not ids and (stated := f"class:{_stated().get(_folded(label), '')}") in known:
        ids = frozenset({stated})
    if len(ids) == 1:
        (only,) = ids
        return only, only, known[only]["class"]
    kinds = {known[substance]["class"] for substance in ids}
    kind = kinds.pop() if len(kinds) == 1 else ""
    return None, "ambiguous" if ids else "unknown", kind


def _ids_of(label: str) -> frozenset[str]:
    by_name, by_letters, ambiguous = _substance_names()
    name = " ".join(label.split())
    exact = by_name.get(name, frozenset())
    if len(exact) == 1 and name not in ambiguous:
        return exact
    return exact | by_letters.get(_letters(label), frozenset()) or _labels("substance").get(label, frozenset())


def _summed_mass(amount: str, unit: str, substance: str | None) -> int | None:
    """Micrograms, rounded half to even, of an amount above zero and under its ceiling; else null."""
    number = _number(amount)
    factor = _micrograms().get(_folded(unit))
    if number is None or factor is None or number <= 0:
        return None
    mass = int(_EXACT.multiply(number, factor).quantize(Decimal(1), rounding=ROUND_HALF_EVEN, context=_EXACT))
    return mass if mass <= _INT64 and Decimal(mass) / 1_000_000 <= _ceiling(substance) else None


def _number(text: str) -> Decimal | None:
    plain = text.strip()
    if _TWO_WAYS.fullmatch(plain):
        return None
    plain = plain.replace(",", ".")
    return Decimal(plain) if _NUMBER.fullmatch(plain) else None


def _ceiling(substance: str | None) -> Decimal:
    row = _substances().get(substance or "", {})
    ceilings = _ceilings()
    for scope, value in (
        ("substance", substance or ""),
        ("subclass", row.get("subclass", "")),
        ("class", row.get("class", "")),
        ("effect_group", row.get("effect_group", "")),
    ):
        if value and (scope, value) in ceilings:
            return ceilings[scope, value]
    return ceilings["any", ""]


# Lookup tables, from the plain data files.


def _file(name: str) -> list[dict[str, str]]:
    with (_REFERENCE / name).open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


@cache
def _labels(kind: str) -> Mapping[str, frozenset[str]]:
    with _LABELS.open(encoding="utf-8", newline="") as lines:
        return {row["label"]: frozenset(row["id"].split()) for row in csv.DictReader(lines) if row["kind"] == kind}


@cache
def _country_names() -> Mapping[str, str]:
    names: dict[str, str] = {}
    for country in pycountry.countries:
        for field in ("name", "official_name", "common_name", "alpha_3"):
            if text := getattr(country, field, None):
                names[_folded(text)] = country.alpha_3
    names |= {_folded(row["label"]): row["country"] for row in _file("countries.csv")}
    return names | {_folded(label): next(iter(ids)) for label, ids in _labels("country").items()}


@cache
def _stated() -> Mapping[str, str]:
    return {_folded(row["label"]): row["means"] for row in _file("stated.csv")}


@cache
def _micrograms() -> Mapping[str, Decimal]:
    return {_folded(row["label"]): Decimal(row["micrograms"]) for row in _file("units.csv") if row["micrograms"]}


@cache
def _ceilings() -> Mapping[tuple[str, str], Decimal]:
    rows = _file("plausibility.csv")
    return {(row["scope"], row["value"]): Decimal(row["ceiling"]) for row in rows if row["measure"] == "mass"}


@cache
def _substances() -> Mapping[str, dict[str, str]]:
    return {row["substance_id"]: row for row in _file("substances.csv")}


@cache
def _substance_names() -> tuple[Mapping[str, frozenset[str]], Mapping[str, frozenset[str]], frozenset[str]]:
    """Ids by name as written, ids by letters and digits, and the names that are marked as ambiguous."""
    names = pl.DataFrame(_file("substance_names.csv"))
    letters = names.with_columns(letters=pl.col("name").map_elements(_letters, return_dtype=pl.String))
    return (
        _ids_by(names, "name"),
        _ids_by(letters, "letters"),
        frozenset(names.filter(pl.col("ambiguous") != "")["name"]),
    )


def _ids_by(names: pl.DataFrame, column: str) -> Mapping[str, frozenset[str]]:
    grouped = names.group_by(column).agg(pl.col("substance_id").unique())
    return {name: frozenset(ids) for name, ids in grouped.iter_rows()}


def _folded(label: str) -> str:
    """Words in lower case without punctuation."""
    return " ".join(re.sub(r"[^\w]|_", " ", label.casefold().replace("'", "")).split())


def _letters(label: str) -> str:
    return re.sub(r"[\W_]", "", label.casefold())

"""The revisions of each incident, in the order in which they were admitted, judged again by admission's own rules."""

from collections.abc import Iterator
from typing import Any

import polars as pl

from projections.evidence.findings import Finding
from schemas.errors import InvalidIncidentError
from schemas.topics import INCIDENTS
from stream_processors.admit.revisions import Known, Revision, chain_in_doubt, standing

_CHAIN = "CHAIN_IN_DOUBT"


def facts_of(batch: pl.DataFrame, columns: pl.DataFrame) -> pl.DataFrame:
    """What the checks need of decoded records of `ionics.incidents`, one row each.

    Args:
        batch: the records, as `RECORDS` says.
        columns: what was decoded of them, with ``_row``.
    """
    return columns.select(
        batch["partition"].gather(columns["_row"]).alias("partition"),
        batch["offset"].gather(columns["_row"]).alias("offset"),
        "incident_id",
        pl.col("admission_admitted_event_id").alias("event_id"),
        "revision",
        "agency_id",
        pl.col("admission_submission_offset").alias("submission_offset"),
        pl.col("admission_admitted_at").alias("admitted_at"),
        pl.col("admission_directory_offset").alias("directory_offset"),
        pl.col("admission_rules_version").alias("rules_version"),
        pl.col("admission_superseded").alias("superseded"),
        pl.col("admission_doubts").list.contains(_CHAIN).alias("in_doubt"),
        pl.col("admission_content_digest").alias("content_digest"),
        pl.col("admission_signed_digest").alias("signed_digest"),
        pl.col("provenance").struct.field("previous_revision"),
        pl.col("provenance").struct.field("previous_digest"),
    )


def chain_findings(facts: pl.DataFrame) -> Iterator[Finding]:
    """What is wrong with the revisions of the incidents of one partition.

    Args:
        facts: as `facts_of` gives them, all of the partition, in order.
    """
    several = (
        (pl.len().over("incident_id") > 1)
        | pl.col("previous_revision").is_not_null()
        | pl.col("superseded")
        | pl.col("in_doubt")
    )
    known: dict[str, Known] = {}
    for row in facts.filter(several).iter_rows(named=True):
        earlier = known.get(row["incident_id"], ())
        yield from _judged(row, earlier)
        revision = Revision(row["revision"], row["content_digest"], row["signed_digest"])
        known[row["incident_id"]] = (*earlier, revision)


def _judged(row: dict[str, Any], earlier: Known) -> Iterator[Finding]:
    where = f"{INCIDENTS.name}/{row['partition']}/{row['offset']}"
    named = (row["incident_id"], row["revision"])
    try:
        how = standing(earlier, row["revision"], row["content_digest"])
    except InvalidIncidentError:
        how = "DUPLICATE"
    if how in ("DUPLICATE", "SUPERSEDED_AGAIN"):
        yield Finding("DOUBLED_INCIDENT", where, f"revision {row['revision']} stands in the log before", *named)
    elif (how == "SUPERSEDED") != row["superseded"]:
        said = "superseded" if row["superseded"] else "current"
        yield Finding("CHAIN", where, f"admission noted it as {said}, the revisions before it say otherwise", *named)
    number, digest = row["previous_revision"], row["previous_digest"]
    if chain_in_doubt(earlier, number, digest) != row["in_doubt"]:
        if row["in_doubt"]:
            what = "admission noted a doubt about its predecessor, which stands in the log as it says"
        else:
            what = f"it names revision {number} with signed digest {digest} before it, which the log does not hold"
        yield Finding("CHAIN", where, what, *named)

"""The reconciliation of one generation, partition by partition.

What is later in the path is read first: the tables, then the enriched incidents, then decisions and incidents, then
submissions. So what is there has what it came from; and what has gone past a place has left something there.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

import polars as pl
import psycopg

from projections.evidence.chain import facts_of
from projections.evidence.cut import Cut
from projections.evidence.decisions import agreement_findings, contiguity_findings, decided_of
from projections.evidence.findings import Finding, Findings, unreadable
from projections.reconciliation.enriched import SUBMISSION, count_findings, made_of, origin_findings
from projections.reconciliation.matches import match_findings, read_matches
from projections.reconciliation.rows import read_rows, row_findings
from projections.reconciliation.threads import read_threads, thread_findings
from projections.replay.decoding import KindDecoder
from projections.replay.source import Source, Span
from schemas.columnar import ROW
from schemas.topics import DECISIONS, INCIDENTS, SUBMISSIONS, enriched

_SAID = ("incident_id", "revision", "signed_digest", "items")


@dataclass
class Reconciled:
    """What was counted and found.

    Attributes:
        counts: what → how many.
        waiting: stage → how many records it has not come to yet; no finding.
        outcomes: decisions by outcome.
    """

    findings: Findings = field(default_factory=Findings)
    counts: Counter[str] = field(default_factory=Counter)
    waiting: Counter[str] = field(default_factory=Counter)
    outcomes: Counter[str] = field(default_factory=Counter)


def reconcile(
    source: Source,
    connection: psycopg.Connection,
    generation: int,
    enriching: Mapping[int, int],
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> Reconciled:
    """Reconcile the log with itself and with the tables of a generation.

    Args:
        source: the log.
        connection: of ``ionics_writer``, outside a transaction.
        generation: whose enriched incidents and tables.
        enriching: partition → the next offset of `ionics.incidents` that enrichment was going to read, asked before.
        progress: called with how many offsets were read, and how many there are.

    Raises:
        LogError: the log cannot be read.
        ProjectionError: the tables cannot be read.
    """
    topic, done = enriched(generation).name, Reconciled()
    rows, matches = read_rows(connection, generation, topic), read_matches(connection, generation)
    threads = read_threads(connection, generation)
    reconciling = _Reconciling(source, topic, enriching, rows.positions, done, progress)
    said = [reconciling.partition(number) for number in reconciling.partitions]
    made = pl.concat(said) if said else pl.DataFrame()
    done.findings.add(row_findings(rows, made, generation))
    found, counts, waiting = match_findings(source, matches, generation)
    done.findings.add(found)
    done.counts.update(counts)
    done.waiting["project"] += waiting
    found, waiting = thread_findings(source, threads, generation)
    done.findings.add(found)
    done.waiting["project"] += waiting
    done.counts["rows: threads"] = len(threads.threads)
    done.counts["rows: incidents"] = rows.incidents.height
    done.counts["rows: revisions"] = rows.revisions.height
    done.counts["rows: items"] = int(rows.items["items"].sum())
    return done


class _Reconciling:
    def __init__(
        self,
        source: Source,
        topic: str,
        enriching: Mapping[int, int],
        projected: Mapping[int, int],
        done: Reconciled,
        progress: Callable[[int, int], None],
    ) -> None:
        self._source, self._topic, self._done, self._progress = source, topic, done, progress
        self._enriching, self._projected = enriching, projected
        self._enriched = source.spans(topic)
        self._cut = Cut(source)
        self._submissions = source.spans(SUBMISSIONS.name)
        spans = (*self._enriched.values(), *self._submissions.values())
        self._total, self._read = self._cut.offsets + sum(span.end - span.first for span in spans), 0
        dictionary = source.dictionary()
        self._decoders = {kind: KindDecoder(dictionary, kind) for kind in ("admitted", "decision", "enriched")}

    @property
    def partitions(self) -> list[int]:
        return sorted({*self._cut.partitions, *self._enriched, *self._submissions})

    def partition(self, number: int) -> pl.DataFrame:
        """Check one partition; what the tables should hold of it."""
        incidents = self._scan(INCIDENTS.name, "admitted", self._cut.incidents, number, _facts_and_bytes)
        facts = incidents.drop("value")
        decisions = self._scan(DECISIONS.name, "decision", self._cut.decisions, number, decided_of)
        decisions = decisions.filter(self._cut.keeps(number, facts[SUBMISSION]))
        self._done.findings.add(contiguity_findings(decisions, number))
        self._done.findings.add(agreement_findings(decisions, facts))
        self._done.outcomes.update(dict(decisions["outcome"].value_counts().iter_rows()))
        self._done.counts["decisions"] += decisions.height
        self._done.counts["incidents"] += facts.height
        self._submitted(number, decisions)
        return self._made(number, incidents)

    def _submitted(self, number: int, decisions: pl.DataFrame) -> None:
        """Submissions are as many as offsets, which decisions name without a hole; the rest waits for admission."""
        span = self._submissions.get(number, Span(0, 0))
        before = span.first - 1
        for batch in self._batches(SUBMISSIONS.name, self._submissions, number):
            ends = batch.select("offset", pl.col("offset").shift(1, fill_value=before).alias("before"))
            for end, begin in ends.filter(pl.col("offset") - pl.col("before") > 1).iter_rows():
                where = f"{SUBMISSIONS.name}/{number}/{begin + 1}"
                lost = Finding("SUBMISSION_LOST", where, f"offsets {begin + 1} to {end - 1} are not there")
                self._done.findings.add([lost])
            before = int(batch["offset"][-1])
            self._done.counts["submissions kept"] += batch.height
        decided = max((-1, *decisions["submission_offset"].tail(1)))
        if decided >= span.end:
            what = f"submission {decided} has a decision; the partition ends at {span.end}"
            self._done.findings.add([Finding("SUBMISSION_AHEAD", f"{SUBMISSIONS.name}/{number}/{decided}", what)])
        self._done.waiting["admit"] += max(0, span.end - 1 - decided)

    def _made(self, number: int, incidents: pl.DataFrame) -> pl.DataFrame:
        """Check the enriched incidents of a partition; those that the tables should hold."""
        decoder = self._decoders["enriched"]
        made = [made_of(decoder.no_records, decoder.empty).drop("value")]
        for batch in self._batches(self._topic, self._enriched, number):
            decoded = decoder.decode(batch["value"].to_list())
            self._done.findings.add(unreadable(self._topic, batch, decoded.faults))
            rows = made_of(batch, decoded.columns)
            self._done.findings.add(origin_findings(rows, incidents, self._topic))
            made.append(rows.drop("value"))
        every = pl.concat(made)
        found, waiting = count_findings(every, incidents, self._topic, self._enriching.get(number, 0))
        self._done.findings.add(found)
        self._done.waiting["enrich"] += waiting
        self._done.counts["enriched"] += every.height
        projected = every.filter(pl.col("offset") < self._projected.get(number, 0))
        self._done.waiting["project"] += every.height - projected.height
        return projected.select(_SAID)

    def _scan(
        self,
        topic: str,
        kind: str,
        spans: Mapping[int, Span],
        number: int,
        of: Callable[[pl.DataFrame, pl.DataFrame], pl.DataFrame],
    ) -> pl.DataFrame:
        decoder = self._decoders[kind]
        frames = [of(decoder.no_records, decoder.empty)]
        for batch in self._batches(topic, spans, number):
            decoded = decoder.decode(batch["value"].to_list())
            self._done.findings.add(unreadable(topic, batch, decoded.faults))
            frames.append(of(batch, decoded.columns))
        return pl.concat(frames)

    def _batches(self, topic: str, spans: Mapping[int, Span], number: int) -> Iterator[pl.DataFrame]:
        if number in spans:
            for batch in self._source.batches(topic, {number: spans[number]}):
                yield batch
                self._read += batch.height
                self._progress(self._read, self._total)


def _facts_and_bytes(batch: pl.DataFrame, columns: pl.DataFrame) -> pl.DataFrame:
    return facts_of(batch, columns).with_columns(batch["value"].gather(columns[ROW]).alias("value"))

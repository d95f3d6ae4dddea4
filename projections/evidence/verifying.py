"""Verifying a history whole: each signature, each chain of revisions, each decision, and that they agree.

Incidents and decisions of a partition belong together, so one partition after the other is read and forgotten: memory
grows with the largest partition, by some hundred bytes a record.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import polars as pl

from projections.evidence.bulk import BulkCheck
from projections.evidence.chain import chain_findings, facts_of
from projections.evidence.decisions import agreement_findings, contiguity_findings, decided_of
from projections.evidence.findings import Finding
from projections.evidence.history import DirectoryHistory
from projections.evidence.signatures import Admitted
from projections.replay.completeness import Extent, Tally
from projections.replay.decoding import KindDecoder
from projections.replay.source import Source, Span
from schemas.reading import Record
from schemas.topics import DECISIONS, DIRECTORY, INCIDENTS

_SHOWN = 100


@dataclass
class Verdict:
    """What verifying a history found.

    Attributes:
        founders: ids of the keys that founded the directory, on whom all trust rests.
        counts: findings by code.
        findings: the first hundred of each code.
        extents: topic → what was read of it.
        outcomes: decisions by outcome.
    """

    deployment: str
    founders: tuple[str, ...] = ()
    counts: Counter[str] = field(default_factory=Counter)
    findings: list[Finding] = field(default_factory=list)
    extents: dict[str, dict[int, Extent]] = field(default_factory=dict)
    outcomes: Counter[str] = field(default_factory=Counter)

    @property
    def sound(self) -> bool:
        """Whether nothing was found."""
        return not self.counts

    def add(self, findings: Iterable[Finding]) -> None:
        """Take in findings."""
        for finding in findings:
            self.counts[finding.code] += 1
            if self.counts[finding.code] <= _SHOWN:
                self.findings.append(finding)


def verify_history(
    source: Source, trusted: Sequence[str] = (), progress: Callable[[int, int], None] = lambda _done, _total: None
) -> Verdict:
    """Verify all that a source holds.

    Args:
        source: the log, or an export of it.
        trusted: ids of the keys that must have founded the directory; none trusts whoever did.
        progress: called with how many offsets were read, and how many there are.

    Raises:
        IonicsError: the source cannot be read. What it holds never raises: that is a finding.
    """
    decided_before, spans, decided_after = (source.spans(topic.name) for topic in (DECISIONS, INCIDENTS, DECISIONS))
    directory, dictionary = source.directory(), source.dictionary()
    verdict = Verdict(source.deployment, DirectoryHistory(source.deployment, directory).founders)
    verdict.add(_directory_findings(directory, verdict.founders, trusted))
    total = sum(span.end - span.first for span in (*spans.values(), *decided_after.values()))
    reading = _Reading(source, total, progress)
    admitted, decided = KindDecoder(dictionary, "admitted"), KindDecoder(dictionary, "decision")
    checking = BulkCheck(source.deployment, directory, dictionary, sum(s.end - s.first for s in spans.values()))
    try:
        for partition in sorted({*spans, *decided_after}):
            facts = [facts_of(admitted.empty.clear().pipe(_no_records), admitted.empty)]
            for batch in reading.batches(INCIDENTS.name, partition, spans.get(partition)):
                facts += [_facts(batch, admitted)]
                verdict.add(checking.take(_admitted(batch)))
            of_incidents = pl.concat(facts)
            last = of_incidents["submission_offset"].max()
            end = decided_before.get(partition, Span(0, 0)).end
            decisions = [decided_of(_no_records(decided.empty), decided.empty)]
            for batch in reading.batches(DECISIONS.name, partition, decided_after.get(partition)):
                rows, findings = _decided(batch, decided)
                # A decision after the end that was asked for first may be newer than the incidents that were read.
                decisions.append(rows.filter((pl.col("offset") < end) | (pl.col("submission_offset") <= last)))
                verdict.add(findings)
            of_decisions = pl.concat(decisions)
            verdict.outcomes.update(dict(of_decisions["outcome"].value_counts().iter_rows()))
            verdict.add(chain_findings(of_incidents))
            verdict.add(contiguity_findings(of_decisions, partition))
            verdict.add(agreement_findings(of_decisions, of_incidents))
        verdict.add(checking.rest())
    finally:
        checking.close()
    verdict.extents = {topic: tally.extents() for topic, tally in reading.tallies.items()}
    return verdict


class _Reading:
    """Reads partition by partition, counting."""

    def __init__(self, source: Source, total: int, progress: Callable[[int, int], None]) -> None:
        self._source, self._total, self._progress, self._done = source, total, progress, 0
        self.tallies = {INCIDENTS.name: Tally(), DECISIONS.name: Tally()}

    def batches(self, topic: str, partition: int, span: Span | None) -> Iterator[pl.DataFrame]:
        if span is None:
            return
        for batch in self._source.batches(topic, {partition: span}):
            self.tallies[topic].add(batch)
            yield batch
            self._done += batch.height
            self._progress(self._done, self._total)


def _no_records(_: pl.DataFrame) -> pl.DataFrame:
    return pl.DataFrame(schema={"partition": pl.Int32, "offset": pl.Int64})


def _admitted(batch: pl.DataFrame) -> list[Admitted]:
    rows = batch.select("partition", "offset", "key", pl.col("value").fill_null(b"")).iter_rows()
    return [Admitted(*row) for row in rows]


def _facts(batch: pl.DataFrame, decoder: KindDecoder) -> pl.DataFrame:
    """Of those that decode; the check of signatures reads each record by itself, and tells of the others."""
    return facts_of(batch, decoder.decode(batch["value"].to_list()).columns)


def _decided(batch: pl.DataFrame, decoder: KindDecoder) -> tuple[pl.DataFrame, list[Finding]]:
    decoded = decoder.decode(batch["value"].to_list())
    positions = batch.select("partition", "offset")
    findings = [
        Finding("UNREADABLE", f"{DECISIONS.name}/{'/'.join(map(str, positions.row(index)))}", str(error))
        for index, error in decoded.faults.items()
    ]
    return decided_of(batch, decoded.columns), findings


def _directory_findings(
    directory: Sequence[Record], founders: Sequence[str], trusted: Sequence[str]
) -> Iterator[Finding]:
    for expected, record in enumerate(directory):
        if record.offset != expected:
            what = f"offset {expected} is missing; the next record has offset {record.offset}"
            yield Finding("DIRECTORY_GAP", f"{DIRECTORY.name}/0/{expected}", what)
            break
    if not founders:
        yield Finding("DIRECTORY_GAP", f"{DIRECTORY.name}/0/0", "no genesis of this deployment, so no key is known")
    foreign = [key for key in founders if key not in trusted] if trusted else []
    if foreign:
        what = f"founded by {', '.join(foreign)}, not by {', '.join(trusted)}"
        yield Finding("FOREIGN_DIRECTORY", f"{DIRECTORY.name}/0/0", what)

"""Verifying a history whole: each signature, each chain of revisions, each decision, and that they agree.

Incidents and decisions of a partition belong together, so one partition after the other is read and forgotten: memory
grows with the largest partition, by some hundred bytes a record.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import polars as pl

from projections.evidence.bulk import BulkCheck
from projections.evidence.chain import chain_findings, facts_of
from projections.evidence.cut import Cut
from projections.evidence.decisions import agreement_findings, contiguity_findings, decided_of
from projections.evidence.findings import Finding, Findings, unreadable
from projections.evidence.history import DirectoryHistory
from projections.evidence.signatures import Admitted
from projections.replay.completeness import Extent, Tally
from projections.replay.decoding import KindDecoder
from projections.replay.source import Source, Span
from schemas.dictionary import SchemaDictionary
from schemas.errors import ContractError, ReplayError
from schemas.reading import Record
from schemas.topics import DECISIONS, DIRECTORY, INCIDENTS


@dataclass
class Verdict:
    """What verifying a history found.

    Attributes:
        founders: ids of the keys that founded the directory, on whom all trust rests.
        extents: topic → what was read of it.
        outcomes: decisions by outcome.
    """

    deployment: str
    founders: tuple[str, ...] = ()
    findings: Findings = field(default_factory=Findings)
    extents: dict[str, dict[int, Extent]] = field(default_factory=dict)
    outcomes: Counter[str] = field(default_factory=Counter)

    @property
    def sound(self) -> bool:
        """Whether nothing was found."""
        return not self.findings.counts


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
    verdict = Verdict(source.deployment)
    try:
        _verify(source, trusted, progress, verdict)
    except (ReplayError, ContractError) as error:  # of an export; the log itself raises others
        verdict.findings.add([Finding("UNREADABLE", source.name, str(error))])
    return verdict


def _verify(source: Source, trusted: Sequence[str], progress: Callable[[int, int], None], verdict: Verdict) -> None:
    cut = Cut(source)
    directory = source.directory()
    verdict.founders = DirectoryHistory(source.deployment, directory).founders
    verdict.findings.add(_directory_findings(directory, verdict.founders, trusted))
    dictionary = source.dictionary()
    decoders, reading = _Decoders(dictionary), _Reading(source, cut.offsets, progress)
    with BulkCheck(source.deployment, directory, dictionary, cut.incidents_at_most) as checking:
        for partition in cut.partitions:
            _verify_partition(partition, cut, decoders, reading, checking, verdict)
        verdict.findings.add(checking.rest())
    verdict.extents = {topic: tally.extents() for topic, tally in reading.tallies.items()}


class _Decoders:
    def __init__(self, dictionary: SchemaDictionary) -> None:
        self.incidents, self.decisions = KindDecoder(dictionary, "admitted"), KindDecoder(dictionary, "decision")


def _verify_partition(
    partition: int, cut: Cut, decoders: _Decoders, reading: "_Reading", checking: BulkCheck, verdict: Verdict
) -> None:
    facts = [facts_of(decoders.incidents.no_records, decoders.incidents.empty)]
    for batch in reading.batches(INCIDENTS.name, partition, cut.incidents):
        # Those that do not decode are told of by the check of signatures, which reads each record by itself.
        facts.append(facts_of(batch, decoders.incidents.decode(batch["value"].to_list()).columns))
        verdict.findings.add(checking.take(_admitted(batch)))
    incidents = pl.concat(facts)
    decided = [decided_of(decoders.decisions.no_records, decoders.decisions.empty)]
    for batch in reading.batches(DECISIONS.name, partition, cut.decisions):
        decoded = decoders.decisions.decode(batch["value"].to_list())
        verdict.findings.add(unreadable(DECISIONS.name, batch, decoded.faults))
        decided.append(decided_of(batch, decoded.columns))
    decisions = pl.concat(decided).filter(cut.keeps(partition, incidents["submission_offset"]))
    verdict.outcomes.update(dict(decisions["outcome"].value_counts().iter_rows()))
    verdict.findings.add(chain_findings(incidents))
    verdict.findings.add(contiguity_findings(decisions, partition))
    verdict.findings.add(agreement_findings(decisions, incidents))


class _Reading:
    """Reads partition by partition, counting."""

    def __init__(self, source: Source, total: int, progress: Callable[[int, int], None]) -> None:
        self._source, self._total, self._progress, self._done = source, total, progress, 0
        self.tallies = {INCIDENTS.name: Tally(), DECISIONS.name: Tally()}

    def batches(self, topic: str, partition: int, spans: Mapping[int, Span]) -> Iterator[pl.DataFrame]:
        if partition not in spans:
            return
        for batch in self._source.batches(topic, {partition: spans[partition]}):
            self.tallies[topic].add(batch)
            yield batch
            self._done += batch.height
            self._progress(self._done, self._total)


def _admitted(batch: pl.DataFrame) -> list[Admitted]:
    rows = batch.select("partition", "offset", "key", pl.col("value").fill_null(b"")).iter_rows()
    return [Admitted(*row) for row in rows]


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

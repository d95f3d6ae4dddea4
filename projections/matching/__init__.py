"""Links, judgements and cases in the tables of a generation.

In: records of `ionics.links.gN`, `ionics.judgements` and `ionics.cases.gN`, within the transaction of a batch of the
projector. Out: rows that are a function of the set of these records. Whether a link counts, and what of a case a viewer
sees, is asked when it is read (`projections.queries`); that aggregates count a seizure once follows from the members of
the cases (`projections.sink`).
"""

from projections.matching.reading import Read, RecordReader, kind_of, read_current
from projections.matching.tables import Arrivals, MatchTables, arrivals

__all__ = ["Arrivals", "MatchTables", "Read", "RecordReader", "arrivals", "kind_of", "read_current"]

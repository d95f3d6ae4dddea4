"""Admission: decides once about every submission.

In: `ionics.submissions`, and `ionics.directory` for agencies and keys. Out: `ionics.decisions` (one record for each
submission), `ionics.incidents`, receipts, dead letters for what does not verify, and `ionics.audit` for refusals that
concern security. Its state is a fold of
`ionics.incidents` and the tail of `ionics.decisions`.
"""

from stream_processors.admit.directory_reader import DirectoryReader
from stream_processors.admit.stage import GROUP, Admission

__all__ = ["GROUP", "Admission", "DirectoryReader"]

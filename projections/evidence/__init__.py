"""Evidence: that nothing in the log was altered, removed or put there, shown to somebody who trusts nobody.

In: a `projections.replay` source, the log itself or an export of it on another machine. Out: a verdict, each finding in
words. Signatures, chains of revisions and decisions are judged by the functions of admission. `archive` is the export.
"""

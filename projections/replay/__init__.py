"""History read again: whole or in part, from the log or an export of it, into a table, a file or a topic.

In: `ionics.incidents`, `ionics.enriched.gN` or `ionics.decisions`, a `Source` of columns. Out: what a `Sink` makes of
it, and a report by which another can check that it is all. What a viewer gets is judged by `schemas.sharing.may_see`.
"""

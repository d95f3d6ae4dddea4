"""The read side: what the log says, as tables of PostgreSQL that can be asked.

In: the values of ``ionics.enriched.gN``. Out: rows about incidents, and aggregates by class of audience. Rows and
contributions are pure functions over frames; the sink stores them, a batch in one transaction with the positions; the
digest compares tables; ``queries`` reads them as the role that the API has, within ``viewing``, as one focal point.
"""

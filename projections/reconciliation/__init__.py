"""Reconciliation: that what was submitted came all the way, once, and nothing else did.

In: submissions as far as they are kept, decisions, incidents, enriched incidents, links, judgements, cases, messages,
and the rows of PostgreSQL, one scan each. Out: findings in words, and what merely waits. It repairs nothing: derived
topics and tables are made anew.
"""

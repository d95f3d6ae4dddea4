"""How matching grows: what an incident takes with 10,000 known and with a million, and what a hostile feed takes.

Incidents are those of `tests.accuracy.world`, with 60 % of the seizures in one country, through the real enrichment.
They are written once into a scratch directory, so that a run of the matcher reads columns and is not measured with what
made them.
"""

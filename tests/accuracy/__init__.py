"""How well duplicates are found, measured against truth that was made without a look at the matcher.

`labels/` holds pairs of rows of the real seizure file, judged by people from the file; `world/` makes incidents and
their second reports from a seed; `predictors/` holds whoever is measured, each behind one port; `metrics/` says how
well. `make accuracy` runs all of it and writes docs/accuracy.md.
"""

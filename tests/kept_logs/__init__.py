"""Logs that earlier versions of the program wrote, which every later one must still read: one directory a version.

Each is an export as `ionics replay --export` writes it, of generated reports, with `expected.json`: what the views of
it must say. `python -m tests.kept_logs` writes that of the present version (CONTRIBUTING.md says when); none is ever
edited. `making` reports, admits and exports; `expecting` folds the admitted incidents without any view; `test_carrying`
carries each log through all of the program.
"""

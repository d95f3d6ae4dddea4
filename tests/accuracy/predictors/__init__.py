"""Who is measured, each behind the port `Predict`; `tests.accuracy.__main__` says who takes part."""

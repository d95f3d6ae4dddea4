"""Learning a model of matching from the project's own stream, without labels.

In: community incidents as enriched columns. Out: a `Model`, with base rates and frequencies by counting and the
probabilities of agreement by expectation maximisation. The same incidents give the same model, and a report
tells how it was come by (`report`).
"""

from stream_processors.match.training.learning import FEWEST_INCIDENTS, Learned, learn
from stream_processors.match.training.report import REPORT, write_report

__all__ = ["FEWEST_INCIDENTS", "REPORT", "Learned", "learn", "write_report"]

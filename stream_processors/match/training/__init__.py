"""Learning a model of matching from the project's own stream, without labels.

In: community incidents as enriched columns. Out: a `Model`, with base rates and frequencies by counting and the
probabilities of agreement by expectation maximisation. The same incidents give the same model.
"""

from stream_processors.match.training.learning import Learned, learn

__all__ = ["Learned", "learn"]

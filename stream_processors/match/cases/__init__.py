"""Cases: which incidents belong together, and which of them are one seizure.

In: `ionics.links.gN`, what the matcher found, and `ionics.judgements`, what people say of it. Out: `ionics.cases.gN`,
the correlated stream: each case after each change. Facts (`reading`, `fold`) say which links count; `graph` makes cases
of them; `tracking` does so for what a record touches; `events` says what is different.
"""

from stream_processors.match.cases.stage import Cases

__all__ = ["Cases"]

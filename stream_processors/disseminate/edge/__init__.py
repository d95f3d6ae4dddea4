"""Faust as a consumer that loses nothing: what its stock form lacks, each thing with a check at the start or a test.

`driver`: committed records only, and commits that pass the holes of transactions. `handling`: acknowledgement by hand,
the oldest first; dead letters. `hosting`: the application with settings that were tried, run by a Faust worker.
"""

from stream_processors.disseminate.edge.driver import check_driver
from stream_processors.disseminate.edge.handling import Handler, Unhandled, handle
from stream_processors.disseminate.edge.hosting import Host

__all__ = ["Handler", "Host", "Unhandled", "check_driver", "handle"]

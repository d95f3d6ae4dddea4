"""The same fold by this project and by its peers, on the same topic of the same broker.

In: a topic of incidents, made once, with re-submissions in it. Out: a row of rates for each peer, after its table was
found equal to the reference. `fold.py` says what is folded; each peer is one small program in a process of its own,
which gets a `Task` and leaves a table and a `Measured`.
"""

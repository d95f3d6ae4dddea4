"""How good alerts are: over generated worlds in which it is known what began when, and over the real history.

`world` makes the worlds, `rules` are the simple peers of the surge detector, `measuring` compares what was told with
what is known, `tables` writes it. All is told as live: incidents come in the order of their admission, one at a time.
"""

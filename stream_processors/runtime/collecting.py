"""How often Python looks for cycles of garbage in a process that works in large batches."""

import gc

_NEW_OBJECTS, _YOUNG, _MIDDLE = 100_000, 50, 1_000


def collect_seldom() -> None:
    """Look for cycles after a hundred thousand new objects that stay, not after seven hundred.

    A batch of 20,000 messages lives for a moment and holds no cycles, yet would be searched thirty times, and the
    state of a stage, millions of objects that stay, again and again. Of the process; for whoever starts a stage in it.
    """
    gc.set_threshold(_NEW_OBJECTS, _YOUNG, _MIDDLE)

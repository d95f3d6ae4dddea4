"""Progress on long work: bars where there is a terminal, plain lines elsewhere."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Self

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn


class StackProgress:
    """Shows the steps of each part of the local stack, on standard error."""

    def __init__(self) -> None:
        self._bars = Progress(
            SpinnerColumn(),
            TextColumn("{task.fields[part]:<10}"),
            BarColumn(bar_width=24),
            TextColumn("{task.description}"),
            TimeElapsedColumn(),
            console=Console(stderr=True),
            disable=not sys.stderr.isatty(),
        )
        self._tasks: dict[str, TaskID] = {}
        self._said: dict[str, str] = {}

    def __enter__(self) -> Self:
        self._bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bars.stop()

    def step(self, part: str, message: str, fraction: float | None) -> None:
        """Show where a part is; `fraction` of 1, or None where it cannot be told."""
        if self._bars.disable:
            if self._said.get(part) != message:
                click.echo(f"{part}: {message}", err=True)
            self._said[part] = message
            return
        if part not in self._tasks:
            self._tasks[part] = self._bars.add_task(message, total=None, part=part)
        total = None if fraction is None else 1.0
        self._bars.update(self._tasks[part], description=message, total=total, completed=fraction or 0.0)


def counted(what: str) -> Progress:
    """A bar that counts things done of a known or unknown number, on standard error."""
    return Progress(
        TextColumn(what),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=Console(stderr=True),
        disable=not sys.stderr.isatty(),
    )


@contextmanager
def progress_of(what: str) -> Iterator[Callable[[int, int], None]]:
    """A bar for work that tells how many things are done, and of how many."""
    with counted(what) as bar:
        task = bar.add_task(what, total=None)

        def tell(done: int, total: int) -> None:
            bar.update(task, completed=done, total=total)

        yield tell

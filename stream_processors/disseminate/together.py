"""Single questions, answered together: what is asked while a batch is under way goes into the next one.

So it costs nothing to ask for one thing at a time, and a busy stage asks its database seldom.
"""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from typing import Generic, TypeVar

A = TypeVar("A")
R = TypeVar("R")


class Together(Generic[A, R]):
    """Answers questions in batches, one batch at a time.

    Args:
        answer: gives the answers of questions, in their order. Where it fails for several, each is asked alone, so
            that whatever is wrong with one is that one's alone.
        threads: in which it is called.
        at_once: most questions of a batch.
    """

    def __init__(self, answer: Callable[[Sequence[A]], Sequence[R]], threads: Executor, at_once: int = 64) -> None:
        self._answer, self._threads, self._at_once = answer, threads, at_once
        self._waiting: list[tuple[A, asyncio.Future[R]]] = []
        self._answering: asyncio.Task[None] | None = None

    async def ask(self, question: A) -> R:
        """The answer. Raises what `answer` raises for this question."""
        asked: asyncio.Future[R] = asyncio.get_running_loop().create_future()
        self._waiting.append((question, asked))
        if self._answering is None:
            self._answering = asyncio.ensure_future(self._until_none_waits())
        return await asked

    async def _until_none_waits(self) -> None:
        try:
            while self._waiting:
                batch, self._waiting = self._waiting[: self._at_once], self._waiting[self._at_once :]
                await self._answered(batch)
        finally:
            self._answering = None

    async def _answered(self, batch: list[tuple[A, "asyncio.Future[R]"]]) -> None:
        questions = [question for question, _ in batch]
        try:
            answers = await asyncio.get_running_loop().run_in_executor(self._threads, self._answer, questions)
        except Exception as error:  # noqa: BLE001  # whoever asked gets it
            if len(batch) > 1:
                for each in batch:
                    await self._answered([each])
            elif not batch[0][1].done():
                batch[0][1].set_exception(error)
            return
        for (_, asked), found in zip(batch, answers, strict=True):
            if not asked.done():
                asked.set_result(found)

"""A consumer group: static members, cooperative assignment, one owner of a partition at a time."""

from stream_processors.runtime import Partition


class Group:
    """Who reads what of a topic.

    A partition moves only after its owner gave it back, which an owner does when it polls, or after the owner was
    removed because nothing was heard of it.

    Attributes:
        numbers: instance → the number of the member that has its place; one that comes again has another number.
    """

    def __init__(self, partitions: list[Partition]) -> None:
        self.numbers: dict[str, int] = {}
        self._partitions = partitions
        self._owners: dict[Partition, str] = {}
        self._given = 0
        self._turn = 0

    def join(self, instance: str) -> int:
        """Take the place of an instance, with what it owned; its new number."""
        self._given += 1
        self.numbers[instance] = self._given
        return self._given

    def remove(self, instance: str, number: int) -> None:
        """Remove a member of which nothing was heard, unless another one took its place."""
        if self.numbers.get(instance) == number:
            del self.numbers[instance]
            self._owners = {where: owner for where, owner in self._owners.items() if owner != instance}

    def shuffle(self) -> None:
        """Move every partition to the next member."""
        self._turn += 1

    def would_change(self, instance: str) -> bool:
        """Whether a poll of this member would give or take anything."""
        for where, target in self._targets():
            owner = self._owners.get(where)
            if (owner == instance) != (target == instance) and owner in (None, instance):
                return True
        return False

    def _targets(self) -> list[tuple[Partition, str]]:
        members = sorted(self.numbers)
        return [(where, members[(n + self._turn) % len(members)]) for n, where in enumerate(self._partitions)]

    def poll(self, instance: str) -> frozenset[Partition]:
        """What a member owns after it gave back what is to move and took what is free."""
        for where, target in self._targets():
            owner = self._owners.get(where)
            if owner == instance != target:
                del self._owners[where]
            elif owner is None and target == instance:
                self._owners[where] = instance
        return frozenset(where for where, owner in self._owners.items() if owner == instance)

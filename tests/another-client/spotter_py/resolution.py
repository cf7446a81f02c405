"""Who wins: docs/resolution.md as a program."""

from collections.abc import Iterable

from .change import OpId, scalar_bytes
from .history import Write

Rank = tuple[int, int, str]


def rank(write: Write) -> Rank:
    """Priority of the author, then counter, then actor."""
    return (write.author.priority, write.id.counter, write.id.actor)


def replay(writes: Iterable[Write]) -> list[Write]:
    """The writes of one register in the order of the rule; the last one stands."""
    left = sorted(writes, key=rank)
    taken, order = set[OpId](), list[Write]()
    while left:
        ready = next(write for write in left if taken.issuperset(write.op.preds))
        left.remove(ready)
        taken.add(ready.id)
        order.append(ready)
    return order


def survivors(writes: Iterable[Write]) -> list[Write]:
    """The writes that nobody has overwritten, in the order of the replay."""
    order = replay(writes)
    replaced = {pred for write in order for pred in write.op.preds}
    return [write for write in order if write.id not in replaced]


def overruled(writes: Iterable[Write]) -> list[Write]:
    """The survivors that say something else than the write that stands, the strongest first.

    The register is in conflict if there is one. Values are equal when their bits are.
    """
    *others, stands = survivors(writes)
    shown = scalar_bytes(stands.op.value)
    return [write for write in reversed(others) if scalar_bytes(write.op.value) != shown]

"""A set of changes that fit together: what may join it, its heads, and the writes of each register.

Everything that is asked about a change is asked about its ancestry, never about the order in which
changes came. An ancestry is a set of changes, kept as the bits of one integer: bit *i* is the
*i*-th change of this history.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from .change import Author, Change, Op, OpId
from .columns import Refused

DEPTH_MAX = 8
MAP_KEY = re.compile(r"@([0-9a-f]{16})\.(0|[1-9][0-9]{0,9})")

Register = tuple[OpId | None, str]
"""A map (None is the root) and a key in it."""


@dataclass(frozen=True)
class Write:
    """A scalar written to a register, and what its author knew."""

    id: OpId
    op: Op
    change: str
    author: Author


@dataclass
class Place:
    """What is known of a change that was admitted."""

    change: Change
    number: int
    ancestry: int
    """The bits of the changes it builds on, itself included."""
    counter: int
    """The largest operation counter in its ancestry, its own included."""


class History:
    """The changes of one meet, closed under dependencies."""

    def __init__(self, root: str) -> None:
        self.root = root
        self.places: dict[str, Place] = {}
        self.waiting: dict[str, Change] = {}
        self._heads: set[str] = set()
        self._of_actor: dict[str, list[Place]] = {}
        self._maps: dict[OpId, tuple[Register, Place, int]] = {}
        self._map_at: dict[Register, tuple[OpId, Place]] = {}
        self._writes: dict[Register, list[tuple[Write, Place]]] = {}

    def add(self, change: Change) -> list[Change]:
        """Takes in a change and returns those that are new, in an order of dependencies.

        A change that comes before what it builds on waits, and is not among them. Raises `Refused`;
        then nothing has changed. A waiting change that is refused when its turn comes is dropped.
        """
        if change.hash in self.places:
            return []
        if any(dep not in self.places for dep in change.deps):
            self.waiting[change.hash] = change
            return []
        self._admit(change)
        added = [change]
        while ready := [w for w in self.waiting.values() if self._knows_all(w.deps)]:
            for other in ready:
                del self.waiting[other.hash]
                try:
                    self._admit(other)
                    added.append(other)
                except Refused:
                    pass
        return added

    def heads(self) -> list[str]:
        return sorted(self._heads)

    def changes(self) -> list[Change]:
        """All changes, each after what it builds on."""
        return [place.change for place in self.places.values()]

    def next_counter(self, deps: Iterable[str]) -> int:
        """The `startOp` of a change with these dependencies."""
        return 1 + max((self.places[dep].counter for dep in deps), default=0)

    def last_seq(self, actor: str) -> int:
        return max((place.change.seq for place in self._of_actor.get(actor, [])), default=0)

    def map_at(self, parent: OpId | None, key: str) -> OpId | None:
        """The map that was made under a key."""
        found = self._map_at.get((parent, key))
        return found[0] if found else None

    def maps_in(self, parent: OpId | None) -> list[tuple[str, OpId]]:
        """Key and id of the maps made in a map."""
        return [(at[1], made) for at, (made, _) in self._map_at.items() if at[0] == parent]

    def registers(self) -> list[Register]:
        """All registers that were ever written."""
        return list(self._writes)

    def writes(self, register: Register) -> list[Write]:
        """All writes of a register, in no order that means anything."""
        return [write for write, _ in self._writes.get(register, [])]

    def standing(self, register: Register, heads: Iterable[str]) -> list[OpId]:
        """The writes of a register that somebody who knows these heads would replace."""
        return self._standing(register, self.ancestry(heads))

    def ancestry(self, hashes: Iterable[str]) -> int:
        """The bits of these changes and all they build on. Unknown hashes add nothing."""
        bits = 0
        for known in (self.places[h] for h in hashes if h in self.places):
            bits |= known.ancestry
        return bits

    def heads_of(self, ancestry: int) -> list[str]:
        """The heads of the changes with these bits."""
        places = [place for place in self.places.values() if ancestry >> place.number & 1]
        named = {dep for place in places for dep in place.change.deps}
        return sorted(place.change.hash for place in places if place.change.hash not in named)

    def not_below(self, heads: Iterable[str]) -> list[Change]:
        """The changes that are neither one of these heads nor below them, dependencies first."""
        below = self.ancestry(heads)
        return [p.change for p in self.places.values() if not below >> p.number & 1]

    def without(self, hashes: set[str]) -> "History":
        """The history without these changes and all that builds on them."""
        rest = History(self.root)
        for change in self.changes():
            if change.hash not in hashes and rest._knows_all(change.deps):
                rest._admit(change)
        return rest

    def author_of(self, actor: str) -> Author:
        first = next(p.change for p in self._of_actor[actor] if p.change.seq == 1)
        assert first.author, "admission sees to it that a first change has an author"
        return first.author

    def _knows_all(self, hashes: Iterable[str]) -> bool:
        return all(h in self.places for h in hashes)

    def _standing(self, register: Register, ancestry: int) -> list[OpId]:
        known = [w for w, at in self._writes.get(register, []) if ancestry >> at.number & 1]
        replaced = {pred for write in known for pred in write.op.preds}
        return sorted(write.id for write in known if write.id not in replaced)

    def _admit(self, change: Change) -> None:
        """Admission, from the point where the ancestry is needed, in the order of its table."""
        ancestry = self.ancestry(change.deps)
        if not change.deps and change.hash != self.root:
            raise Refused("foreign-root", "no dependencies, and not the meet's root")
        mine = self._of_actor.get(change.actor, [])
        before = max((p.change.seq for p in mine if ancestry >> p.number & 1), default=0)
        if change.seq != before + 1:
            raise Refused("sequence", f"seq {change.seq} after {before}")
        if (change.seq == 1) != (change.author is not None):
            code = "author-missing" if change.seq == 1 else "author-repeated"
            raise Refused(code, "an author belongs to an actor's first change")
        if change.start_op != self.next_counter(change.deps):
            raise Refused("start-op", f"startOp is {change.start_op}")
        number = len(self.places)
        place = Place(change, number, ancestry | 1 << number, change.start_op + len(change.ops) - 1)
        made, wrote = self._check_ops(place)
        if any(p.change.seq == change.seq for p in mine):
            raise Refused("twin", "another change of the same actor and seq is known")
        self.places[change.hash] = place
        self._heads = self._heads - set(change.deps) | {change.hash}
        self._of_actor.setdefault(change.actor, []).append(place)
        for op_id, (register, depth) in made.items():
            self._maps[op_id] = (register, place, depth)
            self._map_at[register] = (op_id, place)
        author = self.author_of(change.actor)
        for register, (op_id, op) in wrote.items():
            write = Write(op_id, op, change.hash, author)
            self._writes.setdefault(register, []).append((write, place))

    def _check_ops(
        self, place: Place
    ) -> tuple[dict[OpId, tuple[Register, int]], dict[Register, tuple[OpId, Op]]]:
        made: dict[OpId, tuple[Register, int]] = {}
        wrote: dict[Register, tuple[OpId, Op]] = {}
        for op_id, op in place.change.ids():
            register = (op.obj, op.key)
            depth = self._depth(op.obj, place, made)
            if op.makes_map and depth + 1 > DEPTH_MAX:
                raise Refused("too-deep", f"{op_id} is a map inside {depth} maps")
            if not self._key_fits(place.change, op):
                raise Refused("key-form", f"{op_id} is under {op.key!r}")
            if register in wrote or register in [at for at, _ in made.values()]:
                raise Refused("written-twice", f"{op_id} writes {op.key!r} again")
            there = self._map_at.get(register)
            if there and place.ancestry >> there[1].number & 1:
                raise Refused("over-map", f"{op_id} writes over a map")
            if list(op.preds) != self._standing(register, place.ancestry):
                raise Refused("preds", f"{op_id} does not replace exactly what its author knew")
            if op.makes_map:
                made[op_id] = (register, depth + 1)
            else:
                wrote[register] = (op_id, op)
        return made, wrote

    def _depth(self, obj: OpId | None, place: Place, made: dict[OpId, tuple[Register, int]]) -> int:
        if obj is None:
            return 0
        if obj in made:
            return made[obj][1]
        known = self._maps.get(obj)
        if known is None or not place.ancestry >> known[1].number & 1:
            raise Refused("unknown-object", f"no map {obj}")
        return known[2]

    def _key_fits(self, change: Change, op: Op) -> bool:
        if not op.makes_map or not change.deps:
            return not op.key.startswith("@")
        form = MAP_KEY.fullmatch(op.key)
        return form is not None and form[1] == change.actor

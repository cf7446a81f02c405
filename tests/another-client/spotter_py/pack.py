"""Unpacks a pack of changes (protocol.md, "The bytes of a pack"). Nothing here packs.

`coder.Coder` turns bytes into values, `Unpacker` walks through the changes with it.
"""

import struct
from dataclasses import dataclass, field
from hashlib import sha256

from .change import (
    BYTES_MAX,
    COUNTER_MAX,
    OPS_MAX,
    TIME_MAX,
    Author,
    Change,
    Op,
    OpId,
    Scalar,
    decode,
)
from .coder import MASK, Coder, Context, need
from .columns import Reader, Refused

CHANGES_MAX = 100_000
TOGETHER_MAX = 64 * 1024 * 1024
(TABLE_LENGTH, TABLE_ACTOR, TABLE_EVEN, TABLE_STEPS, TABLE_DISTANCE, WRITER) = range(6)
(DEPS_MODE, DEPS_COUNT, DEP_INSIDE, DEP_WRITER, DEP_BACK, START_OP, SEQ, TIME) = range(6, 14)
(HAS_AUTHOR, PRIORITY, HAS_MESSAGE, OPS_COUNT, OBJECT_MODE, OBJECT_RANK) = range(14, 20)
(OBJECT_NEAR, KEY, VALUE, DOUBLE_BYTE, NUMBER_MODE, NUMBER_CLASS, DIGITS) = range(20, 27)
(DIFFERENCE, VERDICT) = range(27, 29)
(PREDS_MODE, PREDS_COUNT, PRED_ACTOR, PRED_COUNTER) = range(31, 35)


@dataclass(frozen=True)
class Number:
    """A double as digits and a class: places behind the point, and whether in pounds."""

    kind: int
    digits: int

    def double(self) -> float:
        places = float(self.digits) / 10.0 ** (self.kind % 4)
        return places / 2.20462262 if self.kind >= 4 else places


@dataclass(frozen=True)
class Attempt:
    weight: Number
    verdict: int


Told = None | bool | float | str | Number | Attempt


@dataclass(frozen=True)
class Value:
    """A value and how it was told."""

    how: int
    told: Told = None

    def scalar(self) -> Scalar:
        if isinstance(self.told, Number):
            return self.told.double()
        if isinstance(self.told, Attempt):
            return f"[{_spoken(self.told.weight.double())},{self.told.verdict}]"
        return self.told

    def number(self) -> Number | None:
        return self.told if isinstance(self.told, Number) else None

    def attempt(self) -> Attempt | None:
        return self.told if isinstance(self.told, Attempt) else None


@dataclass
class AsWriter:
    """What is remembered of an actor."""

    changes: list[int] = field(default_factory=list)
    seq: int = 0
    ops: int = 0
    deps_mode: int = 0
    obj: int = 0
    key: int = 0
    recent: list[int] = field(default_factory=list)
    """The last different objects it wrote in, the last one first."""


@dataclass
class AsKey:
    """What is remembered of a key."""

    name: str = ""
    value: Value | None = None
    repeats: int = 0
    number_mode: int = 0
    offset: int | None = None


@dataclass
class AsRegister:
    """What is remembered of a register. Live writes are counter and writer, the oldest first."""

    value: Value | None = None
    live: list[tuple[int, int]] = field(default_factory=list)


def unpack(data: bytes) -> list[Change]:
    """All changes of a pack, in its order. Raises `Refused`, and then there is none."""
    head = Reader(data)
    need(head.take(1) == b"\x01", "another format of packs")
    digest, count, together = head.take(8), head.uleb(), head.uleb()
    need(count <= CHANGES_MAX and together <= TOGETHER_MAX, "a pack is larger than allowed")
    changes = Unpacker(data[head.at :], together).changes(count)
    need(sum(len(c.data) for c in changes) == together, "another number of bytes")
    names = b"".join(bytes.fromhex(c.hash) for c in changes)
    need(sha256(names).digest()[:8] == digest, "another digest")
    return changes


class Unpacker:
    """Reads the changes of one pack, one after the other."""

    def __init__(self, data: bytes, together: int) -> None:
        self.coder = c = Coder(data, together)
        self.together = together
        self.room = together
        """Operations and preds that may still come."""
        self.actors = [c.random(8).hex() for _ in range(self._length(0, together // 9))]
        self.outside = [c.random(32).hex() for _ in range(self._length(1, together // 32))]
        self.reach = [0] * len(self.outside)
        self.objects: list[tuple[int, int] | None] = [None]
        self._read_objects()
        self.tabled = len(self.objects)
        self.done: list[Change] = []
        self.writer_of: list[int] = []
        self.heads: list[int] = []
        self.deps_before: list[str] = []
        self.writers = [AsWriter() for _ in self.actors]
        self.keys = [AsKey(), AsKey()]
        self.object_key: dict[int, int] = {}
        self.object_attempt: dict[int, Attempt] = {}
        self.registers: dict[tuple[int, int], AsRegister] = {}

    def _length(self, table: int, most: int) -> int:
        length = self.coder.number(TABLE_LENGTH, (table,))
        need(length <= most, "a table is longer than the changes can need")
        return length

    def _read_objects(self) -> None:
        c, last, step, before = self.coder, 0, 0, 0
        for _ in range(self._length(2, self.together)):
            actor = self._actor(c.number(TABLE_ACTOR, (before,)))
            if actor != before:
                last = 0
            if c.flag(TABLE_EVEN, (int(step > 0),)):
                distance = c.signed(TABLE_STEPS, ()) * step
            else:
                distance = c.signed(TABLE_DISTANCE, ())
                step = abs(distance)
            last, before = _counter(last + distance), actor
            self.objects.append((last, actor))

    def changes(self, count: int) -> list[Change]:
        for _ in range(count):
            self._change()
        need(self.coder.finished(), "coded bytes are left")
        return self.done

    def _actor(self, place: int) -> int:
        need(place < len(self.actors), "there is no such actor")
        return place

    def _op_id(self, write: tuple[int, int]) -> OpId:
        return OpId(write[0], self.actors[write[1]])

    def _change(self) -> None:
        c, number = self.coder, len(self.done)
        w1, w2 = ([*reversed(self.writer_of[-2:]), 0, 0])[:2]
        place = self._actor(c.number(WRITER, (w1,), (w1, w2), ()))
        again, begun = int(place == w1), int(number > 0)
        writer = self.writers[place]
        deps, inside, reached = self._deps(place, writer, again)
        expected = 1 + max([*reached, 0])
        start = _counter(expected + c.signed(START_OP, (int(expected == 1),)))
        for i in inside:
            self.reach[i] = max(self.reach[i], start - 1)
        seq = _counter(writer.seq + 1 + c.signed(SEQ, (int(not writer.changes),)))
        time = self.done[-1].time if self.done else 0
        time += c.signed(TIME, (begun,), (begun, again), (begun, writer.key))
        need(0 <= time <= TIME_MAX, "a time out of range")
        author = None
        if c.flag(HAS_AUTHOR, (int(seq == 1),)):
            author = Author(c.text(0, b"", 512), c.number(PRIORITY, ()))
        message = ""
        if c.flag(HAS_MESSAGE, ()):
            message = c.text(1, b"", 1024)
            need(message != "", "an empty message")
        count = c.number(OPS_COUNT, (writer.ops,), (writer.key,), ())
        need(1 <= count <= OPS_MAX, "too many operations")
        self._spend(count)
        ops: list[Op] = []
        told_before = 0
        for i in range(count):
            op, told_before = self._op(place, writer, start + i, i > 0, told_before)
            ops.append(op)
        change = Change(
            tuple(sorted(deps)), self.actors[place], seq, start, time, tuple(ops), message, author
        )
        need(len(change.data) <= BYTES_MAX and decode(change.data) == change, "no change")
        self.deps_before = deps
        writer.changes.append(number)
        writer.seq, writer.ops = seq, count
        self.heads = [h for h in self.heads if self.done[h].hash not in deps] + [number]
        self.done.append(change)
        self.writer_of.append(place)

    def _spend(self, count: int) -> None:
        self.room -= count
        need(self.room >= 0, "more operations and preds than bytes")

    def _deps(
        self, place: int, writer: AsWriter, again: int
    ) -> tuple[list[str], list[int], list[int]]:
        """The dependencies, the places of those outside, and how far the counters reach."""
        c, own = self.coder, writer.changes[-1:]
        width, only = min(4, len(self.heads)), int(bool(own) and self.heads == own)
        rest = (only, width, again)
        mode = c.number(DEPS_MODE, (writer.deps_mode, *rest), rest)
        if not only:
            writer.deps_mode = mode
        outside: list[int] = []
        match mode:
            case 0:
                need(len(self.heads) <= 64, "too many heads")
                inside = list(self.heads)
            case 1:
                need(bool(own), "no change of its own")
                inside = own
            case 2:
                hashes = self.deps_before
                known = {change.hash: i for i, change in enumerate(self.done)}
                inside = [known[h] for h in hashes if h in known]
                outside = [self.outside.index(h) for h in hashes if h not in known]
            case 3:
                inside = []
                count = c.number(DEPS_COUNT, ())
                need(count <= 64, "too many dependencies")
                for index in range(count):
                    if not c.flag(DEP_INSIDE, ()):
                        need(bool(self.outside), "no dependency outside")
                        outside.append(c.even(len(self.outside)))
                        continue
                    whose = self._actor(c.number(DEP_WRITER, (place,), (index,)))
                    back = c.number(DEP_BACK, (int(whose == place),), (whose,))
                    theirs = self.writers[whose].changes
                    need(back < len(theirs), "there is no such change")
                    inside.append(theirs[-1 - back])
            case _:
                raise Refused("unreadable", "there is no such mode of dependencies")
        reached = [self.done[i].start_op + len(self.done[i].ops) - 1 for i in inside]
        reached += [self.reach[i] for i in outside]
        deps = [self.done[i].hash for i in inside] + [self.outside[i] for i in outside]
        return deps, outside, reached

    def _op(
        self, place: int, writer: AsWriter, counter: int, inside: bool, told_before: int
    ) -> tuple[Op, int]:
        _counter(counter)
        key_before = writer.key
        obj, same = self._object(writer, int(inside), key_before, told_before)
        k = self._key(obj, int(inside), same, key_before)
        key, register = self.keys[k], self.registers.setdefault((obj, k), AsRegister())
        value = self._value(obj, k, key, register, told_before)
        preds = self._preds(place, obj, k, key, register, counter)
        self._spend(len(preds))
        register.live = [write for write in register.live if write not in preds][-7:]
        register.live.append((counter, place))
        register.value = value
        makes_map = value.how == 1
        if makes_map:
            self.objects.append((counter, place))
        else:
            key.value = value
            if (attempt := value.attempt()) is not None:
                self.object_attempt[obj] = attempt
        writer.obj, writer.key, self.object_key[obj] = obj, k, k
        at = self.objects[obj]
        name = key.name if k else f"@{self.actors[place]}.{counter}"
        ordered = tuple(sorted(self._op_id(pred) for pred in preds))
        scalar = None if makes_map else value.scalar()
        op = Op(self._op_id(at) if at else None, name, scalar, makes_map, ordered)
        return op, self._last_told

    def _object(
        self, writer: AsWriter, inside: int, key_before: int, told_before: int
    ) -> tuple[int, int]:
        c, last, newest = self.coder, writer.obj, len(self.objects) - 1
        contexts = ((inside, key_before), (inside,), (inside, key_before, told_before))
        match c.number(OBJECT_MODE, *contexts):
            case 0:
                obj = last
            case 1:
                obj = newest
            case 2:
                obj = last + c.signed(OBJECT_NEAR, (), (key_before,))
            case 3:
                rank = c.number(OBJECT_RANK, (), (len(writer.recent),), (key_before,))
                need(rank < len(writer.recent), "there is no such object")
                obj = writer.recent[rank]
            case 4:
                obj = c.even(newest + 1)
            case _:
                raise Refused("unreadable", "there is no such mode of objects")
        need(0 <= obj <= newest, "there is no such object")
        writer.recent = [obj, *(o for o in writer.recent if o != obj)][:24]
        return obj, int(obj == last)

    def _key(self, obj: int, inside: int, same: int, key_before: int) -> int:
        of_object = self.object_key.get(obj, 0)
        contexts: list[Context] = [(inside, same, key_before), (same, of_object), (inside,)]
        k = self.coder.number(KEY, *contexts, (same, of_object, key_before))
        if k == 1:
            name = self.coder.text(2, b"", 256)
            need(name != "", "an empty key")
            self.keys.append(AsKey(name))
            return len(self.keys) - 1
        need(k < len(self.keys), "there is no such key")
        return k

    def _value(self, obj: int, k: int, key: AsKey, register: AsRegister, told_before: int) -> Value:
        c = self.coder
        r = register.value.how if register.value else 0
        s = key.value.how if key.value else 0
        rest = ((k,), (r, s, key.repeats % 4), (k, r, told_before))
        how = c.number(VALUE, (k, r, key.repeats), *rest)
        self._last_told = how
        key.repeats = (key.repeats << 1 | int(how == 0)) & 7
        match how:
            case 0:
                need(key.value is not None, "the key has no value yet")
                assert key.value
                return key.value
            case 1 | 2:
                return Value(how)
            case 3 | 4:
                return Value(how, how == 4)
            case 5:
                return Value(5, self._number(k, key, register))
            case 6:
                data = bytes(c.byte(DOUBLE_BYTE, (i,), (i, k)) for i in range(8))
                return Value(6, struct.unpack(">d", data)[0])
            case 7:
                return Value(7, self._attempt(obj, k, key, register))
            case 8:
                near = [v.told for v in (register.value, key.value) if v and v.how == 8]
                return Value(8, c.text(3 + k, str(near[0]).encode() if near else b"", 16_384))
            case _:
                raise Refused("unreadable", "there is no such kind of value")

    def _number(self, k: int, key: AsKey, register: AsRegister) -> Number:
        first = register.value.number() if register.value else None
        third = key.value.number() if key.value else None
        return self._compared([first, None, third], 0, k, key)

    def _attempt(self, obj: int, k: int, key: AsKey, register: AsRegister) -> Attempt:
        first = register.value.attempt() if register.value else None
        second = self.object_attempt.get(obj)
        third = key.value.attempt() if key.value else None
        v0, v1 = (a.verdict + 2 & MASK if a else 0 for a in (first, second))
        weights = [a.weight if a else None for a in (first, second, third)]
        weight = self._compared(weights, (v0 * 4 & MASK) ^ v1, k, key)
        kept = int(first is not None and weight == first.weight)
        r = register.value.how if register.value else 0
        contexts = ((kept, v0, k), (kept, v0), (kept, v0, v1), (r, k))
        verdict = self.coder.signed(VERDICT, *contexts)
        need(-(2**31) <= verdict < 2**31, "a verdict out of range")
        return Attempt(weight, verdict)

    def _compared(self, others: list[Number | None], more: int, k: int, key: AsKey) -> Number:
        c = self.coder
        known = sum(bit for bit, other in zip((4, 2, 1), others, strict=True) if other)
        contexts = ((known, more, k), (known, more), (known, key.number_mode, k))
        mode = key.number_mode = c.number(NUMBER_MODE, *contexts)
        need(mode <= 3, "there is no such mode of numbers")
        near = others[mode - 1] if mode else None
        need(mode == 0 or near is not None, "there is no such number")
        near_class = near.kind + 1 if near else 0
        kind = c.number(NUMBER_CLASS, (near_class, k), (near_class,), (mode, more, k))
        need(kind < 8, "there is no such class")
        if near is None:
            digits = c.signed(DIGITS, (kind, k), (kind,), ())
        else:
            need(near.kind // 4 == kind // 4, "another unit")
            finer = max(near.kind, kind)
            shared = ((mode, k), (mode, finer), (mode, finer, more), (mode, finer, more, k))
            parts = c.signed(DIFFERENCE, *shared)
            parts += near.digits * 10 ** (finer - near.kind)
            digits, left = divmod(parts, 10 ** (finer - kind))
            need(left == 0, "a number has no digits at its class")
        need(abs(digits) < 2**40, "a number is too large")
        return Number(kind, digits)

    def _preds(
        self, place: int, obj: int, k: int, key: AsKey, register: AsRegister, counter: int
    ) -> list[tuple[int, int]]:
        c, at = self.coder, self.objects[obj]
        outside = obj < self.tabled
        expected = None
        if outside and at and key.offset is not None:
            expected = (at[0] + key.offset, at[1])
        largest = max(register.live, key=self._op_id, default=None)
        own = int(largest is not None and largest[1] == place)
        context = (len(register.live), int(outside), int(expected is not None), own)
        mode = c.number(PREDS_MODE, context, (*context, k))
        match mode:
            case 0:
                preds = list(register.live)
            case 1:
                need(expected is not None, "no pred is expected")
                assert expected
                preds = [expected]
            case 2:
                preds = []
                count = c.number(PREDS_COUNT, ())
                self._spend(0 if count <= self.room else self.room + 1)
                for _ in range(count):
                    actor = self._actor(c.number(PRED_ACTOR, ()))
                    near = at is not None and actor == at[1]
                    steps = c.signed(PRED_COUNTER, (int(near),), (int(near), k))
                    preds.append((at[0] + steps if near and at else counter - steps, actor))
            case _:
                raise Refused("unreadable", "there is no such mode of preds")
        for pred in preds:
            _counter(pred[0])
        if mode == 2 and len(preds) == 1 and outside and at and preds[0][1] == at[1]:
            offset = preds[0][0] - at[0]
            key.offset = offset if offset >= 0 else None
        return preds


def _spoken(number: float) -> str:
    """The double of an attempt in the fewest digits. None of them needs an exponent."""
    return repr(number).removesuffix(".0")


def _counter(number: int) -> int:
    need(1 <= number <= COUNTER_MAX, "a counter out of range")
    return number

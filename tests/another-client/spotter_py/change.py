"""One change: what it says, its bytes and its name (protocol.md, "The bytes of a change").

Hashes and actors are lower-case hex throughout: they sort like the bytes they stand for.
"""

import json
import math
import struct
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import islice
from typing import NamedTuple
from unicodedata import category

from .columns import (
    Reader,
    Refused,
    read_differences,
    read_runs,
    sized,
    sleb,
    uleb,
    write_differences,
    write_runs,
)

MAGIC = bytes.fromhex("856f4a83")
CHANGE_CHUNK = 1
BYTES_MAX = 65_536
OPS_MAX = 1_024
PREDS_MAX = 16_384
COUNTER_MAX = 2**31 - 1
TIME_MAX = 253_402_300_799

Scalar = None | bool | float | str


class OpId(NamedTuple):
    """The name of an operation. Compares by counter, then actor, as preds are ordered."""

    counter: int
    actor: str

    def __str__(self) -> str:
        return f"{self.counter}@{self.actor}"


@dataclass(frozen=True)
class Op:
    """Makes a map under a key, or sets a scalar there, in the map `obj` (None is the root)."""

    obj: OpId | None
    key: str
    value: Scalar = None
    makes_map: bool = False
    preds: tuple[OpId, ...] = ()


@dataclass(frozen=True)
class Author:
    """For whom an actor writes, and with which priority; stands in the actor's first change."""

    location: str
    priority: int

    def json(self) -> bytes:
        name = self.location.replace("\\", "\\\\").replace('"', '\\"')
        return f'{{"location":"{name}","priority":{self.priority}}}'.encode()


@dataclass(frozen=True)
class Change:
    """What a change says. `data` are its bytes, `hash` its name; both follow from the rest."""

    deps: tuple[str, ...]
    actor: str
    seq: int
    start_op: int
    time: int
    ops: tuple[Op, ...]
    message: str = ""
    author: Author | None = None
    data: bytes = field(init=False, repr=False, compare=False)
    hash: str = field(init=False)

    def __post_init__(self) -> None:
        body = self._body()
        hashed = bytes([CHANGE_CHUNK]) + sized(body)
        digest = sha256(hashed)
        object.__setattr__(self, "data", MAGIC + digest.digest()[:4] + hashed)
        object.__setattr__(self, "hash", digest.hexdigest())

    def ids(self) -> list[tuple[OpId, Op]]:
        """The operations with their ids."""
        return [(OpId(self.start_op + i, self.actor), op) for i, op in enumerate(self.ops)]

    def _body(self) -> bytes:
        others = sorted(self._named_actors() - {self.actor})
        number = {actor: i for i, actor in enumerate([self.actor, *others])}
        out = uleb(len(self.deps)) + b"".join(bytes.fromhex(dep) for dep in sorted(self.deps))
        out += sized(bytes.fromhex(self.actor))
        out += uleb(self.seq) + uleb(self.start_op) + sleb(self.time)
        out += sized(self.message.encode())
        out += uleb(len(others)) + b"".join(sized(bytes.fromhex(actor)) for actor in others)
        columns = [(n, data) for n, data in self._columns(number) if data]
        out += uleb(len(columns))
        out += b"".join(uleb(n) + uleb(len(data)) for n, data in columns)
        out += b"".join(data for _, data in columns)
        return out + (b"\x01" + sized(self.author.json()) if self.author else b"")

    def _named_actors(self) -> set[str]:
        objects = {op.obj.actor for op in self.ops if op.obj}
        return objects | {pred.actor for op in self.ops for pred in op.preds}

    def _columns(self, number: dict[str, int]) -> list[tuple[int, bytes]]:
        values = [scalar_bytes(op.value) for op in self.ops]
        preds = [pred for op in self.ops for pred in sorted(op.preds)]
        return [
            (0x01, write_runs([number[op.obj.actor] if op.obj else None for op in self.ops], uleb)),
            (0x02, write_runs([op.obj.counter if op.obj else None for op in self.ops], uleb)),
            (0x15, write_runs([op.key for op in self.ops], lambda key: sized(key.encode()))),
            (0x34, uleb(len(self.ops))),
            (0x42, write_runs([0 if op.makes_map else 1 for op in self.ops], uleb)),
            (0x56, write_runs([len(data) * 16 + kind for kind, data in values], uleb)),
            (0x57, b"".join(data for _, data in values)),
            (0x70, write_runs([len(op.preds) for op in self.ops], uleb)),
            (0x71, write_runs([number[pred.actor] for pred in preds], uleb)),
            (0x73, write_differences([pred.counter for pred in preds])),
        ]


COLUMNS = (0x01, 0x02, 0x15, 0x34, 0x42, 0x56, 0x57, 0x70, 0x71, 0x73)


def scalar_bytes(value: Scalar) -> tuple[int, bytes]:
    """Type and bytes of a value. Two values are equal exactly when these are."""
    if value is None:
        return 0, b""
    if isinstance(value, bool):
        return (2 if value else 1), b""
    if isinstance(value, str):
        return 6, value.encode()
    return 5, struct.pack("<d", value)


def decode(data: bytes) -> Change:
    """Reads the bytes of a change.

    Raises `Refused` unless they are a change in its canonical form, within all bounds that can be
    seen without its ancestry.
    """
    if len(data) > BYTES_MAX:
        raise Refused("too-large", f"{len(data)} bytes")
    chunk = Reader(data)
    if data[:4] != MAGIC:
        raise Refused("not-a-chunk", "the bytes do not begin with the magic")
    chunk.take(4)
    checksum = chunk.take(4)
    if chunk.take(1)[0] != CHANGE_CHUNK:
        raise Refused("chunk-type", "not a plain change")
    body = Reader(chunk.sized())
    if chunk.rest():
        raise Refused("unreadable", "bytes after the end")
    if sha256(data[8:]).digest()[:4] != checksum:
        raise Refused("checksum", "the four bytes are not the first of the hash")
    change = _read_body(body)
    if change.data != data:
        raise Refused("not-canonical", "the same change has other bytes")
    return change


def _read_body(body: Reader) -> Change:
    deps = [body.take(32).hex() for _ in range(_bounded(body.uleb(), 0, 64, "dependencies"))]
    if len(set(deps)) < len(deps):
        raise Refused("dependency-repeated", "a dependency is named twice")
    actor = _actor(body)
    seq = _bounded(body.uleb(), 1, COUNTER_MAX, "seq")
    start_op = _bounded(body.uleb(), 1, COUNTER_MAX, "startOp")
    time = _bounded(body.sleb(), 0, TIME_MAX, "time")
    message = body.text()
    _bounded(len(message.encode()), 0, 1_024, "bytes of message")
    others = [_actor(body) for _ in range(_bounded(body.uleb(), 0, PREDS_MAX, "other actors"))]
    sizes = [(body.uleb(), body.uleb()) for _ in range(_bounded(body.uleb(), 0, 99, "columns"))]
    numbers = [number for number, _ in sizes]
    if numbers != [number for number in COLUMNS if number in numbers]:
        raise Refused("unreadable", "a column is unknown, twice there or out of order")
    columns = {number: body.take(size) for number, size in sizes}
    ops = _read_ops(columns, [actor, *others])
    _bounded(start_op + len(ops) - 1, 1, COUNTER_MAX, "the last counter")
    author = _read_author(body) if body.rest() else None
    return Change(tuple(deps), actor, seq, start_op, time, tuple(ops), message, author)


def _read_ops(columns: dict[int, bytes], actors: list[str]) -> list[Op]:
    keys = read_runs(columns.get(0x15, b""), Reader.text, OPS_MAX)
    count = _bounded(len(keys), 1, OPS_MAX, "operations")

    def column(number: int) -> list[int | None]:
        rows = read_runs(columns.get(number, b""), Reader.uleb, OPS_MAX)
        if len(rows) not in (0, count):
            raise Refused("unreadable", f"column {number:#x} has {len(rows)} rows, not {count}")
        return rows or [None] * count

    def op_id(counter: int | None, number: int | None) -> OpId:
        if counter is None or number is None or number >= len(actors):
            raise Refused("unreadable", "no operation has this name")
        return OpId(_bounded(counter, 1, COUNTER_MAX, "as a counter"), actors[number])

    if columns.get(0x34) != uleb(count):
        raise Refused("forbidden-op", "an insertion")
    pred_actors = read_runs(columns.get(0x71, b""), Reader.uleb, PREDS_MAX)
    pred_counters = list(read_differences(columns.get(0x73, b""), PREDS_MAX))
    if len(pred_actors) != len(pred_counters):
        raise Refused("unreadable", "the columns of preds differ in length")
    preds = iter([op_id(c, a) for c, a in zip(pred_counters, pred_actors, strict=True)])
    values, ops = Reader(columns.get(0x57, b"")), []
    rows = zip(keys, *(column(n) for n in (0x01, 0x02, 0x42, 0x56, 0x70)), strict=True)
    for key, obj_actor, obj_counter, action, meta, pred_count in rows:
        if key is None or action not in (0, 1):
            raise Refused("forbidden-op", "neither a set nor a map under a key")
        _bounded(len(key.encode()), 1, 256, "bytes of key")
        root = obj_counter is None and obj_actor is None
        obj = None if root else op_id(obj_counter, obj_actor)
        value = _read_scalar(values, meta or 0)
        if action == 0 and value is not None:
            raise Refused("forbidden-op", "a map with a value")
        own = tuple(islice(preds, pred_count or 0))
        ops.append(Op(obj, key, value, action == 0, own))
    return ops


def _read_scalar(values: Reader, meta: int) -> Scalar:
    kind, data = meta % 16, values.take(meta // 16)
    match kind:
        case 0:
            return None
        case 1 | 2:
            return kind == 2
        case 5 if len(data) == 8:
            (number,) = struct.unpack("<d", data)
            if not math.isfinite(number):
                raise Refused("out-of-bounds", "a number is not finite")
            return float(number)
        case 6:
            _bounded(len(data), 0, 16_384, "bytes of text")
            return Reader(sized(data)).text()
        case _:
            raise Refused("forbidden-op", f"a value of type {kind}")


def _read_author(body: Reader) -> Author:
    try:
        more, data = body.take(1), body.sized()
        said = json.loads(data)
        author = Author(said["location"], said["priority"])
        exact = more == b"\x01" and not body.rest() and author.json() == data
    except (Refused, ValueError, KeyError, TypeError, AttributeError):
        raise Refused("bad-author", "not one author") from None
    if not exact or type(author.priority) is not int or len(data) > 512:
        raise Refused("bad-author", "not one author")
    name = author.location
    readable = name == name.strip(" ") and not any(category(letter) == "Cc" for letter in name)
    if not readable or not 1 <= len(name) <= 64 or not 0 <= author.priority <= 1_000_000:
        raise Refused("bad-author", "a name or priority beyond its bounds")
    return author


def _actor(body: Reader) -> str:
    actor = body.sized()
    _bounded(len(actor), 8, 8, "bytes of actor")
    return actor.hex()


def _bounded(number: int, least: int, most: int, what: str) -> int:
    if not least <= number <= most:
        raise Refused("out-of-bounds", f"{number} {what}")
    return number

"""Which register holds what: decision 012 as a program, from an OpenLifter file and back.

Covers what a meet of ordinary size holds. A text over 12,000 bytes is read, but never written.
"""

import json
import secrets
import time
from hashlib import sha256
from itertools import zip_longest
from typing import Any

from .change import Author, Change, Op, OpId, Scalar
from .replica import Replica

CONTAINERS = ("meet", "entries", "lifting", "carried", "threads", "comments", "publication")
LISTS = ("divisions", "events", "weightClassesKgMen", "weightClassesKgMx", "weightClassesKgWomen")
LIFTS = ("squat", "bench", "deadlift")
SELECTOR = ("flight", "lift", "overrideAttempt", "overrideEntryId")
ABSENT = "\0-"
Fields = dict[str, Any]


def begin(saved: Fields, author: Author) -> list[Change]:
    """The first changes of a meet from a file of OpenLifter: the genesis, then the entries."""
    actor, now = secrets.token_hex(8), int(time.time())
    made = {name: OpId(i + 1, actor) for i, name in enumerate(CONTAINERS)}
    ops = [Op(None, name, makes_map=True) for name in CONTAINERS]
    ops += [Op(None, "format", 1.0), Op(None, "nonce", secrets.token_hex(16))]
    ops += [Op(made["meet"], *register) for register in meet_registers(saved["meet"]).items()]
    ops += [Op(made["carried"], "frame", _json(_frame(saved)))]
    where, selector = saved["lifting"], {name: saved["lifting"][name] for name in SELECTOR}
    ops += [Op(made["lifting"], f"{where['day']}.{where['platform']}", _json(selector))]
    changes = [Change((), actor, 1, 1, now, tuple(ops), author=author)]
    for place, entry in enumerate(saved["registration"]["entries"], 1):
        start = changes[-1].start_op + len(changes[-1].ops)
        registers = entry_registers(entry) | {"order": float(place)}
        ops = [Op(made["entries"], f"@{actor}.{start}", makes_map=True)]
        ops += [Op(OpId(start, actor), *register) for register in registers.items()]
        deps = (changes[-1].hash,)
        changes.append(Change(deps, actor, len(changes) + 1, start, now, tuple(ops)))
    return changes


def saved(replica: Replica) -> Fields:
    """The meet as OpenLifter saves it, with the values that stand."""
    shown = {name: _shown(replica, replica.known.map_at(None, name)) for name in CONTAINERS}
    file: Fields = json.loads(shown["carried"]["frame"])
    file["meet"] = _meet(shown["meet"])
    file["lifting"] |= json.loads(shown["lifting"][_place(file["lifting"])])
    listed, ids = [], []
    for key, made in replica.known.maps_in(replica.known.map_at(None, "entries")):
        entry = _shown(replica, made)
        ids.append(entry["id"])
        if not entry.pop("deleted", False):
            listed.append((entry.pop("order"), key, _entry(entry)))
    registration = file["registration"]
    registration["entries"] = [entry for _, _, entry in sorted(listed, key=lambda x: x[:2])]
    largest = max(ids, default=0)
    if largest >= registration["nextEntryId"] and largest != shown["carried"].get("largestId"):
        registration["nextEntryId"] = largest + 1
    if "lookup" in registration:
        names = [_json(entry["id"]) for entry in registration["entries"]]
        registration["lookup"] = {name: i for i, name in enumerate(names)}
    return file


def meet_registers(meet: Fields) -> dict[str, Scalar]:
    """The registers of the meet's own fields."""
    fields = {name: v for name, v in meet.items() if name not in ("plates", "platformsOnDays")}
    registers = {name: _scalar(name, value) for name, value in fields.items()}
    for day, platforms in enumerate(meet["platformsOnDays"], 1):
        registers[f"platformsOnDays.{day}"] = float(platforms)
    registers["plates"] = _json([plate["weightKg"] for plate in meet["plates"]])
    for plate in meet["plates"]:
        rest = {name: value for name, value in plate.items() if name != "weightKg"}
        registers[f"plates.{_json(plate['weightKg'])}"] = _json(rest)
    return registers


def entry_registers(entry: Fields) -> dict[str, Scalar]:
    """The registers of an entry, but for its place."""
    arrays = {lift + of for lift in LIFTS for of in ("Kg", "Status")}
    registers = {name: _scalar(name, v) for name, v in entry.items() if name not in arrays}
    for lift in LIFTS:
        arrays_of_lift = (entry[f"{lift}Kg"], entry[f"{lift}Status"])
        for i, attempt in enumerate(zip_longest(*arrays_of_lift, fillvalue=0), 1):
            registers[f"{lift}.{i}"] = _json(attempt)
        if (shape := [len(array) for array in arrays_of_lift]) != [5, 5]:
            registers[f"{lift}.shape"] = _json(shape)
    return registers


def new_entry(replica: Replica, fields: Fields) -> OpId:
    """Adds a lifter, behind those that are there, under a new id."""
    entries = replica.known.map_at(None, "entries")
    assert entries, "the genesis makes it"
    there = [_shown(replica, made) for _, made in replica.known.maps_in(entries)]
    order = 1.0 + max((entry["order"] for entry in there), default=0.0)
    ids = [entry["id"] for entry in there]
    new_id = 2**40 + int.from_bytes(secrets.token_bytes(5))
    assert float(new_id) not in ids
    registers = entry_registers({"id": new_id} | fields) | {"order": order}
    return replica.make_map(entries, registers)


def find_entry(replica: Replica, entry_id: float) -> OpId:
    """The map of the entry with this id."""
    entries = replica.known.map_at(None, "entries")
    maps = replica.known.maps_in(entries)
    return next(made for _, made in maps if replica.value((made, "id")) == entry_id)


def _frame(saved: Fields) -> Fields:
    """The file without what has registers: null stands where they are put back."""
    registration = saved["registration"] | {"entries": None}
    if "lookup" in registration:
        registration["lookup"] = None
    lifting = saved["lifting"] | dict.fromkeys(SELECTOR)
    return saved | {"meet": None, "registration": registration, "lifting": lifting}


def _meet(registers: Fields) -> Fields:
    rest = {k: v for k, v in registers.items() if k != "plates" and not _numbered(k)}
    meet = {name: _value(name, value) for name, value in rest.items()}
    days = [int(k.split(".")[1]) for k in registers if k.startswith("platformsOnDays.")]
    meet["platformsOnDays"] = [registers[f"platformsOnDays.{d + 1}"] for d in range(max(days))]
    weights = json.loads(registers["plates"])
    plates = [{"weightKg": w} | json.loads(registers[f"plates.{_json(w)}"]) for w in weights]
    return meet | {"plates": plates}


def _entry(registers: Fields) -> Fields:
    entry = {name: _value(name, v) for name, v in registers.items() if not _numbered(name)}
    for lift in LIFTS:
        for part, length in enumerate(json.loads(registers.get(f"{lift}.shape", "[5,5]"))):
            attempts = [registers.get(f"{lift}.{i + 1}", "[0,0]") for i in range(length)]
            of = ("Kg", "Status")[part]
            entry[lift + of] = [json.loads(attempt)[part] for attempt in attempts]
    return entry


def _numbered(key: str) -> bool:
    return key.split(".")[0] in (*LIFTS, "plates", "platformsOnDays") and "." in key


def _place(lifting: Fields) -> str:
    return f"{lifting['day']}.{lifting['platform']}"


def _shown(replica: Replica, of: OpId | None) -> Fields:
    """What the registers of a map show, without those that are absent, long texts put together."""
    found = {key: replica.value((obj, key)) for obj, key in replica.known.registers() if obj == of}
    whole = {key: _whole(replica, value) for key, value in found.items() if value != ABSENT}
    return whole


def _whole(replica: Replica, value: Scalar) -> Scalar:
    if not isinstance(value, str) or not value.startswith("\0"):
        return value
    if value.startswith("\0="):
        return value[2:]
    digest, parts = value[2:].split(".")
    carried = replica.known.map_at(None, "carried")
    text = "".join(str(replica.value((carried, f"%{digest}.{i}"))) for i in range(int(parts)))
    assert sha256(text.encode()).hexdigest().startswith(digest)
    return text


def _scalar(name: str, value: Any) -> Scalar:
    if name in LISTS and value is not None:
        return _json(value)
    if isinstance(value, str):
        return f"\0={value}" if value.startswith("\0") else value
    return value if value is None or isinstance(value, bool) else float(value)


def _value(name: str, value: Scalar) -> Any:
    if isinstance(value, str) and (name in LISTS or name.startswith("~")):
        return json.loads(value)
    return value


def _json(value: Any) -> str:
    """JSON as JavaScript writes it, for values without exponents."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))

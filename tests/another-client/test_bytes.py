"""The bytes of a change, against the examples of docs/protocol.md and against damage."""

import base64
import json
import random
import re
import unittest
from contextlib import suppress
from hashlib import sha256
from typing import Any

from harness import ROOT
from spotter_py.change import Author, Change, Op, OpId, Scalar, decode
from spotter_py.columns import (
    Reader,
    Refused,
    read_differences,
    read_runs,
    sleb,
    uleb,
    write_differences,
    write_runs,
)
from spotter_py.history import History

PAGE = (ROOT / "docs" / "protocol.md").read_text()


def example(name: str) -> Any:
    """An example message of the page."""
    found = re.search(rf"<!-- golden {re.escape(name)} -->\n```json\n(.*?)```", PAGE, re.DOTALL)
    assert found, f"the page has no example {name}"
    return json.loads(found[1])


def random_change(draw: random.Random) -> Change:
    """Any change that has a form, whether or not an ancestry could allow it."""
    actors = [draw.randbytes(8).hex() for _ in range(3)]

    def op_id() -> OpId:
        return OpId(draw.randrange(1, 10_000), draw.choice(actors))

    def value() -> Scalar:
        number = draw.choice([0.0, -0.0, 182.5, draw.uniform(-1e9, 1e9)])
        return draw.choice([None, True, False, number, "", "päivä", "x" * draw.randrange(300)])

    def op() -> Op:
        obj, key = draw.choice([None, op_id()]), draw.choice(["name", "squat.1", "é"])
        preds = tuple(sorted({op_id() for _ in range(draw.randrange(4))}))
        makes_map = draw.random() < 0.2
        return Op(obj, key, None if makes_map else value(), makes_map, preds)

    deps = sorted({draw.randbytes(32).hex() for _ in range(draw.randrange(4))})
    author = Author('Table "1" \\', draw.randrange(1_000)) if draw.random() < 0.5 else None
    ops = tuple(op() for _ in range(draw.randrange(1, 40)))
    start, time = draw.randrange(1, 2**31 - 50), draw.randrange(2**33)
    return Change(tuple(deps), actors[0], 1, start, time, ops, draw.choice(["", "why"]), author)


class Bytes(unittest.TestCase):
    def test_numbers_read_as_they_were_written(self) -> None:
        for exponent in range(63):
            for number in (2**exponent - 1, 2**exponent, 2**exponent + 1):
                self.assertEqual(Reader(uleb(number)).uleb(), number)
                self.assertEqual(Reader(sleb(number)).sleb(), number)
                self.assertEqual(Reader(sleb(-number)).sleb(), -number)

    def test_runs_have_the_form_of_the_page(self) -> None:
        cases: list[tuple[list[int | None], str]] = [
            ([], ""),
            ([None, None], ""),
            ([7], "7f 07"),
            ([7, 7], "02 07"),
            ([1, 2, 2, 3], "7f 01 02 02 7f 03"),
            ([None, 1, 2, None, None], "00 01 7e 01 02 00 02"),
        ]
        for rows, form in cases:
            data = write_runs(rows, uleb)
            self.assertEqual(data, bytes.fromhex(form))
            if data:
                self.assertEqual(read_runs(data, Reader.uleb, 100), rows)

    def test_differences_begin_at_zero(self) -> None:
        self.assertEqual(write_differences([3, 4, 5, 2]), bytes.fromhex("7f 03 02 01 7f 7d"))
        self.assertEqual([*read_differences(bytes.fromhex("7f0302017f7d"), 9)], [3, 4, 5, 2])

    def test_changes_of_the_page_are_what_this_encoder_writes(self) -> None:
        history = History(example("CREATE_MEET")["root"])
        for update in example("UPDATE_INIT")["updates"]:
            change = decode(base64.b64decode(update["change"]))
            self.assertEqual(history.add(change), [change])
        self.assertEqual(history.heads(), example("CAUGHT_UP")["heads"])

    def test_any_change_reads_as_it_was_written(self) -> None:
        draw = random.Random(1)
        for _ in range(300):
            change = random_change(draw)
            self.assertEqual(decode(change.data), change)

    def test_any_damage_is_refused(self) -> None:
        draw = random.Random(2)
        for _ in range(300):
            data = bytearray(random_change(draw).data)
            data[draw.randrange(len(data))] ^= 1 << draw.randrange(8)
            with self.assertRaises(Refused):
                decode(bytes(data))

    def test_damage_under_a_right_checksum_is_another_change_or_refused(self) -> None:
        draw = random.Random(3)
        for _ in range(500):
            data = bytearray(random_change(draw).data)
            at = draw.randrange(9, len(data))
            data[at] ^= 1 << draw.randrange(8)
            mended = with_checksum(bytes(data))
            with suppress(Refused):
                self.assertEqual(decode(mended).data, mended)

    def test_the_same_change_in_longer_numbers_is_not_canonical(self) -> None:
        change = decode(base64.b64decode(example("UPDATE_INIT")["updates"][0]["change"]))
        body = change.data[10:]
        self.assertEqual(body[:1], b"\x00")
        longer = b"\x80\x00" + body[1:]
        with self.assertRaises(Refused) as refused:
            decode(with_checksum(change.data[:9] + uleb(len(longer)) + longer))
        self.assertEqual(refused.exception.code, "not-canonical")


def with_checksum(data: bytes) -> bytes:
    """A chunk with its checksum set right."""
    return data[:4] + sha256(data[8:]).digest()[:4] + data[8:]


if __name__ == "__main__":
    unittest.main()

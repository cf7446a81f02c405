"""Packs: the example of docs/protocol.md, damage, and the messages that carry packs."""

import base64
import json
import random
import re
import unittest

from spotter_py import packed
from spotter_py.columns import Refused, uleb
from spotter_py.pack import unpack
from test_bytes import PAGE, example


def example_pack() -> bytes:
    """The example of the page."""
    found = re.search(r"<!-- pack example -->\n```\n(.*?)```", PAGE, re.DOTALL)
    assert found, "the page has no example of a pack"
    return bytes.fromhex(found[1])


class Packs(unittest.TestCase):
    def test_the_pack_of_the_page_holds_the_changes_of_the_page(self) -> None:
        expected = [update["change"] for update in example("UPDATE_INIT")["updates"]]
        unpacked = [base64.b64encode(change.data).decode() for change in unpack(example_pack())]
        self.assertEqual(unpacked, expected)

    def test_a_damaged_pack_never_holds_other_changes(self) -> None:
        draw = random.Random(8)
        data = example_pack()
        damaged = [data[:length] for length in range(len(data))] + [data + b"\x01" * 9]
        for _ in range(400):
            flipped = bytearray(data)
            flipped[draw.randrange(len(data))] ^= 1 << draw.randrange(8)
            damaged.append(bytes(flipped))
        refused = 0
        for attempt in damaged:
            try:
                self.assertEqual(unpack(attempt), unpack(data))
            except Refused:
                refused += 1
        self.assertGreater(refused, len(damaged) * 9 // 10)

    def test_noise_is_refused(self) -> None:
        draw = random.Random(9)
        for _ in range(100):
            head = b"\x01" + draw.randbytes(8) + uleb(draw.randrange(1, 9)) + uleb(900)
            with self.assertRaises(Refused):
                unpack(head + draw.randbytes(draw.randrange(200)))

    def test_a_pack_that_claims_too_much_is_refused_at_its_head(self) -> None:
        for head in (uleb(2**34) + uleb(9), uleb(9) + uleb(2**34)):
            with self.assertRaises(Refused):
                unpack(b"\x01" + bytes(8) + head + bytes(9))

    def test_packed_messages_of_the_page_say_the_same_as_plain_ones(self) -> None:
        said = example("UPDATE_RELAY.packed")
        text = json.dumps(said["object"], separators=(",", ":")).encode()
        frame = bytes.fromhex(said["length"]) + text + bytes.fromhex(said["pack"])
        plain = packed.from_binary(frame)
        self.assertEqual([u["serverSeqNum"] for u in plain["updatesRelayed"]], [1, 2])
        self.assertEqual(plain["chain"], example("UPDATE_RELAY")["chain"])
        plain_ack = packed.from_text(example("UPDATE_ACK.packed"))
        self.assertEqual(plain_ack["updateAcks"], example("UPDATE_ACK")["updateAcks"])
        plain_no = packed.from_text(example("UPDATE_REJECTED.packed"))
        for ours, theirs in zip(
            plain_no["updatesRejected"], example("UPDATE_REJECTED")["updatesRejected"], strict=True
        ):
            self.assertEqual(ours | theirs, ours)


if __name__ == "__main__":
    unittest.main()

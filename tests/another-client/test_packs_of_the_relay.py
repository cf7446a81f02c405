"""Packs as the real relay writes them, of histories as odd as admission allows."""

import os
import random
import unittest
from unittest import mock

from harness import WithRelay, live_meet
from spotter_py import packed
from spotter_py.change import Scalar
from spotter_py.replica import Replica
from spotter_py.wire import Link

SEED = int(os.environ.get("SPOTTER_SEED", "20261120"))


class PacksOfTheRelay(WithRelay):
    def test_odd_histories_unpack_to_the_same_changes(self) -> None:
        draw = random.Random(SEED)
        desk = self.spotter("desk")
        meet = live_meet(desk, self.relay, "Platform 1=20", "Jury=30")
        writers = [self.apart(meet, name) for name in ("Platform 1", "Jury", "Jury")]
        for _ in range(4):
            for writer in writers:
                for _ in range(draw.randrange(1, 12)):
                    self.write(draw, writer)
            for writer in draw.sample(writers, 2):
                self.apart(meet, "", writer)
        for writer in [*writers, *writers]:
            self.apart(meet, "", writer)
        reader = Replica(meet_id=meet, location="Jury", password="three red lights", packs=True)
        with mock.patch.object(packed, "from_binary", wraps=packed.from_binary) as reads:
            self.apart(meet, "", reader)
        self.assertGreater(reads.call_count, 0)
        for writer in writers:
            self.assertEqual(writer.known.heads(), reader.known.heads(), f"SPOTTER_SEED={SEED}")

    def apart(self, meet: str, name: str, replica: Replica | None = None) -> Replica:
        """Joins for a moment: a new replica without packs, or this one as it is."""
        password = "three red lights"
        replica = replica or Replica(meet_id=meet, location=name, password=password, packs=False)
        link = Link(self.relay.url, replica)
        link.sync()
        link.close()
        return replica

    def write(self, draw: random.Random, replica: Replica) -> None:
        def value() -> Scalar:
            verdict = draw.choice(["0", "1", "-1", "99999999999"])
            attempt = f"[{draw.randrange(50, 200) * 2.5:g},{verdict}]"
            number = draw.choice([1.0, -1.5, 2.25, 1e300, 5e-324, -0.0, 400 / 2.20462262])
            texts = ["", "[1.0,1]", "[1,2", "x" * draw.randrange(300), "ü" * draw.randrange(40)]
            others: list[Scalar] = [None, True, False, draw.random(), draw.randrange(9**6) / 100]
            return draw.choice([attempt, number, *texts, *others])

        registers = [*draw.sample(replica.known.registers(), 3), (None, draw.choice("xyzü"))]
        replica.set({register: value() for register in registers}, draw.choice(["", "why"]))
        entries = replica.known.map_at(None, "entries")
        if entries and draw.random() < 0.2:
            replica.make_map(
                entries, {"name": "N", "order": 1.0, "id": float(draw.randrange(9**9))}
            )
        if draw.random() < 0.1:
            replica._actor = None  # as after a restart


if __name__ == "__main__":
    unittest.main()

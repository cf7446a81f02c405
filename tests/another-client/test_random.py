"""Random histories of two locations with this client and one with `spotter`, from a seed."""

import os
import random
import unittest
from unittest import mock

from harness import WithRelay, live_meet
from spotter_py import layout, packed, store
from spotter_py.change import Scalar
from spotter_py.replica import Replica
from spotter_py.wire import Link

SEED = int(os.environ.get("SPOTTER_SEED", "20261120"))
EDITS = 200
FIELDS = ("bodyweightKg", "lot", "notes", "team", "squat.1", "bench.2")


class RandomHistories(WithRelay):
    def test_two_hundred_random_edits_end_in_agreement(self) -> None:
        counted = mock.patch.object(packed, "from_binary", wraps=packed.from_binary)
        with self.subTest(f"SPOTTER_SEED={SEED}"), counted as reads:
            self.play(random.Random(SEED))
            self.assertGreater(reads.call_count, 5, "one location reads packs")

    def play(self, draw: random.Random) -> None:
        desk = self.spotter("desk")
        meet = live_meet(desk, self.relay, "Platform 1=20", "Weigh-in=10")
        desk.run("add", "Bo")
        desk.sync()
        lifters = [entry["id"] for entry in desk.json("show")["registration"]["entries"]]
        links: dict[str, Link | None] = {}
        replicas: dict[str, Replica] = {}
        for name in ("Platform 1", "Weigh-in"):
            replicas[name], links[name] = self.join(meet, name, packs=name == "Weigh-in")

        made = 0
        while made < EDITS:
            who = draw.choice(["desk", *replicas])
            if who == "desk":
                lines = [self.line(draw, lifters) for _ in range(draw.randrange(1, 8))]
                desk.run("set", stdin="\n".join(lines) + "\n")
                made += len(lines)
                if draw.random() < 0.4:
                    desk.sync()
                continue
            for _ in range(draw.randrange(1, 6)):
                self.edit(draw, replicas[who], lifters)
                made += 1
            match draw.randrange(6), links[who]:
                case 0, Link() as link:
                    link.send(replicas[who].offers())
                    link.cut()
                    links[who] = None
                case 1, Link() as link:
                    link.sync()
                    link.cut()
                    store.save(replicas[who], self.folder / who)
                    replicas[who], links[who] = store.load(self.folder / who), None
                    replicas[who].author = link.replica.author
                    replicas[who].packs = link.replica.packs
                case ((0 | 1 | 2), None):
                    links[who] = self.connect(replicas[who])
                case 3, Link() as link:
                    link.sync()

        for name, replica in replicas.items():
            links[name] = links[name] or self.connect(replica)
        for _ in range(2):
            desk.sync()
            for link in [link for link in links.values() if link]:
                link.sync()
                link.send([link.replica.pull()])
                link.replica.live = False
                link.sync()
        first, second = replicas.values()
        self.assertGreater(len(first.known.changes()), 100)
        self.assertGreater(len(first.conflicts()), 0)
        self.assertEqual(first.known.heads(), second.known.heads())
        for replica in replicas.values():
            self.assert_agree(replica, desk)
        for lifter in lifters:
            for field in FIELDS:
                ours = first.writes((layout.find_entry(first, lifter), field))
                theirs = desk.json("history", f"entries.{lifter}.{field}")
                self.assertEqual([str(write.id) for write in ours], [w["write"] for w in theirs])

    def line(self, draw: random.Random, lifters: list[int]) -> str:
        field, value = draw.choice(FIELDS), draw.randrange(4)
        spoken = f"{100 + value} good" if "." in field else str(value)
        return f"entries.{draw.choice(lifters)}.{field} {spoken}"

    def edit(self, draw: random.Random, replica: Replica, lifters: list[int]) -> None:
        values: dict[str, Scalar] = {}
        for field in draw.sample(FIELDS, draw.randrange(1, 3)):
            number = draw.randrange(4)
            if "." in field:
                values[field] = f"[{100 + number},1]"
            else:
                values[field] = str(number) if field in ("notes", "team") else float(number)
        entry = layout.find_entry(replica, draw.choice(lifters))
        replica.set({(entry, field): value for field, value in values.items()})


if __name__ == "__main__":
    unittest.main()

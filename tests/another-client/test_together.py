"""One meet, this client and `spotter` in it: edits, conflicts, and a meet begun by this client."""

import json
import unittest
from collections.abc import Iterable
from itertools import permutations

from harness import PASSWORD, Spotter, WithRelay, live_meet
from spotter_py import layout
from spotter_py.change import Author, OpId, Scalar
from spotter_py.replica import Replica
from spotter_py.wire import Link

ROSTER = ("Platform 1=20", "Jury=30", "Weigh-in=10")


class Together(WithRelay):
    def setUp(self) -> None:
        super().setUp()
        self.desk = self.spotter("desk")
        self.meet = live_meet(self.desk, self.relay, *ROSTER)
        self.lifter = self.desk.json("show")["registration"]["entries"][0]["id"]

    def path(self, field: str) -> str:
        return f"entries.{self.lifter}.{field}"

    def entry(self, replica: Replica) -> OpId:
        return layout.find_entry(replica, self.lifter)

    def test_edits_go_both_ways(self) -> None:
        replica, link = self.join(self.meet, "Platform 1")
        self.assert_agree(replica, self.desk)
        self.desk.run("set", self.path("squat.2"), "182.5 good")
        self.desk.sync()
        entry = self.entry(replica)
        link.pump(lambda: replica.value((entry, "squat.2")) == "[182.5,1]")
        replica.set({(entry, "squat.2"): "[182.5,-1]", (entry, "lot"): 7.0}, "jury, 2:1")
        layout.new_entry(replica, {"name": "Bo", "divisions": ["Open"]} | zeroes())
        link.sync()
        self.desk.sync()
        self.assert_agree(replica, self.desk)
        said = self.desk.json("get", self.path("squat.2"))
        self.assertEqual((said["value"], said["reason"]), ([182.5, -1], "jury, 2:1"))
        self.assertEqual((said["location"], said["priority"]), ("Platform 1", 20))

        self.desk.run("export", str(self.folder / "exported"))
        exported = json.loads((self.folder / "exported").read_text())
        self.assertEqual(exported, layout.saved(replica))

    def test_what_is_shown_already_is_not_written_again(self) -> None:
        replica, _ = self.join(self.meet, "Platform 1")
        entry = self.entry(replica)
        self.assertIsNone(replica.set({(entry, "name"): "Aino Kettunen", (entry, "lot"): 0.0}))
        self.assertIsNotNone(replica.set({(entry, "lot"): -0.0}))

    def test_concurrent_edits_come_out_alike_in_every_order_of_returning(self) -> None:
        platform, _ = self.join(self.meet, "Platform 1")
        weighin, _ = self.join(self.meet, "Weigh-in")
        everyone: list[Replica | Spotter] = [platform, weighin, self.desk]
        for turn, order in enumerate(permutations(everyone)):
            with self.subTest(turn=turn):
                expected = self.write_apart(float(turn), platform, weighin)
                for replica in (platform, weighin):
                    self.assertNotEqual(shown(replica, self.entry(replica), expected), expected)
                self.calm(order)
                for replica in (platform, weighin):
                    self.assertEqual(shown(replica, self.entry(replica), expected), expected)
                    self.assert_agree(replica, self.desk)
                for field, value in expected.items():
                    self.assertEqual(self.desk.json("get", self.path(field))["value"], value)
                disputed = {key for _, key in platform.conflicts()}
                self.assertEqual(disputed, set(expected))

    def write_apart(self, turn: float, platform: Replica, weighin: Replica) -> dict[str, Scalar]:
        """Everyone writes without a connection. Returns the values that must win, found by hand:

        all rivals knew the same, so the highest priority stands, then the larger counter, then the
        larger actor.
        """
        edits: list[tuple[Replica, dict[str, Scalar]]] = [
            (platform, {"bodyweightKg": turn + 61, "notes": f"platform {turn}"}),
            (weighin, {"bodyweightKg": turn + 62, "notes": f"weigh-in {turn}", "lot": 1000 + turn}),
        ]
        desk_edits: dict[str, Scalar] = {"notes": f"desk {turn}", "lot": 2000 + turn}
        busier = int(turn) % 3
        if busier == 1:
            weighin.set({(self.entry(weighin), "memberId"): f"{turn}"})
        elif busier == 2:
            self.desk.run("set", self.path("memberId"), f"{turn}")
        candidates: dict[str, list[tuple[int, int, str, Scalar]]] = {}
        for replica, values in edits:
            change = replica.set({(self.entry(replica), k): v for k, v in values.items()})
            assert change and replica.author
            for i, (field, value) in enumerate(values.items()):
                rank = (replica.author.priority, change.start_op + i, change.actor)
                candidates.setdefault(field, []).append((*rank, value))
        for field, value in desk_edits.items():
            self.desk.run("set", self.path(field), str(value))
            counter, actor = self.desk.json("get", self.path(field))["write"].split("@")
            candidates[field].append((10, int(counter), actor, value))
        return {field: max(of_field)[3] for field, of_field in candidates.items()}

    def calm(self, order: Iterable[Replica | Spotter]) -> None:
        """Everyone returns in this order, sends, and fetches what the others sent."""
        order = list(order)
        for someone in [*order, *order]:
            if isinstance(someone, Spotter):
                someone.sync()
            else:
                link = self.connect(someone)
                link.close()

    def test_whoever_has_seen_the_conflict_settles_it(self) -> None:
        platform, link = self.join(self.meet, "Platform 1")
        link.close()
        platform.set({(self.entry(platform), "team"): "A"})
        self.desk.run("set", self.path("team"), "B")
        self.calm([platform, self.desk])
        self.assert_agree(platform, self.desk)
        self.assertEqual(self.desk.run("get", self.path("team")).strip(), "A")
        overruled = self.desk.json("conflicts")[0]["overruled"][0]["write"]
        self.desk.run("restore", self.path("team"), overruled)
        self.calm([self.desk, platform])
        self.assertEqual(platform.value((self.entry(platform), "team")), "B")
        self.assertEqual(platform.conflicts(), {})
        self.assert_agree(platform, self.desk)

    def test_a_field_cleared_by_one_is_absent_for_the_other(self) -> None:
        platform, link = self.join(self.meet, "Platform 1")
        self.desk.run("clear", self.path("notes"))
        self.desk.sync()
        link.pump(lambda: platform.value((self.entry(platform), "notes")) != "")
        self.assertEqual(layout.saved(platform), self.desk.json("show"))

    def test_a_long_text_is_put_together(self) -> None:
        platform, link = self.join(self.meet, "Platform 1")
        self.desk.run("set", self.path("notes"), "päivä " * 4_000)
        self.desk.sync()
        before = platform.position
        link.pump(lambda: platform.position != before)
        self.desk.sync()
        self.calm([platform])
        self.assert_agree(platform, self.desk)

    def test_a_renamed_location_writes_as_another_actor(self) -> None:
        platform, link = self.join(self.meet, "Platform 1")
        first = platform.set({(self.entry(platform), "lot"): 1.0})
        link.sync()
        link.close()
        self.desk.run("location", "rename", "Platform 1", "Platform A")
        self.desk.run("location", "priority", "Platform A", "5")
        self.calm([platform])
        self.assertEqual(platform.author, Author("Platform A", 5))
        second = platform.set({(self.entry(platform), "lot"): 2.0})
        assert first and second
        self.assertNotEqual(first.actor, second.actor)
        self.calm([platform, self.desk])
        self.assert_agree(platform, self.desk)

    def test_a_meet_begun_here_can_be_joined_and_exported(self) -> None:
        saved = self.desk.json("show")
        saved["meet"] |= {"name": "Begun elsewhere", "platformsOnDays": [2, 1], "lengthDays": 2}
        saved["registration"]["entries"] *= 2
        for i, name in enumerate(["Aino", "Bo"]):
            lifter = saved["registration"]["entries"][i] | {"id": 5000 + i, "name": name}
            lifter["benchKg"], lifter["benchStatus"] = [50, 52.5, 55][i:], [1, -1]
            saved["registration"]["entries"][i] = lifter
        saved["registration"] |= {"nextEntryId": 5002, "lookup": {"5000": 0, "5001": 1}}
        author = Author("Office", 10)
        replica = Replica(location="Office", password=PASSWORD)
        roster = {"Office": 10, "Platform 1": 20}
        opening = replica.create(roster, layout.begin(saved, author))
        link = Link(self.relay.url, replica, opening)
        self.addCleanup(link.cut)
        link.sync()
        self.assertTrue(replica.initiator)
        assert replica.meet_id

        table = self.spotter("table")
        table.join(self.relay, replica.meet_id, "Platform 1")
        self.assert_agree(replica, table)
        self.assertEqual(table.json("show"), saved)
        table.run("set", "entries.5001.squat.1", "100 good")
        table.run("add", "Chris")
        table.sync()
        replica.set({(layout.find_entry(replica, 5000), "squat.1"): "[90,1]"})
        self.connect(replica)
        table.sync()
        self.assert_agree(replica, table)
        table.run("export", str(self.folder / "exported"))
        exported = json.loads((self.folder / "exported").read_text())
        self.assertEqual(exported, layout.saved(replica))


def shown(replica: Replica, entry: OpId, fields: Iterable[str]) -> dict[str, Scalar]:
    return {field: replica.value((entry, field)) for field in fields}


def zeroes() -> dict[str, list[int]]:
    """Five attempts of every lift that nobody has named a weight for."""
    return {lift + of: [0] * 5 for lift in layout.LIFTS for of in ("Kg", "Status")}


if __name__ == "__main__":
    unittest.main()

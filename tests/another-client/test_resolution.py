"""Who wins: the examples of docs/resolution.md, its laws on random histories."""

import random
import re
import unittest
from itertools import permutations

from harness import ROOT
from spotter_py.change import Author, Op, OpId
from spotter_py.history import Write
from spotter_py.resolution import overruled, rank, replay, survivors

PAGE = (ROOT / "docs" / "resolution.md").read_text()
LINE = re.compile(r"(\w): ([\w-]+) (\d+) writes (\S+) on ([\w ]+|-)(?: after (\d+) other edits)?")


def random_writes(draw: random.Random, count: int) -> list[Write]:
    """Writes of one register as admission lets them be: preds are what a writer knew to stand."""
    writes: list[Write] = []
    for i in range(count):
        known: set[OpId] = set()
        for write in draw.sample(writes, draw.randrange(len(writes) + 1)):
            known |= seen(write, writes) | {write.id}
        standing = [w for w in writes if w.id in known]
        replaced = {pred for write in standing for pred in write.op.preds}
        preds = tuple(sorted(write.id for write in standing if write.id not in replaced))
        counter = 1 + max((pred.counter for pred in known), default=0) + draw.randrange(3)
        author = Author("Table", draw.randrange(3))
        actor = draw.randbytes(8).hex()
        op = Op(None, "name", float(draw.randrange(3)), preds=preds)
        writes.append(Write(OpId(counter, actor), op, str(i), author))
    return writes


def seen(write: Write, writes: list[Write]) -> set[OpId]:
    """The ids of the writes that a write had seen."""
    by_id = {other.id: other for other in writes}
    found: set[OpId] = set()
    left = list(write.op.preds)
    while left:
        pred = left.pop()
        found.add(pred)
        left += by_id[pred].op.preds
    return found


class Resolution(unittest.TestCase):
    def test_examples_of_the_page_come_out_in_every_order(self) -> None:
        examples = re.findall(r"```example\n(.*?)```", PAGE, re.DOTALL)
        self.assertGreater(len(examples), 5)
        for text in examples:
            with self.subTest(text):
                self.play(text)

    def play(self, text: str) -> None:
        writes: dict[str, Write] = {}
        said = dict(line.split(": ", 1) for line in text.splitlines())
        for name, who, priority, value, on, after in LINE.findall(text):
            preds = tuple(sorted(writes[n].id for n in on.split() if n != "-"))
            counter = 1 + max([int(after or 0), *(pred.counter for pred in preds)])
            actor = who.encode().hex().ljust(16, "0")[:16]
            op = Op(None, "squat.1", value, preds=preds)
            writes[name] = Write(OpId(counter, actor), op, name, Author(who, int(priority)))
        names = {write.id: name for name, write in writes.items()}
        for order in permutations(writes.values()):
            self.assertEqual([names[w.id] for w in replay(order)], said["order"].split())
            self.assertEqual(replay(order)[-1].op.value, said["shows"])
            lost = [write.op.value for write in overruled(order)]
            self.assertEqual(bool(lost), said["conflict"] == "yes")
            if "survivors" in said:
                self.assertEqual(lost, said["survivors"].split())

    def test_order_of_arrival_has_no_say(self) -> None:
        draw = random.Random(4)
        for _ in range(300):
            writes = random_writes(draw, 7)
            order = replay(writes)
            for _ in range(5):
                draw.shuffle(writes)
                self.assertEqual(replay(writes), order)

    def test_order_of_known_writes_never_changes(self) -> None:
        draw = random.Random(5)
        for _ in range(300):
            writes = random_writes(draw, 7)
            for count in range(1, len(writes)):
                before = replay(writes[:count])
                after = replay(writes[: count + 1])
                self.assertEqual([w for w in after if w in before], before)

    def test_a_new_write_stands_before_the_first_that_outranks_it_after_its_last_pred(self) -> None:
        draw = random.Random(6)
        for _ in range(300):
            writes = random_writes(draw, 7)
            kept: list[Write] = []
            for write in writes:
                ids = [other.id for other in kept]
                at = max((ids.index(pred) + 1 for pred in write.op.preds), default=0)
                while at < len(kept) and rank(kept[at]) < rank(write):
                    at += 1
                kept.insert(at, write)
            self.assertEqual(kept, replay(writes))

    def test_knowledge_wins_over_priority_and_priority_over_ignorance(self) -> None:
        draw = random.Random(7)
        for _ in range(300):
            writes = random_writes(draw, 7)
            order = replay(writes)
            for write in writes:
                later = order[order.index(write) + 1 :]
                self.assertFalse(seen(write, writes) & {other.id for other in later})
            rivals = survivors(writes)
            if len({write.op.preds for write in rivals}) == 1:
                self.assertEqual(rivals[-1], max(rivals, key=rank))


if __name__ == "__main__":
    unittest.main()

"""Two replicas without a relay: this client dials a `spotter run --listen`."""

import subprocess
import unittest

from harness import BIN, PASSWORD, WithRelay, live_meet
from spotter_py.peer import Peer
from spotter_py.replica import Replica


class Peers(WithRelay):
    def setUp(self) -> None:
        super().setUp()
        self.desk = self.spotter("desk")
        self.meet = live_meet(self.desk, self.relay, "Platform 1=20")
        self.replica, link = self.join(self.meet, "Platform 1")
        link.close()
        self.relay.kill()
        self.name = (self.replica.known.map_at(None, "meet"), "name")

    def listening(self) -> str:
        """Starts spotter as a listener, and returns its address."""
        process = subprocess.Popen(
            [BIN / "spotter", "--replica", self.desk.folder, "run", "--listen", "127.0.0.1:0"],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        assert process.stdout
        self.addCleanup(process.stdout.close)
        said = next(line for line in process.stdout if line.startswith("listening on "))
        return f"ws://{said.split()[-1]}"

    def test_edits_go_both_ways_without_a_relay(self) -> None:
        self.desk.run("set", "meet.city", "Turku")
        self.replica.set({self.name: "Before"})
        peer = Peer(self.listening(), self.replica)
        self.addCleanup(peer.close)
        peer.pump(lambda: peer.even)
        self.assertEqual(self.replica.value((self.name[0], "city")), "Turku")
        self.replica.set({self.name: "After"})
        peer.pump(lambda: self.desk.run("get", "meet.name").strip() == "After")
        self.assertEqual(len(self.replica.outbox), 3, "only a relay takes a change out of it")

        self.relay.start()
        self.connect(self.replica)
        newcomer = Replica(meet_id=self.meet, location="Registration", password=PASSWORD)
        self.connect(newcomer)
        self.assertEqual(newcomer.known.heads(), self.replica.known.heads())

    def test_who_cannot_prove_to_hold_the_meet_is_told_nothing(self) -> None:
        peer = Peer(self.listening(), self.replica)
        self.addCleanup(peer.close)
        peer._challenge = "0" * 32
        with self.assertRaisesRegex(Exception, "wrong-proof"):
            peer.pump(lambda: False)


if __name__ == "__main__":
    unittest.main()

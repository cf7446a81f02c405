"""The real programs for the tests: a relay and replicas of the command line, in folders of a test.

`SPOTTER_BIN` names the folder with `spotter` and `spotter-relay`; without it, target/debug is used.
"""

import json
import os
import shutil
import signal
import subprocess
import tempfile
import unittest
from pathlib import Path
from typing import Any

from spotter_py import layout
from spotter_py.replica import Replica
from spotter_py.wire import Link

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(os.environ.get("SPOTTER_BIN", ROOT / "target" / "debug"))
PASSWORD = "three red lights"


class Relay:
    """A relay process. It can be killed and started again, at the same address."""

    def __init__(self, folder: Path) -> None:
        self.data, self.key = folder / "relay-data", folder / "relay.key"
        self.port = 0
        self.start()

    @property
    def url(self) -> str:
        return f"ws://127.0.0.1:{self.port}"

    def start(self) -> None:
        command: list[str | Path] = [
            BIN / "spotter-relay",
            "serve",
            "--low-memory",
            "--log",
            "warn",
        ]
        where: list[str | Path] = ["--data", self.data, "--key-file", self.key]
        listen = ["--listen", f"127.0.0.1:{self.port}"]
        self.process = subprocess.Popen(
            [*command, *where, *listen],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert self.process.stdout
        ready = self.process.stdout.readline()
        assert ready.startswith("listening on "), f"the relay said {ready!r}"
        self.port = int(ready.rsplit(":", 1)[1])

    def kill(self) -> None:
        """Ends the process as a power cut does."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        if self.process.stdout:
            self.process.stdout.close()


class Spotter:
    """A replica of the project's own command line program."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def run(self, *arguments: str, stdin: str | None = None, status: int = 0) -> str:
        """Runs one command to its end and returns what it printed."""
        done = subprocess.run(
            [BIN / "spotter", "--replica", self.folder, *arguments],
            input=stdin,
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert done.returncode == status, f"{arguments}: {done.returncode}, {done.stderr}"
        return done.stdout

    def json(self, *arguments: str) -> Any:
        return json.loads(self.run(*arguments, "--json"))

    def password_file(self) -> str:
        path = self.folder.with_suffix(".password")
        path.write_text(PASSWORD)
        return str(path)

    def go_live(self, relay: Relay, location: str, *others: str) -> str:
        """Takes the meet live and returns its ID as it is written on the wire."""
        with_others = [word for other in others for word in ("--with", other)]
        who = ["--location", location, "--password-file", self.password_file()]
        said = self.run("golive", "--relay", relay.url, *who, *with_others)
        return said.strip().replace("-", "")

    def join(self, relay: Relay, meet: str, location: str) -> None:
        who = ["--location", location, "--password-file", self.password_file()]
        self.run("join", "--relay", relay.url, "--meet", meet, *who)

    def sync(self) -> None:
        self.run("sync", "--for", "30s")

    def position(self) -> Any:
        """The position as the wire has it; its chain names the whole log up to there."""
        return self.json("status")["position"]


def live_meet(desk: Spotter, relay: Relay, *others: str) -> str:
    """A meet with one lifter that spotter begins as Registration, priority 10."""
    desk.run("new")
    desk.run("add", "Aino Kettunen", "--fields", '{"sex":"F","events":["SBD"]}')
    return desk.go_live(relay, "Registration=10", *others)


class WithRelay(unittest.TestCase):
    """A test with a relay and a folder of its own."""

    maxDiff = None

    def setUp(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="another-client-"))
        self.addCleanup(shutil.rmtree, self.folder)
        self.relay = Relay(self.folder)
        self.addCleanup(lambda: self.relay.kill())

    def spotter(self, name: str) -> Spotter:
        return Spotter(self.folder / name)

    def join(self, meet: str, location: str, packs: bool = True) -> tuple[Replica, Link]:
        """A Python replica that has joined and caught up."""
        replica = Replica(meet_id=meet, location=location, password=PASSWORD, packs=packs)
        return replica, self.connect(replica)

    def connect(self, replica: Replica) -> Link:
        link = Link(self.relay.url, replica)
        self.addCleanup(link.cut)
        link.sync()
        return link

    def assert_agree(self, replica: Replica, spotter: Spotter) -> None:
        """Both hold the same changes, show the same meet and the same conflicts."""
        assert replica.position
        position = spotter.position()
        self.assertEqual(position["serverSeqNum"], replica.position.seq)
        self.assertEqual(position["chain"], replica.position.chain)
        self.assertEqual(layout.saved(replica), spotter.json("show"))
        shown = {
            conflict["stands"]["write"]: [write["write"] for write in conflict["overruled"]]
            for conflict in spotter.json("conflicts")
        }
        ours = {
            str(stands.id): [str(write.id) for write in lost]
            for stands, lost in replica.conflicts().values()
        }
        self.assertEqual(shown, ours)

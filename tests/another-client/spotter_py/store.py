"""Keeps a replica in one file, so that an edit survives the process.

The whole file is written anew and takes the old one's place, so position and changes never part. A
program for large meets would append instead.
"""

import base64
import json
import os
from dataclasses import asdict
from pathlib import Path

from .change import decode
from .history import History
from .replica import Position, Replica


def save(replica: Replica, path: Path) -> None:
    """Returns when the replica is on the disk. What it holds is secret: the token is in it."""
    kept = {
        "meetId": replica.meet_id,
        "sessionToken": replica.session_token,
        "ticket": replica.ticket,
        "epoch": replica.epoch,
        "root": replica.known.root,
        "position": asdict(replica.position) if replica.position else None,
        "changes": [base64.b64encode(c.data).decode() for c in replica.known.changes()],
        "own": sorted(replica.own),
        "outbox": list(replica.outbox),
    }
    beside = path.with_name(path.name + ".new")
    with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        json.dump(kept, file)
        file.flush()
        os.fsync(file.fileno())
    os.replace(beside, path)
    folder = os.open(path.parent, os.O_RDONLY)
    os.fsync(folder)
    os.close(folder)


def load(path: Path) -> Replica:
    """The replica that was saved. It writes as an actor that is new, like every start."""
    kept = json.loads(path.read_text())
    history = History(kept["root"])
    for data in kept["changes"]:
        history.add(decode(base64.b64decode(data)))
    return Replica(
        meet_id=kept["meetId"],
        history=history,
        position=Position(**kept["position"]) if kept["position"] else None,
        session_token=kept["sessionToken"],
        ticket=kept["ticket"],
        epoch=kept["epoch"],
        own=set(kept["own"]),
        outbox={name: history.places[name].change for name in kept["outbox"]},
    )

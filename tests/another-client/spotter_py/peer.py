"""Exchange with another replica, without a relay (protocol.md, "Between replicas")."""

import base64
import hmac
import json
import secrets
import time
from collections.abc import Callable

import websocket

from .change import Change, decode
from .columns import Refused
from .replica import MESSAGE_AIM, MESSAGE_CHANGES_MAX, PROTOCOL, Message, Rejected, Replica


class Peer:
    """A connection that this side has opened to another replica of the same meet."""

    def __init__(self, url: str, replica: Replica) -> None:
        self.replica = replica
        self.even = False
        """Whether this side knows everything that the other has told of."""
        self._challenge = secrets.token_hex(16)
        self._theirs = ""
        self._proved = False
        self._told: set[str] = set()
        """What the other side is known to hold: it sent it or was sent it."""
        self._follows = False
        self.socket = websocket.create_connection(url, timeout=10, suppress_origin=True)
        root = replica.known.root
        self._send("PEER_HELLO", protocol=PROTOCOL, root=root, challenge=self._challenge)

    def pump(self, done: Callable[[], bool], seconds: float = 30.0) -> None:
        """Exchanges changes until `done`. Raises `TimeoutError` after so many seconds."""
        until = time.monotonic() + seconds
        while not done():
            if time.monotonic() > until:
                raise TimeoutError("the peer has not said what was waited for")
            self._pass_on()
            self.socket.settimeout(0.1)
            try:
                self._receive(json.loads(self.socket.recv()))
            except websocket.WebSocketTimeoutException:
                continue

    def close(self) -> None:
        self.socket.close()

    def _receive(self, message: Message) -> None:
        kind = message["msgType"]
        if not self._proved and kind not in ("PEER_HELLO", "PEER_PROOF", "PEER_REFUSED"):
            raise Rejected({"msgType": "out-of-order", "reason": f"{kind} before the proof"})
        match kind:
            case "PEER_HELLO":
                if message["root"] != self.replica.known.root:
                    raise Rejected({"msgType": "other-meet", "reason": "it holds another meet"})
                self._theirs = message["challenge"]
                self._send("PEER_PROOF", proof=self._proof("dialled"))
            case "PEER_PROOF":
                if not hmac.compare_digest(message["proof"], self._proof("accepted")):
                    raise Rejected({"msgType": "wrong-proof", "reason": "it cannot prove it"})
                self._proved = True
                self._send("CLIENT_PULL", heads=self.replica.known.heads())
            case "CLIENT_PULL":
                lacks = {c.hash for c in self.replica.known.not_below(message["heads"])}
                self._told = set(self.replica.known.places) - lacks
                self._pass_on(first=True)
                self._send("CAUGHT_UP", heads=self.replica.known.heads())
            case "UPDATE_RELAY":
                for update in message["updatesRelayed"]:
                    self._take(base64.b64decode(update["change"], validate=True))
            case "CAUGHT_UP":
                known = self.replica.known
                self.even = all(head in known.places for head in message["heads"])
                if not self.even:
                    self._send("CLIENT_PULL", heads=known.heads())
            case "PEER_REFUSED":
                raise Rejected(message)
            case _:
                pass  # a word of a later protocol, or presence, which is for people only

    def _take(self, data: bytes) -> None:
        """Admits a change. Only a relay can say which of two twins stands: a peer's is left out."""
        change = decode(data)
        self._told.add(change.hash)
        try:
            new = self.replica.known.add(change)
        except Refused as refused:
            if refused.code != "twin":
                raise
            return
        self.replica.outbox |= {c.hash: c for c in new}

    def _pass_on(self, first: bool = False) -> None:
        """Sends what the other side lacks: once it has pulled, whatever is new."""
        self._follows = self._follows or first
        if not self._follows:
            return
        lacks = [c for c in self.replica.known.changes() if c.hash not in self._told]
        while lacks:
            room, batch = MESSAGE_AIM, list[Change]()
            while lacks and len(batch) < MESSAGE_CHANGES_MAX and (room > 0 or not batch):
                room -= len(lacks[0].data)
                batch.append(lacks.pop(0))
            updates = [{"change": base64.b64encode(c.data).decode()} for c in batch]
            self._send("UPDATE_RELAY", updatesRelayed=updates)
            self._told |= {c.hash for c in batch}

    def _proof(self, role: str) -> str:
        genesis = self.replica.known.places[self.replica.known.root].change
        nonce = next(op.value for op in genesis.ops if (op.obj, op.key) == (None, "nonce"))
        lines = ("spotter-peer-1", role, self._challenge, self._theirs)
        message = "".join(f"{line}\n" for line in lines)
        return hmac.digest(str(nonce).encode(), message.encode(), "sha256").hex()

    def _send(self, kind: str, **fields: object) -> None:
        self.socket.send(json.dumps({"msgType": kind} | fields))

"""A copy of a meet and its conversation with a relay, without a socket.

A message goes in by `receive`, messages to be sent come out of it. `wire.Link` carries them. The
rules are those of protocol.md, "Positions, chain, heads" and "The order of messages"; decision 031
says how edits are made again after a refusal.
"""

import base64
import secrets
import time
import zlib
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from .change import Author, Change, Op, OpId, Scalar, decode, scalar_bytes
from .columns import Refused
from .history import History, Register, Write
from .resolution import overruled, replay

Message = dict[str, Any]

PROTOCOL = 1
PACK_FORMAT = 1
DEPENDENCIES_MAX = 64
JOIN_HEADS_MAX = 256
MESSAGE_AIM = 131_072
MESSAGE_CHANGES_MAX = 1_000


class Rejected(Exception):
    """The relay said no in words, in an answer that ends what was under way."""

    def __init__(self, message: Message) -> None:
        self.code: str = message.get("code") or message["msgType"]
        self.retry_after_ms: int | None = message.get("retryAfterMs")
        super().__init__(f"{self.code}: {message.get('reason', message.get('errMsg'))}")


@dataclass(frozen=True)
class Position:
    """Up to where a replica holds a log."""

    log_id: str
    seq: int = 0
    chain: str = "00000000"

    def after(self, seq: int, hashes: Iterable[str]) -> "Position":
        chain = bytes.fromhex(self.chain)
        for name in hashes:
            chain = zlib.crc32(chain + bytes.fromhex(name)).to_bytes(4, "big")
        return Position(self.log_id, seq, chain.hex())


@dataclass
class Stretch:
    """A part of the log that does not connect to the position yet."""

    last: int
    hashes: list[str]
    chain: str | None = None


@dataclass(frozen=True)
class Aside:
    """A change that had to leave."""

    change: Change
    code: str
    own: bool


@dataclass
class Replica:
    """One copy of one meet. What comes first is kept across restarts (`store`), the rest is not."""

    meet_id: str | None = None
    history: History | None = None
    position: Position | None = None
    session_token: str | None = None
    ticket: str | None = None
    epoch: int = 0
    own: set[str] = field(default_factory=set)

    packs: bool = True
    """Whether to ask for packs."""
    location: str | None = None
    password: str | None = None
    author: Author | None = None
    roster: list[Message] = field(default_factory=list)
    initiator: bool = False
    finished: bool = False
    outbox: dict[str, Change] = field(default_factory=dict)
    """What the relay has not acknowledged, in an order of dependencies."""
    aside: list[Aside] = field(default_factory=list)
    live: bool = False
    """Caught up on this connection, with every head of the relay known."""
    retry_after_ms: int | None = None
    """Set by "not now": nothing is to be offered before this long from then."""
    answers: list[Message] = field(default_factory=list)
    """What the relay said that is not about changes."""

    _actor: str | None = None
    _remade: set[str] = field(default_factory=set)
    _in_flight: dict[int, str] = field(default_factory=dict)
    _local_seq: int = 0
    _log_id: str = ""
    _stretches: dict[int, Stretch] = field(default_factory=dict)
    _pulled_knowing: int | None = None

    # Reading

    def writes(self, register: Register) -> list[Write]:
        """All writes of a register in the order of the replay."""
        return replay(self.known.writes(register))

    def value(self, register: Register) -> Scalar:
        """What a register shows; None also where it was never written."""
        order = self.writes(register)
        return order[-1].op.value if order else None

    def conflicts(self) -> dict[Register, tuple[Write, list[Write]]]:
        """For every register in conflict the write that stands, and those it overruled."""
        found = {}
        for register in self.known.registers():
            writes = self.writes(register)
            if lost := overruled(writes):
                found[register] = (writes[-1], lost)
        return found

    @property
    def known(self) -> History:
        assert self.history, "the meet is known from its creation, or from MEET_JOINED on"
        return self.history

    # Editing

    def set(self, values: dict[Register, Scalar], reason: str = "") -> Change | None:
        """Writes registers in one change. What is shown already is not written again."""
        ops = [
            Op(obj, key, value)
            for (obj, key), value in values.items()
            if not self.known.writes((obj, key))
            or scalar_bytes(self.value((obj, key))) != scalar_bytes(value)
        ]
        return self._write(ops, reason) if ops else None

    def make_map(self, parent: OpId, values: dict[str, Scalar], reason: str = "") -> OpId:
        """Makes a map with these registers under a key of its own, and returns its id."""
        made = OpId(self.known.next_counter(self._deps()), self._writing_actor())
        ops = [Op(parent, f"@{made.actor}.{made.counter}", makes_map=True)]
        self._write([*ops, *(Op(made, key, value) for key, value in values.items())], reason)
        return made

    def _write(self, ops: list[Op], reason: str) -> Change:
        return self._commit(ops, self._deps(), int(time.time()), reason)

    def _commit(self, ops: list[Op], deps: list[str], at: int, reason: str) -> Change:
        actor = self._writing_actor()
        seq = self.known.last_seq(actor) + 1
        start = self.known.next_counter(deps)
        standing = [tuple(self.known.standing((op.obj, op.key), deps)) for op in ops]
        ops = [replace(op, preds=preds) for op, preds in zip(ops, standing, strict=True)]
        author = self.author if seq == 1 else None
        change = Change(tuple(deps), actor, seq, start, at, tuple(ops), reason, author)
        self.known.add(change)
        self.own.add(change.hash)
        self.outbox[change.hash] = change
        return change

    def _deps(self) -> list[str]:
        """The heads; with too many of them a part, the own last change among it."""
        heads = self.known.heads()
        mine = [h for h in heads if self.known.places[h].change.actor == self._actor]
        return sorted([*mine, *(h for h in heads if h not in mine)][:DEPENDENCIES_MAX])

    def _writing_actor(self) -> str:
        assert self.author, "who writes is known from the first join on"
        self._actor = self._actor or secrets.token_hex(8)
        return self._actor

    # Opening a connection

    def create(self, roster: dict[str, int], genesis: list[Change]) -> Message:
        """CREATE_MEET for a meet that begins with these changes (`layout.begin`)."""
        self.history = History(genesis[0].hash)
        for change in genesis:
            self.history.add(change)
            self.own.add(change.hash)
            self.outbox[change.hash] = change
        self.author, self._actor = genesis[0].author, genesis[0].actor
        return {
            "msgType": "CREATE_MEET",
            "protocol": PROTOCOL,
            "thisLocationName": self.location,
            "password": self.password,
            "locations": [{"locationName": n, "priority": p} for n, p in roster.items()],
            "root": self.history.root,
        } | self._understood()

    def join(self) -> Message:
        """JOIN_MEET, by token if there is one, else by location and password."""
        message: Message = {"msgType": "JOIN_MEET", "protocol": PROTOCOL, "meetId": self.meet_id}
        message |= self._credentials()
        if self.ticket and not self.session_token:
            message["ticket"] = self.ticket
        return message | self._whereabouts() | self._understood()

    def _understood(self) -> Message:
        return {"packs": [PACK_FORMAT]} if self.packs else {}

    def _credentials(self) -> Message:
        if self.session_token:
            held = {"epoch": self.epoch} if self.roster and self.ticket else {}
            return {"sessionToken": self.session_token} | held
        return {"locationName": self.location, "password": self.password}

    def _whereabouts(self) -> Message:
        where: Message = {}
        if self.position:
            p = self.position
            where["position"] = {"logId": p.log_id, "serverSeqNum": p.seq, "chain": p.chain}
        if self.history and 0 < len(self.history.heads()) <= JOIN_HEADS_MAX:
            where["heads"] = self.history.heads()
        return where

    def disconnected(self) -> None:
        """Forgets what was true of the last connection only."""
        self.live = False
        self._in_flight.clear()
        self._stretches.clear()
        self._pulled_knowing = None

    # What the relay says

    def receive(self, message: Message) -> list[Message]:
        """Takes in one message and returns what is to be sent. Raises `Rejected`."""
        match message["msgType"]:
            case "MEET_CREATED" | "MEET_JOINED":
                return self._joined(message)
            case "JOIN_REJECTED" if message["code"] == "ticket-wanted" and self.ticket:
                return [self._recover()]
            case "JOIN_REJECTED" | "MALFORMED_MESSAGE" | "INVALID_SESSION":
                if message.get("code", "").startswith("session-"):
                    self.session_token = None
                raise Rejected(message)
            case "SERVER_PULL":
                self.position, self._stretches = None, {}
            case "UPDATE_RELAY":
                return self._relayed(message)
            case "UPDATE_ACK":
                return self._acknowledged(message)
            case "UPDATE_REJECTED":
                return self._refused(message["updatesRejected"])
            case "CAUGHT_UP":
                return self._caught_up(message)
            case "ROSTER":
                self.roster = message["locations"]
                self._keep_ticket(message)
            case "MEET_FINISHED":
                self.finished = True
            case "GOING_AWAY":
                self.retry_after_ms = message["retryAfterMs"]
            case _:
                self.answers.append(message)
        return []

    def offers(self) -> list[Message]:
        """UPDATE_INIT for what was not offered on this connection yet."""
        if not self.live or self.retry_after_ms is not None:
            return []
        flying = set(self._in_flight.values())
        messages: list[Message] = []
        room = 0
        for change in [c for h, c in self.outbox.items() if h not in flying]:
            room -= len(change.data)
            if room < 0 or len(messages[-1]["updates"]) == MESSAGE_CHANGES_MAX:
                messages.append({"msgType": "UPDATE_INIT", "updates": []})
                room = MESSAGE_AIM - len(change.data)
            self._local_seq += 1
            self._in_flight[self._local_seq] = change.hash
            encoded = base64.b64encode(change.data).decode()
            update = {"localSeqNum": self._local_seq, "change": encoded}
            messages[-1]["updates"].append(update)
        return messages

    def gap(self) -> bool:
        """Whether something is missing between the position and what was told since."""
        return bool(self._stretches)

    def pull(self) -> Message:
        """CLIENT_PULL from the position, or by heads where there is none."""
        self._stretches.clear()
        if self.position is None:
            self._pulled_knowing = len(self.known.places)
            return {"msgType": "CLIENT_PULL", "heads": self.known.heads()}
        p = self.position
        where = {"lastServerSeq": p.seq, "logId": p.log_id, "chain": p.chain}
        return {"msgType": "CLIENT_PULL", **where}

    def _joined(self, message: Message) -> list[Message]:
        self.meet_id, self.session_token = message["meetId"], self._held(message, "sessionToken")
        self.location, self.initiator = message["locationName"], message["initiator"]
        self.roster, self.finished = self._held(message, "roster"), message.get("finished", False)
        self._keep_ticket(message)
        author = Author(message["locationName"], message["priority"])
        if author != self.author:
            self.author, self._actor = author, None
        self._log_id = message["logId"]
        if message["msgType"] == "MEET_CREATED":
            self.position, self.live = Position(self._log_id), True
            return self.offers()
        if self.history is None:
            self.history = History(message["root"])
            self.position = Position(self._log_id)
        elif self.history.root != message["root"]:
            raise Rejected({"msgType": "other-meet", "reason": "the relay's meet is another one"})
        if self.position and self.position.log_id != self._log_id:
            self.position = None
        return []

    def _held(self, message: Message, name: str) -> Any:
        """What was told, or what is held already and was therefore left out."""
        held = {"sessionToken": self.session_token, "roster": self.roster}
        return message.get(name, held[name])

    def _keep_ticket(self, message: Message) -> None:
        if "ticket" in message and message["epoch"] >= self.epoch:
            self.ticket, self.epoch = message["ticket"], message["epoch"]

    def _recover(self) -> Message:
        message = {"msgType": "RECOVER_MEET", "protocol": PROTOCOL, "ticket": self.ticket}
        return message | self._credentials() | self._whereabouts() | self._understood()

    def _relayed(self, message: Message) -> list[Message]:
        hashes = []
        for update in message["updatesRelayed"]:
            change = decode(base64.b64decode(update["change"], validate=True))
            self._admit(change)
            self.outbox.pop(change.hash, None)
            hashes.append(change.hash)
        last = message["updatesRelayed"][-1]["serverSeqNum"]
        stretch = Stretch(last, hashes, message.get("chain"))
        return self._follow({message["afterServerSeqNum"]: stretch})

    def _admit(self, change: Change) -> None:
        """Takes in what the relay holds. Of twins, the one that the relay holds stands."""
        try:
            self.known.add(change)
        except Refused as refused:
            if refused.code != "twin":
                raise
            name = (change.actor, change.seq)
            ours = [c.hash for c in self.known.changes() if (c.actor, c.seq) == name]
            self._rebuild(dict.fromkeys(ours, "twin"))
            self.known.add(change)

    def _acknowledged(self, message: Message) -> list[Message]:
        stretches = {}
        for ack in message["updateAcks"]:
            name = self._in_flight.pop(ack["localSeqNum"])
            self.outbox.pop(name, None)
            if "afterServerSeqNum" in ack:
                stretches[ack["afterServerSeqNum"]] = Stretch(ack["serverSeqNum"], [name])
        if stretches:
            max(stretches.values(), key=lambda s: s.last).chain = message["chain"]
        return self._follow(stretches)

    def _follow(self, stretches: dict[int, Stretch]) -> list[Message]:
        """Advances the position over what connects."""
        if self.position is None:
            return []
        self._stretches |= stretches
        while stretch := self._stretches.pop(self.position.seq, None):
            self.position = self.position.after(stretch.last, stretch.hashes)
            if stretch.chain not in (None, self.position.chain):
                return self._by_heads()
        seq = self.position.seq
        self._stretches = {a: s for a, s in self._stretches.items() if s.last > seq}
        return []

    def _by_heads(self) -> list[Message]:
        """Gives the position up and asks for what is missing, whatever it is."""
        self.position, self.live = None, False
        return [self.pull()]

    def _caught_up(self, message: Message) -> list[Message]:
        heads = message["heads"]
        if any(head not in self.known.places for head in heads):
            if self._pulled_knowing == len(self.known.places):
                raise Rejected({"msgType": "missing-heads", "reason": "a pull brought nothing"})
            return self._by_heads()
        told = Position(self._log_id, message["serverSeqNum"], message["chain"])
        if self.position is None or self.position.seq <= told.seq:
            self.position = told
        self.live, self._pulled_knowing = True, None
        flying = {h: self.outbox[h] for h in self._in_flight.values() if h in self.outbox}
        self.outbox = {c.hash: c for c in self.known.not_below(heads)} | flying
        return [*self._follow({}), *self.offers()]

    # Making edits again

    def _refused(self, rejections: list[Message]) -> list[Message]:
        gone: dict[str, str] = {}
        for rejection in rejections:
            name = self._in_flight.pop(rejection["localSeqNum"])
            if name not in self.known.places:
                continue  # it left with another that was refused
            if rejection["forGood"]:
                gone[name] = rejection["code"]
            else:
                wait = rejection.get("retryAfterMs", 1_000)
                self.retry_after_ms = max(self.retry_after_ms or 0, wait)
        if gone:
            self._rebuild(gone)
        stand = [rejection["stands"] for rejection in rejections if "stands" in rejection]
        if any(name not in self.known.places for name in stand):
            return self._by_heads()
        return self.offers()

    def _rebuild(self, gone: dict[str, str]) -> None:
        """Drops these changes and what builds on them, and makes the own edits in them again."""
        old, self.history = self.known, self.known.without(set(gone))
        left = [c for c in old.changes() if c.hash not in self.known.places]
        self._actor = None
        maps: dict[OpId, OpId] = {}
        instead: dict[str, str] = {}
        for change in left:
            code = gone.get(change.hash, "depends-on-refused")
            own = change.hash in self.own
            self.aside.append(Aside(change, code, own))
            self.outbox.pop(change.hash, None)
            if own and not (change.hash in self._remade and code != "depends-on-refused"):
                seen = [
                    instead.get(place.change.hash, place.change.hash)
                    for place in old.places.values()
                    if old.places[change.hash].ancestry >> place.number & 1
                ]
                remade = self._make_again(change, [*seen, *instead.values()], maps)
                instead[change.hash] = remade.hash
                self._remade.add(remade.hash)

    def _make_again(self, change: Change, seen: list[str], maps: dict[OpId, OpId]) -> Change:
        """The same edit on what its author had seen and still stands. New maps get new keys."""
        actor = self._writing_actor()
        deps = self.known.heads_of(self.known.ancestry(seen))[:DEPENDENCIES_MAX]
        start = self.known.next_counter(deps)
        ops = []
        for i, (op_id, op) in enumerate(change.ids()):
            key = op.key
            if op.makes_map:
                maps[op_id] = OpId(start + i, actor)
                key = f"@{actor}.{start + i}"
            ops.append(
                Op(maps.get(op.obj, op.obj) if op.obj else None, key, op.value, op.makes_map)
            )
        return self._commit(ops, deps, change.time, change.message)

"""Carries the messages of a `Replica` over a WebSocket."""

import json
import time
from collections.abc import Callable

import websocket

from . import packed
from .replica import Message, Replica

QUIET_SECONDS = 20
SILENT_SECONDS = 60
GAP_SECONDS = 0.5


class Link:
    """A connection to a relay; breaks with `websocket.WebSocketException` or `OSError`."""

    def __init__(self, url: str, replica: Replica, opening: Message | None = None) -> None:
        """Connects and opens the exchange, by joining unless told otherwise."""
        self.replica = replica
        replica.disconnected()
        self.socket = websocket.create_connection(url, timeout=10, suppress_origin=True)
        self._heard = self._pinged = time.monotonic()
        self._gap_since: float | None = None
        self._offer_at: float | None = None
        self.send([opening or replica.join()])

    def send(self, messages: list[Message]) -> None:
        for message in messages:
            self.socket.send(json.dumps(message, ensure_ascii=False))

    def pump(self, done: Callable[[], bool], seconds: float = 30.0) -> None:
        """Exchanges messages until `done`, which is asked after each of them.

        Raises `TimeoutError` after so many seconds, and `Rejected` if the relay says no.
        """
        until = time.monotonic() + seconds
        self.send(self.replica.offers())
        while not done():
            if time.monotonic() > until:
                raise TimeoutError("the relay has not said what was waited for")
            if message := self._receive():
                self.send(self.replica.receive(message))
            self._mind_the_time()

    def sync(self, seconds: float = 30.0) -> None:
        """Exchanges messages until both sides hold the same and it is on the relay's disk."""
        self.pump(lambda: self.replica.live and not self.replica.outbox, seconds)

    def close(self) -> None:
        """Ends the connection in an orderly way."""
        self.socket.close()
        self.replica.disconnected()

    def cut(self) -> None:
        """Ends it without a word, as a network does."""
        self.socket.shutdown()
        self.replica.disconnected()

    def _receive(self) -> Message | None:
        self.socket.settimeout(0.1)
        try:
            opcode, frame = self.socket.recv_data_frame(True)
        except websocket.WebSocketTimeoutException:
            return None
        self._heard = time.monotonic()
        if opcode == websocket.ABNF.OPCODE_CLOSE:
            code = int.from_bytes(frame.data[:2], "big")
            reason = frame.data[2:].decode()
            raise websocket.WebSocketConnectionClosedException(f"closed: {code} {reason}")
        if opcode == websocket.ABNF.OPCODE_BINARY:
            return packed.from_binary(frame.data)
        if opcode != websocket.ABNF.OPCODE_TEXT:
            return None
        return packed.from_text(json.loads(frame.data))

    def _mind_the_time(self) -> None:
        """Pings a quiet relay, gives up a silent one, fills a gap that stays, offers again."""
        now = time.monotonic()
        if now - self._heard > SILENT_SECONDS:
            raise websocket.WebSocketConnectionClosedException("nothing was heard for too long")
        if now - max(self._heard, self._pinged) > QUIET_SECONDS:
            self._pinged = now
            self.socket.ping()
        if not self.replica.gap():
            self._gap_since = None
        elif self._gap_since is None:
            self._gap_since = now
        elif now - self._gap_since > GAP_SECONDS:
            self._gap_since = None
            self.send([self.replica.pull()])
        if self.replica.retry_after_ms is not None and self._offer_at is None:
            self._offer_at = now + self.replica.retry_after_ms / 1000
        if self._offer_at is not None and now > self._offer_at:
            self._offer_at, self.replica.retry_after_ms = None, None
            self.send(self.replica.offers())

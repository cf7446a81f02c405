"""Turns packed messages into plain ones (protocol.md, "Packed messages").

This client reads packs and answers in text, which the page allows.
"""

import base64
import json
from collections.abc import Iterable, Iterator
from typing import Any

from .columns import Reader
from .pack import unpack

Message = dict[str, Any]


def from_binary(frame: bytes) -> Message:
    """The plain form of an UPDATE_RELAY that came in a binary frame."""
    reader = Reader(frame)
    message: Message = json.loads(reader.sized())
    changes = unpack(frame[reader.at :])
    updates: list[Message] = [
        {"change": base64.b64encode(change.data).decode()} for change in changes
    ]
    if "serverSeqNums" in message:
        positions = list(_numbers(message.pop("serverSeqNums"), len(changes)))
        for update, position in zip(updates, positions, strict=True):
            update["serverSeqNum"] = position
    return message | {"updatesRelayed": updates}


def from_text(message: Message) -> Message:
    """The plain form of an answer in runs; any other message as it is."""
    if runs := message.get("ackRuns"):
        return message | {"updateAcks": [ack for run in runs for ack in _acks(*run)]}
    if runs := message.get("rejectedRuns"):
        numbers = [(number, run) for run in runs for number in _numbers([run["localSeqNums"]])]
        return message | {"updatesRejected": [run | {"localSeqNum": n} for n, run in numbers]}
    return message


def _acks(local: int, position: int, count: int, after: int | None = None) -> Iterator[Message]:
    for i in range(count):
        ack = {"localSeqNum": local + i, "serverSeqNum": position + i}
        if after is not None:
            ack["afterServerSeqNum"] = after if i == 0 else position + i - 1
        yield ack


def _numbers(runs: Iterable[list[int]], most: int = 10_000) -> Iterator[int]:
    for first, count in runs:
        if count > most:
            raise ValueError("a run is longer than there are changes")
        yield from range(first, first + count)

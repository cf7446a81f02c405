"""The integers and columns that a change is made of (protocol.md, "The bytes of a change").

Reading is lenient about form, since `change.decode` writes what it read again and compares:
whatever is not the canonical form is found there, in one place. Reading is strict about size: a few
bytes may claim a billion rows, so every list has a bound.
"""

from collections.abc import Callable, Iterable, Iterator
from itertools import groupby
from typing import TypeVar

T = TypeVar("T")


class Refused(Exception):
    """A change that no replica admits. `code` is one of those in "Admission"."""

    def __init__(self, code: str, why: str) -> None:
        super().__init__(f"{code}: {why}")
        self.code = code


class Reader:
    """Bytes that are taken from the front."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0

    def rest(self) -> bool:
        return self.at < len(self.data)

    def take(self, length: int) -> bytes:
        if length > len(self.data) - self.at:
            raise Refused("unreadable", "a length reaches beyond the end")
        self.at += length
        return self.data[self.at - length : self.at]

    def uleb(self) -> int:
        return self._leb()[0]

    def sleb(self) -> int:
        number, bits, negative = self._leb()
        return number - (1 << bits) if negative else number

    def sized(self) -> bytes:
        return self.take(self.uleb())

    def text(self) -> str:
        try:
            return self.sized().decode("utf-8")
        except UnicodeDecodeError:
            raise Refused("unreadable", "a text is not UTF-8") from None

    def _leb(self) -> tuple[int, int, bool]:
        number = bits = 0
        while True:
            byte = self.take(1)[0]
            number |= (byte & 0x7F) << bits
            bits += 7
            if byte < 0x80:
                return number, bits, bool(byte & 0x40)
            if bits >= 70:
                raise Refused("unreadable", "a number has more than 64 bits")


def uleb(number: int) -> bytes:
    out = bytearray()
    while number >= 0x80:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def sleb(number: int) -> bytes:
    out = bytearray()
    while not -64 <= number < 64:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number & 0x7F)
    return bytes(out)


def sized(data: bytes) -> bytes:
    return uleb(len(data)) + data


def write_runs(values: Iterable[T | None], write: Callable[[T], bytes]) -> bytes:
    """Encodes runs: equal neighbours as one run, single values together, nulls counted."""
    out, singles = bytearray(), []
    runs = [(value, len(list(group))) for value, group in groupby(values)]
    if all(value is None for value, _ in runs):
        return b""
    for value, count in [*runs, (None, 0)]:
        if value is not None and count == 1:
            singles.append(write(value))
            continue
        if singles:
            out += sleb(-len(singles)) + b"".join(singles)
            singles = []
        if value is not None:
            out += sleb(count) + write(value)
        elif count:
            out += sleb(0) + uleb(count)
    return bytes(out)


def read_runs(data: bytes, read: Callable[[Reader], T], most: int) -> list[T | None]:
    """Decodes runs of at most `most` rows."""
    reader, rows = Reader(data), list[T | None]()
    while reader.rest():
        count = reader.sleb()
        size = abs(count) if count else reader.uleb()
        if len(rows) + size > most:
            raise Refused("out-of-bounds", f"a column has more than {most} rows")
        if count > 0:
            rows += [read(reader)] * count
        elif count < 0:
            rows += [read(reader) for _ in range(size)]
        else:
            rows += [None] * size
    return rows


def write_differences(numbers: list[int]) -> bytes:
    steps = [number - before for before, number in zip([0, *numbers], numbers, strict=False)]
    return write_runs(steps, sleb)


def read_differences(data: bytes, most: int) -> Iterator[int]:
    number = 0
    for step in read_runs(data, Reader.sleb, most):
        if step is None:
            raise Refused("unreadable", "a null among differences")
        number += step
        yield number

"""The bits of a pack and the values made of them (protocol.md, "Bits" and "Probabilities")."""

from collections.abc import Iterable, Sequence

from .columns import Refused

K = 0x9E3779B97F4A7C15
MASK = 2**64 - 1
LOGISTIC = [22, 36, 60, 98, 162, 267, 439, 720, 1179, 1921, 3108, 4971, 7812, 11955, 17625, 24743]
LOGISTIC += [32768, 40793, 47911, 53581, 57724, 60565, 62428, 63615, 64357, 64816, 65097, 65269]
LOGISTIC += [65374, 65438, 65476, 65500, 65514]
TEXT_END, TEXT_BYTE = 29, 30
Context = tuple[int, ...]


def join(parts: Iterable[int]) -> int:
    h = 0
    for part in parts:
        h = ((h ^ part & MASK) + K) * K & MASK
        h ^= h >> 29
    return h


def squash(x: int) -> int:
    y = max(-2047, min(2047, x)) + 2048
    i, r = y >> 7, y & 127
    return LOGISTIC[i] * (128 - r) + LOGISTIC[i + 1] * r + 64 >> 7


def _stretches() -> list[int]:
    table = []
    x = -2047
    for q in range(4096):
        while x < 2047 and squash(x) >> 4 < q:
            x += 1
        table.append(x)
    return table


STRETCH = _stretches()


class Coder:
    """The coded bytes of a pack, with everything that was learned from those read before."""

    def __init__(self, data: bytes, together: int) -> None:
        self.data, self.at = data, 4
        self.low, self.high = 0, 0xFFFFFFFF
        self.value = int.from_bytes(data[:4].ljust(4, b"\0"))
        bits = max(12, min(20, max(together.bit_length() - 1, 0) + 2))
        self.shift = 64 - bits
        self.chance = [2**21] * 2**bits
        self.count = [0] * 2**bits
        self.weights: dict[tuple[int, int], list[int]] = {}

    def finished(self) -> bool:
        return self.at >= len(self.data)

    def decode(self, one: int) -> int:
        middle = self.low + ((self.high - self.low) * one >> 16)
        bit = int(self.value <= middle)
        if bit:
            self.high = middle
        else:
            self.low = middle + 1
        while (self.low ^ self.high) >> 24 == 0:
            byte = self.data[self.at] if self.at < len(self.data) else 0
            self.at += 1
            self.low = self.low << 8 & 0xFFFFFFFF
            self.high = self.high << 8 & 0xFFFFFFFF | 0xFF
            self.value = self.value << 8 & 0xFFFFFFFF | byte
        return bit

    def hashes(self, symbol: int, contexts: Sequence[Context]) -> list[int]:
        return [join((symbol, i, *context)) for i, context in enumerate(contexts)]

    def bit(self, symbol: int, rest: int, hashes: list[int], node: int) -> int:
        spread = node * K & MASK
        places = [((h ^ spread) * K & MASK) >> self.shift for h in hashes]
        inputs = [STRETCH[self.chance[place] >> 10] for place in places]
        seen = sum(self.count[place] > 0 for place in places)
        w = self.weights.setdefault((2 * symbol + rest, seen), [24576] * 7)
        one = squash(sum(a * b for a, b in zip(w, inputs, strict=False)) >> 16)
        b = self.decode(one)
        error = b * 65536 - one
        for i, x in enumerate(inputs):
            w[i] = max(-(2**20), min(2**20, w[i] + (x * error >> 13)))
        target = 2**22 - 1 if b else 0
        for place in places:
            c, p = self.count[place], self.chance[place]
            step = abs(target - p) * 2 // (2 * c + 3)
            self.chance[place] = p + step if target > p else p - step
            self.count[place] = min(127, c + 1)
        return b

    def flag(self, symbol: int, *contexts: Context) -> int:
        return self.bit(symbol, 0, self.hashes(symbol, contexts), 0)

    def number(self, symbol: int, *contexts: Context) -> int:
        hashes = self.hashes(symbol, contexts)
        length = 0
        while length < 64 and self.bit(symbol, 0, hashes, length):
            length += 1
        number = min(length, 1)
        for _ in range(length - 1):
            node = (length << 56 & MASK) ^ number
            number = number * 2 + self.bit(symbol, 1, hashes, node)
        return number

    def signed(self, symbol: int, *contexts: Context) -> int:
        number = self.number(symbol, *contexts)
        return -(number + 1) // 2 if number & 1 else number // 2

    def byte(self, symbol: int, *contexts: Context) -> int:
        hashes = self.hashes(symbol, contexts)
        number = 1
        for _ in range(8):
            number = number * 2 + self.bit(symbol, 0, hashes, number)
        return number - 256

    def even(self, end: int) -> int:
        low, high = 0, end
        while high - low > 1:
            middle = low + (high - low) // 2
            if self.decode(((high - middle) << 16) // (high - low)):
                low = middle
            else:
                high = middle
        return low

    def random(self, count: int) -> bytes:
        return bytes(self.even(256) for _ in range(count))

    def text(self, topic: int, near: bytes, most: int) -> str:
        read, prefix = bytearray(), topic
        while True:
            at, place = len(read), min(len(read), 40)
            ahead = near[at] if at < len(near) else 256
            one, two, three, four = (int.from_bytes(read[-n:]) for n in (1, 2, 3, 4))
            ends = ((prefix,), (two,), (topic, place), (topic, ahead, one))
            if self.flag(TEXT_END, *ends):
                break
            need(at < most, "a text is too long")
            topics = ((topic, one), (topic, place), (ahead, one))
            byte = self.byte(TEXT_BYTE, (prefix,), (two,), (three,), (four,), *topics)
            read.append(byte)
            prefix = ((prefix ^ byte) + K) * K & MASK
            prefix ^= prefix >> 29
        try:
            return read.decode()
        except UnicodeDecodeError:
            raise Refused("unreadable", "a text of the pack is no UTF-8") from None


def need(holds: bool, otherwise: str) -> None:
    """Refuses the pack unless something holds."""
    if not holds:
        raise Refused("unreadable", otherwise)

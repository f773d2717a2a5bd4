"""Merlin transcripts over STROBE-128: the hash that sr25519 derives keys with.

Only what key derivation needs. Secrets pass through in variable time: for keys of wallets and
tests, on the machine of their owner. Source: merlin 3.0 and STROBE v1.0.2, sections 4 and 5.
"""

from typing import Final

_RATE: Final = 166
_WORD: Final = (1 << 64) - 1
_I, _A, _C, _M = 1, 2, 4, 16
_ROTATIONS: Final = (
    (1, 3, 6, 10, 15, 21, 28, 36, 45, 55, 2, 14),
    (27, 41, 56, 8, 25, 43, 62, 18, 39, 61, 20, 44),
)
_LANES: Final = (
    (10, 7, 11, 17, 18, 3, 5, 16, 8, 21, 24, 4),
    (15, 23, 19, 13, 12, 2, 20, 14, 22, 9, 6, 1),
)


class Transcript:
    """What was said so far; challenges depend on all of it."""

    __slots__ = ("_begin", "_position", "_state")

    def __init__(self, label: bytes) -> None:
        head = bytes((1, _RATE + 2, 1, 0, 1, 96)) + b"STROBEv1.0.2"
        self._state = bytearray(head.ljust(200, b"\x00"))
        self._permute()
        self._position = 0
        self._begin = 0
        self._start(_M | _A)
        self._absorb(b"Merlin v1.0")
        self.append(b"dom-sep", label)

    def append(self, label: bytes, message: bytes) -> None:
        """Says `message` under `label`."""
        self._frame(label, len(message))
        self._start(_A)
        self._absorb(message)

    def draw(self, label: bytes, size: int) -> bytes:
        """A challenge of `size` bytes under `label`; drawing is said too."""
        self._frame(label, size)
        self._start(_I | _A | _C)
        drawn = bytearray()
        for _ in range(size):
            drawn.append(self._state[self._position])
            self._state[self._position] = 0
            self._advance()
        return bytes(drawn)

    def _frame(self, label: bytes, size: int) -> None:
        self._start(_M | _A)
        self._absorb(label + size.to_bytes(4, "little"))

    def _start(self, flags: int) -> None:
        begin, self._begin = self._begin, self._position + 1
        self._absorb(bytes((begin, flags)))
        if flags & _C and self._position:
            self._turn()

    def _absorb(self, data: bytes) -> None:
        for byte in data:
            self._state[self._position] ^= byte
            self._advance()

    def _advance(self) -> None:
        self._position += 1
        if self._position == _RATE:
            self._turn()

    def _turn(self) -> None:
        self._state[self._position] ^= self._begin
        self._state[self._position + 1] ^= 0x04
        self._state[_RATE + 1] ^= 0x80
        self._permute()
        self._position = 0
        self._begin = 0

    def _permute(self) -> None:
        lanes = [int.from_bytes(self._state[at : at + 8], "little") for at in range(0, 200, 8)]
        permute_keccak(lanes)
        self._state[:] = b"".join(lane.to_bytes(8, "little") for lane in lanes)


def permute_keccak(lanes: list[int]) -> None:
    """Keccak-f[1600] in place on 25 words of 64 bits, lane (x, y) at x + 5y. FIPS 202, 3.3."""
    register = 1
    for _ in range(24):
        columns = [
            lanes[x] ^ lanes[x + 5] ^ lanes[x + 10] ^ lanes[x + 15] ^ lanes[x + 20]
            for x in range(5)
        ]
        for x in range(5):
            parity = columns[x - 1] ^ _rotate(columns[(x + 1) % 5], 1)
            for at in range(x, 25, 5):
                lanes[at] ^= parity
        moved = lanes[1]
        for rotations, targets in zip(_ROTATIONS, _LANES, strict=True):
            for rotation, target in zip(rotations, targets, strict=True):
                lanes[target], moved = _rotate(moved, rotation), lanes[target]
        for row in range(0, 25, 5):
            old = lanes[row : row + 5]
            for x in range(5):
                lanes[row + x] = old[x] ^ (~old[(x + 1) % 5] & _WORD & old[(x + 2) % 5])
        constant = 0
        for exponent in range(7):
            constant |= (register & 1) << ((1 << exponent) - 1)
            register = register << 1 ^ (register >> 7) * 0x171
        lanes[0] ^= constant


def _rotate(word: int, count: int) -> int:
    return (word << count | word >> (64 - count)) & _WORD

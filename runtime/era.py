"""How long a transaction may be included: Substrate's eras."""

from runtime.codec.codec import truncated
from runtime.errors import CodecError
from runtime.frozen import frozen

PERIOD_BLOCKS_MIN = 4
PERIOD_BLOCKS_MAX = 65_536


@frozen
class Era:
    """A mortal era of a period and a phase in blocks; the period 0 is immortal."""

    period: int = 0
    phase: int = 0

    @classmethod
    def mortal(cls, period: int, current: int) -> "Era":
        """An era of about ``period`` blocks that has begun by block ``current``."""
        power = 1 << max(0, period - 1).bit_length()
        power = min(max(power, PERIOD_BLOCKS_MIN), PERIOD_BLOCKS_MAX)
        quantum = max(power >> 12, 1)
        return cls(power, (current % power) // quantum * quantum)

    @property
    def is_immortal(self) -> bool:
        """Whether the transaction never expires."""
        return self.period == 0

    def compute_birth(self, current: int) -> int:
        """The block at which the era that contains ``current`` began; 0 if immortal."""
        if self.is_immortal:
            return 0
        return (max(current, self.phase) - self.phase) // self.period * self.period + self.phase

    def compute_death(self, current: int) -> int:
        """The first block in which the transaction is no longer valid."""
        if self.is_immortal:
            return (1 << 64) - 1
        return self.compute_birth(current) + self.period

    def encode(self) -> bytes:
        """One zero byte, or two bytes: log2 of the period and the quantised phase."""
        if self.is_immortal:
            return b"\x00"
        quantum = max(self.period >> 12, 1)
        low = min(15, max(1, self.period.bit_length() - 2))
        return (low | self.phase // quantum << 4).to_bytes(2, "little")


def decode_era(data: bytes, offset: int) -> tuple[Era, int]:
    """The era at an offset, and the offset behind it."""
    if offset >= len(data):
        raise truncated("Era", data, offset, 1)
    if data[offset] == 0:
        return Era(), offset + 1
    if offset + 2 > len(data):
        raise truncated("Era", data, offset, 2)
    word = int.from_bytes(data[offset : offset + 2], "little")
    period = 2 << (word & 15)
    phase = (word >> 4) * max(period >> 12, 1)
    if period < PERIOD_BLOCKS_MIN or phase >= period:
        raise CodecError(f"Era: period {period} with phase {phase} (offset {offset})")
    return Era(period, phase), offset + 2

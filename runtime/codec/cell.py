"""One entry of a block's state, as bytes or as a value or both: each is made when it is needed."""

from collections.abc import Callable
from enum import Enum
from typing import Any, Final, Literal


class Missing(Enum):
    """Tells "not decoded yet" from every value, None included."""

    UNDECODED = 0


UNDECODED: Final[Literal[Missing.UNDECODED]] = Missing.UNDECODED


class Cell:
    """What one write, or the parent block, left under a key; nobody changes what it stands for.

    ``value`` is typed by the storage item that reads and writes the key.
    """

    __slots__ = ("_encode", "_raw", "value")

    def __init__(
        self, value: Any, raw: bytes | None, encode: Callable[[Any], bytes] | None = None
    ) -> None:
        self.value = value
        """The decoded value, or `UNDECODED`."""
        self._raw = raw
        self._encode = encode

    def encode(self) -> bytes | None:
        """Its bytes, None of `ABSENT`; `CodecError` for a value outside its type."""
        if self._raw is None and self._encode is not None:
            self._raw = self._encode(self.value)
        return self._raw


ABSENT: Final = Cell(None, None)
"""There is nothing under the key."""

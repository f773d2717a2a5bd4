"""What a pallet may do with state: nothing else of the world reaches it."""

from types import TracebackType
from typing import Protocol

from runtime.codec.cell import Cell


class Transaction(Protocol):
    """A scope of writes and events: kept when it ends, undone when an exception leaves it."""

    def __enter__(self) -> "Transaction":
        """Opens the scope; `Exhausted` when scopes are nested too deep."""
        ...

    def encode(self) -> None:
        """Encodes what was written in the scope; `CodecError` for a value outside its type."""
        ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
        /,
    ) -> None:
        """Closes the scope; an exception goes on."""
        ...


class Externalities(Protocol):
    """One block's view of state: reads see its own writes."""

    def find(self, key: bytes) -> Cell:
        """What is under `key`; `ABSENT` where there is nothing."""
        ...

    def write(self, key: bytes, cell: Cell) -> None:
        """Sets what is under `key`; `ABSENT` removes it."""
        ...

    def get(self, key: bytes) -> bytes | None:
        """The bytes under `key`, or None; an empty value is a value."""
        ...

    def put(self, key: bytes, value: bytes) -> None:
        """Sets the bytes under `key`."""
        ...

    def delete(self, key: bytes) -> None:
        """Removes `key`, whether or not it is there."""
        ...

    def next_key(self, key: bytes) -> bytes | None:
        """The first key after `key` in lexicographic order, or None; `key` need not exist."""
        ...

    def emit(self, event: object) -> None:
        """Appends to the block's events; undone with the transaction it happened in."""
        ...

    def transaction(self) -> Transaction:
        """A scope for `with`: its writes and events stand or fall together."""
        ...

"""What a deterministic program is: pure integers from named blobs to the output of one slot."""

from dataclasses import dataclass
from typing import Protocol

from runtime.frozen import frozen
from runtime.model import LoadedModel
from runtime.primitives import Root


class ProgramError(ValueError):
    """Parameters or inputs break a rule of the program; no output is defined for them."""

    def __init__(self, expected: str, got: object) -> None:
        super().__init__(f"expected {expected}, got {got}")
        self.expected = expected
        self.got = str(got)


def ensure(condition: bool, expected: str, got: object) -> None:
    """Raises `ProgramError` unless the condition holds."""
    if not condition:
        raise ProgramError(expected, got)


@frozen
class Cost:
    """The most that one slot of a program takes; known before anything runs."""

    macs: int
    """Multiply-accumulates of its products."""

    cells: int
    """Integers read or written besides."""

    output_bytes: int
    """The largest output of a slot."""


@dataclass(frozen=True, slots=True, eq=False)
class Inputs:
    """What a program reads."""

    blobs: tuple[bytes, ...]
    """The contents behind `get_roots`, in their order."""

    model: LoadedModel | None = None
    """For a program that runs a model."""

    before: bytes = b""
    """The output of the slot before, for a program whose slots are a chain; empty for the first."""


class Program(Protocol):
    """One program with its parameters: every implementation gives the same bytes, for ever."""

    @property
    def is_chain(self) -> bool:
        """Whether a slot needs the output of the one before it."""
        ...

    def count_slots(self) -> int:
        """How many slots its parameters make; none where they make no sense."""
        ...

    def get_roots(self) -> tuple[Root, ...]:
        """The blobs that it reads."""
        ...

    def get_output_bytes(self, slot: int) -> int:
        """How large the output of a slot is."""
        ...

    def plan(self, inputs: Inputs) -> Cost:
        """What its dearest slot takes. Errors: `ProgramError`; then every slot can be run."""
        ...

    def run(self, slot: int, inputs: Inputs) -> bytes:
        """The output of a slot, of inputs that `plan` has accepted.

        `ProgramError` where `before` is no output of the slot before.
        """
        ...

"""The errors of the tensor package."""

from typing import Self


class GraphError(ValueError):
    """A graph, tensor, input or product breaks a rule of i8graph.

    ``op`` is the index of the op at fault, None where it is none's.
    """

    def __init__(
        self, expected: str, got: object, *, op: int | None = None, name: str = ""
    ) -> None:
        place = "" if op is None else f"op {op} ({name}): "
        super().__init__(f"{place}expected {expected}, got {got}")
        self.expected = expected
        self.got = str(got)
        self.op = op

    def at(self, op: int, name: str) -> Self:
        """The same error, placed at an op."""
        return type(self)(self.expected, self.got, op=op, name=name)


class ClaimTooLarge(GraphError):
    """The claim takes more work than a block may spend on it."""


def ensure(condition: bool, expected: str, got: object) -> None:
    """Raises `GraphError` unless the condition holds."""
    if not condition:
        raise GraphError(expected, got)

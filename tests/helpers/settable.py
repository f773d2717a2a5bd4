"""Parameters that a test sets as governance would, without its votes."""

from runtime.frame.parameters import Param


class Settable:
    """`Parameters` whose values are there to be changed."""

    def __init__(self) -> None:
        self.values: dict[Param, int] = {}

    def get_param(self, param: Param, default: int) -> int:
        """The number as it was set, or the default."""
        return self.values.get(param, default)

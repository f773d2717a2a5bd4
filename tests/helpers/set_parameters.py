"""Parameters as a test sets them, given to a pallet whose stage has none."""

from dataclasses import dataclass, field

from runtime.frame.parameters import Param


@dataclass(slots=True)
class SetParameters:
    """`Parameters`; what is not among the values is its default."""

    values: dict[Param, int] = field(default_factory=dict[Param, int])

    def get_param(self, param: Param, default: int) -> int:
        """The number."""
        return self.values.get(param, default)

    def give_to(self, partners: object) -> None:
        """From now on a pallet's partners are these parameters among others."""
        object.__setattr__(partners, "parameters", self)

"""Values whose fields never change: the checkers see to it, so making one costs little."""

from dataclasses import dataclass
from typing import TypeVar, dataclass_transform

T = TypeVar("T")


@dataclass_transform(frozen_default=True)
def frozen(cls: type[T]) -> type[T]:
    """Makes a frozen slotted dataclass for what blocks make by the hundred thousand.

    mypy and pyright refuse every assignment to a field, as for `dataclass(frozen=True)`. That one
    refuses it when the program runs, too, and therefore sets each field by a detour: a value of
    four fields takes four times as long to make.
    """
    return dataclass(slots=True, unsafe_hash=True)(cls)


def is_frozen(cls: type) -> bool:
    """Whether a dataclass was declared frozen, one way or the other."""
    params = getattr(cls, "__dataclass_params__", None)
    return params is not None and (params.frozen or params.unsafe_hash)

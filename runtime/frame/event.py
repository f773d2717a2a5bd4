"""Events: what a dispatch tells the world."""

from typing import ClassVar


class Event:
    """One event of a pallet: a frozen dataclass `class Transfer(Event, index=2)`.

    Its fields and docstring become metadata; the index is never used again for another.
    """

    SCALE_INDEX: ClassVar[int]
    SCALE_NAME: ClassVar[str]

    __slots__ = ()

    def __init_subclass__(cls, *, index: int | None = None) -> None:
        super().__init_subclass__()
        if index is None:  # dataclass(slots=True) makes the class a second time, without arguments
            if "SCALE_INDEX" not in cls.__dict__:
                raise TypeError(f"{cls.__name__}: an event has an index: (Event, index=…)")
            return
        if not 0 <= index <= 255:
            raise TypeError(f"{cls.__name__}: an event's index is 0..255, not {index}")
        cls.SCALE_INDEX = index  # pyright: ignore[reportConstantRedefinition] - set once
        cls.SCALE_NAME = cls.__name__  # pyright: ignore[reportConstantRedefinition]

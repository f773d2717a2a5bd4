"""Frozen values: made quickly, and dataclasses in all else."""

import dataclasses
import pickle
from copy import copy
from dataclasses import dataclass, field, fields
from typing import Any, ClassVar

import pytest

from runtime.codec import U8, codec_of
from runtime.frozen import frozen, is_frozen, replace


@frozen
class Point:
    """A value."""

    x: U8
    y: U8 = 2


@frozen
class Other:
    """Another with the same fields."""

    x: U8
    y: U8 = 2


@dataclass(frozen=True)
class Guarded:
    """Frozen by the interpreter as well."""


@dataclass(slots=True)
class Thawed:
    """Its fields may change."""


def test_a_value_is_a_dataclass_with_slots() -> None:
    point = Point(1)
    assert [field.name for field in fields(point)] == ["x", "y"]
    assert repr(point) == "Point(x=1, y=2)"
    assert not hasattr(point, "__dict__")
    match point:
        case Point(x, y):
            assert (x, y) == (1, 2)
    with pytest.raises(TypeError, match="positional argument"):
        Point(1, 2, 3)  # type: ignore[call-arg] # pyright: ignore[reportCallIssue] - the mistake


def test_values_are_equal_by_their_fields() -> None:
    assert Point(1) == Point(1, 2) != Point(1, 3)
    other: object = Other(1)
    assert Point(1) != other
    assert len({Point(1), Point(1, 2), Point(2)}) == 2


def test_copies_are_equal() -> None:
    point = Point(1)
    assert replace(point, y=3) == Point(1, 3)
    assert copy(point) == point == pickle.loads(pickle.dumps(point))
    assert codec_of(Point).decode(codec_of(Point).encode(point)) == point


def test_checkers_are_told_that_it_is_frozen() -> None:
    told: dict[str, Any] = vars(frozen)["__dataclass_transform__"]
    assert {**told, **told["kwargs"]}["frozen_default"]  # an argument with a name since 3.12


def test_frozen_is_what_never_changes() -> None:
    assert is_frozen(Point)
    assert is_frozen(Guarded)
    assert not is_frozen(Thawed)
    assert not is_frozen(int)


@frozen
class Marked:
    """A value whose class has more than fields."""

    MARK: ClassVar[int] = 7

    x: int
    y: tuple[int, ...] = ()


@frozen
class Doubled:
    """A value that is more than the fields it is made with."""

    x: int
    twice: int = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "twice", 2 * self.x)


@dataclass(frozen=True, slots=True)
class Shut:
    """Frozen by the interpreter."""

    x: int
    y: int = 2


@pytest.mark.parametrize("value", [Point(1), Marked(1, (2,)), Doubled(4), Shut(5)])
def test_replacing_is_that_of_dataclasses(value: Any) -> None:
    before = copy(value)
    for change in ({}, {"x": 9}):
        replaced = replace(value, **change)
        assert replaced == dataclasses.replace(value, **change)
        assert type(replaced) is type(value)
    assert value == before
    assert hash(replace(value, x=9)) != hash(value)


def test_only_fields_are_replaced() -> None:
    point: Any = Point(1)
    with pytest.raises(AttributeError, match="z"):
        replace(point, z=1)
    marked: Any = Marked(1)
    with pytest.raises(AttributeError, match="MARK"):
        replace(marked, MARK=1)

"""What is known of a dispatch before and after it: weight, class, whether it pays."""

from enum import IntEnum, nonmember
from typing import ClassVar

from runtime.frozen import frozen
from runtime.primitives import Weight


class DispatchClass(IntEnum):
    """How a call shares the block: normal, operational, or mandatory (inherents)."""

    SCALE_PATH = nonmember("frame_support::dispatch::DispatchClass")

    NORMAL = 0
    OPERATIONAL = 1
    MANDATORY = 2


class Pays(IntEnum):
    """Whether the caller pays a fee."""

    SCALE_PATH = nonmember("frame_support::dispatch::Pays")

    YES = 0
    NO = 1


@frozen
class DispatchInfo:
    """A call's weight, class and fee rule."""

    SCALE_PATH: ClassVar[str] = "frame_support::dispatch::DispatchInfo"

    weight: Weight
    class_: DispatchClass = DispatchClass.NORMAL
    pays_fee: Pays = Pays.YES


@frozen
class PostDispatch:
    """What a call may return: a smaller weight than declared, or that it costs no fee after all."""

    actual_weight: Weight | None = None
    pays_fee: Pays = Pays.YES


FREE_ON_SUCCESS = PostDispatch(pays_fee=Pays.NO)
"""Returned by a call that fulfilled a bonded duty."""

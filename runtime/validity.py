"""What the runtime tells the pool about a transaction."""

from enum import IntEnum, nonmember
from typing import Annotated, ClassVar, TypeAlias

from runtime.codec import U64, MaxLen
from runtime.frozen import frozen

Tag: TypeAlias = Annotated[bytes, MaxLen(256)]
Tags: TypeAlias = Annotated[tuple[Tag, ...], MaxLen(16)]

LONGEVITY_MAX = (1 << 64) - 1


class TransactionSource(IntEnum):
    """Where a transaction came from."""

    SCALE_PATH = nonmember("sp_runtime::transaction_validity::TransactionSource")

    IN_BLOCK = 0
    LOCAL = 1
    EXTERNAL = 2


@frozen
class ValidTransaction:
    """A transaction is ready when every required tag is provided by the state or the pool."""

    SCALE_PATH: ClassVar[str] = "sp_runtime::transaction_validity::ValidTransaction"

    priority: U64
    """Among those that are ready the highest goes first."""

    requires: Tags
    provides: Tags
    longevity: U64
    """For how many blocks this holds."""

    propagate: bool

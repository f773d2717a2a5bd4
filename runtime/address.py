"""Addresses in calls and extrinsics: Substrate's MultiAddress."""

from dataclasses import dataclass
from typing import Annotated, ClassVar, TypeAlias

from runtime.codec import Array, FixedBytes, Generic, MaxLen, Name, variant
from runtime.errors import CannotLookup
from runtime.primitives import AccountId


class RawAddress32(FixedBytes):
    """Thirty-two bytes of an address."""

    LENGTH: ClassVar[int] = 32


@variant(0, unnamed=True)
@dataclass(frozen=True, slots=True)
class Id:
    """An account by its public key: what every client writes."""

    account: AccountId


@variant(1, unnamed=True)
@dataclass(frozen=True, slots=True)
class Index:
    """An account index; this chain has none."""

    nothing: tuple[()]


@variant(2, unnamed=True)
@dataclass(frozen=True, slots=True)
class Raw:
    """Bytes of no meaning to this chain."""

    data: Annotated[bytes, MaxLen(256)]


@variant(3, unnamed=True)
@dataclass(frozen=True, slots=True)
class Address32:
    """The same as `Id`."""

    data: RawAddress32


@variant(4, unnamed=True)
@dataclass(frozen=True, slots=True)
class Address20:
    """An Ethereum-style address; names no account here."""

    data: Annotated[bytes, Array(20)]


MultiAddress: TypeAlias = Annotated[
    Id | Index | Raw | Address32 | Address20,
    Name("sp_runtime::multiaddress::MultiAddress"),
    Generic(("AccountId", AccountId), ("AccountIndex", tuple[()])),
]


def lookup(address: Id | Index | Raw | Address32 | Address20) -> AccountId:
    """The account an address names; `CannotLookup` if none."""
    match address:
        case Id(account):
            return account
        case Address32(raw):
            return AccountId(raw)
        case Index() | Raw() | Address20():
            raise CannotLookup

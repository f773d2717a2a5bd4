"""Addresses in calls and extrinsics: Substrate's MultiAddress."""

from typing import Annotated, ClassVar, TypeAlias

from runtime.codec import Array, FixedBytes, Generic, MaxLen, Name, variant
from runtime.errors import CannotLookup
from runtime.frozen import frozen
from runtime.primitives import AccountId


class RawAddress32(FixedBytes):
    """Thirty-two bytes of an address."""

    LENGTH: ClassVar[int] = 32


@variant(0, unnamed=True)
@frozen
class Id:
    """An account by its public key: what every client writes."""

    account: AccountId


@variant(1, unnamed=True)
@frozen
class Index:
    """An account index; this chain has none."""

    nothing: tuple[()]


@variant(2, unnamed=True)
@frozen
class Raw:
    """Bytes of no meaning to this chain."""

    data: Annotated[bytes, MaxLen(256)]


@variant(3, unnamed=True)
@frozen
class Address32:
    """The same as `Id`."""

    data: RawAddress32


@variant(4, unnamed=True)
@frozen
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

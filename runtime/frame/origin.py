"""Who makes a call: a signer, the runtime itself, or nobody (inherents)."""

from dataclasses import dataclass, replace
from enum import IntEnum

from runtime.errors import BadOrigin
from runtime.primitives import AccountId


class OriginKind(IntEnum):
    """The variants of FRAME's `RawOrigin`."""

    ROOT = 0
    SIGNED = 1
    NONE = 2


@dataclass(frozen=True, slots=True)
class Origin:
    """The origin of one dispatch."""

    kind: OriginKind
    account: AccountId | None = None

    @classmethod
    def root(cls) -> "Origin":
        """The runtime itself."""
        return cls(OriginKind.ROOT)

    @classmethod
    def none(cls) -> "Origin":
        """Nobody: inherents, put into the block by its author."""
        return cls(OriginKind.NONE)

    @classmethod
    def signed(cls, account: AccountId) -> "Origin":
        """The account that signed the extrinsic."""
        return cls(OriginKind.SIGNED, account)

    def act_as(self, account: AccountId) -> "Origin":
        """The origin of a call that this one's signer makes from another account."""
        return replace(self, kind=OriginKind.SIGNED, account=account)

    def ensure_signed(self) -> AccountId:
        """The signer; `BadOrigin` if there is none."""
        if self.account is None:
            raise BadOrigin
        return self.account

    def ensure_root(self) -> None:
        """`BadOrigin` unless the runtime itself calls."""
        if self.kind is not OriginKind.ROOT:
            raise BadOrigin

    def ensure_none(self) -> None:
        """`BadOrigin` unless this is an inherent."""
        if self.kind is not OriginKind.NONE:
            raise BadOrigin

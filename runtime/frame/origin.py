"""Who makes a call: a signer, the runtime itself, or nobody (inherents)."""

from enum import IntEnum
from typing import Protocol

from runtime.errors import BadOrigin, ModuleError
from runtime.frame.call import Call
from runtime.frozen import frozen, replace
from runtime.primitives import AccountId


class OriginKind(IntEnum):
    """The variants of FRAME's `RawOrigin`."""

    ROOT = 0
    SIGNED = 1
    NONE = 2


class CallFiltered(ModuleError, index=5):
    """The origin filter prevents the call from being dispatched."""


class CallFilter(Protocol):
    """A limit of what an origin may call, and everything that such calls carry."""

    def is_allowed(self, call: Call) -> bool:
        """Whether this one may be dispatched."""
        ...


@frozen
class Origin:
    """The origin of one dispatch."""

    kind: OriginKind
    account: AccountId | None = None
    filters: tuple[CallFilter, ...] = ()

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
        """The origin of a call that this one's signer makes from another account.

        What this one may not call, no account may for it: a limit is never shed by acting.
        """
        return replace(self, kind=OriginKind.SIGNED, account=account)

    def narrow(self, limit: CallFilter) -> "Origin":
        """The same origin with one more limit."""
        return replace(self, filters=(*self.filters, limit))

    def ensure_allowed(self, call: Call) -> None:
        """`CallFiltered` unless every limit allows the call."""
        if not all(limit.is_allowed(call) for limit in self.filters):
            raise CallFiltered

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

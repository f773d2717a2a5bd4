"""The events and errors of the vault."""

from typing import TypeAlias

from pallets.vault.types import BoxKey, Fault, SaleTerms, SealedBox
from runtime.codec import U64
from runtime.errors import ModuleError
from runtime.frame import Event
from runtime.frozen import frozen
from runtime.primitives import AccountId, Balance, BlockNumber, Id


@frozen
class Offered(Event, index=0):
    """A sealed dataset is for sale, or is so on other terms."""

    record: Id
    seller: AccountId
    terms: SaleTerms


@frozen
class Withdrawn(Event, index=1):
    """A dataset is not for sale any more; orders that were made go on."""

    record: Id
    seller: AccountId


@frozen
class Ordered(Event, index=2):
    """A buyer has put the price on hold, and waits for the key until a block."""

    order: Id
    record: Id
    buyer: AccountId
    seller: AccountId
    once_pk: BoxKey
    price: Balance
    bond: Balance
    until: BlockNumber


@frozen
class Delivered(Event, index=3):
    """The seller has delivered; the buyer may dispute until a block."""

    order: Id
    sealed_box: SealedBox
    until: BlockNumber


@frozen
class KeyDisputed(Event, index=4):
    """The box was opened by the runtime; without a fault the buyer was wrong."""

    order: Id
    fault: Fault | None


@frozen
class ChunkDisputed(Event, index=5):
    """A chunk was decrypted by the runtime; without a fault the buyer was wrong."""

    order: Id
    index: U64
    fault: Fault | None


@frozen
class Slashed(Event, index=6):
    """A seller lost collateral; the last three amounts sum to the first."""

    order: Id
    seller: AccountId
    fault: Fault
    amount: Balance
    burned: Balance
    to_buyer: Balance
    to_treasury: Balance


@frozen
class Refunded(Event, index=7):
    """The buyer has price and deposit back; the order is gone."""

    order: Id
    buyer: AccountId
    amount: Balance


@frozen
class Released(Event, index=8):
    """An order was paid: burn, treasury, royalties and payee sum to the price."""

    order: Id
    seller: AccountId
    payee: AccountId
    price: Balance
    burned: Balance
    treasury: Balance
    royalties: Balance
    paid: Balance


@frozen
class Forfeited(Event, index=9):
    """The buyer lost the deposit of an order to a false dispute."""

    order: Id
    buyer: AccountId
    burned: Balance
    to_seller: Balance


@frozen
class Closed(Event, index=10):
    """A settled order left the state; the deposit, if it was not lost, is the buyer's again."""

    order: Id
    deposit: Balance


VaultEvent: TypeAlias = (
    Offered
    | Withdrawn
    | Ordered
    | Delivered
    | KeyDisputed
    | ChunkDisputed
    | Slashed
    | Refunded
    | Released
    | Forfeited
    | Closed
)


class NoSuchDataset(ModuleError, index=0):
    """There is no record with this number."""


class NotOwner(ModuleError, index=1):
    """The record is somebody else's."""


class NotLive(ModuleError, index=2):
    """The record is expired, retired or frozen."""


class NotSealed(ModuleError, index=3):
    """This is no version of an encrypted dataset, or it has no size that chunks commit to."""


class BadTerms(ModuleError, index=4):
    """The price is positive; windows have at least one block, the dispute's its minimum."""


class NotForSale(ModuleError, index=5):
    """Nobody who owns the record offers it."""


class TermsChanged(ModuleError, index=6):
    """The offer's terms are not those that the order names."""


class BadBoxKey(ModuleError, index=7):
    """Nobody can seal a box to this key."""


class BondTooLow(ModuleError, index=8):
    """The seller has too little free collateral for this order."""


class NoEscrow(ModuleError, index=9):
    """The signer cannot put so much on hold."""


class NoSuchOrder(ModuleError, index=10):
    """There is no order with this number."""


class NotSeller(ModuleError, index=11):
    """Somebody else sells this."""


class NotBuyer(ModuleError, index=12):
    """Somebody else buys this."""


class WrongState(ModuleError, index=13):
    """The order is not in a state that allows this."""


class DeadlinePassed(ModuleError, index=14):
    """The time for this has passed."""


class NotDue(ModuleError, index=15):
    """Nothing is due yet."""


class BadSecret(ModuleError, index=16):
    """This is not the secret of the order's key."""


class BadProof(ModuleError, index=17):
    """The chunk or the leaf is not in the roots of what is sold."""


VaultError: TypeAlias = (
    NoSuchDataset
    | NotOwner
    | NotLive
    | NotSealed
    | BadTerms
    | NotForSale
    | TermsChanged
    | BadBoxKey
    | BondTooLow
    | NoEscrow
    | NoSuchOrder
    | NotSeller
    | NotBuyer
    | WrongState
    | DeadlinePassed
    | NotDue
    | BadSecret
    | BadProof
)

"""The events and errors of the rights pallet."""

from runtime.codec import U64
from runtime.errors import ModuleError
from runtime.frame import Event
from runtime.frozen import frozen
from runtime.primitives import AccountId, Balance, Id


@frozen
class Offered(Event, index=0):
    """Licences of a record are for sale."""

    record: Id
    offer: Id
    asset: Id
    price: Balance


@frozen
class Sold(Event, index=1):
    """Somebody bought a licence; the last four amounts sum to the price."""

    record: Id
    offer: Id
    buyer: AccountId
    price: Balance
    burned: Balance
    treasury: Balance
    royalties: Balance
    paid: Balance


@frozen
class OfferClosed(Event, index=2):
    """No more licences are sold; those sold stay."""

    record: Id
    offer: Id


@frozen
class OfferRemoved(Event, index=3):
    """Nobody holds a licence of a closed offer any more; its deposits are returned."""

    record: Id
    offer: Id


@frozen
class Listed(Event, index=4):
    """A holder would sell a licence."""

    record: Id
    offer: Id
    seller: AccountId
    price: Balance


@frozen
class Unlisted(Event, index=5):
    """A holder's licence is no longer for sale."""

    record: Id
    offer: Id
    seller: AccountId


@frozen
class Resold(Event, index=6):
    """A licence has another holder; the last four amounts sum to the price."""

    record: Id
    offer: Id
    seller: AccountId
    buyer: AccountId
    price: Balance
    burned: Balance
    treasury: Balance
    royalties: Balance
    paid: Balance


@frozen
class SharesIssued(Event, index=7):
    """What a record earns goes to its purse from now on, for those who stake shares."""

    record: Id
    asset: Id
    supply: U64
    purse: AccountId


@frozen
class Staked(Event, index=8):
    """Shares earn from now on."""

    record: Id
    who: AccountId
    amount: U64


@frozen
class Unstaked(Event, index=9):
    """Shares earn no longer, and can be given away."""

    record: Id
    who: AccountId
    amount: U64


@frozen
class RevenuePaid(Event, index=10):
    """What came into a purse was shared among so many staked shares; with none, it went to `to`."""

    record: Id
    amount: Balance
    staked: U64
    to: AccountId | None


@frozen
class RevenueClaimed(Event, index=11):
    """Somebody was paid what staked shares had earned."""

    record: Id
    who: AccountId
    amount: Balance


@frozen
class SharesRedeemed(Event, index=12):
    """All shares are gone, and so is the purse: what was left of it went to their holder."""

    record: Id
    who: AccountId
    amount: Balance


class NoOffer(ModuleError, index=0):
    """There is no such offer of this record."""


class OfferSoldOut(ModuleError, index=1):
    """As many licences were sold as were offered."""


class OfferClosedAlready(ModuleError, index=2):
    """The offer is closed; it is removed when nobody holds a licence."""


class BadTerms(ModuleError, index=3):
    """Expected a price, a cap above zero, an expiry to come, and a resale royalty below the cap."""


class RecordNotLive(ModuleError, index=4):
    """The record has expired or is retired."""


class NotForResale(ModuleError, index=5):
    """The terms allow no resale."""


class NoLicence(ModuleError, index=6):
    """The signer holds no such licence."""


class NoResale(ModuleError, index=7):
    """The holder does not sell such a licence."""


class PriceChanged(ModuleError, index=8):
    """The holder asks for another price."""


class NotSeller(ModuleError, index=9):
    """Somebody else sells it."""


class IssuedAlready(ModuleError, index=10):
    """There are shares of this record."""


class NoShares(ModuleError, index=11):
    """There are no shares of this record."""


class ZeroAmount(ModuleError, index=12):
    """The amount is zero."""


class NotStaked(ModuleError, index=13):
    """The signer has fewer shares staked."""


class NothingToClaim(ModuleError, index=14):
    """Nothing was earned since the last time."""


class NotAllShares(ModuleError, index=15):
    """Others hold shares, or some are staked."""

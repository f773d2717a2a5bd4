"""The rights pallet: its calls. Licences are in `sales.py`, shares in `revenue.py`.

Both are assets that this pallet keeps. What a record earns goes to its owner until there are
shares, then to its purse, which those who stake shares divide.
"""

from pallets.rights.declarations import (
    BadTerms,
    IssuedAlready,
    Listed,
    NoLicence,
    NoOffer,
    NoResale,
    NoShares,
    NotAllShares,
    NotForResale,
    NothingToClaim,
    NotSeller,
    NotStaked,
    OfferClosed,
    OfferClosedAlready,
    Offered,
    OfferRemoved,
    OfferSoldOut,
    PriceChanged,
    RecordNotLive,
    Resold,
    RevenueClaimed,
    RevenuePaid,
    SharesIssued,
    SharesRedeemed,
    Sold,
    Staked,
    Unlisted,
    Unstaked,
    ZeroAmount,
)
from pallets.rights.invariants import ensure_consistent
from pallets.rights.revenue import Revenue, ShareMaps
from pallets.rights.sales import Partners, SaleMaps, Sales
from pallets.rights.till import Till
from pallets.rights.types import LicenceTerms, Offer, Pool, Resale, RightsParams, Stake
from pallets.weights import rights as weights
from runtime.address import MultiAddress, lookup
from runtime.codec import U32, U64, Compact
from runtime.frame import (
    Constant,
    Event,
    Origin,
    Pallet,
    StorageMap,
    StorageValue,
    blake2_128_concat,
    call,
    mapping,
    twox_64_concat,
    value,
)
from runtime.primitives import AccountId, Balance, Bps, Id
from runtime.state.externalities import Externalities


class Rights(
    Pallet,
    events=Offered
    | Sold
    | OfferClosed
    | OfferRemoved
    | Listed
    | Unlisted
    | Resold
    | SharesIssued
    | Staked
    | Unstaked
    | RevenuePaid
    | RevenueClaimed
    | SharesRedeemed,
    errors=NoOffer
    | OfferSoldOut
    | OfferClosedAlready
    | BadTerms
    | RecordNotLive
    | NotForResale
    | NoLicence
    | NoResale
    | PriceChanged
    | NotSeller
    | IssuedAlready
    | NoShares
    | ZeroAmount
    | NotStaked
    | NothingToClaim
    | NotAllShares,
):
    """Licences of records, and shares in what they earn."""

    entry_deposit: Constant[Balance]
    """On hold for an offer, a resale or a stake, beside the deposit of its asset."""

    burn_bps: Constant[Bps]
    """The part of a licence's price that is burned."""

    treasury_bps: Constant[Bps]
    """The part of a licence's price that the treasury gets."""

    next_offer: StorageValue[Id] = value(default=0)
    """The number of the next offer."""

    # The underscore keeps it apart from the call; on the wire it is `Offer`.
    offer_: StorageMap[tuple[Id, Id], Offer] = mapping(twox_64_concat, twox_64_concat)
    """Offers of licences, by record and number."""

    resale: StorageMap[tuple[Id, Id, AccountId], Resale] = mapping(
        twox_64_concat, twox_64_concat, blake2_128_concat
    )
    """Licences that their holders would sell, by record, offer and holder."""

    pool: StorageMap[Id, Pool] = mapping(twox_64_concat)
    """The shares of each record that has any."""

    stake: StorageMap[tuple[Id, AccountId], Stake] = mapping(twox_64_concat, blake2_128_concat)
    """Staked shares, by record and holder."""

    def __init__(
        self, state: Externalities, partners: Partners, *, index: int, params: RightsParams
    ) -> None:
        super().__init__(state, index=index)
        self.entry_deposit = params.entry_deposit
        self.burn_bps = params.burn_bps
        self.treasury_bps = params.treasury_bps
        self._partners = partners

        def deposit_event(event: Event) -> None:
            partners.system.deposit_event(self, event)

        self._sale_maps = SaleMaps(self.next_offer, self.offer_, self.resale)
        till = Till(partners.money, partners.parameters, params)
        self.sales = Sales(self._sale_maps, partners, params, till, deposit_event)
        self._share_maps = ShareMaps(self.pool, self.stake)
        self.revenue = Revenue(self._share_maps, partners, params, deposit_event)

    # --- licences

    @call(index=0, weight=weights.OFFER)
    def offer(
        self,
        origin: Origin,
        record: Compact[Id],
        price: Compact[Balance],
        terms: LicenceTerms,
        cap: Compact[U32],
    ) -> None:
        """Offers so many licences of the signer's record, each at this price.

        Origin: signed. Events: `Offered`.
        Errors: `BadTerms`, `NoSuchRecord`, `NotOwner`, `RetiredRecord`, `ExpiredRecord`, the
        ledger's where the deposits are not there.
        """
        self.sales.offer(origin.ensure_signed(), record, price, terms, cap)

    @call(index=1, weight=weights.BUY)
    def buy(self, origin: Origin, record: Compact[Id], offer: Compact[Id]) -> None:
        """Buys a licence: it is the signer's until it expires, is resold or burned.

        The price less the fee and the royalties of the record's version goes to its owner, or to
        its purse where there are shares.
        Origin: signed. Events: `Sold`.
        Errors: `NoOffer`, `OfferClosedAlready`, `OfferSoldOut`, `RecordNotLive`, `Expired`, the
        ledger's where price or deposit are not there.
        """
        self.sales.buy(origin.ensure_signed(), record, offer)

    @call(index=2, weight=weights.CLOSE_OFFER)
    def close_offer(self, origin: Origin, record: Compact[Id], offer: Compact[Id]) -> None:
        """Ends an offer; without licences in anybody's hands it is removed, deposits returned.

        The record's owner may, who made the offer, and anybody once terms or record are over.
        Origin: signed. Events: `OfferClosed`, `OfferRemoved`.
        Errors: `NoOffer`, `NotSeller`, `OfferClosedAlready` while there are licences.
        """
        self.sales.close(origin.ensure_signed(), record, offer)

    @call(index=3, weight=weights.RESELL)
    def resell(
        self, origin: Origin, record: Compact[Id], offer: Compact[Id], price: Compact[Balance]
    ) -> None:
        """Lists a licence of the signer's for sale, or changes its price.

        Origin: signed. Events: `Listed`.
        Errors: `NoOffer`, `BadTerms` for a price of zero, `NotForResale`, `NoLicence`, the ledger's
        where the deposit is not there.
        """
        self.sales.resell(origin.ensure_signed(), record, offer, price)

    @call(index=4, weight=weights.CANCEL_RESALE)
    def cancel_resale(
        self, origin: Origin, record: Compact[Id], offer: Compact[Id], seller: MultiAddress
    ) -> None:
        """Ends a listing; the deposit is returned. Anybody may where no licence is left to sell.

        Origin: signed. Events: `Unlisted`. Errors: `NoResale`, `NotSeller`, `CannotLookup`.
        """
        signer = origin.ensure_signed()
        self.sales.unlist(signer, record, offer, lookup(seller))

    @call(index=5, weight=weights.BUY_RESOLD)
    def buy_resold(
        self,
        origin: Origin,
        record: Compact[Id],
        offer: Compact[Id],
        seller: MultiAddress,
        price: Compact[Balance],
    ) -> None:
        """Buys a listed licence at the price that the signer saw.

        The record gets the part that its terms name, the holder the rest.
        Origin: signed. Events: `Resold`.
        Errors: `NoOffer`, `NoResale`, `PriceChanged`, `Insufficient` where the licence is gone,
        `Expired`, `CannotLookup`, the ledger's where price or deposit are not there.
        """
        signer = origin.ensure_signed()
        self.sales.buy_resold(signer, record, offer, lookup(seller), price)

    # --- shares

    @call(index=6, weight=weights.ISSUE_SHARES)
    def issue_shares(self, origin: Origin, record: Compact[Id], supply: Compact[U64]) -> None:
        """Makes shares of the signer's record, all the signer's at first.

        What the record earns goes to its purse from now on: whoever stakes shares divides it.
        Origin: signed. Events: `SharesIssued`.
        Errors: `ZeroAmount`, `IssuedAlready`, `NoSuchRecord`, `NotOwner`, `RetiredRecord`,
        `ExpiredRecord`, the ledger's where the deposits are not there.
        """
        self.revenue.issue(origin.ensure_signed(), record, supply)

    @call(index=7, weight=weights.STAKE_SHARES)
    def stake_shares(self, origin: Origin, record: Compact[Id], amount: Compact[U64]) -> None:
        """Stakes shares of the signer's: they earn from now on, and cannot be given away.

        Origin: signed. Events: `Staked`, `RevenueClaimed`.
        Errors: `NoShares`, `ZeroAmount`, `Insufficient`, the ledger's where the deposit is not
        there.
        """
        self.revenue.stake(origin.ensure_signed(), record, amount)

    @call(index=8, weight=weights.UNSTAKE_SHARES)
    def unstake_shares(self, origin: Origin, record: Compact[Id], amount: Compact[U64]) -> None:
        """Frees staked shares, and pays what all of the signer's have earned.

        Origin: signed. Events: `Unstaked`, `RevenueClaimed`.
        Errors: `NoShares`, `ZeroAmount`, `NotStaked`.
        """
        self.revenue.unstake(origin.ensure_signed(), record, amount)

    @call(index=9, weight=weights.CLAIM_REVENUE)
    def claim_revenue(self, origin: Origin, record: Compact[Id]) -> None:
        """Pays what the signer's staked shares have earned.

        Origin: signed. Events: `RevenueClaimed`, `RevenuePaid`.
        Errors: `NoShares`, `NotStaked`, `NothingToClaim`.
        """
        self.revenue.claim(origin.ensure_signed(), record)

    @call(index=10, weight=weights.REDEEM_SHARES)
    def redeem_shares(self, origin: Origin, record: Compact[Id]) -> None:
        """Ends the shares of a record, all of which the signer holds unstaked.

        The purse's rest is the signer's, and what the record earns its owner's again.
        Origin: signed. Events: `SharesRedeemed`. Errors: `NoShares`, `NotAllShares`.
        """
        self.revenue.redeem(origin.ensure_signed(), record)

    # --- hooks

    def try_state(self) -> None:
        """Licences are covered by sales, stakes by shares, what is owed by purses."""
        ensure_consistent(self._sale_maps, self._share_maps, self.revenue, self._partners)

"""Licences: an owner offers them, somebody buys one, and may sell it on where the terms say so.

A licence is a unit of an asset that this pallet keeps, one asset an offer. It moves only by a sale
here, so that no resale passes the record by.
"""

from collections.abc import Callable

from pallets.rights.declarations import (
    BadTerms,
    Listed,
    NoLicence,
    NoOffer,
    NoResale,
    NotForResale,
    NotSeller,
    OfferClosed,
    OfferClosedAlready,
    Offered,
    OfferRemoved,
    OfferSoldOut,
    PriceChanged,
    RecordNotLive,
    Resold,
    Sold,
    Unlisted,
)
from pallets.rights.till import REASON, Till
from pallets.rights.types import RESALE_BPS_MAX, LicenceTerms, Offer, Resale, RightsParams
from runtime.frame import Event, StorageMap, StorageValue
from runtime.frame.asset_traits import AssetKeeper, AssetKind, Assets
from runtime.frame.parameters import FIXED, Parameters, compute_deposit
from runtime.frame.title_traits import Titles
from runtime.frame.traits import EventSink, Money
from runtime.frozen import frozen, replace
from runtime.primitives import AccountId, Id

KEEPER = AssetKeeper.RIGHTS


@frozen
class Partners:
    """Whom the rights pallet asks."""

    system: EventSink
    money: Money
    assets: Assets
    titles: Titles
    parameters: Parameters = FIXED


@frozen
class SaleMaps:
    """Where offers and resales live."""

    next_offer: StorageValue[Id]
    offer: StorageMap[tuple[Id, Id], Offer]
    resale: StorageMap[tuple[Id, Id, AccountId], Resale]


class Sales:
    """Offers and resales over the pallet's storage."""

    def __init__(
        self,
        maps: SaleMaps,
        partners: Partners,
        params: RightsParams,
        till: Till,
        deposit_event: Callable[[Event], None],
    ) -> None:
        self._maps = maps
        self._partners = partners
        self._params = params
        self._till = till
        self._deposit_event = deposit_event

    def get_offer(self, record: Id, offer: Id) -> Offer:
        """An offer of a record. `NoOffer`."""
        entry = self._maps.offer.get((record, offer))
        if entry is None:
            raise NoOffer
        return entry

    def is_licensed(self, record: Id, offer: Id, who: AccountId) -> bool:
        """Whether an account holds a licence of this offer that has not expired."""
        entry = self._maps.offer.get((record, offer))
        return (
            entry is not None
            and not self._is_expired(entry.terms)
            and self._partners.assets.get_free(entry.asset, who) > 0
        )

    # --- from the owner

    def offer(self, who: AccountId, record: Id, price: int, terms: LicenceTerms, cap: int) -> None:
        """Offers licences of the signer's record. `BadTerms`, and the registry's refusals."""
        partners = self._partners
        partners.titles.ensure_own_live(record, who)
        resale_bps = 0 if terms.resale_bps is None else terms.resale_bps
        if price == 0 or cap == 0 or self._is_expired(terms) or resale_bps > RESALE_BPS_MAX:
            raise BadTerms
        number = self._maps.next_offer.get()
        deposit = compute_deposit(partners.parameters, self._params.entry_deposit)
        partners.money.hold(REASON, who, deposit)
        asset = partners.assets.create_kept(
            KEEPER, AssetKind.LICENCE, who, is_transferable=False, expires_at=terms.expires_at
        )
        self._maps.next_offer.put(number + 1)
        self._maps.offer[record, number] = Offer(price, terms, asset, cap, 0, True, who, deposit)
        self._deposit_event(Offered(record, number, asset, price))

    def buy(self, who: AccountId, record: Id, offer: Id) -> None:
        """Sells a licence. `NoOffer`, `OfferClosedAlready`, `OfferSoldOut`, `RecordNotLive`."""
        entry, partners = self.get_offer(record, offer), self._partners
        if not entry.is_open:
            raise OfferClosedAlready
        if entry.sold == entry.cap:
            raise OfferSoldOut
        payee = partners.titles.get_payee(record)
        if payee is None or not partners.titles.is_live(record):
            raise RecordNotLive
        partners.assets.mint_kept(KEEPER, entry.asset, who, 1)
        self._maps.offer[record, offer] = replace(entry, sold=entry.sold + 1)
        royalties = partners.titles.get_current_royalties(record)
        receipt = self._till.pay(who, entry.price, payee, royalties)
        parts = (receipt.burned, receipt.treasury, receipt.royalties, receipt.paid)
        self._deposit_event(Sold(record, offer, who, entry.price, *parts))

    def close(self, who: AccountId, record: Id, offer: Id) -> None:
        """Ends an offer, and removes it once nobody holds a licence.

        Errors: `NoOffer`, `NotSeller`, `OfferClosedAlready` while there are licences.
        """
        entry, partners = self.get_offer(record, offer), self._partners
        owner = partners.titles.get_owner(record)
        if owner is not None and who not in (owner, entry.payer):
            if not self._is_expired(entry.terms):
                raise NotSeller
        is_held = partners.assets.get_supply(entry.asset) > 0
        if is_held and not entry.is_open:
            raise OfferClosedAlready
        if entry.is_open:
            self._maps.offer[record, offer] = replace(entry, is_open=False)
            self._deposit_event(OfferClosed(record, offer))
        if not is_held:
            partners.assets.destroy_kept(KEEPER, entry.asset)
            partners.money.release(REASON, entry.payer, entry.deposit)
            del self._maps.offer[record, offer]
            self._deposit_event(OfferRemoved(record, offer))

    # --- from hand to hand

    def resell(self, who: AccountId, record: Id, offer: Id, price: int) -> None:
        """Lists one licence. `NoOffer`, `BadTerms`, `NotForResale`, `NoLicence`."""
        entry = self.get_offer(record, offer)
        if price == 0:
            raise BadTerms
        if entry.terms.resale_bps is None:
            raise NotForResale
        if not self.is_licensed(record, offer, who):
            raise NoLicence
        known = self._maps.resale.get((record, offer, who))
        if known is None:
            full = self._params.entry_deposit
            known = Resale(price, compute_deposit(self._partners.parameters, full))
            self._partners.money.hold(REASON, who, known.deposit)
        self._maps.resale[record, offer, who] = replace(known, price=price)
        self._deposit_event(Listed(record, offer, who, price))

    def unlist(self, who: AccountId, record: Id, offer: Id, seller: AccountId) -> None:
        """Ends a listing; anybody may where the seller has no licence left.

        Errors: `NoResale`, `NotSeller`.
        """
        known = self._get_resale(record, offer, seller)
        if who != seller and self.is_licensed(record, offer, seller):
            raise NotSeller
        self._end_resale(record, offer, seller, known)
        self._deposit_event(Unlisted(record, offer, seller))

    def buy_resold(
        self, who: AccountId, record: Id, offer: Id, seller: AccountId, price: int
    ) -> None:
        """Sells a listed licence on.

        Errors: `NoOffer`, `NoResale`, `PriceChanged`, the assets' refusals.
        """
        entry, partners = self.get_offer(record, offer), self._partners
        known = self._get_resale(record, offer, seller)
        if known.price != price:
            raise PriceChanged
        self._end_resale(record, offer, seller, known)
        partners.assets.move_kept(KEEPER, entry.asset, seller, who, 1)
        payee, bps = partners.titles.get_payee(record), entry.terms.resale_bps
        royalties = ((payee, bps),) if payee is not None and bps is not None else ()
        receipt = self._till.pay(who, price, seller, royalties)
        parts = (receipt.burned, receipt.treasury, receipt.royalties, receipt.paid)
        self._deposit_event(Resold(record, offer, seller, who, price, *parts))

    # --- parts of the above

    def _is_expired(self, terms: LicenceTerms) -> bool:
        now = self._partners.system.get_block_number()
        return terms.expires_at is not None and terms.expires_at <= now

    def _get_resale(self, record: Id, offer: Id, seller: AccountId) -> Resale:
        known = self._maps.resale.get((record, offer, seller))
        if known is None:
            raise NoResale
        return known

    def _end_resale(self, record: Id, offer: Id, seller: AccountId, known: Resale) -> None:
        self._partners.money.release(REASON, seller, known.deposit)
        del self._maps.resale[record, offer, seller]

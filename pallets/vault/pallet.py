"""The vault: a fair sale of encrypted data by sealed box, judged by the runtime itself.

A listing binds plain root, cipher root and a commitment to the key. A buyer puts the price on hold
under a key made for the order; the seller delivers the data's key in a box sealed to it; the buyer
has a window to show what is wrong. No judge is needed: the runtime opens the box, or decrypts one
chunk, and sees (docs/spec/vault.md).
"""

from itertools import islice

from pallets.vault import declarations as declared
from pallets.vault.declarations import VaultError, VaultEvent
from pallets.vault.invariants import ensure_consistent
from pallets.vault.judging import find_chunk_fault, open_order
from pallets.vault.sales import REASON, Partners, Sales, compute_duty
from pallets.vault.settlement import compute_bond
from pallets.vault.types import (
    TERM_BLOCKS_MAX,
    BoxKey,
    BoxSecret,
    ChunkProof,
    Fault,
    Offer,
    Order,
    OrderState,
    SaleTerms,
    SealedBox,
    VaultParams,
)
from pallets.weights import vault as weights
from runtime.codec import Compact
from runtime.crypto.sealed_box import is_box_key
from runtime.frame import (
    FREE_ON_SUCCESS,
    Constant,
    Event,
    Origin,
    Pallet,
    PostDispatch,
    StorageMap,
    StorageValue,
    blake2_128_concat,
    call,
    mapping,
    twox_64_concat,
    value,
)
from runtime.frame.ai_types import Role, SealedDataset
from runtime.frame.parameters import Param, compute_deposit
from runtime.frame.payments import put_on_hold
from runtime.frame.traits import EventSink
from runtime.frozen import replace
from runtime.primitives import AccountId, Id
from runtime.state.externalities import Externalities
from runtime.tensor.chunks import CHUNKED_BYTES_MAX


class Vault(Pallet, events=VaultEvent, errors=VaultError):
    """Offers of sealed datasets, orders, deliveries and disputes."""

    params: Constant[VaultParams]
    """Shares of a price, deposits, collateral, windows."""

    next_order: StorageValue[Id] = value(default=0)
    """The number of the next order."""

    # The underscores keep them apart from the calls; on the wire they are `Offer` and `Order`.
    offer_: StorageMap[Id, Offer] = mapping(twox_64_concat)
    """What is for sale, by the number of its record."""

    order_: StorageMap[Id, Order] = mapping(twox_64_concat)
    """Every order that is neither refunded nor closed."""

    awaiting: StorageMap[tuple[AccountId, Id], Id] = mapping(blake2_128_concat, twox_64_concat)
    """Orders that wait for their seller, by the seller, with their records."""

    def __init__(
        self,
        state: Externalities,
        system: EventSink,
        partners: Partners,
        *,
        index: int,
        params: VaultParams,
    ) -> None:
        super().__init__(state, index=index)
        self._system = system
        self._partners = partners
        self.params = params
        self._sales = Sales(
            self.order_,
            partners,
            params,
            get_now=system.get_block_number,
            deposit_event=self._deposit_event,
        )

    # --- the seller's calls

    @call(index=0, weight=weights.OFFER)
    def offer(self, origin: Origin, record: Compact[Id], terms: SaleTerms) -> None:
        """Offers a version of the signer's sealed dataset for sale, or offers it on other terms.

        The version is kept as long as it is offered. An earlier offer of the record ends.
        Origin: signed. Events: `Offered`.
        Errors: `NoSuchDataset`, `NotOwner`, `NotLive`, `NotSealed`, `BadTerms`, `NoEscrow`.
        """
        seller = origin.ensure_signed()
        records = self._partners.records
        if records.get_owner(record) is None:
            raise declared.NoSuchDataset
        if records.get_owner(record) != seller:
            raise declared.NotOwner
        if not records.is_live(record):
            raise declared.NotLive
        self._ensure_sealed(record, terms.version)
        self._ensure_terms(terms)
        before = self.offer_.get(record)
        if before is not None:
            self._end_offer(record, before)
        deposit = compute_deposit(self._partners.parameters, self.params.offer_deposit)
        self._hold(seller, deposit)
        records.note_job(record, terms.version)
        self.offer_[record] = Offer(seller, terms, deposit)
        self._deposit_event(declared.Offered(record, seller, terms))

    @call(index=1, weight=weights.WITHDRAW)
    def withdraw(self, origin: Origin, record: Compact[Id]) -> None:
        """Ends an offer; its deposit returns, orders go on.

        Origin: signed, by the seller; by anybody once the record is not live or not the seller's.
        Events: `Withdrawn`. Errors: `NotForSale`, `NotSeller`.
        """
        who = origin.ensure_signed()
        offer = self.offer_.get(record)
        if offer is None:
            raise declared.NotForSale
        records = self._partners.records
        is_stale = records.get_owner(record) != offer.seller or not records.is_live(record)
        if who != offer.seller and not is_stale:
            raise declared.NotSeller
        self._end_offer(record, offer)
        self._deposit_event(declared.Withdrawn(record, offer.seller))

    @call(index=2, weight=weights.DELIVER)
    def deliver(self, origin: Origin, order: Compact[Id], sealed_box: SealedBox) -> PostDispatch:
        """Delivers an order's key, sealed to the order's own key. A delivery costs no fee.

        Origin: signed by the seller. Events: `Delivered`.
        Errors: `NoSuchOrder`, `NotSeller`, `WrongState`, `DeadlinePassed`.
        """
        who, entry = origin.ensure_signed(), self._get_order(order)
        if entry.seller != who:
            raise declared.NotSeller
        self._ensure_open(entry, OrderState.ORDERED)
        until = self._get_now() + entry.terms.dispute_blocks
        self.order_[order] = replace(
            entry, state=OrderState.DELIVERED, sealed_box=sealed_box, until=until
        )
        del self.awaiting[entry.seller, order]
        self._deposit_event(declared.Delivered(order, sealed_box, until))
        return FREE_ON_SUCCESS

    # --- the buyer's calls

    @call(index=3, weight=weights.ORDER)
    def order(self, origin: Origin, record: Compact[Id], terms: SaleTerms, once_pk: BoxKey) -> None:
        """Orders a dataset on the terms that it is offered on: price and deposit go on hold.

        The key is the public half of an X25519 key that the buyer made for this order.
        Origin: signed. Events: `Ordered`.
        Errors: `NotForSale`, `NotLive`, `TermsChanged`, `BadBoxKey`, `BondTooLow`, `NoEscrow`, and
        those of bonds where the seller's is frozen or below its minimum.
        """
        buyer, records = origin.ensure_signed(), self._partners.records
        offer = self.offer_.get(record)
        if offer is None or records.get_owner(record) != offer.seller:
            raise declared.NotForSale
        if not records.is_live(record):
            raise declared.NotLive
        if offer.terms != terms:
            raise declared.TermsChanged
        if not is_box_key(once_pk):
            raise declared.BadBoxKey
        number, slasher = self.next_order.get(), self._partners.slasher
        bond = compute_bond(terms.price, self.params, self._partners.parameters)
        if slasher.get_bonded(offer.seller, Role.KEEPER) < bond:
            raise declared.BondTooLow(f"a bond of {bond} is asked")
        deposit = compute_deposit(self._partners.parameters, self.params.order_deposit)
        self._hold(buyer, terms.price + deposit)
        slasher.lock(offer.seller, Role.KEEPER, bond, compute_duty(number))
        records.note_job(record, terms.version)
        until = self._get_now() + terms.deliver_blocks
        self.next_order.put(number + 1)
        payee = records.get_payee(record)
        assert payee is not None, "a record with an owner has a payee; qed"
        self.order_[number] = Order(
            record, buyer, offer.seller, payee, once_pk, terms, deposit, bond, until
        )
        self.awaiting[offer.seller, number] = record
        parts = (once_pk, terms.price, bond, until)
        self._deposit_event(declared.Ordered(number, record, buyer, offer.seller, *parts))

    @call(index=4, weight=weights.DISPUTE_KEY)
    def dispute_key(self, origin: Origin, order: Compact[Id], once_sk: BoxSecret) -> PostDispatch:
        """Shows that what was delivered is not the key, by the secret of the order's own key.

        Who is right pays no fee; who is wrong pays the order at once, and loses the deposit.
        Origin: signed by the buyer. Events: `KeyDisputed`, then `Slashed` and `Refunded`, or
        `Released`, `Forfeited` and `Closed`.
        Errors: `NoSuchOrder`, `NotBuyer`, `WrongState`, `DeadlinePassed`, `BadSecret`.
        """
        entry = self._get_disputable(origin, order)
        opened = open_order(entry, once_sk, self._get_sold(entry).key_commit)
        fault = opened if isinstance(opened, Fault) else None
        self._deposit_event(declared.KeyDisputed(order, fault))
        return self._end_dispute(order, entry, fault)

    @call(index=5, weight=weights.DISPUTE_CHUNK)
    def dispute_chunk(
        self, origin: Origin, order: Compact[Id], once_sk: BoxSecret, proof: ChunkProof
    ) -> PostDispatch:
        """Shows that one chunk does not decrypt to what it should, by the chunk and its leaf.

        Who is right pays no fee; who is wrong pays the order at once, and loses the deposit.
        Origin: signed by the buyer. Events: `ChunkDisputed`, then as for `dispute_key`.
        Errors: `NoSuchOrder`, `NotBuyer`, `WrongState`, `DeadlinePassed`, `BadSecret`, `BadProof`.
        """
        entry = self._get_disputable(origin, order)
        sold = self._get_sold(entry)
        opened = open_order(entry, once_sk, sold.key_commit)
        fault = opened if isinstance(opened, Fault) else find_chunk_fault(opened, sold, proof)
        self._deposit_event(declared.ChunkDisputed(order, proof.index, fault))
        return self._end_dispute(order, entry, fault)

    @call(index=6, weight=weights.CLOSE)
    def close(self, origin: Origin, order: Compact[Id]) -> None:
        """Removes a settled order with its box; the deposit returns to the buyer.

        The buyer may when it likes; anybody may once the key has been there long enough.
        Origin: signed. Events: `Closed`. Errors: `NoSuchOrder`, `WrongState`, `NotBuyer`.
        """
        who, entry = origin.ensure_signed(), self._get_order(order)
        if entry.state is not OrderState.SETTLED:
            raise declared.WrongState
        if entry.buyer != who and self._get_now() <= entry.until:
            raise declared.NotBuyer
        self._sales.close(order, entry)

    # --- everybody's call

    @call(index=7, weight=weights.POKE)
    def poke(self, origin: Origin, order: Compact[Id]) -> None:
        """Applies to an order what is due because time has passed: refund it, or pay for it.

        Origin: signed. Events: `Slashed` and `Refunded`, or `Released`.
        Errors: `NoSuchOrder`, `NotDue`.
        """
        origin.ensure_signed()
        entry = self._get_order(order)
        if entry.state is OrderState.SETTLED or self._get_now() <= entry.until:
            raise declared.NotDue
        if entry.state is OrderState.ORDERED:
            del self.awaiting[entry.seller, order]
            self._sales.punish(order, entry, Fault.SILENCE)
        else:
            self._sales.release(order, entry)

    # --- reading

    def get_awaiting(self, seller: AccountId, limit: int) -> tuple[Id, ...]:
        """Some orders for which a seller owes the key."""
        keys = islice(self.awaiting.keys(seller), limit)
        return tuple(number for _, number in keys)

    def try_state(self) -> None:
        """Escrow, deposits, collateral and the index agree with offers and orders."""
        ensure_consistent(self, self._partners)

    # --- parts of the above

    def _deposit_event(self, event: Event) -> None:
        self._system.deposit_event(self, event)

    def _get_now(self) -> int:
        return self._system.get_block_number()

    def _ensure_sealed(self, record: Id, version: int) -> None:
        sealed = self._partners.records.get_sealed_dataset(record, version)
        if sealed is None or not 1 <= sealed.size_bytes <= CHUNKED_BYTES_MAX:
            raise declared.NotSealed

    def _get_sold(self, order: Order) -> SealedDataset:
        sold = self._partners.records.get_sealed_dataset(order.record, order.terms.version)
        assert sold is not None, "an order keeps its version; qed"
        return sold

    def _ensure_terms(self, terms: SaleTerms) -> None:
        windows = (terms.deliver_blocks, terms.dispute_blocks)
        if terms.price < 1 or not all(1 <= blocks <= TERM_BLOCKS_MAX for blocks in windows):
            raise declared.BadTerms
        get_param, default = self._partners.parameters.get_param, self.params.dispute_blocks_min
        least = get_param(Param.DISPUTE_BLOCKS_MIN, default)
        if terms.dispute_blocks < least:
            got = terms.dispute_blocks
            raise declared.BadTerms(f"expected {least} blocks or more to dispute, got {got}")

    def _end_offer(self, record: Id, offer: Offer) -> None:
        self._partners.money.release(REASON, offer.seller, offer.deposit)
        del self.offer_[record]
        self._partners.records.drop_job(record, offer.terms.version)

    def _get_order(self, order: Id) -> Order:
        entry = self.order_.get(order)
        if entry is None:
            raise declared.NoSuchOrder
        return entry

    def _get_disputable(self, origin: Origin, order: Id) -> Order:
        who, entry = origin.ensure_signed(), self._get_order(order)
        if entry.buyer != who:
            raise declared.NotBuyer
        self._ensure_open(entry, OrderState.DELIVERED)
        return entry

    def _ensure_open(self, order: Order, state: OrderState) -> None:
        if order.state is not state:
            raise declared.WrongState
        if self._get_now() > order.until:
            raise declared.DeadlinePassed

    def _end_dispute(self, number: Id, order: Order, fault: Fault | None) -> PostDispatch:
        if fault is None:
            self._sales.forfeit(number, order)
            return PostDispatch()
        self._sales.punish(number, order, fault)
        return FREE_ON_SUCCESS

    def _hold(self, who: AccountId, amount: int) -> None:
        put_on_hold(self._partners.money, REASON, who, amount, declared.NoEscrow)

"""Rights over a registry and assets, with a ledger and a clock of their own."""

from collections.abc import Iterator
from contextlib import contextmanager

from pallets.assets import Assets
from pallets.registry import Registry
from pallets.registry.types import Body, Parent, Relation
from pallets.rights import Partners, Rights, RightsParams
from pallets.rights.types import LicenceTerms, LicenceUse, get_purse
from runtime.address import Id as AddressId
from runtime.errors import DispatchError
from runtime.frame import Origin
from runtime.frame.traits import Preservation
from runtime.primitives import AccountId
from runtime.state.backend import DictBackend
from runtime.state.overlay import Overlay
from tests.helpers.ledger import EXISTENTIAL_DEPOSIT, Blocks, account, make_ledger
from tests.helpers.noop import assert_noop
from tests.helpers.set_parameters import SetParameters
from tests.pallets.registry.stage import MANIFEST, make_dataset

ALICE, BOB, CAROL, DAVE = (account(number) for number in range(1, 5))
STRANGER = account(9)
"""Has no balance at all."""

TREASURY = account(8)
FUNDS = 10**9
ENTRY_DEPOSIT = 50
TTL = 1_000
FREELY = LicenceTerms(LicenceUse.RUN, None, 1_000)
"""For ever, and a tenth of each resale for the record."""

PARAMS = RightsParams(TREASURY, ENTRY_DEPOSIT, EXISTENTIAL_DEPOSIT)


class RightsStage:
    """Everything a test of rights touches: record 0 is ALICE's, and has no parents."""

    def __init__(self) -> None:
        self.state = Overlay(DictBackend({}))
        self.blocks = Blocks(self.state)
        self.ledger = make_ledger(self.state)
        self.parameters = SetParameters()
        self.registry = Registry(
            self.state,
            self.blocks,
            self.ledger,
            index=20,
            record_deposit=5_000,
            byte_deposit=1,
            parameters=self.parameters,
        )
        self.assets = Assets(
            self.state,
            self.blocks,
            self.ledger,
            index=19,
            asset_deposit=10_000,
            byte_deposit=1,
            holding_deposit=100,
            parameters=self.parameters,
        )
        self.titles = self.registry.records
        partners = Partners(
            self.blocks, self.ledger, self.assets.book, self.titles, self.parameters
        )
        self.rights = Rights(self.state, partners, index=18, params=PARAMS)
        for who in (ALICE, BOB, CAROL, DAVE, TREASURY):
            self.ledger.mint(who, FUNDS)
        self.register(ALICE)

    def get_last_event(self) -> object:
        """The newest event."""
        return self.state.events[-1]

    def try_state(self) -> None:
        """Checks the invariants of the three pallets."""
        for pallet in (self.registry, self.assets, self.rights):
            pallet.try_state()

    def pay(self, source: AccountId, record: int, amount: int) -> None:
        """A payment to whoever is paid what a record earns."""
        payee = self.titles.get_payee(record)
        assert payee is not None
        self.ledger.transfer(source, payee, amount, Preservation.PRESERVE)

    def get_shares(self, record: int, who: AccountId) -> int:
        """An account's shares of a record that are not staked."""
        return self.assets.book.get_free(self.rights.pool[record].asset, who)

    def get_purse(self, record: int = 0) -> int:
        """What a purse holds."""
        return self.ledger.get_free(get_purse(record))

    # --- calls

    def register(
        self,
        who: AccountId,
        parents: dict[int, int] | None = None,
        royalty_bps: int = 0,
        body: Body | None = None,
    ) -> int:
        """Registers a dataset; parents by their numbers, with their parts."""
        number = self.registry.next_id.get()
        named = tuple(
            Parent(record, Relation.DERIVED_FROM, bps) for record, bps in (parents or {}).items()
        )
        made = make_dataset() if body is None else body
        self.registry.register(Origin.signed(who), made, MANIFEST, named, royalty_bps, TTL)
        return number

    def retire(self, who: AccountId, record: int) -> None:
        """Retires as a call does."""
        self.registry.retire(Origin.signed(who), record)

    def transfer(self, who: AccountId, record: int, to: AccountId) -> None:
        """Gives a record away as a call does."""
        self.registry.transfer(Origin.signed(who), record, AddressId(to))

    def offer(
        self,
        who: AccountId = ALICE,
        record: int = 0,
        price: int = 10_000,
        terms: LicenceTerms = FREELY,
        cap: int = 3,
    ) -> int:
        """Offers as a call does; returns the offer's number."""
        number = self.rights.next_offer.get()
        self.rights.offer(Origin.signed(who), record, price, terms, cap)
        return number

    def buy(self, who: AccountId, offer: int, record: int = 0) -> None:
        """Buys as a call does."""
        self.rights.buy(Origin.signed(who), record, offer)

    def close(self, who: AccountId, offer: int, record: int = 0) -> None:
        """Closes as a call does."""
        self.rights.close_offer(Origin.signed(who), record, offer)

    def resell(self, who: AccountId, offer: int, price: int, record: int = 0) -> None:
        """Lists as a call does."""
        self.rights.resell(Origin.signed(who), record, offer, price)

    def cancel(self, who: AccountId, offer: int, seller: AccountId, record: int = 0) -> None:
        """Ends a listing as a call does."""
        self.rights.cancel_resale(Origin.signed(who), record, offer, AddressId(seller))

    def buy_resold(
        self, who: AccountId, offer: int, seller: AccountId, price: int, record: int = 0
    ) -> None:
        """Buys a listed licence as a call does."""
        self.rights.buy_resold(Origin.signed(who), record, offer, AddressId(seller), price)

    def burn_licence(self, who: AccountId, offer: int, record: int = 0) -> None:
        """Burns a licence as a call of the assets pallet does."""
        asset = self.rights.offer_[record, offer].asset
        self.assets.burn(Origin.signed(who), asset, 1)

    def issue(self, who: AccountId = ALICE, record: int = 0, supply: int = 1_000) -> None:
        """Issues shares as a call does."""
        self.rights.issue_shares(Origin.signed(who), record, supply)

    def give_shares(self, who: AccountId, to: AccountId, amount: int, record: int = 0) -> None:
        """Moves shares as a call of the assets pallet does."""
        asset = self.rights.pool[record].asset
        self.assets.transfer(Origin.signed(who), asset, AddressId(to), amount)

    def stake(self, who: AccountId, amount: int, record: int = 0) -> None:
        """Stakes as a call does."""
        self.rights.stake_shares(Origin.signed(who), record, amount)

    def unstake(self, who: AccountId, amount: int, record: int = 0) -> None:
        """Unstakes as a call does."""
        self.rights.unstake_shares(Origin.signed(who), record, amount)

    def claim(self, who: AccountId, record: int = 0) -> None:
        """Claims as a call does."""
        self.rights.claim_revenue(Origin.signed(who), record)

    def redeem(self, who: AccountId, record: int = 0) -> None:
        """Redeems as a call does."""
        self.rights.redeem_shares(Origin.signed(who), record)

    @contextmanager
    def refused(self, error: type[DispatchError]) -> Iterator[None]:
        """Fails unless a dispatch of the block raises the error and leaves no trace."""
        with assert_noop(self.state, error), self.state.transaction():
            yield

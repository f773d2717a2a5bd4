"""Rights against what must hold whatever happens, in whatever order."""

from collections import Counter, defaultdict
from collections.abc import Callable
from fractions import Fraction

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from pallets.assets import Assets
from pallets.registry import Registry
from pallets.rights import Rights
from pallets.rights.types import LicenceTerms, LicenceUse, get_purse
from runtime.address import Id
from runtime.errors import DispatchError, TokenError
from runtime.frame import Origin
from runtime.frame.traits import Preservation
from runtime.primitives import AccountId
from tests.helpers.ledger import EXISTENTIAL_DEPOSIT, get_wealth
from tests.pallets.rights.stage import (
    ALICE,
    BOB,
    CAROL,
    DAVE,
    FUNDS,
    TREASURY,
    RightsStage,
)

PALLETS = (Rights, Registry, Assets)
REFUSALS: tuple[type[DispatchError], ...] = (
    TokenError,
    *(error for pallet in PALLETS for error in pallet.spec.errors),
)
HOLDERS = (ALICE, BOB, CAROL)
WHO = st.sampled_from(HOLDERS)
RECORDS = st.sampled_from([0, 0, 1])
OFFERS = st.integers(0, 3)
SHARES = st.sampled_from([0, 1, 3, 100, 250, 700])
PRICES = st.sampled_from([0, 1, 99, 12_345])
SLACK = Fraction(1, 10**9)
"""More than counting in parts of a planck loses in a run."""

EXPIRIES = st.none() | st.integers(1, 60)


class RightsModel(RuleBasedStateMachine):
    """Three accounts sell licences, trade shares and stake them; a fourth pays."""

    def __init__(self) -> None:
        super().__init__()
        self.stage = RightsStage()
        self.stage.register(BOB, {0: 500}, royalty_bps=100)
        self.earned: defaultdict[tuple[int, AccountId], Fraction] = defaultdict(Fraction)
        """What each stake should have been paid since it began, by rational numbers."""

        self.paid: Counter[tuple[int, AccountId]] = Counter()

    @initialize()
    def begin(self) -> None:
        """There is something to divide and to buy from the start."""
        self.stage.issue()
        self.stage.give_shares(ALICE, BOB, 300)
        self.stage.offer(ALICE, 0, 12_345, cap=2)

    # --- licences

    @rule(who=WHO, record=RECORDS, price=PRICES, cap=st.integers(0, 2), until=EXPIRIES)
    def offer(self, who: AccountId, record: int, price: int, cap: int, until: int | None) -> None:
        terms = LicenceTerms(LicenceUse.RUN, until, None if price == 99 else 1_000)
        self._try(lambda: self.stage.offer(who, record, price, terms, cap))

    @rule(who=WHO, record=RECORDS, offer=OFFERS)
    def buy(self, who: AccountId, record: int, offer: int) -> None:
        if self.note_income(lambda: self.stage.buy(who, offer, record)):
            assert self.stage.rights.sales.is_licensed(record, offer, who)

    @rule(who=WHO, record=RECORDS, offer=OFFERS)
    def close(self, who: AccountId, record: int, offer: int) -> None:
        self._try(lambda: self.stage.close(who, offer, record))

    @rule(who=WHO, record=RECORDS, offer=OFFERS, price=PRICES)
    def resell(self, who: AccountId, record: int, offer: int, price: int) -> None:
        self._try(lambda: self.stage.resell(who, offer, price, record))

    @rule(who=WHO, record=RECORDS, offer=OFFERS, seller=WHO)
    def cancel(self, who: AccountId, record: int, offer: int, seller: AccountId) -> None:
        had = self.stage.rights.sales.is_licensed(record, offer, seller)
        if self._try(lambda: self.stage.cancel(who, offer, seller, record)):
            assert who == seller or not had

    @rule(who=WHO, record=RECORDS, offer=OFFERS, seller=WHO, price=PRICES)
    def buy_resold(
        self, who: AccountId, record: int, offer: int, seller: AccountId, price: int
    ) -> None:
        listed = self.stage.rights.resale.get((record, offer, seller))
        asked = price if listed is None else listed.price
        if self.note_income(lambda: self.stage.buy_resold(who, offer, seller, asked, record)):
            assert self.stage.rights.sales.is_licensed(record, offer, who)

    @rule(who=WHO, record=RECORDS, offer=OFFERS)
    def burn_licence(self, who: AccountId, record: int, offer: int) -> None:
        entry = self.stage.rights.offer_.get((record, offer))
        if entry is not None:
            self._try(lambda: self.stage.assets.burn(Origin.signed(who), entry.asset, 1))

    # --- shares

    @rule(who=WHO, record=RECORDS, supply=SHARES)
    def issue(self, who: AccountId, record: int, supply: int) -> None:
        self._try(lambda: self.stage.issue(who, record, supply))

    @rule(who=WHO, to=WHO, record=RECORDS, amount=SHARES)
    def give(self, who: AccountId, to: AccountId, record: int, amount: int) -> None:
        if record in self.stage.rights.pool:
            self._try(lambda: self.stage.give_shares(who, to, amount, record))

    @rule(who=WHO, record=RECORDS, amount=SHARES)
    def stake(self, who: AccountId, record: int, amount: int) -> None:
        before = self.stage.rights.revenue.get_claimable(record, who)
        if self._try(lambda: self.stage.stake(who, record=record, amount=amount)):
            self.note_paid(record, who, before)
            assert self.stage.rights.revenue.get_claimable(record, who) == 0

    @rule(who=WHO, record=RECORDS, amount=SHARES)
    def unstake(self, who: AccountId, record: int, amount: int) -> None:
        before = self.stage.rights.revenue.get_claimable(record, who)
        if self._try(lambda: self.stage.unstake(who, record=record, amount=amount)):
            self.note_paid(record, who, before)

    @rule(who=WHO, record=RECORDS)
    def claim(self, who: AccountId, record: int) -> None:
        before = self.stage.rights.revenue.get_claimable(record, who)
        wealth = get_wealth(self.stage.ledger, who)
        if self._try(lambda: self.stage.claim(who, record)):
            assert get_wealth(self.stage.ledger, who) - wealth == before > 0
            self.note_paid(record, who, before)

    @rule(who=WHO, record=RECORDS)
    def redeem(self, who: AccountId, record: int) -> None:
        if self._try(lambda: self.stage.redeem(who, record)):
            assert self.stage.get_purse(record) == 0
            assert self.stage.titles.get_payee(record) == self.stage.titles.get_owner(record)

    @rule(record=RECORDS, amount=st.integers(1, 2_000))
    def pay(self, record: int, amount: int) -> None:
        purse = get_purse(record)
        if record in self.stage.rights.pool:
            ledger = self.stage.ledger
            self.note_income(lambda: ledger.transfer(DAVE, purse, amount, Preservation.PRESERVE))

    # --- records

    @rule(who=WHO, record=RECORDS, to=WHO)
    def transfer(self, who: AccountId, record: int, to: AccountId) -> None:
        self._try(lambda: self.stage.transfer(who, record, to))

    @rule(who=WHO, choice=st.integers(0, 9))
    def retire(self, who: AccountId, choice: int) -> None:
        if choice == 0:
            self._try(lambda: self.stage.retire(who, 0))

    @rule(blocks=st.integers(1, 10), holder=WHO, offer=OFFERS)
    def pass_blocks(self, blocks: int, holder: AccountId, offer: int) -> None:
        self.stage.blocks.number += blocks
        entry = self.stage.rights.offer_.get((0, offer))
        if entry is not None:
            origin = Origin.signed(DAVE)
            self._try(lambda: self.stage.assets.poke(origin, entry.asset, Id(holder)))

    # --- what must hold

    @invariant()
    def books_balance(self) -> None:
        stage = self.stage
        stage.try_state()
        everybody = (*HOLDERS, DAVE, TREASURY, get_purse(0), get_purse(1))
        wealth = sum(get_wealth(stage.ledger, who) for who in everybody)
        assert wealth == stage.ledger.get_issuance() <= 5 * FUNDS

    @invariant()
    def stakes_earn_their_part_and_no_more(self) -> None:
        """R3, R4: by rational numbers, within a planck a stake."""
        for (record, who), stake in self.stage.rights.stake.items():
            owed = self.earned[record, who] - self.paid[record, who]
            claimable = self.stage.rights.revenue.get_claimable(record, who)
            assert claimable <= owed < claimable + 1 + SLACK, f"{who} of {record}: {stake}"

    @invariant()
    def a_purse_pays_all_at_once(self) -> None:
        revenue = self.stage.rights.revenue
        for record in dict(self.stage.rights.pool.items()):
            owed = sum(revenue.get_claimable(record, who) for who in HOLDERS)
            assert owed <= self.stage.get_purse(record) - EXISTENTIAL_DEPOSIT

    def note_income(self, step: Callable[[], object]) -> bool:
        """Takes a step that pays purses, and divides what came among the stakes of that moment."""
        before = [self.stage.get_purse(record) for record in (0, 1)]
        succeeded = self._try(step)
        for record in (0, 1):
            income = self.stage.get_purse(record) - before[record]
            for key, stake in self.stage.rights.stake.items():
                if key[0] == record:
                    staked = self.stage.rights.pool[record].staked
                    self.earned[key] += Fraction(income * stake.amount, staked)
        return succeeded

    def note_paid(self, record: int, who: AccountId, amount: int) -> None:
        """What a stake was paid; one that is over is forgotten."""
        self.paid[record, who] += amount
        if (record, who) not in self.stage.rights.stake:
            self.paid.pop((record, who))
            self.earned.pop((record, who), None)

    def _try(self, step: Callable[[], object]) -> bool:
        """Whether a step succeeded; one that is refused has changed nothing."""
        state = self.stage.state
        changes, events = state.changes(), list(state.events)
        try:
            with state.transaction():
                step()
        except REFUSALS:
            assert state.changes() == changes
            assert state.events == events
            return False
        return True


TestRights = RightsModel.TestCase
TestRights.settings = settings(stateful_step_count=30)

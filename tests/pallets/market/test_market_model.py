"""The whole market as a state machine: whatever is done in whatever order, the promises hold."""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from pallets.market import Bids, Posted, PriceRule, Recurrence, SlotState, Terms
from pallets.market.bids import Pick
from pallets.market.types import Recurring
from runtime.frame.ai_types import VerifierId
from runtime.frame.traits import HoldReason
from runtime.primitives import AccountId
from tests.helpers.market_machine import (
    AMOUNTS,
    CHOICE,
    EVERYBODY,
    PRICES,
    PROVIDERS,
    TERMS,
    MarketMachine,
)
from tests.helpers.market_stage import ALICE, DAVE, EVE


class WholeMarket(MarketMachine):
    """Slots, bids for them, and jobs that come again."""

    def pick_auction(self, choice: int) -> int | None:
        """Some job that takes bids."""
        jobs = [number for number, job in self.stage.market.job.items() if is_auction(job.price)]
        return sorted(jobs)[choice % len(jobs)] if jobs else None

    def has_auction(self) -> bool:
        return self.pick_auction(0) is not None

    def has_bids(self) -> bool:
        return next(self.stage.market.bid_.items(), None) is not None

    @precondition(has_auction)
    @rule(choice=CHOICE, who=PROVIDERS, price=AMOUNTS)
    def bid(self, choice: int, who: AccountId, price: int) -> None:
        stage, job = self.stage, self.pick_auction(choice)
        assert job is not None
        entry = stage.get_job(job)
        post = self.attempt("bid", who, job, price, stage.record_of[who])
        may = price <= entry.price_cap and not entry.is_over(stage.number)
        assert (post is not None) == may

    @precondition(has_bids)
    @rule(who=PROVIDERS, choice=CHOICE)
    def unbid(self, who: AccountId, choice: int) -> None:
        job = self.pick_auction(choice)
        assert job is not None
        had = (job, who) in self.stage.market.bid_
        assert (self.attempt("unbid", who, job) is not None) == had

    @precondition(has_bids)
    @rule(choice=CHOICE, slots=st.lists(st.integers(0, 2), max_size=3), who=PROVIDERS)
    def accept(self, choice: int, slots: list[int], who: AccountId) -> None:
        stage, job = self.stage, self.pick_auction(choice)
        assert job is not None
        entry, bid = stage.get_job(job), stage.market.bid_.get((job, who))
        before = {each: slot.state for (_, each), slot in stage.market.slot.items(job)}
        ready = {each for each in before if self.is_takeable(job, each, who)}
        parts = {each % entry.parts for each in slots}
        picks = tuple(Pick(each, who) for each in slots)
        post = self.attempt("accept", entry.owner, job, picks)
        is_open = all(before.get(each) is SlotState.OPEN and each in ready for each in slots)
        is_timely = stage.number <= entry.open_until
        is_once = len(parts) == len(slots)
        if is_open and is_timely and is_once and bid is not None:
            assert post is not None
        if post is not None:
            for each in slots:
                assert bid is not None
                slot = stage.get(job, each)
                assert (slot.provider, slot.price) == (who, bid.price)

    @precondition(has_bids)
    @rule(choice=CHOICE)
    def drop_bids(self, choice: int) -> None:
        stage, job = self.stage, self.pick_auction(choice)
        assert job is not None
        entry = stage.get_job(job)
        post = self.attempt("drop_bids", EVE, job)
        assert (post is not None) == (entry.bids > 0 and entry.is_over(stage.number))

    # --- recurring jobs

    def has_recurring(self) -> bool:
        return next(self.stage.market.recurring.items(), None) is not None

    def pick_recurring(self, choice: int) -> tuple[int, Recurring]:
        """Some recurring job."""
        items = sorted(self.stage.market.recurring.items(), key=lambda item: item[0])
        return items[choice % len(items)]

    @precondition(lambda self: self.stage.market.next_recurring.get() < 2)
    @rule(
        price=PRICES,
        terms=TERMS,
        owner=st.sampled_from((ALICE, DAVE)),
        recurrence=st.builds(Recurrence, st.integers(1, 6), st.integers(2, 4)),
    )
    def recur(
        self, price: PriceRule, terms: Terms, owner: AccountId, recurrence: Recurrence
    ) -> None:
        spec = self.stage.make_spec(rows_per_slot=40)
        post = self.attempt("recur", owner, spec, price, VerifierId.REPLAY, terms, recurrence)
        assert post is not None

    @precondition(has_recurring)
    @rule(choice=CHOICE)
    def renew(self, choice: int) -> None:
        stage = self.stage
        number, before = self.pick_recurring(choice)
        jobs, free = stage.market.next_job.get(), stage.money.get_free(before.owner)
        post = self.attempt("renew", EVE, number)
        assert (post is not None) == (stage.number >= before.next_at)
        if post is not None:
            assert stage.market.next_job.get() == jobs + 1
            returned = before.deposit if before.runs_left == 1 else 0
            assert stage.money.get_free(before.owner) >= free + returned

    @precondition(has_recurring)
    @rule(choice=CHOICE, who=st.sampled_from((ALICE, DAVE, EVE)))
    def stop(self, choice: int, who: AccountId) -> None:
        number, before = self.pick_recurring(choice)
        assert (self.attempt("stop", who, number) is not None) == (who == before.owner)

    def teardown(self) -> None:
        """Every deposit for a bid, and what is left for further runs, comes back as well."""
        for number, entry in list(self.stage.market.recurring.items()):
            assert self.attempt("stop", entry.owner, number) is not None
        super().teardown()
        for who in EVERYBODY:
            for reason in (HoldReason.BID, HoldReason.RECURRING):
                assert self.stage.money.get_held(reason, who) == 0


def is_auction(price: object) -> bool:
    return isinstance(price, Bids)


TestWholeMarket = WholeMarket.TestCase
TestWholeMarket.settings = settings(
    max_examples=settings().max_examples // 2, stateful_step_count=50, deadline=None
)


def test_the_machine_knows_an_error_when_it_sees_one() -> None:
    """The books do not balance by construction: money that moves unsaid is noticed."""
    machine = MarketMachine()
    machine.post(Posted(100), VerifierId.REPLAY, Terms(5, 5, 1), 40, 1, ALICE)
    try:
        with machine.accounted():
            machine.stage.money.mint(EVE, 1)
    except AssertionError:
        return
    raise AssertionError("unsaid money went unnoticed")

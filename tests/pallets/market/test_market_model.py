"""The whole market as a state machine: whatever is done in whatever order, the promises hold."""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from pallets.market import Bids, Posted, SlotState, Terms
from pallets.market.bids import Pick
from runtime.frame.ai_types import VerifierId
from runtime.frame.traits import HoldReason
from runtime.primitives import AccountId
from tests.helpers.market_machine import (
    AMOUNTS,
    CHOICE,
    EVERYBODY,
    PROVIDERS,
    MarketMachine,
)
from tests.helpers.market_stage import ALICE, EVE


class WholeMarket(MarketMachine):
    """Slots, and bids for them."""

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

    def teardown(self) -> None:
        """Every deposit for a bid comes back as well."""
        super().teardown()
        for who in EVERYBODY:
            assert self.stage.money.get_held(HoldReason.BID, who) == 0


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

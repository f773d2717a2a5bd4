"""Commissions against the definition: the buyer pays the price or nothing, and never gains.

ALICE and EVE buy from BOB and CAROL in any order: they accept, reject, stay silent, are late; every
account's gain is what the events say, and a slot ends once.
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from pallets.market import Posted, SlotState
from pallets.market import declarations as market
from runtime.frame import Event
from runtime.frame.ai_types import SlotId
from runtime.primitives import AccountId, Root
from tests.helpers.market_stage import ALICE, BOB, CAROL, DAVE, EVE, TREASURY, get_total
from tests.helpers.review_stage import REVIEW_BLOCKS, TERMS, ReviewStage

EVERYBODY = (ALICE, BOB, CAROL, DAVE, EVE, TREASURY)
BUYERS, PROVIDERS = st.sampled_from((ALICE, EVE)), st.sampled_from((BOB, CAROL))
CHOICE = st.integers(0, 1_000)
JOBS_MAX = 5


class ReviewMachine(RuleBasedStateMachine):
    """Market and verify together; the machine knows who has said what."""

    def __init__(self) -> None:
        super().__init__()
        self.stage = ReviewStage()
        self.owners: dict[int, AccountId] = {}
        self.until: dict[tuple[int, int], int] = {}
        """The last block to reject each result that waits."""

        self.ended: dict[tuple[int, int], SlotState] = {}

    # --- money

    @contextmanager
    def accounted(self) -> Iterator[None]:
        """Whatever happens inside, every account's gain is what the events say."""
        stage = self.stage
        before = {who: stage.get_wealth(who) for who in EVERYBODY}
        issuance = stage.money.get_issuance()
        stage.take_events()
        yield
        gains, burned = Counter[AccountId](), 0
        for event in stage.take_events():
            burned += self.book(event, gains)
        after = {who: stage.get_wealth(who) - before[who] for who in EVERYBODY}
        assert after == {who: gains[who] for who in EVERYBODY}
        assert issuance - stage.money.get_issuance() == burned

    def book(self, event: Event, gains: Counter[AccountId]) -> int:
        """Books what an event says of money, and how slots end; what was burned."""
        match event:
            case market.Settled(job, slot, provider, price, burned, treasury, royalty, paid, bonus):
                assert (royalty, bonus) == (0, 0)
                assert burned + treasury + paid == price
                gains.update({provider: paid})
                gains.update({TREASURY: treasury})
                gains.subtract({self.owners[job]: price})
                self.end(job, slot, SlotState.SETTLED)
                return burned
            case market.Rejected(job, slot, provider, price, collateral):
                assert price == collateral
                gains.subtract({provider: collateral})
                gains.subtract({self.owners[job]: price})
                self.end(job, slot, SlotState.REJECTED)
                return price + collateral
            case market.Slashed(job, _, provider, amount, burned, owner, treasury):
                assert burned + owner + treasury == amount
                gains.subtract({provider: amount})
                gains.update({self.owners[job]: owner})
                gains.update({TREASURY: treasury})
                return burned
            case market.Refunded(job, slot, _):
                self.end(job, slot, SlotState.REFUNDED)
            case _:
                pass
        return 0

    def end(self, job: int, slot: int, state: SlotState) -> None:
        """M2: a slot ends once."""
        assert (job, slot) not in self.ended
        self.ended[job, slot] = state

    def attempt(self, name: str, who: AccountId, *args: Any, is_market: bool = False) -> bool:
        """A call that may be refused, and then leaves everything as it was."""
        with self.accounted():
            return self.stage.attempt(name, who, *args, is_market=is_market)

    def pick(self, choice: int) -> tuple[int, int] | None:
        """Some result that waits."""
        waiting = sorted(self.until)
        return waiting[choice % len(waiting)] if waiting else None

    # --- doing

    @precondition(lambda self: self.stage.market.next_job.get() < JOBS_MAX)
    @rule(who=BUYERS, results=st.integers(1, 2), price=st.integers(1, 10**7))
    def post(self, who: AccountId, results: int, price: int) -> None:
        number = self.stage.market.next_job.get()
        self.owners[number] = who
        with self.accounted():
            assert self.stage.commission(results, Posted(price), who) == number

    @rule(
        choice=CHOICE,
        who=PROVIDERS,
        is_missed=st.booleans(),
        answer=st.binary(min_size=32, max_size=32),
    )
    def deliver(self, choice: int, who: AccountId, is_missed: bool, answer: bytes) -> None:
        slots = sorted(key for key, _ in self.stage.market.open_slots.items())
        if not slots:
            return
        at = slots[choice % len(slots)]
        record = self.stage.record_of[who]
        if not self.attempt("lock", who, *at, record, is_market=True):
            return
        if is_missed:
            with self.accounted():
                self.stage.skip(TERMS.work_blocks + 1)
            assert not self.attempt("reject_result", self.owners[at[0]], *at)
            assert self.attempt("poke", DAVE, *at, is_market=True)
            return
        with self.accounted():
            self.stage.submit(*at, who, bytes(Root(answer)))
        self.until[at] = self.stage.number + REVIEW_BLOCKS

    @precondition(lambda self: self.until)
    @rule(choice=CHOICE, who=st.sampled_from(EVERYBODY), rejects=st.booleans())
    def say(self, choice: int, who: AccountId, rejects: bool) -> None:
        at = self.pick(choice)
        assert at is not None, "it was asked for"
        is_owner = self.owners[at[0]] == who
        is_in_time = self.stage.number <= self.until[at]
        name = "reject_result" if rejects else "accept_result"
        may = is_owner and (is_in_time or not rejects)
        assert self.attempt(name, who, *at) == may
        if may:
            del self.until[at]
            assert self.ended[at] is (SlotState.REJECTED if rejects else SlotState.SETTLED)

    @precondition(lambda self: self.until)
    @rule(choice=CHOICE, is_market=st.booleans())
    def poke(self, choice: int, is_market: bool) -> None:
        at = self.pick(choice)
        assert at is not None, "it was asked for"
        is_due = self.stage.number > self.until[at]
        assert self.attempt("poke", DAVE, *at, is_market=is_market) == is_due
        if is_due:
            del self.until[at]
            assert self.ended[at] is SlotState.SETTLED

    @rule(choice=CHOICE)
    def cancel(self, choice: int) -> None:
        if self.owners and choice % 5 == 0:
            job = sorted(self.owners)[choice % len(self.owners)]
            self.attempt("cancel", self.owners[job], job, is_market=True)

    @rule(blocks=st.sampled_from((1, 2, REVIEW_BLOCKS)))
    def pass_time(self, blocks: int) -> None:
        with self.accounted():
            self.stage.skip(blocks)

    # --- always

    @invariant()
    def what_waits_is_what_nobody_has_judged(self) -> None:
        stage = self.stage
        assert {key for key, _ in stage.verify.pending.items()} == set(self.until)
        stage.try_state()
        assert get_total(stage) == stage.money.get_issuance()
        for key, state in self.ended.items():
            assert stage.market.slot[key].state is state
            assert stage.bonds.get_locked(SlotId(*key).to_duty()) == 0
        assert not list(stage.work.credited.items())

    def teardown(self) -> None:
        """M3: after the last review one poke ends every result, as silence does."""
        with self.accounted():
            self.stage.skip(REVIEW_BLOCKS + 1)
        for at in sorted(self.until):
            assert self.attempt("poke", DAVE, *at)
            assert self.ended[at] is SlotState.SETTLED


TestReviewMachine = ReviewMachine.TestCase
TestReviewMachine.settings = settings(
    max_examples=max(1, settings().max_examples // 8), stateful_step_count=40, deadline=None
)

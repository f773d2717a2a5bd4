"""Claims that wait, against the definition: who lied and is shown to have lied loses, nobody else.

Everybody does what they like: honest results and forged ones, demands, answers, proofs, samples,
and votes on what is asked for them. What a claim began with it keeps.
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from pallets.market import SlotState
from pallets.market import declarations as market
from pallets.verify import ClaimRefuted, TileShown, VerdictGiven
from pallets.verify.types import DEMANDS_MAX, Demand
from runtime.frame import Event
from runtime.frame.ai_types import FaultKind, Invalid, Valid
from runtime.frame.parameters import Param
from runtime.primitives import BPS, AccountId
from runtime.tensor.value import Int32Array
from tests.helpers.dispute_stage import PIXELS, PRICE, DisputeStage
from tests.helpers.market_stage import (
    ALICE,
    BOB,
    DAVE,
    EVE,
    TREASURY,
    VERIFY_PARAMS,
    get_total,
)
from tests.helpers.product_jobs import ProductCase
from tests.helpers.set_parameters import SetParameters

CASE = ProductCase(64, 96, 64, strips_per_slot=2)
TILES = CASE.program.count_tiles(0)
EVERYBODY = (ALICE, BOB, DAVE, EVE, TREASURY)
CHALLENGERS = st.sampled_from((DAVE, EVE, BOB))
CHOICE = st.integers(0, 1_000)
JOBS_MAX = 6
VOTED = {
    Param.SPOT_BLOCKS: (4, 10),
    Param.PROOF_BLOCKS: (6, 14),
    Param.ANSWER_BLOCKS: (2, 6),
    Param.REACT_BLOCKS: (1, 4),
    Param.DEMAND_BPS: (500, BPS),
    Param.FORFEIT_BURNED_BPS: (5_000, BPS),
    Param.FRAUD_BURNED_BPS: (4_000, 6_000),
    Param.FRAUD_TREASURY_BPS: (0, 2_000),
    Param.WAITING_FACTOR_BPS: (15_000, 40_000),
    Param.SAMPLED_FACTOR_BPS: (BPS, 40_000),
}
"""What is voted on, within what; windows are shorter than real ones."""


@dataclass(slots=True)
class Told:
    """What the machine knows of a claim that waits."""

    wrong: frozenset[int]
    """The tiles or pixels that are wrong."""

    result: Int32Array | None
    """What the claim of a product is about; None for a picture."""

    bond: int
    latest: int
    """When nobody can ask for a tile any more, by what was set when it was claimed."""


class DisputesMachine(RuleBasedStateMachine):
    """The market and verify together; the machine knows who lied about what."""

    def __init__(self) -> None:
        super().__init__()
        self.stage = DisputeStage(CASE)
        self.told: dict[int, Told] = {}
        self.parameters = SetParameters()
        self.parameters.give_to(self.stage.verify._partners)
        self.parameters.give_to(self.stage.market._book.partners)
        self.offset = get_total(self.stage) - self.stage.money.get_issuance()

    # --- money

    @contextmanager
    def accounted(self) -> Iterator[None]:
        """Whatever happens inside, every account's gain is what the events say."""
        stage = self.stage
        before = {who: stage.get_wealth(who) for who in EVERYBODY}
        asked = {
            (job, demand.tile): demand
            for (job, _), pending in stage.verify.pending.items()
            for demand in pending.demands
        }
        stage.take_events()
        yield
        gains, told = Counter[AccountId](), dict(self.told)
        for event in stage.take_events():
            self.book(event, gains, asked, told)
        after = {who: stage.get_wealth(who) - before[who] for who in EVERYBODY}
        assert after == {who: gains[who] for who in EVERYBODY}

    def book(
        self,
        event: Event,
        gains: Counter[AccountId],
        asked: dict[tuple[int, int], Demand],
        told: dict[int, Told],
    ) -> None:
        """What an event says of money, and of verdicts."""
        match event:
            case market.Settled(_, _, provider, price, _, treasury, _, paid):
                gains.update({provider: paid, TREASURY: treasury})
                gains.subtract({ALICE: price})
            case market.Slashed(_, _, provider, amount, burned, owner, treasury):
                assert BPS * burned >= self.get_param(Param.FRAUD_BURNED_BPS, 4_000) * amount
                gains.update({ALICE: owner, TREASURY: treasury})
                gains.subtract({provider: amount})
            case ClaimRefuted(_, job, _, challenger, reward):
                assert 2 * told[job].bond <= 10 * reward <= 6 * told[job].bond
                gains.update({challenger: reward})
            case TileShown(_, job, _, tile, _, paid, burned):
                demand = asked[job, tile]
                assert paid + burned == demand.deposit
                assert burned >= paid
                gains.update({BOB: paid})
                gains.subtract({demand.who: demand.deposit})
            case VerdictGiven(_, job, _, verdict):
                self.judge(job, verdict)
            case _:
                pass

    def judge(self, job: int, verdict: object) -> None:
        """V-1, V-2: one verdict, and it is fraud only of what is wrong."""
        told = self.told.pop(job)
        if verdict == Invalid(BOB, FaultKind.WRONG_OUTPUT):
            assert told.wrong
        else:
            assert verdict in (Valid(), Invalid(BOB, FaultKind.SILENCE))

    def attempt(self, name: str, who: AccountId, *args: Any, is_market: bool = False) -> bool:
        """A call that may be refused, and then leaves everything as it was."""
        with self.accounted():
            return self.stage.attempt(name, who, *args, is_market=is_market)

    def get_param(self, param: Param, default: int) -> int:
        return self.parameters.get_param(param, default)

    def note(self, job: int, wrong: frozenset[int], result: Int32Array | None) -> None:
        """A claim waits, by what is set now."""
        params, get = VERIFY_PARAMS, self.get_param
        latest = self.stage.number + get(Param.SPOT_BLOCKS, params.spot_blocks)
        if result is not None:
            answer_blocks = get(Param.ANSWER_BLOCKS, params.answer_blocks)
            turn = answer_blocks + get(Param.REACT_BLOCKS, params.react_blocks)
            latest = self.stage.number + get(Param.PROOF_BLOCKS, params.proof_blocks)
            latest += (CASE.program.get_path_length(0) + 1) * turn
        param = Param.SAMPLED_FACTOR_BPS if result is None else Param.WAITING_FACTOR_BPS
        bond = PRICE * get(param, 20_000) // BPS
        self.told[job] = Told(wrong, result, bond, latest)

    # --- choosing

    def pick(self, choice: int, *, is_product: bool) -> int | None:
        """Some claim that waits."""
        found = sorted(
            job for job, told in self.told.items() if (told.result is not None) == is_product
        )
        return found[choice % len(found)] if found else None

    # --- doing

    @precondition(lambda self: self.stage.market.next_job.get() < JOBS_MAX)
    @rule(tile=st.integers(0, TILES - 1), entry=st.integers(0, 1_023), is_right=st.booleans())
    def multiply(self, tile: int, entry: int, is_right: bool) -> None:
        result = CASE.compute(0) if is_right else CASE.forge(0, tile, entry)
        job = self.stage.post_product()
        with self.accounted():
            self.stage.multiply(job, result)
        self.note(job, frozenset() if is_right else frozenset({tile}), result)

    @precondition(lambda self: self.stage.market.next_job.get() < JOBS_MAX)
    @rule(wrong=st.sets(st.integers(0, PIXELS - 1), max_size=3))
    def draw(self, wrong: set[int]) -> None:
        job = self.stage.post_picture()
        with self.accounted():
            self.stage.render(job, tuple(wrong))
        self.note(job, frozenset(wrong), None)

    @precondition(lambda self: self.told)
    @rule(choice=CHOICE, pixel=st.integers(0, PIXELS), who=CHALLENGERS)
    def challenge(self, choice: int, pixel: int, who: AccountId) -> None:
        job = self.pick(choice, is_product=False)
        if job is None:
            return
        wrong = sorted(self.told[job].wrong)
        pixel = wrong[0] if wrong and choice % 2 else pixel
        is_wrong = pixel in wrong
        assert self.attempt("challenge_pixel", who, job, 0, pixel) == is_wrong

    @precondition(lambda self: self.told)
    @rule(choice=CHOICE)
    def check(self, choice: int) -> None:
        job = self.pick(choice, is_product=False)
        if job is None:
            return
        pending, opened = self.stage.get_pending(job), self.stage.get_claim(job).opened_at
        is_due = not pending.is_checked and self.stage.number > opened + 1
        found = is_due and self.told[job].wrong & set(self.stage.get_sample(job))
        assert self.attempt("check", EVE, job, 0) == is_due
        assert (job not in self.told) == bool(found)

    @precondition(lambda self: self.told)
    @rule(choice=CHOICE, tile=st.integers(0, TILES - 1), who=CHALLENGERS)
    def prove(self, choice: int, tile: int, who: AccountId) -> None:
        job = self.pick(choice, is_product=True)
        if job is None:
            return
        told = self.told[job]
        tile = next(iter(told.wrong)) if told.wrong and choice % 2 else tile
        is_wrong = tile in told.wrong
        parts = CASE.open(0, tile, told.result)
        assert self.attempt("prove_tile", who, job, 0, tile, *parts) == is_wrong

    @precondition(lambda self: self.told)
    @rule(choice=CHOICE, tile=st.integers(0, TILES), who=CHALLENGERS)
    def demand(self, choice: int, tile: int, who: AccountId) -> None:
        job = self.pick(choice, is_product=True)
        if job is None:
            return
        pending = self.stage.get_pending(job)
        may = (
            tile < TILES
            and self.stage.number <= pending.until
            and pending.find(tile) is None
            and len(pending.demands) < DEMANDS_MAX
        )
        assert self.attempt("demand_tile", who, job, 0, tile) == may

    @precondition(lambda self: self.told)
    @rule(choice=CHOICE, is_right=st.booleans())
    def answer(self, choice: int, is_right: bool) -> None:
        job = self.pick(choice, is_product=True)
        demands = () if job is None else self.stage.get_pending(job).demands
        if job is None or not demands:
            return
        demand = demands[choice % len(demands)]
        result = self.told[job].result if is_right else CASE.forge(0, demand.tile, choice)
        is_right = is_right or self.told[job].result is result
        opening = CASE.open_tile(0, demand.tile, result)
        accepted = self.attempt("answer_tile", BOB, job, 0, demand.tile, opening)
        if is_right:
            assert accepted == (self.stage.number <= demand.due)

    @precondition(lambda self: self.told)
    @rule(choice=CHOICE, is_product=st.booleans())
    def accept(self, choice: int, is_product: bool) -> None:
        job = self.pick(choice, is_product=is_product)
        if job is None or choice % 4:
            return
        assert not self.attempt("accept_result", EVE, job, 0)
        assert self.attempt("accept_result", ALICE, job, 0)

    @precondition(lambda self: self.told)
    @rule(choice=CHOICE, is_product=st.booleans())
    def poke(self, choice: int, is_product: bool) -> None:
        job = self.pick(choice, is_product=is_product)
        if job is None:
            return
        pending, now = self.stage.get_pending(job), self.stage.number
        is_overdue = any(now > demand.due for demand in pending.demands)
        is_due = is_overdue or (now > pending.until and not pending.demands)
        is_market = choice % 2 == 1
        assert self.attempt("poke", DAVE, job, 0, is_market=is_market) == is_due

    @rule(param=st.sampled_from(sorted(VOTED)), part=st.integers(0, 4))
    def vote(self, param: Param, part: int) -> None:
        least, most = VOTED[param]
        self.parameters.values[param] = least + (most - least) * part // 4

    @rule(blocks=st.integers(1, 4))
    def pass_time(self, blocks: int) -> None:
        with self.accounted():
            self.stage.skip(blocks)

    # --- always

    @invariant()
    def what_waits_is_what_nobody_judged(self) -> None:
        stage = self.stage
        pending = {job: each for (job, _), each in stage.verify.pending.items()}
        promised = {job: told.latest for job, told in self.told.items()}
        assert {job: each.latest for job, each in pending.items()} == promised
        assert {job: stage.get_collateral(job) for job in pending} == {
            job: told.bond for job, told in self.told.items()
        }
        stage.try_state()
        assert get_total(stage) - stage.money.get_issuance() == self.offset == 0

    def teardown(self) -> None:
        """V-4: after the last clock one poke ends every claim."""
        stage = self.stage
        last = max((told.latest for told in self.told.values()), default=stage.number)
        with self.accounted():
            stage.skip(max(0, last - stage.number) + VOTED[Param.ANSWER_BLOCKS][1] + 1)
        for job in list(self.told):
            assert self.attempt("poke", DAVE, job, 0, is_market=job % 2 == 1)
        assert list(stage.verify.pending.items()) == []
        for (job, _), slot in list(stage.market.slot.items()):
            assert slot.state in (SlotState.SETTLED, SlotState.OPEN), job
        self.what_waits_is_what_nobody_judged()


TestDisputesMachine = DisputesMachine.TestCase
TestDisputesMachine.settings = settings(
    max_examples=max(1, settings().max_examples // 8), stateful_step_count=40, deadline=None
)

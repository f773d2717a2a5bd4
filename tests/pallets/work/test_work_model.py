"""The work pallet against sums kept beside it: what counts, for whom, in which era, and once.

What blocks earn is counted by hand, too: whoever claims, nobody is paid more than the schedule.
"""

from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from pallets.bonds.declarations import RoleFrozen
from pallets.market import Posted, SlotState, Terms
from pallets.market import declarations as market
from pallets.work import declarations
from pallets.work.emission import compute_emission
from runtime.errors import DispatchError
from runtime.frame.ai_types import VerifierId
from runtime.primitives import AccountId, Root
from runtime.work_summary import Lane, WorkSummary
from tests.helpers.market_stage import (
    ALICE,
    BLOCK_MACS,
    BOB,
    CAROL,
    EVE,
    WORK_PARAMS,
    MarketStage,
)

AUTHORS = st.sampled_from((BOB, CAROL))
LANES = st.sampled_from((Lane.SEEDED, Lane.PRIVATE))
MACS = (64 * 32, 32 * 10)
"""Multiply-accumulates of the model's two products, for one row."""

ROWS = 10
TERMS = Terms(open_blocks=60, work_blocks=12, attempts=8)


@dataclass
class Sums:
    """An era, counted by hand."""

    blocks: int = 0
    total: int = 0
    useful: int = 0
    burned: int = 0
    bonus: int = 0
    proven: Counter[AccountId] = field(default_factory=Counter[AccountId])
    """By those who have not claimed it."""

    claimed: int = 0


class WorkMachine(RuleBasedStateMachine):
    """Two providers lock, mine with whatever they like, and submit, right or wrong."""

    def __init__(self) -> None:
        super().__init__()
        self.stage = stage = MarketStage()
        self.eras: dict[int, Sums] = {0: Sums(1, BLOCK_MACS, proven=Counter({BOB: BLOCK_MACS}))}
        self.proven = Counter({BOB: BLOCK_MACS})
        self.macs = BLOCK_MACS
        self.is_noted = False
        self.credits: dict[tuple[int, int, int], AccountId | None] = {}
        self.job = stage.post(Posted(10**7), terms=TERMS)
        self.deep = stage.post(Posted(1_003), VerifierId.FREIVALDS, TERMS)
        stage.take_events()

    @property
    def era(self) -> Sums:
        return self.eras.setdefault(self.stage.number // WORK_PARAMS.era_blocks, Sums())

    @property
    def is_open(self) -> bool:
        return self.stage.number <= self.stage.get_job(self.job).open_until

    def find(self, state: SlotState) -> list[tuple[int, int]]:
        return sorted(at for at, slot in self.stage.market.slot.items() if slot.state is state)

    def is_at_work(self, at: tuple[int, int]) -> bool:
        slot = self.stage.get(*at)
        is_locked = slot.state is SlotState.LOCKED and slot.deadline >= self.stage.number
        return is_locked and slot.provider == self.stage.author

    # --- rules

    @rule(author=AUTHORS, macs=st.sampled_from((1_000, 5_000, BLOCK_MACS)))
    def next_block(self, author: AccountId, macs: int) -> None:
        self.stage.next_block(author, macs)
        self.macs, self.is_noted = macs, False
        self.era.blocks += 1
        self.era.total += self.get_total()
        self.era.proven[author] += self.get_total()
        self.proven[author] += self.get_total()
        self.read()

    @rule(author=AUTHORS, blocks=st.integers(1, 2 * WORK_PARAMS.era_blocks))
    def pass_blocks(self, author: AccountId, blocks: int) -> None:
        for _ in range(blocks):
            self.next_block(author, BLOCK_MACS)

    @rule(back=st.integers(-1, WORK_PARAMS.eras_kept + 2), author=AUTHORS)
    def claim(self, back: int, author: AccountId) -> None:
        """Any era, by anybody: what is due is paid, once, and nothing else."""
        stage, index = self.stage, max(self.stage.work.get_era_index() - back, 0)
        kept = range(*self.get_claimable())
        macs = self.eras[index].proven[author] if index in kept else 0
        issuance = stage.money.get_issuance()
        try:
            stage.dispatch(stage.work, "claim_era", EVE, index, author)
        except DispatchError:
            assert macs == 0
            assert stage.money.get_issuance() == issuance
            return
        assert macs > 0
        sums = self.eras[index]
        scheduled = sums.blocks * WORK_PARAMS.emission.block_reward
        (paid,) = stage.take_events()[-1:]
        assert isinstance(paid, declarations.EraClaimed)
        assert paid.amount == scheduled * 9 // 10 * macs // sums.total
        assert paid.tithe == scheduled // 10 * macs // sums.total
        assert stage.money.get_issuance() == issuance + paid.amount + paid.tithe
        sums.proven[author] = 0
        sums.claimed += paid.amount + paid.tithe
        assert sums.claimed <= scheduled

    def get_claimable(self) -> tuple[int, int]:
        current = self.stage.work.get_era_index()
        return max(current - WORK_PARAMS.eras_kept, 0), current

    @precondition(lambda self: self.find(SlotState.OPEN) != [] and self.is_open)
    @rule(choice=st.integers(0, 9), count=st.integers(1, 3), who=AUTHORS)
    def lock(self, choice: int, count: int, who: AccountId) -> None:
        for at in self.find(SlotState.OPEN)[choice % 4 :][:count]:
            with suppress(RoleFrozen):  # who was slashed waits a while
                self.stage.lock(*at, who)

    @rule(lane=LANES)
    def note_other_work(self, lane: Lane) -> None:
        self.note(WorkSummary(lane, 64, 64, 256, Root.zero(), Root.zero()), is_good=True)

    @precondition(lambda self: self.find(SlotState.LOCKED) != [])
    @rule(slots=st.lists(st.integers(0, 9), min_size=1, max_size=3), layer=st.integers(0, 1))
    def mine(self, slots: list[int], layer: int) -> None:
        """Any stack of one job's locked slots, repeated ones too."""
        locked = self.find(SlotState.LOCKED)
        job, _ = locked[slots[0] % len(locked)]
        own = [slot for number, slot in locked if number == job]
        picked = [own[choice % len(own)] for choice in slots]
        summary = self.stage.make_summary(job, tuple(picked), layer)
        is_good = len(set(picked)) == len(picked) and all(
            self.is_at_work((job, slot)) and (job, slot, layer) not in self.credits
            for slot in picked
        )
        if self.note(summary, is_good=is_good):
            for slot in picked:
                self.credits[job, slot, layer] = self.stage.author
            self.era.useful += min(len(picked) * ROWS * MACS[layer], self.get_total())

    def get_total(self) -> int:
        return (1 << 256) // ((1 << 256) // self.macs)

    def note(self, summary: WorkSummary, *, is_good: bool) -> bool:
        """Whether a block may say so; what it may not say leaves no trace."""
        before, is_good = self.stage.state.changes(), is_good and not self.is_noted
        try:
            self.stage.note(summary)
        except DispatchError:
            assert not is_good
            assert self.stage.state.changes() == before
            return False
        assert is_good
        self.is_noted = True
        self.read()
        return True

    @precondition(lambda self: self.find(SlotState.LOCKED) != [])
    @rule(choice=st.integers(0, 9), is_right=st.booleans())
    def submit(self, choice: int, is_right: bool) -> None:
        locked = self.find(SlotState.LOCKED)
        at = locked[choice % len(locked)]
        slot = self.stage.get(*at)
        assert slot.provider is not None
        if slot.deadline < self.stage.number:
            self.stage.dispatch(self.stage.market, "poke", EVE, *at)
            self.forget(at)
            self.read()
            return
        payload = self.stage.run(*at) if is_right else self.stage.forge(*at)
        self.stage.submit(*at, slot.provider, payload)
        self.read()
        if is_right:
            self.settle(at, slot.provider)
        else:
            self.forget(at)

    def settle(self, at: tuple[int, int], provider: AccountId) -> None:
        own = [key for key, who in self.credits.items() if key[:2] == at and who == provider]
        burned = self.stage.get(*at).burned
        parts = [burned * 8_000 * MACS[layer] // (10_000 * sum(MACS)) for _, _, layer in own]
        bonus = sum(part for part in parts)
        self.era.burned += burned
        self.era.bonus += bonus
        assert 10 * bonus <= 8 * burned
        assert self.settled.pop(at) == (burned, bonus)
        self.credits = {key: who for key, who in self.credits.items() if key[:2] != at}

    def forget(self, at: tuple[int, int]) -> None:
        """What was mined for a failed slot earns nothing, for nobody, and does not count again."""
        final = self.stage.get(*at).state.is_final
        failed = [key for key in self.credits if key[:2] == at]
        for key in failed:
            self.credits[key] = None
            if final:
                del self.credits[key]

    settled: dict[tuple[int, int], tuple[int, int]]

    def read(self) -> None:
        self.settled = {}
        paid: Counter[tuple[int, int]] = Counter()
        for event in self.stage.take_events():
            match event:
                case declarations.BonusPaid(job, slot, _, amount):
                    paid[job, slot] += amount
                case market.Settled(job, slot, _, _, burned, _, _, _, bonus):
                    assert paid[job, slot] == bonus
                    self.settled[job, slot] = burned, bonus
                case _:
                    pass

    # --- always

    @invariant()
    def sums_agree(self) -> None:
        stage = self.stage
        stage.try_state()
        for index, era in stage.work.era.items():
            sums = self.eras[index]
            counted = (era.blocks, era.total_macs, era.useful_macs, era.burned, era.bonus)
            assert counted == (sums.blocks, sums.total, sums.useful, sums.burned, sums.bonus)
            assert era.claimed == sums.claimed
            authored = {who: macs for (_, who), macs in stage.work.authored.items(index)}
            assert authored == +sums.proven

    @invariant()
    def proven_work_agrees(self) -> None:
        work, now = self.stage.work, self.stage.number
        assert {who: rate.proven_macs for who, rate in work.rate.items()} == self.proven
        assert all(work.get_benchmark(who) <= macs for who, macs in self.proven.items())
        scheduled = compute_emission(WORK_PARAMS.emission, 0, now)
        assert work.emitted.get() == sum(era.claimed for era in self.eras.values()) <= scheduled

    @invariant()
    def credits_agree(self) -> None:
        found = {key: credit.author for key, credit in self.stage.work.credited.items()}
        assert found == self.credits

    def teardown(self) -> None:
        self.stage.skip(90)
        for at, slot in list(self.stage.market.slot.items()):
            if not slot.state.is_final:
                self.stage.dispatch(self.stage.market, "poke", ALICE, *at)
        assert list(self.stage.work.credited.items()) == []
        assert len(list(self.stage.work.era.items())) <= WORK_PARAMS.eras_kept + 1
        kept = [number for number, _ in self.stage.work.receipt.items()]
        assert all(number > self.stage.number - WORK_PARAMS.receipts_kept for number in kept)


TestWorkMachine = WorkMachine.TestCase
TestWorkMachine.settings = settings(
    max_examples=settings().max_examples // 8, stateful_step_count=30
)

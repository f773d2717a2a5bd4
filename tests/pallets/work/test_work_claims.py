"""Eras pay their authors by the work that their blocks proved: once, and never too much."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from pallets.work import Era, EraSchedule, Work, declarations
from pallets.work.emission import Emission, compute_emission
from pallets.work.eras import SWEPT_PER_BLOCK
from runtime.errors import BadOrigin, BelowMinimum
from runtime.frame import Origin, Pays
from runtime.frame.parameters import Param
from runtime.header import Digest
from runtime.primitives import UNIT, AccountId, Root
from runtime.work_summary import Lane, WorkSummary
from tests.helpers.market_stage import (
    BLOCK_MACS,
    BOB,
    CAROL,
    DAVE,
    EVE,
    TREASURY,
    WORK_PARAMS,
    MarketStage,
)
from tests.helpers.set_parameters import SetParameters

GHOST = AccountId(b"n" * 32)
LENGTH = WORK_PARAMS.era_blocks
POOR = Emission(block_reward=10, halving_blocks=1_000)
"""An era earns less than an account must have."""


@pytest.fixture
def stage() -> MarketStage:
    return MarketStage()


def finish_era(stage: MarketStage, *authors: AccountId) -> int:
    """Goes on to the next era, the authors taking turns; returns the era that is over."""
    index, turn = stage.work.get_era_index(), 0
    while stage.work.get_era_index() == index:
        stage.next_block(authors[turn % len(authors)])
        turn += 1
    stage.take_events()
    return index


def claim(stage: MarketStage, era: int, author: AccountId, who: AccountId = EVE) -> None:
    stage.dispatch(stage.work, "claim_era", who, era, author)


def get_proven(stage: MarketStage, era: int) -> Mapping[AccountId, int]:
    return {who: macs for (_, who), macs in stage.work.authored.items(era)}


def use(stage: MarketStage, parameters: SetParameters) -> None:
    """From now on the stage's blocks are counted under these parameters."""
    args = (stage.state, stage.system, stage.money, stage.records, stage.slots)
    stage.work = Work(*args, index=24, params=WORK_PARAMS, parameters=parameters)


def test_authors_are_paid_in_proportion_whoever_claims(stage: MarketStage) -> None:
    finish_era(stage, BOB)
    era = finish_era(stage, BOB, CAROL, CAROL)
    entry, proven = stage.work.era[era], get_proven(stage, era)
    assert entry.reward == 9 * UNIT
    assert entry.tithe == UNIT
    assert sum(proven.values()) == entry.total_macs == LENGTH * BLOCK_MACS
    before = {who: stage.get_wealth(who) for who in (BOB, CAROL, EVE, TREASURY)}
    issuance = stage.money.get_issuance()
    for who in (CAROL, BOB):
        claim(stage, era, who)
        amount = 9 * UNIT * proven[who] // entry.total_macs
        tithe = UNIT * proven[who] // entry.total_macs
        assert stage.take_events()[-1] == declarations.EraClaimed(era, who, amount, tithe)
        assert stage.get_wealth(who) == before[who] + amount
    assert stage.get_wealth(EVE) == before[EVE]
    assert stage.get_wealth(TREASURY) == before[TREASURY] + UNIT
    assert stage.money.get_issuance() == issuance + LENGTH * UNIT
    assert stage.work.era[era].claimed == stage.work.emitted.get() == LENGTH * UNIT
    assert get_proven(stage, era) == {}
    stage.try_state()


def test_a_claim_that_pays_is_free_and_happens_once(stage: MarketStage) -> None:
    era = finish_era(stage, BOB)
    post = stage.dispatch(stage.work, "claim_era", EVE, era, BOB)
    assert post.pays_fee is Pays.NO
    for author in (BOB, CAROL, GHOST):
        with stage.refused(declarations.NothingToClaim):
            claim(stage, era, author)


def test_only_what_is_over_and_not_forgotten_can_be_claimed(stage: MarketStage) -> None:
    era = finish_era(stage, BOB)
    for later in (era + 1, era + 2, 2**32 - 1):
        with stage.refused(declarations.EraNotClosed):
            claim(stage, later, BOB)
    for _ in range(WORK_PARAMS.eras_kept):
        assert stage.work.compute_payout(era, BOB) is not None
        finish_era(stage, CAROL)
    with stage.refused(declarations.EraForgotten):
        claim(stage, era, BOB)
    call = stage.runtime.make_call(stage.work, "claim_era", era + 1, CAROL)
    for origin in (Origin.none(), Origin.root()):
        with stage.refused(BadOrigin):
            stage.runtime.dispatch(call, origin)


def test_every_lane_earns_alike(stage: MarketStage) -> None:
    """Rewards are blind to references, as fork choice is."""
    finish_era(stage, BOB)
    job = stage.post()
    stage.lock(job, 0, CAROL)
    index = stage.work.get_era_index()
    plain = WorkSummary(Lane.SEEDED, 64, 64, 256, Root.zero(), Root.zero())
    blocks = (
        (BOB, plain),
        (CAROL, stage.make_summary(job, (0,))),
        (DAVE, replace(plain, lane=Lane.PRIVATE)),
    )
    for author, summary in blocks:
        stage.next_block(author)
        stage.note(summary)
    proven = get_proven(stage, index)
    assert proven[CAROL] == proven[DAVE] == BLOCK_MACS
    assert stage.work.era[index].task_blocks == 1
    finish_era(stage, BOB)
    paid = {who: stage.work.compute_payout(index, who) for who in (CAROL, DAVE)}
    assert paid[CAROL] == paid[DAVE] is not None


def test_what_cannot_be_received_can_be_claimed_later() -> None:
    stage = MarketStage(work=replace(WORK_PARAMS, emission=POOR))
    era = finish_era(stage, GHOST)
    with stage.refused(BelowMinimum):
        claim(stage, era, GHOST)
    stage.money.mint(GHOST, 1_000)
    payout = stage.work.compute_payout(era, GHOST)
    assert payout is not None
    claim(stage, era, GHOST)
    assert stage.get_wealth(GHOST) == 1_000 + payout.reward


def test_a_tithe_that_cannot_be_received_is_not_minted() -> None:
    stage = MarketStage(work=replace(WORK_PARAMS, emission=POOR, treasury=GHOST))
    finish_era(stage, BOB)
    era = finish_era(stage, BOB)
    claim(stage, era, BOB)
    assert stage.take_events()[-1] == declarations.EraClaimed(era, BOB, 90, 0)
    assert stage.work.era[era].claimed == stage.work.emitted.get() == 90
    stage.try_state()


def test_parts_that_round_to_nothing_cannot_be_claimed() -> None:
    stage = MarketStage(work=replace(WORK_PARAMS, emission=Emission(1, 1_000)))
    finish_era(stage, BOB)
    stage.next_block(CAROL, macs=1_000)
    era = finish_era(stage, BOB)
    assert stage.work.compute_payout(era, CAROL) is None
    with stage.refused(declarations.NothingToClaim):
        claim(stage, era, CAROL)


def test_what_nobody_claims_is_forgotten_a_little_at_a_time(stage: MarketStage) -> None:
    crowd = [AccountId(bytes([n]) * 32) for n in range(100, 100 + LENGTH)]
    old = finish_era(stage, BOB) + 1
    finish_era(stage, *crowd)
    for _ in range(WORK_PARAMS.eras_kept):
        finish_era(stage, BOB)
    assert old not in stage.work.era
    before = len(get_proven(stage, old))
    assert before > 0
    stage.next_block(BOB)
    assert before - len(get_proven(stage, old)) == min(before, SWEPT_PER_BLOCK)
    finish_era(stage, BOB)
    assert get_proven(stage, old) == {}
    assert {index for (index, _), _ in stage.work.authored.items()} <= set(stage.work.era.keys())
    assert stage.work.emitted.get() == 0, "what nobody claims is never minted"


def test_eras_of_another_length_begin_when_one_is_over(stage: MarketStage) -> None:
    settable = SetParameters()
    use(stage, settable)
    stage.skip(4)
    settable.values[Param.ERA_BLOCKS] = 25
    assert stage.work.get_era_index() == 0
    finish_era(stage, BOB)
    assert stage.number == LENGTH, "the era that had begun kept its length"
    assert stage.work.schedule.get() == EraSchedule(1, LENGTH, 25)
    finish_era(stage, BOB)
    assert stage.number == LENGTH + 25
    assert stage.work.era[1].blocks == 25
    settable.values[Param.ERA_BLOCKS] = 3
    stage.skip(24)
    assert (stage.work.get_era_index(), stage.number) == (2, LENGTH + 49)
    stage.skip(1)
    firsts = {index: era.first_block for index, era in stage.work.era.items()}
    assert firsts == {0: 1, 1: 10, 2: 35, 3: 60}
    stage.skip(7)
    assert stage.work.get_era_index() == 5
    earned = {index: each.reward + each.tithe for index, each in stage.work.era.items()}
    emission = WORK_PARAMS.emission
    assert earned == {
        2: compute_emission(emission, 35, 25),
        3: compute_emission(emission, 60, 3),
        4: compute_emission(emission, 63, 3),
        5: 0,
    }
    stage.try_state()


def test_a_tithe_is_what_it_was_when_the_era_ended(stage: MarketStage) -> None:
    settable = SetParameters()
    use(stage, settable)
    era = finish_era(stage, BOB)
    settable.values[Param.TITHE_BPS] = 3_000
    assert stage.work.era[era].tithe * 9 == stage.work.era[era].reward
    later = finish_era(stage, BOB)
    assert stage.work.era[later].tithe * 7 == stage.work.era[later].reward * 3


def test_a_block_without_an_author_earns_for_nobody(stage: MarketStage) -> None:
    finish_era(stage, BOB)
    index, number = stage.work.get_era_index(), stage.number + 1
    stage.system.digest.put(Digest())
    stage.system.number.put(number)
    stage.work.on_initialize(number)
    assert stage.work.era[index] == Era(LENGTH, blocks=2, total_macs=BLOCK_MACS)
    assert get_proven(stage, index) == {BOB: BLOCK_MACS}

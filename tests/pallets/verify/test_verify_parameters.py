"""What governance changes of claims that wait: collateral and times of new ones, and deposits."""

import pytest

from runtime.frame.parameters import Param
from tests.helpers.dispute_stage import BOND, PRICE, DisputeStage
from tests.helpers.market_stage import BOB, CAROL, VERIFY_PARAMS
from tests.helpers.set_parameters import SetParameters


@pytest.fixture
def parameters() -> SetParameters:
    return SetParameters()


@pytest.fixture
def stage(parameters: SetParameters) -> DisputeStage:
    stage = DisputeStage()
    parameters.give_to(stage.verify._partners)
    return stage


def test_new_claims_wait_longer_and_old_ones_as_they_did(
    stage: DisputeStage, parameters: SetParameters
) -> None:
    product, picture = stage.post_product(), stage.post_picture()
    stage.multiply(product)
    stage.render(picture)
    old = (stage.get_pending(product), stage.get_pending(picture))
    assert old[0].until == stage.number + VERIFY_PARAMS.proof_blocks
    assert old[1].until == stage.number + VERIFY_PARAMS.spot_blocks
    parameters.values = {Param.PROOF_BLOCKS: 70, Param.SPOT_BLOCKS: 30}
    stage.multiply(product, slot=1)
    stage.render(picture, slot=1)
    new = (stage.get_pending(product, 1), stage.get_pending(picture, 1))
    assert [each.until - stage.number for each in new] == [70, 30]
    assert new[0].latest > new[0].until
    assert new[1].latest == new[1].until
    assert old == (stage.get_pending(product), stage.get_pending(picture))
    stage.try_state()


def test_asking_costs_another_part_of_the_collateral(
    stage: DisputeStage, parameters: SetParameters
) -> None:
    job = stage.post_product()
    stage.multiply(job)
    parameters.values = {Param.DEMAND_BPS: 5_000}
    stage.act("demand_tile", CAROL, job, 0, 0)
    [demand] = stage.get_pending(job).demands
    assert demand.deposit == BOND // 2
    stage.try_state()


def test_a_demand_is_answered_in_the_time_that_the_claim_began_with(
    stage: DisputeStage, parameters: SetParameters
) -> None:
    """What is set later neither hurries who answers nor cuts off who asks."""
    job = stage.post_product()
    stage.multiply(job)
    before = stage.get_pending(job)
    parameters.values = {Param.ANSWER_BLOCKS: 5, Param.REACT_BLOCKS: 7}
    stage.multiply(job, slot=1)
    after = stage.get_pending(job, 1)
    assert (before.answer_blocks, before.react_blocks) == (
        VERIFY_PARAMS.answer_blocks,
        VERIFY_PARAMS.react_blocks,
    )
    assert (after.answer_blocks, after.react_blocks) == (5, 7)
    for slot, pending in enumerate((before, after)):
        steps = 1 + stage.case.program.get_path_length(slot)
        turn = pending.answer_blocks + pending.react_blocks
        assert pending.latest == pending.until + steps * turn
    stage.act("demand_tile", CAROL, job, 0, 0)
    stage.act("demand_tile", CAROL, job, 1, 0)
    dues = [stage.get_pending(job, slot).demands[0].due for slot in (0, 1)]
    assert dues == [stage.number + VERIFY_PARAMS.answer_blocks, stage.number + 5]
    stage.try_state()


@pytest.mark.parametrize("react_blocks", [1, 90])
def test_who_was_shown_a_tile_has_the_time_that_the_claim_began_with(
    stage: DisputeStage, parameters: SetParameters, react_blocks: int
) -> None:
    begun = VERIFY_PARAMS.react_blocks + 5
    parameters.values = {Param.REACT_BLOCKS: begun}
    job = stage.post_product()
    stage.multiply(job)
    until = stage.get_pending(job).until
    stage.skip(until - stage.number)
    stage.act("demand_tile", CAROL, job, 0, 0)
    parameters.values = {Param.REACT_BLOCKS: react_blocks}
    stage.answer(job, 0)
    assert stage.get_pending(job).until == until + begun


def test_new_locks_have_other_collateral_and_old_ones_theirs(
    stage: DisputeStage, parameters: SetParameters
) -> None:
    """One number for products, one for pictures; what is judged at once has its own."""
    jobs = [stage.post_product(), stage.post_picture()]
    for job in jobs:
        stage.lock(job)
    parameters.values = {
        Param.WAITING_FACTOR_BPS: 30_000,
        Param.SAMPLED_FACTOR_BPS: 70_000,
        Param.BOND_FACTOR_BPS: 40_000,
    }
    for job in jobs:
        stage.lock(job, 1)
    assert [stage.get(job).bond for job in jobs] == [BOND, BOND]
    assert [stage.get(job, 1).bond for job in jobs] == [3 * PRICE, 7 * PRICE]
    assert [stage.get_collateral(job) for job in jobs] == [BOND, BOND]
    plain = stage.post()
    stage.lock(plain)
    assert stage.get(plain).bond == 4 * stage.get(plain).price


@pytest.mark.parametrize("burned_bps, paid_bps", [(5_000, 5_000), (8_000, 2_000), (10_000, 0)])
def test_what_an_answer_earns_of_the_deposit(
    stage: DisputeStage, parameters: SetParameters, burned_bps: int, paid_bps: int
) -> None:
    job = stage.post_product()
    stage.multiply(job)
    stage.act("demand_tile", CAROL, job, 0, 0)
    [demand] = stage.get_pending(job).demands
    parameters.values = {Param.FORFEIT_BURNED_BPS: burned_bps}
    wealth = stage.get_wealth(BOB)
    stage.answer(job, 0)
    assert stage.get_wealth(BOB) - wealth == demand.deposit * paid_bps // 10_000
    stage.try_state()

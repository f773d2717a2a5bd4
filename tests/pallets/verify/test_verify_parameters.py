"""What governance changes of claims that wait: how long new ones do, and what asking costs."""

import pytest

from runtime.frame.parameters import Param
from tests.helpers.dispute_stage import BOND, DisputeStage
from tests.helpers.market_stage import CAROL, VERIFY_PARAMS
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

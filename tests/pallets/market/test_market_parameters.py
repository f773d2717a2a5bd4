"""What governance changes of what providers lose: shares of the moment in which they do."""

import pytest

from pallets.market import Posted, declarations
from runtime.frame.parameters import Param
from tests.helpers.market_stage import ALICE, BOB, CAROL, EVE, TERMS, TREASURY, MarketStage
from tests.helpers.set_parameters import SetParameters

PRICE = 1_000_000
COLLATERAL = PRICE // 2


@pytest.fixture
def parameters() -> SetParameters:
    return SetParameters()


@pytest.fixture
def stage(parameters: SetParameters) -> MarketStage:
    stage = MarketStage()
    parameters.give_to(stage.market._book.partners)
    return stage


@pytest.mark.parametrize(
    "burned_bps, treasury_bps", [(4_000, 2_000), (6_000, 2_000), (4_000, 0), (5_000, 1_000)]
)
def test_a_forged_result(
    stage: MarketStage, parameters: SetParameters, burned_bps: int, treasury_bps: int
) -> None:
    job = stage.post(Posted(PRICE))
    stage.lock(job)
    parameters.values = {
        Param.FRAUD_BURNED_BPS: burned_bps,
        Param.FRAUD_TREASURY_BPS: treasury_bps,
    }
    owner, treasury = stage.get_wealth(ALICE), stage.get_wealth(TREASURY)
    stage.submit(job, payload=stage.forge(job))
    owner_bps = 10_000 - burned_bps - treasury_bps
    assert stage.get_wealth(ALICE) - owner == COLLATERAL * owner_bps // 10_000
    assert stage.get_wealth(TREASURY) - treasury == COLLATERAL * treasury_bps // 10_000
    stage.try_state()


@pytest.mark.parametrize("burned_bps", [4_000, 5_000, 8_000])
def test_who_fills_a_slot_late_is_paid_by_the_shares_of_that_moment(
    stage: MarketStage, parameters: SetParameters, burned_bps: int
) -> None:
    job = stage.post(Posted(PRICE))
    stage.spend_grace(BOB)
    stage.lock(job)
    stage.skip(TERMS.work_blocks + 1)
    parameters.values = {Param.MISS_BURNED_BPS: burned_bps}
    filler = stage.get_wealth(CAROL)
    stage.submit(job, who=CAROL)
    paid = COLLATERAL - COLLATERAL * burned_bps // 10_000
    assert stage.get_wealth(CAROL) - filler == paid
    stage.try_state()


@pytest.mark.parametrize("burned_bps", [4_000, 8_000])
def test_what_nobody_fills_compensates_the_owner(
    stage: MarketStage, parameters: SetParameters, burned_bps: int
) -> None:
    job = stage.post(Posted(PRICE))
    stage.spend_grace(BOB)
    stage.lock(job)
    stage.skip(2 * TERMS.work_blocks + 2)
    parameters.values = {Param.MISS_BURNED_BPS: burned_bps}
    stage.take_events()
    stage.dispatch(stage.market, "poke", EVE, job, 0)
    (slashed,) = (e for e in stage.take_events() if isinstance(e, declarations.Slashed))
    assert slashed.burned == COLLATERAL * burned_bps // 10_000
    assert slashed.to_owner == COLLATERAL - slashed.burned
    stage.try_state()

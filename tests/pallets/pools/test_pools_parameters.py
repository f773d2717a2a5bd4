"""What governance changes of collection pools: the deposit for the hidden examples of new ones."""

from runtime.frame.parameters import Param
from tests.helpers.set_parameters import SetParameters
from tests.pallets.pools.stage import PARAMS, TOTAL, PoolStage


def test_new_pools_have_another_deposit_and_old_ones_theirs() -> None:
    stage, parameters = PoolStage(), SetParameters()
    parameters.give_to(stage.pools._partners)
    first = stage.pools.pool[stage.open()]
    assert first.validation_deposit == -(-TOTAL * PARAMS.validation_deposit_bps // 10_000)
    parameters.values = {Param.VALIDATION_DEPOSIT_BPS: 10_000, Param.DEPOSIT_BPS: 20_000}
    second = stage.pools.pool[stage.open()]
    assert second.validation_deposit == TOTAL
    assert second.deposit == 2 * first.deposit
    stage.pools.try_state()

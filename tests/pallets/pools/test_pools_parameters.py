"""What governance changes of collection pools: the deposits and the least times of new ones."""

import pytest

from pallets.pools import declarations as declared
from pallets.pools.lifecycle import REASON
from runtime.frame.parameters import Param
from tests.helpers.set_parameters import SetParameters
from tests.pallets.pools.stage import PARAMS, PEOPLE, SHARDS, TERMS, TOTAL, PoolStage


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


@pytest.mark.parametrize("deposit", [PARAMS.seat_deposit // 3, 5 * PARAMS.seat_deposit])
def test_contributors_put_down_what_their_pool_began_with(deposit: int) -> None:
    stage, parameters = PoolStage(), SetParameters()
    parameters.give_to(stage.pools._partners)
    old = stage.open()
    stage.commit(old, PEOPLE[0], SHARDS[0])
    parameters.values = {Param.SEAT_DEPOSIT: deposit}
    new = stage.open()
    stage.commit(old, PEOPLE[1], SHARDS[1])
    stage.commit(new, PEOPLE[2], SHARDS[2])
    held = [stage.money.get_held(REASON, who) for who in PEOPLE[:3]]
    assert held == [PARAMS.seat_deposit, PARAMS.seat_deposit, deposit]
    parameters.values = {}
    for number in (old, new):
        stage.pass_phase(number)
        stage.call("poke", PEOPLE[3], number)
    for number, at in ((old, 0), (old, 1), (new, 2)):
        stage.reveal(number, PEOPLE[at], SHARDS[at])
    assert [stage.money.get_held(REASON, who) for who in PEOPLE[:3]] == [0, 0, 0]
    stage.try_state()


def test_new_pools_leave_time_to_reveal_and_old_ones_what_they_began_with() -> None:
    stage, parameters = PoolStage(), SetParameters()
    parameters.give_to(stage.pools._partners)
    old = stage.open()
    stage.commit(old, PEOPLE[0], SHARDS[0])
    parameters.values = {Param.REVEAL_BLOCKS_MIN: TERMS.reveal_blocks + 1}
    with stage.refused(declared.BadTerms):
        stage.open()
    stage.pass_phase(old)
    stage.reveal(old, PEOPLE[0], SHARDS[0])
    parameters.values = {Param.REVEAL_BLOCKS_MIN: TERMS.reveal_blocks}
    stage.open()
    stage.try_state()

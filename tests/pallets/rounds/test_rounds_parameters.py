"""What governance changes of labelling rounds: the collateral and deposits of new ones."""

from pallets.rounds.lifecycle import REASON
from runtime.frame.parameters import Param
from tests.pallets.rounds.stage import OWNER, PARAMS, RoundStage


def test_new_rounds_have_other_bonds_and_deposits_and_old_ones_theirs() -> None:
    stage = RoundStage()
    first = stage.get(stage.post())
    held = stage.money.get_held(REASON, OWNER)
    assert held == first.escrow + first.deposit
    stage.parameters.values = {
        Param.SEAT_BOND_BPS: 20_000,
        Param.GOLD_DEPOSIT_BPS: 10_000,
        Param.DEPOSIT_BPS: 20_000,
    }
    number = stage.post()
    second = stage.get(number)
    average = -(-second.spec.pool // second.spec.seats)
    assert second.seat_bond == 2 * average > first.seat_bond
    assert second.gold_deposit == second.spec.pool > first.gold_deposit
    assert second.deposit == 2 * first.deposit
    stage.parameters.values = {Param.SLOT_BOND_MIN: 10**7}
    assert stage.get(stage.post()).seat_bond == 10**7
    assert stage.get(number) == second
    stage.try_state()
    assert PARAMS.bond_min < 10**7
    for entry in (0, 1, 2):
        stage.pass_phase(entry)
        stage.poke(entry)
        stage.dispatch(stage.rounds, "close", OWNER, entry)
    assert stage.money.get_held(REASON, OWNER) == 0

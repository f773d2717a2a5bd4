"""What governance changes of labelling rounds: what new ones put down, and what they must have."""

from dataclasses import replace
from typing import Any

import pytest

from pallets.rounds import declarations as declared
from pallets.rounds.lifecycle import REASON
from runtime.frame.ai_types import Role
from runtime.frame.parameters import Param
from tests.pallets.rounds.stage import (
    GOLD,
    ITEMS,
    LABELLERS,
    OWNER,
    PARAMS,
    SEATS,
    TERMS,
    RoundStage,
    make_answers,
)


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


@pytest.mark.parametrize(
    "setting, error",
    [
        ({Param.COMMITTEE_MIN: SEATS + 1}, declared.BadSpec),
        ({Param.GOLD_SHARE_BPS: len(GOLD) * 10_000 // ITEMS + 1}, declared.BadSpec),
        ({Param.REVEAL_BLOCKS_MIN: TERMS.reveal_blocks + 1}, declared.BadTerms),
    ],
)
def test_new_rounds_must_have_more_and_old_ones_go_on(
    setting: dict[Param, int], error: type[declared.BadSpec | declared.BadTerms]
) -> None:
    stage = RoundStage()
    begun, people = stage.post(), LABELLERS[:SEATS]
    stage.join(begun, people[0])
    before = stage.get(begun)
    stage.parameters.values = setting
    with stage.refused(error):
        stage.post()
    stage.parameters.values = {param: value - 1 for param, value in setting.items()}
    stage.post()
    stage.parameters.values = setting
    stage.join(begun, *people[1:])
    stage.answer_all(begun, {who: make_answers(9_000, at) for at, who in enumerate(people)})
    stage.reveal_gold(begun)
    after = stage.get(begun)
    assert (after.spec, after.terms) == (before.spec, before.terms)
    assert after.judge is not None


def test_a_round_of_many_items_needs_no_more_gold_than_it_may_have() -> None:
    stage = RoundStage()
    stage.parameters.values = {Param.GOLD_SHARE_BPS: 2_500}
    many = stage.put_blob(OWNER, bytes(4_096))
    few = stage.put_blob(OWNER, bytes(9))
    changes: dict[str, Any] = {"item_bytes": 1, "seats": 1}
    changes["gold_commitment"] = stage.make_spec().gold_commitment
    with stage.refused(declared.BadSpec):
        stage.post(items=many, gold_items=255, terms=TERMS, **changes)
    stage.post(items=many, gold_items=256, terms=TERMS, **changes)
    with stage.refused(declared.BadSpec):
        stage.post(items=few, gold_items=7, terms=TERMS, **changes)
    with stage.refused(declared.BadSpec):
        stage.post(items=few, gold_items=10, terms=TERMS, **changes)
    stage.post(items=few, gold_items=8, terms=TERMS, **changes)


@pytest.mark.parametrize("burned_bps", [4_000, 5_000, 8_000])
def test_what_a_missed_phase_burns_follows_its_parameter(burned_bps: int) -> None:
    stage = RoundStage()
    number = stage.post(terms=replace(TERMS, commit_blocks=1), seats=1)
    stage.dispatch(stage.rounds, "join", LABELLERS[0], number, stage.record_of[LABELLERS[0]])
    bond = stage.get(number).seat_bond
    missed_at = stage.number
    held = stage.bonds.bond_[LABELLERS[0], Role.LABELLER]
    stage.bonds.bond_[LABELLERS[0], Role.LABELLER] = replace(held, missed_at=missed_at)
    stage.parameters.values = {Param.MISS_BURNED_BPS: burned_bps}
    stage.pass_phase(number)
    stage.take_events()
    stage.poke(number)
    missed = stage.find_event(declared.DutyMissed)
    assert missed.slashed == bond
    assert missed.to_owner == bond * (10_000 - burned_bps) // 10_000

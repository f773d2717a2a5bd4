"""Multisigs: who must agree, what runs then and as whom, and where the deposit is."""

import pytest

from pallets.balances.events import Released, Transfer
from pallets.multisig import Multisig, compute_multisig_account
from pallets.multisig.declarations import (
    MultisigApproval,
    MultisigExecuted,
    NewMultisig,
    OpenMultisig,
    TooFewSignatories,
    UnexpectedTimepoint,
)
from runtime.codec.typeinfo import Variant
from runtime.errors import CodecError, FundsUnavailable
from runtime.frame import dispatch_error
from runtime.frame.call import CALL_DEPTH_MAX
from runtime.frame.dispatch_error import Err, Module, ModuleErrorValue, Ok, Token, TokenErrorKind
from runtime.primitives import AccountId, Weight
from tests.helpers.mock_runtime import ALICE, BOB, CHARLIE, DAVE, EVE, signed, to
from tests.helpers.noop import assert_noop
from tests.pallets.multisig.stage import ABC, BIG, DEPOSIT, FIRST, MULTI, Stage


@pytest.fixture
def stage() -> Stage:
    return Stage()


def test_two_of_three_move_the_money_of_their_account(stage: Stage) -> None:
    call, free = stage.give(300), stage.runtime.money.get_free
    stage.as_multi(ALICE, call, None)
    assert stage.take_own_events() == [NewMultisig(ALICE, MULTI, stage.hash(call))]
    assert (stage.get_held(ALICE), free(ALICE), free(DAVE)) == (DEPOSIT, 1_000 - DEPOSIT, 0)
    opened = stage.multisig.multisigs[MULTI, stage.hash(call)]
    assert opened == OpenMultisig(FIRST, DEPOSIT, ALICE, (ALICE,))
    stage.runtime.try_state()
    stage.as_multi(CHARLIE, call, FIRST)
    executed = MultisigExecuted(CHARLIE, FIRST, MULTI, stage.hash(call), Ok())
    assert Transfer(MULTI, DAVE, 300) in stage.runtime.get_events()
    assert stage.take_own_events() == [executed]
    assert (stage.get_held(ALICE), free(ALICE)) == (0, 1_000)
    assert (free(MULTI), free(DAVE)) == (700, 300)
    assert (MULTI, stage.hash(call)) not in stage.multisig.multisigs
    stage.runtime.try_state()


def test_the_deposit_is_back_before_the_call_runs(stage: Stage) -> None:
    """The call may need what was held for it."""
    call = stage.give(300)
    stage.as_multi(ALICE, call, None)
    stage.runtime.take_events()
    stage.as_multi(BOB, call, FIRST)
    kinds = [type(event) for event in stage.runtime.get_events()]
    assert kinds.index(Released) < kinds.index(Transfer)


def test_hashes_approve_and_the_last_one_sends_the_call(stage: Stage) -> None:
    call = stage.give(300)
    multi = compute_multisig_account(ABC, 3)
    stage.runtime.dispatch(stage.give(900, multi), signed(CHARLIE))
    stage.approve(BOB, call, None, threshold=3)
    stage.approve(ALICE, call, FIRST, threshold=3)
    assert stage.multisig.multisigs[multi, stage.hash(call)].approvals == (ALICE, BOB)
    stage.as_multi(CHARLIE, call, FIRST, threshold=3)
    hashed = stage.hash(call)
    assert stage.take_own_events() == [
        NewMultisig(BOB, multi, hashed),
        MultisigApproval(ALICE, FIRST, multi, hashed),
        MultisigExecuted(CHARLIE, FIRST, multi, hashed, Ok()),
    ]
    assert stage.runtime.money.get_free(DAVE) == 300


def test_whoever_approved_already_may_send_the_call(stage: Stage) -> None:
    call = stage.give(300)
    stage.approve(ALICE, call, None)
    stage.approve(BOB, call, FIRST)
    stage.as_multi(ALICE, call, FIRST)
    assert stage.runtime.money.get_free(DAVE) == 300


def test_a_call_that_fails_is_over_and_leaves_only_its_error(stage: Stage) -> None:
    call = stage.give(2_000)
    stage.as_multi(ALICE, call, None)
    stage.as_multi(BOB, call, FIRST)
    error = Err(Token(TokenErrorKind.FUNDS_UNAVAILABLE))
    hashed = stage.hash(call)
    assert stage.take_own_events()[-1] == MultisigExecuted(BOB, FIRST, MULTI, hashed, error)
    assert (stage.get_held(ALICE), stage.runtime.money.get_free(MULTI)) == (0, 1_000)
    with assert_noop(stage.runtime.state, UnexpectedTimepoint):
        stage.as_multi(CHARLIE, call, FIRST)


def test_one_of_many_acts_alone(stage: Stage) -> None:
    multi = compute_multisig_account(ABC, 1)
    stage.runtime.dispatch(stage.give(500, multi), signed(BOB))
    call = stage.make("as_multi_threshold_1", (ALICE, CHARLIE), stage.give(300))
    declared = call.get_dispatch_info().weight
    assert stage.runtime.dispatch(call, signed(BOB)).actual_weight == declared
    assert stage.runtime.money.get_free(multi) == 200
    assert stage.multisig.multisigs.get((multi, stage.hash(stage.give(300)))) is None
    call = stage.make("as_multi_threshold_1", (ALICE, CHARLIE), stage.give(300))
    with assert_noop(stage.runtime.state, FundsUnavailable):
        stage.runtime.dispatch(call, signed(BOB))


# --- no more than what was agreed


def test_a_multisig_gives_no_rights_but_its_own(stage: Stage) -> None:
    """Neither root's calls nor a signatory's own account are within reach."""
    balances = stage.runtime.balances
    for name, args in (
        ("force_set_balance", (to(EVE), 5_000)),
        ("force_transfer", (to(ALICE), to(EVE), 500)),
    ):
        call = stage.runtime.make_call(balances, name, *args)
        stage.as_multi(ALICE, call, None)
        stage.as_multi(BOB, call, FIRST)
        executed = stage.take_own_events()[-1]
        assert isinstance(executed, MultisigExecuted)
        assert executed.result == Err(dispatch_error.BadOrigin())
    assert stage.runtime.money.get_free(EVE) == 0
    assert stage.runtime.money.get_free(ALICE) == 1_000


def test_others_signatories_and_thresholds_are_other_accounts(stage: Stage) -> None:
    accounts = {
        MULTI,
        compute_multisig_account(ABC, 3),
        compute_multisig_account((ALICE, BOB), 2),
        compute_multisig_account((ALICE, BOB, DAVE), 2),
    }
    assert len(accounts) == 4
    call = stage.give(300)
    stage.as_multi(ALICE, call, None)
    with assert_noop(stage.runtime.state, UnexpectedTimepoint):
        stage.as_multi(BOB, call, FIRST, signatories=(ALICE, BOB))
    with assert_noop(stage.runtime.state, UnexpectedTimepoint):
        stage.as_multi(BOB, call, FIRST, threshold=3)
    with assert_noop(stage.runtime.state, UnexpectedTimepoint):  # Dave is none of them
        stage.as_multi(DAVE, call, FIRST, signatories=(*ABC, DAVE))


def test_an_approval_is_for_one_call(stage: Stage) -> None:
    stage.as_multi(ALICE, stage.give(300), None)
    with assert_noop(stage.runtime.state, UnexpectedTimepoint):
        stage.as_multi(BOB, stage.give(301), FIRST)


def test_a_call_that_runs_again_needs_approvals_again(stage: Stage) -> None:
    """What is executed is closed before: a call cannot come back and use the same approvals."""
    others = tuple(each for each in ABC if each != BOB)
    inner = stage.give(300)
    stage.as_multi(ALICE, inner, None)
    again = stage.make("as_multi", 2, others, FIRST, inner, BIG)
    twice = stage.runtime.make_call(stage.runtime.utility, "force_batch", (again, again))
    stage.runtime.dispatch(twice, signed(BOB))
    assert stage.runtime.money.get_free(DAVE) == 300


def test_multisigs_nest_as_deep_as_calls(stage: Stage) -> None:
    """A signatory may be a multisig; beyond the depth of calls nothing decodes."""
    outer = compute_multisig_account(tuple(sorted((MULTI, DAVE))), 2)
    stage.runtime.dispatch(stage.give(900, outer), signed(BOB))
    call = stage.give(200, EVE)
    as_outer = stage.make("as_multi", 2, (DAVE,), None, call, call.get_dispatch_info().weight)
    stage.as_multi(ALICE, as_outer, None)
    stage.as_multi(CHARLIE, as_outer, FIRST)
    opened = stage.multisig.multisigs[outer, stage.hash(call)]
    assert (opened.depositor, stage.get_held(MULTI)) == (MULTI, DEPOSIT)
    stage.runtime.dispatch(stage.give(100), signed(ALICE))
    stage.as_multi(DAVE, call, FIRST, signatories=tuple(sorted((MULTI, DAVE))))
    assert (stage.runtime.money.get_free(EVE), stage.get_held(MULTI)) == (200, 0)
    nested = stage.give(1)
    for _ in range(CALL_DEPTH_MAX):
        nested = stage.make("as_multi_threshold_1", (EVE,), nested)
    with pytest.raises(CodecError, match="nested deeper"):
        stage.make("as_multi_threshold_1", (EVE,), nested)


def test_an_error_inside_names_its_pallet(stage: Stage) -> None:
    inner = stage.make("as_multi_threshold_1", (), stage.give(1))
    stage.as_multi(ALICE, inner, None)
    stage.as_multi(BOB, inner, FIRST)
    executed = stage.take_own_events()[-1]
    assert isinstance(executed, MultisigExecuted)
    value = ModuleErrorValue(stage.multisig.index, bytes((TooFewSignatories.INDEX, 0, 0, 0)))
    assert executed.result == Err(Module(value))


# --- the wire


def test_the_account_is_the_one_that_wallets_derive() -> None:
    """`createKeyMulti` of @polkadot/util-crypto 14 gave this for Alice, Bob, Charlie of `//`."""
    keys = (
        "8eaf04151687736326c9fea17e25fc5287613693c912909cb226aa4794f26a48",
        "90b5ab205c6974c9ea841be688864633dc9ca8a357843eeacf2314649965fe22",
        "d43593c715fdd31c61141abd04a99fd6822c8558854ccde39a5684e7a56da27d",
    )
    accounts = tuple(AccountId(bytes.fromhex(key)) for key in keys)
    found = compute_multisig_account(accounts, 2).hex()
    assert found == "49daa32c7287890f38b7e1a8cd2961723d36d20baa0bf3b82e0c4bdda93b1c0a"


def test_wire() -> None:
    calls = [(c.index, c.name, [name for name, _ in c.params]) for c in Multisig.spec.calls]
    assert calls == [
        (0, "as_multi_threshold_1", ["other_signatories", "call"]),
        (
            1,
            "as_multi",
            ["threshold", "other_signatories", "maybe_timepoint", "call", "max_weight"],
        ),
        (
            2,
            "approve_as_multi",
            ["threshold", "other_signatories", "maybe_timepoint", "call_hash", "max_weight"],
        ),
        (3, "cancel_as_multi", ["threshold", "other_signatories", "timepoint", "call_hash"]),
    ]
    node = None if Multisig.spec.events is None else Multisig.spec.events.node
    assert isinstance(node, Variant)
    executed = node.variants[2]
    assert (executed.name, executed.index) == ("MultisigExecuted", 2)
    result = executed.fields[-1].node
    assert isinstance(result, Variant)
    assert result.path == ("Result",)
    assert [(each.name, each.index) for each in result.variants] == [("Ok", 0), ("Err", 1)]
    assert [param.name for param in result.params] == ["T", "E"]


def test_bytes(stage: Stage) -> None:
    event = MultisigExecuted(BOB, FIRST, MULTI, bytes(32), Ok())
    codec = Multisig.spec.events
    assert codec is not None
    expected = bytes([2]) + BOB + bytes([1, 0, 0, 0, 0, 0, 0, 0]) + MULTI + bytes(33)
    assert codec.encode(event) == expected
    assert codec.decode(expected) == event
    call = stage.make("as_multi", 2, (BOB,), FIRST, stage.give(1), Weight(1, 2))
    begin = bytes([10, 1, 2, 0, 4]) + BOB + bytes([1, 1, 0, 0, 0, 0, 0, 0, 0])
    inner = bytes([6, 3, 0]) + DAVE + bytes([4])
    assert stage.runtime.calls.encode(call) == begin + inner + bytes([4, 8])

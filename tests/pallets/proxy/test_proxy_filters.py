"""No proxy reaches further than its type: not by batches, other proxies, or multisigs."""

from itertools import pairwise

import pytest

from pallets.multisig import compute_multisig_account
from pallets.proxy.declarations import ProxyExecuted, ProxyType
from pallets.proxy.filters import CANCEL_PROXY, MARKET_PALLETS, NON_TRANSFER, is_superset
from pallets.runtime import Runtime, RuntimeConfig
from runtime.errors import CodecError
from runtime.frame import Call
from runtime.frame.call import CALL_DEPTH_MAX
from runtime.frame.dispatch_error import Err, Module, ModuleErrorValue, Ok
from runtime.frame.origin import CallFiltered, Origin
from runtime.host import ReferenceHost
from runtime.primitives import AccountId, Weight
from runtime.state import DictBackend, Overlay
from tests.helpers.mock_runtime import ALICE, BOB, CHARLIE, DAVE, signed, to
from tests.helpers.noop import assert_noop
from tests.pallets.proxy.stage import Stage

FILTERED = ProxyExecuted(Err(Module(ModuleErrorValue(0, bytes((CallFiltered.INDEX, 0, 0, 0))))))
DONE = ProxyExecuted(Ok())
NARROW = (ProxyType.NON_TRANSFER, ProxyType.MARKET, ProxyType.CANCEL_PROXY)
BIG = Weight(10**11, 10**6)


@pytest.fixture
def stage() -> Stage:
    return Stage()


@pytest.mark.parametrize("proxy_type", NARROW)
def test_money_is_out_of_reach(stage: Stage, proxy_type: ProxyType) -> None:
    """Neither straight, nor in a batch in a batch, nor by a wider proxy that it would make."""
    stage.add(ALICE, BOB, proxy_type)
    give = stage.give(300)
    before = stage.get_free(ALICE)
    for call in (
        give,
        stage.batch(give),
        stage.batch(stage.batch(give)),
        stage.make("add_proxy", to(CHARLIE), ProxyType.ANY, 0),
        stage.batch(stage.make("add_proxy", to(BOB), ProxyType.ANY, 0)),
        stage.make("remove_proxies"),
        stage.make("create_pure", ProxyType.ANY, 0, 0),
    ):
        assert stage.act(BOB, ALICE, call) == FILTERED
    assert (stage.get_free(ALICE), stage.get_free(DAVE)) == (before, 1_000)


@pytest.mark.parametrize("proxy_type", NARROW)
def test_accounts_behind_the_account_are_out_of_reach(stage: Stage, proxy_type: ProxyType) -> None:
    """Alice may do everything for Charlie, and is one of a multisig's two: Bob may not."""
    stage.add(CHARLIE, ALICE)
    stage.add(ALICE, BOB, proxy_type)
    multi = compute_multisig_account((ALICE, CHARLIE), 1)
    stage.runtime.dispatch(stage.give(500, multi), signed(DAVE))
    give = stage.give(100)
    others = (CHARLIE,)
    single = stage.runtime.make_call(stage.multisig, "as_multi_threshold_1", others, give)
    several = stage.runtime.make_call(stage.multisig, "as_multi", 2, others, None, give, BIG)
    for call in (
        stage.make("proxy", to(CHARLIE), None, give),
        stage.batch(stage.make("proxy", to(CHARLIE), None, give)),
        stage.make("proxy_announced", to(ALICE), to(CHARLIE), None, give),
        single,
        several,
    ):
        assert stage.act(BOB, ALICE, call) == FILTERED
    assert (stage.get_free(CHARLIE), stage.get_free(multi)) == (
        1_000 - stage.get_held(CHARLIE),
        500,
    )


def test_whoever_may_do_everything_may_do_all_that(stage: Stage) -> None:
    stage.add(CHARLIE, ALICE)
    stage.add(ALICE, BOB)
    nested = stage.batch(stage.make("proxy", to(CHARLIE), None, stage.batch(stage.give(100))))
    assert stage.act(BOB, ALICE, nested) == DONE
    assert stage.get_free(DAVE) == 1_100
    wide = stage.make("add_proxy", to(DAVE), ProxyType.ANY, 0)
    assert stage.act(BOB, ALICE, wide) == DONE


def test_a_limit_is_kept_whatever_account_acts(stage: Stage) -> None:
    """A narrow proxy of an account's wide proxy: the narrow limit holds for the last account."""
    stage.add(CHARLIE, ALICE)
    stage.add(ALICE, BOB)

    class NoMoney:
        def is_allowed(self, call: Call) -> bool:
            return call.pallet_name != "Balances"

    limited = Origin.signed(BOB).narrow(NoMoney())
    assert limited.act_as(ALICE).filters == limited.filters
    inner = stage.make("proxy", to(CHARLIE), None, stage.give(100))
    outer = stage.make("proxy", to(ALICE), None, inner)
    stage.runtime.dispatch(outer, limited)
    assert FILTERED in stage.runtime.get_events()
    assert stage.get_free(CHARLIE) == 1_000 - stage.get_held(CHARLIE)
    with assert_noop(stage.runtime.state, CallFiltered):
        stage.runtime.dispatch(stage.give(1), limited)


def test_a_type_gives_no_more_than_it_has(stage: Stage) -> None:
    stage.add(ALICE, BOB, ProxyType.NON_TRANSFER)
    same = stage.make("add_proxy", to(CHARLIE), ProxyType.NON_TRANSFER, 0)
    assert stage.act(BOB, ALICE, same) == DONE
    less = stage.make("add_proxy", to(CHARLIE), ProxyType.CANCEL_PROXY, 0)
    assert stage.act(BOB, ALICE, stage.batch(less)) == DONE
    assert stage.act(BOB, ALICE, stage.remark()) == DONE
    assert stage.act(CHARLIE, ALICE, stage.remark(), ProxyType.CANCEL_PROXY) == FILTERED
    other = stage.make("remove_proxy", to(CHARLIE), ProxyType.MARKET, 0)
    assert stage.act(BOB, ALICE, other) == FILTERED


def test_the_watchman_stops_announcements(stage: Stage) -> None:
    stage.add(ALICE, BOB, delay=10)
    stage.add(ALICE, CHARLIE, ProxyType.CANCEL_PROXY)
    hashed = stage.hash(stage.give(1))
    stage.send(BOB, "announce", to(ALICE), hashed)
    reject = stage.make("reject_announcement", to(BOB), hashed)
    assert stage.act(CHARLIE, ALICE, stage.batch(reject)) == FILTERED
    assert stage.act(CHARLIE, ALICE, reject) == DONE
    assert stage.get_held(BOB) == 0


def test_supersets() -> None:
    wider = [(a, b) for a in ProxyType for b in ProxyType if a is not b and is_superset(a, b)]
    assert wider == [
        *((ProxyType.ANY, each) for each in NARROW),
        (ProxyType.NON_TRANSFER, ProxyType.CANCEL_PROXY),
    ]
    assert all(is_superset(each, each) for each in ProxyType)


def test_the_lists_name_calls_that_there_are() -> None:
    runtime = Runtime(Overlay(DictBackend({})), ReferenceHost(), RuntimeConfig(1_000, 10))
    known = {f"{each.spec.name}.{c.name}" for each in runtime.pallets for c in each.spec.calls}
    assert known >= NON_TRANSFER
    assert CANCEL_PROXY <= NON_TRANSFER
    assert {each.spec.name for each in runtime.pallets} >= set(MARKET_PALLETS)
    assert not [name for name in NON_TRANSFER if name.startswith(("Balances.", "Market."))]


def test_proxies_nest_as_deep_as_calls(stage: Stage) -> None:
    chain = [ALICE, BOB, CHARLIE, DAVE]
    for real, delegate in pairwise(chain):
        stage.add(real, delegate)
    call = stage.give(100, AccountId(b"x" * 32))
    for real in chain[:-2]:
        call = stage.make("proxy", to(real), None, call)
    assert stage.act(DAVE, CHARLIE, call) == DONE
    assert stage.get_free(ALICE) == 900 - stage.get_held(ALICE)
    for _ in range(CALL_DEPTH_MAX - len(chain) + 2):
        call = stage.make("proxy", to(ALICE), None, call)
    with pytest.raises(CodecError, match="nested deeper"):
        stage.make("proxy", to(ALICE), None, call)

"""Proxies: who may call for whom, what is held for it, and what comes back."""

import pytest

from pallets.proxy import Proxy, compute_pure_account
from pallets.proxy.declarations import (
    Announced,
    Duplicate,
    NoPermission,
    NoSelfProxy,
    NotFound,
    NotProxy,
    ProxyAdded,
    ProxyDefinition,
    ProxyExecuted,
    ProxyRemoved,
    ProxyType,
    PureCreated,
    TooMany,
    Unannounced,
)
from pallets.weights import proxy as weights
from runtime.codec.typeinfo import Variant
from runtime.errors import BadOrigin, FundsUnavailable
from runtime.frame import Origin
from runtime.frame.dispatch_error import Err, Ok, Token, TokenErrorKind
from runtime.primitives import AccountId, Hash
from tests.helpers.account_pallets import PROXY_TERMS
from tests.helpers.mock_runtime import ALICE, BOB, CHARLIE, DAVE, EVE, signed, to
from tests.helpers.noop import assert_noop
from tests.pallets.proxy.stage import Stage

ONE, TWO = (PROXY_TERMS.proxy_base + n * PROXY_TERMS.proxy_factor for n in (1, 2))
SAID_ONE, SAID_TWO = (
    PROXY_TERMS.announcement_base + n * PROXY_TERMS.announcement_factor for n in (1, 2)
)


@pytest.fixture
def stage() -> Stage:
    return Stage()


def test_a_proxy_calls_for_another(stage: Stage) -> None:
    stage.add(ALICE, BOB)
    assert stage.take_own_events() == [ProxyAdded(ALICE, BOB, ProxyType.ANY, 0)]
    assert (stage.get_held(ALICE), stage.get_free(ALICE)) == (ONE, 1_000 - ONE)
    assert stage.act(BOB, ALICE, stage.give(300)) == ProxyExecuted(Ok())
    assert (stage.get_free(ALICE), stage.get_free(BOB)) == (700 - ONE, 1_000)
    assert stage.get_free(DAVE) == 1_300
    refused = stage.act(BOB, ALICE, stage.give(700))
    assert refused == ProxyExecuted(Err(Token(TokenErrorKind.FUNDS_UNAVAILABLE)))
    stage.runtime.try_state()


def test_nobody_else_does(stage: Stage) -> None:
    stage.add(ALICE, BOB, ProxyType.MARKET)
    for who, real, wanted in (
        (CHARLIE, ALICE, None),
        (ALICE, BOB, None),
        (BOB, ALICE, ProxyType.ANY),
        (BOB, CHARLIE, None),
    ):
        with assert_noop(stage.runtime.state, NotProxy):
            stage.send(who, "proxy", to(real), wanted, stage.give(1))
    stage.send(ALICE, "remove_proxy", to(BOB), ProxyType.MARKET, 0)
    with assert_noop(stage.runtime.state, NotProxy):
        stage.send(BOB, "proxy", to(ALICE), None, stage.give(1))


def test_deposits_follow_the_list(stage: Stage) -> None:
    stage.add(ALICE, DAVE)
    stage.add(ALICE, BOB, ProxyType.MARKET, 5)
    assert stage.get_held(ALICE) == TWO
    stage.add(ALICE, BOB)
    proxies, deposit = stage.pallet.proxies[ALICE]
    assert proxies == (
        ProxyDefinition(BOB, ProxyType.ANY, 0),
        ProxyDefinition(BOB, ProxyType.MARKET, 5),
        ProxyDefinition(DAVE, ProxyType.ANY, 0),
    )
    assert deposit == stage.get_held(ALICE)
    stage.runtime.try_state()
    stage.runtime.take_events()
    stage.send(ALICE, "remove_proxy", to(BOB), ProxyType.ANY, 0)
    assert stage.take_own_events() == [ProxyRemoved(ALICE, BOB, ProxyType.ANY, 0)]
    assert stage.get_held(ALICE) == TWO
    stage.send(ALICE, "remove_proxies")
    assert (stage.get_held(ALICE), stage.get_free(ALICE)) == (0, 1_000)
    assert ALICE not in stage.pallet.proxies
    stage.runtime.try_state()


def test_what_a_list_refuses(stage: Stage) -> None:
    state = stage.runtime.state
    with assert_noop(state, NoSelfProxy):
        stage.add(ALICE, ALICE)
    with assert_noop(state, NotFound):
        stage.send(ALICE, "remove_proxy", to(BOB), ProxyType.ANY, 0)
    stage.add(ALICE, BOB)
    with assert_noop(state, Duplicate):
        stage.add(ALICE, BOB)
    with assert_noop(state, NotFound):
        stage.send(ALICE, "remove_proxy", to(BOB), ProxyType.ANY, 1)
    stage.add(ALICE, BOB, delay=1)
    stage.add(ALICE, CHARLIE)
    with assert_noop(state, TooMany):
        stage.add(ALICE, DAVE)
    poor = AccountId(b"p" * 32)
    stage.runtime.dispatch(stage.give(100 + ONE - 1, poor), signed(DAVE))
    with assert_noop(state, FundsUnavailable):
        stage.add(poor, BOB)


# --- accounts without a key


def test_a_pure_account_is_its_makers(stage: Stage) -> None:
    stage.send(ALICE, "create_pure", ProxyType.ANY, 0, 7)
    pure = compute_pure_account(ALICE, ProxyType.ANY, 7, 1, 0)
    assert stage.take_own_events() == [PureCreated(pure, ALICE, ProxyType.ANY, 7)]
    assert (stage.get_held(ALICE), stage.get_held(pure)) == (ONE, 0)
    with assert_noop(stage.runtime.state, Duplicate):
        stage.send(ALICE, "create_pure", ProxyType.ANY, 0, 7)
    stage.send(ALICE, "create_pure", ProxyType.ANY, 0, 8)
    stage.runtime.dispatch(stage.give(500, pure), signed(BOB))
    assert stage.act(ALICE, pure, stage.give(300, EVE)) == ProxyExecuted(Ok())
    assert (stage.get_free(pure), stage.get_free(EVE)) == (200, 300)
    with assert_noop(stage.runtime.state, NotProxy):
        stage.send(BOB, "proxy", to(pure), None, stage.give(1))
    stage.runtime.try_state()


def test_a_pure_account_ends_by_itself_alone(stage: Stage) -> None:
    stage.send(ALICE, "create_pure", ProxyType.ANY, 0, 0)
    pure = compute_pure_account(ALICE, ProxyType.ANY, 0, 1, 0)
    with assert_noop(stage.runtime.state, NoPermission):
        stage.send(ALICE, "kill_pure", to(ALICE), ProxyType.ANY, 0, 1, 0)
    for wrong in ((BOB, 0, 1, 0), (ALICE, 1, 1, 0), (ALICE, 0, 2, 0), (ALICE, 0, 1, 1)):
        who, index, height, ext_index = wrong
        args = to(who), ProxyType.ANY, index, height, ext_index
        kill = stage.make("kill_pure", *args)
        with assert_noop(stage.runtime.state, NoPermission):
            stage.runtime.dispatch(kill, signed(pure))
    kill = stage.make("kill_pure", to(ALICE), ProxyType.ANY, 0, 1, 0)
    assert stage.act(ALICE, pure, kill) == ProxyExecuted(Ok())
    assert (stage.get_held(ALICE), pure in stage.pallet.proxies) == (0, False)
    stage.runtime.try_state()


def test_what_a_pure_account_pays_itself_comes_back_to_it(stage: Stage) -> None:
    """The maker's deposit is the last to go, and goes to the maker, however the list ends."""
    stage.send(ALICE, "create_pure", ProxyType.ANY, 0, 0)
    pure = compute_pure_account(ALICE, ProxyType.ANY, 0, 1, 0)
    stage.runtime.dispatch(stage.give(500, pure), signed(BOB))
    stage.act(ALICE, pure, stage.make("add_proxy", to(BOB), ProxyType.ANY, 0))
    assert (stage.get_held(ALICE), stage.get_held(pure)) == (ONE, TWO - ONE)
    stage.runtime.try_state()
    stage.act(BOB, pure, stage.make("remove_proxy", to(ALICE), ProxyType.ANY, 0))
    assert (stage.get_held(ALICE), stage.get_held(pure)) == (ONE, 0)
    stage.runtime.try_state()
    stage.act(BOB, pure, stage.make("remove_proxies"))
    assert (stage.get_held(ALICE), stage.get_held(pure), stage.get_free(pure)) == (0, 0, 500)
    stage.runtime.try_state()


# --- announcements


def test_a_delay_must_pass_first(stage: Stage) -> None:
    call, state = stage.give(300), stage.runtime.state
    hashed = stage.hash(call)
    stage.add(ALICE, BOB, delay=10)
    with assert_noop(state, Unannounced):
        stage.send(BOB, "proxy", to(ALICE), None, call)
    with assert_noop(state, Unannounced):
        stage.send(CHARLIE, "proxy_announced", to(BOB), to(ALICE), None, call)
    stage.runtime.take_events()
    stage.send(BOB, "announce", to(ALICE), hashed)
    assert stage.take_own_events() == [Announced(ALICE, BOB, hashed)]
    assert stage.get_held(BOB) == SAID_ONE
    stage.pass_blocks(9)
    with assert_noop(state, Unannounced):
        stage.send(CHARLIE, "proxy_announced", to(BOB), to(ALICE), None, call)
    stage.pass_blocks(1)
    with assert_noop(state, Unannounced):
        stage.send(CHARLIE, "proxy_announced", to(BOB), to(ALICE), None, stage.give(301))
    with assert_noop(state, NotProxy):
        stage.send(CHARLIE, "proxy_announced", to(CHARLIE), to(ALICE), None, call)
    stage.send(CHARLIE, "proxy_announced", to(BOB), to(ALICE), None, call)
    assert stage.take_own_events() == [ProxyExecuted(Ok())]
    assert (stage.get_free(DAVE), stage.get_held(BOB), stage.get_free(BOB)) == (1_300, 0, 1_000)
    with assert_noop(state, Unannounced):
        stage.send(CHARLIE, "proxy_announced", to(BOB), to(ALICE), None, call)
    stage.runtime.try_state()


def test_announcements_are_taken_back_or_stopped(stage: Stage) -> None:
    call, state = stage.hash(stage.give(1)), stage.runtime.state
    stage.add(ALICE, BOB, delay=10)
    stage.add(CHARLIE, BOB, delay=10)
    with assert_noop(state, NotProxy):
        stage.send(BOB, "announce", to(DAVE), call)
    stage.send(BOB, "announce", to(ALICE), call)
    stage.send(BOB, "announce", to(CHARLIE), call)
    assert stage.get_held(BOB) == SAID_TWO
    with assert_noop(state, TooMany):
        stage.send(BOB, "announce", to(ALICE), call)
    with assert_noop(state, NotFound):
        stage.send(BOB, "remove_announcement", to(DAVE), call)
    with assert_noop(state, NotFound):
        stage.send(BOB, "remove_announcement", to(ALICE), Hash.zero())
    with assert_noop(state, NotFound):
        stage.send(DAVE, "reject_announcement", to(BOB), call)
    stage.runtime.try_state()
    stage.send(ALICE, "reject_announcement", to(BOB), call)
    assert stage.get_held(BOB) == SAID_ONE
    stage.pass_blocks(10)
    with assert_noop(state, Unannounced):
        stage.send(BOB, "proxy_announced", to(BOB), to(ALICE), None, stage.give(1))
    stage.send(BOB, "remove_announcement", to(CHARLIE), call)
    assert (stage.get_held(BOB), BOB in stage.pallet.announcements) == (0, False)
    stage.runtime.try_state()


def test_only_the_signed_call(stage: Stage) -> None:
    call, hashed = stage.give(1), Hash.zero()
    made = (
        stage.make("proxy", to(ALICE), None, call),
        stage.make("proxy_announced", to(BOB), to(ALICE), None, call),
        stage.make("add_proxy", to(BOB), ProxyType.ANY, 0),
        stage.make("remove_proxy", to(BOB), ProxyType.ANY, 0),
        stage.make("remove_proxies"),
        stage.make("create_pure", ProxyType.ANY, 0, 0),
        stage.make("kill_pure", to(ALICE), ProxyType.ANY, 0, 0, 0),
        stage.make("announce", to(ALICE), hashed),
        stage.make("remove_announcement", to(ALICE), hashed),
        stage.make("reject_announcement", to(BOB), hashed),
    )
    assert len(made) == len(Proxy.spec.calls)
    for each in made:
        for origin in (Origin.root(), Origin.none()):
            with assert_noop(stage.runtime.state, BadOrigin):
                stage.runtime.dispatch(each, origin)


def test_weight_is_its_own_and_the_calls(stage: Stage) -> None:
    call = stage.give(1)
    inner = call.get_dispatch_info().weight
    single = stage.make("proxy", to(ALICE), None, call)
    assert single.get_dispatch_info().weight == weights.PROXY + inner
    announced = stage.make("proxy_announced", to(BOB), to(ALICE), None, call)
    assert announced.get_dispatch_info().weight == weights.PROXY_ANNOUNCED + inner + inner


# --- the wire


def test_wire() -> None:
    calls = [(c.index, c.name, [name for name, _ in c.params]) for c in Proxy.spec.calls]
    assert calls == [
        (0, "proxy", ["real", "force_proxy_type", "call"]),
        (1, "add_proxy", ["delegate", "proxy_type", "delay"]),
        (2, "remove_proxy", ["delegate", "proxy_type", "delay"]),
        (3, "remove_proxies", []),
        (4, "create_pure", ["proxy_type", "delay", "index"]),
        (5, "kill_pure", ["spawner", "proxy_type", "index", "height", "ext_index"]),
        (6, "announce", ["real", "call_hash"]),
        (7, "remove_announcement", ["real", "call_hash"]),
        (8, "reject_announcement", ["delegate", "call_hash"]),
        (9, "proxy_announced", ["delegate", "real", "force_proxy_type", "call"]),
    ]
    node = None if Proxy.spec.events is None else Proxy.spec.events.node
    assert isinstance(node, Variant)
    events = [(each.name, each.index) for each in node.variants]
    assert events == [
        ("ProxyExecuted", 0),
        ("PureCreated", 1),
        ("Announced", 2),
        ("ProxyAdded", 3),
        ("ProxyRemoved", 4),
    ]


def test_the_pure_account_is_the_hash_that_wallets_compute() -> None:
    """By hand: the tag, who, the block, the extrinsic, the type, the index, all as SCALE."""
    from hashlib import blake2b

    raw = b"modlpy/proxy____" + ALICE + bytes([5, 1, 0, 0, 2, 0, 0, 0, 3, 9, 0])
    expected = blake2b(raw, digest_size=32).digest()
    assert compute_pure_account(ALICE, ProxyType.MARKET, 9, 261, 2) == expected

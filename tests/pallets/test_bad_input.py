"""Bad input for every call: refused with a typed error, and only a fee and a nonce change.

A walk makes calls that would succeed; each is spoiled in every way that `Trials` knows, and where
it is refused it must leave no trace. Where a spoiled call may succeed, this page names it.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from random import Random
from typing import TypeAlias

import pytest

from runtime.address import Id
from runtime.frame import Call
from runtime.frame.call import CallSpec
from runtime.primitives import UNIT, AccountId
from tests.helpers.bad_input import LONG_AFTER, OK, STRANGER, Trials, bend
from tests.helpers.chain_stage import ChainStage, make_call
from tests.helpers.economy import ALICE, BOB, MODEL_OWNER
from tests.helpers.economy_books import ensure_money_adds_up
from tests.helpers.endings import iter_unfinished, poke_everything
from tests.helpers.walk import Walk
from tests.helpers.walk_scene import ARGUMENTS, POOLS
from tests.helpers.walk_values import Values
from tests.pallets.test_all_calls import ELSEWHERE, ROOTS, get_scene, list_calls

Findings: TypeAlias = dict[str, defaultdict[str, Counter[str]]]
"""By the way in which calls were spoiled, and by call: what came of it how often."""

WAYS = ("stranger", "late", "again", "without bonds", "names nothing", "bent", "fees", "unfinished")
SEEDS_MAX = 4
STEPS_MAX = 900
BLOCKS_PART = 0.12
DRAWS = 60

AGES = 4
"""A proposal is decided, then lapses; a job that recurs has a few runs."""

LAST = ("Balances.transfer_all", "Balances.burn", "Registry.retire", "Registry.transfer")
"""These end what others go on from: they are spoiled, and not made."""

WALKS: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...] = (
    (("Market", "Work"), ()),
    (("Verify",), ("Market.post", "Market.lock", "Market.submit", "Market.accept", "Market.bid")),
    (("Leases",), ()),
    (("Rounds",), ()),
    (("Pools",), ("Registry.put_blob",)),
    (("Vault",), ()),
    (("Rights", "Assets"), ()),
    (("Proxy", "Preimage", "Multisig", "Governance", "Utility"), ()),
    (("Registry", "Bonds", "Balances", "System"), ()),
)
"""Pallets whose calls go on from each other's, and calls of others that those need."""

OF_EMPTY_LISTS = ("Utility.batch", "Utility.batch_all", "Balances.upgrade_accounts")
"""An empty list has no parts to bend."""

NAMES = ("job", "record", "provider", "asset", "lease", "order", "proposal", "offer", "number")
"""Arguments that name a thing by its number."""

OPEN_TO_ALL = {
    "System": "remark remark_with_event",
    "Utility": "batch batch_all force_batch",
    "Balances": "transfer_allow_death transfer_keep_alive transfer_all upgrade_accounts burn",
    "Multisig": "as_multi_threshold_1 as_multi approve_as_multi",
    "Proxy": "add_proxy remove_proxies create_pure proxy_announced",
    "Preimage": "note_preimage",
    "Assets": "create approve poke",
    "Registry": "register put_blob attest revoke",
    "Rights": "buy buy_resold",
    "Market": "post poke drop_bids recur renew",
    "Verify": "check challenge_pixel prove_tile demand_tile answer_tile poke",
    "Work": "claim_era",
    "Governance": "propose place_decision_deposit vote delegate unlock",
    "Leases": "start_lease poke",
    "Rounds": "post poke",
    "Vault": "order poke",
    "Pools": "open commit score poke",
}
"""What anybody may do who has the money: own things, duties of nobody, and `poke`."""

TIMELESS = {
    "System": "remark remark_with_event",
    "Utility": "batch batch_all force_batch",
    "Balances": "transfer_allow_death transfer_keep_alive transfer_all upgrade_accounts burn",
    "Multisig": "as_multi_threshold_1 as_multi approve_as_multi cancel_as_multi",
    "Proxy": "proxy add_proxy remove_proxy remove_proxies create_pure announce remove_announcement"
    " reject_announcement proxy_announced",
    "Preimage": "note_preimage unnote_preimage",
    "Assets": "create mint burn transfer approve transfer_from freeze set_owner destroy poke",
    "Registry": "register heartbeat retire put_blob drop_blob revoke",
    "Rights": "close_offer resell cancel_resale buy_resold stake_shares unstake_shares"
    " claim_revenue redeem_shares",
    "Bonds": "bond unbond cancel_unbond",
    "Market": "post top_up cancel poke rate close unbid accept drop_bids recur renew stop",
    "Verify": "check challenge_pixel prove_tile accept_result poke",
    "Work": "claim_era",
    "Governance": "propose vote remove_vote delegate undelegate unlock",
    "Leases": "withdraw_offer poke",
    "Rounds": "post poke close",
    "Vault": "withdraw close poke",
    "Pools": "open claim_shares poke close",
}
"""What may be done however late; a wrong result is proven until somebody has it judged."""

REPEATABLE = {
    "System": "remark remark_with_event",
    "Utility": "batch batch_all force_batch",
    "Balances": "transfer_allow_death transfer_keep_alive transfer_all upgrade_accounts burn",
    "Multisig": "as_multi_threshold_1",
    "Proxy": "proxy remove_proxies create_pure announce",
    "Assets": "create mint burn transfer approve transfer_from freeze",
    "Registry": "register update heartbeat attest",
    "Rights": "offer buy resell stake_shares unstake_shares",
    "Bonds": "bond unbond cancel_unbond",
    "Market": "post top_up bid accept recur",
    "Governance": "propose vote",
    "Leases": "post_offer start_lease top_up",
    "Rounds": "post",
    "Vault": "offer order",
    "Pools": "open",
}
"""What may be done twice."""

NEEDS_A_BOND = {
    "Bonds.unbond": "LockedFunds",
    "Leases.accept_lease": "BondTooLow",
    "Market.bid": "BondTooLow",
    "Market.lock": "BondTooLow",
    "Rounds.join": "BelowMinimum",
    "Vault.order": "BondTooLow",
}
"""What is refused, and how, where bonds have nothing free."""

FULFILS = {
    *("Market.submit", "Leases.por_respond", "Vault.deliver", "Verify.answer_tile"),
    *("Rounds.commit", "Rounds.reveal", "Rounds.reveal_gold"),
    *("Pools.reveal", "Pools.show_validation"),
}
"""What fulfils a duty that a bond or a deposit stands for: it costs no fee."""

PROVES = {
    *("Verify.check", "Verify.challenge_pixel", "Verify.prove_tile"),
    *("Vault.dispute_key", "Vault.dispute_chunk", "Pools.score", "Work.claim_era"),
    *("Market.renew", "Governance.enact"),
}
"""What may cost none, since it does everybody a service."""

MADE_UP = {
    "Timestamp.set": "invalid: MandatoryValidation",
    "Work.note_block_work": "invalid: MandatoryValidation",
    "Governance.poke": "UnknownProposal",
    "Governance.enact": "UnknownProposal",
    "Governance.close": "UnknownProposal",
    "Treasury.payout": "UnknownSpend",
    "Bonds.withdraw": "NotBonded",
    "Proxy.kill_pure": "NoPermission",
}
"""What calls that walks do not reach are refused with; those that votes make, `BadOrigin`."""


# --- everything, spoiled


def collect(pallets: Sequence[str], helping: Sequence[str]) -> Findings:
    """What came of the calls of some pallets."""
    found: Findings = {way: defaultdict(Counter) for way in WAYS}
    wanted = list_wanted(pallets)
    for seed in range(SEEDS_MAX):
        left = sorted(wanted - found["stranger"].keys())
        if left:
            spoil(seed, left, (*sorted(wanted), *helping), found)
    return found


def list_wanted(pallets: Sequence[str]) -> set[str]:
    calls = list_calls(get_scene())
    return {f"{each}.{name}" for each in pallets for name in calls[each]} - set(ELSEWHERE)


def spoil(seed: int, wanted: Sequence[str], made: Sequence[str], found: Findings) -> None:
    """A walk of some calls, the rarest first, in which each that is wanted is spoiled once."""
    rng, chain = Random(seed), get_scene().copy()
    chain.begin_block(BOB)
    pass_blocks(chain, 1)
    funds = make_call("Balances", "transfer_keep_alive", Id(STRANGER), 2_000 * UNIT)
    assert chain.apply(MODEL_OWNER, funds).error is None
    walked, tried = Walk(chain, POOLS, ARGUMENTS, seed), Counter[str]()
    calls, left = list_calls(chain), set(wanted)
    for _ in range(STEPS_MAX):
        if not left:
            break
        if rng.random() < BLOCKS_PART:
            pass_blocks(chain, rng.choice((1, 1, 2, 3, 12)))
        name = min(made, key=lambda each: (tried[each], rng.random()))
        tried[name] += 1
        pallet, _, bare = name.partition(".")
        chosen = walked.choose(pallet, calls[pallet][bare])
        if chosen is None or not walked.is_possible(*chosen):
            continue
        if name in left:
            left.remove(name)
            spoil_call(Trials(chain), chosen, name, found)
        if name not in LAST:
            walked.send(*chosen)
    ensure_all_ends(chain, found)
    chain.end_block()
    chain.try_state()


def ensure_all_ends(chain: ChainStage, found: Findings) -> None:
    """When nobody has done anything for long, pokes of a stranger end what is left."""
    runtime = chain.runtime
    mark = runtime.state.mark()
    found["unfinished"]["before"].update(name for name, _ in iter_unfinished(runtime))
    for _ in range(AGES):
        runtime.system.number.put(runtime.system.number.get() + LONG_AFTER)
        poke_everything(runtime, STRANGER)
    found["unfinished"]["after"].update(name for name, _ in iter_unfinished(runtime))
    ensure_money_adds_up(runtime)
    runtime.state.rollback_to(mark)


def pass_blocks(chain: ChainStage, count: int) -> None:
    """So many blocks pass; the next one has room for all that is tried in it."""
    for _ in range(count):
        chain.next_block(BOB)
    system = chain.runtime.system
    limits = system.block_weights.per_class
    roomy = replace(limits, normal=replace(limits.normal, max_total=None))
    system.block_weights = replace(system.block_weights, per_class=roomy)


def spoil_call(trials: Trials, chosen: tuple[AccountId, Call], name: str, found: Findings) -> None:
    who, call = chosen
    found["stranger"][name][trials.send(STRANGER, call)] += 1
    found["late"][name][trials.send_late(who, call)] += 1
    found["again"][name][trials.send_again(who, call)] += 1
    found["without bonds"][name][trials.send_without_bonds(who, call)] += 1
    found["fees"][name]["free" if trials.get_fee(who, call) == 0 else "paid"] += 1
    for path, value, bent in bend(call):
        outcome = trials.send(who, bent)
        found["bent"][name][outcome] += 1
        if path in NAMES and value == (1 << 64) - 1:
            found["names nothing"][name][outcome] += 1


# --- what must be refused


@pytest.mark.parametrize("pallets, helping", WALKS, ids=lambda part: "-".join(part[:2]))
def test_spoiled_calls_are_refused_without_a_trace(
    pallets: tuple[str, ...], helping: tuple[str, ...]
) -> None:
    found, wanted = collect(pallets, helping), list_wanted(pallets)
    for way in ("stranger", "late", "again", "without bonds"):
        assert found[way].keys() == wanted, way
    for way, table in (("stranger", OPEN_TO_ALL), ("late", TIMELESS), ("again", REPEATABLE)):
        assert list_successes(found[way]) <= set(iter_names(table)), way
    assert list_successes(found["names nothing"]) == set()
    for name in NEEDS_A_BOND.keys() & wanted:
        assert found["without bonds"][name].keys() == {NEEDS_A_BOND[name]}, name
    assert not found["unfinished"]["after"]
    free = {name for name, fees in found["fees"].items() if fees["free"] > 0}
    assert FULFILS & wanted <= free <= FULFILS | PROVES
    bendable = {name for name in wanted if list_all()[name].params} - set(OF_EMPTY_LISTS)
    assert bendable <= found["bent"].keys()


def test_tables_name_calls_that_there_are() -> None:
    for table in (OPEN_TO_ALL, TIMELESS, REPEATABLE):
        assert set(iter_names(table)) <= list_all().keys()
    assert {*NEEDS_A_BOND, *OF_EMPTY_LISTS} <= list_all().keys()


def test_every_call_has_its_turn() -> None:
    walked = [name for pallets, _ in WALKS for name in list_wanted(pallets)]
    assert sorted(walked) == sorted(list_all().keys() - set(ELSEWHERE))


def iter_names(table: Mapping[str, str]) -> Iterator[str]:
    for pallet, names in table.items():
        yield from (f"{pallet}.{name}" for name in names.split())


def list_successes(outcomes: Mapping[str, Counter[str]]) -> set[str]:
    return {name for name, found in outcomes.items() if found[OK] > 0}


def list_all() -> dict[str, CallSpec]:
    calls = list_calls(get_scene())
    return {f"{pallet}.{name}": spec for pallet in calls for name, spec in calls[pallet].items()}


# --- what walks do not reach


def draw_calls(chain: ChainStage, pallet: str, name: str) -> Iterator[Call]:
    (spec,) = [
        spec
        for each in chain.runtime.pallets
        if each.spec.name == pallet
        for spec in each.spec.calls
        if spec.name == name
    ]
    values = Values(Random(name), POOLS, chain.runtime, pallet)
    for _ in range(DRAWS):
        yield make_call(pallet, name, *values.draw_all(spec.params))


@pytest.mark.parametrize(
    "name", [*ELSEWHERE, *(f"{pallet}.{name}" for pallet in ROOTS for name in ROOTS[pallet])]
)
def test_made_up_arguments_change_nothing(name: str) -> None:
    chain = get_scene().copy()
    chain.begin_block(BOB)
    trials, outcomes = Trials(chain), set[str]()
    for call in draw_calls(chain, *name.split(".")):
        outcomes.add(trials.send(ALICE, call))
    assert outcomes == {MADE_UP.get(name, "BadOrigin")}


@pytest.mark.parametrize("name", [f"{each}.{name}" for each in ROOTS for name in ROOTS[each]])
def test_votes_cannot_exceed_types_and_bounds(name: str) -> None:
    """Bent as the others, from root: refused without a trace, or done."""
    chain = get_scene().copy()
    chain.begin_block(BOB)
    trials = Trials(chain)
    calls = draw_calls(chain, *name.split("."))
    call = next((each for each in calls if trials.send_as_root(each) == OK), None)
    if call is None:
        call = next(draw_calls(chain, *name.split(".")))
    for _, _, bent in bend(call):
        trials.send_as_root(bent)

"""Every call of every pallet, in walks of many blocks: no defect, and money adds up.

A call that fails leaves a fee and a nonce; after each block every invariant holds; the blocks alone
lead another node to the same state.
"""

from collections import Counter
from functools import cache
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runtime.frame.call import CallSpec
from tests.helpers.chain_stage import ChainStage, execute_again
from tests.helpers.economy import BOB
from tests.helpers.walk import Walk
from tests.helpers.walk_scene import ARGUMENTS, POOLS, make_scene
from tests.helpers.weight_claims import GROUPS

STEPS = 120
BLOCKS_PART = 0.15
ROOTS = {
    "Balances": ("force_transfer", "force_unreserve", "force_set_balance"),
    "Preimage": ("request_preimage", "unrequest_preimage"),
    "Governance": ("cancel", "kill"),
    "Treasury": ("spend", "void_spend"),
    "Parameters": ("set_param",),
    "Scheduler": (
        *("schedule", "cancel", "schedule_named", "cancel_named", "schedule_after"),
        "schedule_named_after",
    ),
}
"""Calls that a vote makes, and nobody by himself."""

ELSEWHERE = {
    "Timestamp.set": "an inherent: every block has it",
    "Work.note_block_work": "an inherent: every block has it",
    "Governance.poke": "a decision takes thousands of blocks",
    "Governance.enact": "a decision takes thousands of blocks",
    "Governance.close": "a decision takes thousands of blocks",
    "Treasury.payout": "promises are made by votes",
    "Bonds.withdraw": "a bond takes hundreds of blocks to leave",
    "Balances.force_adjust_total_issuance": "it mends a chain whose books are wrong",
    "Proxy.kill_pure": "it names the place in the chain where the account was made",
}
"""What walks do not reach, and why; the pallets' own models do."""


@cache
def get_scene() -> ChainStage:
    return make_scene()


def list_calls(chain: ChainStage) -> dict[str, dict[str, CallSpec]]:
    """Calls by pallet and name, but those of `ROOTS`."""
    return {
        pallet.spec.name: {
            each.name: each
            for each in pallet.spec.calls
            if each.name not in ROOTS.get(pallet.spec.name, ())
        }
        for pallet in chain.runtime.pallets
    }


def walk(seed: int, *groups: tuple[str, ...]) -> Counter[str]:
    """Calls of some pallets in any order, and blocks that pass; how often which succeeded."""
    rng, chain = Random(seed), get_scene().copy()
    first = dict(chain.entries)
    chain.begin_block(BOB)
    walked, calls = Walk(chain, POOLS, ARGUMENTS, seed), list_calls(chain)
    focus = [pallet for group in groups for pallet in group]
    ready = [each.split(".") for each in ARGUMENTS if each.split(".")[0] in focus]
    for _ in range(STEPS):
        if rng.random() < BLOCKS_PART:
            walked.pass_blocks(rng.choice((1, 1, 1, 2, 2, 4, 12)))
        if ready and rng.random() < 0.5:
            pallet, name = rng.choice(ready)
        else:
            pallet = rng.choice(focus)
            name = rng.choice(sorted(calls[pallet]))
        walked.step(pallet, calls[pallet][name])
    walked.pass_blocks(1)
    chain.end_block()
    assert execute_again(first, chain.blocks) == chain.entries
    return walked.succeeded


@pytest.mark.stateful
@given(st.integers(0, 2**32 - 1), st.sampled_from(GROUPS), st.sampled_from(GROUPS))
@settings(max_examples=settings().max_examples // 25)
def test_a_walk_leaves_everything_in_order(
    seed: int, group: tuple[str, ...], other: tuple[str, ...]
) -> None:
    walk(seed, group, other)


def test_walks_go_far() -> None:
    """Most calls succeed somewhere in a walk for each group, so that others can go on from them."""
    succeeded: Counter[str] = Counter()
    for seed, group in enumerate(GROUPS):
        succeeded += walk(seed, group)
    calls = list_calls(get_scene())
    names = {f"{pallet}.{name}" for pallet, found in calls.items() for name in found}
    assert set(ELSEWHERE) <= names
    missed = sorted(names - set(ELSEWHERE) - set(succeeded))
    assert len(missed) <= len(names) // 4, f"never succeeded: {missed}"


@pytest.mark.stateful
@given(st.integers(0, 2**32 - 1))
@settings(max_examples=settings().max_examples // 25)
def test_what_votes_can_do_leaves_everything_in_order(seed: int) -> None:
    rng, chain = Random(seed), get_scene().copy()
    chain.begin_block(BOB)
    walked = Walk(chain, POOLS, ARGUMENTS, seed)
    specs = {
        each.spec.name: {call.name: call for call in each.spec.calls}
        for each in chain.runtime.pallets
    }
    calls = list_calls(chain)
    for _ in range(30):
        pallet = rng.choice(sorted(ROOTS))
        walked.step_as_root(pallet, specs[pallet][rng.choice(ROOTS[pallet])])
        group = rng.choice(sorted(calls))
        if calls[group]:
            walked.step(group, calls[group][rng.choice(sorted(calls[group]))])
        if rng.random() < BLOCKS_PART:
            walked.pass_blocks(2)
    walked.pass_blocks(1)

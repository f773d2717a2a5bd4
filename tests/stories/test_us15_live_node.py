"""US-15 on a live node: whoever is all five people of an inference has lost by it.

Requester, owners of data and model, provider, author and cheat are one party here, which hires
itself on a running node, with a real model; its chain is then opened again and judged.
"""

from collections.abc import Generator

import pytest

from chain.client.typed_state import get_runtime
from chain.node import load_spec
from pallets.bonds.declarations import Slashed
from pallets.market.declarations import Settled
from pallets.runtime_parameters import TREASURY
from pallets.work.declarations import BonusPaid, EraClaimed
from runtime.frame.ai_types import VerifierId
from runtime.primitives import AccountId, Hash
from tests.stories.aftermath import (
    Aftermath,
    compute_told,
    ensure_every_block_holds,
    ensure_restart_agrees,
    open_again,
)
from tests.stories.inference_story import PEOPLE, PROVIDER, Told, tell_story, train_cast
from tests.stories.live_node import get_account

PARTY = frozenset(get_account(name) for name in PEOPLE)


@pytest.fixture(scope="module")
def aftermath(tmp_path_factory: pytest.TempPathFactory) -> Generator[Aftermath[Told]]:
    folder = tmp_path_factory.mktemp("us15")
    told = tell_story(folder, train_cast(), VerifierId.REPLAY)
    with open_again(folder) as client:
        yield Aftermath(told, client)


def read_changes(aftermath: Aftermath[Told]) -> dict[AccountId, int]:
    """How the balance of each account has changed since genesis, holds and fees included."""

    def read(at: Hash) -> dict[AccountId, int]:
        accounts = get_runtime(aftermath.client, at).system.account.items()
        return {who: info.data.total for who, info in accounts}

    before = read(aftermath.client.genesis_hash)
    after = read(aftermath.client.best.value.hash)
    everybody = sorted(before.keys() | after.keys())
    return {who: after.get(who, 0) - before.get(who, 0) for who in everybody}


def test_the_party_made_every_block_and_filled_every_slot(aftermath: Aftermath[Told]) -> None:
    client, author = aftermath.client, get_account(PROVIDER)
    for number in range(1, client.best.value.number + 1):
        pre_digest = client.get_pre_digest(aftermath.get_hash(number))
        assert pre_digest is not None
        assert pre_digest.author == author
    assert {event.provider for event in aftermath.find(Settled)} == {author}


def test_nobody_else_has_paid_it_anything(aftermath: Aftermath[Told]) -> None:
    changes = read_changes(aftermath)
    assert {who for who, change in changes.items() if change} <= PARTY | {TREASURY}
    assert sum(changes.values()) == sum(compute_told([event]) for _, event in aftermath.numbered)


def test_it_has_lost_what_burned_and_what_the_treasury_got(aftermath: Aftermath[Told]) -> None:
    """Mining alone would have earned the same for the same blocks, and cost nothing of it."""
    changes, settled = read_changes(aftermath), aftermath.find(Settled)
    bonus = sum(event.amount for event in aftermath.find(BonusPaid))
    burned = sum(event.burned for event in settled)
    slashed = sum(event.burned for event in aftermath.find(Slashed))
    claims = aftermath.find(EraClaimed)
    fees = sum(aftermath.count_fees(who) for who in PARTY)
    mined = sum(event.amount for event in claims)
    treasury = changes[TREASURY] - sum(event.tithe for event in claims)
    assert 0 < bonus < burned
    assert min(fees, slashed, treasury) > 0
    lost = mined - sum(changes[who] for who in PARTY)
    assert lost == burned - bonus + slashed + treasury + fees


def test_a_restart_and_another_node_find_the_same_and_every_block_holds(
    aftermath: Aftermath[Told],
) -> None:
    ensure_restart_agrees(aftermath.client, aftermath.told.head, aftermath.told.state_root)
    ensure_every_block_holds(aftermath.client, load_spec("dev"))

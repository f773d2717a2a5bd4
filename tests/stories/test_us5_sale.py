"""US-5: encrypted data is sold without a judge, honest people are paid, and cheats lose.

Everything is judged by the chain that a live node left behind, opened again after it stopped.
"""

from collections.abc import Generator
from typing import TypeVar

import pytest

from chain.client.typed_state import get_runtime
from chain.node import load_spec
from pallets.runtime_parameters import TREASURY, VAULT_PARAMS
from pallets.transaction_payment import TransactionFeePaid
from pallets.vault import Fault, declarations
from runtime.frame import Event
from runtime.tensor.chunks import commit_chunks
from tests.stories.aftermath import (
    Aftermath,
    ensure_every_block_holds,
    ensure_restart_agrees,
    open_again,
)
from tests.stories.live_node import find, get_account
from tests.stories.sale_story import (
    ANCESTOR,
    ANCESTOR_BPS,
    BUYER,
    CHEAT,
    LIAR,
    PRICE,
    SELLER,
    SIZE,
    Told,
    tell_story,
)

EventT = TypeVar("EventT", bound=Event)

BOND = PRICE // 2
DEPOSIT = VAULT_PARAMS.order_deposit


@pytest.fixture(scope="module")
def aftermath(tmp_path_factory: pytest.TempPathFactory) -> Generator[Aftermath[Told]]:
    folder = tmp_path_factory.mktemp("us5") / "story"
    told = tell_story(folder)
    with open_again(folder / "node") as client:
        yield Aftermath(told, client)


def test_the_buyer_has_what_was_listed(aftermath: Aftermath[Told]) -> None:
    told = aftermath.told
    assert len(told.bought) == SIZE
    assert told.bought == told.honest.plain
    record = get_runtime(aftermath.client).registry.version[told.honest.record, 1].body
    assert commit_chunks(told.bought).root == getattr(record, "plain_root", None)
    assert told.honest.plain[:64] not in told.honest.package.path.read_bytes()


def test_the_seller_is_paid_after_the_window_and_so_is_the_ancestor(
    aftermath: Aftermath[Told],
) -> None:
    told = aftermath.told
    released = {each.order: each for each in aftermath.find(declarations.Released)}
    parts = released[told.sale]
    royalty, treasury = PRICE * ANCESTOR_BPS // 10_000, PRICE // 100
    paid = PRICE * (9_800 - ANCESTOR_BPS) // 10_000
    assert (parts.royalties, parts.treasury, parts.paid) == (royalty, treasury, paid)
    assert parts.burned == PRICE - royalty - treasury - paid
    delivered = next(e for e in aftermath.find(declarations.Delivered) if e.order == told.sale)
    (number,) = [
        n for n in range(1, aftermath.client.best.value.number + 1) if parts in aftermath.read(n)
    ]
    assert number > delivered.until


def test_a_wrong_key_and_a_wrong_chunk_are_refunded_and_slashed(aftermath: Aftermath[Told]) -> None:
    told = aftermath.told
    for included, fault in (
        (told.wrong_key, Fault.WRONG_KEY),
        (told.wrong_chunk, Fault.WRONG_CHUNK),
    ):
        slashed = find(included, declarations.Slashed)
        assert (slashed.seller, slashed.fault) == (get_account(CHEAT), fault)
        assert (slashed.amount, slashed.to_buyer, slashed.to_treasury) == (
            BOND,
            BOND * 4 // 10,
            BOND * 2 // 10,
        )
        refunded = find(included, declarations.Refunded)
        assert (refunded.buyer, refunded.amount) == (get_account(BUYER), PRICE + DEPOSIT)
        assert find(included, TransactionFeePaid).actual_fee == 0
    assert told.proof_bytes <= 1_600


def test_a_false_dispute_costs_the_buyer(aftermath: Aftermath[Told]) -> None:
    included = aftermath.told.false_dispute
    forfeited = find(included, declarations.Forfeited)
    assert forfeited.buyer == get_account(LIAR)
    assert forfeited.burned + forfeited.to_seller == DEPOSIT
    assert find(included, declarations.Released).price == PRICE
    assert find(included, TransactionFeePaid).actual_fee > 0
    assert aftermath.get_change(get_account(LIAR)) == -PRICE - DEPOSIT


def test_silence_is_refunded(aftermath: Aftermath[Told]) -> None:
    (slashed,) = [e for e in aftermath.find(declarations.Slashed) if e.fault is Fault.SILENCE]
    assert (slashed.order, slashed.amount) == (aftermath.told.silence, BOND // 10)
    assert slashed.to_buyer == BOND // 20


def test_balances_changed_by_exactly_that(aftermath: Aftermath[Told]) -> None:
    royalty = PRICE * ANCESTOR_BPS // 10_000
    paid = PRICE * (9_800 - ANCESTOR_BPS) // 10_000
    expected = {
        SELLER: 2 * paid + DEPOSIT // 2,
        ANCESTOR: 2 * royalty,
        BUYER: -PRICE + 2 * BOND * 4 // 10 + BOND // 20,
        CHEAT: -2 * BOND - BOND // 10,
    }
    assert {name: aftermath.get_change(get_account(name)) for name in expected} == expected
    treasury = 2 * PRICE // 100 + 2 * BOND * 2 // 10
    assert aftermath.get_change(TREASURY) == treasury


def test_a_restart_and_another_node_find_the_same_and_every_block_holds(
    aftermath: Aftermath[Told],
) -> None:
    ensure_restart_agrees(aftermath.client, aftermath.told.head, aftermath.told.state_root)
    ensure_every_block_holds(aftermath.client, load_spec("dev"))

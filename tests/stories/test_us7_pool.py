"""US-7: data of many is paid by what it teaches, copies and noise earn nothing, and a sale pays.

Everything is judged by the chain that a live node left behind, opened again after it stopped.
"""

from collections.abc import Generator

import numpy as np
import pytest

from chain.client.typed_state import get_runtime
from chain.node import load_spec
from chain.wallet.pooling import read_pool
from pallets.pools import Judge, Phase, Seat, SeatState, declarations, get_pot
from pallets.pools.examples import load_examples
from pallets.pools.judging import compute_right
from pallets.rights import declarations as rights
from pallets.runtime_parameters import POOL_PARAMS
from pallets.transaction_payment import TransactionFeePaid
from pallets.vault import declarations as vault
from runtime.programs import ReferenceRunner
from tests.stories.aftermath import (
    Aftermath,
    ensure_every_block_holds,
    ensure_restart_agrees,
    open_again,
)
from tests.stories.collection_story import (
    ABSENT,
    BASE_ROWS,
    COLS,
    DUPLICATE,
    GIFT,
    GIVERS,
    NOISE,
    OWNER,
    POOL,
    PRICE,
    SHARD_ROWS,
    SILENT,
    SMALL_TOTAL,
    SUPPLY,
    TOTAL,
    Told,
    tell_story,
)
from tests.stories.live_node import get_account

RUNNER = ReferenceRunner()
SMALL_DEPOSIT = SMALL_TOTAL // 5


@pytest.fixture(scope="module")
def aftermath(tmp_path_factory: pytest.TempPathFactory) -> Generator[Aftermath[Told]]:
    folder = tmp_path_factory.mktemp("us7") / "story"
    told = tell_story(folder)
    with open_again(folder / "node") as client:
        yield Aftermath(told, client)


def read_seats(aftermath: Aftermath[Told], number: int = POOL) -> dict[str, Seat]:
    """The seats of a pool by the names of those who have them."""
    names = {get_account(name): name for name in GIVERS}
    standing = read_pool(get_runtime(aftermath.client), number)
    return {names[seat.who]: seat for seat in standing.seats}


# --- what it is worth


def test_each_shard_earns_what_a_training_gains_by_it(aftermath: Aftermath[Told]) -> None:
    """Computed again from the digits, apart from the chain."""
    digits, seats = aftermath.told.digits, read_seats(aftermath)
    entry = get_runtime(aftermath.client).pools.pool[POOL]
    base, hidden = (
        load_examples(content, COLS, 10, 1_000) for content in (digits.base, digits.hidden)
    )
    alone = compute_right(entry.spec, base, hidden, RUNNER)
    assert (entry.phase, entry.judge, entry.base_right) == (Phase.SETTLED, Judge.GAIN, alone)
    for name in GIVERS:
        if name == DUPLICATE:
            continue
        shard = load_examples(digits.get_shard(name), COLS, 10, SHARD_ROWS)
        right = compute_right(entry.spec, base.join(shard), hidden, RUNNER)
        assert (seats[name].right, seats[name].points) == (right, max(0, right - alone)), name
    honest = [seats[name].points for name in GIVERS if name not in (DUPLICATE, NOISE)]
    assert min(honest) > 0
    assert len(honest) == 8


def test_a_duplicate_and_random_labels_earn_nothing(aftermath: Aftermath[Told]) -> None:
    seats = read_seats(aftermath)
    base_right = get_runtime(aftermath.client).pools.pool[POOL].base_right
    duplicate, noise = seats[DUPLICATE], seats[NOISE]
    assert duplicate.shard == seats[GIVERS[0]].shard
    assert (duplicate.fresh_rows, duplicate.right) == (0, base_right)
    assert (noise.fresh_rows, noise.right < base_right - 40) == (SHARD_ROWS, True)
    for seat in (duplicate, noise):
        assert (seat.points, seat.paid, seat.shares) == (0, 0, 0)


def test_a_copied_commitment_is_refused(aftermath: Aftermath[Told]) -> None:
    assert aftermath.told.copy.failure == "Pools.CommitmentTaken"


def test_total_and_shares_are_divided_by_points(aftermath: Aftermath[Told]) -> None:
    seats = read_seats(aftermath)
    all_points = sum(seat.points for seat in seats.values())
    claimed = {each.who: each.shares for each in aftermath.find(declarations.SharesClaimed)}
    most = max(seat.points for seat in seats.values())
    for name, seat in seats.items():
        dust = len(GIVERS) if seat.points == most else 0
        assert 0 <= seat.paid - TOTAL * seat.points // all_points <= dust, name
        shares = claimed.get(get_account(name), 0)
        assert 0 <= shares - SUPPLY * seat.points // all_points <= dust, name
    assert sum(seat.paid for seat in seats.values()) == TOTAL
    assert sum(claimed.values()) == SUPPLY
    revenue = get_runtime(aftermath.client).rights.revenue
    assert revenue.get_shares(aftermath.told.record, get_pot(POOL)) == 0


# --- the sale


def test_the_pooled_digits_are_what_was_bought(aftermath: Aftermath[Told]) -> None:
    told = aftermath.told
    shards = [told.digits.get_shard(name) for name in GIVERS if name not in (DUPLICATE, NOISE)]
    rows = np.frombuffer(told.bought, np.int8).reshape(-1, COLS + 1)
    assert len(rows) == BASE_ROWS + 8 * SHARD_ROWS
    assert told.bought == told.pooled
    found = {row.tobytes() for row in rows}
    expected = b"".join([told.digits.base, *shards])
    assert found == {expected[at : at + COLS + 1] for at in range(0, len(expected), COLS + 1)}


def test_the_sale_pays_shareholders_by_their_shares(aftermath: Aftermath[Told]) -> None:
    (released,) = aftermath.find(vault.Released)
    earned = PRICE * 98 // 100
    assert (released.order, released.paid) == (aftermath.told.sale, earned)
    claimed = {each.who: each.shares for each in aftermath.find(declarations.SharesClaimed)}
    paid = {each.who: each.amount for each in aftermath.find(rights.RevenueClaimed)}
    assert set(paid) == set(claimed)
    for who, shares in claimed.items():
        assert paid[who] == earned * shares // SUPPLY
    assert earned - len(paid) < sum(paid.values()) <= earned


# --- who is silent, and money


def test_an_owner_who_never_shows_pays_all_the_same_and_more(aftermath: Aftermath[Told]) -> None:
    seats = read_seats(aftermath, SILENT)
    assert get_runtime(aftermath.client).pools.pool[SILENT].judge is Judge.EQUALITY
    assert aftermath.find(declarations.ValidationForfeited) == [
        declarations.ValidationForfeited(SILENT, SMALL_DEPOSIT)
    ]
    assert seats[ABSENT].state is SeatState.MISSED
    (forfeited,) = aftermath.find(declarations.SeatForfeited)
    assert (forfeited.who, forfeited.seat_deposit) == (
        get_account(ABSENT),
        POOL_PARAMS.seat_deposit,
    )
    assert [seat.paid for seat in seats.values()] == [0, SMALL_TOTAL]


def test_scoring_costs_no_fee(aftermath: Aftermath[Told]) -> None:
    """The one thing that each giver does for nothing and outside of a batch."""
    assert len(aftermath.find(declarations.Scored)) == len(GIVERS)
    fees = aftermath.find(TransactionFeePaid)
    for name in GIVERS:
        mine = [each.actual_fee for each in fees if each.who == get_account(name)]
        assert mine.count(0) == 1, name


def test_balances_changed_by_exactly_that(aftermath: Aftermath[Told]) -> None:
    seats, small = read_seats(aftermath), read_seats(aftermath, SILENT)
    revenue = {each.who: each.amount for each in aftermath.find(rights.RevenueClaimed)}
    for at, name in enumerate(GIVERS):
        who = get_account(name)
        earned = seats[name].paid + revenue.get(who, 0) + (GIFT if at >= 5 else 0)
        if name in small:
            earned += small[name].paid
        lost = POOL_PARAMS.seat_deposit if name == ABSENT else 0
        assert aftermath.get_change(who) == earned - lost, name
    endowment = get_runtime(aftermath.client).rights.pool[aftermath.told.record].endowment
    spent = TOTAL + SMALL_TOTAL + SMALL_DEPOSIT + 7 * GIFT + endowment
    assert aftermath.get_change(get_account(OWNER)) == -spent


def test_a_restart_and_another_node_find_the_same_and_every_block_holds(
    aftermath: Aftermath[Told],
) -> None:
    ensure_restart_agrees(aftermath.client, aftermath.told.head, aftermath.told.state_root)
    ensure_every_block_holds(aftermath.client, load_spec("dev"))

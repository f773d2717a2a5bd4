"""What calls of a collection pool cost; see `tests/helpers/weighing.py`.

The worst case there is, on the whole runtime: thirty-two seats, shards and hidden examples of
64 KiB each, and a training as dear as a pool may name, or nearly so.
"""

from dataclasses import replace
from typing import Any

import numpy as np

from pallets.pools import PoolSpec, ShareGrant, Training
from pallets.pools.types import SEATS_MAX
from pallets.weights.pools import ROWS_MAX
from runtime.primitives import AccountId, Hash
from runtime.tensor.blob import blob_root
from tests.helpers.weighing import Book, Cost
from tests.helpers.whole_stage import make_whole
from tests.pallets.pools import stage as pools
from tests.pallets.pools.stage import FUNDS, OWNER, SALT, STRANGER, SUPPLY, PoolStage, get_salt

COLS, CLASSES = 15, 10
PEOPLE = tuple(AccountId(bytes([n]) * 32) for n in range(120, 120 + SEATS_MAX))
STEPS = 64


def draw(seed: int) -> bytes:
    """As many examples as a blob has room for, 64 KiB of them."""
    rng = np.random.default_rng(seed)
    rows = rng.integers(-63, 64, (ROWS_MAX, COLS), np.int8)
    labels = rng.integers(0, CLASSES, ROWS_MAX).astype(np.int8)
    return np.column_stack([rows, labels]).tobytes()


BASE, HIDDEN = draw(0), draw(1)
SHARDS = tuple(draw(2 + seat) for seat in range(SEATS_MAX))


def make_spec(stage: PoolStage) -> PoolSpec:
    """The largest pool."""
    spec = stage.make_spec(hidden=HIDDEN, base=stage.put_blob(OWNER, BASE))
    training = Training(32, 96, 2_000, 7, 7, 4, Hash(b"d" * 32), STEPS)
    return replace(
        spec,
        cols=COLS,
        classes=CLASSES,
        training=training,
        seats=SEATS_MAX,
        shard_rows=ROWS_MAX,
        validation_rows=ROWS_MAX,
    )


def make_stage() -> PoolStage:
    """A stage with as many contributors as a pool may have."""
    stage = PoolStage()
    for who in PEOPLE:
        stage.money.mint(who, FUNDS)
    return stage


def weigh(book: Book) -> None:
    """A row for each call."""
    _weigh_small(book)
    _weigh_ends(book)
    stage, last = make_stage(), PEOPLE[-1]
    spec = make_spec(stage)
    shared = replace(spec, shares=ShareGrant(stage.record, SUPPLY))
    whole = make_whole(stage)
    opening = whole.make_call("Pools", "open", shared, pools.TERMS)
    book.call("pools.OPEN", "open", whole, OWNER, opening)
    number = stage.open(**{"base": spec.base, "hidden": HIDDEN, **_get_changes(shared)})
    for who, shard in zip(PEOPLE[:-1], SHARDS, strict=False):
        stage.commit(number, who, shard)
    whole = make_whole(stage)
    commit = whole.make_call("Pools", "commit", number, Hash(b"c" * 32))
    book.call("pools.COMMIT", "commit(the last)", whole, last, commit)
    stage.commit(number, last, SHARDS[-1])
    _put_blobs(stage)
    _weigh_seats(book, stage, number, "a miss")
    for who, shard in zip(PEOPLE[:-1], SHARDS, strict=False):
        stage.reveal(number, who, shard)
    whole = make_whole(stage)
    reveal = whole.make_call("Pools", "reveal", number, blob_root(SHARDS[-1]), get_salt(last))
    book.call("pools.REVEAL", "reveal(64 KiB, the last)", whole, last, reveal)
    stage.reveal(number, last, SHARDS[-1])
    _weigh_seats(book, stage, number, "a payment")
    whole = make_whole(stage)
    show = whole.make_call("Pools", "show_validation", number, blob_root(HIDDEN), SALT)
    book.call("", "show_validation(64 KiB)", whole, OWNER, show)
    stage.show(number, HIDDEN)
    _weigh_scores(book, stage, number)
    earner = next(who for at, who in enumerate(PEOPLE) if stage.get_seat(number, at).shares > 0)
    whole = make_whole(stage)
    claim = whole.make_call("Pools", "claim_shares", number)
    book.call("pools.CLAIM", "claim_shares", whole, earner, claim)
    whole.runtime.system.number.put(stage.number + whole.runtime.pools.params.result_blocks + 1)
    close = whole.make_call("Pools", "close", number)
    book.call("pools.CLOSE", "close", whole, STRANGER, close)


def _weigh_seats(book: Book, stage: PoolStage, number: int, case: str) -> None:
    """A poke that ends a phase for every seat, on a stage that then is as before."""
    mark, at = stage.state.mark(), stage.number
    stage.pass_phase(number)
    whole = make_whole(stage)
    poke = whole.make_call("Pools", "poke", number)
    seats = book.call("", f"poke(32 times {case})", whole, STRANGER, poke)
    book.slope("pools.SEAT", case, Cost(0, 0), seats, SEATS_MAX)
    stage.state.rollback_to(mark)
    stage.number = at


def _weigh_ends(book: Book) -> None:
    """What a poke does whatever the seats: up to two phases end, shares are burned or set aside.

    One seat is measured with it.
    """

    def at(case: str, stage: PoolStage, number: int) -> None:
        whole = make_whole(stage)
        book.call("pools.POKE", case, whole, STRANGER, whole.make_call("Pools", "poke", number))

    empty = PoolStage()
    number = empty.open_shared()
    empty.pass_phase(number)
    at("poke(nobody came)", empty, number)
    missed = PoolStage()
    number = missed.open_shared()
    missed.commit(number, pools.PEOPLE[0], pools.SHARDS[0])
    missed.skip(2 * (pools.TERMS.commit_blocks + pools.TERMS.reveal_blocks))
    at("poke(nobody revealed)", missed, number)
    hidden = PoolStage()
    number = hidden.open_shared(seats=1)
    hidden.contribute(number, pools.SHARDS[:1])
    hidden.pass_phase(number)
    at("poke(nothing was shown)", hidden, number)


def _weigh_scores(book: Book, stage: PoolStage, number: int) -> None:
    """The first shard, the last but one, and the last, which settles the pool."""

    def at(case: str, index: int) -> Cost:
        whole = make_whole(stage)
        score = whole.make_call("Pools", "score", number, index)
        return book.call("", case, whole, STRANGER, score)

    first, last = at("score(1 of 32)", 0), SEATS_MAX - 1
    for index in range(last - 1):
        stage.score(number, index)
    most = at("score(31 of 32)", last - 1)
    stage.score(number, last - 1)
    at("score(32 of 32, and settling)", last)
    stage.score(number, last)
    rows = replace(most, proof_bytes=0) - replace(first, proof_bytes=0)
    book.slope("pools.ROW", "an example", Cost(0, 0), rows, (last - 1) * ROWS_MAX)
    blobs = replace(most, picoseconds=0) - replace(first, picoseconds=0)
    book.slope("pools.BLOB", "a shard", Cost(0, 0), blobs, last - 1)


def _weigh_small(book: Book) -> None:
    """Trying a few examples: what is left when the training costs nothing."""
    stage = PoolStage()
    number = stage.open()
    stage.contribute(number, pools.SHARDS[: pools.SEATS])
    stage.show(number)
    whole = make_whole(stage)
    score = whole.make_call("Pools", "score", number, 0)
    book.call("pools.TRAIN", "few examples", whole, STRANGER, score)


def _put_blobs(stage: PoolStage) -> None:
    """As over several blocks, each of which takes four of them."""
    pairs = [*zip(PEOPLE, SHARDS, strict=True), (OWNER, HIDDEN)]
    for who, shard in pairs:
        stage.put_blob(who, shard)
        stage.registry.block_blob_bytes.kill()


def _get_changes(spec: PoolSpec) -> dict[str, Any]:
    names = ("cols", "classes", "training", "seats", "shard_rows", "shares", "validation_rows")
    return {name: getattr(spec, name) for name in names}


if __name__ == "__main__":
    weigh(Book())

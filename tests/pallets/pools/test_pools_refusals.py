"""Every call of a collection pool that is refused, and that it leaves no trace."""

from dataclasses import replace
from typing import Any

import pytest

from pallets.pools import PoolTerms, ShareGrant, Training, compute_shard_commitment
from pallets.pools import declarations as declared
from pallets.pools.types import SEATS_MAX, VALIDATION_ROWS_MIN, WINDOW_BLOCKS_MAX
from pallets.registry import declarations as registry
from pallets.rights import declarations as rights
from runtime import errors
from runtime.frame.traits import Preservation
from runtime.primitives import AccountId, Hash, Root
from runtime.tensor.blob import blob_root
from tests.pallets.pools.stage import (
    COLS,
    FUNDS,
    GENESIS,
    HIDDEN,
    OWNER,
    PEOPLE,
    SALT,
    SHARD_ROWS,
    SHARDS,
    STRANGER,
    TERMS,
    TRAINING,
    PoolStage,
    get_salt,
    make_examples,
)

ANN, BEN, CLEO, DORA = PEOPLE[:4]
BLOB_ROWS = 65_536 // (COLS + 1)


@pytest.fixture
def stage() -> PoolStage:
    return PoolStage()


def open_committed(stage: PoolStage) -> int:
    """A pool whose seats are taken."""
    number = stage.open_shared()
    for who, shard in zip((ANN, BEN, CLEO), SHARDS, strict=False):
        stage.commit(number, who, shard)
        stage.put_blob(who, shard)
    stage.put_blob(OWNER, HIDDEN)
    return number


def open_revealed(stage: PoolStage) -> int:
    """A pool whose shards are there."""
    number = open_committed(stage)
    for who, shard in zip((ANN, BEN, CLEO), SHARDS, strict=False):
        stage.reveal(number, who, shard)
    return number


def open_shown(stage: PoolStage) -> int:
    """A pool whose shards can be scored."""
    number = open_revealed(stage)
    stage.show(number)
    return number


# --- opening


@pytest.mark.parametrize(
    "changes",
    [
        {"seats": 0},
        {"seats": SEATS_MAX + 1},
        {"total": 0},
        {"shard_rows": 0},
        {"shard_rows": BLOB_ROWS + 1},
        {"validation_rows": VALIDATION_ROWS_MIN - 1},
        {"validation_rows": BLOB_ROWS + 1},
        {"cols": 65_536},
        {"training": replace(TRAINING, steps=0)},
        {"training": replace(TRAINING, batch=257)},
        {"training": replace(TRAINING, batch=200, steps=3_000)},
        {"training": replace(TRAINING, steps=1_000)},
    ],
    ids=str,
)
def test_a_pool_has_limits(stage: PoolStage, changes: dict[str, Any]) -> None:
    """The last two would take more products, and more integers, than fit in a block."""
    with stage.refused(declared.BadSpec):
        stage.open(**changes)


@pytest.mark.parametrize("phase", range(4))
@pytest.mark.parametrize("blocks", [0, WINDOW_BLOCKS_MAX + 1])
def test_a_phase_is_neither_empty_nor_endless(stage: PoolStage, phase: int, blocks: int) -> None:
    windows = [5] * 4
    windows[phase] = blocks
    with stage.refused(declared.BadTerms):
        stage.open(PoolTerms(*windows))


def test_the_base_is_there_and_of_its_shape(stage: PoolStage) -> None:
    with stage.refused(declared.ExamplesMissing):
        stage.open(base=Root(b"x" * 32))
    half = stage.put_blob(OWNER, bytes(COLS))
    for changes in ({"base": half}, {"classes": 2}, {"cols": COLS - 1}):
        with stage.refused(declared.BadExamples):
            stage.open(**changes)


def test_the_money_is_there(stage: PoolStage) -> None:
    for total in (stage.money.get_free(OWNER), (1 << 128) - 1):
        with stage.refused(errors.FundsUnavailable):
            stage.open(total=total)


def test_shares_are_of_a_record_of_the_owners_that_has_none(stage: PoolStage) -> None:
    stage.register(ANN)
    with stage.refused(registry.NotOwner):
        stage.open(shares=ShareGrant(1, 10))
    with stage.refused(registry.NoSuchRecord):
        stage.open(shares=ShareGrant(7, 10))
    with stage.refused(rights.ZeroAmount):
        stage.open(shares=ShareGrant(stage.record, 0))
    stage.open_shared()
    with stage.refused(rights.IssuedAlready):
        stage.open_shared()


def test_the_blobs_stay_while_the_pool_does(stage: PoolStage) -> None:
    open_shown(stage)
    for who, root in ((OWNER, stage.base), (OWNER, blob_root(HIDDEN)), (ANN, blob_root(SHARDS[0]))):
        with stage.refused(registry.BlobInUse):
            stage.dispatch(stage.registry, "drop_blob", who, root)


# --- committing


def test_a_copied_commitment_is_refused(stage: PoolStage) -> None:
    number = stage.open()
    stage.commit(number, ANN, SHARDS[0])
    copy = stage.get_seat(number, 0).commitment
    with stage.refused(declared.CommitmentTaken):
        stage.call("commit", BEN, number, copy)


def test_a_commitment_is_worth_nothing_elsewhere(stage: PoolStage) -> None:
    """Another chain's, another pool's or another account's can be made, and never opened."""
    number = stage.open()
    places = ((Hash.zero(), number, ANN), (GENESIS, number + 1, BEN), (GENESIS, number, DORA))
    for who, (genesis, pool, account) in zip((ANN, BEN, CLEO), places, strict=True):
        root = stage.put_blob(who, SHARDS[0])
        made = compute_shard_commitment(genesis, pool, account, root, get_salt(who))
        stage.call("commit", who, number, made)
    for who in (ANN, BEN, CLEO):
        with stage.refused(declared.BadReveal):
            stage.reveal(number, who, SHARDS[0])


def test_an_account_has_one_seat_and_the_owner_none(stage: PoolStage) -> None:
    number = stage.open()
    stage.commit(number, ANN, SHARDS[0])
    with stage.refused(declared.SeatedAlready):
        stage.commit(number, ANN, SHARDS[1])
    with stage.refused(declared.OwnPool):
        stage.commit(number, OWNER, SHARDS[1])


def test_nobody_commits_too_late_or_without_the_deposit(stage: PoolStage) -> None:
    number = stage.open()
    stage.money.burn(DORA, FUNDS - 1_000, Preservation.PRESERVE)
    with stage.refused(errors.FundsUnavailable):
        stage.commit(number, DORA, SHARDS[3])
    stage.skip(TERMS.commit_blocks)
    stage.commit(number, ANN, SHARDS[0])
    stage.next_block()
    with stage.refused(declared.WrongPhase):
        stage.commit(number, BEN, SHARDS[1])


# --- revealing


def test_nobody_reveals_while_others_can_commit(stage: PoolStage) -> None:
    number = stage.open()
    stage.commit(number, ANN, SHARDS[0])
    stage.put_blob(ANN, SHARDS[0])
    with stage.refused(declared.WrongPhase):
        stage.reveal(number, ANN, SHARDS[0])


def test_a_reveal_is_what_was_committed_to(stage: PoolStage) -> None:
    number, root = open_committed(stage), blob_root(SHARDS[0])
    with stage.refused(declared.BadReveal):
        stage.call("reveal", ANN, number, blob_root(SHARDS[1]), get_salt(ANN))
    with stage.refused(declared.BadReveal):
        stage.call("reveal", ANN, number, root, get_salt(BEN))
    with stage.refused(declared.NoSuchSeat):
        stage.call("reveal", DORA, number, root, get_salt(DORA))
    stage.reveal(number, ANN, SHARDS[0])
    with stage.refused(declared.RevealedAlready):
        stage.reveal(number, ANN, SHARDS[0])


@pytest.mark.parametrize(
    "shard",
    [b"", bytes(COLS), make_examples(5, SHARD_ROWS + 1), bytes([64] * COLS + [0])],
    ids=["none", "half a row", "too many", "no operands"],
)
def test_a_shard_is_examples_of_the_pool(stage: PoolStage, shard: bytes) -> None:
    number = stage.open(seats=1)
    stage.commit(number, ANN, shard)
    with stage.refused(declared.ExamplesMissing):
        stage.call("reveal", ANN, number, blob_root(shard), get_salt(ANN))
    stage.put_blob(ANN, shard)
    with stage.refused(declared.BadExamples):
        stage.reveal(number, ANN, shard)


# --- what was hidden


def test_nothing_is_shown_while_shards_may_come(stage: PoolStage) -> None:
    number = open_committed(stage)
    stage.reveal(number, ANN, SHARDS[0])
    with stage.refused(declared.WrongPhase):
        stage.show(number)


def test_only_the_owner_shows_what_it_committed_to(stage: PoolStage) -> None:
    number, root = open_revealed(stage), blob_root(HIDDEN)
    with stage.refused(declared.NotOwner):
        stage.call("show_validation", ANN, number, root, SALT)
    with stage.refused(declared.WrongValidation):
        stage.call("show_validation", OWNER, number, root, b"z" * 32)
    with stage.refused(declared.WrongValidation):
        stage.call("show_validation", OWNER, number, stage.base, SALT)


def test_what_is_hidden_is_as_many_examples_as_were_said(stage: PoolStage) -> None:
    for hidden in (make_examples(8, 59), make_examples(8, 61), bytes(COLS)):
        number = stage.open(hidden=hidden, seats=1)
        stage.commit(number, ANN, SHARDS[0])
        stage.reveal(number, ANN, SHARDS[0])
        with stage.refused(declared.ExamplesMissing):
            stage.call("show_validation", OWNER, number, blob_root(hidden), SALT)
        stage.put_blob(OWNER, hidden)
        with stage.refused(declared.BadExamples):
            stage.show(number, hidden)


# --- scoring and claiming


def test_nothing_is_scored_before_it_can_be(stage: PoolStage) -> None:
    number = open_revealed(stage)
    with stage.refused(declared.WrongPhase):
        stage.score(number, 0)


def test_a_shard_is_scored_once(stage: PoolStage) -> None:
    number = open_shown(stage)
    stage.score(number, 1)
    with stage.refused(declared.NothingToScore):
        stage.score(number, 1)
    with stage.refused(declared.NoSuchSeat):
        stage.score(number, 3)


def test_what_was_never_revealed_has_no_score(stage: PoolStage) -> None:
    number = open_committed(stage)
    stage.reveal(number, BEN, SHARDS[1])
    stage.pass_phase(number)
    stage.show(number)
    with stage.refused(declared.NothingToScore):
        stage.score(number, 0)


def test_only_earned_shares_are_claimed_and_once(stage: PoolStage) -> None:
    number = open_shown(stage)
    with stage.refused(declared.NothingToClaim):
        stage.call("claim_shares", ANN, number)
    for index in range(3):
        stage.score(number, index)
    with stage.refused(declared.NoSuchSeat):
        stage.call("claim_shares", DORA, number)
    stage.call("claim_shares", ANN, number)
    with stage.refused(declared.NothingToClaim):
        stage.call("claim_shares", ANN, number)


def test_who_cannot_pay_for_the_holding_claims_later(stage: PoolStage) -> None:
    number = open_shown(stage)
    for index in range(3):
        stage.score(number, index)
    has = stage.money.get_free(BEN)
    stage.money.burn(BEN, has - 150, Preservation.PRESERVE)
    with stage.refused(errors.FundsUnavailable):
        stage.call("claim_shares", BEN, number)
    stage.money.mint(BEN, 1_000)
    stage.call("claim_shares", BEN, number)


def test_a_pool_without_shares_has_none_to_claim(stage: PoolStage) -> None:
    number = stage.open()
    stage.play(number, SHARDS[:3])
    with stage.refused(declared.NothingToClaim):
        stage.call("claim_shares", ANN, number)


# --- everybody


def test_no_call_knows_a_pool_that_is_not_there(stage: PoolStage) -> None:
    calls: list[tuple[str, AccountId, tuple[Any, ...]]] = [
        ("show_validation", OWNER, (7, stage.base, SALT)),
        ("commit", ANN, (7, Hash.zero())),
        ("reveal", ANN, (7, stage.base, SALT)),
        ("claim_shares", ANN, (7,)),
        ("score", STRANGER, (7, 0)),
        ("poke", STRANGER, (7,)),
        ("close", OWNER, (7,)),
    ]
    for name, who, args in calls:
        with stage.refused(declared.NoSuchPool):
            stage.call(name, who, *args)


def test_nothing_is_due_before_its_time(stage: PoolStage) -> None:
    number = stage.open()
    stage.skip(TERMS.commit_blocks)
    with stage.refused(declared.NotDue):
        stage.poke(number)
    stage.next_block()
    stage.poke(number)


def test_a_pool_that_goes_on_is_not_closed(stage: PoolStage) -> None:
    number = open_shown(stage)
    with stage.refused(declared.NotFinished):
        stage.call("close", OWNER, number)


def test_a_training_may_have_a_hidden_layer(stage: PoolStage) -> None:
    training = Training(3, 8, 2_000, 4, 7, 5, Hash(b"d" * 32), 24)
    number = stage.open(training=training)
    stage.play(number, SHARDS[:3])
    assert stage.get(number).phase.is_final

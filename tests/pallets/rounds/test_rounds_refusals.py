"""Every call of a labelling round that is refused, and that it leaves no trace."""

from typing import Any

import pytest

from pallets.bonds import declarations as bonds
from pallets.rounds import (
    GoldLabel,
    RoundTerms,
    compute_answer_commitment,
    pack_labels,
)
from pallets.rounds import declarations as declared
from pallets.rounds.types import ITEMS_MAX, SEATS_MAX, WINDOW_BLOCKS_MAX
from runtime import errors
from runtime.errors import ModuleError
from runtime.frame.ai_types import JobKind, Role
from runtime.primitives import AccountId, Hash, Root
from tests.pallets.rounds.stage import (
    CLASSES,
    FREEZE_BLOCKS,
    GENESIS,
    GOLD,
    GOLD_SALT,
    ITEM_BYTES,
    ITEMS,
    LABELLERS,
    OWNER,
    POOL,
    SEATS,
    STRANGER,
    TERMS,
    TRUTH,
    RoundStage,
    get_salt,
)

ANN, BEN, CLEO, DORA = LABELLERS[:4]
ANSWERS = list(TRUTH)


@pytest.fixture
def stage() -> RoundStage:
    return RoundStage()


@pytest.fixture
def number(stage: RoundStage) -> int:
    """A round whose seats are taken."""
    number = stage.post()
    stage.join(number, ANN, BEN, CLEO)
    return number


def commit_all(stage: RoundStage, number: int) -> None:
    for who in (ANN, BEN, CLEO):
        stage.commit(number, who, ANSWERS)


# --- posting


@pytest.mark.parametrize(
    "changes",
    [
        {"classes": 1},
        {"classes": 257},
        {"seats": 0},
        {"seats": SEATS_MAX + 1},
        {"pool": 0},
        {"gold": GOLD[:7]},
        {"gold_items": 257},
        {"gold_items": ITEMS + 1},
    ],
    ids=str,
)
def test_a_round_has_limits(stage: RoundStage, changes: dict[str, Any]) -> None:
    with stage.refused(declared.BadSpec):
        stage.post(**changes)


@pytest.mark.parametrize("phase", range(4))
@pytest.mark.parametrize("blocks", [0, WINDOW_BLOCKS_MAX + 1])
def test_a_phase_is_neither_empty_nor_endless(stage: RoundStage, phase: int, blocks: int) -> None:
    windows = [5] * 4
    windows[phase] = blocks
    with stage.refused(declared.BadTerms):
        stage.post(RoundTerms(*windows))


def test_the_items_are_there(stage: RoundStage) -> None:
    with stage.refused(declared.ItemsMissing):
        stage.post(items=Root(b"x" * 32))


@pytest.mark.parametrize(
    "size, item_bytes",
    [(60, 0), (61, 3), (0, 3), (ITEMS_MAX + 1, 1)],
    ids=["no size", "a part of an item", "none", "too many"],
)
def test_the_blob_is_a_whole_number_of_items(stage: RoundStage, size: int, item_bytes: int) -> None:
    root = stage.put_blob(OWNER, b"x" * size)
    with stage.refused(declared.WrongItemSize):
        stage.post(items=root, item_bytes=item_bytes)


def test_the_money_is_there(stage: RoundStage) -> None:
    with stage.refused(errors.FundsUnavailable):
        stage.post(pool=stage.money.get_free(OWNER))
    with stage.refused(errors.FundsUnavailable):
        stage.post(pool=(1 << 128) - 1)


def test_the_items_stay_while_the_round_does(stage: RoundStage) -> None:
    stage.post()
    with pytest.raises(ModuleError) as refused:
        stage.dispatch(stage.registry, "drop_blob", OWNER, stage.items)
    assert type(refused.value).__name__ == "BlobInUse"


# --- joining


def test_a_seat_needs_a_record_that_takes_labelling(stage: RoundStage) -> None:
    number = stage.post()
    other = stage.register(ANN, JobKind.INFER)
    for record in (other, stage.record_of[BEN], 999):
        with stage.refused(declared.RequirementUnmet):
            stage.dispatch(stage.rounds, "join", ANN, number, record)


def test_a_record_that_expired_takes_no_seat(stage: RoundStage) -> None:
    stage.dispatch(stage.registry, "retire", ANN, stage.record_of[ANN])
    number = stage.post()
    with stage.refused(declared.RequirementUnmet):
        stage.join(number, ANN)


def test_the_requester_labels_nothing(stage: RoundStage) -> None:
    number = stage.post()
    with stage.refused(declared.OwnRound):
        stage.join(number, OWNER)


def test_one_seat_an_account(stage: RoundStage) -> None:
    number = stage.post()
    stage.join(number, ANN)
    with stage.refused(declared.SeatedAlready):
        stage.join(number, ANN)


def test_a_full_round_takes_nobody(stage: RoundStage, number: int) -> None:
    with stage.refused(declared.WrongPhase):
        stage.join(number, DORA)


def test_a_seat_needs_a_bond(stage: RoundStage) -> None:
    number = stage.post()
    record = stage.register(STRANGER)
    with stage.refused(bonds.NotBonded):
        stage.dispatch(stage.rounds, "join", STRANGER, number, record)
    stage.dispatch(stage.bonds, "bond", STRANGER, Role.PROVIDER, POOL)
    with stage.refused(bonds.NotBonded):
        stage.dispatch(stage.rounds, "join", STRANGER, number, record)
    stage.dispatch(stage.bonds, "bond", STRANGER, Role.LABELLER, POOL // (2 * SEATS))
    with stage.refused(bonds.LockedFunds):
        stage.dispatch(stage.rounds, "join", STRANGER, number, record)


def test_who_missed_a_round_takes_no_seat_for_a_while(stage: RoundStage, number: int) -> None:
    stage.pass_phase(number)
    stage.poke(number)
    after = stage.post()
    with stage.refused(bonds.RoleFrozen):
        stage.join(after, ANN)
    stage.skip(FREEZE_BLOCKS)
    stage.join(after, ANN)


# --- committing


def test_a_copied_commitment_is_refused(stage: RoundStage, number: int) -> None:
    stage.commit(number, ANN, ANSWERS)
    copy = stage.get_seat(number, ANN).commitment
    with stage.refused(declared.CommitmentTaken):
        stage.dispatch(stage.rounds, "commit", BEN, number, copy)


def test_a_copy_that_came_first_can_never_be_revealed(stage: RoundStage, number: int) -> None:
    """Who copies from the pool is bound to what it cannot open; the author takes another salt."""
    packed = pack_labels(ANSWERS, CLASSES)
    copied = compute_answer_commitment(GENESIS, number, ANN, packed, get_salt(ANN))
    stage.dispatch(stage.rounds, "commit", BEN, number, copied)
    with stage.refused(declared.CommitmentTaken):
        stage.commit(number, ANN, ANSWERS)
    salt = b"another".ljust(32)
    fresh = compute_answer_commitment(GENESIS, number, ANN, packed, salt)
    stage.dispatch(stage.rounds, "commit", ANN, number, fresh)
    stage.commit(number, CLEO, ANSWERS)
    stage.dispatch(stage.rounds, "reveal", ANN, number, packed, salt)
    for stolen in (get_salt(ANN), salt):
        with stage.refused(declared.BadReveal):
            stage.dispatch(stage.rounds, "reveal", BEN, number, packed, stolen)


def test_a_labeller_commits_once(stage: RoundStage, number: int) -> None:
    stage.commit(number, ANN, ANSWERS)
    with stage.refused(declared.CommittedAlready):
        stage.commit(number, ANN, ANSWERS)


def test_only_a_seat_commits_and_reveals(stage: RoundStage, number: int) -> None:
    for act in (stage.commit, stage.reveal):
        with stage.refused(declared.NotSeated):
            act(number, DORA, ANSWERS)


def test_nobody_commits_before_all_seats_are_taken(stage: RoundStage) -> None:
    number = stage.post()
    stage.join(number, ANN)
    with stage.refused(declared.WrongPhase):
        stage.commit(number, ANN, ANSWERS)


def test_nobody_commits_too_late(stage: RoundStage, number: int) -> None:
    stage.commit(number, BEN, ANSWERS)
    stage.skip(TERMS.commit_blocks)
    stage.commit(number, ANN, ANSWERS)
    stage.next_block()
    with stage.refused(declared.WrongPhase):
        stage.commit(number, CLEO, ANSWERS)


# --- revealing


def test_nobody_reveals_while_others_can_commit(stage: RoundStage, number: int) -> None:
    stage.commit(number, ANN, ANSWERS)
    with stage.refused(declared.WrongPhase):
        stage.reveal(number, ANN, ANSWERS)


def test_a_reveal_is_what_was_committed_to(stage: RoundStage, number: int) -> None:
    commit_all(stage, number)
    packed = pack_labels(ANSWERS, CLASSES)
    other = bytes([packed[0] ^ 1]) + packed[1:]
    for given in ((other, get_salt(ANN)), (packed, get_salt(BEN)), (b"", get_salt(ANN))):
        with stage.refused(declared.BadReveal):
            stage.dispatch(stage.rounds, "reveal", ANN, number, *given)


def test_a_commitment_is_worth_nothing_elsewhere(stage: RoundStage, number: int) -> None:
    """Another chain's, another round's or another account's can be made, and never opened."""
    packed = pack_labels(ANSWERS, CLASSES)
    wrong = (
        (Hash.zero(), number, ANN),
        (GENESIS, number + 1, BEN),
        (GENESIS, number, DORA),
    )
    for who, (genesis, round_number, account) in zip((ANN, BEN, CLEO), wrong, strict=True):
        made = compute_answer_commitment(genesis, round_number, account, packed, get_salt(who))
        stage.dispatch(stage.rounds, "commit", who, number, made)
    for who in (ANN, BEN, CLEO):
        with stage.refused(declared.BadReveal):
            stage.reveal(number, who, ANSWERS)


@pytest.mark.parametrize(
    "packed",
    [b"", bytes(ITEMS // 2 + 1), bytes(ITEMS // 2 - 1) + b"\xa0", bytes(ITEMS_MAX)],
    ids=["none", "one too many", "no class", "as many as there may be"],
)
def test_answers_are_a_label_an_item(stage: RoundStage, number: int, packed: bytes) -> None:
    for who in (ANN, BEN, CLEO):
        made = compute_answer_commitment(GENESIS, number, who, packed, get_salt(who))
        stage.dispatch(stage.rounds, "commit", who, number, made)
    with stage.refused(declared.BadAnswers):
        stage.dispatch(stage.rounds, "reveal", ANN, number, packed, get_salt(ANN))


def test_a_labeller_reveals_once(stage: RoundStage, number: int) -> None:
    commit_all(stage, number)
    stage.reveal(number, ANN, ANSWERS)
    with stage.refused(declared.NotCommitted):
        stage.reveal(number, ANN, ANSWERS)


def test_who_did_not_commit_reveals_nothing(stage: RoundStage, number: int) -> None:
    stage.commit(number, ANN, ANSWERS)
    stage.pass_phase(number)
    stage.poke(number)
    with stage.refused(declared.NotCommitted):
        stage.reveal(number, BEN, ANSWERS)


def test_nobody_reveals_too_late(stage: RoundStage, number: int) -> None:
    commit_all(stage, number)
    stage.reveal(number, ANN, ANSWERS)
    stage.pass_phase(number)
    with stage.refused(declared.WrongPhase):
        stage.reveal(number, BEN, ANSWERS)


# --- gold


def play_to_gold(stage: RoundStage, number: int) -> None:
    commit_all(stage, number)
    for who in (ANN, BEN, CLEO):
        stage.reveal(number, who, ANSWERS)


def test_the_gold_stays_hidden_until_all_is_revealed(stage: RoundStage, number: int) -> None:
    commit_all(stage, number)
    stage.reveal(number, ANN, ANSWERS)
    with stage.refused(declared.WrongPhase):
        stage.reveal_gold(number)


def test_only_the_requester_shows_the_gold(stage: RoundStage, number: int) -> None:
    play_to_gold(stage, number)
    with stage.refused(declared.NotOwner):
        stage.dispatch(stage.rounds, "reveal_gold", ANN, number, GOLD, GOLD_SALT)


def test_gold_is_what_was_committed_to(stage: RoundStage, number: int) -> None:
    play_to_gold(stage, number)
    first = GOLD[0]
    changed = (GoldLabel(first.item, (first.label + 1) % CLASSES), *GOLD[1:])
    for gold, salt in ((changed, GOLD_SALT), (GOLD, b"z" * 32)):
        with stage.refused(declared.WrongGold):
            stage.dispatch(stage.rounds, "reveal_gold", OWNER, number, gold, salt)


@pytest.mark.parametrize(
    "gold",
    [
        (),
        GOLD[:-1],
        tuple(reversed(GOLD)),
        (GOLD[0], GOLD[0], *GOLD[2:]),
        (*GOLD[:-1], GoldLabel(ITEMS, 0)),
        (*GOLD[:-1], GoldLabel(GOLD[-1].item, CLASSES)),
    ],
    ids=["none", "too few", "disorder", "twice the same", "no item", "no class"],
)
def test_gold_is_items_in_order_each_with_a_class(
    stage: RoundStage, gold: tuple[GoldLabel, ...]
) -> None:
    """Even where it is what the requester committed to."""
    number = stage.post(gold=gold if len(gold) == len(GOLD) else GOLD)
    stage.join(number, ANN, BEN, CLEO)
    play_to_gold(stage, number)
    with stage.refused(declared.BadGold):
        stage.reveal_gold(number, gold)


# --- everybody


def test_no_call_knows_a_round_that_is_not_there(stage: RoundStage) -> None:
    calls: list[tuple[str, AccountId, tuple[Any, ...]]] = [
        ("reveal_gold", OWNER, (7, GOLD, GOLD_SALT)),
        ("join", ANN, (7, stage.record_of[ANN])),
        ("commit", ANN, (7, Hash.zero())),
        ("reveal", ANN, (7, b"", bytes(32))),
        ("poke", STRANGER, (7,)),
        ("close", OWNER, (7,)),
    ]
    for name, who, args in calls:
        with stage.refused(declared.NoSuchRound):
            stage.dispatch(stage.rounds, name, who, *args)


def test_nothing_is_due_before_its_time(stage: RoundStage, number: int) -> None:
    stage.skip(TERMS.commit_blocks)
    with stage.refused(declared.NotDue):
        stage.poke(number)
    stage.next_block()
    stage.poke(number)


def test_a_round_that_goes_on_is_not_closed(stage: RoundStage, number: int) -> None:
    with stage.refused(declared.NotFinished):
        stage.dispatch(stage.rounds, "close", OWNER, number)
    play_to_gold(stage, number)
    with stage.refused(declared.NotFinished):
        stage.dispatch(stage.rounds, "close", OWNER, number)
    stage.reveal_gold(number)
    with stage.refused(declared.NotFinished):
        stage.dispatch(stage.rounds, "close", STRANGER, number)


def test_the_sizes_of_the_stage_are_its_rounds(stage: RoundStage, number: int) -> None:
    assert stage.get(number).items == ITEMS == len(TRUTH)
    assert stage.get(number).spec.item_bytes == ITEM_BYTES

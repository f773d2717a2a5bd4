"""Ways to get tickets without their work, each tried and its cost or refusal shown."""

from dataclasses import replace

import numpy as np
import pytest

from consensus.difficulty import DifficultyParams
from consensus.digest import compute_schedule, make_pre_digest
from consensus.kernels.backend import never_cancelled
from consensus.kernels.fold import Words, fold_steps
from consensus.pouw.noise import Seeds, add_noise, compute_noise, compute_seeds
from consensus.pouw.solve import MatrixWork, SeededWork, solve
from consensus.pouw.ticket import draw_tickets
from consensus.pouw.verify import InvalidSeal, verify_seal
from consensus.pouw.witness import Witness
from runtime.header import Digest, Header, PreRuntime, compute_pre_hash
from runtime.header import Seal as SealItem
from runtime.pre_digest import ENGINE, PRE_DIGEST, get_pre_digest
from runtime.primitives import AccountId, Hash, Root
from runtime.tensor.commitment import Int8Matrix, commit_matrix, matrix_root, open_strip
from runtime.work_summary import Lane
from tests.helpers.pouw_stage import (
    AUTHOR,
    BACKEND,
    EASY,
    PARAMS,
    PRE_HASH,
    make_operand,
    make_work,
    win,
)


def compute_transcripts(a: Int8Matrix, bt: Int8Matrix, pre_hash: Hash = PRE_HASH) -> Words:
    m, n, k = len(a), len(bt), a.shape[1]
    seeds = compute_seeds(pre_hash, (m, n, k), matrix_root(a), matrix_root(bt))
    return run(a, bt, seeds)


def run(a: Int8Matrix, bt: Int8Matrix, seeds: Seeds) -> Words:
    k = a.shape[1]
    a_noised = add_noise(a, compute_noise(seeds.seed_a, 0, len(a), k))
    bt_noised = add_noise(bt, compute_noise(seeds.seed_b, 0, len(bt), k))
    return BACKEND.run(a_noised, bt_noised, None, never_cancelled).transcripts


def count_distinct(transcripts: Words) -> int:
    return len(np.unique(transcripts.reshape(-1, 32), axis=0))


def make_header(author: AccountId, state_root: Hash = Hash.zero()) -> Header:  # noqa: B008
    params = DifficultyParams(2_000, 60_000, 30_000, EASY, EASY)
    schedule = compute_schedule(None, None, params)
    pre_digest = make_pre_digest(author, 1_000, Hash.zero(), schedule)
    item = PreRuntime(ENGINE, PRE_DIGEST.encode(pre_digest))
    return Header(Hash.zero(), 1, state_root, Hash.zero(), Digest((item,)))


@pytest.mark.parametrize("work", [SeededWork(3), make_work(Lane.TASK), make_work(Lane.PRIVATE)])
def test_stolen_proof_does_not_seal_another_author_s_header(
    work: SeededWork | MatrixWork,
) -> None:
    thief = AccountId(bytes(32))
    header = make_header(AUTHOR)
    done = solve(compute_pre_hash(header), AUTHOR, work, EASY, PARAMS, BACKEND)
    assert done.seal is not None
    verify_seal(compute_pre_hash(header), AUTHOR, done.seal, done.witness, EASY, PARAMS)
    stolen = make_header(thief)
    pre_digest = get_pre_digest(stolen.digest)
    assert pre_digest is not None
    assert pre_digest.author == thief
    with pytest.raises(InvalidSeal, match="seal: ticket"):
        verify_seal(compute_pre_hash(stolen), thief, done.seal, done.witness, EASY, PARAMS)


def test_one_ticket_seals_one_block() -> None:
    """Any change of the block voids the ticket; the seal itself is not part of what it proves."""
    header = make_header(AUTHOR)
    pre_hash = compute_pre_hash(header)
    done = solve(pre_hash, AUTHOR, make_work(Lane.TASK), EASY, PARAMS, BACKEND)
    assert done.seal is not None
    other = make_header(AUTHOR, Hash(b"\1" * 32))
    with pytest.raises(InvalidSeal, match="seal: ticket"):
        verify_seal(compute_pre_hash(other), AUTHOR, done.seal, done.witness, EASY, PARAMS)
    sealed = replace(header, digest=Digest((*header.digest.logs, SealItem(ENGINE, b"seal"))))
    assert compute_pre_hash(sealed) == pre_hash
    assert sealed.compute_hash() != header.compute_hash()


def test_nothing_computed_for_one_header_helps_with_the_next() -> None:
    a, bt = make_operand(64, 128), make_operand(64, 128, 1)
    one, other = compute_transcripts(a, bt), compute_transcripts(a, bt, Hash(bytes(32)))
    assert (one != other).mean() > 0.99


@pytest.mark.parametrize("rank", [0, 1, 8])
def test_operands_of_low_rank_save_nothing(rank: int) -> None:
    """Every step's noised operand has the noise's rank, and no two tiles agree."""
    left, right = make_operand(128, max(rank, 1), 1, 2), make_operand(max(rank, 1), 192, 2, 2)
    a = (left @ right).astype(np.int8) if rank else np.zeros((128, 192), np.int8)
    seeds = compute_seeds(PRE_HASH, (128, 128, 192), matrix_root(a), matrix_root(a))
    noised = add_noise(a, compute_noise(seeds.seed_a, 0, 128, 192)).astype(np.float64)
    ranks = [np.linalg.matrix_rank(noised[:, at : at + 64]) for at in (0, 64, 128)]
    assert min(ranks) >= 55
    assert count_distinct(run(a, a, seeds)) == 16


def test_equal_rows_do_not_give_equal_tiles() -> None:
    """The noise of a row is that of its number, so copies of a strip are work of their own."""
    strip, other = make_operand(32, 128, 1), make_operand(32, 128, 2)
    a, bt = np.tile(strip, (4, 1)), np.tile(other, (4, 1))
    assert count_distinct(compute_transcripts(a, bt)) == 16


def test_swapping_the_operands_is_other_work() -> None:
    a, bt = make_operand(64, 128, 1), make_operand(64, 128, 2)
    forward, backward = compute_transcripts(a, bt), compute_transcripts(bt, a)
    assert (forward != backward.transpose(1, 0, 2)).mean() > 0.99


def test_same_bytes_in_another_shape_are_other_work() -> None:
    """The shape is in root and seeds: the opened bytes of one shape prove nothing in another."""
    work = MatrixWork(Lane.PRIVATE, make_operand(64, 128, 1), make_operand(64, 128, 2))
    done = win(work)
    assert done.seal is not None
    wide = make_operand(64, 128, 1).reshape(128, 64)
    other = make_operand(64, 128, 2).reshape(128, 64)
    a, bt = commit_matrix(wide), commit_matrix(other)
    for i in range(4):
        for j in range(4):
            seal = replace(done.seal, m=128, n=128, k=64, i=i, j=j, root_a=a.root, root_b=bt.root)
            witness = Witness(*open_strip(a, wide, i), *open_strip(bt, other, j))
            with pytest.raises(InvalidSeal, match="seal: ticket"):
                verify_seal(PRE_HASH, AUTHOR, seal, witness, EASY, PARAMS)
            kept = replace(seal, root_a=done.seal.root_a, root_b=done.seal.root_b)
            with pytest.raises(InvalidSeal, match="seal: roots"):
                verify_seal(PRE_HASH, AUTHOR, kept, witness, EASY, PARAMS)


def test_padding_is_work_like_the_rest() -> None:
    """Rows of zeros draw tickets of their own; they cost what any rows cost."""
    a = np.zeros((96, 128), np.int8)
    a[:1] = make_operand(1, 128)
    assert count_distinct(compute_transcripts(a, make_operand(32, 128))) == 3


def test_padded_alias_of_an_operand_is_other_work() -> None:
    """A strip of zeros more is another root, another noise and so no second try on the same."""
    a, bt = make_operand(32, 128), make_operand(32, 128, 1)
    longer = np.concatenate([a, np.zeros((32, 128), np.int8)])
    assert matrix_root(a) != matrix_root(longer)
    one, other = compute_transcripts(a, bt), compute_transcripts(longer, bt)
    assert (one[0, 0] != other[0, 0]).mean() > 0.9


def test_transcript_does_not_follow_from_sums_of_rows() -> None:
    """Were the fold a sum, a tile would cost O((h + w) k); bit 0 alone is linear."""
    generator = np.random.default_rng(0)
    a = generator.integers(-126, 127, (32, 64)).astype(np.int64)
    bt = generator.integers(-126, 127, (32, 64)).astype(np.int64)
    agreements = np.zeros(32)
    for shift in range(64):
        right = np.roll(bt, shift, axis=1)
        folded = fold_steps((a @ right.T).astype(np.uint32)[np.newaxis])[0]
        by_row = a.reshape(4, 8, 64).sum(axis=0)
        by_col = right.reshape(4, 4, 2, 64).sum(axis=(0, 2))
        cheap = (by_row @ by_col.T).astype(np.uint32).reshape(32)
        same = ~(folded ^ cheap)
        agreements += [((same >> np.uint32(bit)) & np.uint32(1)).mean() for bit in range(32)]
    agreements /= 64
    assert agreements[0] == 1
    assert (agreements[1:] < 0.6).all()


def test_one_changed_element_changes_every_tile_of_its_strip() -> None:
    """Through the seeds it changes all; through the product alone, the tiles of its rows."""
    a, bt = make_operand(64, 128, 1), make_operand(64, 128, 2)
    seeds = compute_seeds(PRE_HASH, (64, 64, 128), Root.zero(), Root.zero())
    changed = a.copy()
    changed[40, 100] ^= 1
    before, after = run(a, bt, seeds), run(changed, bt, seeds)
    assert np.array_equal(before[0], after[0])
    assert (before[1] != after[1]).any(axis=-1).all()
    assert (compute_transcripts(a, bt) != compute_transcripts(changed, bt)).any(axis=-1).all()


def test_every_tile_draws_once() -> None:
    """The grid is fixed: no other cut of the product has a place in a seal."""
    transcripts = compute_transcripts(make_operand(64, 128), make_operand(96, 128, 1))
    drawn = list(draw_tickets(bytes(32), transcripts))
    assert len(drawn) == len({ticket for ticket, _, _ in drawn}) == 6

"""Every field of seal and witness is checked, and the step that refuses it is named."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from consensus.pouw import verify as verify_module
from consensus.pouw.params import PowParams, SeededShape
from consensus.pouw.seal import Seal
from consensus.pouw.verify import InvalidSeal, verify_seal
from consensus.pouw.witness import TileOpening, Witness
from runtime.primitives import AccountId, Hash, Root
from runtime.tensor.commitment import commit_matrix, commit_result, open_strip, open_tile
from runtime.work_summary import Lane
from tests.helpers.pouw_stage import AUTHOR, EASY, PARAMS, PRE_HASH, make_work, make_work_of, win

M, N, K = 64, 96, 128


def prove(lane: Lane) -> tuple[Seal, Witness | None]:
    done = win(make_work_of(lane))
    assert done.seal is not None
    return done.seal, done.witness


PROOFS = {lane: prove(lane) for lane in Lane}


def refuse(
    seal: Seal,
    witness: Witness | None,
    pre_hash: Hash = PRE_HASH,
    author: AccountId = AUTHOR,
    target: int = EASY,
) -> InvalidSeal:
    with pytest.raises(InvalidSeal) as caught:
        verify_seal(pre_hash, author, seal, witness, target, PARAMS)
    assert str(caught.value) == f"seal: {caught.value.step}: {caught.value.why}"
    return caught.value


def flip(data: bytes, at: int = 0) -> bytes:
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


def flip_hash(path: tuple[Hash, ...], at: int = 0) -> tuple[Hash, ...]:
    return (*path[:at], Hash(flip(path[at])), *path[at + 1 :])


@pytest.mark.parametrize("lane", Lane)
def test_what_was_proven_verifies(lane: Lane) -> None:
    seal, witness = PROOFS[lane]
    verify_seal(PRE_HASH, AUTHOR, seal, witness, EASY, PARAMS)


SEAL_CHANGES: list[tuple[Lane | None, str, Any, str]] = [
    (None, "version", 0, "version"),
    (None, "version", 2, "version"),
    (None, "m", 65, "shape"),
    (None, "m", 0, "shape"),
    (None, "m", 2**20 + 32, "shape"),
    (None, "n", 2**32 - 32, "shape"),
    (None, "n", 16, "shape"),
    (None, "k", 96, "shape"),
    (None, "k", 0, "shape"),
    (None, "k", 16_384 + 64, "shape"),
    (None, "i", 2, "tile"),
    (None, "j", 3, "tile"),
    (None, "j", 2**32 - 1, "tile"),
    (Lane.SEEDED, "m", 32 * 64, "lane"),
    (Lane.SEEDED, "n", 32 * 64, "lane"),
    (Lane.SEEDED, "k", 64, "lane"),
    (Lane.SEEDED, "root_a", Root(b"\1" * 32), "lane"),
    (Lane.SEEDED, "root_b", Root(b"\1" * 32), "lane"),
    (Lane.SEEDED, "root_c", Root(b"\1" * 32), "lane"),
    (Lane.SEEDED, "nonce", 8, "ticket"),
    (Lane.SEEDED, "lane", Lane.TASK, "lane"),
    (Lane.TASK, "m", 128, "roots"),
    (Lane.TASK, "n", 128, "roots"),
    (Lane.TASK, "k", 64, "lane"),
    (Lane.TASK, "root_a", Root(b"\1" * 32), "roots"),
    (Lane.TASK, "root_b", Root(b"\1" * 32), "roots"),
    (Lane.TASK, "root_c", Root(b"\1" * 32), "roots"),
    (Lane.TASK, "nonce", 1, "lane"),
    (Lane.TASK, "lane", Lane.PRIVATE, "lane"),
    (Lane.TASK, "lane", Lane.SEEDED, "lane"),
    (Lane.PRIVATE, "m", 96, "roots"),
    (Lane.PRIVATE, "root_a", Root(b"\1" * 32), "roots"),
    (Lane.PRIVATE, "root_b", Root(b"\1" * 32), "roots"),
    (Lane.PRIVATE, "root_c", Root(b"\1" * 32), "lane"),
    (Lane.PRIVATE, "nonce", 1, "lane"),
    (Lane.PRIVATE, "lane", Lane.TASK, "lane"),
]


@pytest.mark.parametrize("lane, field, value, step", SEAL_CHANGES)
def test_changed_seal_is_refused(lane: Lane | None, field: str, value: Any, step: str) -> None:
    for each in Lane if lane is None else (lane,):
        seal, witness = PROOFS[each]
        change: dict[str, Any] = {field: value}
        assert refuse(replace(seal, **change), witness).step == step


@pytest.mark.parametrize("lane", Lane)
def test_another_tile_is_refused(lane: Lane) -> None:
    seal, witness = PROOFS[lane]
    step = "ticket" if lane is Lane.SEEDED else "roots"
    assert refuse(replace(seal, i=seal.i ^ 1), witness).step == step
    assert refuse(replace(seal, j=(seal.j + 1) % 3), witness).step == step


@pytest.mark.parametrize("lane", Lane)
@pytest.mark.parametrize("at", [0, 15, 31])
def test_another_ticket_is_refused(lane: Lane, at: int) -> None:
    seal, witness = PROOFS[lane]
    error = refuse(replace(seal, ticket=flip(seal.ticket, at)), witness)
    assert error.step == "ticket"
    assert seal.ticket.hex() in error.why  # what was expected


@pytest.mark.parametrize("lane", Lane)
def test_ticket_that_does_not_win_is_refused(lane: Lane) -> None:
    seal, witness = PROOFS[lane]
    number = int.from_bytes(seal.ticket, "little")
    hardest = -(-number // (1_024 * K))
    verify_seal(PRE_HASH, AUTHOR, seal, witness, hardest, PARAMS)
    assert refuse(seal, witness, target=hardest - 1).step == "target"
    assert refuse(seal, witness, target=0).step == "target"


@pytest.mark.parametrize("lane", Lane)
def test_another_header_is_refused(lane: Lane) -> None:
    seal, witness = PROOFS[lane]
    assert refuse(seal, witness, pre_hash=Hash(flip(PRE_HASH))).step == "ticket"


def test_seeded_operands_belong_to_their_author() -> None:
    """In the other lanes the author counts through the header, whose hash he is part of."""
    seal, witness = PROOFS[Lane.SEEDED]
    assert refuse(seal, witness, author=AccountId(flip(AUTHOR))).step == "ticket"


WITNESS_CHANGES: list[tuple[str, Callable[[Witness], Any], str]] = [
    ("strip_a", lambda w: flip(w.strip_a), "roots"),
    ("strip_a", lambda w: flip(w.strip_a, len(w.strip_a) - 1), "roots"),
    ("strip_b", lambda w: flip(w.strip_b), "roots"),
    ("strip_a", lambda w: w.strip_a[:-1], "lane"),
    ("strip_a", lambda _: b"", "lane"),
    ("strip_b", lambda w: w.strip_b + b"\0", "lane"),
    ("strip_b", lambda w: w.strip_b * 2, "lane"),
    ("path_a", lambda w: flip_hash(w.path_a), "roots"),
    ("path_a", lambda _: (), "roots"),
    ("path_a", lambda w: (*w.path_a, Hash.zero()), "roots"),
    ("path_b", lambda w: flip_hash(w.path_b, 1), "roots"),
    ("path_b", lambda w: w.path_b[::-1], "roots"),
]


@pytest.mark.parametrize("lane", [Lane.TASK, Lane.PRIVATE])
@pytest.mark.parametrize("field, change, step", WITNESS_CHANGES)
def test_changed_witness_is_refused(
    lane: Lane, field: str, change: Callable[[Witness], Any], step: str
) -> None:
    seal, witness = PROOFS[lane]
    assert witness is not None
    changes: dict[str, Any] = {field: change(witness)}
    assert refuse(seal, replace(witness, **changes)).step == step


def test_witness_must_fit_the_lane() -> None:
    seeded, task, private = (PROOFS[lane] for lane in (Lane.SEEDED, Lane.TASK, Lane.PRIVATE))
    assert task[1] is not None
    assert private[1] is not None
    assert refuse(seeded[0], private[1]).step == "lane"
    assert refuse(task[0], None).step == "lane"
    assert refuse(private[0], None).step == "lane"
    assert refuse(task[0], replace(task[1], result=None)).step == "lane"
    assert refuse(private[0], replace(private[1], result=task[1].result)).step == "lane"


def test_changed_result_opening_is_refused() -> None:
    seal, witness = PROOFS[Lane.TASK]
    assert witness is not None
    assert witness.result is not None
    opened = witness.result
    for bad in (
        TileOpening(flip(opened.tile), opened.path),
        TileOpening(opened.tile, flip_hash(opened.path, 2)),
        TileOpening(opened.tile, opened.path[:-1]),
    ):
        assert refuse(seal, replace(witness, result=bad)).step == "roots"


def test_wrong_result_at_the_winning_tile_is_refused() -> None:
    """The miner commits to another C; where the block happens to look, it shows."""
    seal, witness = PROOFS[Lane.TASK]
    assert witness is not None
    product = win(make_work(Lane.TASK)).product
    assert product is not None
    product[32 * seal.i + 5, 32 * seal.j + 9] += 1
    forged = commit_result(product)
    opened = TileOpening(*open_tile(forged, product, seal.i, seal.j))
    lying = replace(seal, root_c=forged.root)
    assert refuse(lying, replace(witness, result=opened)).step == "result"


@pytest.mark.parametrize("value", [64, -64, 127, -128])
@pytest.mark.parametrize("is_left", [True, False])
def test_operands_out_of_range_are_refused(value: int, is_left: bool) -> None:
    """Committed honestly, so only the range can show it."""
    seal, witness = PROOFS[Lane.PRIVATE]
    assert witness is not None
    work = make_work(Lane.PRIVATE)
    matrix, index = (work.a, seal.i) if is_left else (work.bt, seal.j)
    matrix[32 * index + 31, K - 1] = value
    commitment = commit_matrix(matrix)
    strip, path = open_strip(commitment, matrix, index)
    if is_left:
        seal = replace(seal, root_a=commitment.root)
        witness = replace(witness, strip_a=strip, path_a=path)
    else:
        seal = replace(seal, root_b=commitment.root)
        witness = replace(witness, strip_b=strip, path_b=path)
    error = refuse(seal, witness)
    assert error.step == "range"
    assert error.why.startswith("A" if is_left else "B")
    assert str(value) in error.why


def test_operand_swapped_for_another_committed_one_is_refused() -> None:
    seal, witness = PROOFS[Lane.PRIVATE]
    assert witness is not None
    other = make_work(Lane.PRIVATE, seed=9).a
    commitment = commit_matrix(other)
    strip, path = open_strip(commitment, other, seal.i)
    changed = replace(witness, strip_a=strip, path_a=path)
    assert refuse(replace(seal, root_a=commitment.root), changed).step == "ticket"


def test_shape_of_the_seeded_lane_is_the_chain_s() -> None:
    seal, _ = PROOFS[Lane.SEEDED]
    other = PowParams(SeededShape(M, N, K + 64))
    with pytest.raises(InvalidSeal, match=r"lane: expected shape \(64, 96, 192\)"):
        verify_seal(PRE_HASH, AUTHOR, seal, None, EASY, other)


def test_cheap_steps_come_first(monkeypatch: pytest.MonkeyPatch) -> None:
    """What fails by its form or its ticket alone is not hashed, opened or multiplied."""

    def never(*_: object) -> Any:
        raise AssertionError("reached")

    for name in ("verify_strip", "compute_seeds", "expand_operand", "compute_transcript"):
        monkeypatch.setattr(verify_module, name, never)
    seal, witness = PROOFS[Lane.TASK]
    assert witness is not None
    assert refuse(seal, witness, target=0).step == "target"
    assert refuse(replace(seal, k=K + 64), witness).step == "lane"
    with pytest.raises(AssertionError, match="reached"):
        verify_seal(PRE_HASH, AUTHOR, seal, witness, EASY, PARAMS)


def test_wrong_path_length_is_refused_before_the_strip_is_hashed() -> None:
    """Also of the largest product there is: the path of one of 2^15 strips has 15 nodes."""
    seal, witness = PROOFS[Lane.PRIVATE]
    assert witness is not None
    largest = replace(seal, m=2**20)
    error = refuse(largest, witness)
    assert (error.step, "has 15 nodes, not 1" in error.why) == ("roots", True)


def test_strips_are_read_as_signed_bytes() -> None:
    seal, witness = PROOFS[Lane.PRIVATE]
    assert witness is not None
    strip = np.frombuffer(witness.strip_a, np.int8).reshape(32, K)
    work = make_work(Lane.PRIVATE)
    assert np.array_equal(strip, work.a[32 * seal.i : 32 * seal.i + 32])

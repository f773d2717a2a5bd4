"""Product after product on an emulated GPU: the answers of the reference, in every order."""

from collections.abc import Iterator

import numpy as np
import pytest

from consensus.kernels.backend import BestTicket, Operand, never_cancelled
from consensus.kernels.by_parts import search_by_parts
from consensus.kernels.cuda.device import Stream
from consensus.kernels.cuda.pipeline import Expansion, Job, Leaves, Pipeline
from consensus.pouw.noise import compute_noise, compute_seeds, expand_operand
from runtime.primitives import AccountId, Hash, Root
from runtime.tensor.commitment import Dtype, Int8Matrix, commit_leaves
from tests.helpers.cuda_checks import PLANS
from tests.helpers.cuda_emulator import ORDERS, EmulatedDevice
from tests.helpers.pouw_stage import BACKEND, make_operand

PRE_HASH = Hash(b"h" * 32)
M, N, K = 160, 96, 192


class Headers:
    """Derives seeds as mining does, and remembers the root of B."""

    def __init__(self) -> None:
        self._root_b = Root.zero()

    def get_seeds(self, a: Leaves, b: Leaves) -> tuple[bytes, bytes]:
        if b:
            self._root_b = commit_leaves(Dtype.INT8, N, K, b).root
        root_a = commit_leaves(Dtype.INT8, M, K, a).root if a else Root.zero()
        seeds = compute_seeds(PRE_HASH, (M, N, K), root_a, self._root_b)
        return seeds.seed_a, seeds.seed_b


def compute_expected(a: Int8Matrix, bt: Int8Matrix, *, wants_product: bool) -> BestTicket:
    headers = Headers()
    leaves = BACKEND.compute_leaves(a), BACKEND.compute_leaves(bt)
    seed_a, seed_b = headers.get_seeds(*leaves)
    left = Operand(a, compute_noise(seed_a, 0, M, K))
    right = Operand(bt, compute_noise(seed_b, 0, N, K))
    return search_by_parts(
        BACKEND.run, left, right, seed_a, never_cancelled, wants_product=wants_product
    )


def ensure_same(got: BestTicket, expected: BestTicket) -> None:
    assert (got.ticket, got.i, got.j) == (expected.ticket, expected.i, expected.j)
    assert (got.product is None) == (expected.product is None)
    if got.product is not None and expected.product is not None:
        assert np.array_equal(got.product, expected.product)


@pytest.mark.parametrize("eager", [*ORDERS, (Stream.STAGING,), (Stream.PRODUCT, Stream.RESULTS)])
@pytest.mark.parametrize("name", ["mma", "wgmma"])
def test_every_job_gets_its_own_answer(name: str, eager: tuple[Stream, ...]) -> None:
    """B stays for two jobs, changes, and stays again; A always changes; one wants no product."""
    bs = [make_operand(N, K, 100), None, make_operand(N, K, 101), None, None]
    wanted = [True, True, True, False, True]
    headers, used = Headers(), bs[0]
    jobs = [
        Job(make_operand(M, K, number), b, headers.get_seeds, wants)
        for number, (b, wants) in enumerate(zip(bs, wanted, strict=True))
    ]
    device = EmulatedDevice(PLANS[name], eager=eager)
    answers = list(Pipeline(device, PLANS[name]).search(jobs))
    assert len(answers) == len(jobs)
    for number, (answer, b, wants) in enumerate(zip(answers, bs, wanted, strict=True)):
        used = used if b is None else b
        assert used is not None
        expected = compute_expected(make_operand(M, K, number), used, wants_product=wants)
        ensure_same(answer, expected)
    assert device.launched.count("pack") == 5 + 2


def test_operands_of_the_seeded_lane_are_made_on_the_device() -> None:
    key, author = b"k" * 32, AccountId(b"a" * 32)
    seeds = compute_seeds(PRE_HASH, (M, N, K), Root.zero(), Root.zero())

    def expand(name: bytes, rows: int, nonce: int) -> Expansion:
        return Expansion(key, b"seeded" + name + author + nonce.to_bytes(8, "little"), rows, K)

    def get_seeds(a: Leaves, b: Leaves) -> tuple[bytes, bytes]:
        assert (a, b) == ((), ())
        return seeds.seed_a, seeds.seed_b

    jobs = [Job(expand(b"A", M, n), expand(b"B", N, n), get_seeds, False) for n in range(3)]
    plan = PLANS["mma"]
    answers = list(Pipeline(EmulatedDevice(plan), plan).search(jobs))
    noise_a, noise_b = compute_noise(seeds.seed_a, 0, M, K), compute_noise(seeds.seed_b, 0, N, K)
    for nonce, answer in enumerate(answers):
        a, b = (
            Operand(expand_operand(key, name, author, nonce, (0, rows), K), noise)
            for name, rows, noise in ((b"A", M, noise_a), (b"B", N, noise_b))
        )
        ensure_same(
            answer,
            search_by_parts(BACKEND.run, a, b, seeds.seed_a, never_cancelled, wants_product=False),
        )


def test_the_next_job_is_staged_before_an_answer_is_waited_for() -> None:
    """That is what lets hashing and noise run beside a product."""
    plan, headers = PLANS["mma"], Headers()
    device = EmulatedDevice(plan, eager=(Stream.STAGING,))
    asked: list[int] = []

    def jobs() -> Iterator[Job]:
        for number in range(3):
            asked.append(number)
            bt = make_operand(N, K, 9) if number == 0 else None
            yield Job(make_operand(M, K, number), bt, headers.get_seeds, False)

    answers = Pipeline(device, plan).search(jobs())
    next(answers)
    assert asked == [0, 1]
    last_product = len(device.launched) - 1 - device.launched[::-1].index("multiply_mma")
    assert "hash_trees" in device.launched[last_product:]
    assert "pack" in device.launched[last_product:]


def test_a_first_job_needs_its_b() -> None:
    plan = PLANS["mma"]
    job = Job(make_operand(M, K), None, Headers().get_seeds, False)
    with pytest.raises(ValueError, match="no B before it"):
        next(Pipeline(EmulatedDevice(plan), plan).search([job]))
    assert list(Pipeline(EmulatedDevice(plan), plan).search([])) == []

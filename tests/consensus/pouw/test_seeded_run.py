"""A run of Seeded products on a device gives what `solve` gives nonce by nonce."""

from collections.abc import Iterable, Iterator
from dataclasses import fields, replace

import pytest

from chain.miner.search import Found, Search, SeededRun, run_search
from consensus.kernels.backend import BestTicket, Cancelled, IsCancelled, never_cancelled
from consensus.kernels.cuda.device import DeviceFailed
from consensus.kernels.cuda_backend import CudaBackend
from consensus.kernels.guarded_backend import SEEDED_SAMPLE, GuardedBackend
from consensus.kernels.numpy_backend import NumpyBackend
from consensus.kernels.seeded import SeededProducts, search_seeded_by_parts
from consensus.pouw.seeded_run import solve_seeded_run
from consensus.pouw.solve import SeededWork, SolveResult, solve
from consensus.pouw.verify import verify_seal
from tests.helpers.cuda_checks import PLANS
from tests.helpers.cuda_emulator import EmulatedDevice
from tests.helpers.pouw_stage import AUTHOR, BACKEND, EASY, PARAMS, PRE_HASH

NONCES = range(5, 9)
HARD = 2**255 // (32 * 32 * 128)
"""Half of the tickets win."""


def facts(result: SolveResult | Found | BestTicket) -> list[object]:
    """The fields: values with a matrix are not compared, and here there is none."""
    assert result.product is None
    return [getattr(result, each.name) for each in fields(result)]


def facts_of(results: Iterable[SolveResult | BestTicket]) -> list[list[object]]:
    return [facts(result) for result in results]


def solve_each(target: int) -> list[list[object]]:
    works = map(SeededWork, NONCES)
    return facts_of(solve(PRE_HASH, AUTHOR, each, target, PARAMS, BACKEND) for each in works)


@pytest.mark.parametrize("target", [EASY, HARD, 0])
@pytest.mark.parametrize("name", ["mma", "wgmma"])
def test_a_run_is_its_products(name: str, target: int) -> None:
    plan = PLANS[name]
    backend = CudaBackend(EmulatedDevice(plan), plan)
    run = solve_seeded_run(PRE_HASH, AUTHOR, NONCES, target, PARAMS, backend, never_cancelled)
    results = list(run)
    assert facts_of(results) == solve_each(target)
    for result in results:
        if result.seal is not None:
            verify_seal(PRE_HASH, AUTHOR, result.seal, result.witness, target, PARAMS)


class FickleBackend(NumpyBackend):
    """Makes Seeded operands itself, until it fails or lies."""

    def __init__(self, good: int, *, lies: bool) -> None:
        self._good = good
        self._lies = lies

    def search_seeded(
        self, products: SeededProducts, is_cancelled: IsCancelled
    ) -> Iterator[BestTicket]:
        found = search_seeded_by_parts(NumpyBackend(), products, is_cancelled)
        for number, each in enumerate(found):
            if number < self._good:
                yield each
            elif self._lies:
                yield replace(each, ticket=bytes(32))
            else:
                raise DeviceFailed("the GPU has fallen off the bus")


@pytest.mark.parametrize(
    "good, lies, why",
    [(0, True, "expected ticket"), (0, False, "fallen off"), (2, False, "fallen off")],
)
def test_no_nonce_is_lost_with_a_device(good: int, lies: bool, why: str) -> None:
    notes: list[str] = []
    backend = GuardedBackend(FickleBackend(good, lies=lies), NumpyBackend, notes.append)
    run = solve_seeded_run(PRE_HASH, AUTHOR, NONCES, EASY, PARAMS, backend, never_cancelled)
    assert facts_of(run) == solve_each(EASY)
    assert len(notes) == 1
    assert why in notes[0]
    again = solve_seeded_run(PRE_HASH, AUTHOR, NONCES, EASY, PARAMS, backend, never_cancelled)
    assert facts_of(again) == solve_each(EASY)
    assert len(notes) == 1


def test_one_ticket_in_so_many_is_computed_again() -> None:
    """A device that lies from the second product on is found out at the sample after it."""
    notes: list[str] = []
    backend = GuardedBackend(FickleBackend(1, lies=True), NumpyBackend, notes.append)
    shape, nonces = (32, 32, 64), range(SEEDED_SAMPLE + 2)
    products = SeededProducts(bytes(32), bytes(32), b"b" * 32, AUTHOR, shape, nonces)
    found = facts_of(backend.search_seeded(products, never_cancelled))
    right = facts_of(search_seeded_by_parts(NumpyBackend(), products, never_cancelled))
    assert found[0] == right[0]
    assert found[SEEDED_SAMPLE:] == right[SEEDED_SAMPLE:]
    assert "expected ticket" in notes[0]


def test_a_backend_that_makes_no_operands_is_guarded_too() -> None:
    backend = GuardedBackend(NumpyBackend(), NumpyBackend, pytest.fail)
    run = solve_seeded_run(PRE_HASH, AUTHOR, NONCES, HARD, PARAMS, backend, never_cancelled)
    assert facts_of(run) == solve_each(HARD)


def test_a_run_is_called_off_between_products() -> None:
    plan = PLANS["mma"]
    answers = iter([False, False, True])
    run = solve_seeded_run(
        *(PRE_HASH, AUTHOR, NONCES, 0, PARAMS),
        CudaBackend(EmulatedDevice(plan), plan),
        lambda: next(answers),
    )
    assert facts(next(run)) == solve_each(0)[0]
    with pytest.raises(Cancelled):
        next(run)


@pytest.mark.parametrize("target", [HARD, 0])
def test_a_miner_s_search_takes_the_run(target: int) -> None:
    plan = PLANS["mma"]
    device = EmulatedDevice(plan)
    work = SeededRun(NONCES.start, len(NONCES))
    search = Search(PRE_HASH, AUTHOR, target, PARAMS, work)
    found = run_search(search, CudaBackend(device, plan), never_cancelled)
    expected = run_search(search, BACKEND, never_cancelled)
    assert facts(found) == facts(expected)
    assert "expand_operand" in device.launched
    answers = iter([False, False, True, True, True, True])
    stopped = run_search(search, CudaBackend(device, plan), lambda: next(answers))
    assert stopped.products == 1

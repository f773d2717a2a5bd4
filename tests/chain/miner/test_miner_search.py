"""Searches, the guard around a device, and what is counted."""

import logging
from dataclasses import replace

import numpy as np
import pytest
import trio

from chain.miner.device import DeviceLost, GuardedDevice, ThreadDevice, find_fault
from chain.miner.frames import (
    LENGTH_BYTES,
    BadFrame,
    FoundFrame,
    SearchFrame,
    pack,
    to_found,
    to_found_frame,
    to_search,
    to_search_frame,
    unpack_from_device,
    unpack_length,
    unpack_to_device,
)
from chain.miner.search import Found, Search, SearchWork, SeededRun, run_search
from chain.miner.statistics import MinerStatistics
from chain.worker import InlineWorker
from consensus.kernels.backend import never_cancelled
from consensus.pouw.solve import MatrixWork
from consensus.pouw.verify import verify_seal
from runtime.work_summary import Lane
from tests.helpers.pouw_stage import AUTHOR, BACKEND, EASY, PARAMS, PRE_HASH, make_work

SEEDED_MACS = PARAMS.seeded.m * PARAMS.seeded.n * PARAMS.seeded.k
TASK = make_work(Lane.TASK)


def make_search(work: SearchWork, target: int = EASY) -> Search:
    return Search(PRE_HASH, AUTHOR, target, PARAMS, work)


def search_now(work: SearchWork, target: int = EASY) -> Found:
    return run_search(make_search(work, target), BACKEND, never_cancelled)


class ScriptedDevice:
    """Gives what it was told to give."""

    name = "scripted"

    def __init__(self, answer: Found | DeviceLost) -> None:
        self.answer = answer
        self.asked = 0

    async def search(self, search: Search, stop: trio.Event) -> Found:
        del search, stop
        self.asked += 1
        if isinstance(self.answer, DeviceLost):
            raise self.answer
        return self.answer


def guard(answer: Found | DeviceLost) -> tuple[ScriptedDevice, GuardedDevice]:
    device, worker = ScriptedDevice(answer), InlineWorker()
    return device, GuardedDevice(device, ThreadDevice(BACKEND, worker), worker)


def ask(device: GuardedDevice, search: Search) -> Found:
    async def main() -> Found:
        return await device.search(search, trio.Event())

    return trio.run(main)


def test_seeded_products_until_a_ticket_wins() -> None:
    found = search_now(SeededRun(5, 10))
    assert found.seal is not None
    assert found.seal.nonce == 5
    assert (found.products, found.macs, found.tickets) == (1, SEEDED_MACS, 6)
    verify_seal(PRE_HASH, AUTHOR, found.seal, None, EASY, PARAMS)


def test_no_ticket_wins() -> None:
    found = search_now(SeededRun(0, 3), target=0)
    assert (found.seal, found.products, found.macs) == (None, 3, 3 * SEEDED_MACS)
    assert found.best_ticket < b"\xff" * 32


def test_a_seeded_search_ends_when_it_is_called_off() -> None:
    looks = iter([False] * 4 + [True] * 99)
    found = run_search(make_search(SeededRun(0, 1_000), 0), BACKEND, lambda: next(looks))
    assert 0 < found.products < 10


def test_given_operands_are_multiplied_to_the_end() -> None:
    found = run_search(make_search(TASK, 0), BACKEND, lambda: True)
    assert found.seal is None
    assert found.product is not None
    assert np.array_equal(found.product, TASK.a.astype(np.int64) @ TASK.bt.T.astype(np.int64))


@pytest.mark.parametrize("work", [SeededRun(3, 2), TASK, make_work(Lane.PRIVATE)])
def test_messages_round_trip(work: SearchWork) -> None:
    search = make_search(work)
    packed = pack(to_search_frame(7, search))
    assert unpack_length(packed[:LENGTH_BYTES]) == len(packed) - LENGTH_BYTES
    frame = unpack_to_device(packed[LENGTH_BYTES:])
    assert isinstance(frame, SearchFrame)
    assert frame.number == 7
    again = to_search(frame)
    if isinstance(work, MatrixWork):
        assert isinstance(again.work, MatrixWork)
        assert np.array_equal(again.work.a, work.a)
        assert np.array_equal(again.work.bt, work.bt)
        again = replace(again, work=work)
    fields = ("pre_hash", "author", "target", "params", "work")
    assert [getattr(again, each) for each in fields] == [getattr(search, each) for each in fields]
    found = run_search(search, BACKEND, never_cancelled)
    answer = unpack_from_device(pack(to_found_frame(7, found))[LENGTH_BYTES:])
    assert isinstance(answer, FoundFrame)
    back = to_found(answer, search)
    assert (back.seal, back.witness, back.macs) == (found.seal, found.witness, found.macs)
    assert (back.product is None) == (found.product is None)
    assert back.product is None or np.array_equal(back.product, found.product)  # type: ignore[arg-type]


def test_messages_that_are_none() -> None:
    with pytest.raises(BadFrame, match="at most"):
        unpack_length(b"\xff" * LENGTH_BYTES)
    for unpack in (unpack_to_device, unpack_from_device):
        with pytest.raises(BadFrame, match="expected a message"):
            unpack(b"nonsense")
    search = make_search(TASK)
    frame = to_search_frame(1, search)
    wrongs: list[dict[str, object]] = [
        {"a": frame.a[1:]},
        {"lane": 9},
        {"pre_hash": b"short"},
        {"seeded": (1, 1, 1)},
        {"shape": (-1, 2, 3)},
    ]
    for wrong in wrongs:
        with pytest.raises(BadFrame, match="does not fit"):
            to_search(replace_frame(frame, wrong))
    answer = to_found_frame(1, run_search(search, BACKEND, never_cancelled))
    assert answer.product is not None
    for field, value in (("product", answer.product[4:]), ("seal", b"x"), ("witness", b"x")):
        with pytest.raises(BadFrame, match="does not fit"):
            to_found(replace_answer(answer, field, value), search)


def replace_frame(frame: SearchFrame, values: dict[str, object]) -> SearchFrame:
    parts = {name: getattr(frame, name) for name in frame.__struct_fields__}
    return SearchFrame(**{**parts, **values})


def replace_answer(frame: FoundFrame, field: str, value: bytes) -> FoundFrame:
    parts = {name: getattr(frame, name) for name in frame.__struct_fields__}
    return FoundFrame(**{**parts, field: value})


# --- the guard


def test_a_right_answer_is_passed_on() -> None:
    for work in (SeededRun(0, 1), TASK):
        found = search_now(work)
        device, guarded = guard(found)
        assert ask(guarded, make_search(work)) is found
        assert (device.asked, guarded.name) == (1, "scripted")


def test_a_lost_device_loses_no_work(caplog: pytest.LogCaptureFixture) -> None:
    device, guarded = guard(DeviceLost("scripted", "fell off the bus"))
    with caplog.at_level(logging.ERROR):
        found = ask(guarded, make_search(TASK))
    assert found.product is not None
    assert find_fault(make_search(TASK), found) is None
    assert "no longer used" in caplog.text
    ask(guarded, make_search(TASK))
    assert (device.asked, guarded.name) == (1, "numpy")


def test_wrong_answers_are_found_and_done_again() -> None:
    right = search_now(TASK)
    assert right.seal is not None
    assert right.product is not None
    seal = replace(right.seal, ticket=bytes(32))
    for wrong, why in (
        (replace(right, seal=seal), "seal: ticket"),
        (replace(right, witness=None), "seal: lane"),
        (replace(right, seal=None, product=None), "got none"),
        (replace(right, seal=None, product=right.product[:32]), "of shape"),
        (replace(right, seal=None, product=right.product + 1), "a wrong product"),
    ):
        search = make_search(TASK)
        fault = find_fault(search, wrong)
        assert fault is not None
        assert why in fault
        _, guarded = guard(wrong)
        again = ask(guarded, search)
        assert again.product is not None
        assert np.array_equal(again.product, right.product)


def test_a_product_with_one_wrong_tile_is_found_sooner_or_later() -> None:
    """Eight of its six tiles are looked at, drawn by the header."""
    right = search_now(TASK, 0)
    assert right.product is not None
    product = right.product.copy()
    product[40, 70] += 1
    wrong = replace(right, product=product)
    headers = [
        replace(make_search(TASK, 0), pre_hash=PRE_HASH.__class__(bytes([n]) * 32))
        for n in range(8)
    ]
    assert any(find_fault(search, wrong) is not None for search in headers)


# --- statistics


def test_what_is_counted() -> None:
    now = [100.0]
    statistics = MinerStatistics(lambda: now[0])
    assert (statistics.macs_per_s, statistics.stale_share) == (0, 0)
    found = search_now(SeededRun(0, 2), 0)
    for _ in range(3):
        statistics.note_found(found, Lane.SEEDED)
        now[0] += 2
    assert statistics.products == 6
    assert statistics.macs == 6 * SEEDED_MACS
    assert statistics.macs_per_s == pytest.approx(4 * SEEDED_MACS / 6)
    assert statistics.best_ticket == found.best_ticket
    statistics.note_search(is_stale=True)
    statistics.note_search(is_stale=False)
    assert statistics.stale_share == 0.5
    now[0] += 120
    assert statistics.macs_per_s == 0

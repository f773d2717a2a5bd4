"""int-sgd-v1: the oracle's numbers, segments that join, and what it refuses."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given

from runtime.programs import Inputs, ProgramError, Sgd
from runtime.programs.sgd import WEIGHT_HIGH, WEIGHT_LOW, to_operand
from tests.helpers.programs_strategies import trainings
from tests.helpers.programs_vectors import make_sgd, run_oracle_sgd


def make_inputs(before: bytes = b"", **changes: Any) -> tuple[Sgd, Inputs]:
    task, rows, labels = make_sgd("task", 16, 4, 3, 3, 4, 10)
    return replace(task, **changes), Inputs((rows, labels), None, before)


def run_all(task: Sgd, inputs: Inputs) -> list[bytes]:
    outputs = [task.run(0, inputs)]
    for slot in range(1, task.count_slots()):
        outputs.append(task.run(slot, replace(inputs, before=outputs[-1])))
    return outputs


@given(trainings())
def test_it_gives_the_oracles_bytes(training: tuple[Sgd, Inputs]) -> None:
    task, inputs = training
    rows, labels = inputs.blobs
    cost = task.plan(inputs)
    output = task.run(0, inputs)
    assert output == run_oracle_sgd(task, rows, labels)
    assert len(output) == cost.output_bytes


@pytest.mark.parametrize("per_slot", [1, 3, 5, 9])
def test_segments_join_to_the_whole(per_slot: int) -> None:
    task, inputs = make_inputs()
    whole = task.run(0, inputs)
    parts = run_all(replace(task, steps_per_slot=per_slot), inputs)
    assert task.load_weights(parts[-1]).first.tolist() == task.load_weights(whole).first.tolist()
    misses = [missed for part in parts for missed in task.load_misses(part)]
    assert tuple(misses) == task.load_misses(whole)


def test_one_step_altered_alters_all_that_follows() -> None:
    task, inputs = make_inputs(steps_per_slot=5)
    first, second = run_all(task, inputs)
    forged = bytearray(first)
    forged[1] ^= 4
    assert task.run(1, replace(inputs, before=bytes(forged))) != second


def test_it_learns() -> None:
    rng = np.random.default_rng(1)
    labels = rng.integers(0, 3, 90).astype(np.uint8)
    centres = np.array([[40, -40, 0, 0], [-40, 40, 0, 0], [0, 0, 45, -45]])
    rows = (centres[labels] + rng.integers(-15, 16, (90, 4))).astype(np.int8)
    for hidden in (0, 8):
        task, _, _ = make_sgd("learn", 90, 4, hidden, 3, 16, 150, margin=1_500)
        misses = task.load_misses(task.run(0, Inputs((rows.tobytes(), labels.tobytes()))))
        assert sum(misses[:5]) > 10
        assert sum(misses[-20:]) < 8


def test_exported_weights_are_operands() -> None:
    task, inputs = make_inputs(rate=16, hidden_rate=16)
    weights = task.load_weights(task.run(0, inputs))
    assert weights.second is not None
    for part in (weights.first, weights.second):
        assert part.min() >= WEIGHT_LOW
        assert part.max() <= WEIGHT_HIGH
        exported = to_operand(part)
        assert exported.min() >= -63
        assert exported.max() <= 63
    assert (weights.second.min(), weights.second.max()) == (WEIGHT_LOW, WEIGHT_HIGH)


@pytest.mark.parametrize(
    "changes",
    [
        {"cols": 0},
        {"cols": 1_025},
        {"hidden": 257},
        {"classes": 1},
        {"classes": 65},
        {"batch": 0},
        {"batch": 257},
        {"margin": (1 << 30) + 1},
        {"shift": 32},
        {"rate": 17},
        {"hidden_rate": 17},
        {"steps": 0},
        {"steps": (1 << 20) + 1},
        {"steps_per_slot": 0},
        {"count": 0},
        {"count": 15},
        {"count": 17},
        {"cols": 5},
        {"classes": 2},
        {"cols": 1_024, "classes": 64, "hidden": 0},
    ],
    ids=str,
)
def test_it_refuses(changes: dict[str, Any]) -> None:
    task, inputs = make_inputs(**changes)
    with pytest.raises(ProgramError):
        task.plan(inputs)


def test_it_refuses_rows_that_are_no_operands() -> None:
    task, inputs = make_inputs()
    rows, labels = inputs.blobs
    for entry in (64, -64):
        wrong = entry.to_bytes(1, "little", signed=True) + rows[1:]
        with pytest.raises(ProgramError, match="entries in"):
            task.plan(Inputs((wrong, labels)))


def test_it_refuses_what_is_no_output_of_a_segment() -> None:
    task, inputs = make_inputs(steps_per_slot=5)
    good = task.run(0, inputs)
    too_large = (WEIGHT_HIGH + 1).to_bytes(4, "little") + good[4:]
    for before in (b"", good[:20], too_large):
        with pytest.raises(ProgramError, match="weights"):
            task.run(1, replace(inputs, before=before))

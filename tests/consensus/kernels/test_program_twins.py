"""The compiled twins of the programs: byte for byte what the rules give, or not used at all."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numba.core.errors import TypingError

from consensus.kernels.programs import ProgramTwins, TwinFault, ensure_twins_exact, twins
from consensus.kernels.programs.trials import make_trials
from runtime.model import check_model
from runtime.programs import (
    SCENE,
    Evaluation,
    Inputs,
    Metric,
    Program,
    ProgramError,
    Raytrace,
    Scene,
    Sgd,
    Statistics,
)
from runtime.tensor import Graph, InputSpec, check_graph
from runtime.tensor.ops import Argmax, Slice
from tests.helpers.programs_strategies import SCENES, trainings
from tests.helpers.programs_vectors import FOUR_BALLS, NO_ROOT

TWINS = ProgramTwins()


@given(scene=SCENES, width=st.integers(1, 12), height=st.integers(1, 12))
def test_pixels_are_the_rules(scene: Scene, width: int, height: int) -> None:
    task, inputs = Raytrace(NO_ROOT, width, height, 5), Inputs((SCENE.encode(scene),))
    for slot in range(task.count_slots()):
        assert TWINS.run_program(task, slot, inputs) == task.run(slot, inputs)


def test_a_large_picture_is_the_rules() -> None:
    task, inputs = Raytrace(NO_ROOT, 100, 100, 100), Inputs((SCENE.encode(FOUR_BALLS),))
    assert TWINS.run_program(task, 0, inputs) == task.run(0, inputs)


@given(training=trainings(), per_slot=st.integers(1, 4))
def test_weights_are_the_rules_segment_by_segment(
    training: tuple[Sgd, Inputs], per_slot: int
) -> None:
    task, inputs = replace(training[0], steps_per_slot=per_slot), training[1]
    for slot in range(task.count_slots()):
        output = task.run(slot, inputs)
        assert TWINS.run_program(task, slot, inputs) == output
        inputs = replace(inputs, before=output)


@given(
    st.lists(st.tuples(st.integers(-4, 4), st.integers(-128, 127)), min_size=1, max_size=60),
    st.integers(-4, 0),
    st.integers(5, 9),
)
def test_sums_are_the_rules(rows: list[tuple[int, int]], low: int, group_rows_min: int) -> None:
    task = Statistics(NO_ROOT, len(rows), 2, 0, low, 3, (1, 0, 1), group_rows_min)
    inputs = Inputs((np.array(rows, np.int8).tobytes(),))
    assert TWINS.run_program(task, 0, inputs) == task.run(0, inputs)


@given(
    st.lists(st.tuples(*[st.integers(-63, 63)] * 3), min_size=1, max_size=30),
    st.sampled_from((Slice(0, 0, 3), Slice(0, 1, 2), Argmax(0))),
    st.sampled_from(Metric),
    st.integers(1, 30),
)
def test_counts_are_the_rules(
    rows: list[tuple[int, int, int]], last: Slice | Argmax, metric: Metric, per_slot: int
) -> None:
    model = check_model(check_graph(Graph(InputSpec(3, -63, 63), (), (last,))), ())
    labels = bytes(abs(row[1]) % 3 for row in rows)
    inputs = Inputs((np.array(rows, np.int8).tobytes(), labels), model)
    task = Evaluation(NO_ROOT, NO_ROOT, len(rows), per_slot, 3, metric)
    for slot in range(task.count_slots()):
        assert TWINS.run_program(task, slot, inputs) == task.run(slot, inputs)


def test_a_twin_refuses_what_the_rules_refuse() -> None:
    task, inputs = next(each for each in make_trials() if isinstance(each[0], Sgd))
    for before in (b"", b"\x7f" * len(task.run(0, inputs))):
        for run in (task.run, lambda *rest, task=task: TWINS.run_program(task, *rest)):
            with pytest.raises(ProgramError):
                run(1, replace(inputs, before=before))


def test_every_program_is_tried() -> None:
    assert {type(program) for program, _ in make_trials()} == {
        *(Evaluation, Raytrace, Sgd, Statistics),
    }
    for program, inputs in make_trials():
        program.plan(inputs)
    ensure_twins_exact()


@pytest.mark.parametrize("kernel", ["draw_tile", "train_linear", "train_perceptron"])
def test_a_twin_that_errs_is_found(kernel: str, monkeypatch: pytest.MonkeyPatch) -> None:
    right = getattr(twins, kernel)

    def err(*arguments: object) -> None:
        right(*arguments)
        first = next(each for each in arguments[::-1] if isinstance(each, np.ndarray))
        first.flat[first.size // 2] ^= 1

    monkeypatch.setattr(twins, kernel, err)
    with pytest.raises(TwinFault, match="other bytes"):
        ensure_twins_exact()


def test_a_twin_that_does_not_compile_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(program: Program, slot: int, inputs: Inputs) -> bytes:
        raise TypingError("no such type")

    monkeypatch.setattr(twins, "_draw", fail)
    with pytest.raises(TwinFault, match="Raytrace does not compile: no such type"):
        ensure_twins_exact()

"""eval-v1: counts that add up over shards, and what it refuses."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.model import LoadedModel, check_model
from runtime.programs import Evaluation, Inputs, Metric, ProgramError
from runtime.tensor import Graph, InputSpec, check_graph
from runtime.tensor.ops import Argmax, Slice
from tests.helpers.programs_oracle import count_answers
from tests.helpers.programs_vectors import NO_ROOT, draw, to_bytes

ROWS = draw("rows", 25, 3, -9, 9)
LABELS = bytes(row[0] for row in draw("labels", 25, 1, 0, 2))
ANSWERS = [row.index(max(row)) for row in ROWS]


def make_model(*ops: Any, low: int = -63, high: int = 63) -> LoadedModel:
    return check_model(check_graph(Graph(InputSpec(3, low, high), (), ops)), ())


SCORES = make_model(Slice(0, 0, 3))
INPUTS = Inputs((to_bytes(ROWS), LABELS), SCORES)
TASK = Evaluation(NO_ROOT, NO_ROOT, 25, 25, 3, Metric.ACCURACY)


@given(per_slot=st.integers(1, 30), metric=st.sampled_from(Metric))
def test_shards_add_up(per_slot: int, metric: Metric) -> None:
    task = replace(TASK, count_per_slot=per_slot, metric=metric)
    cost = task.plan(INPUTS)
    outputs = [task.run(slot, INPUTS) for slot in range(task.count_slots())]
    assert {len(output) for output in outputs} == {cost.output_bytes}
    total = np.sum([task.load_counts(output) for output in outputs], axis=0)
    is_matrix = metric is Metric.CONFUSION
    expected = count_answers(ANSWERS, LABELS, 3, confusion=is_matrix)
    assert total.ravel().tolist() == expected


def test_a_model_of_one_column_answers_with_its_number() -> None:
    chooser = make_model(Argmax(0))
    for metric in Metric:
        task = replace(TASK, metric=metric)
        assert task.run(0, replace(INPUTS, model=chooser)) == task.run(0, INPUTS)


def test_an_answer_that_is_no_class_is_wrong() -> None:
    number = make_model(Slice(0, 0, 1))
    inputs = Inputs((to_bytes([[-1, 0, 0], [2, 0, 0], [3, 0, 0]]), bytes([1, 2, 0])), number)
    task = replace(TASK, count=3)
    assert task.load_counts(task.run(0, inputs)).tolist() == [1, 3]
    matrix = replace(task, metric=Metric.CONFUSION)
    counts = matrix.load_counts(matrix.run(0, inputs))
    assert counts.sum() == counts[2, 2] == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"classes": 0},
        {"classes": 65},
        {"classes": 2},
        {"classes": 4},
        {"count": 0},
        {"count": 24},
        {"count_per_slot": 0},
    ],
    ids=str,
)
def test_it_refuses(changes: dict[str, Any]) -> None:
    with pytest.raises(ProgramError):
        replace(TASK, **changes).plan(INPUTS)


def test_it_refuses_other_models() -> None:
    narrow = make_model(Slice(0, 0, 3), low=-5, high=5)
    for model in (None, narrow, make_model(Slice(0, 0, 2))):
        with pytest.raises(ProgramError):
            TASK.plan(replace(INPUTS, model=model))

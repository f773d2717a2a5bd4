"""stats-v1: the oracle's sums, small groups left unsaid, and what it refuses."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.programs import Inputs, ProgramError, Statistics
from tests.helpers.programs_oracle import run_statistics
from tests.helpers.programs_vectors import NO_ROOT, to_bytes, to_words

ENTRY = st.integers(-128, 127)
TASK = Statistics(NO_ROOT, 6, 2, 0, -1, 1, (1,), 5)
INPUTS = Inputs((bytes(12),))


@given(
    rows=st.lists(st.tuples(st.integers(-3, 3), ENTRY, ENTRY), min_size=1, max_size=60),
    low=st.integers(-4, 4),
    width=st.integers(0, 4),
    columns=st.lists(st.integers(0, 2), min_size=1, max_size=4).map(tuple),
    group_rows_min=st.integers(5, 12),
)
def test_it_gives_the_oracles_sums(
    rows: list[tuple[int, int, int]],
    low: int,
    width: int,
    columns: tuple[int, ...],
    group_rows_min: int,
) -> None:
    terms: dict[str, Any] = {"low": low, "high": low + width, "columns": columns}
    task = Statistics(NO_ROOT, len(rows), 3, 0, group_rows_min=group_rows_min, **terms)
    inputs = Inputs((to_bytes(rows),))
    cost = task.plan(inputs)
    output = task.run(0, inputs)
    expected = run_statistics(rows, group=0, group_rows_min=group_rows_min, **terms)
    assert output == to_words(expected, 8, signed=True)
    assert len(output) == cost.output_bytes
    assert task.load_sums(output).tolist() == [
        expected[i : i + 1 + len(columns)] for i in range(0, len(expected), 1 + len(columns))
    ]


def test_of_a_small_group_nothing_is_said() -> None:
    rows = [(0, 7)] * 5 + [(1, 9)] * 4
    task = Statistics(NO_ROOT, 9, 2, 0, 0, 1, (1,), 5)
    sums = task.load_sums(task.run(0, Inputs((to_bytes(rows),))))
    assert sums.tolist() == [[5, 35], [0, 0]]


@pytest.mark.parametrize(
    "changes",
    [
        {"count": 0},
        {"count": 5},
        {"cols": 0},
        {"group": 2},
        {"columns": (2,)},
        {"columns": ()},
        {"low": 1, "high": 0},
        {"group_rows_min": 4},
        {"low": -128, "high": 127, "columns": (1, 1)},
    ],
    ids=str,
)
def test_it_refuses(changes: dict[str, Any]) -> None:
    with pytest.raises(ProgramError):
        replace(TASK, **changes).plan(INPUTS)


def test_the_largest_output_is_four_kibibytes() -> None:
    task = replace(TASK, low=-128, high=127)
    assert task.plan(INPUTS).output_bytes == 4_096

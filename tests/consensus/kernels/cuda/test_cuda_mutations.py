"""Bugs planted in the kernels are caught; `make cuda` plants all of them."""

import pytest

from tests.helpers.cuda_mutations import MUTATIONS, Mutation, find_fault

# A race, a stage lost, a race in a tree, a tie in a sort, a wrong place.
CHOSEN = (
    "no barrier in a step",
    "stage given back while it is read",
    "no barrier before nodes are written",
    "equal words sorted backwards",
    "bands all at the first row",
)
SAMPLE = [mutation for mutation in MUTATIONS if mutation.name in CHOSEN]


def test_the_sample_is_there() -> None:
    assert len(SAMPLE) == len(CHOSEN)
    assert len(MUTATIONS) >= 60


@pytest.mark.parametrize("mutation", SAMPLE, ids=lambda mutation: mutation.name)
def test_planted_bug_is_caught(mutation: Mutation) -> None:
    assert find_fault(mutation) is not None

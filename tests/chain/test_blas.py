"""Products of numpy's stay in their thread while a node runs."""

import numpy as np
from threadpoolctl import threadpool_info

from chain.blas import use_one_blas_thread


def count_threads() -> list[object]:
    return [each["num_threads"] for each in threadpool_info() if each["user_api"] == "blas"]


def test_blas_has_one_thread_inside_and_its_own_afterwards() -> None:
    assert (np.ones((4, 4)) @ np.ones((4, 4)))[0, 0] == 4
    before = count_threads()
    assert before, "numpy comes with a BLAS"
    with use_one_blas_thread():
        assert set(count_threads()) == {1}
    assert count_threads() == before

"""Every backend that a machine without a GPU can run, for the suite that all of them pass."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import pytest

from consensus.kernels.backend import OneCore, ProductBackend
from consensus.kernels.cuda_backend import CudaBackend
from consensus.kernels.numba_backend import NumbaBackend
from consensus.kernels.numpy_backend import NumpyBackend
from consensus.kernels.simd.layout import PAIRS, QUADS
from tests.helpers.cuda_checks import PLANS
from tests.helpers.cuda_emulator import EmulatedDevice


class ShuffledCores:
    """Three threads that take the jobs from the last to the first."""

    count = 3

    def run(self, jobs: Sequence[Callable[[], None]]) -> None:
        with ThreadPoolExecutor(self.count) as threads:
            for future in [threads.submit(job) for job in reversed(jobs)]:
                future.result()


BACKENDS: Final[dict[str, ProductBackend]] = {
    "numpy": NumpyBackend(),
    "numba-pairs": NumbaBackend(OneCore(), PAIRS),
    "numba-quads": NumbaBackend(OneCore(), QUADS),
    "numba-threads": NumbaBackend(ShuffledCores(), PAIRS),
    "cuda-mma": CudaBackend(EmulatedDevice(PLANS["mma"]), PLANS["mma"]),
    "cuda-wgmma": CudaBackend(EmulatedDevice(PLANS["wgmma"]), PLANS["wgmma"]),
}

for_every_backend = pytest.mark.parametrize("backend", BACKENDS.values(), ids=BACKENDS.keys())

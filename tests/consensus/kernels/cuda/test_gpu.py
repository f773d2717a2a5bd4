"""On a machine with a GPU, everything that the emulator proves, on the GPU itself."""

import pytest

from consensus.kernels.cuda.device import DeviceUnavailable
from consensus.kernels.select import select_backend
from tests.bench.bench_gpu import LARGE, ensure_correct, open_cupy


@pytest.mark.gpu
def test_the_gpu_is_exact() -> None:
    try:
        targets, open_target = open_cupy()
    except (ImportError, DeviceUnavailable) as error:
        pytest.skip(f"no GPU to test: {error}")
    for target in targets:
        ensure_correct(open_target(target, True), target.plan, LARGE[:1])
    assert select_backend("cuda").name == "cuda"

"""Every kernel, as g++ builds it against the emulator, computes what numpy and blake3 compute."""

import re

import numpy as np
import pytest

from consensus.kernels.cuda import operand, plan, product
from consensus.kernels.cuda.sources import read_source
from consensus.kernels.shape import K_STEP, NOISE_RANK, ROTATION, TILE
from tests.helpers.cuda_checks import CHECKS, PLANS
from tests.helpers.cuda_emulator import EmulatedDevice

# These depend on how the product's kernel wants its operands; the others are the same in all plans.
OF_A_PLAN = ("packing", "digits", "product")
CASES = [(name, chosen) for name in CHECKS for chosen in (PLANS if name in OF_A_PLAN else ("mma",))]


@pytest.mark.parametrize("name, chosen", CASES)
def test_kernel_is_exact(name: str, chosen: str) -> None:
    seed = np.random.SeedSequence().entropy
    print(f"np.random.default_rng({seed})")
    CHECKS[name](EmulatedDevice(PLANS[chosen]), PLANS[chosen], np.random.default_rng(seed))


def constants(source: str) -> dict[str, int]:
    found = re.findall(r"\b([A-Z][A-Z_]+) = (\d+)[,;]", read_source(source))
    return {name: int(value) for name, value in found}


def test_constants_are_those_of_the_specification() -> None:
    layout = constants("layout.cuh")
    assert (layout["TILE"], layout["STEP"], layout["ROTATION"]) == (TILE, K_STEP, ROTATION)
    assert NOISE_RANK == K_STEP


def test_shapes_of_launches_are_those_of_the_kernels() -> None:
    hashing, noise = constants("hashing.cu"), constants("noise.cu")
    assert hashing["TREE_THREADS"] == operand._TREE_THREADS
    assert hashing["HASH_THREADS"] == operand._HASH_THREADS
    assert hashing["TICKET_THREADS"] == product._TICKET_THREADS
    assert hashing["CANDIDATE_WORDS"] == product.CANDIDATE_WORDS
    assert noise["NOISE_THREADS"] == operand._NOISE_THREADS
    assert noise["PACK_THREADS"] == operand._PACK_THREADS
    assert noise["DIGIT_THREADS"] == operand._DIGIT_ROWS * K_STEP
    wide, wgmma = constants("gemm_wgmma.cu"), plan.make_wgmma_plan()
    assert (wide["WIDE_M"], wide["WIDE_N"]) == (wgmma.block_m, wgmma.block_n)
    assert (wide["WIDE_K"], wide["WIDE_THREADS"]) == (wgmma.k_unit, wgmma.threads)

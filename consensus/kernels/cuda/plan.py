"""Which product kernel a GPU gets, how operands are packed for it, and what it is compiled from."""

from dataclasses import dataclass
from typing import Final

from consensus.kernels.cuda.device import DeviceUnavailable

OLDEST: Final = (8, 0)
"""The first compute capability with int8 fragments of 16 x 8 x 32 and asynchronous copies."""

# Files in the order in which they are read: a later one uses the words of those before.
COMMON_SOURCES: Final = ("layout.cuh", "blake3.cuh", "hashing.cu", "noise.cu")


@dataclass(frozen=True, slots=True)
class Plan:
    """One product kernel."""

    kernel: str
    sources: tuple[str, ...]
    """Where its instructions, and then itself, are written."""

    block_m: int
    block_n: int
    k_unit: int
    """Columns of a packed operand are filled up to a multiple of it."""

    is_blocked: bool
    """Operands are packed in swizzled blocks of block_m and block_n rows, else row by row."""

    threads: int
    shared_bytes: int
    is_persistent: bool
    """Blocks take parts of the product in turn, so as many are started as run at once."""

    adds_transcripts: bool
    """Transcripts are written by exclusive or into zeros."""

    defines: tuple[str, ...] = ()


def make_mma_plan(stages: int) -> Plan:
    """The kernel for every GPU: two blocks share a multiprocessor, stages as many as both hold."""
    return Plan(
        kernel="multiply_mma",
        sources=("ptx.cuh", "gemm_mma.cu"),
        block_m=128,
        block_n=128,
        k_unit=64,
        is_blocked=False,
        threads=128,
        shared_bytes=stages * (128 + 128) * 64,
        is_persistent=False,
        adds_transcripts=False,
        defines=(f"STAGES={stages}",),
    )


def make_wgmma_plan() -> Plan:
    """The kernel for Hopper."""
    return Plan(
        kernel="multiply_wgmma",
        sources=("ptx.cuh", "ptx_sm90.cuh", "gemm_wgmma.cu"),
        block_m=128,
        block_n=256,
        k_unit=128,
        is_blocked=True,
        threads=384,
        shared_bytes=2048 + 4 * (128 + 256) * 128,
        is_persistent=True,
        adds_transcripts=True,
        defines=("WIDE_STAGES=4",),
    )


@dataclass(frozen=True, slots=True)
class Target:
    """A GPU as a compiler sees it, and the plan for it."""

    architecture: str
    """As in sm_90a."""

    plan: Plan


def choose_target(major: int, minor: int) -> Target:
    """The target of a compute capability. Errors: DeviceUnavailable."""
    if (major, minor) < OLDEST:
        expected = "{}.{}".format(*OLDEST)
        raise DeviceUnavailable(
            f"expected compute capability {expected} or later, got {major}.{minor}"
        )
    if (major, minor) == (9, 0):
        return Target("90a", make_wgmma_plan())
    # 164 KiB and more of shared memory on the large chips, 100 KiB on the others.
    is_large = (major, minor) in ((8, 0), (8, 7), (10, 0), (10, 3), (11, 0))
    return Target(f"{major}{minor}", make_mma_plan(stages=4 if is_large else 3))

"""What is numba's own: plain products, tickets in lanes, instructions, threads, a first start."""

import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consensus.kernels.backend import OneCore
from consensus.kernels.numba_backend import KERNELS, NumbaBackend
from consensus.kernels.simd.layout import PAIRS, QUADS, Layout
from consensus.kernels.simd.tickets import find_best_ticket
from consensus.pouw.ticket import compute_ticket, find_best
from tests.helpers.pouw_stage import seeds, shapes

both_layouts = pytest.mark.parametrize("layout", [PAIRS, QUADS], ids=lambda each: each.name)


@both_layouts
@given(shapes, seeds)
@settings(max_examples=15)
def test_plain_product_is_exact(layout: Layout, shape: tuple[int, int, int], seed: int) -> None:
    m, n, k = shape
    source = np.random.default_rng(seed)
    a, bt = (source.integers(-128, 128, (rows, k)).astype(np.int8) for rows in (m, n))
    product = NumbaBackend(OneCore(), layout).multiply(a, bt)
    assert np.array_equal(product, a.astype(np.int64) @ bt.T.astype(np.int64))


@both_layouts
@pytest.mark.parametrize("left, right", [(-128, -128), (-128, 127), (127, 127)])
def test_plain_product_of_extremes_is_exact(layout: Layout, left: int, right: int) -> None:
    """More columns than one part has, and no multiple of it."""
    m, n, k = 160, 544, 1_088
    a, bt = np.full((m, k), left, np.int8), np.full((n, k), right, np.int8)
    assert (NumbaBackend(OneCore(), layout).multiply(a, bt) == left * right * k).all()


@given(st.integers(1, 5), st.integers(1, 21), st.binary(min_size=32, max_size=32), seeds)
@settings(max_examples=25)
def test_best_ticket_is_the_reference_s(rows: int, columns: int, key: bytes, seed: int) -> None:
    source = np.random.default_rng(seed)
    transcripts = source.integers(0, 2**32, (rows, columns, 32), dtype=np.uint32)
    best = np.empty(8, np.uint32)
    words = np.frombuffer(key, "<u4").astype(np.uint32)
    tile = find_best_ticket(transcripts, words, 0, rows, best)
    assert (best.tobytes(), tile // columns, tile % columns) == find_best(key, transcripts)


@pytest.mark.parametrize("row", [0, 1, 255, 256, 299])
def test_ticket_of_any_place_is_the_reference_s(row: int) -> None:
    transcripts = np.random.default_rng(3).integers(0, 2**32, (300, 1, 32), dtype=np.uint32)
    key, best = bytes(range(32)), np.empty(8, np.uint32)
    words = np.frombuffer(key, "<u4").astype(np.uint32)
    assert find_best_ticket(transcripts, words, row, row + 1, best) == row
    assert best.tobytes() == compute_ticket(key, transcripts[row, 0], row, 0)


def test_kernels_hold_no_lock_and_make_no_threads() -> None:
    for kernel in KERNELS:
        assert kernel.targetoptions["nogil"] is True
        assert "parallel" not in kernel.targetoptions


def test_processor_s_own_layout_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    for has_quads, layout in ((True, QUADS), (False, PAIRS)):
        monkeypatch.setattr(
            "consensus.kernels.numba_backend.has_quad_products", lambda has=has_quads: has
        )
        assert NumbaBackend(OneCore()).layout is layout


CODE_FOR_VNNI = """
import consensus.kernels.simd.multiply as multiply
from numba import types
from consensus.kernels.simd.block import fold_block
multiply.has_quad_products = lambda: True
array = lambda kind, rank: types.Array(kind, rank, "C")
fold_block.compile((
    array(types.int8, 4), array(types.uint8, 4), array(types.int32, 3),
    types.UniTuple(types.int64, 4), types.int64, array(types.int32, 3), array(types.uint32, 4),
))
print(*fold_block.inspect_asm().values())
"""


def test_quads_are_multiplied_by_vnni_without_spills(tmp_path: Path) -> None:
    """Compiled for a processor that has it and looked at, not run: this one may not have it."""
    environment = {
        **os.environ,
        "NUMBA_CPU_NAME": "icelake-server",
        "NUMBA_CPU_FEATURES": "+avx2,+avx512f,+avx512bw,+avx512dq,+avx512vl,+avx512vnni",
        "NUMBA_CACHE_DIR": str(tmp_path),
    }
    done = subprocess.run(
        [sys.executable, "-c", CODE_FOR_VNNI],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    code = done.stdout
    assert len(re.findall(r"vpdpbusd\s+%zmm", code)) == 2 * QUADS.left_rows * QUADS.vectors
    assert len(re.findall(r"vprold\s+\$13, %zmm", code)) >= QUADS.left_rows
    assert not re.findall(r"%zmm\d+, -?\d*\(%rsp\)|-?\d*\(%rsp\), %zmm", code)

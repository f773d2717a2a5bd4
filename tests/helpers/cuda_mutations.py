"""Bugs to plant in the kernels: each must be caught, or the emulated tests prove nothing.

A mutation replaces text of one file, all of which must be there, in the build of one plan, and
names the checks that it may fail.
"""

import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from tests.helpers.cuda_checks import PLANS
from tests.helpers.cuda_emulator import ROOT, build, get_sources

TIMEOUT_S: Final = 120


@dataclass(frozen=True, slots=True)
class Mutation:
    """One planted bug."""

    name: str
    plan: str
    file: str
    replacements: Mapping[str, str]
    checks: Sequence[str] = ("product",)


def find_fault(mutation: Mutation) -> str | None:
    """How the bug shows, None if it does not. Runs in a process that it may take down."""
    plan = PLANS[mutation.plan]
    sources = get_sources(plan)
    text = sources[mutation.file]
    for before, after in mutation.replacements.items():
        assert before in text, f"{mutation.name}: `{before}` is not in {mutation.file}"
        text = text.replace(before, after)
    sources[mutation.file] = text
    if mutation.file in ("hashing.cu", "noise.cu", "blake3.cuh"):
        if "product" not in mutation.checks and "digits" not in mutation.checks:
            del sources[plan.sources[-1]]  # the product's kernel takes longest to compile
    command = [sys.executable, "-m", "tests.helpers.cuda_checks", mutation.plan]
    try:
        done = subprocess.run(
            [*command, str(build(plan, sources)), *mutation.checks],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=TIMEOUT_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return f"not done after {TIMEOUT_S} s"
    if done.returncode == 0:
        return None
    return (done.stderr.strip().splitlines() or [f"signal {-done.returncode}"])[-1]


def _mma(name: str, replacements: Mapping[str, str]) -> Mutation:
    return Mutation(name, "mma", "gemm_mma.cu", replacements)


def _wgmma(name: str, replacements: Mapping[str, str]) -> Mutation:
    return Mutation(name, "wgmma", "gemm_wgmma.cu", replacements)


def _hashing(name: str, replacements: Mapping[str, str], check: str) -> Mutation:
    return Mutation(name, "mma", "hashing.cu", replacements, (check,))


def _noise(name: str, replacements: Mapping[str, str], check: str, plan: str = "mma") -> Mutation:
    return Mutation(name, plan, "noise.cu", replacements, (check,))


_WAIT = "  wait_for_copies<STAGES - 2>();\n"

MMA: Final = (
    _mma("waits for one group of copies less", {_WAIT: "  wait_for_copies<STAGES - 1>();\n"}),
    _mma("no barrier in a step", {_WAIT + "  __syncthreads();\n": _WAIT}),
    _mma("fills the stage in use", {"i < STAGES - 1; ++i) load": "i < STAGES; ++i) load"}),
    _mma("loads at the end of a step", {_WAIT + "  __syncthreads();\n  load_tile(ring);\n": _WAIT}),
    _mma(
        "lanes of B's fragments transposed",
        {"lane % 8 + lane / 16 * 8, lane / 8 % 2)": "lane % 16, lane / 16)"},
    ),
    _mma(
        "swizzle when read, not when written",
        {"swizzle(me / CHUNKS, me % CHUNKS),": "(u32)(me / CHUNKS * BK + me % CHUNKS * 16),"},
    ),
    _mma("last fold missing", {"i < MI * NI; ++i) fold_fragment": "i < 0; ++i) fold_fragment"}),
    _mma("last rotation missing", {"#if FOLD\n  rotate_states(states);": "#if FOLD"}),
    _mma("a sum left out of the fold", {"sums[mi][ni][2] ^ sums[mi][ni][3]": "sums[mi][ni][2]"}),
    _mma("folds the tile beside", {"[ni * 8 / TILE]": "[ni / 8]"}),
    _mma("rows of the product swapped", {"values[2], values[3]": "values[0], values[1]"}),
    _mma("writes rows beyond the product", {"if (row + 8 < m && col < n)": "if (col < n)"}),
    _mma("writes tiles beyond the product", {"row < m / TILE && col < n / TILE": "row < m / TILE"}),
    _mma("reads the digits of the other slot", {"ring.b += ring.b_skip;": "ring.b += 0;"}),
    _mma("digits not put together", {"if (phase > 0) scale(sums, 255);": ""}),
    _mma("three digits scaled as two", {"for (int i = 1; i < phases; ++i)": "if (phases)"}),
    _mma(
        "folds digits", {"run_step<0>(ring": "run_step<1>(ring", "#if FOLD\n  rot": "#if 0\n  rot"}
    ),
    _mma("writes a product nobody wants", {"if (!product) return;": ""}),
    Mutation("rotates by 12", "mma", "layout.cuh", {"ROTATION = 13": "ROTATION = 12"}),
    Mutation("inverse of 255 wrong", "mma", "layout.cuh", {"0xFEFEFEFFu": "0xFEFEFEFEu"}),
    Mutation("blocks visited twice", "mma", "layout.cuh", {"within / high": "within / group"}),
)

_FREE = "      if (half == 1 && threadIdx.x % 32 == 0) arrive(empty_barrier(at));\n"
_STEP = "      multiply_step(sums, a + half * STEP, b + half * STEP);\n"
_LATE = "      for (int i = 0; i < 8; ++i) emulator::yield();\n"

WGMMA: Final = (
    _wgmma("stage given back while it is read", {_STEP + _FREE: _FREE + _LATE + _STEP}),
    _wgmma("reads before the copies", {"    wait_barrier(full_barrier(at), at.parity);\n": ""}),
    _wgmma(
        "first parity of the producer", {"at.parity = 1;  // every": "at.parity = 0;  // every"}
    ),
    _wgmma(
        "fewer warps give a stage back",
        {"empty_barrier(at), CONSUMER_WARPS": "empty_barrier(at), 2"},
    ),
    _wgmma("descriptor's stride", {"(1024 >> 4) << 32": "(512 >> 4) << 32"}),
    _wgmma("second group reads the first's rows", {"(group - 1) * GROUP_ROWS * WIDE_K": "0"}),
    _wgmma("first half of a stage twice", {"b + half * STEP)": "b)"}),
    _wgmma("folds columns that fill up", {"2 * i + half < steps": "2 * i + half <= steps"}),
    _wgmma(
        "two warps overwrite each other",
        {"atomicXor(": "*(", "lane, states[tile]);": "lane) = states[tile];"},
    ),
    _wgmma("reads the digits of the other slot", {"(u64)inner.b_skip * WIDE_B": "0"}),
    _wgmma("three digits scaled as two", {"phase < inner.peel; ++phase": "phase < 2; ++phase"}),
    _wgmma("digits not put together", {"if (i > inner.main) scale(sums, 255);": ""}),
    _wgmma("writes columns beyond the product", {"row < m && col < n) store": "row < m) store"}),
    _wgmma("takes every other part", {"i += gridDim.x": "i += 2 * gridDim.x"}),
)

HASHING: Final = (
    _hashing(
        "chunks not counted", {"message, chunk, BLOCK_BYTES": "message, 0, BLOCK_BYTES"}, "leaves"
    ),
    _hashing("last chunk a whole block", {"message, chunk, 1, ": "message, chunk, 64, "}, "leaves"),
    _hashing("strip not moved by its domain byte", {"word << 8 | last >> 24": "word"}, "leaves"),
    _hashing("node without a partner lost", {"me < (count + 1) / 2": "me < count / 2"}, "leaves"),
    _hashing("top of the tree no root", {"count == 2 ? ROOT : 0": "0"}, "leaves"),
    _hashing(
        "no barrier before nodes are written",
        {"    __syncthreads();\n    if (me < (count + 1) / 2) {": "    if (me < (count+1) / 2) {"},
        "leaves",
    ),
    _hashing("tickets without their key", {"KEYED | CHUNK_END": "CHUNK_END"}, "tickets"),
    _hashing("places of a whole block", {"place, 0, 8, KEYED": "place, 0, 64, KEYED"}, "tickets"),
    _hashing(
        "rows counted from 1",
        {"place[BLOCK_WORDS] = {(u32)(first_row + ": "place[BLOCK_WORDS] = {(u32)(1 + "},
        "tickets",
    ),
    _hashing("bands all at the first row", {"(u32)first_row * cols + tile": "tile"}, "tickets"),
    _hashing(
        "compares from the low end",
        {"int i = DIGEST_WORDS - 1; i >= 0; --i": "int i = 0; i < DIGEST_WORDS; ++i"},
        "best",
    ),
    _hashing("later of equal ones", {"return a.tile < b.tile": "return a.tile > b.tile"}, "best"),
    _hashing(
        "forgets candidates", {"each < count; each +=": "each < TICKET_THREADS; each +="}, "best"
    ),
    _hashing(
        "no barrier between halves",
        {"    __syncthreads();\n    if (me < half": "    if (me < half"},
        "best",
    ),
    Mutation("a round left out", "mma", "blake3.cuh", {"round < 7": "round < 6"}, ("leaves",)),
    Mutation(
        "high half of the stream",
        "mma",
        "blake3.cuh",
        {"state[i + 8] ^= chain[i];": ""},
        ("noise",),
    ),
)

NOISE: Final = (
    _noise("left factor moved", {"63) - 32 & 255": "63) - 31 & 255"}, "noise"),
    _noise("equal words sorted backwards", {"other < row)": "other > row)"}, "noise"),
    _noise(
        "both sorts of the first words", {"words[half * STEP + other]": "words[other]"}, "noise"
    ),
    _noise("one stream for all steps", {"(u64)step * 8 + me": "me"}, "noise"),
    _noise("modulus", {"drawn % 127 - 63": "drawn % 128 - 63"}, "expansion"),
    _noise(
        "noise taken off",
        {"mine[plus[i]] - mine[minus[i]]": "mine[minus[i]] - mine[plus[i]]"},
        "packing",
    ),
    _noise("second half of the places", {"(places + k + column)": "(places + column)"}, "packing"),
    _noise(
        "rows beyond left as they are",
        {"(long long)rows_padded * across) return": "(long long)rows * across) return"},
        "packing",
    ),
    _noise("digits of a biased quotient", {"(value + 127 + 255": "(value + 128 + 255"}, "digits"),
    _noise("missing columns read", {"column == 0xFFFF ? 0 : ": ""}, "digits"),
    _noise(
        "side A not negated",
        {"is_side_a ? -digit : factor": "is_side_a ? digit : factor"},
        "digits",
    ),
    _noise(
        "adds what it should take off",
        {"each < depth_plus ? element : -element": "element"},
        "digits",
    ),
    Mutation("swizzle", "wgmma", "layout.cuh", {"(row & 7) << 4": "(row & 3) << 4"}, ("packing",)),
)

MUTATIONS: Final = (*MMA, *WGMMA, *HASHING, *NOISE)

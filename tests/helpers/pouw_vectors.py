"""Makes tests/vectors/pouw/*.json from the specification's words (`naive_pouw`), not from the node.

Run `python -m tests.helpers.pouw_vectors` from the repository's root to write the files anew.
"""

import json
from collections.abc import Callable
from fractions import Fraction
from math import floor
from pathlib import Path
from typing import Any

from blake3 import blake3

from tests.helpers import naive_pouw as naive
from tests.helpers.naive_pouw import Matrix

FOLDER = Path(__file__).resolve().parents[1] / "vectors" / "pouw"

PRE_HASH = naive.blake2_256(b"pre hash")
AUTHOR = naive.blake2_256(b"author")
ZERO = bytes(32)


def spread(label: str, rows: int, cols: int, width: int = 127) -> Matrix:
    """The vectors' operands: the bytes of BLAKE3's stream of the label, mod width, centred."""
    stream = blake3(label.encode()).digest(rows * cols)
    values = [byte % width - width // 2 for byte in stream]
    return [values[row * cols : row * cols + cols] for row in range(rows)]


def make_commitments() -> list[dict[str, Any]]:
    cases = []
    for rows, cols in ((32, 64), (64, 64), (33, 65), (96, 128), (160, 64)):
        label = f"operand {rows} x {cols}"
        padded = naive.pad(spread(label, rows, cols))
        leaves = naive.strip_leaves(padded)
        cases.append(
            {
                "kind": "operand",
                "label": label,
                "shape": [rows, cols],
                "padded": [len(padded), len(padded[0])],
                "leaves": [leaf.hex() for leaf in leaves],
                "path_of_last": [node.hex() for node in naive.path_of(leaves, len(leaves) - 1)],
                "root": naive.matrix_root(padded).hex(),
            }
        )
    for m, n, k in ((32, 32, 64), (64, 96, 64), (96, 32, 128)):
        a, bt = spread(f"A {m} {k}", m, k), spread(f"B {n} {k}", n, k)
        result = naive.multiply(a, bt)
        leaves = naive.tile_leaves(result)
        cases.append(
            {
                "kind": "result",
                "labels": [f"A {m} {k}", f"B {n} {k}"],
                "shape": [m, n, k],
                "leaves": [leaf.hex() for leaf in leaves],
                "path_of_last": [node.hex() for node in naive.path_of(leaves, len(leaves) - 1)],
                "root": naive.result_root(result).hex(),
            }
        )
    return cases


def make_noise() -> list[dict[str, Any]]:
    cases = []
    for m, n, k in ((32, 64, 64), (128, 32, 192)):
        root_a, root_b = naive.blake2_256(b"root A"), naive.blake2_256(b"root B")
        seeds = naive.derive_seeds(PRE_HASH, root_a, root_b, (m, n, k))
        last = n - 1
        first, second = naive.permutations(seeds.seed_b, k // 64 - 1)
        cases.append(
            {
                "pre_hash": PRE_HASH.hex(),
                "shape": [m, n, k],
                "root_a": root_a.hex(),
                "root_b": root_b.hex(),
                "job_key": seeds.job_key.hex(),
                "seed_a": seeds.seed_a.hex(),
                "seed_b": seeds.seed_b.hex(),
                "left_a_row_0": naive.left_row(seeds.seed_a, 0),
                "left_b_last_row": naive.left_row(seeds.seed_b, last),
                "permutations_b_last_step": [first, second],
                "noise_b_last_row": naive.noise_rows(seeds.seed_b, n, k)[last],
                "seeded_a_row_1": naive.expand(seeds.job_key, b"A", AUTHOR, 7, 2, k)[1],
                "seeded_b_row_1": naive.expand(seeds.job_key, b"B", AUTHOR, 7, 2, k)[1],
            }
        )
    return cases


def make_transcripts() -> list[dict[str, Any]]:
    seed = naive.blake2_256(b"seed A")

    def constant(value: int) -> Callable[[int], Matrix]:
        return lambda k: [[value] * k for _ in range(32)]

    def random(label: str) -> Callable[[int], Matrix]:
        return lambda k: spread(f"{label} {k}", 32, k, 253)

    kinds = {
        "random": (random("A'"), random("B'")),
        "largest": (constant(126), constant(126)),
        "smallest": (constant(126), constant(-126)),
        "zero": (constant(0), random("B'")),
    }
    cases = []
    for name, (make_a, make_b) in kinds.items():
        for k, i, j in ((64, 0, 0), (256, 3, 70_000)):
            words = naive.transcript(make_a(k), make_b(k))
            cases.append(
                {
                    "operands": name,
                    "k": k,
                    "i": i,
                    "j": j,
                    "transcript": words,
                    "seed_a": seed.hex(),
                    "ticket": naive.ticket(seed, words, i, j).hex(),
                }
            )
    return cases


def make_seals() -> list[dict[str, Any]]:
    cases = []
    for lane, shape, nonce in (
        (0, (64, 64, 128), 0),
        (0, (64, 64, 128), 2**64 - 1),
        (1, (64, 96, 64), 0),
        (1, (32, 32, 128), 0),
        (2, (96, 32, 128), 0),
    ):
        m, n, k = shape
        result: Matrix | None = None
        roots = (ZERO, ZERO, ZERO)
        if lane == 0:
            job_key = naive.derive_seeds(PRE_HASH, ZERO, ZERO, shape).job_key
            a = naive.expand(job_key, b"A", AUTHOR, nonce, m, k)
            bt = naive.expand(job_key, b"B", AUTHOR, nonce, n, k)
        else:
            a, bt = spread(f"A {m} {k}", m, k), spread(f"B {n} {k}", n, k)
            roots = (naive.matrix_root(a), naive.matrix_root(bt), ZERO)
        if lane == 1:
            result = naive.multiply(a, bt)
            roots = (roots[0], roots[1], naive.result_root(result))
        seeds = naive.derive_seeds(PRE_HASH, roots[0], roots[1], shape)
        drawn = naive.draw(seeds, a, bt)
        best = naive.best_of(drawn)
        witness = None if lane == 0 else naive.encode_witness(a, bt, result, best)
        number = int.from_bytes(best.ticket, "little")
        cases.append(
            {
                "lane": lane,
                "shape": list(shape),
                "nonce": nonce,
                "pre_hash": PRE_HASH.hex(),
                "author": AUTHOR.hex(),
                "labels": None if lane == 0 else [f"A {m} {k}", f"B {n} {k}"],
                "tickets": [each.ticket.hex() for each in drawn],
                "hardest_target": str(-(-number // (32 * 32 * k))),
                "seal": naive.encode_seal(lane, shape, best, roots, nonce).hex(),
                "witness_bytes": None if witness is None else len(witness),
                "witness_blake2_256": (
                    None if witness is None else naive.blake2_256(witness).hex()
                ),
            }
        )
    return cases


def naive_target(drift: int, half_life: int, anchor: int, largest: int) -> int:
    """cASERT by exact fractions; `floor` rounds towards minus infinity."""
    exponent = floor(Fraction(drift * 65_536, half_life))
    whole = floor(Fraction(exponent, 65_536))
    part = exponent - whole * 65_536
    if whole > 300:
        return largest
    if whole < -300:
        return 1
    cubic = 195_766_423_245_049 * part + 971_821_376 * part**2 + 5_127 * part**3
    factor = 65_536 + floor(Fraction(cubic + 2**47, 2**48))
    target = floor(Fraction(anchor * factor) * Fraction(2) ** whole / 65_536)
    return max(1, min(target, largest))


def truncated_target(drift: int, half_life: int, anchor: int, largest: int) -> int:
    """What a language whose division rounds towards zero would compute; wrong here."""
    size = abs(drift) * 65_536 // half_life
    exponent = size if drift >= 0 else -size
    return naive_target(exponent, 65_536, anchor, largest)


def make_difficulty() -> dict[str, Any]:
    half_life, anchor, largest = 1_800_000, (1 << 210) // 3, (1 << 240) - 1
    drifts = [0, 1, -1, 27, 28, -27, -28, 12_000, -12_000, half_life, -half_life]
    drifts += [half_life - 1, 1 - half_life, 2 * half_life + 1, -2 * half_life - 1]
    drifts += [10 * half_life, -10 * half_life, 1_234_567_891, -1_234_567_891]
    drifts += [300 * half_life, 301 * half_life, -300 * half_life, -301 * half_life]
    targets = []
    for drift in drifts:
        target = naive_target(drift, half_life, anchor, largest)
        wrong = truncated_target(drift, half_life, anchor, largest)
        targets.append(
            {"drift_ms": drift, "target": str(target), "is_rounding_trap": target != wrong}
        )
    chain, drift = [], 0
    for interval in (12_000, 1, 6_000, 30_000, 1_799_999, 1_800_000, 1_800_001, 21_600_000, 12_000):
        drift += min(interval, 1_800_000) - 12_000
        target = naive_target(drift, half_life, anchor, largest)
        chain.append({"interval_ms": interval, "drift_ms": drift, "target": str(target)})
    return {
        "params": {
            "spacing_ms": 12_000,
            "half_life_ms": half_life,
            "cap_ms": 1_800_000,
            "anchor_target": str(anchor),
            "max_target": str(largest),
        },
        "targets": targets,
        "chain": chain,
    }


def make_all() -> dict[str, Any]:
    return {
        "commitment": make_commitments(),
        "noise": make_noise(),
        "transcript": make_transcripts(),
        "seal": make_seals(),
        "difficulty": make_difficulty(),
    }


def dump(document: Any) -> str:
    return json.dumps(document, indent=1) + "\n"


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, document in make_all().items():
        (FOLDER / f"{name}.json").write_text(dump(document), "utf-8")


if __name__ == "__main__":
    main()

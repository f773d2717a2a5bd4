"""The work proof word for word, in Python's own integers: the judge of the fast code.

Nothing here imports the consensus package; `docs/spec/matpow.md` is its only source.
"""

import hashlib
from collections.abc import Sequence
from typing import NamedTuple

from blake3 import blake3

Matrix = list[list[int]]

R = 64
T = 32
MASK = 2**32 - 1


class Seeds(NamedTuple):
    job_key: bytes
    seed_b: bytes
    seed_a: bytes


class Drawn(NamedTuple):
    ticket: bytes
    i: int
    j: int


def u32(value: int) -> bytes:
    return value.to_bytes(4, "little")


def to_bytes(row: Sequence[int]) -> bytes:
    return bytes(value & 0xFF for value in row)


# --- commitments


def merkle(leaves: list[bytes]) -> bytes:
    while len(leaves) & (len(leaves) - 1):
        leaves = [*leaves, blake3(b"\x02").digest()]
    while len(leaves) > 1:
        pairs = zip(leaves[::2], leaves[1::2], strict=True)
        leaves = [blake3(b"\x01" + left + right).digest() for left, right in pairs]
    return leaves[0]


def path_of(leaves: list[bytes], index: int) -> list[bytes]:
    while len(leaves) & (len(leaves) - 1):
        leaves = [*leaves, blake3(b"\x02").digest()]
    path = []
    while len(leaves) > 1:
        path.append(leaves[index ^ 1])
        pairs = zip(leaves[::2], leaves[1::2], strict=True)
        leaves = [blake3(b"\x01" + left + right).digest() for left, right in pairs]
        index >>= 1
    return path


def root_of(dtype: int, rows: int, cols: int, leaves: list[bytes]) -> bytes:
    shape = bytes([dtype]) + u32(rows) + u32(cols)
    return blake3(b"matpow/matrix/v1" + shape + merkle(leaves)).digest()


def pad(matrix: Matrix) -> Matrix:
    cols = -(-len(matrix[0]) // R) * R
    rows = [row + [0] * (cols - len(row)) for row in matrix]
    return rows + [[0] * cols for _ in range(-len(matrix) % T)]


def strip_of(matrix: Matrix, index: int) -> bytes:
    return b"".join(to_bytes(row) for row in matrix[T * index : T * index + T])


def strip_leaves(matrix: Matrix) -> list[bytes]:
    return [blake3(b"\x00" + strip_of(matrix, index)).digest() for index in range(len(matrix) // T)]


def matrix_root(matrix: Matrix) -> bytes:
    return root_of(0, len(matrix), len(matrix[0]), strip_leaves(matrix))


def tile_of(result: Matrix, i: int, j: int) -> bytes:
    rows = result[T * i : T * i + T]
    return b"".join(u32(value & MASK) for row in rows for value in row[T * j : T * j + T])


def tile_leaves(result: Matrix) -> list[bytes]:
    return [
        blake3(b"\x00" + tile_of(result, i, j)).digest()
        for i in range(len(result) // T)
        for j in range(len(result[0]) // T)
    ]


def result_root(result: Matrix) -> bytes:
    return root_of(1, len(result), len(result[0]), tile_leaves(result))


# --- seeds and noise


def derive_seeds(
    pre_hash: bytes, root_a: bytes, root_b: bytes, shape: tuple[int, int, int]
) -> Seeds:
    m, n, k = shape
    job_key = blake3(pre_hash, derive_key_context="matpow job v1").digest()
    seed_b = blake3(b"B" + root_b + u32(n) + u32(k), key=job_key).digest()
    seed_a = blake3(b"A" + root_a + u32(m), key=seed_b).digest()
    return Seeds(job_key, seed_b, seed_a)


def left_row(seed: bytes, row: int) -> list[int]:
    stream = blake3(b"X", key=seed).digest(64 * (row + 1))  # without seeking, on purpose
    return [(byte & 63) - 32 for byte in stream[64 * row :]]


def permutations(seed: bytes, step: int) -> tuple[list[int], list[int]]:
    stream = blake3(b"P", key=seed).digest(512 * (step + 1))[512 * step :]
    words = [int.from_bytes(stream[4 * at : 4 * at + 4], "little") for at in range(128)]
    first = sorted(range(64), key=lambda u: words[u])
    second = sorted(range(64), key=lambda u: words[64 + u])
    return first, second


def noise_rows(seed: bytes, rows: int, k: int) -> Matrix:
    steps = [permutations(seed, step) for step in range(k // R)]
    noise = []
    for row in range(rows):
        x = left_row(seed, row)
        noise.append([x[p1[u]] - x[p2[u]] for p1, p2 in steps for u in range(R)])
    return noise


def add(matrix: Matrix, noise: Matrix) -> Matrix:
    return [[a + e for a, e in zip(*rows, strict=True)] for rows in zip(matrix, noise, strict=True)]


def expand(job_key: bytes, name: bytes, author: bytes, nonce: int, rows: int, k: int) -> Matrix:
    message = b"seeded" + name + author + nonce.to_bytes(8, "little")
    stream = blake3(message, key=job_key).digest(rows * k)
    values = [byte % 127 - 63 for byte in stream]
    return [values[row * k : row * k + k] for row in range(rows)]


# --- products, transcripts and tickets


def multiply(a: Matrix, bt: Matrix) -> Matrix:
    return [[sum(x * y for x, y in zip(row, col, strict=True)) for col in bt] for row in a]


def rotl(word: int, bits: int) -> int:
    return ((word << bits) | (word >> (32 - bits))) & MASK


def transcript(a_noised: Matrix, bt_noised: Matrix) -> list[int]:
    """Of one tile: 32 rows of each."""
    k = len(a_noised[0])
    words = [0] * 32
    sums = [[0] * T for _ in range(T)]
    for start in range(0, k, R):
        folded = [0] * 32
        for i in range(T):
            a = a_noised[i][start : start + R]
            for j in range(T):
                b = bt_noised[j][start : start + R]
                sums[i][j] += sum(x * y for x, y in zip(a, b, strict=True))
                folded[4 * (i % 8) + (j % 8) // 2] ^= sums[i][j] & MASK
        words = [rotl(word, 13) ^ x for word, x in zip(words, folded, strict=True)]
    return words


def ticket(seed_a: bytes, words: Sequence[int], i: int, j: int) -> bytes:
    message = b"".join(map(u32, words)) + u32(i) + u32(j)
    return blake3(message, key=seed_a).digest()


def bound(target: int, k: int) -> int:
    return min(2**256 - 1, target * 32 * 32 * k)


def draw(seeds: Seeds, a: Matrix, bt: Matrix) -> list[Drawn]:
    """Every ticket of a product, row by row."""
    k = len(a[0])
    a_noised = add(a, noise_rows(seeds.seed_a, len(a), k))
    bt_noised = add(bt, noise_rows(seeds.seed_b, len(bt), k))
    drawn = []
    for i in range(len(a) // T):
        for j in range(len(bt) // T):
            words = transcript(a_noised[T * i : T * i + T], bt_noised[T * j : T * j + T])
            drawn.append(Drawn(ticket(seeds.seed_a, words, i, j), i, j))
    return drawn


def best_of(drawn: list[Drawn]) -> Drawn:
    return min(drawn, key=lambda each: int.from_bytes(each.ticket, "little"))


# --- the seal's bytes


def compact(value: int) -> bytes:
    """SCALE's compact integer, below 2^30."""
    if value < 1 << 6:
        return bytes([value << 2])
    if value < 1 << 14:
        return (value << 2 | 1).to_bytes(2, "little")
    return (value << 2 | 2).to_bytes(4, "little")


def encode_seal(
    lane: int,
    shape: tuple[int, int, int],
    drawn: Drawn,
    roots: tuple[bytes, bytes, bytes],
    nonce: int,
) -> bytes:
    numbers = b"".join(map(u32, (*shape, drawn.i, drawn.j)))
    return bytes([1, lane]) + numbers + b"".join(roots) + nonce.to_bytes(8, "little") + drawn.ticket


def encode_path(path: list[bytes]) -> bytes:
    return compact(len(path)) + b"".join(path)


def encode_witness(a: Matrix, bt: Matrix, result: Matrix | None, drawn: Drawn) -> bytes:
    parts = []
    for matrix, index in ((a, drawn.i), (bt, drawn.j)):
        strip = strip_of(matrix, index)
        parts += [compact(len(strip)) + strip, encode_path(path_of(strip_leaves(matrix), index))]
    if result is None:
        return b"".join(parts) + b"\x00"
    index = drawn.i * (len(result[0]) // T) + drawn.j
    tile = tile_of(result, drawn.i, drawn.j)
    return b"".join(parts) + b"\x01" + tile + encode_path(path_of(tile_leaves(result), index))


def blake2_256(data: bytes) -> bytes:
    return hashlib.blake2b(data, digest_size=32).digest()

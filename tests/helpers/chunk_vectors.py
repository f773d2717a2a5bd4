"""Makes tests/vectors/storage/chunks.json from docs/spec/storage.md, without the node's code.

`python -m tests.helpers.chunk_vectors` writes the file. Data is BLAKE3's stream of a label.
"""

import json
from pathlib import Path
from typing import Any

from blake3 import blake3

PATH = Path(__file__).parents[1] / "vectors" / "storage" / "chunks.json"
SIZES = (1, 1_023, 1_024, 1_025, 2_048, 3_000, 5_120, 65_537)
RANGES = ((1, 0, 1), (2_048, 0, 1), (3_000, 1, 2), (5_120, 0, 5), (5_120, 2, 2), (65_537, 15, 34))
DRAWS = ((1, 3), (7, 5), (4_096, 20), (2**30, 4))


def hash_of(data: bytes) -> bytes:
    """H of the specification."""
    return blake3(data).digest()


def make_data(label: str, size: int) -> bytes:
    """The first bytes of the label's stream."""
    return blake3(label.encode()).digest(size)


def make_root(size: int, leaves: list[bytes]) -> bytes:
    """The specification, word for word."""
    while len(leaves) & (len(leaves) - 1):
        leaves = [*leaves, hash_of(b"\x02")]
    while len(leaves) > 1:
        pairs = range(0, len(leaves), 2)
        leaves = [hash_of(b"\x01" + leaves[at] + leaves[at + 1]) for at in pairs]
    return hash_of(b"soberana/chunks/v1" + size.to_bytes(8, "little") + leaves[0])


def make_path(leaves: list[bytes], index: int) -> list[bytes]:
    """The siblings of a leaf, each the Merkle hash of the other half."""
    path: list[bytes] = []
    while len(leaves) & (len(leaves) - 1):
        leaves = [*leaves, hash_of(b"\x02")]
    while len(leaves) > 1:
        path.append(leaves[index ^ 1])
        pairs = range(0, len(leaves), 2)
        leaves = [hash_of(b"\x01" + leaves[at] + leaves[at + 1]) for at in pairs]
        index //= 2
    return path


def make_commitment(size: int) -> dict[str, Any]:
    """One file: its root and the opening of its last chunk."""
    label = f"chunks {size}"
    data = make_data(label, size)
    chunks = [data[start : start + 1_024] for start in range(0, size, 1_024)]
    leaves = [hash_of(b"\x00" + chunk) for chunk in chunks]
    last = len(chunks) - 1
    return {
        "label": label,
        "size": size,
        "chunks": len(chunks),
        "leaf_of_last": leaves[last].hex(),
        "path_of_last": [node.hex() for node in make_path(leaves, last)],
        "root": make_root(size, leaves).hex(),
    }


def make_proof(leaves: list[bytes], first: int, count: int) -> list[bytes]:
    """Every node beside a range, level by level, found by folding the whole tree."""
    proof: list[bytes] = []
    while len(leaves) & (len(leaves) - 1):
        leaves = [*leaves, hash_of(b"\x02")]
    left, right = first, first + count - 1
    while len(leaves) > 1:
        proof += [leaves[left - 1]] if left % 2 == 1 else []
        proof += [leaves[right + 1]] if right % 2 == 0 else []
        pairs = range(0, len(leaves), 2)
        leaves = [hash_of(b"\x01" + leaves[at] + leaves[at + 1]) for at in pairs]
        left, right = left // 2, right // 2
    return proof


def make_range(size: int, first: int, count: int) -> dict[str, Any]:
    """One range of a file, with what proves it."""
    label = f"chunks {size}"
    data = make_data(label, size)
    chunks = [data[start : start + 1_024] for start in range(0, size, 1_024)]
    leaves = [hash_of(b"\x00" + chunk) for chunk in chunks]
    return {
        "label": label,
        "size": size,
        "first": first,
        "count": count,
        "proof": [node.hex() for node in make_proof(leaves, first, count)],
        "root": make_root(size, leaves).hex(),
    }


def make_draws(chunks: int, draws: int) -> dict[str, Any]:
    """What one seed asks for."""
    seed = hash_of(f"draws {chunks}".encode())
    drawn = [hash_of(seed + draw.to_bytes(4, "little"))[:8] for draw in range(draws)]
    indices = [int.from_bytes(each, "little") % chunks for each in drawn]
    return {"seed": seed.hex(), "chunks": chunks, "indices": indices}


def make_vectors() -> dict[str, Any]:
    """The whole file."""
    return {
        "commitments": [make_commitment(size) for size in SIZES],
        "ranges": [make_range(*each) for each in RANGES],
        "draws": [make_draws(*each) for each in DRAWS],
    }


def main() -> None:
    PATH.parent.mkdir(exist_ok=True)
    PATH.write_text(json.dumps(make_vectors(), indent=1) + "\n")


if __name__ == "__main__":
    main()

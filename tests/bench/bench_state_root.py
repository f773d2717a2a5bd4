"""What the state root costs: the tree of a whole state at start, and its update after a block.

Processor time; the update is the median of some blocks, each of 600 changes: other values of most
entries, some new ones, some that go. The collection is what the garbage collector takes to look at
the tree and at all that the process has besides.
Sizes are arguments: `python -m tests.bench.bench_state_root 1000000`.
"""

import gc
import random
import sys
from statistics import median

from runtime.state.commitment import StateTree
from tests.helpers.stopwatch import Stopwatch

SIZES = (1_000, 10_000, 100_000)
CHANGED, ADDED, REMOVED = 420, 120, 60
BLOCKS = 30
KEY_BYTES, VALUE_BYTES = 48, 90


def make_changes(source: random.Random, keys: list[bytes]) -> dict[bytes, bytes | None]:
    """What one block changes."""
    drawn = source.sample(keys, CHANGED + REMOVED)
    drawn[REMOVED:] += [source.randbytes(KEY_BYTES) for _ in range(ADDED)]
    changes: dict[bytes, bytes | None] = dict.fromkeys(drawn[:REMOVED])
    return changes | {key: source.randbytes(VALUE_BYTES) for key in drawn[REMOVED:]}


def measure(size: int) -> None:
    """One row."""
    source = random.Random(size)
    entries = {source.randbytes(KEY_BYTES): source.randbytes(VALUE_BYTES) for _ in range(size)}
    keys, building, collecting = [*entries], Stopwatch(), Stopwatch()
    with building:
        tree = StateTree.build(entries.items())
    with collecting:
        gc.collect()
    times: list[int] = []
    for _ in range(BLOCKS):
        changes = make_changes(source, keys)
        updating = Stopwatch()
        with updating:
            tree.updated(changes)
        times.append(updating.processor_ns)
    built_ms, update_ms = building.processor_ns / 1e6, median(times) / 1e6
    print(
        f"{size:10,} {built_ms:12,.0f} {1e3 * built_ms / size:12.2f}"
        f" {update_ms:14.2f} {1e3 * update_ms / len(changes):12.2f}"
        f" {collecting.processor_ns / 1e6:14.0f}",
        flush=True,
    )


def main() -> None:
    """Prints a row for each size."""
    print(f"{'entries':>10} {'build ms':>12} {'us an entry':>12}", end="")
    print(f" {'600 changes ms':>14} {'us a change':>12} {'collection ms':>14}")
    for size in [int(given) for given in sys.argv[1:]] or SIZES:
        measure(size)


if __name__ == "__main__":
    main()

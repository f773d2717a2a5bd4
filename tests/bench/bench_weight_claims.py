"""Whether any call takes longer than its weight says: calls with random arguments, in walks.

Prints the worst of each call: which part of its time and of its proof it used, after refunds. Ends
with 1 if a call used more than all; one that seems to is measured again first, for clocks are
noise. More walks are an argument: `python -m tests.bench.bench_weight_claims 20`.
"""

import sys
from collections import Counter

from tests.helpers.walk_scene import make_scene
from tests.helpers.weight_claims import GROUPS, Charged, walk_charged

WALKS, RUNS = 2, 7


def main() -> int:
    """Walks, and prints a row for each call."""
    walks = int(sys.argv[1]) if len(sys.argv) > 1 else WALKS
    scene, found = make_scene(), list[Charged]()
    for seed in range(walks):
        for place, group in enumerate(GROUPS):
            found += walk_charged(scene.copy(), 100 * seed + place, group, RUNS)
    counts = Counter(each.name for each in found)
    worst: dict[str, tuple[float, float]] = {}
    for each in found:
        time, proof = worst.get(each.name, (0.0, 0.0))
        worst[each.name] = max(time, each.time_ratio), max(proof, each.proof_ratio)
    print(f"{len(found)} calls of {len(worst)} kinds; parts of what each was charged, at worst")
    for name, (time, proof) in sorted(worst.items(), key=lambda row: -max(row[1])):
        mark = "  <-- more than its weight" if max(time, proof) > 1 else ""
        print(f"{name:36} {counts[name]:5} calls   time {time:5.2f}   proof {proof:5.2f}{mark}")
    return 1 if any(max(parts) > 1 for parts in worst.values()) else 0


if __name__ == "__main__":
    sys.exit(main())

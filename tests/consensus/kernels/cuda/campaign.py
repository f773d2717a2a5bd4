"""The long proof of the CUDA kernels without a GPU: `make kernels`.

Every check on fresh data, ROUNDS times on every plan, then every bug of the list planted. Ends with
an error if a check fails or a bug is not caught.
"""

import os
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from tests.helpers.cuda_checks import CHECKS, PLANS, compare_product
from tests.helpers.cuda_emulator import ORDERS, EmulatedDevice
from tests.helpers.cuda_mutations import MUTATIONS, find_fault


def run_checks(rounds: int) -> None:
    for number in range(rounds):
        seed = np.random.SeedSequence().entropy
        rng = np.random.default_rng(seed)
        m, n = (32 * int(each) for each in rng.integers(1, 16, 2))
        k = 64 * int(rng.integers(1, 12))
        print(f"round {number + 1} of {rounds}: default_rng({seed}), {m} x {n} x {k}", flush=True)
        for plan in PLANS.values():
            device = EmulatedDevice(plan, eager=ORDERS[number % len(ORDERS)])
            for check in CHECKS.values():
                check(device, plan, rng)
            compare_product(device, plan, rng, (m, n, k), is_extreme=number % 2 == 1)


def plant_bugs() -> int:
    """How many of them were not caught."""
    with ThreadPoolExecutor(os.cpu_count()) as threads:
        faults = list(threads.map(find_fault, MUTATIONS))
    for mutation, fault in zip(MUTATIONS, faults, strict=True):
        print(f"{mutation.plan} {mutation.file}: {mutation.name}: {fault or 'NOT CAUGHT'}")
    missed = faults.count(None)
    print(f"{len(MUTATIONS)} bugs planted, {missed} not caught")
    return missed


def main() -> None:
    run_checks(int(os.environ.get("ROUNDS", "10")))
    sys.exit(plant_bugs() > 0)


if __name__ == "__main__":
    main()

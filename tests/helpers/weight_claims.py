"""Calls with random arguments in walks through the runtime, each beside what it was charged."""

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from time import process_time_ns

from runtime.errors import DispatchError
from runtime.frame import Call, Origin
from runtime.primitives import AccountId, Weight
from tests.helpers.chain_stage import ChainStage
from tests.helpers.economy import BOB
from tests.helpers.walk import Walk
from tests.helpers.walk_scene import ARGUMENTS, POOLS
from tests.helpers.weighing import PATH_BYTES, count_proof, forget

GROUPS = (
    ("Market", "Verify", "Work"),
    ("Market", "Verify"),
    ("Leases",),
    ("Rounds",),
    ("Pools", "Rights"),
    ("Vault",),
    ("Rights", "Assets"),
    ("Proxy", "Preimage", "Multisig"),
    ("Governance", "Utility"),
    ("Registry", "Bonds", "Balances", "System"),
)
"""Pallets whose calls go on from each other's."""

AGAIN = 20
"""What seems to take longer than its weight is measured so many times as often."""

STEPS = 120
BLOCKS_PART = 0.15


@dataclass(frozen=True, slots=True)
class Charged:
    """One call, what it took, and what it was charged."""

    name: str
    picoseconds: int
    """The quickest of some runs with nothing decoded; 0 where time is not looked at."""

    proof_bytes: int
    weight: Weight
    declared: Weight

    @property
    def time_ratio(self) -> float:
        """How much of its time was used."""
        return self.picoseconds / max(self.weight.ref_time, 1)

    @property
    def proof_ratio(self) -> float:
        """How much of its proof was used."""
        return self.proof_bytes / max(self.weight.proof_size, 1)


def charge(chain: ChainStage, who: AccountId, call: Call, runs: int) -> Charged | None:
    """What a call would take now; None for one that fails. The state stays as it was."""
    runtime, origin = chain.runtime, Origin.signed(who)
    raw, declared = runtime.calls.encode(call), call.get_dispatch_info().weight
    mark, best = runtime.state.mark(), 0
    with count_proof() as items:
        try:
            post = runtime.dispatcher.dispatch(call, origin)
        except DispatchError:
            return None
        finally:
            runtime.state.rollback_to(mark)
    weight = declared if post.actual_weight is None else post.actual_weight
    done = 0
    while done < runs or (runs <= done < AGAIN * runs and 1_000 * best > weight.ref_time):
        forget(runtime)
        begun = process_time_ns()
        runtime.dispatcher.dispatch(runtime.calls.decode(raw), origin)
        took = process_time_ns() - begun
        best, done = took if done == 0 else min(best, took), done + 1
        runtime.state.rollback_to(mark)
    proof_bytes = sum(PATH_BYTES + size for size in items.values())
    name = f"{call.pallet_name}.{call.spec.name}"
    return Charged(name, 1_000 * best, proof_bytes, weight, declared)


def walk_charged(
    chain: ChainStage, seed: int, pallets: tuple[str, ...], runs: int = 0
) -> Iterator[Charged]:
    """A walk of some pallets' calls over a chain; time is measured in so many runs."""
    rng = Random(seed)
    chain.begin_block(BOB)
    walked = Walk(chain, POOLS, ARGUMENTS, seed)
    specs = {each.spec.name: each.spec.calls for each in chain.runtime.pallets}
    ready = [name.split(".") for name in ARGUMENTS if name.split(".")[0] in pallets]
    for _ in range(STEPS):
        if rng.random() < BLOCKS_PART:
            walked.pass_blocks(rng.choice((1, 1, 2, 4, 12)))
        pallet, name = rng.choice(pallets), ""
        if ready and rng.random() < 0.5:
            pallet, name = rng.choice(ready)
        spec = rng.choice([each for each in specs[pallet] if name in ("", each.name)])
        chosen = walked.choose(pallet, spec)
        if chosen is None:
            continue
        found = charge(chain, *chosen, runs)
        if found is not None:
            yield found
        walked.send(*chosen)

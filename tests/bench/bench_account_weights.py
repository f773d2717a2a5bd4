"""What calls that carry or keep other calls cost: those of multisig.

Rows are made and read as in `bench_weights.py`. The call inside is an empty remark, whose weight
comes on top of what is shown.
"""

from collections.abc import Callable

from pallets.multisig.declarations import Timepoint
from pallets.runtime import Runtime
from runtime.crypto.hashing import blake2_256
from runtime.frame import Call, Origin
from runtime.primitives import UNIT, AccountId, Weight
from runtime.state import Backend, DiffBackend
from tests.bench.bench_weights import (
    ALICE,
    Cost,
    build_state,
    encode_call,
    make_call,
    measure,
    open_runtime,
)

NO_WEIGHT, BIG = Weight(), Weight(10**11, 10**6)
CROWD = tuple(AccountId(n.to_bytes(2, "big") * 16) for n in range(1, 100))
SIGNED = Origin.signed(ALICE)


def add(backend: Backend, *steps: Callable[[Runtime], object]) -> DiffBackend:
    """The state after some steps of block 1."""
    runtime, _ = open_runtime(backend)
    for step in steps:
        step(runtime)
    return DiffBackend(backend, runtime.state.changes())


def measure_sent(backend: Backend, origin: Origin, pallet: str, name: str, *args: object) -> Cost:
    """The cost of decoding and dispatching a call, which must not fail."""
    calls = open_runtime(backend)[0].calls
    raw = encode_call(open_runtime(backend)[0], pallet, name, *args)

    def run(each: Runtime) -> None:
        each.calls = calls  # every block has it
        each.dispatcher.dispatch(calls.decode(raw), origin)

    return measure(run, backend)


def make_remark(size: int = 0) -> Call:
    """A call that does nothing."""
    return make_call(open_runtime(build_state())[0], "System", "remark", bytes(size))


# --- multisig


def measure_multisig() -> dict[str, Cost]:
    """Every way through its calls, with two signatories and with a hundred."""
    rows: dict[str, Cost] = {}
    for others in (CROWD[:1], CROWD):
        rows |= {f"multisig.{k}({len(others)})": v for k, v in measure_group(others).items()}
    return rows


def measure_group(others: tuple[AccountId, ...]) -> dict[str, Cost]:
    """The costs in a group of Alice and these, all of whom must agree."""
    remark, threshold = make_remark(), len(others) + 1
    hashed = blake2_256(encode_call(open_runtime(build_state())[0], "System", "remark", b""))

    def approve(who: AccountId) -> Callable[[Runtime], object]:
        def step(runtime: Runtime) -> None:
            when = None if who == others[0] else first
            rest = tuple(sorted({*others, ALICE} - {who}))
            args = (threshold, rest, when, hashed, NO_WEIGHT)
            call = make_call(runtime, "Multisig", "approve_as_multi", *args)
            runtime.dispatcher.dispatch(call, Origin.signed(who))

        return step

    funded = add(build_state(), lambda runtime: runtime.balances.ledger.mint(others[0], 100 * UNIT))
    first = Timepoint(1, 0)
    before_last = add(funded, *(approve(who) for who in others[: max(1, len(others) - 1)]))
    all_but_one = add(funded, *(approve(who) for who in others))
    mine = (threshold, others, None, hashed)
    opened = add(
        build_state(),
        lambda runtime: runtime.dispatcher.dispatch(
            make_call(runtime, "Multisig", "approve_as_multi", *mine, NO_WEIGHT), SIGNED
        ),
    )

    def at(backend: Backend, name: str, *args: object) -> Cost:
        return measure_sent(backend, SIGNED, "Multisig", name, *args)

    rows = {
        "as_multi_threshold_1": at(build_state(), "as_multi_threshold_1", others, remark),
        "as_multi, opening": at(
            build_state(), "as_multi", threshold, others, None, remark, NO_WEIGHT
        ),
        "as_multi, executing": at(all_but_one, "as_multi", threshold, others, first, remark, BIG),
        "cancel_as_multi": at(opened, "cancel_as_multi", threshold, others, first, hashed),
    }
    if len(others) > 1:
        args = (threshold, others, first, remark, NO_WEIGHT)
        rows["as_multi, approving"] = at(before_last, "as_multi", *args)
    return rows


def main() -> None:
    """Prints a row for each."""
    for name, cost in measure_multisig().items():
        print(f"{name:38} {cost}")


if __name__ == "__main__":
    main()

"""What calls that carry or keep other calls cost: multisig, proxy, preimage, scheduler.

Rows are made and read as in `bench_weights.py`. The call inside is an empty remark, whose weight
comes on top of what is shown.
"""

from collections.abc import Callable

from pallets.multisig.declarations import Timepoint
from pallets.proxy import compute_pure_account
from pallets.proxy.declarations import ProxyType
from pallets.runtime import Runtime
from pallets.runtime_accounts import PREIMAGE_BYTES_MAX, TASKS_MAX
from pallets.scheduler.declarations import INLINE_BYTES_MAX
from runtime.address import Id
from runtime.crypto.hashing import blake2_256
from runtime.frame import Call, Origin
from runtime.primitives import UNIT, AccountId, Hash, Weight
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


# --- proxy


def measure_proxy() -> dict[str, Cost]:
    """Its calls with lists as long as they may be, but for the one entry that a call adds."""
    remark, who = make_remark(), CROWD[-1]
    hashed = Hash(blake2_256(encode_call(open_runtime(build_state())[0], "System", "remark", b"")))
    any_, pure = ProxyType.ANY, compute_pure_account(ALICE, ProxyType.ANY, 0, 1, 0)

    def sent(sender: AccountId, name: str, *args: object) -> Callable[[Runtime], object]:
        def step(runtime: Runtime) -> None:
            call = make_call(runtime, "Proxy", name, *args)
            runtime.dispatcher.dispatch(call, Origin.signed(sender))

        return step

    def proxies(who: AccountId, count: int) -> tuple[Callable[[Runtime], object], ...]:
        return tuple(sent(who, "add_proxy", Id(each), any_, 0) for each in CROWD[-count:])

    def announcements(count: int) -> tuple[Callable[[Runtime], object], ...]:
        others = (Hash(bytes([n]) * 32) for n in range(count))
        return tuple(sent(who, "announce", Id(ALICE), each) for each in others)

    def at(backend: Backend, sender: AccountId, name: str, *args: object) -> Cost:
        return measure_sent(backend, Origin.signed(sender), "Proxy", name, *args)

    funded = add(build_state(), lambda runtime: runtime.balances.ledger.mint(who, 100 * UNIT))
    almost, full = (add(funded, *proxies(ALICE, count)) for count in (31, 32))
    said = add(full, *announcements(31), sent(who, "announce", Id(ALICE), hashed))
    made = add(funded, sent(ALICE, "create_pure", any_, 0, 0))
    rich = add(made, lambda runtime: runtime.balances.ledger.mint(pure, 100 * UNIT))
    grown = add(rich, *proxies(pure, 31))
    return {
        "proxy": at(full, who, "proxy", Id(ALICE), None, remark),
        "add_proxy": at(almost, ALICE, "add_proxy", Id(AccountId(b"a" * 32)), any_, 0),
        "remove_proxy": at(full, ALICE, "remove_proxy", Id(who), any_, 0),
        "remove_proxies": at(full, ALICE, "remove_proxies"),
        "remove_proxies, of a pure account": at(grown, pure, "remove_proxies"),
        "create_pure": at(funded, ALICE, "create_pure", any_, 0, 0),
        "kill_pure": at(grown, pure, "kill_pure", Id(ALICE), any_, 0, 1, 0),
        "announce": at(add(full, *announcements(31)), who, "announce", Id(ALICE), hashed),
        "remove_announcement": at(said, who, "remove_announcement", Id(ALICE), hashed),
        "reject_announcement": at(said, ALICE, "reject_announcement", Id(who), hashed),
        "proxy_announced": at(said, ALICE, "proxy_announced", Id(who), Id(ALICE), None, remark),
    }


# --- preimage


def measure_preimage() -> dict[str, Cost]:
    """Its calls with nothing to store and with the most, which costs by the byte."""
    rows: dict[str, Cost] = {}
    root = Origin.root()
    for size in (0, PREIMAGE_BYTES_MAX):
        content = bytes(size)
        hashed = Hash(blake2_256(content))

        def send(origin: Origin, name: str, argument: bytes) -> Callable[[Runtime], object]:
            def step(runtime: Runtime) -> None:
                call = make_call(runtime, "Preimage", name, argument)
                runtime.dispatcher.dispatch(call, origin)

            return step

        noted = add(build_state(), send(SIGNED, "note_preimage", content))
        requested = add(build_state(), send(root, "request_preimage", hashed))
        free = add(requested, send(SIGNED, "note_preimage", content))

        def at(backend: Backend, origin: Origin, name: str, argument: bytes) -> Cost:
            return measure_sent(backend, origin, "Preimage", name, argument)

        rows |= {
            f"note_preimage({size})": at(build_state(), SIGNED, "note_preimage", content),
            f"note_preimage({size}), requested": at(requested, SIGNED, "note_preimage", content),
            f"unnote_preimage({size})": at(noted, SIGNED, "unnote_preimage", hashed),
            f"request_preimage({size})": at(noted, root, "request_preimage", hashed),
            f"unrequest_preimage({size})": at(free, root, "unrequest_preimage", hashed),
        }
    return rows


# --- scheduler


def measure_scheduler() -> dict[str, Cost]:
    """Its calls on full agendas, its hook without work, and one task of fifty."""
    inline, root = make_remark(INLINE_BYTES_MAX - 4), Origin.root()
    long = make_call(open_runtime(build_state())[0], "Utility", "batch", (make_remark(),) * 300)
    names = tuple(bytes([n]) * 32 for n in range(TASKS_MAX))

    def schedule(name: bytes, call: Call) -> Callable[[Runtime], object]:
        args = (name, 2, (1, 9), 0, call)

        def step(runtime: Runtime) -> None:
            made = make_call(runtime, "Scheduler", "schedule_named", *args)
            runtime.dispatcher.dispatch(made, root)

        return step

    def begin(runtime: Runtime) -> None:
        runtime.scheduler.on_initialize(2)

    def at(backend: Backend, name: str, *args: object) -> Cost:
        return measure_sent(backend, root, "Scheduler", name, *args)

    almost = add(build_state(), *(schedule(name, inline) for name in names[1:]))
    full = add(almost, schedule(names[0], inline))
    with_long = add(build_state(), schedule(names[0], long))
    idle, busy = measure(begin, build_state()), measure(begin, full)
    task = Cost((busy.microseconds - idle.microseconds) / TASKS_MAX, 3)
    long_bytes = len(open_runtime(build_state())[0].calls.encode(long))
    read = measure(begin, with_long).microseconds - idle.microseconds
    return {
        "schedule_named": at(almost, "schedule_named", names[0], 2, (1, 9), 0, inline),
        "schedule_named, long": at(almost, "schedule_named", names[0], 2, (1, 9), 0, long),
        "cancel_named": at(full, "cancel_named", names[-1]),
        "on_initialize, idle": idle,
        "on_initialize, a full agenda": measure(lambda runtime: runtime.scheduler.agenda[2], full),
        "on_initialize, a task": task,
        f"on_initialize, a byte of {long_bytes}": Cost(read / long_bytes, 0),
    }


def main() -> None:
    """Prints a row for each."""
    rows = measure_multisig()
    rows |= {f"proxy.{name}": cost for name, cost in measure_proxy().items()}
    rows |= {f"preimage.{name}": cost for name, cost in measure_preimage().items()}
    rows |= {f"scheduler.{name}": cost for name, cost in measure_scheduler().items()}
    for name, cost in rows.items():
        print(f"{name:38} {cost}")


if __name__ == "__main__":
    main()

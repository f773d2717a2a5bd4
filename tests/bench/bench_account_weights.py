"""What calls that carry or keep other calls cost; see `tests/helpers/weighing.py`.

Multisig, proxy, preimage, scheduler. The call inside is an empty remark; whoever pays for one has
something on hold for every reason.
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
    Scale,
    build_state,
    make_call,
    open_stage,
)
from tests.helpers.weighing import Book, Cost
from tests.helpers.whole_stage import hold_everything

NO_WEIGHT, BIG = Weight(), Weight(10**11, 10**6)
CROWD = tuple(AccountId(n.to_bytes(2, "big") * 16) for n in range(1, 100))
SIGNED = Origin.signed(ALICE)


def add(backend: Backend, *steps: Callable[[Runtime], object]) -> DiffBackend:
    """The state after some steps of block 1."""
    runtime = open_stage(backend).runtime
    for step in steps:
        step(runtime)
    return DiffBackend(backend, runtime.state.changes())


def fund(who: AccountId) -> Callable[[Runtime], object]:
    """A step after which somebody can pay deposits, beside something on hold for every reason."""

    def step(runtime: Runtime) -> None:
        runtime.balances.ledger.mint(who, 100 * UNIT)
        hold_everything(runtime)

    return step


def make_remark(size: int = 0) -> Call:
    """A call that does nothing."""
    return make_call(open_stage(build_state()).runtime, "System", "remark", bytes(size))


def encode_remark() -> bytes:
    """An empty one's bytes."""
    return open_stage(build_state()).runtime.calls.encode(make_remark())


# --- multisig


def weigh_multisig(book: Book) -> None:
    """Every way through its calls, with two signatories and with a hundred."""
    scale = Scale(book, "Multisig")
    few, many = (weigh_group(scale, others) for others in (CROWD[:1], CROWD))
    names = ("AS_MULTI_THRESHOLD_1", "AS_MULTI", "AS_MULTI", "AS_MULTI", "CANCEL_AS_MULTI")
    for name, small, large in zip(names, few, many, strict=True):
        scale.slope(f"{name}_OTHER", "the group", small, large, len(CROWD) - 1)


def weigh_group(scale: Scale, others: tuple[AccountId, ...]) -> list[Cost]:
    """The costs in a group of Alice and these, all of whom must agree."""
    remark, threshold = make_remark(), len(others) + 1
    hashed = blake2_256(encode_remark())

    def approve(who: AccountId) -> Callable[[Runtime], object]:
        def step(runtime: Runtime) -> None:
            when = None if who == others[0] else first
            rest = tuple(sorted({*others, ALICE} - {who}))
            args = (threshold, rest, when, hashed, NO_WEIGHT)
            call = make_call(runtime, "Multisig", "approve_as_multi", *args)
            runtime.dispatcher.dispatch(call, Origin.signed(who))

        return step

    funded = add(build_state(), fund(others[0]))
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

    one = len(others) == 1

    def weigh(figure: str, case: str, backend: Backend, name: str, *args: object) -> Cost:
        case = f"{case}, {len(others) + 1} signatories"
        return scale.call(figure if one else "", case, backend, SIGNED, name, *args)

    opening = (threshold, others, None, remark, NO_WEIGHT)
    executing = (threshold, others, first, remark, BIG)
    hashed_first = (threshold, others, first, hashed)
    last = before_last if len(others) > 1 else all_but_one
    return [
        weigh(
            "AS_MULTI_THRESHOLD_1", "alone", build_state(), "as_multi_threshold_1", others, remark
        ),
        weigh("AS_MULTI", "opening", build_state(), "as_multi", *opening),
        weigh("AS_MULTI", "executing", all_but_one, "as_multi", *executing),
        weigh("AS_MULTI", "approving", last, "approve_as_multi", *hashed_first, NO_WEIGHT),
        weigh("CANCEL_AS_MULTI", "closing", opened, "cancel_as_multi", *hashed_first),
    ]


# --- proxy


def weigh_proxy(book: Book) -> None:
    """Its calls with lists as long as they may be, but for the one entry that a call adds."""
    remark, who = make_remark(), CROWD[-1]
    hashed = Hash(blake2_256(encode_remark()))
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

    scale = Scale(book, "Proxy")

    def weigh(figure: str, at: Backend, sender: AccountId, name: str, *args: object) -> None:
        scale.call(figure, name, at, Origin.signed(sender), name, *args)

    funded = add(build_state(), fund(who))
    almost, full = (add(funded, *proxies(ALICE, count)) for count in (31, 32))
    said = add(full, *announcements(31), sent(who, "announce", Id(ALICE), hashed))
    made = add(funded, sent(ALICE, "create_pure", any_, 0, 0))
    rich = add(made, fund(pure))
    grown = add(rich, *proxies(pure, 31))
    change, announce = "CHANGE_PROXIES", "CHANGE_ANNOUNCEMENTS"
    told = add(full, *announcements(31))
    weigh("PROXY", full, who, "proxy", Id(ALICE), None, remark)
    weigh(change, almost, ALICE, "add_proxy", Id(AccountId(b"a" * 32)), any_, 0)
    weigh(change, full, ALICE, "remove_proxy", Id(who), any_, 0)
    weigh(change, full, ALICE, "remove_proxies")
    weigh(change, grown, pure, "remove_proxies")
    weigh("CREATE_PURE", funded, ALICE, "create_pure", any_, 0, 0)
    weigh(change, grown, pure, "kill_pure", Id(ALICE), any_, 0, 1, 0)
    weigh(announce, told, who, "announce", Id(ALICE), hashed)
    weigh(announce, said, who, "remove_announcement", Id(ALICE), hashed)
    weigh(announce, said, ALICE, "reject_announcement", Id(who), hashed)
    weigh("PROXY_ANNOUNCED", said, ALICE, "proxy_announced", Id(who), Id(ALICE), None, remark)


# --- preimage


def send(origin: Origin, name: str, argument: bytes) -> Callable[[Runtime], object]:
    """A step that calls the pallet."""

    def step(runtime: Runtime) -> None:
        call = make_call(runtime, "Preimage", name, argument)
        runtime.dispatcher.dispatch(call, origin)

    return step


def weigh_preimage(book: Book) -> None:
    """Its calls with nothing to store and with the most, which costs by the byte."""
    scale, root, note = Scale(book, "Preimage"), Origin.root(), "note_preimage"
    costs: list[Cost] = []
    for size in (0, PREIMAGE_BYTES_MAX):
        content = bytes(size)
        hashed = Hash(blake2_256(content))
        noted = add(build_state(), send(SIGNED, note, content))
        requested = add(build_state(), send(root, "request_preimage", hashed))
        free = add(requested, send(SIGNED, note, content))

        def weigh(
            at: Backend, origin: Origin, name: str, argument: bytes, size: int = size
        ) -> Cost:
            figure = "" if name == note and size else name.upper()
            return scale.call(figure, f"{name}, {size} bytes", at, origin, name, argument)

        costs += [weigh(build_state(), SIGNED, note, content)]
        weigh(requested, SIGNED, note, content)
        weigh(noted, SIGNED, "unnote_preimage", hashed)
        weigh(noted, root, "request_preimage", hashed)
        weigh(free, root, "unrequest_preimage", hashed)
    scale.slope("BYTE", note, costs[0], costs[1], PREIMAGE_BYTES_MAX)


# --- scheduler


def weigh_scheduler(book: Book) -> None:
    """Its calls on full agendas, its hook without work, and one task of fifty."""
    inline, root, scale = make_remark(INLINE_BYTES_MAX - 4), Origin.root(), Scale(book, "Scheduler")
    nothing = open_stage(build_state()).runtime
    long = make_call(nothing, "Utility", "batch", (make_remark(),) * 300)
    names = tuple(bytes([n]) * 32 for n in range(TASKS_MAX))

    def schedule(name: bytes, call: Call, when: int = 2) -> Callable[[Runtime], object]:
        args = (name, when, (1, 9), 0, call)

        def step(runtime: Runtime) -> None:
            made = make_call(runtime, "Scheduler", "schedule_named", *args)
            runtime.dispatcher.dispatch(made, root)

        return step

    def weigh(figure: str, backend: Backend, name: str, *args: object) -> None:
        scale.call(figure, name, backend, root, name, *args)

    def run(figure: str, case: str, backend: Backend) -> Cost:
        stage = open_stage(backend)
        serve = stage.runtime.scheduler.on_initialize
        return book.run(figure, case, stage, lambda: serve(2))

    almost = add(build_state(), *(schedule(name, inline) for name in names[1:]))
    full = add(almost, schedule(names[0], inline))
    for call, figure in ((inline, "SCHEDULE"), (long, "")):
        weigh(figure, almost, "schedule_named", names[0], 2, (1, 9), 0, call)
        weigh(figure, almost, "schedule_named_after", names[0], 0, (1, 9), 0, call)
        weigh(figure, almost, "schedule", 2, (1, 9), 0, call)
        weigh(figure, almost, "schedule_after", 0, (1, 9), 0, call)
    weigh("CANCEL", full, "cancel_named", names[-1])
    weigh("CANCEL", full, "cancel", 2, 0)
    idle = run("scheduler.SERVICE_AGENDAS", "idle", build_state())
    stage = open_stage(full)
    book.run("scheduler.SERVICE_AGENDA", "full", stage, lambda: stage.runtime.scheduler.agenda[2])
    next_full = add(build_state(), *(schedule(name, inline, 3) for name in names[1:]))
    task = run("", "a task, to repeat in a full agenda", add(next_full, schedule(names[0], inline)))
    book.slope("scheduler.SERVICE_TASK", "one", idle, task, 1)
    read = run("", "a long task", add(build_state(), schedule(names[0], long)))
    long_bytes = len(nothing.calls.encode(long))
    book.slope("scheduler.PREIMAGE_BYTE", "a batch of remarks", idle, read, long_bytes)


def weigh(book: Book) -> None:
    """Every call of these pallets."""
    weigh_multisig(book)
    weigh_proxy(book)
    weigh_preimage(book)
    weigh_scheduler(book)


if __name__ == "__main__":
    weigh(Book())

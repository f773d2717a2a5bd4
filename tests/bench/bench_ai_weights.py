"""What dispatches of the AI pallets cost here, beside the weight that they declare.

Each row is one call on a fresh overlay, in the worst case that is easily made; the time is the
smallest of some runs. A ratio below one is a weight that does not cover its call.
"""

from collections.abc import Callable
from time import perf_counter_ns

import numpy as np

from pallets.market import Infer, Posted, SlotState, Terms
from pallets.registry.types import ATTRIBUTES_MAX, Attribute, Dataset, Parent, Relation
from runtime.address import Id
from runtime.frame import Call, Origin
from runtime.frame.ai_types import BLOB_BYTES_MAX, TENSORS_MAX, Role, VerifierId
from runtime.primitives import UNIT, AccountId, Hash, Root
from runtime.tensor import DType, Graph, InputSpec, TensorSpec
from runtime.tensor.blob import blob_root
from runtime.tensor.graph import OPS_MAX
from runtime.tensor.ops import Clip8, Matmul, Relu, Shr
from tests.helpers import economy
from tests.helpers.chain_stage import SEEDED, ChainStage, make_call
from tests.helpers.economy import (
    ALICE,
    BOB,
    DAVE,
    MANIFEST,
    RECORD_OF,
    TTL,
    find_slots,
    make_economy,
)
from tests.helpers.slot_work import forge, stack_slots
from tests.pallets.registry.stage import Weights, make_model

ROUNDS = 7
PROVIDER = Role.PROVIDER
TERMS = Terms(50, 20, 2)


def measure(chain: ChainStage, call: Call, origin: Origin) -> float:
    """Microseconds of dispatching a call; a call that fails is a mistake here."""
    best = float("inf")
    state = chain.runtime.state
    for _ in range(ROUNDS):
        mark = state.mark()
        begin = perf_counter_ns()
        chain.runtime.dispatcher.dispatch(call, origin)
        best = min(best, (perf_counter_ns() - begin) / 1_000)
        state.rollback_to(mark)
    return best


def show(name: str, micros: float, declared: float) -> None:
    """One row."""
    print(f"{name:44} {micros:10.1f} us  declared {declared:12.1f} us  x{declared / micros:8.1f}")


def report(name: str, chain: ChainStage, who: AccountId | None, call: Call) -> None:
    """Measures a call and shows it beside what it declares."""
    origin = Origin.none() if who is None else Origin.signed(who)
    micros = measure(chain, call, origin)
    show(name, micros, call.get_dispatch_info().weight.ref_time / 10**6)


def make_dataset(number: int = 1) -> Dataset:
    """An open dataset."""
    return Dataset(Root(bytes([number]) * 32), None, None, 9, 1_024, 999, Hash(b"s" * 32), None)


def make_large_model() -> Weights:
    """Sixteen full tensors, and a graph as long as one may be."""
    side = 256
    specs = tuple(
        TensorSpec(f"t{index}", side, side, DType.I8, -63, 63) for index in range(TENSORS_MAX)
    )
    ops: list[Matmul | Shr | Clip8 | Relu] = []
    for index in range(len(specs)):
        last = len(ops)
        ops += [Matmul(last, index), Shr(last + 1, 12), Clip8(last + 2)]
    while len(ops) < OPS_MAX:
        ops.append(Relu(len(ops)))
    graph = Graph(InputSpec(side, -63, 63), specs, tuple(ops))
    rng = np.random.default_rng(1)
    arrays = [rng.integers(-63, 63, (side, side), np.int8, True) for _ in specs]
    return make_model(graph, arrays)


def apply(chain: ChainStage, who: AccountId, call: Call) -> None:
    """A call that has to succeed."""
    chain.runtime.dispatcher.dispatch(call, Origin.signed(who))


def measure_registry() -> None:
    """Records and blobs."""
    chain, large = make_economy(), make_large_model()
    chain.begin_block(BOB)
    content = np.random.default_rng(2).bytes(BLOB_BYTES_MAX)
    report("registry.put_blob(0)", chain, DAVE, make_call("Registry", "put_blob", b""))
    report("registry.put_blob(64 KiB)", chain, DAVE, make_call("Registry", "put_blob", content))
    for at, blob in enumerate(large.blobs):
        if at % 3 == 0:
            chain.next_block(BOB)
        apply(chain, DAVE, make_call("Registry", "put_blob", blob))
    parents = tuple(Parent(number, Relation.USES, 10) for number in range(3))
    for name, body in (("a dataset", make_dataset()), ("a large model", large.body)):
        call = make_call("Registry", "register", body, MANIFEST, parents, 10, TTL)
        report(f"registry.register({name})", chain, DAVE, call)
    record = chain.runtime.registry.next_id.get()
    apply(chain, DAVE, make_call("Registry", "register", large.body, MANIFEST, parents, 10, TTL))
    for _ in range(7):
        apply(chain, DAVE, make_call("Registry", "update", record, large.body, MANIFEST))
    update = make_call("Registry", "update", record, large.body, MANIFEST)
    report("registry.update(a large model)", chain, DAVE, update)
    report("registry.heartbeat", chain, DAVE, make_call("Registry", "heartbeat", record))
    transfer = make_call("Registry", "transfer", record, Id(ALICE))
    report("registry.transfer", chain, DAVE, transfer)
    said = tuple(Attribute(f"attribute {n:02}", "v" * 64) for n in range(ATTRIBUTES_MAX))
    attest = make_call("Registry", "attest", record, said, 100)
    apply(chain, BOB, attest)
    report("registry.attest(again, 16 attributes)", chain, BOB, attest)
    revoke = make_call("Registry", "revoke", record, Id(BOB))
    report("registry.revoke", chain, BOB, revoke)
    report("registry.retire(8 versions)", chain, DAVE, make_call("Registry", "retire", record))
    apply(chain, DAVE, make_call("Registry", "put_blob", b"b"))
    report("registry.drop_blob", chain, DAVE, make_call("Registry", "drop_blob", blob_root(b"b")))


def measure_bonds() -> None:
    """Collateral."""
    chain = make_economy()
    chain.begin_block(BOB)
    report("bonds.bond", chain, BOB, make_call("Bonds", "bond", PROVIDER, UNIT))
    for _ in range(7):
        apply(chain, BOB, make_call("Bonds", "unbond", PROVIDER, UNIT))
        chain.next_block(BOB)
    report("bonds.unbond", chain, BOB, make_call("Bonds", "unbond", PROVIDER, UNIT))
    report("bonds.cancel_unbond", chain, BOB, make_call("Bonds", "cancel_unbond", PROVIDER, 3))
    for _ in range(200):
        chain.next_block(BOB)
    report("bonds.withdraw", chain, BOB, make_call("Bonds", "withdraw", PROVIDER))


def make_post(rows: int, per_slot: int, verifier: VerifierId, inputs: Root, model: int) -> Call:
    """A job's posting."""
    spec = Infer(model, None, inputs, rows, per_slot, 1)
    return make_call("Market", "post", spec, Posted(UNIT), verifier, TERMS)


def submit(chain: ChainStage, at: tuple[int, int], *, is_right: bool = True) -> Call:
    """A result of BOB's."""
    payload = economy.run(chain, at)
    payload = payload if is_right else forge(payload)
    return make_call("Market", "submit", *at, economy.commit(chain, at, BOB, payload), payload)


def measure_market() -> None:
    """Jobs of as many slots as there may be, and of slots as large."""
    chain = make_economy()
    chain.begin_block(BOB)
    inputs = np.random.default_rng(3).integers(-63, 63, (1_024, 64), np.int8, True).tobytes()
    root = blob_root(inputs)
    apply(chain, ALICE, make_call("Registry", "put_blob", inputs))
    many = make_post(1_024, 4, VerifierId.REPLAY, root, economy.MODEL)
    report("market.post(256 slots, 64 KiB)", chain, ALICE, many)
    apply(chain, ALICE, many)
    report("market.top_up", chain, ALICE, make_call("Market", "top_up", 0, 5))
    report("market.cancel(256 slots)", chain, ALICE, make_call("Market", "cancel", 0))
    lock = make_call("Market", "lock", 0, 0, RECORD_OF[BOB])
    report("market.lock", chain, BOB, lock)
    apply(chain, BOB, lock)
    report("market.submit(4 rows, replay)", chain, BOB, submit(chain, (0, 0)))
    report("market.submit(4 rows, wrong)", chain, BOB, submit(chain, (0, 0), is_right=False))
    for job, (verifier, rows) in enumerate(
        ((VerifierId.REPLAY, 1_024), (VerifierId.FREIVALDS, 256)), start=1
    ):
        apply(chain, ALICE, make_post(1_024, rows, verifier, root, economy.MODEL))
        apply(chain, BOB, make_call("Market", "lock", job, 0, RECORD_OF[BOB]))
        report(f"market.submit({rows} rows, {verifier.name})", chain, BOB, submit(chain, (job, 0)))
    measure_work(chain)
    measure_ends(chain)


def measure_ends(chain: ChainStage) -> None:
    """Missed deadlines, ratings, closing."""
    for _ in range(60):
        chain.next_block(BOB)
    poke = make_call("Market", "poke", 0, 0)
    report("market.poke(miss, silence, refund)", chain, DAVE, poke)
    for at in find_slots(chain, *SlotState):
        if not economy.get_slot(chain, at).state.is_final:
            apply(chain, DAVE, make_call("Market", "poke", *at))
    report("market.close(256 slots)", chain, ALICE, make_call("Market", "close", 0))


def measure_work(chain: ChainStage) -> None:
    """The inherent, and the hook."""
    records = chain.runtime.registry.records
    for layer in (0, 1):
        summary = stack_slots(records, 1, economy.get_job(chain, 1), (0,), layer)
        del chain.runtime.work.receipt[chain.number]
        call = make_call("Work", "note_block_work", summary)
        report(f"work.note_block_work(1,024 rows, layer {layer})", chain, None, call)
    for slot in range(1, 5):
        apply(chain, BOB, make_call("Market", "lock", 0, slot, RECORD_OF[BOB]))
    summary = stack_slots(records, 0, economy.get_job(chain, 0), range(5), 1)
    report(
        "work.note_block_work(5 slots)", chain, None, make_call("Work", "note_block_work", summary)
    )
    del chain.runtime.work.receipt[chain.number]
    report(
        "work.note_block_work(seeded)", chain, None, make_call("Work", "note_block_work", SEEDED)
    )
    times: list[float] = []
    for _ in range(ROUNDS):
        begin = perf_counter_ns()
        weight = chain.runtime.work.on_initialize(chain.number)
        times.append((perf_counter_ns() - begin) / 1_000)
    show("work.on_initialize", min(times), weight.ref_time / 10**6)


def main() -> None:
    """Prints a row for each."""
    parts: tuple[Callable[[], None], ...] = (measure_registry, measure_bonds, measure_market)
    for part in parts:
        part()


if __name__ == "__main__":
    main()

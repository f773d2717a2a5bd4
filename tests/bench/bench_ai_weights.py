"""What dispatches of the AI pallets cost, each in its worst case; see `tests/helpers/weighing.py`.

Each row names the figure of `pallets/weights/` that has to cover it. Everybody has something on
hold for every reason.
"""

from collections.abc import Sequence
from functools import partial

import numpy as np

from pallets.market import Going, Infer, Posted, SlotState, Terms
from pallets.registry.types import ATTRIBUTES_MAX, Attribute, Dataset, Parent, Relation
from pallets.work.operands import OPERAND_BYTES_MAX
from pallets.work.prices import WAITED_BLOCKS_MAX
from runtime.address import Id
from runtime.frame import Call, Origin
from runtime.frame.ai_types import (
    BLOB_BYTES_MAX,
    ROYALTY_SHARES_MAX,
    TENSORS_MAX,
    Role,
    VerifierId,
)
from runtime.primitives import UNIT, AccountId, Hash, Root
from runtime.tensor import DType, Graph, InputSpec, TensorSpec
from runtime.tensor.blob import blob_root
from runtime.tensor.commitment import matrix_root
from runtime.tensor.graph import OPS_MAX
from runtime.tensor.ops import Clip8, Matmul, Relu, Shr
from runtime.work_summary import WorkSummary
from tests.helpers import economy
from tests.helpers.chain_stage import CONFIG, SEEDED, ChainStage, make_call
from tests.helpers.economy import (
    ALICE,
    BOB,
    DAVE,
    MANIFEST,
    MODEL_OWNER,
    RECORD_OF,
    TTL,
    find_slots,
)
from tests.helpers.market_stage import make_classifier
from tests.helpers.slot_work import forge, stack_slots
from tests.helpers.weighing import Book, Cost
from tests.helpers.whole_stage import begin_economy, make_largest_provider
from tests.pallets.registry.stage import Weights, make_model

ROUNDS = 7
PROVIDER = Role.PROVIDER
TERMS = Terms(50, 20, 2)


def make_dataset(number: int = 1) -> Dataset:
    """An open dataset."""
    return Dataset(Root(bytes([number]) * 32), None, None, 9, 1_024, 999, Hash(b"s" * 32), None)


def make_large_model(tensors: int = TENSORS_MAX, side: int = 256) -> Weights:
    """So many tensors, as large as they may be, and a graph as long as one may be."""
    specs = tuple(
        TensorSpec(f"t{index}", side, side, DType.I8, -63, 63) for index in range(tensors)
    )
    ops: list[Matmul | Shr | Clip8 | Relu] = []
    for index in range(tensors):
        last = len(ops)
        ops += [Matmul(last, index), Shr(last + 1, 12), Clip8(last + 2)]
    while len(ops) < OPS_MAX:
        ops.append(Relu(len(ops)))
    graph = Graph(InputSpec(side, -63, 63), specs, tuple(ops))
    rng = np.random.default_rng(1)
    arrays = [rng.integers(-63, 63, (side, side), np.int8, True) for _ in specs]
    return make_model(graph, arrays)


def put_blobs(chain: ChainStage, who: AccountId, blobs: Sequence[bytes]) -> None:
    """Uploads of what is not there yet, a few a block."""
    records = chain.runtime.registry.records
    new = [blob for blob in blobs if records.get_blob(blob_root(blob)) is None]
    for at, blob in enumerate(new):
        if at % 3 == 0:
            chain.next_block(BOB)
        apply(chain, who, make_call("Registry", "put_blob", blob))


def register(chain: ChainStage, who: AccountId, body: object, *parents: Parent) -> int:
    """A record; its number."""
    number = chain.runtime.registry.next_id.get()
    apply(chain, who, make_call("Registry", "register", body, MANIFEST, parents, 100, TTL))
    return number


def make_parents(chain: ChainStage) -> tuple[Parent, ...]:
    """As many as a record may have, with as many owners above them as royalties may go to."""
    owners = iter(AccountId(bytes([n, 7]) * 16) for n in range(ROYALTY_SHARES_MAX))

    def add(*parents: Parent) -> Parent:
        who = next(owners)
        chain.runtime.balances.ledger.mint(who, 10_000 * UNIT)
        return Parent(register(chain, who, make_dataset(), *parents), Relation.USES, 100)

    return tuple(add(*(add() for _ in range(children))) for children in (3, 3, 3, 3, 3, 3, 3, 2))


def apply(chain: ChainStage, who: AccountId, call: Call) -> None:
    """A call that has to succeed."""
    chain.runtime.dispatcher.dispatch(call, Origin.signed(who))


def weigh_registry(book: Book) -> None:
    """Records and blobs."""
    chain = begin_economy()

    def weigh(figure: str, case: str, who: AccountId, name: str, *args: object) -> Cost:
        return book.call(figure, case, chain, who, make_call("Registry", name, *args))

    content = np.random.default_rng(2).bytes(BLOB_BYTES_MAX)
    empty = weigh("registry.PUT_BLOB", "put_blob(0)", DAVE, "put_blob", b"")
    full = weigh("", "put_blob(64 KiB)", DAVE, "put_blob", content)
    book.slope("registry.BLOB_BYTE", "put_blob", empty, full, BLOB_BYTES_MAX)
    parents = make_parents(chain)
    alone = (MANIFEST, (), 10, TTL)
    dataset = weigh("registry.REGISTER", "a dataset", DAVE, "register", make_dataset(), *alone)
    weigh("registry.REGISTER", "a provider", DAVE, "register", make_largest_provider(), *alone)
    heir = (make_dataset(), MANIFEST, parents, 10, TTL)
    most = weigh("", "a dataset of 8 parents, 32 owners", DAVE, "register", *heir)
    book.slope("registry.PARENT", "register", dataset, most, len(parents))
    weigh_bodies(book, chain, dataset)
    large = make_large_model()
    record = register(chain, DAVE, large.body, *parents)
    update = ("update", record, large.body, MANIFEST)
    first = weigh("", "update(a large model)", DAVE, *update)
    for _ in range(7):
        apply(chain, DAVE, make_call("Registry", *update))
    last = weigh("", "update(a large model, 8 versions)", DAVE, *update)
    body = weigh("", "a large model", DAVE, "register", large.body, *alone) - dataset
    book.note("registry.UPDATE", "update without its body", max(first, last, key=get_time) - body)
    weigh("registry.HEARTBEAT", "heartbeat", DAVE, "heartbeat", record)
    weigh("registry.TRANSFER", "transfer", DAVE, "transfer", record, Id(ALICE))
    said = tuple(Attribute(f"attribute {n:02}", "v" * 64) for n in range(ATTRIBUTES_MAX))
    apply(chain, BOB, make_call("Registry", "attest", record, said, 100))
    weigh("registry.ATTEST", "again, 16 attributes", BOB, "attest", record, said, 100)
    weigh("registry.REVOKE", "revoke", BOB, "revoke", record, Id(BOB))
    weigh("registry.RETIRE", "retire(8 versions)", DAVE, "retire", record)
    apply(chain, DAVE, make_call("Registry", "put_blob", b"b"))
    weigh("registry.DROP_BLOB", "drop_blob", DAVE, "drop_blob", blob_root(b"b"))
    number = chain.number
    book.run("registry.ON_FINALIZE", "", chain, lambda: chain.runtime.registry.on_finalize(number))


def get_time(cost: Cost) -> int:
    """For comparing costs."""
    return cost.picoseconds


def weigh_bodies(book: Book, chain: ChainStage, dataset: Cost) -> None:
    """What registering a model takes beside a dataset, by its graph and by its tensors."""
    costs: list[Cost] = []
    for tensors, side in ((1, 1), (TENSORS_MAX, 1), (TENSORS_MAX, 256)):
        model = make_large_model(tensors, side)
        put_blobs(chain, DAVE, sorted(set(model.blobs)))
        call = make_call("Registry", "register", model.body, MANIFEST, (), 10, TTL)
        costs += [book.call("", f"a model, {tensors} x {side} x {side}", chain, DAVE, call)]
        graph_bytes = len(model.body.graph)
    none, tiny, large = costs
    book.slope("registry.GRAPH_BYTE", "register", dataset, none, graph_bytes)
    book.slope("registry.TENSOR", "register", none, tiny, TENSORS_MAX - 1)
    book.slope("registry.TENSOR_BYTE", "register", tiny, large, TENSORS_MAX * 256 * 256)


def weigh_bonds(book: Book) -> None:
    """Collateral."""
    chain = begin_economy()
    book.call("bonds.BOND", "bond", chain, BOB, make_call("Bonds", "bond", PROVIDER, UNIT))
    for _ in range(7):
        apply(chain, BOB, make_call("Bonds", "unbond", PROVIDER, UNIT))
        chain.next_block(BOB)
    book.call("bonds.UNBOND", "unbond", chain, BOB, make_call("Bonds", "unbond", PROVIDER, UNIT))
    book.call(
        "bonds.CANCEL_UNBOND",
        "cancel_unbond",
        chain,
        BOB,
        make_call("Bonds", "cancel_unbond", PROVIDER, 3),
    )
    for _ in range(200):
        chain.next_block(BOB)
    book.call("bonds.WITHDRAW", "withdraw", chain, BOB, make_call("Bonds", "withdraw", PROVIDER))


def make_post(rows: int, per_slot: int, verifier: VerifierId, inputs: Root, model: int) -> Call:
    """A job's posting."""
    spec = Infer(model, None, inputs, rows, per_slot, 1)
    return make_call("Market", "post", spec, Posted(UNIT), verifier, TERMS)


def submit(chain: ChainStage, at: tuple[int, int], *, is_right: bool = True) -> Call:
    """A result of BOB's."""
    payload = economy.run(chain, at)
    payload = payload if is_right else forge(payload)
    return make_call("Market", "submit", *at, economy.commit(chain, at, BOB, payload), payload)


def weigh_market(book: Book) -> None:
    """Jobs of as many slots as there may be, of slots as large, and of a model with a past."""
    chain = begin_economy()
    inputs = np.random.default_rng(3).integers(-63, 63, (1_024, 64), np.int8, True).tobytes()
    root, short = blob_root(inputs), blob_root(inputs[:64])
    put_blobs(chain, ALICE, [inputs, inputs[:64]])
    model = register(chain, MODEL_OWNER, make_classifier().body, *make_parents(chain))

    def weigh(figure: str, case: str, who: AccountId, name: str, *args: object) -> Cost:
        return book.call(figure, case, chain, who, make_call("Market", name, *args))

    def post(rows: int, per_slot: int, verifier: VerifierId, inputs: Root = root) -> Call:
        return make_post(rows, per_slot, verifier, inputs, model)

    replay = VerifierId.REPLAY
    row = book.call("market.POST", "a row", chain, ALICE, post(1, 1, replay, short))
    one = book.call("", "post(1 slot, 64 KiB)", chain, ALICE, post(1_024, 1_024, replay))
    many = book.call("", "post(256 slots, 64 KiB)", chain, ALICE, post(1_024, 4, replay))
    book.slope("market.POST_INPUT_BYTE", "post", row, one, BLOB_BYTES_MAX)
    book.slope("market.POST_SLOT", "post", one, many, 255)
    weigh_long_graph(book, chain, inputs[:256])
    apply(chain, ALICE, post(1_024, 4, replay))
    apply(chain, ALICE, post(1_024, 1_024, replay))
    weigh("market.TOP_UP", "top_up", ALICE, "top_up", 0, 5)
    one = weigh("market.CANCEL_BASE", "cancel(1 slot)", ALICE, "cancel", 1)
    many = weigh("", "cancel(256 slots)", ALICE, "cancel", 0)
    book.slope("market.SLOT_REFUND", "cancel", one, many, 255)
    weigh_first_submissions(book, chain, post(1, 1, replay, short))
    weigh("market.LOCK", "lock", BOB, "lock", 0, 0, RECORD_OF[BOB])
    apply(chain, BOB, make_call("Market", "lock", 0, 0, RECORD_OF[BOB]))
    right = book.call("", "submit(4 rows)", chain, BOB, submit(chain, (0, 0)))
    apply(chain, BOB, make_call("Market", "lock", 1, 0, RECORD_OF[BOB]))
    large = submit(chain, (1, 0))
    payload_bytes = len(large.args[-1])
    most = book.call("", "submit(1,024 rows)", chain, BOB, large)
    book.slope("market.SUBMIT_BYTE", "submit", right, most, payload_bytes)
    apply(chain, ALICE, post(1_024, 256, VerifierId.FREIVALDS))
    apply(chain, BOB, make_call("Market", "lock", 3, 0, RECORD_OF[BOB]))
    book.call("", "submit(256 rows, Freivalds)", chain, BOB, submit(chain, (3, 0)))
    weigh_work(book, chain)
    weigh_ends(book, chain)


def weigh_first_submissions(book: Book, chain: ChainStage, post: Call) -> None:
    """A right and a wrong result of one row: what they read besides is counted by itself."""
    number = chain.runtime.market.next_job.get()
    apply(chain, ALICE, post)
    apply(chain, BOB, make_call("Market", "lock", number, 0, RECORD_OF[BOB]))
    for is_right in (True, False):
        call = submit(chain, (number, 0), is_right=is_right)
        case = "a right row" if is_right else "a wrong row"
        book.call("market.SUBMIT", case, chain, BOB, call)


def weigh_long_graph(book: Book, chain: ChainStage, inputs: bytes) -> None:
    """Posting a job of a graph as long as one may be."""
    large = make_large_model()
    put_blobs(chain, DAVE, [*large.blobs, inputs])
    number = register(chain, DAVE, large.body)
    job = make_post(1, 1, VerifierId.REPLAY, blob_root(inputs), number)
    book.call("market.POST", "a graph as long as one may be", chain, ALICE, job)


def weigh_waited(book: Book) -> None:
    """Locking a slot at the going price for which nobody has come in a long time."""
    chain = begin_economy()
    terms = Terms(2 * WAITED_BLOCKS_MAX, 20, 2)
    spec = Infer(economy.MODEL, None, economy.INPUT_ROOT, len(economy.INPUTS) // 64, 4, 1)
    for who in (ALICE, BOB):
        chain.runtime.balances.ledger.mint(who, 10**11 * UNIT)
    apply(chain, BOB, make_call("Bonds", "bond", PROVIDER, 10**10 * UNIT))
    args = (spec, Going(10**9 * UNIT), VerifierId.REPLAY, terms)
    apply(chain, ALICE, make_call("Market", "post", *args))
    number = chain.runtime.system.number
    number.put(number.get() + WAITED_BLOCKS_MAX + 2)
    lock = make_call("Market", "lock", 0, 0, RECORD_OF[BOB])
    book.call("market.LOCK", "at the going price, after a long wait", chain, BOB, lock)


def weigh_ends(book: Book, chain: ChainStage) -> None:
    """Ratings, missed deadlines, closing."""
    apply(chain, BOB, submit(chain, (0, 1)))
    rate = make_call("Market", "rate", 0, 1, 5, b"")
    book.call("market.RATE", "rate", chain, ALICE, rate)
    for _ in range(60):
        chain.next_block(BOB)

    def weigh(figure: str, case: str, who: AccountId, name: str, *args: object) -> Cost:
        return book.call(figure, case, chain, who, make_call("Market", name, *args))

    weigh("market.POKE", "a miss, silence, a refund", DAVE, "poke", 0, 0)
    for at in find_slots(chain, *SlotState):
        if not economy.get_slot(chain, at).state.is_final:
            apply(chain, DAVE, make_call("Market", "poke", *at))
    one = weigh("market.CLOSE_BASE", "close(1 slot)", ALICE, "close", 1)
    many = weigh("", "close(256 slots)", ALICE, "close", 0)
    book.slope("market.SLOT_REMOVAL", "close", one, many, 255)


def weigh_work(book: Book, chain: ChainStage) -> None:
    """The inherent, and the hook."""
    records, receipts = chain.runtime.registry.records, chain.runtime.work.receipt

    def weigh(figure: str, case: str, summary: WorkSummary) -> Cost:
        del receipts[chain.number]
        return book.call(figure, case, chain, None, make_call("Work", "note_block_work", summary))

    weigh("work.NOTE_BLOCK_WORK", "seeded", SEEDED)
    for layer in (0, 1):
        summary = stack_slots(records, 1, economy.get_job(chain, 1), (0,), layer)
        weigh("", f"note_block_work(1,024 rows, layer {layer})", summary)
    job = economy.get_job(chain, 0)
    one = weigh("", "note_block_work(1 slot)", stack_slots(records, 0, job, range(1), 1))
    for slot in range(1, 5):
        apply(chain, BOB, make_call("Market", "lock", 0, slot, RECORD_OF[BOB]))
    five = weigh("", "note_block_work(5 slots)", stack_slots(records, 0, job, range(5), 1))
    book.slope("work.ROW_REF", "note_block_work", one, five, 4)
    operand = np.zeros((OPERAND_BYTES_MAX >> 10, 1 << 10), np.int8)
    stacked = book.run("", "the root of 4 MiB", chain, lambda: matrix_root(operand))
    book.slope("work.OPERAND_BYTE", "note_block_work", Cost(0, 0), stacked, OPERAND_BYTES_MAX)


def weigh_eras(book: Book) -> None:
    """The hook over some eras, and a claim of what one of them paid."""
    chain = begin_economy()
    for number in range(1, 2 * CONFIG.era_blocks):
        begin = chain.runtime.work.on_initialize
        book.run("work.ON_INITIALIZE", "", chain, partial(begin, chain.number + 1))
        chain.next_block((BOB, DAVE)[number % 2])
    call = make_call("Work", "claim_era", 0, BOB)
    book.call("work.CLAIM_ERA", "claim_era", chain, DAVE, call)


def weigh(book: Book) -> None:
    """Every call of these pallets."""
    weigh_eras(book)
    weigh_registry(book)
    weigh_bonds(book)
    weigh_market(book)
    weigh_waited(book)


if __name__ == "__main__":
    weigh(Book())

"""What dispatches of the leases pallet cost; see `tests/helpers/weighing.py`.

Everybody has something on hold for every reason.
"""

from pallets.leases import Machines, MachineTerms, Opening, Replica, StorageTerms
from pallets.leases.types import DRAWS_MAX
from runtime.audit import draw_audit
from runtime.codec import codec_of
from runtime.frame.ai_types import Role
from runtime.primitives import UNIT, AccountId, Hash
from runtime.tensor.chunks import CHUNK_BYTES, commit_chunks, get_chunk, verify_chunk
from tests.bench.bench_ai_weights import apply
from tests.helpers.chain_stage import ChainStage, make_call
from tests.helpers.economy import ALICE, BOB, BOND, DAVE, MANIFEST, TTL
from tests.helpers.weighing import Book, Cost
from tests.helpers.whole_stage import begin_economy, make_largest_provider

RATE, EVERY, WINDOW = UNIT // 1_000, 20, 10
CONTENT = bytes(range(256)) * (4 << 12)  # 4 MiB
TREE = commit_chunks(CONTENT)
STORAGE = StorageTerms(EVERY, WINDOW, DRAWS_MAX)


def go(chain: ChainStage, number: int) -> None:
    """Blocks without anything else until this one."""
    while chain.number < number:
        chain.next_block(BOB)


def open_drawn(chain: ChainStage, lease: int, draws: int) -> tuple[Opening, ...]:
    """The answer to a lease's open audit."""
    system, entry = chain.runtime.system, chain.runtime.leases.lease[lease]
    block_hash = system.block_hash[entry.audit_at]
    genesis = system.get_genesis_hash()
    drawn = draw_audit(genesis, lease, block_hash, len(CONTENT), draws)
    return tuple(Opening(get_chunk(CONTENT, index), TREE.get_path(index)) for index in drawn)


def make_chain() -> ChainStage:
    """Everybody with what a lease needs; BOB's record is number 3."""
    chain = begin_economy()
    register = ("Registry", "register", make_largest_provider(), MANIFEST, (), 0, TTL)
    apply(chain, BOB, make_call(*register))
    apply(chain, BOB, make_call("Bonds", "bond", Role.STORAGE, BOND))
    return chain


def weigh_calls(book: Book) -> None:
    """A life of a lease of machines, and one of storage."""
    chain = make_chain()
    record = chain.runtime.registry.next_id.get() - 1

    def show(figure: str, name: str, who: AccountId, *args: object, case: str = "") -> None:
        full = f"leases.{figure}" if figure else ""
        book.call(full, case or name, chain, who, make_call("Leases", name, *args))

    def do(name: str, who: AccountId, *args: object) -> None:
        apply(chain, who, make_call("Leases", name, *args))

    offers = ((MachineTerms(5), 10), (STORAGE, 60))
    show("POST_OFFER", "post_offer", BOB, record, STORAGE, RATE, 10, 60, 99)
    for terms, notice in offers:
        do("post_offer", BOB, record, terms, RATE, 10, notice, 99)
    show("WITHDRAW_OFFER", "withdraw_offer", BOB, 0)
    replica = Replica(TREE.root, len(CONTENT))
    show("START_LEASE", "start_lease", ALICE, 1, replica, UNIT)
    for offer, subject in ((0, Machines(1)), (0, Machines(1)), (1, replica), (1, replica)):
        do("start_lease", ALICE, offer, subject, UNIT)
    show("ACCEPT_LEASE", "accept_lease", BOB, 2)
    for lease in range(4):
        do("accept_lease", BOB, lease)
    go(chain, chain.number + EVERY + 1)
    show("TOP_UP", "top_up", ALICE, 0, UNIT)
    show("ADVANCE", "accept_work", ALICE, 0)
    show("ADVANCE", "dispute", ALICE, 0)
    show("ADVANCE", "close_lease", ALICE, 0)
    show("ADVANCE", "reclaim", BOB, 0)
    show("ADVANCE", "poke", DAVE, 0, case="poke(pay)")
    opened = open_drawn(chain, 2, DRAWS_MAX)
    show("", "por_respond", BOB, 2, opened, case=f"por_respond({DRAWS_MAX} chunks of 4 MiB)")
    weigh_openings(book, chain)
    apply(chain, BOB, make_call("Registry", "retire", record))
    show("ADVANCE", "poke", DAVE, 0, case="poke(lapse)")
    go(chain, chain.number + 4 * EVERY)
    show("ADVANCE", "poke", DAVE, 3, case="poke(three misses, slash)")
    go(chain, chain.number + 1_000)
    show("ADVANCE", "poke", DAVE, 1, case="poke(pay, end)")


def weigh_openings(book: Book, chain: ChainStage) -> None:
    """Decoding and checking what an audit opens: by the chunk, and by the node of its path."""
    codec = codec_of(Opening)

    def check(content: bytes) -> Cost:
        tree, size = commit_chunks(content), len(content)
        drawn = draw_audit(Hash.zero(), 0, Hash.zero(), size, DRAWS_MAX)
        raws = [codec.encode(Opening(get_chunk(content, at), tree.get_path(at))) for at in drawn]

        def run() -> None:
            draw_audit(Hash.zero(), 0, Hash.zero(), size, DRAWS_MAX)
            for index, raw in zip(drawn, raws, strict=True):
                opening = codec.decode(raw)
                verify_chunk(tree.root, size, index, opening.chunk, opening.path)

        return book.run("", f"{DRAWS_MAX} chunks of {size} bytes", chain, run)

    one, many = check(CONTENT[:CHUNK_BYTES]), check(CONTENT)
    book.slope("leases.OPENING", "a chunk", Cost(0, 0), one, DRAWS_MAX)
    nodes = DRAWS_MAX * len(TREE.get_path(0))
    book.slope("leases.PATH_NODE", "a node of a path", one, many, nodes)


def weigh(book: Book) -> None:
    """Every call of the pallet."""
    weigh_calls(book)


if __name__ == "__main__":
    weigh(Book())

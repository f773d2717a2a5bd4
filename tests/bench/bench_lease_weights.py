"""What dispatches of the leases pallet cost here, beside the weight that they declare.

Each row is one call in the worst case that is easily made; a ratio below one is a weight that does
not cover its call. The last rows are the check of one audit alone.
"""

from time import perf_counter_ns

from pallets.leases import Machines, MachineTerms, Opening, Replica, StorageTerms
from pallets.leases.types import DRAWS_MAX
from pallets.registry.types import KindPrice, Provider
from runtime.audit import draw_audit
from runtime.frame.ai_types import JobKind, Role
from runtime.primitives import UNIT, AccountId, Hash
from runtime.tensor.chunks import commit_chunks, get_chunk, verify_chunk
from tests.bench.bench_ai_weights import apply, report
from tests.helpers.chain_stage import ChainStage, make_call
from tests.helpers.economy import ALICE, BOB, BOND, DAVE, MANIFEST, TTL, make_economy

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
    chain = make_economy()
    chain.begin_block(BOB)
    kinds = (KindPrice(JobKind.STORE, 1), KindPrice(JobKind.RENT, 1))
    body = Provider("https://p.example", (), kinds, 8)
    apply(chain, BOB, make_call("Registry", "register", body, MANIFEST, (), 0, TTL))
    apply(chain, BOB, make_call("Bonds", "bond", Role.STORAGE, BOND))
    return chain


def measure_calls() -> None:
    """A life of a lease of machines, and one of storage."""
    chain = make_chain()
    record = chain.runtime.registry.next_id.get() - 1

    def show(name: str, who: AccountId, *args: object, title: str = "") -> None:
        report(f"leases.{title or name}", chain, who, make_call("Leases", name, *args))

    def do(name: str, who: AccountId, *args: object) -> None:
        apply(chain, who, make_call("Leases", name, *args))

    offers = ((MachineTerms(5), 10), (STORAGE, 60))
    show("post_offer", BOB, record, STORAGE, RATE, 10, 60, 99)
    for terms, notice in offers:
        do("post_offer", BOB, record, terms, RATE, 10, notice, 99)
    show("withdraw_offer", BOB, 0)
    replica = Replica(TREE.root, len(CONTENT))
    show("start_lease", ALICE, 1, replica, UNIT)
    for offer, subject in ((0, Machines(1)), (0, Machines(1)), (1, replica), (1, replica)):
        do("start_lease", ALICE, offer, subject, UNIT)
    show("accept_lease", BOB, 2)
    for lease in range(4):
        do("accept_lease", BOB, lease)
    go(chain, chain.number + EVERY + 1)
    show("top_up", ALICE, 0, UNIT)
    show("accept_work", ALICE, 0)
    show("dispute", ALICE, 0)
    show("close_lease", ALICE, 0)
    show("reclaim", BOB, 0)
    show("poke", DAVE, 0, title="poke(pay)")
    answer = open_drawn(chain, 2, DRAWS_MAX)
    show("por_respond", BOB, 2, answer, title=f"por_respond({DRAWS_MAX} chunks of 4 MiB)")
    apply(chain, BOB, make_call("Registry", "retire", record))
    show("poke", DAVE, 0, title="poke(lapse)")
    go(chain, chain.number + 4 * EVERY)
    show("poke", DAVE, 3, title="poke(three misses, slash)")
    go(chain, chain.number + 1_000)
    show("poke", DAVE, 1, title="poke(pay, end)")


def measure_audit() -> None:
    """Twenty chunks of 4 MiB: drawing, and checking against the root."""
    root, size = TREE.root, len(CONTENT)
    times: list[float] = []
    for block in range(50):
        block_hash = Hash(block.to_bytes(32, "little"))
        drawn = draw_audit(Hash.zero(), 0, block_hash, size, 20)
        opened = [(index, get_chunk(CONTENT, index), TREE.get_path(index)) for index in drawn]
        begin = perf_counter_ns()
        draw_audit(Hash.zero(), 0, block_hash, size, 20)
        for index, chunk, path in opened:
            verify_chunk(root, size, index, chunk, path)
        times.append((perf_counter_ns() - begin) / 1_000)
    print(f"audit of 20 chunks of 4 MiB, drawn and checked: {sorted(times)[25]:.0f} us (median)")


def main() -> None:
    """Prints a row for each."""
    measure_calls()
    measure_audit()


if __name__ == "__main__":
    main()

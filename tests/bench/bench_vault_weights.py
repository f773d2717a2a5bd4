"""What dispatches of the vault cost here, beside the weight that they declare.

Each row is one call in the worst case that can be made: royalties of nearly as many owners as there
may be, and a dataset of a tebibyte, whose paths are as long as paths get. The time is the smallest
of some runs; a ratio below one is a weight that does not cover its call.
"""

from dataclasses import replace
from time import perf_counter_ns
from typing import Any

from pallets.registry.types import Dataset, Parent, Relation
from pallets.vault import ChunkProof
from runtime.crypto.chunk_cipher import compute_stream_key, encrypt_chunk
from runtime.frame import Call, Origin
from runtime.frame.ai_types import ROYALTY_SHARES_MAX
from runtime.primitives import AccountId, Hash, Root
from runtime.tensor.chunks import CHUNK_BYTES, CHUNKED_BYTES_MAX, compute_chunks_root
from runtime.tensor.commitment import PATH_LENGTH_MAX, compute_leaf, compute_node
from tests.helpers.sale_stage import (
    BUYER,
    KEY,
    ONCE_PK,
    OPEN_BODY,
    OTHER,
    SECRET,
    SELLER,
    TERMS,
    SaleStage,
    Sealed,
)

ROUNDS = 9
PATH = tuple(Hash(bytes([height]) * 32) for height in range(PATH_LENGTH_MAX))


class TebibyteDataset(Sealed):
    """A dataset of which only the first chunk is ever seen; it decrypts to what it should."""

    def __init__(self) -> None:
        super().__init__(bytes(CHUNK_BYTES), KEY)
        self.leaf = compute_leaf(self.plain)
        self.plain_root = fold(self.leaf)
        stream = compute_stream_key(KEY, self.plain_root)
        self.chunk = encrypt_chunk(stream, 0, self.plain)

    @property
    def body(self) -> Dataset:
        """Its record."""
        roots = (self.plain_root, fold(compute_leaf(self.chunk)))
        body = replace(super().body, plain_root=roots[0], cipher_root=roots[1])
        return replace(body, size_bytes=CHUNKED_BYTES_MAX)

    def prove(self, index: int) -> ChunkProof:
        """The first chunk, with leaf and paths."""
        return ChunkProof(index, self.chunk, PATH, self.leaf, PATH)


def fold(leaf: Hash) -> Root:
    """The root over a leaf and the path."""
    node = leaf
    for sibling in PATH:
        node = compute_node(node, sibling)
    return compute_chunks_root(CHUNKED_BYTES_MAX, node)


class WorstStage(SaleStage):
    """The same sale with as many royalties as there may be, each of another owner."""

    def register(
        self,
        who: AccountId,
        body: Dataset,
        parents: tuple[Parent, ...] = (),
        royalty_bps: int = 0,
    ) -> int:
        """Registers an ancestry first, where the seller registers."""
        if who != SELLER:
            return super().register(who, body, parents, royalty_bps)
        owners = iter(AccountId(bytes([n, 1]) * 16) for n in range(ROYALTY_SHARES_MAX))
        ends: list[Parent] = []
        for _ in range(7):
            line: tuple[Parent, ...] = ()
            for _ in range(4):
                owner = next(owners)
                self.money.mint(owner, 10**12)
                number = super().register(owner, OPEN_BODY, line, 100)
                line = (Parent(number, Relation.DERIVED_FROM, 100),)
            ends += [replace(line[0], bps=400)]
        return super().register(who, body, tuple(ends), 100)


def measure(stage: SaleStage, name: str, who: AccountId, *args: Any) -> None:
    """One row; the call is undone after each run."""
    call: Call = stage.runtime.make_call(stage.vault, name, *args)
    best = float("inf")
    for _ in range(ROUNDS):
        mark = stage.state.mark()
        begin = perf_counter_ns()
        stage.runtime.dispatch(call, Origin.signed(who))
        best = min(best, (perf_counter_ns() - begin) / 1_000)
        stage.state.rollback_to(mark)
    declared = call.get_dispatch_info().weight.ref_time / 10**6
    print(f"vault.{name:30} {best:10.1f} us  declared {declared:10.1f} us  x{declared / best:6.1f}")


def main() -> None:
    """Prints a row for each."""
    dataset = TebibyteDataset()
    stage = WorstStage(dataset)
    shares = stage.registry.records.get_royalties(stage.record, 1)
    print(f"{len(shares)} owners have royalties, paths have {len(PATH)} nodes")
    stage.offer()
    measure(stage, "offer", SELLER, stage.record, replace(TERMS, price=5))
    measure(stage, "withdraw", SELLER, stage.record)
    measure(stage, "order", BUYER, stage.record, TERMS, ONCE_PK)
    order = stage.order()
    measure(stage, "deliver", SELLER, order, bytes(80))
    stage.deliver(order)
    proof = dataset.prove(0)
    measure(stage, "dispute_key", BUYER, order, SECRET)
    measure(stage, "dispute_chunk", BUYER, order, SECRET, proof)
    stage.skip(TERMS.dispute_blocks + 1)
    measure(stage, "poke", OTHER, order)
    stage.call("poke", OTHER, order)
    measure(stage, "close", BUYER, order)


if __name__ == "__main__":
    main()

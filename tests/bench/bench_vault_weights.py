"""What dispatches of the vault cost; see `tests/helpers/weighing.py`.

Royalties of nearly as many owners as there may be, and a dataset of a tebibyte, whose paths are as
long as paths get. On the whole runtime: a call asks parameters, and decodes among all others.
"""

from dataclasses import replace

from pallets.registry.types import Dataset, Parent, Relation
from pallets.vault import ChunkProof
from runtime.crypto.chunk_cipher import compute_stream_key, encrypt_chunk
from runtime.frame.ai_types import ROYALTY_SHARES_MAX, Role
from runtime.primitives import UNIT, AccountId, Hash, Root
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
from tests.helpers.weighing import Book
from tests.helpers.whole_stage import make_whole

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


def weigh(book: Book) -> None:
    """Every call, in the order of a sale's life."""
    dataset = TebibyteDataset()
    stage = WorstStage(dataset)

    def at(name: str, who: AccountId, *args: object) -> None:
        whole = make_whole(stage)
        call = whole.make_call("Vault", name, *args)
        book.call(f"vault.{name.upper()}", name, whole, who, call)

    stage.dispatch(stage.bonds, "bond", SELLER, Role.KEEPER, 100 * UNIT)
    stage.offer()
    at("offer", SELLER, stage.record, replace(TERMS, price=5))
    at("withdraw", SELLER, stage.record)
    at("order", BUYER, stage.record, TERMS, ONCE_PK)
    order = stage.order()
    at("deliver", SELLER, order, bytes(80))
    stage.deliver(order)
    at("dispute_key", BUYER, order, SECRET)
    at("dispute_chunk", BUYER, order, SECRET, dataset.prove(0))
    stage.skip(TERMS.dispute_blocks + 1)
    at("poke", OTHER, order)
    stage.call("poke", OTHER, order)
    at("close", BUYER, order)


if __name__ == "__main__":
    weigh(Book())

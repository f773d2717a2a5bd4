"""A seller, a buyer and a sealed dataset over the real registry, bonds and ledger."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from pallets.bonds import Bonds, RoleTerms
from pallets.registry import Registry
from pallets.registry.types import Dataset, Parent, Relation
from pallets.vault import ChunkProof, Order, Partners, SaleTerms, Vault, VaultParams
from pallets.vault.types import BoxKey
from runtime.crypto.chunk_cipher import compute_key_commit, compute_stream_key, encrypt_chunk
from runtime.crypto.sealed_box import public_of_secret, seal
from runtime.errors import DispatchError
from runtime.frame import Event, Origin, Pallet, PostDispatch
from runtime.frame.ai_types import Role
from runtime.primitives import AccountId, Hash, Root
from runtime.tensor.chunks import CHUNK_BYTES, ChunkTree, commit_chunks, get_chunk
from tests.helpers.mock_runtime import MockRuntime, make_header
from tests.helpers.noop import assert_noop
from tests.helpers.set_parameters import SetParameters

SELLER, BUYER, PARENT, OTHER, TREASURY, POOR = (AccountId(bytes([n]) * 32) for n in range(1, 7))
FUNDS = 10**15
BOND, BOND_MIN = 10**12, 1_000
PRICE = 1_000_003
KEY = bytes(range(32))
SECRET = b"s" * 32
ONCE_PK = BoxKey(public_of_secret(SECRET))
TTL = 5_000
MANIFEST = Root(b"m" * 32)
TERMS = SaleTerms(version=1, price=PRICE, deliver_blocks=5, dispute_blocks=10)
PARAMS = VaultParams(
    treasury=TREASURY,
    bond_min=BOND_MIN,
    offer_deposit=7_000,
    order_deposit=10_001,
    kept_blocks=100,
)
PLAIN = bytes(i * 7 % 251 for i in range(5 * CHUNK_BYTES + 17))


class Sealed:
    """A dataset under a key, with a fault or without one."""

    def __init__(self, plain: bytes, key: bytes, bad_chunk: int | None = None) -> None:
        self.plain, self.key = plain, key
        self.plain_tree = commit_chunks(plain)
        stream = compute_stream_key(key, self.plain_tree.root)
        chunks = [
            encrypt_chunk(stream, at, get_chunk(plain, at))
            for at in range(self.plain_tree.chunks_count)
        ]
        if bad_chunk is not None:
            chunks[bad_chunk] = bytes([chunks[bad_chunk][0] ^ 1]) + chunks[bad_chunk][1:]
        self.cipher = b"".join(chunks)
        self.cipher_tree: ChunkTree = commit_chunks(self.cipher)

    @property
    def body(self) -> Dataset:
        """What is registered."""
        return Dataset(
            plain_root=self.plain_tree.root,
            cipher_root=self.cipher_tree.root,
            key_commit=Hash(compute_key_commit(self.key)),
            items=1,
            chunk_bytes=CHUNK_BYTES,
            size_bytes=len(self.plain),
            schema_hash=Hash(b"s" * 32),
            gold_commit=None,
        )

    def prove(self, index: int) -> ChunkProof:
        """One chunk with its leaf, opened in both trees."""
        return ChunkProof(
            index,
            get_chunk(self.cipher, index),
            self.cipher_tree.get_path(index),
            self.plain_tree.levels[0][index],
            self.plain_tree.get_path(index),
        )


SEALED = Sealed(PLAIN, KEY)
OPEN_BODY = replace(SEALED.body, cipher_root=None, key_commit=None)


class SaleStage:
    """SELLER owns a sealed dataset and has a bond; everybody but POOR has money."""

    def __init__(
        self,
        sealed: Sealed = SEALED,
        params: VaultParams = PARAMS,
        *,
        royalty_bps: int = 0,
        parent_bps: int = 0,
    ) -> None:
        everybody = (SELLER, BUYER, PARENT, OTHER, TREASURY)
        self.runtime = runtime = MockRuntime([*((who, FUNDS) for who in everybody), (POOR, 5_000)])
        self.state, self.system, self.money = runtime.state, runtime.system, runtime.money
        self.parameters = SetParameters()
        self.registry = Registry(
            self.state,
            self.system,
            self.money,
            index=20,
            record_deposit=5_000,
            byte_deposit=1,
            parameters=self.parameters,
        )
        self.bonds = Bonds(
            self.state,
            self.system,
            self.money,
            index=21,
            role_terms=(RoleTerms(BOND_MIN, 20),) * len(Role),
            grace_blocks=50,
            freeze_blocks=10,
        )
        partners = Partners(self.money, self.registry.records, self.bonds, self.parameters)
        self.vault = Vault(self.state, self.system, partners, index=27, params=params)
        runtime.add(self.registry, self.bonds, self.vault)
        self.number = 1
        self.sealed = sealed
        parents: tuple[Parent, ...] = ()
        if parent_bps:
            from_whom = self.register(PARENT, OPEN_BODY)
            parents = (make_parent(from_whom, parent_bps),)
        self.record = self.register(SELLER, sealed.body, parents, royalty_bps)
        self.dispatch(self.bonds, "bond", SELLER, Role.KEEPER, BOND)
        self.take_events()

    # --- blocks

    def skip(self, blocks: int) -> None:
        """So many blocks pass."""
        self.try_state()
        self.number += blocks
        self.system.initialize(make_header(self.number))

    def try_state(self) -> None:
        """Checks the invariants of every pallet, and that money adds up."""
        for pallet in (self.registry, self.bonds, self.vault, self.runtime.balances):
            pallet.try_state()

    # --- dispatching

    def dispatch(self, pallet: Pallet, name: str, who: AccountId, *args: Any) -> PostDispatch:
        """A signed call, encoded and decoded on its way."""
        call = self.runtime.make_call(pallet, name, *args)
        return self.runtime.dispatch(call, Origin.signed(who))

    def call(self, name: str, who: AccountId, *args: Any) -> PostDispatch:
        """A call of the vault."""
        return self.dispatch(self.vault, name, who, *args)

    @contextmanager
    def refused(self, error: type[DispatchError]) -> Iterator[None]:
        """Fails unless what is dispatched raises the error and leaves no trace."""
        with assert_noop(self.state, error):
            yield

    def take_events(self) -> list[Event]:
        """The events since the last time."""
        return self.runtime.take_events()

    # --- what happens in a sale

    def register(
        self, who: AccountId, body: Dataset, parents: tuple[Parent, ...] = (), royalty_bps: int = 0
    ) -> int:
        """Registers a dataset; returns its number."""
        number = self.registry.next_id.get()
        args = (body, MANIFEST, parents, royalty_bps, TTL)
        self.dispatch(self.registry, "register", who, *args)
        return number

    def offer(self, terms: SaleTerms = TERMS, who: AccountId = SELLER) -> None:
        """Offers the stage's dataset."""
        self.call("offer", who, self.record, terms)

    def order(
        self, who: AccountId = BUYER, terms: SaleTerms = TERMS, once_pk: BoxKey = ONCE_PK
    ) -> int:
        """Orders it; returns the order's number."""
        number = self.vault.next_order.get()
        self.call("order", who, self.record, terms, once_pk)
        return number

    def deliver(self, order: int, key: bytes | None = None) -> PostDispatch:
        """Delivers the key of the stage's dataset, unless another one is said."""
        key = self.sealed.key if key is None else key
        box = seal(key, self.vault.order_[order].once_pk)
        return self.call("deliver", SELLER, order, box)

    def sell(self, key: bytes | None = None) -> int:
        """An order that is delivered."""
        self.offer()
        order = self.order()
        self.deliver(order, key)
        return order

    def get(self, order: int) -> Order:
        """An order as it is stored."""
        return self.vault.order_[order]

    def get_wealth(self, who: AccountId) -> int:
        """Everything an account has, on hold or not."""
        return self.system.get_data(who).total


def make_parent(record: int, bps: int) -> Parent:
    """A record that something is derived from."""
    return Parent(record, Relation.DERIVED_FROM, bps)

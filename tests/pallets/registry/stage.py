"""A registry with a ledger and a clock of its own, and bodies that it accepts."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

import numpy as np

from pallets.registry import Registry
from pallets.registry.types import (
    Attribute,
    Availability,
    Body,
    Dataset,
    KindPrice,
    Model,
    Parent,
    Provider,
)
from runtime.address import Id as AddressId
from runtime.errors import DispatchError
from runtime.frame import Origin
from runtime.frame.ai_types import JobKind, TensorInfo, TensorType
from runtime.primitives import AccountId, Hash, Root
from runtime.state.backend import DictBackend
from runtime.state.overlay import Overlay
from runtime.tensor import DType, Graph, InputSpec, TensorSpec, check_graph, encode_graph
from runtime.tensor.blob import blob_root, tensor_root
from runtime.tensor.ops import Addb, Argmax, Clip8, Matmul, Shr
from runtime.tensor.value import IntArray, dump_array
from tests.helpers.ledger import Blocks, account, make_ledger
from tests.helpers.noop import assert_noop

ALICE, BOB, CAROL = account(1), account(2), account(3)
STRANGER = account(9)
"""Has no balance at all."""

FUNDS = 10**9
RECORD_DEPOSIT = 5_000
BYTE_DEPOSIT = 1
TTL = 100
MANIFEST = Root(b"m" * 32)


@dataclass(frozen=True)
class Weights:
    """A model's body with the blobs it needs."""

    body: Model
    blobs: tuple[bytes, ...]


class RegistryStage:
    """Everything a test of the registry touches."""

    def __init__(self) -> None:
        self.state = Overlay(DictBackend({}))
        self.blocks = Blocks(self.state)
        self.ledger = make_ledger(self.state)
        self.registry = Registry(
            self.state,
            self.blocks,
            self.ledger,
            index=20,
            record_deposit=RECORD_DEPOSIT,
            byte_deposit=BYTE_DEPOSIT,
        )
        self.records = self.registry.records
        for who in (ALICE, BOB, CAROL):
            self.ledger.mint(who, FUNDS)

    def get_last_event(self) -> object:
        """The newest event."""
        return self.state.events[-1]

    def register(
        self,
        who: AccountId,
        body: Body,
        parents: tuple[Parent, ...] = (),
        royalty_bps: int = 0,
        ttl: int = TTL,
    ) -> int:
        """Registers as a call does; returns the record's number."""
        number = self.registry.next_id.get()
        self.registry.register(Origin.signed(who), body, MANIFEST, parents, royalty_bps, ttl)
        return number

    def register_model(self, who: AccountId, royalty_bps: int = 0) -> int:
        """Registers a model on chain, blobs first."""
        weights = make_weights()
        self.put_blobs(who, weights)
        return self.register(who, weights.body, royalty_bps=royalty_bps)

    def put_blobs(self, who: AccountId, weights: Weights) -> None:
        """Puts each blob that the account does not pay for yet."""
        for blob in weights.blobs:
            if (blob_root(blob), who) not in self.registry.blob_stake:
                self.put_blob(who, blob)

    def put_blob(self, who: AccountId, content: bytes) -> Root:
        """Puts a blob as a call does."""
        self.registry.put_blob(Origin.signed(who), content)
        return blob_root(content)

    def update(self, who: AccountId, record: int, body: Body) -> None:
        """Updates as a call does."""
        self.registry.update(Origin.signed(who), record, body, MANIFEST)

    def transfer(self, who: AccountId, record: int, to: AccountId) -> None:
        """Gives a record away as a call does."""
        self.registry.transfer(Origin.signed(who), record, AddressId(to))

    def retire(self, who: AccountId, record: int) -> None:
        """Retires as a call does."""
        self.registry.retire(Origin.signed(who), record)

    def attest(
        self,
        who: AccountId,
        record: int,
        attributes: tuple[Attribute, ...] = (Attribute("gpu", "h100"),),
        ttl: int = TTL,
    ) -> None:
        """Attests as a call does."""
        self.registry.attest(Origin.signed(who), record, attributes, ttl)

    def revoke(self, who: AccountId, record: int, auditor: AccountId) -> None:
        """Revokes as a call does."""
        self.registry.revoke(Origin.signed(who), record, AddressId(auditor))

    @contextmanager
    def refused(self, error: type[DispatchError]) -> Iterator[None]:
        """Fails unless a dispatch of the block raises the error and leaves no trace."""
        with assert_noop(self.state, error), self.state.transaction():
            yield

    def end_block(self) -> None:
        """The next block begins."""
        self.registry.on_finalize(self.blocks.number)
        self.blocks.number += 1
        self.registry.on_initialize(self.blocks.number)


def make_weights(seed: int = 0) -> Weights:
    """A classifier of 64 inputs: two layers with biases, all on chain."""
    shapes = {"w1": (64, 32), "b1": (1, 32), "w2": (32, 10), "b2": (1, 10)}
    specs = [make_spec(name, *shape) for name, shape in shapes.items()]
    ops = (Matmul(0, 0), Addb(1, 1), Shr(2, 6), Clip8(3), Matmul(4, 2), Addb(5, 3), Argmax(6))
    graph = Graph(InputSpec(64, 0, 16), tuple(specs), ops)
    rng = np.random.default_rng(seed)
    arrays = [
        rng.integers(spec.low, spec.high, (spec.rows, spec.cols), spec.dtype.array_dtype, True)
        for spec in specs
    ]
    return make_model(graph, arrays)


def make_spec(name: str, rows: int, cols: int) -> TensorSpec:
    """A bias where it has one row, else a weight."""
    if rows == 1:
        return TensorSpec(name, rows, cols, DType.I32, -1_000, 1_000)
    return TensorSpec(name, rows, cols, DType.I8, -63, 63)


def make_model(graph: Graph, arrays: list[IntArray]) -> Weights:
    """The body of a graph with its tensors on chain."""
    blobs = tuple(dump_array(array) for array in arrays)
    tensors = tuple(
        TensorInfo(
            spec.name,
            spec.rows,
            spec.cols,
            TensorType(spec.dtype),
            tensor_root(array, spec.dtype),
            blob_root(blob),
        )
        for spec, array, blob in zip(graph.tensors, arrays, blobs, strict=True)
    )
    macs = check_graph(graph).macs
    return Weights(Model(encode_graph(graph), tensors, macs, Availability.ON_CHAIN), blobs)


def take_off_chain(body: Model) -> Model:
    """The same model, with whoever serves its manifest."""
    tensors = tuple(replace(tensor, blob=None) for tensor in body.tensors)
    return replace(body, tensors=tensors, avail=Availability.CONTENT)


def make_dataset(number: int = 1) -> Dataset:
    """An open dataset, another for each number."""
    return Dataset(
        Root(bytes([number]) * 32), None, None, 1_797, 1_024, 115_008, Hash(b"s" * 32), None
    )


def make_provider(unit_price: int = 3) -> Provider:
    """A provider of inference and training."""
    return Provider(
        "https://provider.example",
        (Attribute("gpu", "none"), Attribute("region", "eu")),
        (KindPrice(JobKind.INFER, unit_price), KindPrice(JobKind.TRAIN, 2 * unit_price)),
        4,
    )

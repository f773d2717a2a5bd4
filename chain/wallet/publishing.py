"""The calls that publish models, datasets and providers, and that post jobs.

Each function only makes calls; whoever signs them sends them in the order given.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from chain.wallet.model_file import ModelFile
from chain.wallet.transaction import make_call
from pallets.market import Infer, Recurrence, Terms
from pallets.market.prices import PriceRule
from pallets.registry.types import (
    CHUNK_BYTES,
    Attribute,
    Availability,
    Dataset,
    KindPrice,
    Model,
    Parent,
    Provider,
)
from pallets.runtime import Runtime
from runtime.crypto.hashing import blake2_256
from runtime.frame import Call
from runtime.frame.ai_types import JobKind, Role, TensorInfo, TensorType, VerifierId
from runtime.primitives import AccountId, Hash, Root
from runtime.tensor.blob import blob_root, tensor_root
from runtime.tensor.chunks import commit_chunks
from runtime.tensor.graph import encode_graph
from runtime.tensor.value import Int8Array, dump_array

BATCH_BYTES_MAX: Final = 48 * 1024
"""What a pool takes as one transaction, with room for its signature."""

TENSOR_BYTES_MAX: Final = 63 * 1024
"""A blob in the state has at most 64 KiB, and so has the transaction that brings it."""


@dataclass(frozen=True, slots=True)
class RecordTerms:
    """What every record says besides its body."""

    royalty_bps: int
    ttl_blocks: int
    parents: tuple[Parent, ...] = ()


def make_blob_calls(
    runtime: Runtime, known: frozenset[Root], contents: Iterable[bytes]
) -> Iterator[Call]:
    """Puts every content into the state whose root is not known yet, each once."""
    done = set(known)
    for content in contents:
        root = blob_root(content)
        if root not in done:
            done.add(root)
            yield make_call(runtime.registry.put_blob, content)


def find_paid_blobs(runtime: Runtime, payer: AccountId, roots: Iterable[Root]) -> frozenset[Root]:
    """Those of the blobs that this account pays for already."""
    return frozenset(root for root in roots if (root, payer) in runtime.registry.blob_stake)


def get_model_blobs(model: ModelFile) -> tuple[bytes, ...]:
    """The tensors as blobs, in the graph's order."""
    return tuple(dump_array(tensor) for tensor in model.tensors)


def fits_on_chain(model: ModelFile) -> bool:
    """Whether every tensor is small enough for the state and for a transaction."""
    return all(tensor.nbytes <= TENSOR_BYTES_MAX for tensor in model.tensors)


def make_model_body(model: ModelFile) -> Model:
    """A model whose tensors lie in the state, or all outside of it if one is too large."""
    is_on_chain = fits_on_chain(model)
    tensors = tuple(
        TensorInfo(
            spec.name,
            spec.rows,
            spec.cols,
            TensorType(int(spec.dtype)),
            tensor_root(tensor, spec.dtype),
            blob_root(dump_array(tensor)) if is_on_chain else None,
        )
        for spec, tensor in zip(model.checked.graph.tensors, model.tensors, strict=True)
    )
    graph = encode_graph(model.checked.graph)
    availability = Availability.ON_CHAIN if is_on_chain else Availability.CONTENT
    return Model(graph, tensors, model.checked.macs, availability)


def make_open_dataset(root: Root, size_bytes: int, items: int, schema: str) -> Dataset:
    """A dataset in the open, known by its chunk root and by what its items are said to be.

    Whoever knows the root can fetch it from any node that serves it.
    """
    return Dataset(
        plain_root=root,
        cipher_root=None,
        key_commit=None,
        items=items,
        chunk_bytes=CHUNK_BYTES,
        size_bytes=size_bytes,
        schema_hash=Hash(blake2_256(schema.encode())),
        gold_commit=None,
    )


def make_dataset_body(content: bytes, items: int, schema: str) -> Dataset:
    """The same of content in memory."""
    return make_open_dataset(commit_chunks(content).root, len(content), items, schema)


def make_provider_body(
    endpoint: str, attributes: dict[str, str], unit_price: int, max_parallel: int
) -> Provider:
    """A provider of inference."""
    return Provider(
        endpoint,
        tuple(Attribute(name, attributes[name]) for name in sorted(attributes)),
        (KindPrice(JobKind.INFER, unit_price),),
        max_parallel,
    )


def make_register_call(
    runtime: Runtime, body: Model | Dataset | Provider, manifest_root: Root, terms: RecordTerms
) -> Call:
    """Registers a record."""
    return make_call(
        runtime.registry.register,
        body,
        manifest_root,
        terms.parents,
        terms.royalty_bps,
        terms.ttl_blocks,
    )


def make_bond_call(runtime: Runtime, amount: int) -> Call:
    """Adds to a provider's bond."""
    return make_call(runtime.bonds.bond, Role.PROVIDER, amount)


@dataclass(frozen=True, slots=True, eq=False)
class JobRequest:
    """An inference job: these rows through this model, for this price a slot."""

    model: int
    rows: Int8Array
    rows_per_slot: int
    price: PriceRule
    verifier: VerifierId
    terms: Terms
    replicas: int = 1
    """How many providers run each batch of rows."""

    recurrence: Recurrence | None = None
    """How often it is posted; once for None."""


def make_post_call(runtime: Runtime, request: JobRequest) -> Call:
    """Posts the job; its rows are a blob in the state already."""
    spec = Infer(
        request.model,
        None,
        blob_root(request.rows.tobytes()),
        len(request.rows),
        request.rows_per_slot,
        request.replicas,
    )
    asked = (spec, request.price, request.verifier, request.terms)
    if request.recurrence is None:
        return make_call(runtime.market.post, *asked)
    return make_call(runtime.market.recur, *asked, request.recurrence)


def batch_calls(runtime: Runtime, calls: Iterable[Call]) -> tuple[Call, ...]:
    """The calls in as few transactions as fit, each all or nothing."""
    groups: list[list[Call]] = []
    room = 0
    for call in calls:
        size = len(runtime.calls.encode(call))
        if not groups or size > room:
            groups.append([])
            room = BATCH_BYTES_MAX
        groups[-1].append(call)
        room -= size
    return tuple(
        group[0] if len(group) == 1 else make_call(runtime.utility.batch_all, tuple(group))
        for group in groups
    )

"""Bodies: what each kind must satisfy, and what no bytes can do."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pallets.registry import Registry
from pallets.registry.bodies import count_tensor_bytes, ensure_body
from pallets.registry.declarations import BadBody, BlobMissing, RootMismatch
from pallets.registry.types import (
    Attribute,
    Body,
    Dataset,
    KindPrice,
    Model,
    Parents,
    Provider,
    Version,
)
from runtime.codec import codec_of, encode
from runtime.errors import CodecError, ModuleError
from runtime.frame.ai_types import BLOB_BYTES_MAX, JobKind, TensorInfo, TensorType
from runtime.primitives import Hash, Root
from runtime.tensor import DType, Graph, InputSpec, TensorSpec, encode_graph
from runtime.tensor.blob import blob_root, tensor_root
from runtime.tensor.commitment import matrix_root
from runtime.tensor.ops import Matmul
from tests.pallets.registry.stage import (
    ALICE,
    BOB,
    RegistryStage,
    make_dataset,
    make_model,
    make_provider,
    make_weights,
    take_off_chain,
)


@pytest.fixture
def stage() -> RegistryStage:
    return RegistryStage()


def nothing(root: Root) -> bytes | None:
    """No blobs at all."""
    del root
    return None


def edit(body: Model, index: int, **changes: object) -> Model:
    """The body with one tensor changed."""
    tensors = list(body.tensors)
    tensors[index] = replace(tensors[index], **changes)  # type: ignore[arg-type]
    return replace(body, tensors=tuple(tensors))


def test_a_model_needs_its_blobs(stage: RegistryStage) -> None:
    weights = make_weights()
    with stage.refused(BlobMissing):
        stage.register(ALICE, weights.body)
    stage.put_blobs(BOB, weights)
    with stage.refused(BlobMissing):  # somebody else pays for them, and may stop
        stage.register(ALICE, weights.body)
    stage.put_blobs(ALICE, weights)
    stage.register(ALICE, weights.body)
    stage.registry.try_state()


def test_the_root_of_a_weight_is_what_mining_commits_to() -> None:
    weights = make_weights()
    array = np.frombuffer(weights.blobs[0], np.int8).reshape(64, 32)
    assert weights.body.tensors[0].root == matrix_root(np.ascontiguousarray(array.T))
    assert weights.body.tensors[1].root == weights.body.tensors[1].blob


def test_a_model_of_five_kilobytes_registers_within_a_block(stage: RegistryStage) -> None:
    weights = make_weights()
    assert sum(map(len, weights.blobs)) == count_tensor_bytes(weights.body) == 2_536
    (register, *_) = Registry.spec.calls
    assert callable(register.weight)
    weight = register.weight(weights.body, Root.zero(), (), 0, 100)
    assert weight.ref_time < 100_000_000_000


def spoil_graph(body: Model) -> Model:
    return replace(body, graph=body.graph[:-1])


@pytest.mark.parametrize(
    "spoil, error",
    [
        (spoil_graph, BadBody),
        (lambda body: replace(body, graph=b""), BadBody),
        (lambda body: replace(body, macs_per_row=body.macs_per_row + 1), BadBody),
        (lambda body: replace(body, tensors=body.tensors[:-1]), BadBody),
        (lambda body: replace(body, tensors=body.tensors[::-1]), BadBody),
        (lambda body: edit(body, 0, name="other"), BadBody),
        (lambda body: edit(body, 0, rows=32, cols=64), BadBody),
        (lambda body: edit(body, 0, dtype=TensorType.INT32), BadBody),
        (lambda body: edit(body, 0, blob=body.tensors[1].blob), BadBody),
        (lambda body: edit(body, 0, blob=None), BlobMissing),
        (lambda body: edit(body, 0, blob=Root.zero()), BlobMissing),
        (lambda body: edit(body, 0, root=Root.zero()), RootMismatch),
        (lambda body: edit(body, 1, root=Root.zero()), RootMismatch),
        (lambda body: replace(take_off_chain(body), tensors=body.tensors), BadBody),
    ],
)
def test_models_that_are_refused(
    stage: RegistryStage, spoil: Callable[[Model], Model], error: type[ModuleError]
) -> None:
    weights = make_weights()
    stage.put_blobs(ALICE, weights)
    with stage.refused(error):
        stage.register(ALICE, spoil(weights.body))


@pytest.mark.parametrize("value", [-64, 64])
def test_a_weight_stays_in_the_range_of_operands(stage: RegistryStage, value: int) -> None:
    weights = make_weights()
    bytes_of_first = bytearray(weights.blobs[0])
    bytes_of_first[5] = value % 256
    array = np.frombuffer(bytes(bytes_of_first), np.int8).reshape(64, 32)
    stage.put_blobs(ALICE, weights)
    blob = stage.put_blob(ALICE, bytes(bytes_of_first))
    body = edit(weights.body, 0, blob=blob, root=tensor_root(array, DType.I8))
    with stage.refused(BadBody):
        stage.register(ALICE, body)


def test_a_graph_that_could_leave_its_range_is_refused() -> None:
    spec = TensorSpec("w", 64, 32, DType.I8, -64, 63)  # no operand: MATMUL refuses it
    graph = Graph(InputSpec(64, 0, 16), (spec,), (Matmul(0, 0),))
    tensor = TensorInfo("w", 64, 32, TensorType.INT8, Root.zero(), None)
    body = take_off_chain(make_weights().body)
    with pytest.raises(BadBody, match="weights within"):
        ensure_body(replace(body, graph=encode_graph(graph), tensors=(tensor,)), nothing)


def test_a_model_off_chain_needs_no_blobs(stage: RegistryStage) -> None:
    body = take_off_chain(make_weights().body)
    number = stage.register(ALICE, body)
    model = stage.records.get_model(number)
    assert model is not None
    assert all(tensor.blob is None for tensor in model.tensors)
    assert count_tensor_bytes(body) == 0


def test_two_tensors_may_share_a_blob(stage: RegistryStage) -> None:
    specs = tuple(TensorSpec(name, 8, 8, DType.I8, -63, 63) for name in ("w1", "w2"))
    graph = Graph(InputSpec(8, 0, 1), specs, (Matmul(0, 0),))
    array = np.ones((8, 8), np.int8)
    weights = make_model(graph, [array, array])
    assert weights.blobs[0] == weights.blobs[1]
    stage.put_blobs(ALICE, weights)
    stage.register(ALICE, weights.body)
    assert stage.registry.blob_stake[blob_root(weights.blobs[0]), ALICE].versions == 1
    stage.registry.try_state()


@pytest.mark.parametrize(
    "body",
    [
        replace(make_dataset(), chunk_bytes=1_000),
        replace(make_dataset(), items=0),
        replace(make_dataset(), size_bytes=0),
        replace(make_dataset(), cipher_root=Root.zero()),
        replace(make_dataset(), key_commit=Hash.zero()),
        replace(make_provider(), prices=()),
        replace(make_provider(), prices=make_provider().prices[::-1]),
        replace(make_provider(), prices=(KindPrice(JobKind.INFER, 1),) * 2),
        replace(make_provider(), attributes=(Attribute("gpu", "a"), Attribute("gpu", "b"))),
        replace(make_provider(), max_parallel=0),
        replace(make_provider(), max_parallel=1_025),
    ],
)
def test_other_bodies_that_are_refused(body: Dataset | Provider) -> None:
    with pytest.raises(BadBody):
        ensure_body(body, nothing)


def test_an_encrypted_dataset_is_one() -> None:
    body = replace(make_dataset(), cipher_root=Root.zero(), key_commit=Hash.zero())
    ensure_body(body, nothing)


def test_sizes_beyond_any_blob_do_not_overflow_the_weight() -> None:
    tensor = TensorInfo("w", 2**32 - 1, 2**32 - 1, TensorType.INT32, Root.zero(), None)
    body = replace(make_weights().body, tensors=(tensor,) * 16)
    assert count_tensor_bytes(body) == 16 * BLOB_BYTES_MAX


@pytest.mark.parametrize("body", [make_weights().body, make_dataset(), make_provider()])
def test_bodies_survive_the_codec(body: Body) -> None:
    codec = codec_of(Body)
    assert codec.decode(codec.encode(body)) == body


# Bytes that begin as a body does, so that decoding gets somewhere.
BODY_BYTES = st.binary(max_size=300) | st.builds(
    lambda body, cut, tail: codec_of(Body).encode(body)[:cut] + tail,
    st.sampled_from([make_weights().body, make_dataset(), make_provider()]),
    st.integers(0, 400),
    st.binary(max_size=8),
)


@given(BODY_BYTES)
def test_no_bytes_break_the_decoder_or_the_check(data: bytes) -> None:
    for annotation in (Body, Parents, Version):
        try:
            value = codec_of(annotation).decode(data)
        except CodecError:
            continue
        assert codec_of(annotation).encode(value) == data
        if annotation is Body:
            _check(value)


def _check(body: Model | Dataset | Provider) -> None:
    assert 0 <= count_tensor_bytes(body) <= 16 * BLOB_BYTES_MAX
    assert len(encode(body)) < 8 * 1_024
    try:
        ensure_body(body, nothing)
    except (BadBody, BlobMissing, RootMismatch):
        return


@given(st.binary(max_size=200))
def test_no_graph_bytes_break_the_check(graph: bytes) -> None:
    with pytest.raises((BadBody, BlobMissing)):
        ensure_body(replace(make_weights().body, graph=graph), nothing)

"""The registry among other pallets: calls, weights and events through their codecs."""

import pytest

from pallets.registry import Registry
from pallets.registry.types import Attribute, Body, Parent, Relation
from runtime.codec import codec_of
from runtime.errors import CodecError, ModuleError
from runtime.frame import Call
from runtime.frame.event_record import EventRecord
from runtime.limits import make_block_weights
from runtime.primitives import AccountId, Root, Weight
from runtime.tensor.blob import blob_root
from tests.helpers.mock_runtime import ALICE, BOB, MockRuntime, signed, to
from tests.pallets.registry.stage import (
    BYTE_DEPOSIT,
    MANIFEST,
    RECORD_DEPOSIT,
    make_dataset,
    make_provider,
    make_weights,
)


class Node:
    """A runtime with a registry."""

    def __init__(self) -> None:
        self.runtime = MockRuntime([(ALICE, 10**9), (BOB, 10**9)])
        self.registry = Registry(
            self.runtime.state,
            self.runtime.system,
            self.runtime.money,
            index=20,
            record_deposit=RECORD_DEPOSIT,
            byte_deposit=BYTE_DEPOSIT,
        )
        self.runtime.add(self.registry)

    def make_call(self, name: str, *args: object) -> Call:
        return self.runtime.make_call(self.registry, name, *args)

    def send(self, who: AccountId, name: str, *args: object) -> None:
        self.runtime.dispatch(self.make_call(name, *args), signed(who))


@pytest.fixture
def node() -> Node:
    return Node()


def test_the_life_of_a_model(node: Node) -> None:
    weights = make_weights()
    for blob in weights.blobs:
        node.send(ALICE, "put_blob", blob)
    node.send(BOB, "register", make_dataset(), MANIFEST, (), 0, 100)
    parents = (Parent(0, Relation.TRAINED_ON, 250),)
    node.send(ALICE, "register", weights.body, MANIFEST, parents, 500, 100)
    node.send(ALICE, "update", 1, weights.body, Root.zero())
    node.send(ALICE, "heartbeat", 1)
    assert node.registry.records.get_royalties(1, 2) == ((ALICE, 500), (BOB, 250))
    node.runtime.try_state()
    node.send(BOB, "attest", 1, (Attribute("accuracy", "97%"),), 100)
    node.send(ALICE, "transfer", 1, to(BOB))
    node.send(ALICE, "revoke", 1, to(BOB))
    node.send(BOB, "retire", 1)
    for blob in weights.blobs:
        node.send(ALICE, "drop_blob", blob_root(blob))
    node.runtime.try_state()
    records = tuple(each for each in node.runtime.state.events if isinstance(each, EventRecord))
    codec = node.runtime.events
    assert codec.encode(codec.decode(codec.encode(records))) == codec.encode(records)


def test_a_refused_call_names_the_registry(node: Node) -> None:
    with pytest.raises(ModuleError) as refused:
        node.send(ALICE, "retire", 5)
    assert node.runtime.get_module_index(refused.value) == node.registry.index
    assert not node.runtime.state.events


@pytest.mark.parametrize("body", [make_weights().body, make_dataset(), make_provider()])
def test_a_body_cut_short_is_no_call(node: Node, body: Body) -> None:
    call = node.runtime.calls.encode(node.make_call("register", body, MANIFEST, (), 0, 100))
    assert len(call) > len(codec_of(Body).encode(body))
    for length in range(len(call)):
        with pytest.raises(CodecError):
            node.runtime.calls.decode(call[:length])


def test_every_call_fits_a_block_and_costs_something(node: Node) -> None:
    limit = make_block_weights(Weight(), Weight()).per_class.normal.max_total
    assert limit is not None
    calls = [
        node.make_call("register", make_weights().body, MANIFEST, (), 0, 100),
        node.make_call("update", 0, make_provider(), MANIFEST),
        node.make_call("heartbeat", 0),
        node.make_call("transfer", 0, to(BOB)),
        node.make_call("retire", 0),
        node.make_call("put_blob", bytes(64 * 1_024)),
        node.make_call("drop_blob", Root.zero()),
        node.make_call("attest", 0, (Attribute("gpu", "h100"),), 100),
        node.make_call("revoke", 0, to(BOB)),
    ]
    assert [call.spec.name for call in calls] == [spec.name for spec in Registry.spec.calls]
    for call in calls:
        weight = call.get_dispatch_info().weight
        assert Weight(1, 1).is_within(weight)
        assert weight.is_within(Weight(limit.ref_time // 50, limit.proof_size // 50))

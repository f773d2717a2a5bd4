"""Preimages: who pays for the bytes, who may take them away, and what requests change."""

import pytest

from pallets.preimage import Preimage
from pallets.preimage.declarations import (
    BYTES_DECODED_MAX,
    AlreadyNoted,
    Cleared,
    NotAuthorized,
    Noted,
    NotNoted,
    NotRequested,
    Requested,
    RequestedStatus,
    TooBig,
    Unrequested,
)
from runtime.codec.typeinfo import Variant
from runtime.crypto.hashing import blake2_256
from runtime.errors import BadOrigin, FundsUnavailable
from runtime.frame import FREE_ON_SUCCESS, Event, Origin, PostDispatch
from runtime.frame.traits import HoldReason
from runtime.primitives import AccountId, Hash
from tests.helpers.account_pallets import (
    PREIMAGE_BASE,
    PREIMAGE_BYTE,
    PREIMAGE_BYTES_MAX,
    add_preimage,
)
from tests.helpers.mock_runtime import ALICE, BOB, MockRuntime, signed
from tests.helpers.noop import assert_noop

CONTENT = b"what a call says"
HASH = Hash(blake2_256(CONTENT))
SIZE = len(CONTENT)
DEPOSIT = PREIMAGE_BASE + SIZE * PREIMAGE_BYTE
ROOT = Origin.root()


class Stage:
    """Alice and Bob have 1000 each."""

    def __init__(self) -> None:
        self.runtime = MockRuntime([(ALICE, 1_000), (BOB, 1_000)])
        self.pallet = add_preimage(self.runtime)
        self.state = self.runtime.state

    def send(self, origin: Origin, name: str, argument: bytes = HASH) -> PostDispatch:
        call = self.runtime.make_call(self.pallet, name, argument)
        return self.runtime.dispatch(call, origin)

    def note(self, who: AccountId, content: bytes = CONTENT) -> PostDispatch:
        return self.send(signed(who), "note_preimage", content)

    def get_held(self, who: AccountId) -> int:
        return self.runtime.money.get_held(HoldReason.PREIMAGE, who)

    def take_events(self) -> list[Event]:
        own = Noted, Requested, Cleared
        return [each for each in self.runtime.take_events() if isinstance(each, own)]

    def is_there(self) -> bool:
        return self.pallet.get_preimage(HASH, SIZE) == CONTENT


@pytest.fixture
def stage() -> Stage:
    return Stage()


def test_who_notes_pays_and_gets_it_back(stage: Stage) -> None:
    assert stage.note(ALICE) == PostDispatch()
    assert stage.take_events() == [Noted(HASH)]
    assert stage.is_there()
    assert stage.pallet.get_preimage(HASH, SIZE + 1) is None
    assert (stage.get_held(ALICE), stage.runtime.money.get_free(ALICE)) == (
        DEPOSIT,
        1_000 - DEPOSIT,
    )
    assert stage.pallet.request_status_for[HASH] == Unrequested((ALICE, DEPOSIT), SIZE)
    stage.runtime.try_state()
    with assert_noop(stage.state, AlreadyNoted):
        stage.note(BOB)
    with assert_noop(stage.state, NotAuthorized):
        stage.send(signed(BOB), "unnote_preimage")
    stage.send(signed(ALICE), "unnote_preimage")
    assert stage.take_events() == [Cleared(HASH)]
    assert not stage.is_there()
    assert stage.runtime.money.get_free(ALICE) == 1_000
    stage.runtime.try_state()
    with assert_noop(stage.state, NotNoted):
        stage.send(signed(ALICE), "unnote_preimage")


def test_what_is_requested_is_noted_for_nothing(stage: Stage) -> None:
    stage.send(ROOT, "request_preimage")
    assert stage.take_events() == [Requested(HASH)]
    assert stage.note(BOB) == FREE_ON_SUCCESS
    assert (stage.get_held(BOB), stage.is_there()) == (0, True)
    with assert_noop(stage.state, AlreadyNoted):  # free again and again would be too cheap
        stage.note(BOB)
    with assert_noop(stage.state, NotAuthorized):
        stage.send(signed(BOB), "unnote_preimage")
    stage.runtime.try_state()
    stage.runtime.take_events()
    stage.send(ROOT, "unrequest_preimage")
    assert stage.take_events() == [Cleared(HASH)]
    assert not stage.is_there()
    stage.runtime.try_state()


def test_bytes_stay_while_they_are_needed(stage: Stage) -> None:
    stage.note(ALICE)
    stage.pallet.request(HASH)
    stage.pallet.request(HASH)
    stage.send(signed(ALICE), "unnote_preimage")
    assert (stage.get_held(ALICE), stage.is_there()) == (0, True)
    assert stage.pallet.request_status_for[HASH] == RequestedStatus(None, 2, SIZE)
    with assert_noop(stage.state, NotAuthorized):
        stage.send(signed(ALICE), "unnote_preimage")
    stage.pallet.unrequest(HASH)
    assert stage.is_there()
    stage.pallet.unrequest(HASH)
    assert not stage.is_there()
    stage.runtime.try_state()


def test_bytes_that_are_paid_for_outlive_their_requests(stage: Stage) -> None:
    stage.note(ALICE)
    stage.pallet.request(HASH)
    assert stage.pallet.request_status_for[HASH] == RequestedStatus((ALICE, DEPOSIT), 1, SIZE)
    stage.runtime.try_state()
    stage.pallet.unrequest(HASH)
    assert stage.pallet.request_status_for[HASH] == Unrequested((ALICE, DEPOSIT), SIZE)
    with assert_noop(stage.state, NotRequested):
        stage.send(ROOT, "unrequest_preimage")
    assert stage.is_there()


def test_a_request_alone_leaves_nothing(stage: Stage) -> None:
    with assert_noop(stage.state, NotRequested):
        stage.send(ROOT, "unrequest_preimage")
    stage.send(ROOT, "request_preimage")
    stage.runtime.try_state()
    stage.send(ROOT, "unrequest_preimage")
    assert HASH not in stage.pallet.request_status_for


def test_root_notes_and_takes_away(stage: Stage) -> None:
    assert stage.send(ROOT, "note_preimage", CONTENT) == FREE_ON_SUCCESS
    assert stage.pallet.request_status_for[HASH] == RequestedStatus(None, 1, SIZE)
    stage.send(ROOT, "unnote_preimage")
    assert HASH not in stage.pallet.request_status_for
    stage.note(ALICE)
    stage.send(ROOT, "unnote_preimage")
    assert (stage.get_held(ALICE), stage.is_there()) == (0, False)
    stage.runtime.try_state()


def test_pallets_note_what_they_need(stage: Stage) -> None:
    for count in (1, 2):
        assert stage.pallet.note(CONTENT) == HASH
        assert stage.pallet.request_status_for[HASH] == RequestedStatus(None, count, SIZE)
    stage.pallet.unrequest(HASH)
    stage.pallet.unrequest(HASH)
    stage.note(ALICE)
    stage.pallet.note(CONTENT)
    assert stage.pallet.request_status_for[HASH] == RequestedStatus((ALICE, DEPOSIT), 1, SIZE)
    stage.runtime.try_state()


def test_the_size_is_limited_and_paid(stage: Stage) -> None:
    with assert_noop(stage.state, TooBig):
        stage.note(ALICE, bytes(PREIMAGE_BYTES_MAX + 1))
    with assert_noop(stage.state, TooBig):
        stage.send(ROOT, "note_preimage", bytes(PREIMAGE_BYTES_MAX + 1))
    stage.note(ALICE, bytes(PREIMAGE_BYTES_MAX))
    assert stage.get_held(ALICE) == PREIMAGE_BASE + PREIMAGE_BYTES_MAX * PREIMAGE_BYTE
    stage.note(ALICE, b"")
    stage.note(ALICE, bytes(PREIMAGE_BYTES_MAX - 1))
    with assert_noop(stage.state, FundsUnavailable):
        stage.note(ALICE, bytes(PREIMAGE_BYTES_MAX - 2))


def test_origins(stage: Stage) -> None:
    for name in ("request_preimage", "unrequest_preimage"):
        with assert_noop(stage.state, BadOrigin):
            stage.send(signed(ALICE), name)
    for name in ("note_preimage", "unnote_preimage", "request_preimage", "unrequest_preimage"):
        with assert_noop(stage.state, BadOrigin):
            stage.send(Origin.none(), name)


def test_wire(stage: Stage) -> None:
    calls = [(c.index, c.name, [name for name, _ in c.params]) for c in Preimage.spec.calls]
    assert calls == [
        (0, "note_preimage", ["bytes_"]),  # metadata drops the underscore
        (1, "unnote_preimage", ["hash_"]),
        (2, "request_preimage", ["hash_"]),
        (3, "unrequest_preimage", ["hash_"]),
    ]
    status = next(item for item in Preimage.spec.storage if item.name == "RequestStatusFor")
    node = status.value.node
    assert isinstance(node, Variant)
    assert node.path == ("pallet_preimage", "RequestStatus")
    fields = {each.name: [field.name for field in each.fields] for each in node.variants}
    assert fields == {
        "Unrequested": ["ticket", "len"],
        "Requested": ["maybe_ticket", "count", "maybe_len"],
    }
    key = stage.pallet.preimage_for.get_key((HASH, 5))
    assert key.endswith(HASH + bytes([5, 0, 0, 0]))
    assert BYTES_DECODED_MAX > PREIMAGE_BYTES_MAX

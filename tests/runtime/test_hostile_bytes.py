"""Bytes from anywhere, given to the whole runtime: a typed refusal or a value, never a defect."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genesis.build import build_genesis, make_api
from genesis.spec import load_preset
from runtime.codec import Codec
from runtime.crypto.multisignature import Ecdsa, Ed25519, Sr25519
from runtime.errors import CodecError, DispatchError, InvalidBlock, InvalidTransaction
from runtime.extrinsic import Extrinsic
from runtime.frame import Origin
from runtime.header import HEADER, Header
from runtime.host import SignedMessage
from runtime.primitives import AccountId, Hash
from runtime.programs import Inputs, Program
from runtime.state.backend import DictBackend
from tests.helpers.codec_strategies import write_compact
from tests.helpers.metadata_reader import read_metadata
from tests.helpers.metadata_strategies import Encodings

SPEC = load_preset("dev")


class Credulous:
    """Takes every signature for good, so that what is behind the check is reached."""

    def expect(self, signed: tuple[SignedMessage, ...]) -> None:
        """Nothing is to be checked."""

    def is_signed(
        self, signature: Ed25519 | Sr25519 | Ecdsa, message: bytes, account: AccountId
    ) -> bool:
        return True

    def run_program(self, program: Program, slot: int, inputs: Inputs) -> bytes:
        return program.run(slot, inputs)


API = make_api(SPEC, Credulous())
GENESIS = build_genesis(SPEC, Credulous())
STATE = DictBackend(GENESIS.state)
RICHEST = AccountId(
    next(key for key in GENESIS.state if key.startswith(bytes.fromhex("26aa394eea5630e07c48ae0c")))[
        -32:
    ]
)
WHOLE = read_metadata(API.get_metadata(15))
ENCODINGS = Encodings(WHOLE["types"], [RICHEST])
METHODS = [f"{api.name}_{method.name}" for api in API.apis for method in api.methods]

CALLS = ENCODINGS.of(WHOLE["outer"]["call"])
"""Calls that are well formed by the metadata."""

BROKEN = st.builds(
    lambda call, at, tail: call[: at % (len(call) + 1)] + tail,
    CALLS,
    st.integers(0, 60),
    st.binary(max_size=8),
)


def make_signed(call: bytes) -> bytes:
    body = b"\x84\0" + RICHEST + b"\0" + bytes(64) + b"\0\0\0" + call
    return write_compact(len(body)) + body


@given(BROKEN)
def test_broken_calls(raw: bytes) -> None:
    ensure_canonical(API.calls, raw)


@given(st.binary(max_size=120) | st.binary(max_size=40).map(lambda tail: bytes(96) + tail))
def test_headers(raw: bytes) -> None:
    ensure_canonical(HEADER, raw)


def ensure_canonical(codec: Codec[Any], raw: bytes) -> None:
    """Decoded bytes are the only ones of their value."""
    try:
        value = codec.decode(raw)
    except CodecError:
        return
    assert codec.encode(value) == raw


def decode(raw: bytes) -> Extrinsic | None:
    try:
        return API.decode(raw)
    except CodecError:
        return None


@given(CALLS)
def test_transactions_of_a_rich_account(call: bytes) -> None:
    extrinsic = decode(make_signed(call))
    if extrinsic is None:
        return
    header = Header(GENESIS.hash, 1, Hash.zero(), Hash.zero())
    try:
        API.begin_validation(STATE, GENESIS.hash).validate(extrinsic)
    except InvalidTransaction as refusal:
        with pytest.raises(type(refusal)):
            API.begin_block(STATE, header).apply(extrinsic)
        return
    outcome = API.begin_block(STATE, header).apply(extrinsic)
    assert outcome.error is None or isinstance(outcome.error, DispatchError)


@given(CALLS)
def test_inherents(call: bytes) -> None:
    body = b"\4" + call
    extrinsic = decode(write_compact(len(body)) + body)
    if extrinsic is None:
        return
    header = Header(GENESIS.hash, 1, Hash.zero(), Hash.zero())
    execution = API.begin_block(STATE, header)
    try:
        execution.apply(extrinsic)
        execution.finish()
    except (InvalidTransaction, InvalidBlock):
        return


@given(CALLS, st.sampled_from([Origin.root(), Origin.signed(RICHEST)]))
def test_whatever_is_dispatched_keeps_every_invariant(raw: bytes, origin: Origin) -> None:
    try:
        call = API.calls.decode(raw)
    except CodecError:
        return
    runtime = API.make_runtime(STATE)
    runtime.system.initialize(Header(GENESIS.hash, 1, Hash.zero(), Hash.zero()))
    before = runtime.state.changes()
    try:
        runtime.dispatcher.dispatch(call, origin)
    except DispatchError:
        assert runtime.state.changes() == before
        assert runtime.state.events == []
    if origin.account is not None:  # root may set the issuance apart from the balances
        for pallet in runtime.pallets:
            pallet.try_state()


@given(
    method=st.sampled_from(METHODS),
    head=st.sampled_from([b"", b"\2"]),
    raw=st.binary(max_size=40) | CALLS.map(make_signed) | BROKEN.map(make_signed),
    tail=st.sampled_from([b"", bytes(4), bytes(32), b"\2"]),
)
def test_questions_of_clients(method: str, head: bytes, raw: bytes, tail: bytes) -> None:
    try:
        API.call(method, head + raw + tail, STATE)
    except CodecError:
        return

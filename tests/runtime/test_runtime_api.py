"""What nodes and clients may ask of a runtime: every method, from bytes to bytes."""

import pytest

from genesis.build import build_genesis, make_api
from genesis.spec import load_preset
from runtime.api import UnknownMethod
from runtime.codec import codec_of
from runtime.crypto.hashing import blake2_64
from runtime.crypto.multisignature import Ed25519, Signature
from runtime.crypto.scheme import Scheme, compute_account, sign_message
from runtime.era import Era
from runtime.errors import CodecError, InvalidBlock, InvalidTransaction
from runtime.extensions import SignedExtra, SigningContext, compute_signing_payload, encode_extra
from runtime.extrinsic import encode_bare, encode_signed
from runtime.header import Header
from runtime.host import ReferenceHost
from runtime.primitives import Hash
from runtime.state.backend import DictBackend, DiffBackend
from runtime.transaction_result import (
    Custom,
    Err,
    Invalid,
    Ok,
    TransactionResult,
    to_result,
)
from runtime.validity import ValidTransaction
from runtime.version import RUNTIME_VERSION, VERSION
from tests.helpers.codec_strategies import write_compact

SPEC = load_preset("dev")
HOST = ReferenceHost()
API = make_api(SPEC, HOST)
GENESIS = build_genesis(SPEC, HOST)
STATE = DictBackend(GENESIS.state)
SEED = bytes.fromhex("abf8e5bdbe30c65656c0a3cbd181ff8a56294a69dfedd27982aace4a76909115")
ALICE = compute_account(SEED, Scheme.ED25519)
RESULT = codec_of(TransactionResult)


def ask(name: str, data: bytes = b"") -> bytes:
    return API.call(name, data, STATE)


def make_extrinsic(nonce: int = 0, tip: int = 0, signature: Ed25519 | None = None) -> bytes:
    """A remark of Alice."""
    made = API.calls.encode(API.make_call("System", "remark", b"hello"))
    extra = SignedExtra(Era(), nonce, tip)
    versions = VERSION.spec_version, VERSION.transaction_version
    context = SigningContext(*versions, GENESIS.hash, GENESIS.hash)
    payload = compute_signing_payload(made + encode_extra(extra), context)
    right = sign_message(SEED, payload, Scheme.ED25519)
    assert isinstance(right, Ed25519)
    return encode_signed(ALICE, signature or right, extra, made)


def test_genesis_names_itself_to_the_runtime() -> None:
    """Signatures bind the genesis hash, which the first block writes down."""
    runtime = API.make_runtime(STATE)
    assert runtime.system.get_genesis_hash() == Hash.zero()
    runtime.system.initialize(Header(GENESIS.hash, 1, Hash.zero(), Hash.zero()))
    assert runtime.system.get_genesis_hash() == GENESIS.hash


# --- Core, Metadata, nonces


def test_core_version() -> None:
    raw = ask("Core_version")
    assert raw == RUNTIME_VERSION.encode(VERSION)
    assert raw.startswith(bytes([8 << 2]) + b"soberana" + bytes([15 << 2]) + b"soberana-python")


def test_the_names_of_apis_are_hashed() -> None:
    known = {
        "Core": "df6acb689907609b",
        "Metadata": "37e397fc7c91f5e4",
        "TaggedTransactionQueue": "d2bc9897eed08f15",
        "AccountNonceApi": "bc9d89904f5b923f",
        "TransactionPaymentApi": "37c8bb1350a9a2a8",
    }
    assert {name: blake2_64(name.encode()).hex() for name in known} == known
    assert {name.hex(): version for name, version in VERSION.apis} == {
        known["Core"]: 5,
        known["Metadata"]: 2,
        known["TaggedTransactionQueue"]: 3,
        known["AccountNonceApi"]: 1,
        known["TransactionPaymentApi"]: 4,
    }


def test_metadata() -> None:
    assert ask("Metadata_metadata_versions").hex() == "0c0e0000000f00000010000000"
    oldest = API.get_metadata(14)
    assert ask("Metadata_metadata") == write_compact(len(oldest)) + oldest
    for version in (14, 15, 16):
        whole = API.get_metadata(version)
        answer = ask("Metadata_metadata_at_version", version.to_bytes(4, "little"))
        assert answer == b"\1" + write_compact(len(whole)) + whole
        assert whole[4] == version
    for version in (0, 13, 17, (1 << 32) - 1):
        assert ask("Metadata_metadata_at_version", version.to_bytes(4, "little")) == b"\0"


def test_account_nonce() -> None:
    assert ask("AccountNonceApi_account_nonce", ALICE) == bytes(4)
    assert ask("AccountNonceApi_account_nonce", bytes(32)) == bytes(4)
    runtime = API.make_runtime(STATE)
    for _ in range(3):
        runtime.system.note_nonce(ALICE)
    later = DiffBackend(STATE, runtime.state.changes())
    assert API.call("AccountNonceApi_account_nonce", ALICE, later) == b"\3\0\0\0"


# --- fees


def test_fees() -> None:
    raw = make_extrinsic(tip=77)
    length = len(raw).to_bytes(4, "little")
    info = API.decode(raw).call.get_dispatch_info()
    details = API.make_runtime(STATE).fees.compute_fee_details(len(raw), info, 77)
    inclusion = details.inclusion_fee
    assert inclusion is not None
    parts = (inclusion.base_fee, inclusion.len_fee, inclusion.adjusted_weight_fee)
    assert inclusion.len_fee == 10_000 * len(raw)
    encoded = b"".join(part.to_bytes(16, "little") for part in parts)
    answer = ask("TransactionPaymentApi_query_fee_details", raw + length)
    assert answer == b"\1" + encoded + (77).to_bytes(16, "little")
    weight = write_compact(info.weight.ref_time) + write_compact(info.weight.proof_size)
    answer = ask("TransactionPaymentApi_query_info", raw + length)
    assert answer == weight + b"\0" + sum(parts).to_bytes(16, "little")


def test_an_inherent_pays_nothing() -> None:
    made = API.calls.encode(API.make_call("Timestamp", "set", 1))
    raw = encode_bare(made)
    length = len(raw).to_bytes(4, "little")
    assert ask("TransactionPaymentApi_query_fee_details", raw + length) == b"\0" + bytes(16)
    assert ask("TransactionPaymentApi_query_info", raw + length)[-17:] == b"\2" + bytes(16)


def test_an_extrinsic_may_be_wrapped_a_second_time() -> None:
    raw = make_extrinsic()
    length = len(raw).to_bytes(4, "little")
    wrapped = write_compact(len(raw)) + raw
    for name in ("query_info", "query_fee_details"):
        method = f"TransactionPaymentApi_{name}"
        assert ask(method, wrapped + length) == ask(method, raw + length)


def test_the_error_is_about_the_extrinsic_as_it_was_given() -> None:
    body = b"\5" + make_extrinsic()[3:]
    raw = write_compact(len(body)) + body
    with pytest.raises(CodecError, match="expected version byte 0x04 or 0x84, got 0x05"):
        ask("TransactionPaymentApi_query_info", raw + bytes(4))


# --- validity


def validate(raw: bytes, source: int = 2) -> object:
    data = bytes([source]) + raw + GENESIS.hash
    return RESULT.decode(ask("TaggedTransactionQueue_validate_transaction", data))


def test_a_valid_transaction() -> None:
    raw = make_extrinsic()
    answer = validate(raw)
    expected = API.begin_validation(STATE, GENESIS.hash).validate(API.decode(raw))
    assert answer == Ok(expected)
    assert expected.provides == (ALICE + bytes(4),)
    assert [validate(raw, source) for source in (0, 1)] == [answer, answer]
    assert validate(write_compact(len(raw)) + raw) == answer


def test_an_invalid_transaction_is_an_answer() -> None:
    bad = validate(make_extrinsic(signature=Ed25519(Signature(bytes(64)))))
    assert isinstance(bad, Err)
    assert isinstance(bad.value, Invalid)
    assert type(bad.value.value).__name__ == "BadProof"
    assert RESULT.encode(bad) == bytes([1, 0, 4])


def get_leaves(cls: type[InvalidTransaction]) -> list[type[InvalidTransaction]]:
    return [each for sub in cls.__subclasses__() for each in (sub, *get_leaves(sub))]


INDICES = {
    "BadCall": 0,
    "Payment": 1,
    "Future": 2,
    "Stale": 3,
    "BadProof": 4,
    "UnsupportedSignature": 4,
    "AncientBirthBlock": 5,
    "ExhaustsResources": 6,
    "BadMandatory": 8,
    "MandatoryValidation": 9,
    "BadSigner": 10,
}


@pytest.mark.parametrize("error", get_leaves(InvalidTransaction))
def test_every_refusal_has_the_index_of_substrate(error: type[InvalidTransaction]) -> None:
    assert RESULT.encode(to_result(error())) == bytes([1, 0, INDICES[error.__name__]])
    assert error().reason
    assert not error().reason.endswith(".")
    assert "\n" not in error().reason


def test_a_valid_one_is_encoded_as_clients_read_it() -> None:
    valid = ValidTransaction(7, (b"a",), (b"b", b"cd"), 64, True)
    encoded = "00" + "0700000000000000" + "040461" + "080462086364" + "4000000000000000" + "01"
    assert RESULT.encode(to_result(valid)).hex() == encoded
    custom = Err(Invalid(Custom(9)))
    assert RESULT.decode(RESULT.encode(custom)) == custom


# --- bad questions


@pytest.mark.parametrize(
    "name",
    ["", "Core", "Core_", "Core_versions", "core_version", "Core_version ", "BlockBuilder_x"],
)
def test_an_unknown_method(name: str) -> None:
    with pytest.raises(UnknownMethod, match=f"^{name}$"):
        ask(name)


@pytest.mark.parametrize(
    "name, data, why",
    [
        ("Core_version", b"\0", "Core_version: 1 bytes remain behind the arguments"),
        ("Metadata_metadata_at_version", b"\x0e\0\0", "u32: expected 4 bytes"),
        ("AccountNonceApi_account_nonce", bytes(31), "AccountId: expected 32 bytes"),
        ("AccountNonceApi_account_nonce", bytes(33), "1 bytes remain behind the arguments"),
        ("TransactionPaymentApi_query_info", b"", "Compact: expected 1 bytes"),
        ("TransactionPaymentApi_query_info", b"\4\x84", "expected 1 bytes at offset 2"),
        ("TaggedTransactionQueue_validate_transaction", b"\3", "TransactionSource: no variant 3"),
    ],
)
def test_arguments_that_do_not_decode(name: str, data: bytes, why: str) -> None:
    with pytest.raises(CodecError, match=why):
        ask(name, data)


def test_calls_are_made_by_name() -> None:
    made = API.make_call("System", "remark", b"hello")
    assert API.calls.encode(made).hex() == "0000" + "1468656c6c6f"
    for pallet, name in (("System", "remarks"), ("Systems", "remark")):
        with pytest.raises(KeyError):
            API.make_call(pallet, name, b"")
    for args in ((), (b"a", b"b"), (bytes(64 * 1024 + 1),)):
        with pytest.raises(CodecError):
            API.make_call("System", "remark", *args)


# --- no question changes the state


def test_the_state_stays_as_it_is() -> None:
    before = dict(GENESIS.state)
    validate(make_extrinsic())
    header = Header(GENESIS.hash, 1, Hash.zero(), Hash.zero())
    execution = API.begin_block(STATE, header)
    execution.apply(API.decode(make_extrinsic()))
    with pytest.raises(InvalidBlock, match="timestamp not set"):
        execution.finish()
    with pytest.raises(InvalidBlock):
        API.execute_block(STATE, header, ())
    assert {key: STATE.get(key) for key in before} == before
    assert ask("AccountNonceApi_account_nonce", ALICE) == bytes(4)

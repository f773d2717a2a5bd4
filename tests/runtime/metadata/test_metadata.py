"""Metadata of the composed runtime, read by a decoder of its own."""

from typing import Any

import pytest

from genesis.build import make_api
from genesis.spec import load_preset
from runtime.api import RuntimeApi
from runtime.codec import U8
from runtime.codec.typeinfo import Variant
from runtime.crypto.hashing import blake2_64, blake2_128_concat, twox_64_concat
from runtime.extensions import EXTENSIONS
from runtime.frame import Origin, Pallet, call
from runtime.host import ReferenceHost
from runtime.metadata import METADATA_VERSIONS
from runtime.metadata.nodes import get_attribute_docs, make_calls_node
from runtime.primitives import AccountId, Weight
from runtime.state.backend import DictBackend
from runtime.state.overlay import Overlay
from runtime.system import System
from runtime.version import VERSION
from tests.helpers.metadata_reader import read_metadata, read_value

API = make_api(load_preset("dev"), ReferenceHost())
BY_VERSION = {version: read_metadata(API.get_metadata(version)) for version in METADATA_VERSIONS}
TYPES = BY_VERSION[14]["types"]


def get_type(path: str) -> dict[str, Any]:
    """The only type of this path."""
    found: list[dict[str, Any]] = [each for each in TYPES if "::".join(each["path"]) == path]
    assert len(found) == 1, found
    return found[0]


def test_versions() -> None:
    assert METADATA_VERSIONS == (14, 15, 16)
    with pytest.raises(ValueError, match=r"expected one of \(14, 15, 16\), got 13"):
        API.get_metadata(13)


def test_it_is_the_same_whenever_it_is_built() -> None:
    again = make_api(load_preset("dev"), ReferenceHost())
    for version in reversed(METADATA_VERSIONS):
        assert again.get_metadata(version) == API.get_metadata(version)


@pytest.mark.parametrize("version", METADATA_VERSIONS)
def test_types_are_numbered_by_position_and_all_there(version: int) -> None:
    types = BY_VERSION[version]["types"]
    assert [each["id"] for each in types] == list(range(len(types)))
    used = BY_VERSION[version]["used"]
    assert used <= set(range(len(types)))
    if version == 15:  # which has all that either of the others has
        assert used == set(range(len(types))), "no type is there for nothing"
    assert types == TYPES


def test_equal_types_have_one_number() -> None:
    seen: list[Any] = []
    for each in TYPES:
        description = (each["path"], each["params"], each["def"])
        assert description not in seen
        seen.append(description)


def test_variants_are_told_apart() -> None:
    for each in TYPES:
        kind, detail = each["def"]
        if kind == "variant":
            for key in ("name", "index"):
                values = [variant[key] for variant in detail]
                assert len(set(values)) == len(values), each["path"]


@pytest.mark.parametrize("version", METADATA_VERSIONS)
def test_defaults_and_constants_are_values_of_their_types(version: int) -> None:
    whole = BY_VERSION[version]
    for pallet in whole["pallets"]:
        for constant in pallet["constants"]:
            read_value(whole["types"], constant["type"], constant["value"])
        for entry in (pallet["storage"] or ("", []))[1]:
            if entry["is_default"]:
                read_value(whole["types"], entry["value"], entry["default"])
            else:
                assert entry["default"] == b"\0", entry["name"]


def find_pallet(name: str, version: int = 14) -> dict[str, Any]:
    return next(each for each in BY_VERSION[version]["pallets"] if each["name"] == name)


def test_the_default_account() -> None:
    entries = {each["name"]: each for each in find_pallet("System")["storage"][1]}
    account = entries["Account"]
    assert account["default"] == bytes(79) + b"\x80"
    assert account["hashers"] == [2]
    assert TYPES[account["key"]]["path"][-1] == "AccountId32"
    assert TYPES[account["value"]]["path"][-1] == "AccountInfo"


def test_constants_that_clients_read() -> None:
    constants = {each["name"]: each for each in find_pallet("System")["constants"]}
    version = read_value(TYPES, constants["Version"]["type"], constants["Version"]["value"])
    assert version["spec_name"] == "soberana"
    assert version["spec_version"] == VERSION.spec_version
    assert version["transaction_version"] == VERSION.transaction_version
    prefix = constants["SS58Prefix"]
    assert read_value(TYPES, prefix["type"], prefix["value"]) == 42
    weights = read_value(
        TYPES, constants["BlockWeights"]["type"], constants["BlockWeights"]["value"]
    )
    assert weights["max_block"]["ref_time"] == 2 * 10**12
    (deposit,) = [
        each
        for each in find_pallet("Balances")["constants"]
        if each["name"] == "ExistentialDeposit"
    ]
    assert read_value(TYPES, deposit["type"], deposit["value"]) == 10**9


def test_every_declared_api_is_served_and_described() -> None:
    declared = {(name.hex(), version) for name, version in VERSION.apis}
    served = {
        (blake2_64(each["name"].encode()).hex(), each["version"]) for each in BY_VERSION[16]["apis"]
    }
    assert declared == served
    core = ("df6acb689907609b", 5)
    assert core in declared
    for each in BY_VERSION[15]["apis"]:
        assert each["methods"], each["name"]


# --- names that clients look for

PATHS = (
    "sp_core::crypto::AccountId32",
    "sp_runtime::multiaddress::MultiAddress",
    "sp_runtime::MultiSignature",
    "sp_runtime::generic::era::Era",
    "sp_runtime::generic::unchecked_extrinsic::UncheckedExtrinsic",
    "sp_runtime::generic::digest::Digest",
    "sp_runtime::generic::digest::DigestItem",
    "sp_runtime::DispatchError",
    "sp_runtime::ModuleError",
    "sp_runtime::TokenError",
    "sp_weights::weight_v2::Weight",
    "frame_system::AccountInfo",
    "frame_system::EventRecord",
    "frame_system::Phase",
    "frame_support::dispatch::DispatchInfo",
    "frame_support::dispatch::DispatchClass",
    "frame_support::dispatch::Pays",
    "pallet_balances::types::AccountData",
    "primitive_types::H256",
    "soberana_runtime::RuntimeCall",
    "soberana_runtime::RuntimeEvent",
    "soberana_runtime::RuntimeError",
    "frame_system::pallet::Call",
    "pallet_balances::pallet::Call",
    "pallet_balances::pallet::Event",
    "pallet_balances::pallet::Error",
    "pallet_timestamp::pallet::Call",
)


@pytest.mark.parametrize("path", PATHS)
def test_a_type_has_the_path_of_substrate(path: str) -> None:
    get_type(path)


def get_variants(path: str) -> list[tuple[int, str]]:
    kind, detail = get_type(path)["def"]
    assert kind == "variant"
    return [(each["index"], each["name"]) for each in detail]


def test_enums_have_the_variants_of_substrate() -> None:
    assert get_variants("sp_runtime::multiaddress::MultiAddress") == list(
        enumerate(("Id", "Index", "Raw", "Address32", "Address20"))
    )
    assert get_variants("sp_runtime::MultiSignature") == list(
        enumerate(("Ed25519", "Sr25519", "Ecdsa"))
    )
    mortal = [(index, f"Mortal{index}") for index in range(1, 256)]
    assert get_variants("sp_runtime::generic::era::Era") == [(0, "Immortal"), *mortal]
    assert get_variants("sp_runtime::generic::digest::DigestItem") == [
        (0, "Other"),
        (4, "Consensus"),
        (5, "Seal"),
        (6, "PreRuntime"),
        (8, "RuntimeEnvironmentUpdated"),
    ]
    assert get_variants("frame_system::Phase") == list(
        enumerate(("ApplyExtrinsic", "Finalization", "Initialization"))
    )
    names = (
        *("Other", "CannotLookup", "BadOrigin", "Module", "ConsumerRemaining", "NoProviders"),
        *("TooManyConsumers", "Token", "Arithmetic", "Transactional", "Exhausted", "Corruption"),
        *("Unavailable", "RootNotAllowed"),
    )
    assert get_variants("sp_runtime::DispatchError") == list(enumerate(names))


def test_options_and_results_are_known_by_path() -> None:
    options = [each for each in TYPES if each["path"] == ["Option"]]
    assert options
    for each in options:
        assert [variant["name"] for variant in each["def"][1]] == ["None", "Some"]
        assert [name for name, _ in each["params"]] == ["T"]
    results = [each for each in BY_VERSION[15]["types"] if each["path"] == ["Result"]]
    assert len(results) == 2
    for each in results:
        assert [variant["name"] for variant in each["def"][1]] == ["Ok", "Err"]


# --- extrinsics and pallets


def test_the_extrinsic_names_its_parts() -> None:
    whole = BY_VERSION[14]
    extrinsic = whole["extrinsic"]
    assert extrinsic["version"] == 4
    described = TYPES[extrinsic["type"]]
    params = dict(described["params"])
    assert list(params) == ["Address", "Call", "Signature", "Extra"]
    assert TYPES[params["Address"]]["path"][-1] == "MultiAddress"
    assert TYPES[params["Call"]]["path"][-1] == "RuntimeCall"
    for version in (15, 16):
        later = BY_VERSION[version]
        parts = {name: later["extrinsic"][name] for name in ("address", "call", "signature")}
        paths = {name: later["types"][number]["path"][-1] for name, number in parts.items()}
        assert paths == {
            "address": "MultiAddress",
            "call": "RuntimeCall",
            "signature": "MultiSignature",
        }
    assert BY_VERSION[15]["extrinsic"]["version"] == 4
    assert BY_VERSION[16]["extrinsic"]["versions"] == [4]
    assert BY_VERSION[16]["extrinsic"]["by_version"] == [(0, list(range(8)))]


@pytest.mark.parametrize("version", METADATA_VERSIONS)
def test_extensions_hold_what_is_signed(version: int) -> None:
    whole = BY_VERSION[version]
    extensions = whole["extrinsic"]["extensions"]
    assert tuple(each["name"] for each in extensions) == EXTENSIONS
    data = {
        "CheckMortality": bytes.fromhex("a502"),
        "CheckNonce": b"\x0c",
        "ChargeTransactionPayment": b"\x04",
    }
    additional = {
        "CheckSpecVersion": bytes(4),
        "CheckTxVersion": bytes(4),
        "CheckGenesis": bytes(32),
        "CheckMortality": bytes(32),
    }
    for each in extensions:
        read_value(whole["types"], each["type"], data.get(each["name"], b""))
        read_value(whole["types"], each["additional"], additional.get(each["name"], b""))


@pytest.mark.parametrize("kind", ["Call", "Event", "Error"])
def test_outer_enums_have_a_variant_a_pallet(kind: str) -> None:
    for version in METADATA_VERSIONS:
        whole = BY_VERSION[version]
        key = {"Call": "calls", "Event": "event", "Error": "error"}[kind]
        outer = next(e for e in whole["types"] if e["path"][-1:] == [f"Runtime{kind}"])
        expected = {
            (each["index"], each["name"], each[key])
            for each in whole["pallets"]
            if each[key] is not None
        }
        found = {
            (each["index"], each["name"], each["fields"][0]["type"]) for each in outer["def"][1]
        }
        assert found == expected
        if version > 14:
            assert whole["outer"][kind.lower()] == outer["id"]


def test_all_versions_describe_one_runtime() -> None:
    shared = ("name", "index")
    kept = [
        [{key: pallet[key] for key in shared} for pallet in BY_VERSION[version]["pallets"]]
        for version in METADATA_VERSIONS
    ]
    assert kept[0] == kept[1] == kept[2]
    assert find_pallet("Market", 15)["docs"]
    assert find_pallet("Market", 15) == find_pallet("Market", 16)


def test_calls_carry_their_documentation() -> None:
    for pallet in BY_VERSION[14]["pallets"]:
        if pallet["calls"] is not None:
            for variant in TYPES[pallet["calls"]]["def"][1]:
                assert any("Origin:" in line for line in variant["docs"]), variant["name"]
                assert all(field["name"] for field in variant["fields"])
                assert all(field["type_name"] for field in variant["fields"])


def test_the_state_is_as_described() -> None:
    """A client finds what the runtime stored, with nothing but the metadata."""
    account = b"\1" * 32
    runtime = API.make_runtime(DictBackend({}))
    runtime.system.note_nonce(AccountId(account))
    runtime.system.block_hash[7] = runtime.system.block_hash[0]
    entries = {each["name"]: each for each in find_pallet("System")["storage"][1]}
    stored = {key: raw for key, raw in runtime.state.changes().items() if raw is not None}
    by_key = dict(stored)
    hashed = blake2_128_concat(account)
    (raw,) = [raw for key, raw in by_key.items() if key.endswith(hashed)]
    info = read_value(TYPES, entries["Account"]["value"], raw)
    assert info["nonce"] == 1
    assert info["data"]["flags"] == [1 << 127]
    assert any(key.endswith(twox_64_concat(b"\7\0\0\0")) for key in by_key)


def test_the_api_keeps_what_it_built() -> None:
    api: RuntimeApi = API
    assert api.get_metadata(14) is api.get_metadata(14)


def test_a_name_that_python_owns() -> None:
    class Mover(Pallet):
        """Moves."""

        @call(index=0, weight=Weight())
        def move(self, origin: Origin, from_: U8, to: U8) -> None:
            """Move."""

    node = make_calls_node(Mover(Overlay(DictBackend({})), index=0))
    assert isinstance(node, Variant)
    assert [each.name for each in node.variants[0].fields] == ["from", "to"]


def test_a_pallet_without_source_has_no_attribute_docs() -> None:
    made = type("Made", (Pallet,), {"__module__": __name__, "__doc__": "Made at run time."})
    assert get_attribute_docs(made) == {}
    system: type = System
    assert get_attribute_docs(system)["account"]

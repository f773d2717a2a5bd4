"""Codecs and metadata say the same: what is written by the one is read by the other.

The bytes are made from the metadata alone, by an encoder of the tests' own.
"""

import re
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from genesis.build import make_api
from genesis.spec import load_preset
from runtime.codec import Codec, compile_codec
from runtime.errors import CodecError
from runtime.extensions import decode_extra, encode_extra
from runtime.frame.storage import StorageSpec
from runtime.host import ReferenceHost
from runtime.state.backend import DictBackend
from tests.helpers.metadata_reader import read_metadata
from tests.helpers.metadata_strategies import Encodings

API = make_api(load_preset("dev"), ReferenceHost())
RUNTIME = API.make_runtime(DictBackend({}))
WHOLE = read_metadata(API.get_metadata(15))
ENCODINGS = Encodings(WHOLE["types"], [b"\1" * 32])
BOUND = re.compile("at most|nested deeper")
"""What metadata does not say: how long a sequence may be, and how deep calls may nest."""


def ensure_read(codec: Codec[Any], raw: bytes) -> None:
    refusal = ""
    try:
        value = codec.decode(raw)
    except CodecError as error:
        refusal = str(error)
    if refusal:
        assert BOUND.search(refusal), f"{codec.type_name}: {refusal}: {raw.hex()}"
    else:
        assert codec.encode(value) == raw


@given(ENCODINGS.of(WHOLE["outer"]["call"]))
def test_calls(raw: bytes) -> None:
    ensure_read(API.calls, raw)


def find_storage() -> list[tuple[str, dict[str, Any]]]:
    return [
        (pallet["name"], entry)
        for pallet in WHOLE["pallets"]
        for entry in (pallet["storage"] or ("", []))[1]
    ]


STORAGE = find_storage()


@given(st.data())
def test_stored_values_and_their_keys(data: st.DataObject) -> None:
    pallet, entry = data.draw(st.sampled_from(STORAGE))
    spec = find_spec(pallet, entry["name"])
    raw = data.draw(ENCODINGS.of(entry["value"]))
    is_events = (pallet, entry["name"]) == ("System", "Events")
    ensure_read(API.events if is_events else spec.value, raw)
    assert [hasher.index for hasher in spec.hashers] == entry.get("hashers", [])
    for codec, number in zip(spec.keys, get_key_types(entry), strict=True):
        ensure_read(codec, data.draw(ENCODINGS.of(number)))


def find_spec(pallet: str, name: str) -> StorageSpec:
    (spec,) = [
        item
        for each in RUNTIME.pallets
        if each.spec.name == pallet
        for item in each.spec.storage
        if item.name == name
    ]
    return spec


def get_key_types(entry: dict[str, Any]) -> list[int]:
    """The types of a map's keys; several of them are a tuple."""
    if "key" not in entry:
        return []
    if len(entry["hashers"]) == 1:
        return [entry["key"]]
    kind, detail = WHOLE["types"][entry["key"]]["def"]
    assert kind == "tuple"
    return list(detail)


@given(ENCODINGS.of(WHOLE["extrinsic"]["extra"]))
def test_signed_extensions(raw: bytes) -> None:
    refusal = ""
    try:
        extra, end = decode_extra(raw, 0)
    except CodecError as error:
        refusal = str(error)
    if refusal:
        assert refusal.startswith("Era: period"), refusal  # Mortal1 to Mortal255 hold non-eras
    else:
        assert (end, encode_extra(extra)) == (len(raw), raw)


APIS = [(api, method) for api in WHOLE["apis"] for method in api["methods"]]


@given(st.data())
def test_answers_of_runtime_apis(data: st.DataObject) -> None:
    api, method = data.draw(st.sampled_from(APIS))
    (declared,) = [
        each
        for one in API.apis
        if one.name == api["name"]
        for each in one.methods
        if each.name == method["name"]
    ]
    ensure_read(compile_codec(declared.output, {}), data.draw(ENCODINGS.of(method["output"])))
    assert [name for name, _ in method["inputs"]] == [name for name, _ in declared.inputs]

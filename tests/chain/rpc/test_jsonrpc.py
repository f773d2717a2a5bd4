"""JSON-RPC messages: what is a call, what is refused and how, and exact echoes of ids."""

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from chain.rpc.jsonrpc import (
    Call,
    Malformed,
    RpcError,
    encode_error,
    encode_notification,
    encode_result,
    is_too_deep,
    parse_message,
    to_hex,
)
from chain.rpc.limits import RpcLimits
from runtime.primitives import Hash

LIMITS = RpcLimits()


def parse_call(text: str | bytes) -> Call:
    message = parse_message(text.encode() if isinstance(text, str) else text, LIMITS)
    assert isinstance(message, Call), message
    return message


def parse_refused(text: str | bytes, limits: RpcLimits = LIMITS) -> tuple[bytes, int]:
    message = parse_message(text.encode() if isinstance(text, str) else text, limits)
    assert isinstance(message, Malformed), message
    return message.id, message.error.code


@pytest.mark.parametrize(
    "spelt",
    [
        "1",
        "0",
        "-7",
        '"KP87"',
        '""',
        "null",
        "1.50",
        "1e3",
        "123456789012345678901234567890",
        '"\\u00e9 "',
    ],
)
def test_ids_are_echoed_as_they_were_spelt(spelt: str) -> None:
    call = parse_call(f'{{"jsonrpc":"2.0", "id" : {spelt} ,"method":"m"}}')
    assert call.id == spelt.encode()
    assert f'"id":{spelt},'.encode() in encode_result(spelt.encode(), 1)
    assert json.loads(encode_error(spelt.encode(), RpcError(1, "x")))["id"] == json.loads(spelt)


@pytest.mark.parametrize(
    "spelt,params",
    [
        ("", None),
        (',"params":null', None),
        (',"params":[]', []),
        (',"params":[1,null,"x"]', [1, None, "x"]),
        (',"params":{"a":[2]}', {"a": [2]}),
    ],
)
def test_params_are_absent_null_a_list_or_an_object(spelt: str, params: Any) -> None:
    call = parse_call(f'{{"jsonrpc":"2.0","id":1,"method":"m"{spelt}}}')
    assert (call.method, call.params) == ("m", params)


def test_without_an_id_it_is_a_notification() -> None:
    assert parse_call('{"jsonrpc":"2.0","method":"m","extra":[{}]}').id is None


@pytest.mark.parametrize(
    "text,refused",
    [
        ("", (b"null", -32700)),
        ("{", (b"null", -32700)),
        ("nonsense", (b"null", -32700)),
        ('{"jsonrpc":"2.0","id":1,"method":"m"} {}', (b"null", -32700)),
        ('{"id":"\\ud800","jsonrpc":"2.0","method":"m"}', (b"null", -32700)),
        (b'{"id":"\xff","jsonrpc":"2.0","method":"m"}', (b"null", -32600)),
        (b'{"id":1,"jsonrpc":"2.0","method":"\xff"}', (b"null", -32700)),
        ("1", (b"null", -32600)),
        ('"x"', (b"null", -32600)),
        ("null", (b"null", -32600)),
        ("[]", (b"null", -32600)),
        ("{}", (b"null", -32600)),
        ('{"id":5,"method":"m"}', (b"5", -32600)),
        ('{"id":5,"method":"m","jsonrpc":"1.0"}', (b"5", -32600)),
        ('{"id":"a","jsonrpc":"2.0"}', (b'"a"', -32600)),
        ('{"id":"a","jsonrpc":"2.0","method":5}', (b'"a"', -32600)),
        ('{"id":"a","jsonrpc":"2.0","method":null}', (b'"a"', -32600)),
        ('{"id":7,"jsonrpc":"2.0","method":"m","params":"x"}', (b"7", -32600)),
        ('{"id":[1],"jsonrpc":"2.0","method":"m"}', (b"null", -32600)),
        ('{"id":{},"jsonrpc":"2.0","method":"m"}', (b"null", -32600)),
        ('{"id":true,"jsonrpc":"2.0","method":"m"}', (b"null", -32600)),
    ],
)
def test_what_is_no_call(text: str | bytes, refused: tuple[bytes, int]) -> None:
    assert parse_refused(text) == refused


def test_a_batch_is_parsed_call_by_call() -> None:
    batch = parse_message(
        b' [{"jsonrpc":"2.0","id":1,"method":"a"}, 5, {"jsonrpc":"2.0","method":"b"}]', LIMITS
    )
    assert isinstance(batch, list)
    first, second, third = batch
    assert first == Call(b"1", "a", None)
    assert isinstance(second, Malformed)
    assert second.error.code == -32600
    assert third == Call(None, "b", None)


def test_limits_of_size_batch_and_depth() -> None:
    one = '{"jsonrpc":"2.0","id":1,"method":"m"}'
    few = replace(LIMITS, batch_calls_max=2, request_bytes_max=200)
    assert isinstance(parse_message(f"[{one},{one}]".encode(), few), list)
    assert parse_refused(f"[{one},{one},{one}]", few) == (b"null", -32010)
    assert parse_refused(one + " " * 200, few) == (b"null", -32007)
    # The call is one level, its parameters another.
    deep = '{{"jsonrpc":"2.0","id":1,"method":"m","params":{}}}'.format
    assert parse_call(deep("[" * 31 + "]" * 31)).params is not None
    assert parse_refused(deep("[" * 32 + "]" * 32)) == (b"null", -32700)
    assert parse_refused("[" * 1_000_000) == (b"null", -32700)
    assert parse_refused('{"a":' * 150_000) == (b"null", -32700)


def test_many_brackets_side_by_side_or_in_strings_are_not_deep() -> None:
    assert not is_too_deep(b"[" + b"[]," * 1_000 + b"1]", 32)
    assert not is_too_deep(b'["' + b"[{" * 1_000 + b'"]', 32)
    assert not is_too_deep(b'["\\"' + b"[{" * 1_000 + b'"]', 32)
    assert is_too_deep(b'["\\\\"' + b"[" * 40, 32)


@pytest.mark.parametrize("start", [b"", b'"', b'"\\'])
@pytest.mark.parametrize("piece", [b'"', b'\\"', b'"\\', b"\\", b'"a', b"a\\"])
def test_looking_for_depth_takes_time_in_proportion(start: bytes, piece: bytes) -> None:
    # Quadratic, this would take minutes.
    is_too_deep(b"[" * 10 + start + piece * 200_000 + b"{" * 30, 32)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=40,
)


def depth_of(value: Any) -> int:
    if isinstance(value, list):
        return 1 + max(map(depth_of, value), default=0)
    if isinstance(value, dict):
        return 1 + max(map(depth_of, value.values()), default=0)
    return 0


@given(JSON, st.integers(0, 6), st.booleans())
@example([[[]]], 2, True)
def test_depth_is_what_it_is(value: Any, depth_max: int, ascii_only: bool) -> None:
    data = json.dumps(value, ensure_ascii=ascii_only).encode(errors="replace")
    assert is_too_deep(data, depth_max) == (depth_of(value) > depth_max)


@given(
    st.binary(max_size=200) | st.text(max_size=200).map(lambda text: text.encode(errors="replace"))
)
def test_no_bytes_make_parsing_raise(data: bytes) -> None:
    parse_message(data, LIMITS)


@given(JSON, st.lists(st.integers(0, 300), max_size=3), st.binary(max_size=3))
def test_no_damaged_call_makes_parsing_raise(value: Any, places: list[int], junk: bytes) -> None:
    data = bytearray(
        json.dumps({"jsonrpc": "2.0", "id": 1, "method": "m", "params": value}).encode()
    )
    for place in places:
        data[place % len(data) : place % len(data)] = junk
    message = parse_message(bytes(data), LIMITS)
    if not places:
        assert isinstance(message, Call | Malformed)
    for each in message if isinstance(message, list) else [message]:
        if isinstance(each, Malformed):
            json.loads(encode_error(each.id, each.error))
        elif each.id is not None:
            json.loads(encode_result(each.id, None))


def test_answers() -> None:
    assert encode_result(b"1", {"a": None}) == b'{"jsonrpc":"2.0","id":1,"result":{"a":null}}'
    assert json.loads(encode_error(b"1", RpcError(5, "m"))) == {
        "jsonrpc": "2.0",
        "id": 1,
        "error": {"code": 5, "message": "m"},
    }
    assert json.loads(encode_error(b"1", RpcError(5, "m", {"x": 1})))["error"]["data"] == {"x": 1}
    assert json.loads(encode_notification("chain_newHead", "7", [1])) == {
        "jsonrpc": "2.0",
        "method": "chain_newHead",
        "params": {"subscription": "7", "result": [1]},
    }


def test_named_bytes_are_hex_and_other_objects_no_json() -> None:
    assert to_hex(b"\x00\xab") == "0x00ab"
    assert json.loads(encode_result(b"1", [Hash.zero()]))["result"] == ["0x" + "00" * 32]
    with pytest.raises(TypeError, match="expected a JSON value, got object"):
        encode_result(b"1", object())

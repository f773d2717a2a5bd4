"""Parameters: what JSON each annotation takes, and what is said about the rest."""

from typing import Annotated, Any, Literal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chain.rpc.jsonrpc import RpcError
from chain.rpc.parameters import (
    Number32,
    Number64,
    Parameters,
    Unexpected,
    camel_case,
    compile_parameters,
    converter_of,
)
from runtime.primitives import AccountId, BlockNumber, Hash

H = "ab" * 32


class Item(msgspec.Struct, frozen=True, rename="camel"):
    key: str
    pagination_start_key: str | None = None


TAKEN: list[tuple[Any, Any, Any]] = [
    (bool, True, True),
    (int, 5, 5),
    (int, "0x5", 5),
    (int, "0xFf", 255),
    (int, 2**70, 2**70),
    (BlockNumber, "0x10", 16),
    (Annotated[int, "anything"], 1, 1),
    (Number32, 0, 0),
    (Number32, 2**32 - 1, 2**32 - 1),
    (Number64 | None, "0xffffffffffffffff", 2**64 - 1),
    (str, "", ""),
    (bytes, "0x0aFF", b"\x0a\xff"),
    (bytes, "0aFF", b"\x0a\xff"),
    (bytes, "", b""),
    (bytes, "0x", b""),
    (Hash, "0x" + H, Hash(b"\xab" * 32)),
    (AccountId, H, AccountId(b"\xab" * 32)),
    (object, {"a": [1]}, {"a": [1]}),
    (object, None, None),
    (list[bytes], ["0x01", "02"], [b"\x01", b"\x02"]),
    (list[list[int]], [[1], ["0x2"]], [[1], [2]]),
    (tuple[int, ...], [1, "0x2"], (1, 2)),
    (dict[str, int], {"a": "0x1"}, {"a": 1}),
    (int | str | list[int | str] | None, [1, "0x2", "x"], [1, 2, "x"]),
    (int | None, None, None),
    (Literal["a", "b"], "b", "b"),
    (Item, {"key": "x"}, Item("x")),
    (list[Item], [{"key": "x", "paginationStartKey": "y"}], [Item("x", "y")]),
]


@pytest.mark.parametrize("annotation,value,expected", TAKEN)
def test_what_is_taken(annotation: Any, value: Any, expected: Any) -> None:
    converted = converter_of(annotation)(value)
    assert converted == expected
    assert type(converted) is type(expected)


REFUSED: list[tuple[Any, Any, str]] = [
    (bool, 1, "expected true or false, got 1"),
    (int, True, "expected a whole number or 0x… in hex, got True"),
    (int, 5.0, "got 5.0"),
    (int, "5", "got '5'"),
    (int, "0x", "got '0x'"),
    (int, "0x_5", "got '0x_5'"),
    (int, "0x-5", "got '0x-5'"),
    (int, "-0x5", "got '-0x5'"),
    (int, "0x" + "f" * 65, "got '0xfff"),
    (int, None, "got None"),
    (Number32, -1, "expected a whole number from 0 to 4294967295, got -1"),
    (Number32, 2**32, "expected a whole number from 0 to 4294967295, got 4294967296"),
    (Number64, "0x10000000000000000", "expected a whole number from 0 to 18446744073709551615"),
    (Number64, 1.0, "expected a whole number"),
    (str, 5, "expected a string, got 5"),
    (bytes, "0xabc", "expected bytes in hex, got '0xabc'"),
    (bytes, "0x0 0", "expected bytes in hex"),
    (bytes, "0x 00", "expected bytes in hex"),
    (bytes, "00\n", "expected bytes in hex"),
    (bytes, "0\n0", "expected bytes in hex"),
    (bytes, "zz", "expected bytes in hex"),
    (bytes, "0x0x", "expected bytes in hex"),
    (bytes, [1], "expected bytes in hex"),
    (Hash, "0x" + H[2:], "expected 32 bytes in hex"),
    (Hash, "", "expected 32 bytes in hex, got ''"),
    (Hash, 5, "expected 32 bytes in hex, got 5"),
    (list[int], {"a": 1}, "expected a list"),
    (list[int], [1, "x"], "expected a whole number or 0x… in hex, got 'x'"),
    (dict[str, int], [1], "expected an object, got [1]"),
    (int | bytes | None, "x", "expected a whole number or 0x… in hex or bytes in hex or null, got"),
    (Literal["a", "b"], "c", "expected one of a, b, got 'c'"),
    (Literal[1], True, "expected one of 1, got True"),
    (Item, {"kee": "x"}, "expected an object with key, paginationStartKey"),
    (Item, {"key": 5}, "Expected `str`, got `int` - at `$.key`"),
]


@pytest.mark.parametrize("annotation,value,why", REFUSED)
def test_what_is_refused_and_why(annotation: Any, value: Any, why: str) -> None:
    with pytest.raises(Unexpected) as caught:
        converter_of(annotation)(value)
    assert why in str(caught.value)


@pytest.mark.parametrize("annotation", [float, set[int], dict[int, int], tuple[int, str], object()])
def test_annotations_that_are_not_understood(annotation: Any) -> None:
    with pytest.raises(TypeError, match="expected"):
        converter_of(annotation)


def test_a_long_value_is_cut_in_the_error() -> None:
    with pytest.raises(Unexpected) as caught:
        converter_of(bytes)("x" * 100_000)
    assert len(str(caught.value)) < 120


@given(st.text())
def test_hex_is_exactly_hex(text: str) -> None:
    digits = text.removeprefix("0x").removeprefix("0X") if text[:2] in ("0x", "0X") else text
    is_hex = len(digits) % 2 == 0 and all(each in "0123456789abcdefABCDEF" for each in digits)
    try:
        assert converter_of(bytes)(text) == bytes.fromhex(digits)
        assert is_hex
    except Unexpected:
        assert not is_hex


class Example:
    def read(self, key: bytes, at: Hash | None = None, count: int = 10) -> None: ...

    def inject(self, other: Hash, value: int) -> None: ...

    def nothing(self) -> None: ...


READ = compile_parameters(Example().read, ())


@pytest.mark.parametrize(
    "params,expected",
    [
        (["0x01"], [b"\x01", None, 10]),
        (["0x01", None], [b"\x01", None, 10]),
        (["0x01", None, None], [b"\x01", None, 10]),
        (["0x01", H, "0x2"], [b"\x01", Hash(b"\xab" * 32), 2]),
        ({"key": ""}, [b"", None, 10]),
        ({"count": 3, "key": ""}, [b"", None, 3]),
        ({"key": "", "at": None}, [b"", None, 10]),
    ],
)
def test_missing_and_null_are_the_default(params: Any, expected: list[Any]) -> None:
    assert READ.bind(params) == expected


@pytest.mark.parametrize(
    "params,why",
    [
        (None, "expected key and 1 parameters at least, got 0"),
        ([], "expected key and 1 parameters at least, got 0"),
        ([None], "key: expected bytes in hex, got None"),
        (["", None, 1, None], "expected at most 3 parameters, got 4"),
        (["", "0x00"], "at: expected 32 bytes in hex or null, got '0x00'"),
        ({"at": None}, "key: expected bytes in hex, got None"),
        ({}, "expected key and 1 parameters at least, got 0"),
        ({"key": "", "extra": 1}, "expected one of key, at, count, got 'extra'"),
    ],
)
def test_wrong_parameters_say_what_was_expected_and_got(params: Any, why: str) -> None:
    with pytest.raises(RpcError) as caught:
        READ.bind(params)
    assert (caught.value.code, caught.value.message) == (-32602, "Invalid params")
    assert caught.value.data == why


def test_no_parameters_at_all() -> None:
    nothing = compile_parameters(Example().nothing, ())
    assert nothing == Parameters((), ())
    none: list[Any] = [None, [], {}]
    assert [nothing.bind(params) for params in none] == [[], [], []]
    some: list[Any] = [[None], {"x": 1}]
    for params in some:
        with pytest.raises(RpcError):
            nothing.bind(params)


def test_what_the_server_fills_in_comes_first_and_is_not_the_clients() -> None:
    inject = compile_parameters(Example().inject, (Hash,))
    assert inject.injected == (Hash,)
    assert inject.bind([5]) == [5]


def test_names_are_spelt_in_camel_case() -> None:
    assert [camel_case(name) for name in ("key", "follow_subscription", "hash_", "at_2")] == [
        "key",
        "followSubscription",
        "hash",
        "at2",
    ]

"""Encodings of any type that metadata describes, made from the description alone."""

from typing import Any

from hypothesis import strategies as st

from tests.helpers.codec_strategies import write_compact

Types = list[dict[str, Any]]


class Encodings:
    """Strategies of bytes by type; `accounts` are used for half of the accounts."""

    def __init__(self, types: Types, accounts: list[bytes]) -> None:
        self._types = types
        self._account = st.sampled_from(accounts) | st.binary(min_size=32, max_size=32)

    def of(self, number: int, depth: int = 4) -> st.SearchStrategy[bytes]:
        """Encodings of one type; deeper than `depth` its parts are the first variant, or empty."""
        described = self._types[number]
        kind, detail = described["def"]
        if described["path"][-1:] == ["AccountId32"]:
            return self._account
        match kind:
            case "primitive":
                return self._primitive(detail)
            case "compact":
                return self._integers(self._types[detail]["def"][1]).map(write_compact)
            case "sequence":
                return self._sequence(detail, depth)
            case "array":
                return self._array(detail[0], detail[1], depth)
            case "tuple":
                return self._all(detail, depth)
            case "composite":
                return self._all([field["type"] for field in detail], depth)
            case _:
                return self._variant(detail, depth)

    def _all(self, numbers: list[int], depth: int) -> st.SearchStrategy[bytes]:
        return st.tuples(*(self.of(number, depth) for number in numbers)).map(b"".join)

    def _variant(self, variants: list[dict[str, Any]], depth: int) -> st.SearchStrategy[bytes]:
        """One variant, drawn before its fields are looked at: types may contain themselves."""
        kept = variants if depth > 0 else variants[:1]

        def draw_fields(variant: dict[str, Any]) -> st.SearchStrategy[bytes]:
            head = bytes([variant["index"]])
            fields = [field["type"] for field in variant["fields"]]
            return self._all(fields, depth - 1).map(lambda tail: head + tail)

        return st.sampled_from(kept).flatmap(draw_fields)

    def _sequence(self, item: int, depth: int) -> st.SearchStrategy[bytes]:
        if self._types[item]["def"] == ("primitive", "u8"):
            return st.binary(max_size=12).map(_prefix)
        if depth <= 0 or self._is_empty(item):
            return st.just(b"\0")
        return st.integers(0, 3).flatmap(
            lambda count: self._all([item] * count, depth - 1).map(
                lambda items: write_compact(count) + items
            )
        )

    def _is_empty(self, number: int) -> bool:
        """Whether the type has no value: an enum without variants, or a struct with one inside."""
        kind, detail = self._types[number]["def"]
        if kind == "variant":
            return not detail
        return kind == "composite" and any(self._is_empty(field["type"]) for field in detail)

    def _array(self, length: int, item: int, depth: int) -> st.SearchStrategy[bytes]:
        if self._types[item]["def"] == ("primitive", "u8"):
            return st.binary(min_size=length, max_size=length) | st.just(bytes(length))
        return self._all([item] * length, depth)

    def _primitive(self, name: str) -> st.SearchStrategy[bytes]:
        if name == "bool":
            return st.sampled_from([b"\0", b"\1"])
        if name == "str":
            return st.text(max_size=5).map(lambda text: _prefix(text.encode()))
        size = int(name[1:]) // 8
        return self._integers(name).map(lambda value: value.to_bytes(size, "little"))

    def _integers(self, name: str) -> st.SearchStrategy[int]:
        """Unsigned; for signed types the same bytes."""
        most = (1 << int(name[1:])) - 1
        return st.integers(0, 3) | st.sampled_from([0, 1, most]) | st.integers(0, most)


def _prefix(data: bytes) -> bytes:
    return write_compact(len(data)) + data

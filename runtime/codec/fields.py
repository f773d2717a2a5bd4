"""Fields in a row, as structs and variants have them: one generated function for all of them.

It takes for granted that every value is in its type and every byte there, and leaves what is not
to a plain function, which goes from field to field and says what is wrong.
"""

from collections.abc import Callable, Iterator
from itertools import groupby
from struct import Struct
from struct import error as StructError  # noqa: N812 - it has no other name
from typing import Any

from runtime.codec.codec import AnyCodec, Fields, Inline, New, Row, truncated
from runtime.codec.scalar import encode_compact
from runtime.codec.typeinfo import Primitive
from runtime.errors import CodecError

_PACKED = {1: "b", 2: "h", 4: "i", 8: "q"}
"""How `struct` names integers by size; it takes several in a row at once."""


def _get_integer(codec: AnyCodec) -> tuple[int, bool] | None:
    """Size and signedness of a plain fixed-width integer codec."""
    node = codec.node
    if codec.fixed_size is None or not isinstance(node, Primitive) or node.name[0] not in "ui":
        return None
    return codec.fixed_size, node.name[0] == "i"


def encode_plainly(fields: Fields, name: str, value: Any) -> bytes:
    """The fields of a value one by one."""
    parts: list[bytes] = []
    for field, codec in fields:
        part, integer = getattr(value, field), _get_integer(codec)
        if integer is None:
            parts.append(codec.encode(part))
            continue
        try:
            parts.append(part.to_bytes(integer[0], "little", signed=integer[1]))
        except OverflowError as error:
            raise CodecError(f"{name}: a field of {value!r} is out of range: {error}") from None
    return b"".join(parts)


def decode_plainly(
    fields: Fields, name: str, new: New, data: bytes, offset: int
) -> tuple[Any, int]:
    """The fields at an offset one by one; integers in a row are there together."""
    values: list[Any] = []
    for position, (_, codec) in enumerate(fields):
        expected = _get_row_size(fields[position:])
        if offset + expected > len(data):
            raise truncated(name, data, offset, expected)
        value, offset = codec.decode_from(data, offset)
        values.append(value)
    return new(*values), offset


def _get_row_size(fields: Fields) -> int:
    """The bytes of the integers with which the fields begin."""
    size = 0
    for _, codec in fields:
        integer = _get_integer(codec)
        if integer is None:
            break
        size += integer[0]
    return size


def _get_packed(codec: AnyCodec) -> str:
    """The letter by which `struct` knows the codec's integers; empty where it does not."""
    integer = _get_integer(codec)
    if integer is None:
        return ""
    letter = _PACKED.get(integer[0], "")
    return letter if integer[1] else letter.upper()


_Leaf = tuple[str, AnyCodec]
"""A field without fields of its own, and what its value is called in generated code."""


def _group(leaves: list[_Leaf]) -> Iterator[tuple[str, list[_Leaf]]]:
    """The leaves in order: those that `struct` takes at once, with its format, and others alone."""
    for is_packed, together in groupby(leaves, lambda leaf: _get_packed(leaf[1]) != ""):
        group = list(together)
        if is_packed and len(group) > 1:
            yield "<" + "".join(_get_packed(codec) for _, codec in group), group
        else:
            yield from (("", [leaf]) for leaf in group)


def _fill(template: str, name: str, inline: Inline, scope: dict[str, Any], **places: str) -> str:
    """A template for the value of this name; what it knows gets names of its own."""
    known = {key: f"{name}{key}" for key, _ in inline.known}
    scope.update((known[key], what) for key, what in inline.known)
    return template.format(v=name, **known, **places)


def _generate_encode(row: Row, scope: dict[str, Any]) -> str:
    lines: list[str] = []

    def flatten(fields: Fields, value: str) -> Iterator[_Leaf]:
        for position, (field, codec) in enumerate(fields):
            name = f"{value}{position}_"
            lines.append(f"{name} = {value}.{field}")
            if isinstance(codec.inline, Row):
                yield from flatten(codec.inline.fields, name)
            else:
                yield name, codec

    parts, ensured = ["PREFIX"] if scope["PREFIX"] else [], list[str]()
    for letters, group in _group(list(flatten(row.fields, "value"))):
        name, codec = group[0]
        if letters:
            scope[f"pack_{name}"] = Struct(letters).pack
            parts.append(f"pack_{name}({', '.join(each for each, _ in group)})")
        elif isinstance(codec.inline, Inline):
            parts.append(_fill(codec.inline.write, name, codec.inline, scope))
            if codec.inline.ensure:
                ensured.append(_fill(codec.inline.ensure, name, codec.inline, scope))
        else:
            scope[f"encode_{name}"] = codec.encode
            parts.append(f"encode_{name}({name})")
    joined = " + ".join(parts) if len(parts) == 2 else f"join(({', '.join([*parts, ''])}))"
    lines += [f"if {' and '.join(ensured) or True}:", f"    return {joined}"]
    body = "\n        ".join(lines)
    return f"""
def encode(value):
    try:
        {body}
    except (OverflowError, LookupError, StructError):
        pass
    return PREFIX + encode_plainly(FIELDS, NAME, value)
"""


def _generate_decode(row: Row, scope: dict[str, Any]) -> str:
    leaves: list[_Leaf] = []

    def flatten(row: Row, value: str) -> str:
        scope[f"new_{value}"] = row.new
        made: list[str] = []
        for position, (_, codec) in enumerate(row.fields):
            name = f"{value}{position}_"
            if isinstance(codec.inline, Row):
                made.append(flatten(codec.inline, name))
            else:
                leaves.append((name, codec))
                made.append(name)
        return f"new_{value}({', '.join(made)})"

    lines, made = list[str](), flatten(row, "f")
    for is_fixed, together in groupby(leaves, lambda leaf: _is_readable(leaf[1])):
        if is_fixed:
            lines += _read_fixed(list(together), scope)
            continue
        for name, codec in together:
            scope[f"decode_{name}"] = codec.decode_from
            lines.append(f"{name}, at = decode_{name}(data, at)")
    body = "\n        ".join([*lines, f"return {made}, at"])
    return f"""
def decode_from(data, offset):
    at = offset
    try:
        {body}
    except LookupError:
        return decode_plainly(FIELDS, NAME, new_f, data, offset)
"""


def _is_readable(codec: AnyCodec) -> bool:
    return isinstance(codec.inline, Inline) and codec.inline.read != ""


def _read_fixed(leaves: list[_Leaf], scope: dict[str, Any]) -> list[str]:
    """Reads values of fixed sizes in a row, all of which are there."""
    lines: list[str] = []
    size = 0
    for letters, group in _group(leaves):
        name, codec = group[0]
        at = f"at + {size}" if size else "at"
        size += sum(codec.fixed_size or 0 for _, codec in group)
        if letters:
            scope[f"unpack_{name}"] = Struct(letters).unpack_from
            lines.append(f"{', '.join(each for each, _ in group)} = unpack_{name}(data, {at})")
        else:
            assert isinstance(codec.inline, Inline), "a readable codec has a template; qed"
            read = _fill(codec.inline.read, name, codec.inline, scope, at=at, end=f"at + {size}")
            lines.append(f"{name} = {read}")
    return [
        f"if at + {size} > len(data):",
        "    raise LookupError",
        *lines,
        f"at += {size}",
    ]


def compile_row(
    row: Row, name: str, prefix: bytes = b""
) -> tuple[Callable[[Any], bytes], Callable[[bytes, int], tuple[Any, int]]]:
    """Encodes behind a prefix, and decodes, all fields of a row."""
    scope: dict[str, Any] = {
        "FIELDS": row.fields,
        "NAME": name,
        "PREFIX": prefix,
        "StructError": StructError,
        "compact": encode_compact,
        "decode_plainly": decode_plainly,
        "encode_plainly": encode_plainly,
        "from_bytes": int.from_bytes,
        "join": b"".join,
    }
    source = _generate_encode(row, scope) + _generate_decode(row, scope)
    exec(compile(source, f"<codec of {name}>", "exec"), scope)
    return scope["encode"], scope["decode_from"]

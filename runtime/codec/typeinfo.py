"""What a codec says of its type: the nodes from which metadata's type registry is built.

Nodes are values: two codecs of the same type have equal nodes, so the registry lists it once.
"""

from typing import TypeAlias

from runtime.frozen import frozen


@frozen
class Primitive:
    """One of SCALE's primitive types, by its name in Rust."""

    name: str


@frozen
class Sequence:
    """`Vec<item>`."""

    item: "TypeNode"


@frozen
class ArrayNode:
    """`[item; length]`."""

    length: int
    item: "TypeNode"


@frozen
class TupleNode:
    """`(items…)`."""

    items: tuple["TypeNode", ...]


@frozen
class CompactNode:
    """`Compact<item>`."""

    item: "TypeNode"


@frozen
class Param:
    """A generic parameter of a type; `node` is None where it is not named in the metadata."""

    name: str
    node: "TypeNode | None"


@frozen
class Field:
    """A field of a struct or variant; tuple-like fields have no name."""

    name: str | None
    node: "TypeNode"
    type_name: str | None
    docs: tuple[str, ...] = ()


@frozen
class Composite:
    """A struct."""

    path: tuple[str, ...]
    fields: tuple[Field, ...]
    params: tuple[Param, ...] = ()
    docs: tuple[str, ...] = ()


@frozen
class VariantDef:
    """One variant of an enum."""

    name: str
    index: int
    fields: tuple[Field, ...] = ()
    docs: tuple[str, ...] = ()


@frozen
class Variant:
    """An enum."""

    path: tuple[str, ...]
    variants: tuple[VariantDef, ...]
    params: tuple[Param, ...] = ()
    docs: tuple[str, ...] = ()


@frozen
class Placeholder:
    """A type that only the composed runtime knows, such as `RuntimeCall`; resolved by metadata."""

    name: str


TypeNode: TypeAlias = (
    Primitive | Sequence | ArrayNode | TupleNode | CompactNode | Composite | Variant | Placeholder
)

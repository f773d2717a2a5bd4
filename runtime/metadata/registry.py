"""Numbers types in the order of their first use; equal types have one number."""

from collections.abc import Mapping

from runtime.codec.typeinfo import (
    ArrayNode,
    CompactNode,
    Composite,
    Field,
    Placeholder,
    Primitive,
    Sequence,
    TupleNode,
    TypeNode,
    Variant,
)
from runtime.metadata import shape


class TypeRegistry:
    """The portable type registry of one runtime."""

    def __init__(self, composed: Mapping[str, TypeNode]) -> None:
        self._composed = composed
        self._ids: dict[TypeNode, int] = {}
        self._types: list[shape.PortableType | None] = []

    def get_id(self, node: TypeNode) -> int:
        """The type's number; a new type and all it contains are added."""
        if isinstance(node, Placeholder):
            return self.get_id(self._composed[node.name])
        known = self._ids.get(node)
        if known is not None:
            return known
        number = len(self._types)
        self._ids[node] = number
        self._types.append(None)  # taken before the parts are numbered: types may be recursive
        self._types[number] = self._make_portable(number, node)
        return number

    def get_types(self) -> tuple[shape.PortableType, ...]:
        """Every type by its number."""
        return tuple(portable for portable in self._types if portable is not None)

    def _make_portable(self, number: int, node: TypeNode) -> shape.PortableType:
        path: tuple[str, ...] = ()
        docs: tuple[str, ...] = ()
        params: tuple[shape.WireParam, ...] = ()
        if isinstance(node, Composite | Variant):
            path, docs = node.path, node.docs
            params = tuple(
                shape.WireParam(p.name, None if p.node is None else self.get_id(p.node))
                for p in node.params
            )
        return shape.PortableType(number, path, params, self._make_definition(node), docs)

    def _make_definition(self, node: TypeNode) -> shape.TypeDef:
        match node:
            case Primitive(name):
                return shape.PrimitiveDef(shape.PRIMITIVES.index(name))
            case Sequence(item):
                return shape.SequenceDef(self.get_id(item))
            case ArrayNode(length, item):
                return shape.ArrayDef(length, self.get_id(item))
            case TupleNode(items):
                return shape.TupleDef(tuple(self.get_id(item) for item in items))
            case CompactNode(item):
                return shape.CompactDef(self.get_id(item))
            case Composite():
                return shape.CompositeDef(self._make_fields(node.fields))
            case Variant():
                return shape.VariantsDef(
                    tuple(
                        shape.WireVariant(v.name, self._make_fields(v.fields), v.index, v.docs)
                        for v in node.variants
                    ),
                )
            case Placeholder():
                raise AssertionError("get_id resolves placeholders; qed")

    def _make_fields(self, fields: tuple[Field, ...]) -> tuple[shape.WireField, ...]:
        return tuple(
            shape.WireField(f.name, self.get_id(f.node), f.type_name, f.docs) for f in fields
        )

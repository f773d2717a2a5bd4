"""The wire form of metadata: `frame_metadata` versions 14, 15 and 16 as SCALE types."""

from typing import Annotated, TypeAlias

from runtime.codec import U8, U32, Array, Compact, MaxLen, Name, Opaque, Text, variant
from runtime.frozen import frozen

ITEMS_MAX = 65_536
TypeId: TypeAlias = Compact[U32]
Docs: TypeAlias = Annotated[tuple[Text, ...], MaxLen(ITEMS_MAX)]
Texts: TypeAlias = Annotated[tuple[Text, ...], MaxLen(ITEMS_MAX)]
MAGIC = b"meta"


@frozen
class WireField:
    """A field of a composite or variant."""

    name: Text | None
    ty: TypeId
    type_name: Text | None
    docs: Docs


WireFields: TypeAlias = Annotated[tuple[WireField, ...], MaxLen(ITEMS_MAX)]


@frozen
class WireVariant:
    """A variant of an enum."""

    name: Text
    fields: WireFields
    index: U8
    docs: Docs


@variant(0)
@frozen
class CompositeDef:
    """A struct."""

    fields: WireFields


@variant(1)
@frozen
class VariantsDef:
    """An enum."""

    variants: Annotated[tuple[WireVariant, ...], MaxLen(256)]


@variant(2)
@frozen
class SequenceDef:
    """A Vec."""

    ty: TypeId


@variant(3)
@frozen
class ArrayDef:
    """A fixed-size array."""

    length: U32
    ty: TypeId


@variant(4)
@frozen
class TupleDef:
    """A tuple."""

    items: Annotated[tuple[TypeId, ...], MaxLen(ITEMS_MAX)]


@variant(5)
@frozen
class PrimitiveDef:
    """A primitive, by its position in `PRIMITIVES`."""

    kind: U8


@variant(6)
@frozen
class CompactDef:
    """A compact integer."""

    ty: TypeId


TypeDef: TypeAlias = Annotated[
    CompositeDef | VariantsDef | SequenceDef | ArrayDef | TupleDef | PrimitiveDef | CompactDef,
    Name("TypeDef"),
]

PRIMITIVES = (
    *("bool", "char", "str", "u8", "u16", "u32", "u64", "u128", "u256"),
    *("i8", "i16", "i32", "i64", "i128", "i256"),
)


@frozen
class WireParam:
    """A generic parameter."""

    name: Text
    ty: TypeId | None


@frozen
class PortableType:
    """One entry of the type registry; its id is its position."""

    id: TypeId
    path: Texts
    params: Annotated[tuple[WireParam, ...], MaxLen(ITEMS_MAX)]
    definition: TypeDef
    docs: Docs


PortableTypes: TypeAlias = Annotated[tuple[PortableType, ...], MaxLen(ITEMS_MAX)]


@variant(0)
@frozen
class PlainEntry:
    """A single value."""

    value: TypeId


@variant(1)
@frozen
class MapEntry:
    """A map."""

    hashers: Annotated[tuple[U8, ...], MaxLen(16)]
    key: TypeId
    value: TypeId


EntryType: TypeAlias = Annotated[PlainEntry | MapEntry, Name("EntryType")]


@frozen
class Entry:
    """A storage item."""

    name: Text
    modifier: U8
    entry: EntryType
    default: Opaque
    docs: Docs


@frozen
class Storage:
    """A pallet's storage."""

    prefix: Text
    entries: Annotated[tuple[Entry, ...], MaxLen(ITEMS_MAX)]


@frozen
class WireConstant:
    """A pallet's constant."""

    name: Text
    ty: TypeId
    value: Opaque
    docs: Docs


@frozen
class PalletV14:
    """A pallet."""

    name: Text
    storage: Storage | None
    calls: TypeId | None
    event: TypeId | None
    constants: Annotated[tuple[WireConstant, ...], MaxLen(ITEMS_MAX)]
    error: TypeId | None
    index: U8


@frozen
class PalletV15:
    """A pallet with its documentation."""

    pallet: PalletV14
    docs: Docs


@frozen
class Extension:
    """A transaction extension: its data in the extrinsic, and what is signed besides."""

    identifier: Text
    ty: TypeId
    additional: TypeId


Extensions: TypeAlias = Annotated[tuple[Extension, ...], MaxLen(256)]


@frozen
class ExtrinsicV14:
    """The extrinsic format."""

    ty: TypeId
    version: U8
    extensions: Extensions


@frozen
class ExtrinsicV15:
    """The extrinsic format by its parts."""

    version: U8
    address: TypeId
    call: TypeId
    signature: TypeId
    extra: TypeId
    extensions: Extensions


@frozen
class ApiInput:
    """An argument of a runtime API's method."""

    name: Text
    ty: TypeId


@frozen
class ApiMethodV15:
    """A method of a runtime API."""

    name: Text
    inputs: Annotated[tuple[ApiInput, ...], MaxLen(64)]
    output: TypeId
    docs: Docs


@frozen
class ApiV15:
    """A runtime API."""

    name: Text
    methods: Annotated[tuple[ApiMethodV15, ...], MaxLen(256)]
    docs: Docs


@frozen
class OuterEnums:
    """The runtime's own enums."""

    call: TypeId
    event: TypeId
    error: TypeId


NoCustom: TypeAlias = Annotated[tuple[tuple[Text, tuple[TypeId, Opaque]], ...], MaxLen(256)]


@frozen
class MetadataV14:
    """Version 14."""

    types: PortableTypes
    pallets: Annotated[tuple[PalletV14, ...], MaxLen(256)]
    extrinsic: ExtrinsicV14
    ty: TypeId


@frozen
class MetadataV15:
    """Version 15: adds documentation of pallets, runtime APIs and outer enums."""

    types: PortableTypes
    pallets: Annotated[tuple[PalletV15, ...], MaxLen(256)]
    extrinsic: ExtrinsicV15
    ty: TypeId
    apis: Annotated[tuple[ApiV15, ...], MaxLen(256)]
    outer_enums: OuterEnums
    custom: NoCustom


@frozen
class EntryV16:
    """A storage item with its deprecation."""

    entry: Entry
    deprecation: U8


@frozen
class StorageV16:
    """A pallet's storage."""

    prefix: Text
    entries: Annotated[tuple[EntryV16, ...], MaxLen(ITEMS_MAX)]


@frozen
class EnumV16:
    """Calls, events or errors, with the deprecated variants: always none."""

    ty: TypeId
    deprecated: Annotated[tuple[U8, ...], MaxLen(0)] = ()


@frozen
class ConstantV16:
    """A constant with its deprecation."""

    constant: WireConstant
    deprecation: U8


@frozen
class PalletV16:
    """A pallet."""

    name: Text
    storage: StorageV16 | None
    calls: EnumV16 | None
    event: EnumV16 | None
    constants: Annotated[tuple[ConstantV16, ...], MaxLen(ITEMS_MAX)]
    error: EnumV16 | None
    associated_types: Annotated[tuple[U8, ...], MaxLen(0)]
    view_functions: Annotated[tuple[U8, ...], MaxLen(0)]
    index: U8
    docs: Docs
    deprecation: U8


@frozen
class ExtrinsicV16:
    """The extrinsic format; extensions are listed by extension version, of which there is 0."""

    versions: Annotated[bytes, MaxLen(16)]
    address: TypeId
    call: TypeId
    signature: TypeId
    extensions_by_version: Annotated[
        tuple[tuple[U8, Annotated[tuple[TypeId, ...], MaxLen(256)]], ...], MaxLen(16)
    ]
    extensions: Extensions


@frozen
class ApiMethodV16:
    """A method with its deprecation."""

    method: ApiMethodV15
    deprecation: U8


@frozen
class ApiV16:
    """A runtime API with its version."""

    name: Text
    methods: Annotated[tuple[ApiMethodV16, ...], MaxLen(256)]
    docs: Docs
    version: Compact[U32]
    deprecation: U8


@frozen
class MetadataV16:
    """Version 16."""

    types: PortableTypes
    pallets: Annotated[tuple[PalletV16, ...], MaxLen(256)]
    extrinsic: ExtrinsicV16
    apis: Annotated[tuple[ApiV16, ...], MaxLen(256)]
    outer_enums: OuterEnums
    custom: NoCustom


@frozen
class Prefix:
    """The first five bytes of metadata."""

    magic: Annotated[bytes, Array(4)]
    version: U8

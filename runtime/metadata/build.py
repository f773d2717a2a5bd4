"""Builds versions 14, 15 and 16 from one reading of the composed pallets."""

from runtime.codec import codec_of, compile_codec
from runtime.codec.typeinfo import Placeholder, TupleNode, TypeNode
from runtime.composed import ComposedRuntime
from runtime.frame.pallet import Pallet
from runtime.frame.runtime_api import Api, ApiMethod
from runtime.frame.storage import NO_DEFAULT, StorageSpec
from runtime.frozen import frozen
from runtime.metadata import nodes, shape
from runtime.metadata.registry import TypeRegistry

METADATA_VERSIONS = (14, 15, 16)
EXTRINSIC_VERSION = 4
EXTENSION_VERSION = 0

_PREFIX = codec_of(shape.Prefix)
_CALL: TypeNode = Placeholder("RuntimeCall")


@frozen
class _Draft:
    """All parts of metadata, numbered, before one version arranges them."""

    types: TypeRegistry
    pallets: tuple[shape.PalletV15, ...]
    extrinsic: int
    address: int
    call: int
    signature: int
    extra: int
    extensions: shape.Extensions
    runtime: int
    apis: tuple[tuple[int, shape.ApiV15], ...]
    outer: shape.OuterEnums


def build_metadata(runtime: ComposedRuntime, apis: tuple[Api, ...], version: int) -> bytes:
    """The runtime's metadata with its magic, in one of `METADATA_VERSIONS`."""
    draft = _make_draft(runtime, apis)
    prefix = _PREFIX.encode(shape.Prefix(shape.MAGIC, version))
    match version:
        case 14:
            return prefix + codec_of(shape.MetadataV14).encode(_arrange_v14(draft))
        case 15:
            return prefix + codec_of(shape.MetadataV15).encode(_arrange_v15(draft))
        case 16:
            return prefix + codec_of(shape.MetadataV16).encode(_arrange_v16(draft))
        case _:
            raise ValueError(f"metadata: expected one of {METADATA_VERSIONS}, got {version}")


def _make_draft(runtime: ComposedRuntime, apis: tuple[Api, ...]) -> _Draft:
    pallets = runtime.pallets
    calls = [(p, nodes.make_calls_node(p)) for p in pallets]
    events = [(p, None if p.spec.events is None else p.spec.events.node) for p in pallets]
    errors = [(p, nodes.make_errors_node(p)) for p in pallets]
    extensions = nodes.make_extension_nodes()
    extra = TupleNode(tuple(data for _, data, _ in extensions))
    composed: dict[str, TypeNode] = {
        "RuntimeCall": nodes.make_outer_node("RuntimeCall", calls),
        "RuntimeEvent": nodes.make_outer_node("RuntimeEvent", events),
        "RuntimeError": nodes.make_outer_node("RuntimeError", errors),
        "UncheckedExtrinsic": nodes.make_extrinsic_node(_CALL, extra),
    }
    types = TypeRegistry(composed)
    pairs = zip(calls, events, errors, strict=True)
    described = tuple(
        _make_pallet(types, pallet, call, event, error)
        for (pallet, call), (_, event), (_, error) in pairs
    )
    return _Draft(
        types,
        described,
        extrinsic=types.get_id(Placeholder("UncheckedExtrinsic")),
        address=types.get_id(nodes.ADDRESS_NODE),
        call=types.get_id(_CALL),
        signature=types.get_id(nodes.SIGNATURE_NODE),
        extra=types.get_id(extra),
        extensions=tuple(
            shape.Extension(name, types.get_id(data), types.get_id(additional))
            for name, data, additional in extensions
        ),
        runtime=types.get_id(nodes.make_runtime_node()),
        apis=tuple((api.version, _make_api(types, api)) for api in apis),
        outer=shape.OuterEnums(
            types.get_id(_CALL),
            types.get_id(Placeholder("RuntimeEvent")),
            types.get_id(Placeholder("RuntimeError")),
        ),
    )


def _make_pallet(
    types: TypeRegistry,
    pallet: Pallet,
    calls: TypeNode | None,
    events: TypeNode | None,
    errors: TypeNode | None,
) -> shape.PalletV15:
    spec = pallet.spec
    cls: type = type(pallet)
    docs = nodes.get_attribute_docs(cls)
    entries = tuple(_make_entry(types, item, docs.get(item.attribute, ())) for item in spec.storage)
    constants = tuple(
        shape.WireConstant(
            constant.name,
            types.get_id(constant.codec.node),
            constant.codec.encode(getattr(pallet, constant.attribute)),
            docs.get(constant.attribute, ()),
        )
        for constant in spec.constants
    )
    wire = shape.PalletV14(
        spec.name,
        shape.Storage(spec.name, entries) if entries else None,
        None if calls is None else types.get_id(calls),
        None if events is None else types.get_id(events),
        constants,
        None if errors is None else types.get_id(errors),
        pallet.index,
    )
    return shape.PalletV15(wire, nodes.get_docs(cls.__doc__))


def _make_entry(types: TypeRegistry, item: StorageSpec, docs: tuple[str, ...]) -> shape.Entry:
    value = types.get_id(item.value.node)
    entry: shape.EntryType = shape.PlainEntry(value)
    if item.hashers:
        keys = tuple(codec.node for codec in item.keys)
        key = keys[0] if len(keys) == 1 else TupleNode(keys)
        hashers = tuple(hasher.index for hasher in item.hashers)
        entry = shape.MapEntry(hashers, types.get_id(key), value)
    modifier = 0 if item.default is NO_DEFAULT else 1
    return shape.Entry(item.name, modifier, entry, item.get_default_bytes(), docs)


def _make_api(types: TypeRegistry, api: Api) -> shape.ApiV15:
    methods = tuple(_make_method(types, method) for method in api.methods)
    return shape.ApiV15(api.name, methods, nodes.get_docs(api.docs))


def _make_method(types: TypeRegistry, method: ApiMethod) -> shape.ApiMethodV15:
    inputs = tuple(
        shape.ApiInput(name, types.get_id(compile_codec(annotation, {}).node))
        for name, annotation in method.inputs
    )
    output = types.get_id(compile_codec(method.output, {}).node)
    return shape.ApiMethodV15(method.name, inputs, output, nodes.get_docs(method.docs))


def _arrange_v14(draft: _Draft) -> shape.MetadataV14:
    extrinsic = shape.ExtrinsicV14(draft.extrinsic, EXTRINSIC_VERSION, draft.extensions)
    pallets = tuple(described.pallet for described in draft.pallets)
    return shape.MetadataV14(draft.types.get_types(), pallets, extrinsic, draft.runtime)


def _arrange_v15(draft: _Draft) -> shape.MetadataV15:
    extrinsic = shape.ExtrinsicV15(
        EXTRINSIC_VERSION,
        draft.address,
        draft.call,
        draft.signature,
        draft.extra,
        draft.extensions,
    )
    apis = tuple(api for _, api in draft.apis)
    return shape.MetadataV15(
        draft.types.get_types(), draft.pallets, extrinsic, draft.runtime, apis, draft.outer, ()
    )


def _arrange_v16(draft: _Draft) -> shape.MetadataV16:
    by_version = ((EXTENSION_VERSION, tuple(range(len(draft.extensions)))),)
    extrinsic = shape.ExtrinsicV16(
        bytes((EXTRINSIC_VERSION,)),
        draft.address,
        draft.call,
        draft.signature,
        by_version,
        draft.extensions,
    )
    pallets = tuple(_arrange_pallet_v16(described) for described in draft.pallets)
    apis = tuple(
        shape.ApiV16(
            api.name,
            tuple(shape.ApiMethodV16(method, 0) for method in api.methods),
            api.docs,
            version,
            0,
        )
        for version, api in draft.apis
    )
    return shape.MetadataV16(draft.types.get_types(), pallets, extrinsic, apis, draft.outer, ())


def _arrange_pallet_v16(described: shape.PalletV15) -> shape.PalletV16:
    pallet = described.pallet
    storage = None
    if pallet.storage is not None:
        entries = tuple(shape.EntryV16(entry, 0) for entry in pallet.storage.entries)
        storage = shape.StorageV16(pallet.storage.prefix, entries)
    return shape.PalletV16(
        pallet.name,
        storage,
        None if pallet.calls is None else shape.EnumV16(pallet.calls),
        None if pallet.event is None else shape.EnumV16(pallet.event),
        tuple(shape.ConstantV16(constant, 0) for constant in pallet.constants),
        None if pallet.error is None else shape.EnumV16(pallet.error),
        (),
        (),
        pallet.index,
        described.docs,
        0,
    )

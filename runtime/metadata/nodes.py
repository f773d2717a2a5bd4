"""The type nodes that only a composed runtime has: outer enums and the extrinsic."""

import ast
import inspect
import textwrap
from functools import cache

from runtime.address import MultiAddress
from runtime.codec import codec_of
from runtime.codec.compiler import compile_codec
from runtime.codec.typeinfo import (
    CompactNode,
    Composite,
    Field,
    Param,
    Primitive,
    Sequence,
    TupleNode,
    TypeNode,
    Variant,
    VariantDef,
)
from runtime.crypto.multisignature import MultiSignature
from runtime.extensions import EXTENSIONS
from runtime.frame.pallet import Pallet, get_crate
from runtime.primitives import Hash

UNIT: TypeNode = TupleNode(())
U32_NODE: TypeNode = Primitive("u32")
HASH_NODE: TypeNode = codec_of(Hash).node
ADDRESS_NODE: TypeNode = codec_of(MultiAddress).node
SIGNATURE_NODE: TypeNode = codec_of(MultiSignature).node


def get_docs(text: str | None) -> tuple[str, ...]:
    """A docstring by lines, without its indentation."""
    return tuple(inspect.cleandoc(text).splitlines()) if text else ()


@cache  # three versions of the metadata read the same source
def get_attribute_docs(cls: type) -> dict[str, tuple[str, ...]]:
    """The docstrings that follow attributes in a class body, by attribute.

    They are not kept at run time, so the source is read; empty where there is none.
    """
    try:
        source = inspect.getsource(cls)
    except OSError:
        return {}
    body = ast.parse(textwrap.dedent(source)).body[0]
    assert isinstance(body, ast.ClassDef), "the source of a class is a class; qed"
    docs: dict[str, tuple[str, ...]] = {}
    for item, following in zip(body.body, body.body[1:], strict=False):
        if not isinstance(item, ast.AnnAssign) or not isinstance(item.target, ast.Name):
            continue
        if isinstance(following, ast.Expr) and isinstance(following.value, ast.Constant):
            docs[item.target.id] = get_docs(str(following.value.value))
    return docs


def make_calls_node(pallet: Pallet) -> TypeNode | None:
    """The enum of a pallet's calls; None without calls."""
    spec = pallet.spec
    if not spec.calls:
        return None
    variants: list[VariantDef] = []
    for call in spec.calls:
        codecs = [(name, compile_codec(annotation, {})) for name, annotation in call.params]
        fields = tuple(Field(name.rstrip("_"), c.node, c.type_name) for name, c in codecs)
        variants.append(VariantDef(call.name, call.index, fields, get_docs(call.docs)))
    path = (get_crate(spec.name), "pallet", "Call")
    return Variant(path, tuple(variants), (Param("T", None),))


def make_errors_node(pallet: Pallet) -> TypeNode | None:
    """The enum of a pallet's errors; None without errors."""
    spec = pallet.spec
    if not spec.errors:
        return None
    variants = tuple(VariantDef(e.__name__, e.INDEX, (), get_docs(e.__doc__)) for e in spec.errors)
    return Variant((get_crate(spec.name), "pallet", "Error"), variants, (Param("T", None),))


def make_outer_node(name: str, parts: list[tuple[Pallet, TypeNode | None]]) -> TypeNode:
    """`RuntimeCall`, `RuntimeEvent` or `RuntimeError`: a variant a pallet that has any."""
    kind = name.removeprefix("Runtime")
    variants = tuple(
        VariantDef(
            pallet.spec.name,
            pallet.index,
            (Field(None, node, f"{get_crate(pallet.spec.name)}::{kind}<Runtime>"),),
        )
        for pallet, node in parts
        if node is not None
    )
    return Variant(("soberana_runtime", name), variants)


def make_era_node() -> TypeNode:
    """The era: immortal, or one of 255 first bytes and a second one."""
    byte = (Field(None, Primitive("u8"), None),)
    mortal = tuple(VariantDef(f"Mortal{i}", i, byte) for i in range(1, 256))
    path = ("sp_runtime", "generic", "era", "Era")
    return Variant(path, (VariantDef("Immortal", 0), *mortal))


def make_extension_nodes() -> tuple[tuple[str, TypeNode, TypeNode], ...]:
    """Identifier, data and additional data of each transaction extension."""
    nonce, tip = CompactNode(U32_NODE), CompactNode(Primitive("u128"))
    data: dict[str, tuple[Field, ...]] = {
        "CheckMortality": (Field(None, make_era_node(), "Era"),),
        "CheckNonce": (Field(None, nonce, "T::Nonce"),),
        "ChargeTransactionPayment": (Field(None, tip, "BalanceOf<T>"),),
    }
    additional: dict[str, TypeNode] = {
        "CheckSpecVersion": U32_NODE,
        "CheckTxVersion": U32_NODE,
        "CheckGenesis": HASH_NODE,
        "CheckMortality": HASH_NODE,
    }
    nodes: list[tuple[str, TypeNode, TypeNode]] = []
    for name in EXTENSIONS:
        if name == "ChargeTransactionPayment":
            path: tuple[str, ...] = ("pallet_transaction_payment", name)
        else:
            snake = "".join(f"_{c.lower()}" if c.isupper() else c for c in name).lstrip("_")
            path = ("frame_system", "extensions", snake, name)
        node = Composite(path, data.get(name, ()), (Param("T", None),))
        nodes.append((name, node, additional.get(name, UNIT)))
    return tuple(nodes)


def make_extrinsic_node(call: TypeNode, extra: TypeNode) -> TypeNode:
    """The unchecked extrinsic; clients read its four parameters by name."""
    params = (
        Param("Address", ADDRESS_NODE),
        Param("Call", call),
        Param("Signature", SIGNATURE_NODE),
        Param("Extra", extra),
    )
    path = ("sp_runtime", "generic", "unchecked_extrinsic", "UncheckedExtrinsic")
    return Composite(path, (Field(None, Sequence(Primitive("u8")), None),), params)


def make_runtime_node() -> TypeNode:
    """The runtime itself: an empty struct with a name."""
    return Composite(("soberana_runtime", "Runtime"), ())

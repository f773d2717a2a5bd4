"""The pallet: a class that declares storage, calls, events, errors, constants and hooks.

The declaration is compiled once, when the class is made, into `cls.spec`; an instance is bound
to one state. A wrong declaration fails at import.
"""

from itertools import pairwise
from typing import Annotated, Any, ClassVar, TypeAlias, TypeVar, get_args, get_origin
from typing import get_type_hints as get_annotations

from runtime.codec.codec import AnyCodec
from runtime.codec.compiler import codec_of, compile_variants
from runtime.crypto.hashing import twox_128
from runtime.errors import ModuleError
from runtime.frame.call import CallSpec, PalletCalls, get_call_spec
from runtime.frame.event import Event
from runtime.frame.storage import (
    NO_DEFAULT,
    StorageDeclaration,
    StorageMap,
    StorageSpec,
    StorageValue,
)
from runtime.frozen import frozen
from runtime.primitives import BlockNumber, Weight
from runtime.state.externalities import Externalities

T = TypeVar("T")


@frozen
class ConstantMark:
    """Marks an attribute as a constant that metadata shows."""


Constant: TypeAlias = Annotated[T, ConstantMark()]


@frozen
class ConstantSpec:
    """A constant; its value is the instance's attribute."""

    attribute: str
    name: str
    codec: AnyCodec


@frozen
class PalletSpec:
    """Everything a pallet declares, compiled."""

    name: str
    storage: tuple[StorageSpec, ...]
    calls: tuple[CallSpec, ...]
    events: AnyCodec | None
    errors: tuple[type[ModuleError], ...]
    constants: tuple[ConstantSpec, ...]


class StorageBinding:
    """Binds a storage item to a pallet's state when it is first asked for.

    A runtime is composed for every question of a client, which needs few of its items.
    """

    __slots__ = ("_spec",)

    def __init__(self, spec: StorageSpec) -> None:
        self._spec = spec

    def __get__(self, pallet: "Pallet | None", owner: type) -> Any:
        if pallet is None:
            return self
        bound: type[Any] = StorageMap if self._spec.hashers else StorageValue
        # From now on the instance's own attribute is found before this.
        found = pallet.__dict__[self._spec.attribute] = bound(pallet.state, self._spec)
        return found


class Pallet:
    """Base of every pallet; see `pallets/balances.py` for a whole one."""

    spec: ClassVar[PalletSpec]

    def __init_subclass__(
        cls,
        *,
        events: Any = None,
        errors: Any = None,
        name: str | None = None,
    ) -> None:
        super().__init_subclass__()
        wire_name = cls.__name__ if name is None else name
        hints = get_annotations(cls, include_extras=True)
        cls.spec = PalletSpec(
            wire_name,
            _compile_storage(cls, wire_name, hints),
            _compile_calls(cls),
            _compile_events(wire_name, events),
            _compile_errors(wire_name, errors),
            _compile_constants(hints),
        )
        for item in cls.spec.storage:
            setattr(cls, item.attribute, StorageBinding(item))

    def __init__(self, state: Externalities, *, index: int) -> None:
        self.state = state
        self.index = index

    def get_calls(self) -> PalletCalls:
        """The composed index, the name and the calls, for the runtime's call codec."""
        return self.index, self.spec.name, self.spec.calls

    def on_initialize(self, number: BlockNumber) -> Weight:
        """Runs before the block's extrinsics; returns the weight it used."""
        del number
        return Weight()

    def on_finalize(self, number: BlockNumber) -> None:
        """Runs after the block's extrinsics; its weight is part of what `on_initialize` returns."""

    def try_state(self) -> None:
        """Checks the pallet's invariants over its whole state; asserts. For tests and tools."""


def get_wire_name(attribute: str) -> str:
    """`total_issuance` is `TotalIssuance` on the wire; SS58 keeps its spelling."""
    words = attribute.split("_")
    return "".join("SS58" if word == "ss58" else word[:1].upper() + word[1:] for word in words)


def get_crate(pallet: str) -> str:
    """The crate a Substrate client expects: `Balances` is `pallet_balances`, System is FRAME's."""
    if pallet == "System":
        return "frame_system"
    snake = "".join(f"_{char.lower()}" if char.isupper() else char for char in pallet)
    return f"pallet{snake}"


def _compile_storage(cls: type, pallet: str, hints: dict[str, Any]) -> tuple[StorageSpec, ...]:
    specs: list[StorageSpec] = []
    for attribute, hint in hints.items():
        if get_origin(hint) in (StorageValue, StorageMap) and attribute not in vars(cls):
            raise TypeError(f"{pallet}.{attribute}: storage is declared by value() or mapping()")
    for attribute, declaration in vars(cls).items():
        if not isinstance(declaration, StorageDeclaration):
            continue
        hint = hints.get(attribute)
        origin, arguments = get_origin(hint), get_args(hint)
        if origin not in (StorageValue, StorageMap):
            raise TypeError(f"{pallet}.{attribute}: expected StorageValue[…] or StorageMap[…]")
        hashers = declaration.hashers
        if (origin is StorageMap) != bool(hashers):
            raise TypeError(f"{pallet}.{attribute}: {origin.__name__} declared as the other kind")
        annotated_value = arguments[-1]
        if not hashers and declaration.default is NO_DEFAULT:
            annotated_value = _strip_optional(annotated_value, f"{pallet}.{attribute}")
        keys = _get_key_annotations(arguments[0], len(hashers)) if hashers else ()
        name = get_wire_name(attribute)
        if any(name == other.name for other in specs):
            raise TypeError(f"{pallet}.{attribute}: another item is named {name} too")
        spec = StorageSpec(
            attribute,
            name,
            twox_128(pallet.encode()) + twox_128(name.encode()),
            hashers,
            tuple(codec_of(key) for key in keys),
            codec_of(annotated_value),
            declaration.default,
        )
        spec.get_default_bytes()  # a default outside its type fails here
        specs.append(spec)
    return tuple(specs)


def _strip_optional(annotation: Any, what: str) -> Any:
    """`StorageValue[X | None]` without a default stores X."""
    members = get_args(annotation)
    if type(None) not in members:
        raise TypeError(f"{what}: a value without a default is StorageValue[X | None]")
    rest = [member for member in members if member is not type(None)]
    if len(rest) != 1:
        raise TypeError(f"{what}: name the union, then make it optional")
    return rest[0]


def _get_key_annotations(annotation: Any, count: int) -> tuple[Any, ...]:
    if count == 1:
        return (annotation,)
    keys = get_args(annotation)
    if get_origin(annotation) is not tuple or len(keys) != count:
        raise TypeError(f"a map with {count} hashers has a key tuple[…] of {count}: {annotation}")
    return keys


def _compile_calls(cls: type) -> tuple[CallSpec, ...]:
    specs = [spec for function in vars(cls).values() if (spec := _read_call(function)) is not None]
    specs.sort(key=lambda spec: spec.index)
    for before, after in pairwise(specs):
        if before.index == after.index:
            raise TypeError(f"{cls.__name__}: {before.name} and {after.name} share an index")
    return tuple(specs)


def _read_call(function: Any) -> CallSpec | None:
    return get_call_spec(function) if callable(function) else None


def _compile_events(pallet: str, events: Any) -> AnyCodec | None:
    if events is None:
        return None
    members = _get_members(events)
    for member in members:
        if not issubclass(member, Event):
            raise TypeError(f"{pallet}: {member.__name__} is no Event")
    return compile_variants(members, (get_crate(pallet), "pallet", "Event"))


def _compile_errors(pallet: str, errors: Any) -> tuple[type[ModuleError], ...]:
    members: tuple[Any, ...] = () if errors is None else _get_members(errors)
    by_index: dict[int, type[ModuleError]] = {}
    for member in members:
        if not issubclass(member, ModuleError):
            raise TypeError(f"{pallet}: {member.__name__} is no ModuleError")
        if member.INDEX in by_index:
            raise TypeError(f"{pallet}: error index {member.INDEX} is taken twice")
        by_index[member.INDEX] = member
    return tuple(by_index[index] for index in sorted(by_index))


def _get_members(union: Any) -> tuple[Any, ...]:
    """The classes of `A | B`, or of a single class."""
    members: tuple[Any, ...] = get_args(union)
    return members or (union,)


def _compile_constants(hints: dict[str, Any]) -> tuple[ConstantSpec, ...]:
    specs: list[ConstantSpec] = []
    for attribute, hint in hints.items():
        if get_origin(hint) is not Annotated:
            continue
        base, *marks = get_args(hint)
        kept = [mark for mark in marks if not isinstance(mark, ConstantMark)]
        if len(kept) == len(marks):
            continue
        annotation = Annotated[base, *kept] if kept else base
        specs.append(ConstantSpec(attribute, get_wire_name(attribute), codec_of(annotation)))
    return tuple(specs)

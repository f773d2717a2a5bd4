"""What a pallet declares, and the mistakes that fail when its class is made."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

import pytest

from runtime.codec import U8, U16, Compact, MaxLen
from runtime.errors import ModuleError
from runtime.frame import (
    Constant,
    DispatchClass,
    Event,
    Origin,
    Pallet,
    Pays,
    StorageMap,
    StorageValue,
    call,
    mapping,
    twox_64_concat,
    value,
)
from runtime.frame.pallet import get_crate
from runtime.primitives import Balance, Weight
from runtime.state.backend import DictBackend
from runtime.state.overlay import Overlay


@dataclass(frozen=True, slots=True)
class Opened(Event, index=0):
    """It is open."""

    door: U8


@dataclass(frozen=True, slots=True)
class Shut(Event, index=3):
    """It is shut."""


@dataclass(frozen=True, slots=True)
class ShutAgain(Event, index=3):
    """Another event of the same index."""


@dataclass(slots=True)
class Mutable(Event, index=4):
    """An event that could change."""


class Locked(ModuleError, index=1):
    """It is locked."""


class NoDoor(ModuleError, index=0):
    """There is none."""


class AlsoLocked(ModuleError, index=1):
    """Another error of the same index."""


class Doors(Pallet, events=Opened | Shut, errors=Locked | NoDoor, name="House"):
    """Doors that open."""

    doors: Constant[U8]
    """How many."""

    price: Constant[Balance]

    opened: StorageValue[U8] = value(default=0)
    locked: StorageMap[U8, bool] = mapping(twox_64_concat)

    def __init__(self, state: Overlay, *, index: int) -> None:
        super().__init__(state, index=index)
        self.doors = 4
        self.price = 10

    @call(index=5, weight=Weight(7))
    def shut(self, origin: Origin) -> None:
        """Shut them all."""

    @call(
        index=1,
        weight=lambda door, note: Weight(door, len(note)),
        dispatch_class=DispatchClass.OPERATIONAL,
        pays_fee=Pays.NO,
    )
    def open(self, origin: Origin, door: Compact[U16], note: Annotated[bytes, MaxLen(9)]) -> None:
        """Open one."""

    def knock(self, origin: Origin) -> None:
        """Not a call."""


def test_a_whole_declaration() -> None:
    spec = Doors.spec
    assert spec.name == "House"
    assert [(each.name, each.index) for each in spec.calls] == [("open", 1), ("shut", 5)]
    assert [name for name, _ in spec.calls[0].params] == ["door", "note"]
    assert spec.calls[0].dispatch_class is DispatchClass.OPERATIONAL
    assert spec.calls[0].pays_fee is Pays.NO
    assert (spec.calls[1].dispatch_class, spec.calls[1].pays_fee) == (
        DispatchClass.NORMAL,
        Pays.YES,
    )
    assert spec.errors == (NoDoor, Locked)
    assert [each.name for each in spec.constants] == ["Doors", "Price"]
    assert [each.codec.type_name for each in spec.constants] == ["u8", "Balance"]
    assert [each.name for each in spec.storage] == ["Opened", "Locked"]
    assert [each.get_default_bytes() for each in spec.storage] == [b"\0", b"\0"]
    assert spec.events is not None
    assert spec.events.encode(Opened(2)) == b"\0\2"
    assert spec.events.encode(Shut()) == b"\3"
    assert spec.events.decode(b"\0\2") == Opened(2)


def test_a_call_stays_a_method() -> None:
    doors = Doors(Overlay(DictBackend({})), index=3)
    assert doors.get_calls() == (3, "House", Doors.spec.calls)
    doors.shut(Origin.root())  # nothing to see, but it can be called
    assert Doors.shut.__name__ == "shut"


def test_an_empty_pallet() -> None:
    class Bare(Pallet):
        """Nothing."""

    spec = Bare.spec
    assert (spec.name, spec.storage, spec.calls, spec.events) == ("Bare", (), (), None)
    assert (spec.errors, spec.constants) == ((), ())
    bare = Bare(Overlay(DictBackend({})), index=0)
    assert bare.on_initialize(1) == Weight()
    bare.on_finalize(1)
    bare.try_state()


def test_names_of_crates() -> None:
    names = ("System", "Balances", "TransactionPayment")
    assert [get_crate(name) for name in names] == [
        "frame_system",
        "pallet_balances",
        "pallet_transaction_payment",
    ]


# --- mistakes


def _duplicate_events() -> None:
    class Wrong(Pallet, events=Shut | ShutAgain):
        pass


def _mutable_event() -> None:
    class Wrong(Pallet, events=Mutable):
        pass


def _no_event() -> None:
    class Wrong(Pallet, events=Locked):
        pass


def _duplicate_errors() -> None:
    class Wrong(Pallet, errors=Locked | AlsoLocked):
        pass


def _no_error() -> None:
    class Wrong(Pallet, errors=Opened):
        pass


def _event_without_index() -> None:
    class Wrong(Event):
        pass


def _event_index() -> None:
    class Wrong(Event, index=256):
        pass


def _error_without_index() -> None:
    type("_", (ModuleError,), {})


def _error_index() -> None:
    class Wrong(ModuleError, index=-1):
        pass


def _duplicate_calls() -> None:
    class Wrong(Pallet):
        @call(index=1, weight=Weight())
        def one(self, origin: Origin) -> None:
            """One."""

        @call(index=1, weight=Weight())
        def two(self, origin: Origin) -> None:
            """Two."""


def _call_index() -> None:
    call(index=256, weight=Weight())


def _call_without_docs() -> None:
    class Wrong(Pallet):
        @call(index=1, weight=Weight())
        def one(self, origin: Origin) -> None:
            pass


def _call_without_origin() -> None:
    class Wrong(Pallet):
        @call(index=1, weight=Weight())
        def one(self, amount: U8) -> None:
            """One."""


def _call_of_a_float() -> None:
    class Wrong(Pallet):
        @call(index=1, weight=Weight())
        def one(self, origin: Origin, amount: float) -> None:
            """One."""


def _call_of_anything() -> None:
    def one(self: object, origin: object, amount) -> None:  # type: ignore[no-untyped-def]
        """One."""

    type("_", (Pallet,), {"one": call(index=1, weight=Weight())(one)})


def _weight_of_other_arguments() -> None:
    class Wrong(Pallet):
        @call(index=1, weight=lambda door, more: Weight(door + more))
        def one(self, origin: Origin, amount: U8) -> None:
            """One."""


def _storage_without_codec() -> None:
    class Wrong(Pallet):
        item: StorageValue[float] = value(default=0.5)


def _unbounded_storage() -> None:
    class Wrong(Pallet):
        item: StorageValue[tuple[U8, ...]] = value(default=())


def _default_outside() -> None:
    class Wrong(Pallet):
        item: StorageMap[U8, U8] = mapping(twox_64_concat, default=256)


def _value_without_default() -> None:
    class Wrong(Pallet):
        item: StorageValue[U8] = value()


def _anonymous_union() -> None:
    class Wrong(Pallet):
        item: StorageValue[U8 | U16 | None] = value()


def _undeclared_storage() -> None:
    class Wrong(Pallet):
        item: StorageValue[U8]


def _unannotated_storage() -> None:
    class Wrong(Pallet):
        item = value(default=0)


def _map_as_value() -> None:
    class Wrong(Pallet):
        item: StorageMap[U8, U8] = value(default=0)


def _value_as_map() -> None:
    class Wrong(Pallet):
        item: StorageValue[U8] = mapping(twox_64_concat)


def _map_without_hasher() -> None:
    mapping()


def _keys_without_hashers() -> None:
    class Wrong(Pallet):
        item: StorageMap[U8, U8] = mapping(twox_64_concat, twox_64_concat)


def _more_keys_than_hashers() -> None:
    class Wrong(Pallet):
        item: StorageMap[tuple[U8, U8, U8], U8] = mapping(twox_64_concat, twox_64_concat)


def _same_name_on_the_wire() -> None:
    class Wrong(Pallet):
        my_item: StorageValue[U8] = value(default=0)
        myItem: StorageValue[U8] = value(default=0)  # noqa: N815 - the mistake


def _constant_without_codec() -> None:
    class Wrong(Pallet):
        rate: Constant[float]


MISTAKES: list[tuple[Callable[[], Any], str]] = [
    (_duplicate_events, "index 3 is taken twice, again by ShutAgain"),
    (_mutable_event, "Mutable must be frozen"),
    (_no_event, "Locked is no Event"),
    (_duplicate_errors, "error index 1 is taken twice"),
    (_no_error, "Opened is no ModuleError"),
    (_event_without_index, "an event has an index"),
    (_event_index, r"an event's index is 0\.\.255, not 256"),
    (_error_without_index, "index"),
    (_error_index, r"an error's index is 0\.\.255, not -1"),
    (_duplicate_calls, "one and two share an index"),
    (_call_index, r"a call's index is 0\.\.255, not 256"),
    (_call_without_docs, "one: a call has a docstring"),
    (_call_without_origin, "one: a call begins with self and origin"),
    (_call_of_a_float, "float has no codec"),
    (_call_of_anything, "one: the argument amount has no annotation"),
    (_weight_of_other_arguments, r"missing a required argument: .more."),
    (_storage_without_codec, "float has no codec"),
    (_unbounded_storage, "is unbounded"),
    (_default_outside, "u8: 256 is out of range"),
    (_value_without_default, "a value without a default is StorageValue"),
    (_anonymous_union, "name the union, then make it optional"),
    (_undeclared_storage, r"Wrong.item: storage is declared by value\(\) or mapping\(\)"),
    (_unannotated_storage, "Wrong.item: expected StorageValue"),
    (_map_as_value, "Wrong.item: StorageMap declared as the other kind"),
    (_value_as_map, "Wrong.item: StorageValue declared as the other kind"),
    (_map_without_hasher, "a map needs a hasher for each of its keys"),
    (_keys_without_hashers, "a map with 2 hashers has a key tuple"),
    (_more_keys_than_hashers, "a map with 2 hashers has a key tuple"),
    (_same_name_on_the_wire, "Wrong.myItem: another item is named MyItem too"),
    (_constant_without_codec, "float has no codec"),
]


@pytest.mark.parametrize("declare, why", MISTAKES, ids=lambda each: getattr(each, "__name__", ""))
def test_a_mistake_fails_when_the_class_is_made(declare: Callable[[], Any], why: str) -> None:
    with pytest.raises((TypeError, ValueError), match=why):
        declare()

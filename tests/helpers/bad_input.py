"""Calls that would succeed, spoiled: sent by others, too late, twice, or with one argument bent.

Each is tried as a transaction and undone. One that is refused must leave a fee and a nonce.
"""

from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass, replace
from enum import IntEnum
from typing import Annotated, Any, get_args, get_origin, get_type_hints

from runtime.address import Id
from runtime.codec.annotation import Array, MaxLen, Name, Sint, Uint
from runtime.codec.fixed import FixedBytes
from runtime.errors import DispatchError, InvalidTransaction
from runtime.frame import Call, Origin
from runtime.primitives import AccountId
from tests.helpers.chain_stage import ChainStage, make_call
from tests.helpers.economy_books import ensure_only_paid, get_fee

STRANGER = AccountId(b"\x99" * 32)
"""Somebody with money and nothing else."""

NOBODY = AccountId(b"\xee" * 32)
"""Somebody without even that."""

LONG_AFTER = 100_000
"""In so many blocks every record has expired and every deadline has passed."""

FILL_BYTES_MAX = 1 << 16
"""Bytes longer than this are for the tests of codecs and of block lengths."""

OK = "ok"


class Trials:
    """Over a chain whose block is open; it stays as it was."""

    def __init__(self, chain: ChainStage) -> None:
        self._chain = chain

    def send(self, who: AccountId, call: Call, after: Callable[[], object] = int) -> str:
        """The name of what a transaction is refused with, or `OK`; undone in any case."""
        chain, runtime = self._chain, self._chain.runtime
        mark = runtime.state.mark()
        try:
            after()
            before, info = runtime.state.changes(), runtime.system.account[who]
            first = len(runtime.state.events)
            try:
                outcome = chain.apply(who, call)
            except InvalidTransaction as refusal:
                assert runtime.state.changes() == before
                return f"invalid: {type(refusal).__name__}"
            if outcome.error is None:
                return OK
            ensure_only_paid(runtime, who, before, info, chain.get_events(first))
            return type(outcome.error).__name__
        finally:
            runtime.state.rollback_to(mark)

    def get_fee(self, who: AccountId, call: Call) -> int | None:
        """What a call that succeeds costs its sender; None for one that does not."""
        runtime = self._chain.runtime
        mark, first = runtime.state.mark(), len(runtime.state.events)
        try:
            outcome = self._chain.apply(who, call)
            paid = get_fee(self._chain.get_events(first)).actual_fee
            return paid if outcome.error is None else None
        except InvalidTransaction:
            return None
        finally:
            runtime.state.rollback_to(mark)

    def send_late(self, who: AccountId, call: Call) -> str:
        """When every deadline has passed."""
        number = self._chain.runtime.system.number
        return self.send(who, call, lambda: number.put(number.get() + LONG_AFTER))

    def send_again(self, who: AccountId, call: Call) -> str:
        """When it was made already."""
        try:
            return self.send(who, call, lambda: self._chain.apply(who, call))
        except InvalidTransaction as refusal:
            return f"first: {type(refusal).__name__}"

    def send_without_bonds(self, who: AccountId, call: Call) -> str:
        """When nothing of anybody's bonds is free."""
        bonds = self._chain.runtime.bonds.bond_

        def use_up() -> None:
            for key, bond in list(bonds.items()):
                bonds[key] = replace(bond, active=0)

        return self.send(who, call, use_up)

    def send_as_root(self, call: Call) -> str:
        """The same of a call that a vote makes, which pays nothing."""
        runtime = self._chain.runtime
        mark = runtime.state.mark()
        before, events = runtime.state.changes(), list(runtime.state.events)
        try:
            runtime.dispatcher.dispatch(call, Origin.root())
        except DispatchError as refusal:
            assert runtime.state.changes() == before
            assert list(runtime.state.events) == events
            return type(refusal).__name__
        else:
            return OK
        finally:
            runtime.state.rollback_to(mark)


# --- arguments with one place bent


def bend(call: Call) -> Iterator[tuple[str, object, Call]]:
    """Which part of an argument, at a limit of its type or naming nothing, and such a call."""
    for index, (name, annotation) in enumerate(call.spec.params):
        for path, value in _bend(annotation, call.args[index], name):
            args = (*call.args[:index], value, *call.args[index + 1 :])
            yield path, value, make_call(call.pallet_name, call.spec.name, *args)


def _bend(annotation: Any, value: Any, path: str) -> Iterator[tuple[str, Any]]:
    if get_origin(annotation) is Annotated:
        base, *marks = get_args(annotation)
        yield from _bend_marked(base, marks, value, path)
    elif isinstance(value, bool) or value is None:
        return
    elif isinstance(value, IntEnum):
        yield from ((path, other) for other in type(value) if other is not value)
    elif isinstance(value, AccountId):
        yield path, NOBODY
    elif isinstance(value, FixedBytes):
        yield path, type(value)(b"\xee" * type(value).LENGTH)
    elif is_dataclass(value) and not isinstance(value, Call | type):
        hints = get_type_hints(type(value), include_extras=True)
        for each in fields(value):
            part = getattr(value, each.name)
            for name, bent in _bend(hints[each.name], part, f"{path}.{each.name}"):
                yield name, replace(value, **{each.name: bent})
    elif not isinstance(value, Call):
        for each in get_args(annotation):
            if get_origin(each) is Annotated:
                yield from _bend(each, value, path)


def _bend_marked(base: Any, marks: list[Any], value: Any, path: str) -> Iterator[tuple[str, Any]]:
    if any(isinstance(mark, Name) and mark.name.endswith("MultiAddress") for mark in marks):
        yield path, Id(NOBODY)
        return
    for mark in marks:
        match mark:
            case Uint(bits):
                yield from ((path, each) for each in (0, (1 << bits) - 1) if each != value)
                return
            case Sint(bits):
                half = 1 << bits - 1
                yield from ((path, each) for each in (-half, half - 1) if each != value)
                return
            case Array():
                if isinstance(value, bytes):
                    yield path, bytes(each ^ 0xFF for each in value)
                return
            case MaxLen(items_max):
                yield from ((path, each) for each in _stretch(value, items_max))
                return
            case _:
                pass
    yield from _bend(base, value, path)


def _stretch(value: Any, items_max: int) -> Iterator[Any]:
    """Empty, and as long as may be."""
    if len(value) > 0:
        yield value[:0]
    if isinstance(value, bytes):
        yield b"\xee" * min(items_max, FILL_BYTES_MAX)
    elif isinstance(value, str):
        yield "x" * items_max
    elif len(value) > 0:
        yield (value * items_max)[:items_max]

"""Values for arguments, drawn from their types: so a new call is walked as soon as it is declared.

Numbers of things are those that there are, amounts those that matter, accounts and roots exist.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from enum import IntEnum
from random import Random
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

from pallets.runtime import Runtime
from runtime.address import Id
from runtime.codec.annotation import Array, ComposedMark, MaxLen, Name, Sint, Uint
from runtime.codec.fixed import FixedBytes
from runtime.frame import Call
from runtime.primitives import BPS, UNIT, AccountId, Root

AMOUNTS = (0, 1, 10**6, UNIT, UNIT, 3 * UNIT, 50 * UNIT, 10**5 * UNIT)
BLOCKS = (0, 1, 2, 3, 4, 5, 8, 13, 30, 100)
SHARES_BPS = (0, 100, 1_000, BPS)
ITEMS_MAX = 3


@dataclass(frozen=True, slots=True)
class Pools:
    """What values are chosen from; makers serve types whose made-up values are seldom any good."""

    accounts: Sequence[AccountId]
    roots: Sequence[Root]
    calls: Sequence[Call]
    makers: Mapping[type, Callable[[Random], object]]


class Values:
    """Draws values for one call's arguments, from a state."""

    def __init__(self, rng: Random, pools: Pools, runtime: Runtime, pallet: str) -> None:
        self._rng = rng
        self._pools = pools
        self._runtime = runtime
        self._pallet = pallet

    def draw_all(self, params: Sequence[tuple[str, Any]]) -> tuple[Any, ...]:
        """A value for each parameter."""
        return tuple(self._draw(annotation, name) for name, annotation in params)

    def _draw(self, annotation: Any, name: str) -> Any:
        if get_origin(annotation) is Annotated:
            base, *marks = get_args(annotation)
            return self._draw_marked(base, marks, name)
        if get_origin(annotation) is None and isinstance(annotation, type):
            return self._draw_class(annotation)
        origin, arguments = get_origin(annotation), get_args(annotation)
        if origin is Union or origin is UnionType:
            chosen = self._rng.choice(arguments)
            return None if chosen is type(None) else self._draw(chosen, name)
        assert origin is tuple, f"{annotation} is no type of an argument"
        return tuple(self._draw(each, name) for each in arguments)

    def _draw_marked(self, base: Any, marks: list[Any], name: str) -> Any:
        names = [mark.name for mark in marks if isinstance(mark, Name)]
        if any(each.endswith("MultiAddress") for each in names):
            return Id(self._rng.choice(self._pools.accounts))
        for mark in marks:
            match mark:
                case ComposedMark():
                    return self._rng.choice(self._pools.calls)
                case Uint():
                    return self._draw_unsigned(names, name)
                case Sint():
                    return self._rng.randint(-63, 63)
                case MaxLen(items_max):
                    count = self._rng.randint(0, min(items_max, ITEMS_MAX))
                    return self._draw_several(base, count, name)
                case Array(length):
                    return self._draw_several(base, length, name)
                case _:
                    pass
        return self._draw(base, name)

    def _draw_unsigned(self, names: list[str], name: str) -> int:
        if "Balance" in names:
            return self._rng.choice(AMOUNTS)
        if "Bps" in names:
            return self._rng.choice(SHARES_BPS)
        if "BlockNumber" in names:
            return self._rng.choice(BLOCKS)
        known = self._find_numbers(name)
        if known and self._rng.random() < 0.9:
            return self._rng.choice(known)
        return self._rng.choice((0, 0, 1, 1, 2, 3, 5, 10))

    def _find_numbers(self, name: str) -> list[int]:
        """The numbers of the things that an argument names."""
        at = self._runtime
        tables: dict[str, Any] = {
            "job": at.market.job,
            "record": at.registry.record,
            "provider": at.registry.record,
            "asset": at.assets.asset,
            "lease": at.leases.lease,
            "order": at.vault.order_,
            "proposal": at.governance.proposal,
            "spend": at.treasury.spends,
            "Leases.offer": at.leases.offer,
            "Rights.offer": at.rights.offer_,
            "Rounds.number": at.rounds.round,
            "Pools.number": at.pools.pool,
            "Market.number": at.market.recurring,
        }
        table = tables.get(f"{self._pallet}.{name}", tables.get(name))
        if table is None:
            return []
        keys = list(table.keys())
        return [key[-1] if isinstance(key, tuple) else key for key in keys]

    def _draw_several(self, base: Any, count: int, name: str) -> Any:
        if base is bytes:
            return self._rng.randbytes(count * 8)[: count if count > ITEMS_MAX else count * 8]
        if base is str:
            return "abc"[:count]
        return tuple(self._draw(get_args(base)[0], name) for _ in range(count))

    def _draw_class(self, cls: type) -> Any:
        maker = self._pools.makers.get(cls)
        if maker is not None:
            return maker(self._rng)
        if cls is bool:
            return self._rng.random() < 0.5
        if issubclass(cls, AccountId):
            return self._rng.choice(self._pools.accounts)
        if issubclass(cls, Root):
            return self._rng.choice(self._pools.roots)
        if issubclass(cls, FixedBytes):
            return cls(bytes([self._rng.randint(0, 3)]) * cls.LENGTH)
        if issubclass(cls, IntEnum):
            return self._rng.choice(list(cls))
        assert is_dataclass(cls), f"{cls} is no type of an argument"
        hints = get_type_hints(cls, include_extras=True)
        return cls(*(self._draw(hints[each.name], each.name) for each in fields(cls)))

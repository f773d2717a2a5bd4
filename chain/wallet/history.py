"""What happened to an account, found in the events of recent blocks."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from enum import Enum
from typing import TypeAlias, cast, get_type_hints

from chain.rpc.namespaces import runtime_json
from chain.wallet.amount import format_amount
from chain.wallet.chain_reader import ChainReader
from runtime.crypto.ss58 import encode_ss58
from runtime.frame import Event
from runtime.frame.event_record import PalletEvent
from runtime.primitives import AccountId, Balance, Hash

FieldJson: TypeAlias = str | int | bool | Sequence["FieldJson"] | Mapping[str, "FieldJson"] | None


@dataclass(frozen=True, slots=True)
class AccountEvent:
    """One event that names an account."""

    block_number: int
    block_hash: Hash
    pallet: str
    name: str
    fields: tuple[tuple[str, FieldJson], ...]
    """Names and values as JSON has them: accounts as addresses, amounts as text in planck."""

    amounts: frozenset[str]
    """Which of the fields are amounts."""

    def describe(self, names: Mapping[AccountId, str]) -> str:
        """The fields for people."""
        by_address = {encode_ss58(account): name for account, name in names.items()}
        parts: list[str] = []
        for field, value in self.fields:
            if field in self.amounts:
                shown = format_amount(int(str(value)))
            else:
                shown = _show(value, by_address)
            parts.append(f"{field.replace('_', ' ')} {shown}")
        return ", ".join(parts)


async def read_history(
    chain: ChainReader, who: AccountId, last: int, on_block: Callable[[int], None]
) -> AsyncIterator[AccountEvent]:
    """The events that name the account, newest first, in so many blocks back from the best."""
    block_hash = await chain.get_head()
    for _ in range(last):
        header = await chain.get_header(block_hash)
        on_block(header.number)
        if header.number == 0:
            return
        records = await chain.get_events(block_hash)
        for record in reversed(records):
            if is_about(record.event, who):
                yield describe_event(chain, record.event, header.number, block_hash)
        block_hash = header.parent_hash


def is_about(event: PalletEvent, who: AccountId) -> bool:
    """Whether any field of the event is the account."""
    return any(value == who and isinstance(value, AccountId) for _, value in _get_fields(event))


def describe_event(
    chain: ChainReader, event: PalletEvent, number: int, block_hash: Hash
) -> AccountEvent:
    """An event with its pallet's name and its fields as JSON."""
    pallet = next(each for each in chain.runtime.pallets if each.index == event.pallet_index)
    planck = find_amounts(type(event.event))
    shown = tuple(
        (name.rstrip("_"), to_json(value, is_amount=name in planck))  # Python owns the name `from`
        for name, value in _get_fields(event)
    )
    name = event.event.SCALE_NAME
    return AccountEvent(number, block_hash, pallet.spec.name, name, shown, planck)


def find_amounts(kind: type[Event]) -> frozenset[str]:
    """The fields of an event that are declared as balances."""
    hints = get_type_hints(kind, include_extras=True)
    return frozenset(name for name, hint in hints.items() if hint == Balance)


def to_json(value: object, *, is_amount: bool) -> FieldJson:
    """A field's value as JSON has it."""
    match value:
        case AccountId():
            return encode_ss58(value)
        case bytes():
            return "0x" + value.hex()
        case Enum():
            return value.name.lower()
        case bool() | None:
            return value
        case int():
            return str(value) if is_amount else value
        case _:
            return cast("FieldJson", runtime_json.to_json(value))


def _show(value: FieldJson, by_address: Mapping[str, str]) -> str:
    match value:
        case str():
            return by_address.get(value, value)
        case Mapping():
            inner = (f"{name} {_show(each, by_address)}" for name, each in value.items())
            return f"({', '.join(inner)})"
        case Sequence():
            return f"[{', '.join(_show(each, by_address) for each in value)}]"
        case _:
            return str(value)


def _get_fields(event: PalletEvent) -> list[tuple[str, object]]:
    inner = event.event
    return [(field.name, getattr(inner, field.name)) for field in fields(inner)]  # type: ignore[arg-type]

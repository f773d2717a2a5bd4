"""What commands that send share: one call, the event that tells of it, what came of it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from chain.cli.failure import run_command
from chain.cli.options import Signing
from chain.cli.output import Json, print_fields, print_json
from chain.cli.session import Session, open_session
from chain.wallet.amount import format_amount
from chain.wallet.chain_reader import to_hex
from chain.wallet.errors import BadAnswer
from chain.wallet.submit import Inclusion
from pallets.runtime import Runtime
from runtime.frame import Call, Event

EventT = TypeVar("EventT", bound=Event)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a call: in words, what it was about, and amounts in planck."""

    title: str
    fields: Mapping[str, Json]
    amounts: Mapping[str, int] = field(default_factory=dict[str, int])


def send_one(
    signing: Signing,
    make: Callable[[Runtime], Call],
    doing: str,
    tell: Callable[[Inclusion], Outcome],
) -> None:
    """A command of one call that needs nothing but its arguments."""

    async def run() -> None:
        async with open_session(signing.settings) as session:
            call = make(session.chain.runtime)
            inclusion = await session.send(session.get_key(signing), call, signing, doing)
            outcome = tell(inclusion)
            show_sent(session, outcome.title, outcome.fields, outcome.amounts, (inclusion,))

    run_command(run, as_json=signing.as_json)


def get_event(inclusion: Inclusion, kind: type[EventT]) -> EventT:
    """The event of a kind that a transaction made."""
    for event in inclusion.events:
        if isinstance(event, kind):
            return event
    raise BadAnswer("System.Events", f"there is no {kind.__name__}")


def show_sent(
    session: Session,
    title: str,
    fields: Mapping[str, Json],
    amounts: Mapping[str, int],
    inclusions: tuple[Inclusion, ...],
) -> None:
    """What came of some transactions, and what they cost."""
    amounts = {**amounts, "fees": sum(inclusion.fee for inclusion in inclusions)}
    block = inclusions[-1]
    if session.settings.as_json:
        shown = {name: str(amount) for name, amount in amounts.items()}
        print_json({"done": title, **fields, **shown, "block": to_hex(block.block_hash)})
        return
    people = {name: format_amount(amount) for name, amount in amounts.items()}
    rest = {"block": f"#{block.block_number} {to_hex(block.block_hash)}"}
    print_fields(title, {**fields, **people, **rest})

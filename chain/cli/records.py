"""What the commands of models, datasets and providers have in common."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Final

import typer

from chain.cli.failure import WrongUse
from chain.cli.output import Json, print_fields, print_json, print_table
from chain.cli.session import Session
from chain.wallet.amount import format_amount
from chain.wallet.chain_reader import to_hex
from chain.wallet.errors import BadAnswer
from chain.wallet.jobs import NoSuchRecord
from chain.wallet.submit import Inclusion
from pallets.registry.declarations import Registered
from pallets.registry.types import Parent, Record, Relation, Version
from pallets.runtime import Runtime
from runtime.crypto.ss58 import encode_ss58
from runtime.frame.ai_types import RecordKind
from runtime.primitives import BPS, AccountId

TTL_DEFAULT: Final = 50_000

DatasetArgument = Annotated[
    int, typer.Argument(metavar="DATASET", min=0, help="The dataset's number.")
]
ItemsOption = Annotated[int, typer.Option("--items", min=1, help="How many items it has.")]
SchemaOption = Annotated[
    str, typer.Option("--schema", help="What an item is, in words; its hash is published.")
]
RoyaltyOption = Annotated[
    str, typer.Option("--royalty", metavar="PERCENT", help="Your part of each settlement: 10%.")
]
TtlOption = Annotated[
    int,
    typer.Option("--ttl", min=1, max=100_000, help="Blocks until it expires without a heartbeat."),
]
ParentOption = Annotated[
    list[str] | None,
    typer.Option(
        "--parent",
        metavar="ID:RELATION:PERCENT",
        help="A record it comes from and its part of each settlement: 0:trained-on:5%.",
    ),
]

_PERCENT: Final = re.compile(r"(\d{1,3})(?:\.(\d{1,2}))?\s*%", re.ASCII)


@dataclass(frozen=True, slots=True)
class RecordView:
    """A record with its current version and who earns what of its settlements."""

    number: int
    record: Record
    version: Version
    royalties: tuple[tuple[AccountId, int], ...]
    block_number: int

    @property
    def standing(self) -> str:
        """Whether it can be used."""
        if self.record.state.name == "ACTIVE" and self.record.expires_at <= self.block_number:
            return "expired"
        return self.record.state.name.lower()


def parse_percent(text: str) -> int:
    """A part of a whole in basis points, from `10%` or `2.25 %`."""
    found = _PERCENT.fullmatch(text.strip())
    if found is None:
        raise WrongUse(f"expected a percentage such as 2.5%, got {text!r}")
    bps = int(found[1]) * 100 + int((found[2] or "").ljust(2, "0"))
    if bps > BPS:
        raise WrongUse(f"expected at most 100%, got {text!r}")
    return bps


def format_percent(bps: int) -> str:
    """`10%` from 1,000 basis points."""
    whole, rest = divmod(bps, 100)
    return f"{whole}.{rest:02d}".rstrip("0").rstrip(".") + "%"


def parse_parents(texts: Sequence[str] | None) -> tuple[Parent, ...]:
    """Parents as `--parent` gives them."""
    return tuple(_parse_parent(text) for text in texts or ())


def _parse_parent(text: str) -> Parent:
    parts = text.split(":")
    relations = {relation.name.lower().replace("_", "-"): relation for relation in Relation}
    if len(parts) != 3 or not parts[0].isdecimal() or parts[1] not in relations:
        names = ", ".join(relations)
        raise WrongUse(f"--parent: expected ID:RELATION:PERCENT ({names}), got {text!r}")
    return Parent(int(parts[0]), relations[parts[1]], parse_percent(parts[2]))


def read_record(runtime: Runtime, number: int, kind: RecordKind) -> RecordView:
    """A record of a kind; `NoSuchRecord`."""
    record = runtime.registry.record.get(number)
    if record is None or record.kind is not kind:
        raise NoSuchRecord(f"expected the number of a {kind.name.lower()}, got {number}")
    version = runtime.registry.version[number, record.version]
    royalties = runtime.registry.records.get_royalties(number, record.version)
    now = runtime.system.get_block_number()
    return RecordView(number, record, version, royalties, now)


def get_registered(inclusions: Sequence[Inclusion]) -> Registered:
    """The record that some transactions registered."""
    for inclusion in inclusions:
        for event in inclusion.events:
            if isinstance(event, Registered):
                return event
    raise BadAnswer("System.Events", "nothing was registered")


def show_registered(
    session: Session, event: Registered, inclusions: Sequence[Inclusion], extra: dict[str, str]
) -> None:
    """Tells the number of a new record and what it cost."""
    fee = sum(inclusion.fee for inclusion in inclusions)
    kind = event.kind.name.lower()
    if session.settings.as_json:
        print_json(
            {
                "id": event.record,
                "kind": kind,
                "owner": encode_ss58(event.owner),
                "expiresAt": event.expires_at,
                "fee": str(fee),
                "block": to_hex(inclusions[-1].block_hash),
                **extra,
            }
        )
        return
    print_fields(
        f"{kind} {event.record} is registered",
        {
            "owner": session.show(event.owner),
            "expires at": f"block #{event.expires_at}",
            "fees": format_amount(fee),
            "block": f"#{inclusions[-1].block_number} {to_hex(inclusions[-1].block_hash)}",
            **_name_for_people(extra),
        },
    )


def show_record(session: Session, view: RecordView, extra: dict[str, str | int]) -> None:
    """A record with what its body says."""
    record, version = view.record, view.version
    if session.settings.as_json:
        print_json(_to_json(view, extra))
        return
    fields: dict[str, object] = {
        "owner": session.show(record.owner),
        "state": view.standing,
        "version": record.version,
        "expires at": f"block #{record.expires_at}",
        "deposit": format_amount(record.deposit),
        **_name_for_people(extra),
    }
    print_fields(f"{record.kind.name.lower()} {view.number}", fields)
    if version.parents:
        rows = [
            (
                parent.record,
                parent.relation.name.lower().replace("_", " "),
                format_percent(parent.bps),
            )
            for parent in version.parents
        ]
        print_table("", ("parent", "relation", "its part"), rows)
    if view.royalties:
        rows_of_royalties = [
            (session.show(who), format_percent(bps)) for who, bps in view.royalties
        ]
        print_table("", ("royalties of each settlement", "part"), rows_of_royalties)


def _name_for_people(fields: Mapping[str, object]) -> dict[str, object]:
    """`macs per row` from `macsPerRow`."""
    return {
        "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in name): value
        for name, value in fields.items()
    }


def _to_json(view: RecordView, extra: dict[str, str | int]) -> Json:
    record, version = view.record, view.version
    return {
        "id": view.number,
        "kind": record.kind.name.lower(),
        "owner": encode_ss58(record.owner),
        "state": view.standing,
        "version": record.version,
        "expiresAt": record.expires_at,
        "deposit": str(record.deposit),
        "manifestRoot": to_hex(version.manifest_root),
        "royaltyBps": version.royalty_bps,
        "parents": [
            {
                "id": parent.record,
                "relation": parent.relation.name.lower(),
                "bps": parent.bps,
            }
            for parent in version.parents
        ],
        "royalties": [{"account": encode_ss58(who), "bps": bps} for who, bps in view.royalties],
        **extra,
    }

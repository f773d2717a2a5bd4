"""`soberana chain`: the head, blocks, and how much of their work was useful."""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Final

import typer

from chain.cli.failure import WrongUse, run_command
from chain.cli.options import Settings, expand_options
from chain.cli.output import Json, print_fields, print_json, print_table
from chain.cli.session import Session, open_session
from chain.wallet.amount import format_amount
from chain.wallet.chain_reader import to_hex
from chain.wallet.history import describe_event
from pallets.runtime import Runtime
from pallets.work.types import Receipt
from runtime.crypto.ss58 import encode_ss58
from runtime.header import Header
from runtime.pre_digest import compute_work, get_pre_digest
from runtime.primitives import AccountId, Hash
from runtime.work_summary import Lane

app = typer.Typer(no_args_is_help=True)

_HASH: Final = re.compile(r"0x[0-9a-fA-F]{64}")


@dataclass(frozen=True, slots=True)
class WorkTotals:
    """What some blocks' work came to."""

    first: int
    last: int
    lanes: Mapping[Lane, int]
    total_macs: int
    useful_macs: int

    @property
    def task_blocks(self) -> int:
        """Blocks mined with products that somebody paid for."""
        return self.lanes.get(Lane.TASK, 0)

    @property
    def useful_share(self) -> str:
        """Useful of all, in percent with one decimal, rounded down."""
        permille = self.useful_macs * 1_000 // self.total_macs if self.total_macs else 0
        return f"{permille // 10}.{permille % 10} %"


def read_work(runtime: Runtime, first: int, last: int) -> WorkTotals:
    """The sums over the receipts of a range of blocks; those no longer kept count for nothing."""
    found = (runtime.work.receipt.get(number) for number in range(first, last + 1))
    receipts: list[Receipt] = [receipt for receipt in found if receipt is not None]
    return WorkTotals(
        first,
        last,
        Counter(receipt.lane for receipt in receipts),
        sum(receipt.total_macs for receipt in receipts),
        sum(receipt.useful_macs for receipt in receipts),
    )


@app.command()
@expand_options
def head(*, settings: Settings) -> None:
    """Show the best block and the newest final one."""

    async def run() -> None:
        async with open_session(settings) as session:
            chain = session.chain
            best, final = await chain.get_head(), await chain.get_finalised_head()
            header, final_header = await chain.get_header(best), await chain.get_header(final)
            name = await chain.rpc.call(str, "system_chain")
            if settings.as_json:
                print_json(
                    {
                        "chain": name,
                        "number": header.number,
                        "hash": to_hex(best),
                        "stateRoot": to_hex(header.state_root),
                        "finalNumber": final_header.number,
                        "finalHash": to_hex(final),
                        "genesis": to_hex(chain.genesis_hash),
                    }
                )
                return
            print_fields(
                name,
                {
                    "best": f"#{header.number} {to_hex(best)}",
                    "final": f"#{final_header.number} {to_hex(final)}",
                    "state root": to_hex(header.state_root),
                    "genesis": to_hex(chain.genesis_hash),
                },
            )

    run_command(run, as_json=settings.as_json)


@app.command()
@expand_options
def block(
    which: Annotated[
        str, typer.Argument(metavar="BLOCK", help="A number, a hash, head or final.")
    ] = "head",
    *,
    settings: Settings,
) -> None:
    """Show a block: who made it with what work, what is in it, what happened."""

    async def run() -> None:
        ensure_block_name(which)
        async with open_session(settings) as session:
            block_hash = await find_block(session, which)
            header = await session.chain.get_header(block_hash)
            await _show_block(session, block_hash, header)

    run_command(run, as_json=settings.as_json)


@app.command()
@expand_options
def work(
    last: Annotated[
        int, typer.Option("--last", min=1, max=4_096, help="How many blocks to sum over.")
    ] = 100,
    *,
    settings: Settings,
) -> None:
    """Show how many blocks each lane made, and how much of the work was useful."""

    async def run() -> None:
        async with open_session(settings) as session:
            chain = session.chain
            at = await chain.get_head()
            number = (await chain.get_header(at)).number
            first = max(1, number - last + 1)
            totals = await chain.read(lambda runtime: read_work(runtime, first, number), at)
            emitted = await chain.read(lambda runtime: runtime.work.emitted.get(), at)
            _show_work(totals, emitted, as_json=settings.as_json)

    run_command(run, as_json=settings.as_json)


def ensure_block_name(which: str) -> None:
    """`WrongUse` unless the text can name a block."""
    if which not in ("head", "final") and not which.isdecimal() and not _HASH.fullmatch(which):
        raise WrongUse(f"expected the number or hash of a block, head or final, got {which!r}")


async def find_block(session: Session, which: str) -> Hash:
    """The hash of the block that a text names; `UnknownBlock`."""
    if which == "head":
        return await session.chain.get_head()
    if which == "final":
        return await session.chain.get_finalised_head()
    if which.isdecimal():
        return await session.chain.get_block_hash(int(which))
    return Hash(bytes.fromhex(which.removeprefix("0x")))


async def _show_block(session: Session, block_hash: Hash, header: Header) -> None:
    chain = session.chain
    extrinsics = await chain.get_extrinsics(block_hash)
    records = await chain.get_events(block_hash)
    receipt = await chain.read(lambda runtime: runtime.work.receipt.get(header.number), block_hash)
    pre_digest = get_pre_digest(header.digest)
    events = [describe_event(chain, record.event, header.number, block_hash) for record in records]
    signers = [None if each.signer is None else each.signer.get_account() for each in extrinsics]
    calls = [f"{each.call.pallet_name}.{each.call.spec.name}" for each in extrinsics]
    if session.settings.as_json:
        print_json(
            {
                "number": header.number,
                "hash": to_hex(block_hash),
                "parent": to_hex(header.parent_hash),
                "stateRoot": to_hex(header.state_root),
                "author": None if pre_digest is None else encode_ss58(pre_digest.author),
                "timeMs": None if pre_digest is None else pre_digest.time_ms,
                "work": None if pre_digest is None else str(compute_work(pre_digest.target)),
                "lane": None if receipt is None else receipt.lane.name.lower(),
                "usefulMacs": None if receipt is None else str(receipt.useful_macs),
                "extrinsics": [
                    {"call": call, "signer": _address_or_none(signer)}
                    for call, signer in zip(calls, signers, strict=True)
                ],
                "events": [
                    {"pallet": event.pallet, "event": event.name, "fields": dict(event.fields)}
                    for event in events
                ],
            }
        )
        return
    fields: dict[str, object] = {"hash": to_hex(block_hash), "parent": to_hex(header.parent_hash)}
    fields["state root"] = to_hex(header.state_root)
    if pre_digest is not None:
        fields["author"] = session.show(pre_digest.author)
        fields["work"] = f"{compute_work(pre_digest.target):_} MACs"
    if receipt is not None:
        lane = receipt.lane.name.lower()
        fields["lane"] = f"{lane}, {receipt.useful_macs:_} useful MACs"
    print_fields(f"block #{header.number}", fields)
    shown = [
        (index, call, "" if signer is None else session.show(signer))
        for index, (call, signer) in enumerate(zip(calls, signers, strict=True))
    ]
    print_table("", ("extrinsic", "call", "signer"), shown)
    happened = [(f"{each.pallet}.{each.name}", each.describe(session.names)) for each in events]
    print_table("", ("event", "what"), happened)


def _address_or_none(account: AccountId | None) -> Json:
    return None if account is None else encode_ss58(account)


def _show_work(totals: WorkTotals, emitted: int, *, as_json: bool) -> None:
    lanes = {lane.name.lower(): totals.lanes.get(lane, 0) for lane in Lane}
    if as_json:
        print_json(
            {
                "firstBlock": totals.first,
                "lastBlock": totals.last,
                "lanes": lanes,
                "totalMacs": str(totals.total_macs),
                "usefulMacs": str(totals.useful_macs),
                "emitted": str(emitted),
            }
        )
        return
    print_fields(
        f"work of blocks #{totals.first} to #{totals.last}",
        {
            **{f"{lane} lane": f"{count} blocks" for lane, count in lanes.items()},
            "MACs": f"{totals.total_macs:_}",
            "useful": f"{totals.useful_macs:_} ({totals.useful_share})",
            "minted for all blocks": f"{format_amount(emitted)}, as far as it was claimed",
        },
    )

"""`soberana provider`: register as one with a bond, work, and see how it is doing."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Final

import typer

from chain.cli import provide
from chain.cli.failure import WrongUse, run_command
from chain.cli.job_kinds import KindOption, parse_kinds
from chain.cli.options import Settings, Signing, expand_options
from chain.cli.output import print_fields, print_json
from chain.cli.records import TTL_DEFAULT, TtlOption, get_registered, show_registered
from chain.cli.session import Session, open_session
from chain.wallet.amount import format_amount, parse_amount
from chain.wallet.jobs import NoSuchRecord
from chain.wallet.publishing import (
    RecordTerms,
    batch_calls,
    make_bond_call,
    make_provider_body,
    make_register_call,
)
from pallets.bonds.types import Bond
from pallets.market.types import Stats
from pallets.registry.types import KindPrice, Provider
from pallets.runtime import Runtime
from pallets.work import Rate
from runtime.codec import encode
from runtime.crypto.ss58 import encode_ss58
from runtime.frame.ai_types import ProviderInfo, RecordKind, Role
from runtime.primitives import AccountId
from runtime.tensor.blob import blob_root

app = typer.Typer(no_args_is_help=True)
app.command()(provide.run)

_ATTRIBUTE: Final = re.compile(r"([a-z][a-z0-9_]{0,15})=(.{1,64})")


@dataclass(frozen=True, slots=True)
class ProviderView:
    """All that the chain knows of one provider."""

    info: ProviderInfo
    bond: Bond
    stats: Stats
    busy: int
    says: Mapping[str, str]
    """What it declares of itself; nobody checks it."""

    rate: Rate
    block_number: int

    @property
    def benchmark(self) -> int:
        """The multiply-accumulates that its blocks proved lately, for each block of the chain."""
        return self.rate.compute_benchmark(self.block_number)


@app.command()
@expand_options
def register(
    *,
    signing: Signing,
    bond: Annotated[
        str, typer.Option("--bond", metavar="AMOUNT", help="Collateral that wrong results cost.")
    ] = "100 SBR",
    price: Annotated[
        str, typer.Option("--price", metavar="AMOUNT", help="The least you ask for a slot.")
    ] = "1 SBR",
    parallel: Annotated[
        int, typer.Option("--parallel", min=1, max=1_024, help="Slots at a time.")
    ] = 16,
    endpoint: Annotated[str, typer.Option("--endpoint", help="Where you can be reached.")] = "",
    attribute: Annotated[
        list[str] | None,
        typer.Option("--attribute", metavar="NAME=VALUE", help="What you have: gpu=H200."),
    ] = None,
    kind: KindOption = None,
    ttl: TtlOption = TTL_DEFAULT,
) -> None:
    """Register as a provider of inference and put down the bond, in one transaction."""

    async def run() -> None:
        amount, unit_price = parse_amount(bond), parse_amount(price)
        prices = tuple(KindPrice(each, unit_price) for each in parse_kinds(kind))
        body = make_provider_body(endpoint, parse_attributes(attribute), unit_price, parallel)
        body = replace(body, prices=prices)
        async with open_session(signing.settings) as session:
            pair, runtime = session.get_key(signing), session.chain.runtime
            terms = RecordTerms(0, ttl)
            calls = [make_register_call(runtime, body, blob_root(encode(body)), terms)]
            if amount:
                calls.append(make_bond_call(runtime, amount))
            batch = batch_calls(runtime, calls)
            inclusions = await session.send_all(pair, batch, signing, "registering")
            extra = {"bond": str(amount) if signing.as_json else format_amount(amount)}
            show_registered(session, get_registered(inclusions), inclusions, extra)

    run_command(run, as_json=signing.as_json)


@app.command()
@expand_options
def status(
    which: Annotated[
        str, typer.Argument(metavar="PROVIDER", help="Its record's number, or its account.")
    ],
    *,
    settings: Settings,
) -> None:
    """Show a provider: what it asks, its bond, its work so far."""
    settings = replace(settings, allow_dev_keys=True)

    async def run() -> None:
        async with open_session(settings) as session:
            if which.isdecimal():
                number = int(which)
                view = await session.chain.read(lambda runtime: read_provider(runtime, number))
            else:
                who = session.get_account(which)
                view = await session.chain.read(lambda runtime: find_provider(runtime, who))
            show_provider(session, view)

    run_command(run, as_json=settings.as_json)


def parse_attributes(texts: list[str] | None) -> dict[str, str]:
    """Attributes as `--attribute` gives them."""
    attributes: dict[str, str] = {}
    for text in texts or ():
        found = _ATTRIBUTE.fullmatch(text)
        if found is None or found[1] in attributes:
            raise WrongUse(f"--attribute: expected NAME=VALUE, each name once, got {text!r}")
        attributes[found[1]] = found[2]
    return attributes


def read_provider(runtime: Runtime, number: int) -> ProviderView:
    """A provider by its record's number; `NoSuchRecord`."""
    info = runtime.registry.records.get_provider(number)
    if info is None:
        raise NoSuchRecord(f"expected the number of a provider, got {number}")
    return ProviderView(
        info,
        runtime.bonds.bond_[info.owner, Role.PROVIDER],
        runtime.market.stats[number],
        runtime.market.busy[number],
        _read_attributes(runtime, info),
        runtime.work.rate[info.owner],
        runtime.system.get_block_number(),
    )


def _read_attributes(runtime: Runtime, info: ProviderInfo) -> dict[str, str]:
    body = runtime.registry.version[info.id, info.version].body
    assert isinstance(body, Provider), "it is a provider's record; qed"
    return {each.name: each.value for each in body.attributes}


def find_provider(runtime: Runtime, who: AccountId) -> ProviderView:
    """An account's newest provider record; `NoSuchRecord`."""
    numbers = [
        number
        for (_, number), kind in runtime.registry.by_owner.items(who)
        if kind is RecordKind.PROVIDER
    ]
    if not numbers:
        raise NoSuchRecord(f"{encode_ss58(who)} has no provider record")
    return read_provider(runtime, max(numbers))


def show_provider(session: Session, view: ProviderView) -> None:
    """Everything in one list."""
    info, bond, stats = view.info, view.bond, view.stats
    unbonding = sum(chunk.amount for chunk in bond.unbonding)
    is_frozen = bond.frozen_until > view.block_number
    prices = {kind.name.lower(): price for kind, price in info.prices}
    if session.settings.as_json:
        print_json(
            {
                "id": info.id,
                "owner": encode_ss58(info.owner),
                "hireable": info.is_hireable,
                "expiresAt": info.expires_at,
                "prices": {kind: str(price) for kind, price in prices.items()},
                "maxParallel": info.max_parallel,
                "busy": view.busy,
                "bond": {
                    "active": str(bond.active),
                    "locked": str(bond.locked),
                    "unbonding": str(unbonding),
                    "frozen": is_frozen,
                },
                "settled": stats.settled,
                "failed": stats.failed,
                "earned": str(stats.value),
                "attributes": dict(view.says),
                "provenMacsPerBlock": str(view.benchmark),
                "provenPeak": str(view.rate.peak),
            }
        )
        return
    frozen = f", frozen until block #{bond.frozen_until}" if is_frozen else ""
    print_fields(
        f"provider {info.id}",
        {
            "owner": session.show(info.owner),
            "state": "can be hired" if info.is_hireable else "cannot be hired",
            "expires at": f"block #{info.expires_at}",
            "asks": ", ".join(f"{format_amount(price)} ({kind})" for kind, price in prices.items()),
            "at work on": f"{view.busy} of {info.max_parallel} slots",
            "bond": f"{format_amount(bond.active)} free, {format_amount(bond.locked)} locked, "
            f"{format_amount(unbonding)} leaving{frozen}",
            "slots": f"{stats.settled} settled, {stats.failed} failed",
            "prices settled": format_amount(stats.value),
            "says it has": ", ".join(f"{name}={text}" for name, text in view.says.items()) or "-",
            "has proven": f"{view.benchmark:_} MACs a block lately, {view.rate.peak:_} at most",
        },
    )

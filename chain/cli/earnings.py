"""`soberana miner rewards` and `claim`, `job price`: what work earns, and what it costs."""

from dataclasses import replace
from typing import Annotated

import typer

from chain.cli.failure import WrongUse, run_command
from chain.cli.options import Settings, Signing, expand_options
from chain.cli.output import Json, print_fields, print_json, print_line, print_table
from chain.cli.session import Session, open_session
from chain.errors import NodeError
from chain.wallet.amount import format_amount
from chain.wallet.transaction import make_call
from pallets.runtime import Runtime
from pallets.work.declarations import EraClaimed
from pallets.work.eras import Payout
from pallets.work.prices import GoingPrice
from runtime.crypto.ss58 import encode_ss58
from runtime.frame.ai_types import JobKind
from runtime.primitives import AccountId

app = typer.Typer()
prices = typer.Typer()

LastOption = Annotated[
    int, typer.Option("--last", min=1, max=1_000, help="How many eras to look back.")
]

_WITHOUT_MODEL = (JobKind.TRAIN, JobKind.RENDER, JobKind.COMPUTE_TO_DATA)


class NothingEarned(NodeError):
    """There is nothing to claim."""


@app.command()
@expand_options
def rewards(
    account: Annotated[str, typer.Argument(metavar="ACCOUNT", help="Who made the blocks.")],
    last: LastOption = 100,
    *,
    settings: Settings,
) -> None:
    """Show what an account's blocks earned that nobody has claimed, and what they proved."""

    async def run() -> None:
        async with open_session(replace(settings, allow_dev_keys=True)) as session:
            who = session.get_account(account)
            found = await session.chain.read(lambda runtime: read_payouts(runtime, who, last))
            benchmark = await session.chain.read(lambda runtime: runtime.work.get_benchmark(who))
            _show_rewards(session, who, found, benchmark)

    run_command(run, as_json=settings.as_json)


@app.command()
@expand_options
def claim(
    *,
    signing: Signing,
    author: Annotated[
        str | None, typer.Option("--author", metavar="ACCOUNT", help="Whose blocks. [the signer's]")
    ] = None,
    last: LastOption = 100,
) -> None:
    """Have minted what an author's blocks earned, era by era: anybody may, and pays no fee."""

    async def run() -> None:
        async with open_session(signing.settings) as session:
            pair = session.get_key(signing)
            who = pair.account if author is None else session.get_account(author)
            found = await session.chain.read(lambda runtime: read_payouts(runtime, who, last))
            if not found:
                raise NothingEarned(f"{encode_ss58(who)}: nothing to claim of the last {last} eras")
            claim_era = session.chain.runtime.work.claim_era
            calls = [make_call(claim_era, era, who) for era in found]
            inclusions = await session.send_all(pair, calls, signing, "claiming")
            events = [event for each in inclusions for event in each.events]
            _show_claimed(session, who, [e for e in events if isinstance(e, EraClaimed)])

    run_command(run, as_json=signing.as_json)


@prices.command()
@expand_options
def price(
    model: Annotated[
        int | None, typer.Argument(metavar="MODEL", min=0, help="The model's number.")
    ] = None,
    kind: Annotated[
        str | None, typer.Option("--kind", help="Of jobs without a model: train, render …")
    ] = None,
    *,
    settings: Settings,
) -> None:
    """Show the going price of a unit of work: a million MACs, or other integers."""

    async def run() -> None:
        at = JobKind.INFER if kind is None else parse_kind(kind), model
        if (model is None) == (kind is None):
            raise WrongUse("expected either a model or a kind of job")
        async with open_session(settings) as session:
            unit, entry = await session.chain.read(lambda runtime: read_price(runtime, *at))
            _show_price(session, unit, entry)

    run_command(run, as_json=settings.as_json)


def parse_kind(text: str) -> JobKind:
    """A kind of job that runs no registered model. Errors: `WrongUse`."""
    known = {kind.name.lower(): kind for kind in _WITHOUT_MODEL}
    if text not in known:
        raise WrongUse(f"--kind: expected one of {', '.join(known)}, got {text!r}")
    return known[text]


def read_payouts(runtime: Runtime, who: AccountId, last: int) -> dict[int, Payout]:
    """What an author can claim of so many eras before this one."""
    first = max(runtime.work.get_era_index() - last, 0)
    return dict(runtime.work.iter_payouts(who, first))


def read_price(runtime: Runtime, kind: JobKind, model: int | None) -> tuple[int, GoingPrice]:
    """The price now, and as of the last slot that was taken."""
    work = runtime.work
    return work.prices.get_unit_price(kind, model), work.price[kind, model]


def _show_rewards(
    session: Session, who: AccountId, found: dict[int, Payout], benchmark: int
) -> None:
    total = sum(each.reward for each in found.values())
    if session.settings.as_json:
        eras: list[Json] = [{"era": era, "reward": str(each.reward)} for era, each in found.items()]
        print_json(
            {
                "account": encode_ss58(who),
                "macsPerBlock": str(benchmark),
                "total": str(total),
                "eras": eras,
            }
        )
        return
    fields = {
        "account": session.show(who),
        "proven lately": f"{benchmark:_} MACs a block",
        "to claim": format_amount(total),
    }
    print_fields("rewards", fields)
    if found:
        rows = [(era, format_amount(each.reward)) for era, each in found.items()]
        print_table("", ("era", "reward"), rows)


def _show_claimed(session: Session, who: AccountId, claimed: list[EraClaimed]) -> None:
    amount, tithe = sum(each.amount for each in claimed), sum(each.tithe for each in claimed)
    if session.settings.as_json:
        print_json(
            {
                "account": encode_ss58(who),
                "eras": [each.era for each in claimed],
                "amount": str(amount),
                "treasury": str(tithe),
            }
        )
        return
    print_line(
        f"{format_amount(amount)} for {session.show(who)}, of {len(claimed)} eras, "
        f"and {format_amount(tithe)} for the treasury"
    )


def _show_price(session: Session, unit: int, entry: GoingPrice) -> None:
    taken_at = entry.taken_at or None
    if session.settings.as_json:
        print_json({"unit": str(unit), "usedBps": entry.used_bps, "takenAt": taken_at})
        return
    fields = {
        "a unit": format_amount(unit),
        "in use": f"{entry.used_bps // 100} %",
        "last taken": "never" if taken_at is None else f"block #{taken_at}",
    }
    print_fields("going price", fields)

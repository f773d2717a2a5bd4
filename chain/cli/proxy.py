"""`soberana proxy`: accounts that call for others, at once or after a time to stop them."""

from collections.abc import Callable
from typing import Annotated

import typer

from chain.cli.calls import (
    CallHashArgument,
    CallOption,
    compute_call_hash,
    ensure_done,
    name_call,
    parse_call,
    parse_call_hash,
)
from chain.cli.failure import WrongUse, guard, run_command
from chain.cli.options import Settings, Signing, expand_options
from chain.cli.output import Json
from chain.cli.proxy_view import name_type, read_proxies, show_proxies
from chain.cli.sending import get_event, show_sent
from chain.cli.session import Session, open_session
from chain.wallet.chain_reader import to_hex
from chain.wallet.errors import WalletError
from chain.wallet.transaction import make_call
from pallets.proxy.declarations import Announced, ProxyDefinition, ProxyExecuted, ProxyType
from pallets.runtime import Runtime
from runtime.address import Id
from runtime.crypto.ss58 import encode_ss58
from runtime.frame import Call
from runtime.primitives import AccountId, Hash

app = typer.Typer(no_args_is_help=True)

TYPES = ", ".join(name_type(each) for each in ProxyType)
DeputyArgument = Annotated[
    str, typer.Argument(metavar="DEPUTY", help="The account that calls for you.")
]
RealArgument = Annotated[
    str, typer.Argument(metavar="ACCOUNT", help="The account for which you call.")
]
TypeOption = Annotated[
    str | None, typer.Option("--type", metavar="TYPE", help=f"Only that one of {TYPES}.")
]


class NoSuchProxy(WalletError):
    """Nobody calls for the account in that way."""


@app.command()
@expand_options
def add(
    deputy: DeputyArgument,
    *,
    signing: Signing,
    kind: Annotated[
        str, typer.Option("--type", metavar="TYPE", help=f"What it may do: one of {TYPES}.")
    ],
    delay: Annotated[
        int, typer.Option("--delay", min=0, help="How many blocks ahead it announces a call.")
    ] = 0,
) -> None:
    """Let another account call for you."""
    proxy_type = guard(lambda: parse_type(kind), as_json=signing.as_json)

    async def run() -> None:
        async with open_session(signing.settings) as session:
            pair, who = session.get_key(signing), session.get_account(deputy)
            proxy = session.chain.runtime.proxy
            adding = make_call(proxy.add_proxy, Id(who), proxy_type, delay)
            sent = await session.send(pair, adding, signing, "adding")
            fields: dict[str, Json] = {
                "deputy": encode_ss58(who),
                "type": name_type(proxy_type),
                "delay": delay,
            }
            show_sent(session, f"{session.show(who)} may call for you", fields, {}, (sent,))

    run_command(run, as_json=signing.as_json)


@app.command()
@expand_options
def remove(deputy: DeputyArgument, *, signing: Signing, kind: TypeOption = None) -> None:
    """Let an account no longer call for you; what was held for it comes back."""
    wanted = guard(lambda: parse_type_or_none(kind), as_json=signing.as_json)

    async def run() -> None:
        async with open_session(signing.settings) as session:
            pair, who = session.get_key(signing), session.get_account(deputy)
            found = await find_proxies(session, pair.account, who, wanted)
            calls = [
                make_call(
                    session.chain.runtime.proxy.remove_proxy, Id(who), each.proxy_type, each.delay
                )
                for each in found
            ]
            sent = await session.send_all(pair, calls, signing, "removing")
            fields: dict[str, Json] = {"deputy": encode_ss58(who), "removed": len(found)}
            show_sent(session, f"{session.show(who)} no longer calls for you", fields, {}, sent)

    run_command(run, as_json=signing.as_json)


@app.command("list")
@expand_options
def list_proxies(
    account: Annotated[
        str | None, typer.Argument(metavar="ACCOUNT", help="Only what is about this account.")
    ] = None,
    *,
    settings: Settings,
) -> None:
    """Who may call for whom, and the calls that were announced."""

    async def run() -> None:
        async with open_session(settings) as session:
            about = None if account is None else session.get_account(account)
            show_proxies(session, await session.chain.read(lambda at: read_proxies(at, about)))

    run_command(run, as_json=settings.as_json)


@app.command()
@expand_options
def call(
    real: RealArgument, *, signing: Signing, call: CallOption, kind: TypeOption = None
) -> None:
    """Call for another account; one that lets you with a delay needs it announced before."""
    wanted = guard(lambda: parse_type_or_none(kind), as_json=signing.as_json)

    async def run() -> None:
        async with open_session(signing.settings) as session:
            pair, account = session.get_key(signing), session.get_account(real)
            runtime = session.chain.runtime
            inner = parse_call(runtime, call)
            used = (await find_proxies(session, account, pair.account, wanted))[0]
            if used.delay == 0:
                calling = make_call(runtime.proxy.proxy, Id(account), wanted, inner)
            else:
                deputy = Id(pair.account)
                announced = runtime.proxy.proxy_announced
                calling = make_call(announced, deputy, Id(account), wanted, inner)
            sent = await session.send(pair, calling, signing, "calling")
            ensure_done(runtime, inner, get_event(sent, ProxyExecuted).result)
            fields: dict[str, Json] = {
                "account": encode_ss58(account),
                "type": name_type(used.proxy_type),
            }
            title = f"{name_call(inner)} is done for {session.show(account)}"
            show_sent(session, title, fields, {}, (sent,))

    run_command(run, as_json=signing.as_json)


@app.command()
@expand_options
def announce(real: RealArgument, *, signing: Signing, call: CallOption) -> None:
    """Announce a call for an account that lets you with a delay."""

    async def run() -> None:
        async with open_session(signing.settings) as session:
            pair, account = session.get_key(signing), session.get_account(real)
            runtime = session.chain.runtime
            inner = parse_call(runtime, call)
            used = (await find_proxies(session, account, pair.account, None))[0]
            call_hash = compute_call_hash(runtime, inner)
            announcing = make_call(runtime.proxy.announce, Id(account), call_hash)
            sent = await session.send(pair, announcing, signing, "announcing")
            fields: dict[str, Json] = {
                "account": encode_ss58(account),
                "hash": to_hex(get_event(sent, Announced).call_hash),
                "from block": sent.block_number + used.delay,
            }
            show_sent(session, f"{name_call(inner)} is announced", fields, {}, (sent,))

    run_command(run, as_json=signing.as_json)


@app.command()
@expand_options
def unannounce(real: RealArgument, call_hash: CallHashArgument, *, signing: Signing) -> None:
    """Take back a call that you announced."""
    end_announcement(
        signing,
        real,
        call_hash,
        lambda runtime, who, meant: make_call(runtime.proxy.remove_announcement, Id(who), meant),
    )


@app.command()
@expand_options
def reject(deputy: DeputyArgument, call_hash: CallHashArgument, *, signing: Signing) -> None:
    """Stop a call that somebody announced for you."""
    end_announcement(
        signing,
        deputy,
        call_hash,
        lambda runtime, who, meant: make_call(runtime.proxy.reject_announcement, Id(who), meant),
    )


# --- parts of the above


def end_announcement(
    signing: Signing,
    other: str,
    call_hash: str,
    make: Callable[[Runtime, AccountId, Hash], Call],
) -> None:
    """A command that ends the announcement of a call between the signer and another account."""

    async def run() -> None:
        meant = parse_call_hash(call_hash)
        async with open_session(signing.settings) as session:
            pair, who = session.get_key(signing), session.get_account(other)
            ending = make(session.chain.runtime, who, meant)
            sent = await session.send(pair, ending, signing, "ending")
            show_sent(session, "no longer announced", {"hash": to_hex(meant)}, {}, (sent,))

    run_command(run, as_json=signing.as_json)


async def find_proxies(
    session: Session, real: AccountId, deputy: AccountId, wanted: ProxyType | None
) -> tuple[ProxyDefinition, ...]:
    """In which ways one account calls for another, the one that counts first; `NoSuchProxy`."""
    found = tuple(
        each
        for each in await session.chain.read(lambda at: at.proxy.proxies[real][0])
        if each.delegate == deputy and wanted in (None, each.proxy_type)
    )
    if not found:
        kind = "any type" if wanted is None else f"type {name_type(wanted)}"
        raise NoSuchProxy(
            f"expected {session.show(deputy)} to be a proxy of {session.show(real)} of {kind}, "
            "got none; `soberana proxy list` shows who calls for whom"
        )
    return found


def parse_type(text: str) -> ProxyType:
    """A type by its name; `WrongUse`."""
    names = {name_type(each): each for each in ProxyType}
    if text not in names:
        raise WrongUse(f"--type: expected one of {TYPES}, got {text!r}")
    return names[text]


def parse_type_or_none(text: str | None) -> ProxyType | None:
    """The same where it need not be said."""
    return None if text is None else parse_type(text)

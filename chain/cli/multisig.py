"""`soberana multisig`: accounts that several own, and the calls on which enough of them agree."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated

import typer

from chain.cli.accounts import resolve_account
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
from chain.cli.multisig_owners import Owners, OwnersGiven, find_owners
from chain.cli.multisig_view import Operation, read_operation, read_operations, show_operations
from chain.cli.options import BasePathOption, JsonOption, Settings, Signing, expand_options
from chain.cli.output import print_json, print_line
from chain.cli.places import find_places
from chain.cli.sending import get_event, show_sent
from chain.cli.session import Session, open_session
from chain.keystore import KeyPair
from chain.wallet.chain_reader import to_hex
from chain.wallet.errors import WalletError
from chain.wallet.submit import Inclusion
from chain.wallet.transaction import make_call
from pallets.multisig.declarations import MultisigExecuted
from pallets.runtime import Runtime
from runtime.crypto.ss58 import encode_ss58
from runtime.frame import Call
from runtime.primitives import AccountId, Hash, Weight

app = typer.Typer(no_args_is_help=True)

NOTHING_RUNS = Weight(0, 0)
"""What an approval may run that is not the last one."""


class NotOpen(WalletError):
    """No such call waits for approvals."""


class OutOfTurn(WalletError):
    """The call does not wait for this, or not from this owner; nothing was paid."""


@dataclass(frozen=True, slots=True)
class Signatory:
    """One of the owners, connected, with the key that signs."""

    session: Session
    signing: Signing
    pair: KeyPair
    owners: Owners
    others: tuple[AccountId, ...]

    @property
    def runtime(self) -> Runtime:
        """For calls and their codec."""
        return self.session.chain.runtime

    @property
    def name(self) -> str:
        """The owner who signs, for people."""
        return self.session.show(self.pair.account)

    async def send(self, call: Call, doing: str) -> Inclusion:
        """Signs and sends."""
        return await self.session.send(self.pair, call, self.signing, doing)

    async def get_open(self, text: str) -> Operation:
        """The open operation of a call's hash; `NotOpen`."""
        account, call_hash = self.owners.account, parse_call_hash(text)
        found = await read_operation(self.session.chain, account, call_hash)
        if found is None:
            raise NotOpen(
                f"no call {to_hex(call_hash)} of {encode_ss58(account)}, which these owners have "
                f"with a threshold of {self.owners.threshold}, waits for approvals; "
                "`soberana multisig list` shows those that do"
            )
        return found

    def show(self, title: str, call_hash: Hash, sent: Inclusion, approvals: int = 0) -> None:
        """What came of it."""
        fields = {"account": encode_ss58(self.owners.account), "hash": to_hex(call_hash)}
        if approvals:
            fields["approvals"] = f"{approvals} of {self.owners.threshold}"
        show_sent(self.session, title, fields, {}, (sent,))


def act(given: OwnersGiven, signing: Signing, step: Callable[[Signatory], Awaitable[None]]) -> None:
    """A command that one of the owners signs."""

    async def run() -> None:
        async with open_session(signing.settings) as session:
            pair, owners = session.get_key(signing), find_owners(given, session.get_account)
            others = owners.get_others(pair.account, session.show)
            await step(Signatory(session, signing, pair, owners, others))

    run_command(run, as_json=signing.as_json)


@app.command()
@expand_options
def address(
    *, given: OwnersGiven, base_path: BasePathOption = None, as_json: JsonOption = False
) -> None:
    """Say which account these owners have together; no node is asked."""

    def run() -> None:
        places = find_places(base_path)
        owners = find_owners(given, lambda text: resolve_account(text, places, is_dev_allowed=True))
        account = encode_ss58(owners.account)
        if as_json:
            signatories = [encode_ss58(each) for each in owners.signatories]
            print_json(
                {"account": account, "signatories": signatories, "threshold": owners.threshold}
            )
        else:
            print_line(account)

    guard(run, as_json=as_json)


@app.command()
@expand_options
def propose(*, given: OwnersGiven, signing: Signing, call: CallOption) -> None:
    """Have a call wait for approvals, yours being the first; a threshold of 1 does it at once."""

    async def step(me: Signatory) -> None:
        inner, multisig = parse_call(me.runtime, call), me.runtime.multisig
        call_hash = compute_call_hash(me.runtime, inner)
        threshold, account = me.owners.threshold, me.owners.account
        if threshold == 1:
            sent = await me.send(
                make_call(multisig.as_multi_threshold_1, me.others, inner), "calling"
            )
            me.show(f"{name_call(inner)} is done", call_hash, sent)
            return
        if await read_operation(me.session.chain, account, call_hash) is not None:
            again = f"`soberana multisig approve {to_hex(call_hash)}` approves it"
            raise OutOfTurn(f"expected a call that does not wait already; {again}")
        opening = make_call(multisig.as_multi, threshold, me.others, None, inner, NOTHING_RUNS)
        sent = await me.send(opening, "proposing")
        me.show(f"{name_call(inner)} waits for approvals", call_hash, sent, 1)

    act(given, signing, step)


@app.command()
@expand_options
def approve(call_hash: CallHashArgument, *, given: OwnersGiven, signing: Signing) -> None:
    """Approve a call that waits; `execute` does it once enough have."""

    async def step(me: Signatory) -> None:
        found = await me.get_open(call_hash)
        approvals, shown = found.state.approvals, to_hex(found.call_hash)
        if me.pair.account in approvals:
            raise OutOfTurn(f"expected an owner who has not approved {shown} yet, got {me.name}")
        if len(approvals) >= me.owners.threshold:
            enough = f"{len(approvals)} of {me.owners.threshold}"
            raise OutOfTurn(
                f"expected a call that needs approvals, got one that has {enough}; "
                f"`soberana multisig execute {shown}` does it"
            )
        approving = make_call(
            me.runtime.multisig.approve_as_multi,
            me.owners.threshold,
            me.others,
            found.state.when,
            found.call_hash,
            NOTHING_RUNS,
        )
        sent = await me.send(approving, "approving")
        me.show("approved", found.call_hash, sent, len(approvals) + 1)

    act(given, signing, step)


@app.command()
@expand_options
def execute(
    call_hash: CallHashArgument,
    *,
    given: OwnersGiven,
    signing: Signing,
    call: Annotated[
        str | None,
        typer.Option("--call", metavar="HEX", help="The call, where only its hash is known."),
    ] = None,
) -> None:
    """Have a call done that enough have approved, you among them or with this."""

    async def step(me: Signatory) -> None:
        found = await me.get_open(call_hash)
        approvals, threshold = {*found.state.approvals, me.pair.account}, me.owners.threshold
        if len(approvals) < threshold:
            raise OutOfTurn(
                f"expected {threshold} approvals, got {len(approvals)} with yours; "
                f"`soberana multisig approve {to_hex(found.call_hash)}` adds one"
            )
        inner = find_call(me.runtime, found, call)
        executing = make_call(
            me.runtime.multisig.as_multi,
            threshold,
            me.others,
            found.state.when,
            inner,
            inner.get_dispatch_info().weight,
        )
        sent = await me.send(executing, "executing")
        ensure_done(me.runtime, inner, get_event(sent, MultisigExecuted).result)
        me.show(f"{name_call(inner)} is done", found.call_hash, sent, len(approvals))

    act(given, signing, step)


@app.command()
@expand_options
def cancel(call_hash: CallHashArgument, *, given: OwnersGiven, signing: Signing) -> None:
    """End a call that you proposed; your deposit comes back."""

    async def step(me: Signatory) -> None:
        found = await me.get_open(call_hash)
        if found.state.depositor != me.pair.account:
            who = me.session.show(found.state.depositor)
            raise OutOfTurn(f"expected {who}, who proposed the call, got {me.name}")
        cancelling = make_call(
            me.runtime.multisig.cancel_as_multi,
            me.owners.threshold,
            me.others,
            found.state.when,
            found.call_hash,
        )
        sent = await me.send(cancelling, "cancelling")
        me.show("no longer proposed", found.call_hash, sent)

    act(given, signing, step)


@app.command("list")
@expand_options
def list_operations(
    account: Annotated[
        str | None, typer.Argument(metavar="ACCOUNT", help="Only those of this shared account.")
    ] = None,
    *,
    settings: Settings,
) -> None:
    """Calls that wait for approvals, and who has approved them."""

    async def run() -> None:
        async with open_session(settings) as session:
            of = None if account is None else session.get_account(account)
            show_operations(session, await read_operations(session.chain, of))

    run_command(run, as_json=settings.as_json)


def find_call(runtime: Runtime, operation: Operation, given: str | None) -> Call:
    """The call of an operation, from the chain or as it was given; `WrongUse`."""
    if given is not None:
        call = parse_call(runtime, given)
        got = compute_call_hash(runtime, call)
        if got != operation.call_hash:
            expected = to_hex(operation.call_hash)
            raise WrongUse(f"--call: expected the call of hash {expected}, got {to_hex(got)}")
        return call
    if operation.opening is None or operation.opening.call is None:
        raise WrongUse("expected --call: it was proposed by its hash, or its block is gone")
    return operation.opening.call

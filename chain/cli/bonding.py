"""`soberana provider bond`, `unbond`, `rebond` and `withdraw`: the collateral of a role."""

from typing import Annotated, Final

import typer

from chain.cli.failure import WrongUse
from chain.cli.options import Signing, expand_options
from chain.cli.sending import Outcome, get_event, send_one
from chain.wallet.amount import parse_amount
from chain.wallet.submit import Inclusion
from chain.wallet.transaction import make_call
from pallets.bonds.declarations import Bonded, Unbonding, Withdrawn
from pallets.runtime import Runtime
from runtime.frame import Call
from runtime.frame.ai_types import Role

app = typer.Typer()

AmountArgument = Annotated[str, typer.Argument(metavar="AMOUNT", help="How much, such as 100 SBR.")]
RoleOption = Annotated[
    str, typer.Option("--role", metavar="ROLE", help="What the collateral stands for.")
]

DEFAULT: Final = "provider"


def parse_role(text: str) -> Role:
    """A role by its name."""
    known = {role.name.lower(): role for role in Role}
    if text not in known:
        raise WrongUse(f"--role: expected {', '.join(known)}, got {text!r}")
    return known[text]


@app.command()
@expand_options
def bond(amount: AmountArgument, *, signing: Signing, role: RoleOption = DEFAULT) -> None:
    """Put down collateral for a role, or more of it."""

    def make(runtime: Runtime) -> Call:
        return make_call(runtime.bonds.bond, parse_role(role), parse_amount(amount))

    def tell(sent: Inclusion) -> Outcome:
        return Outcome("bonded", {"role": role}, {"amount": get_event(sent, Bonded).amount})

    send_one(signing, make, "bonding", tell)


@app.command()
@expand_options
def unbond(amount: AmountArgument, *, signing: Signing, role: RoleOption = DEFAULT) -> None:
    """Have free collateral leave; until it has left it can still be slashed."""

    def make(runtime: Runtime) -> Call:
        return make_call(runtime.bonds.unbond, parse_role(role), parse_amount(amount))

    def tell(sent: Inclusion) -> Outcome:
        leaving = get_event(sent, Unbonding)
        fields = {"role": role, "free from": f"block #{leaving.release_at}"}
        return Outcome("unbonding", fields, {"amount": leaving.amount})

    send_one(signing, make, "unbonding", tell)


@app.command()
@expand_options
def rebond(
    chunk: Annotated[
        int, typer.Argument(metavar="N", min=0, help="Which of those that leave, the first is 0.")
    ],
    *,
    signing: Signing,
    role: RoleOption = DEFAULT,
) -> None:
    """Keep collateral that was about to leave."""

    def make(runtime: Runtime) -> Call:
        return make_call(runtime.bonds.cancel_unbond, parse_role(role), chunk)

    def tell(sent: Inclusion) -> Outcome:
        return Outcome("bonded", {"role": role}, {"amount": get_event(sent, Bonded).amount})

    send_one(signing, make, "bonding", tell)


@app.command()
@expand_options
def withdraw(*, signing: Signing, role: RoleOption = DEFAULT) -> None:
    """Have what has left paid out."""

    def make(runtime: Runtime) -> Call:
        return make_call(runtime.bonds.withdraw, parse_role(role))

    def tell(sent: Inclusion) -> Outcome:
        amount = get_event(sent, Withdrawn).amount
        return Outcome("withdrawn", {"role": role}, {"amount": amount})

    send_one(signing, make, "withdrawing", tell)

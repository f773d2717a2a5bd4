"""Who owns a shared account: the options that say it, and the account that follows."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Final

import typer

from chain.cli.calls import ShowAccount
from chain.cli.failure import WrongUse
from pallets.multisig import compute_multisig_account
from pallets.runtime_accounts import SIGNATORIES_MAX
from runtime.primitives import AccountId

SIGNATORIES_MIN: Final = 2


@dataclass(frozen=True, slots=True)
class OwnersGiven:
    """The owners as they were typed, and how many of them have to agree."""

    signatory: Annotated[
        list[str], typer.Option("--signatory", metavar="ACCOUNT", help="An owner; all are named.")
    ]
    threshold: Annotated[
        int, typer.Option("--threshold", min=1, help="How many of them have to agree.")
    ]


@dataclass(frozen=True, slots=True)
class Owners:
    """The owners of a shared account in the order of their keys."""

    signatories: tuple[AccountId, ...]
    threshold: int

    @property
    def account(self) -> AccountId:
        """What they own together."""
        return compute_multisig_account(self.signatories, self.threshold)

    def get_others(self, who: AccountId, show: ShowAccount) -> tuple[AccountId, ...]:
        """All but the one who signs; `WrongUse` for a stranger."""
        if who not in self.signatories:
            names = ", ".join(show(each) for each in self.signatories)
            raise WrongUse(f"--from: expected one of the signatories {names}, got {show(who)}")
        return tuple(each for each in self.signatories if each != who)


def find_owners(given: OwnersGiven, find_account: Callable[[str], AccountId]) -> Owners:
    """The owners that were named, each once; `WrongUse`."""
    names: dict[AccountId, str] = {}
    for text in given.signatory:
        account = find_account(text)
        if account in names:
            raise WrongUse(f"--signatory: expected every owner once, got {names[account]}, {text}")
        names[account] = text
    if not SIGNATORIES_MIN <= len(names) <= SIGNATORIES_MAX:
        raise WrongUse(
            f"--signatory: expected {SIGNATORIES_MIN} to {SIGNATORIES_MAX} owners, got {len(names)}"
        )
    if given.threshold > len(names):
        raise WrongUse(
            f"--threshold: expected at most the {len(names)} owners, got {given.threshold}"
        )
    return Owners(tuple(sorted(names)), given.threshold)

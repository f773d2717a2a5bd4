"""The boundary between the pallet that keeps shares of records and those that give them away."""

from typing import Protocol

from runtime.primitives import AccountId, Id


class Shares(Protocol):
    """What a pallet asks of the rights pallet to divide a record's shares among many."""

    def issue_to(self, who: AccountId, record: Id, supply: int, holder: AccountId) -> None:
        """Makes an owner's record one of shares, all in the hands of another, at its own cost.

        Errors: `NoSuchRecord`, `NotOwner`, `RetiredRecord`, `ExpiredRecord`, `ZeroAmount`,
        `IssuedAlready`, the ledger's where the deposits are not there.
        """
        ...

    def get_shares(self, record: Id, who: AccountId) -> int:
        """An account's shares of a record that it has not staked; 0 where there are none."""
        ...

    def give(self, record: Id, source: AccountId, dest: AccountId, amount: int) -> None:
        """Moves shares that are there; who receives them pays for the holding.

        Errors: the ledger's where the deposit is not there.
        """
        ...

    def burn(self, record: Id, who: AccountId, amount: int) -> None:
        """Destroys shares that are there; with the last ones the owner can redeem the record."""
        ...

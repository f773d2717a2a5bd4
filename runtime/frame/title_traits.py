"""The boundary between the registry and the pallet that sells rights in its records."""

from typing import Protocol

from runtime.primitives import AccountId, Id


class Titles(Protocol):
    """What the rights pallet asks of the registry: whose a record is, and who earns with it."""

    def ensure_own_live(self, record: Id, who: AccountId) -> None:
        """Raises unless the record is the account's, and neither retired nor expired.

        Errors: `NoSuchRecord`, `NotOwner`, `RetiredRecord`, `ExpiredRecord`.
        """
        ...

    def is_live(self, record: Id) -> bool:
        """Whether a record exists and is neither expired, retired nor frozen."""
        ...

    def get_owner(self, record: Id) -> AccountId | None:
        """Who owns a record."""
        ...

    def get_payee(self, record: Id) -> AccountId | None:
        """Who is paid what a record earns: its owner, or whom `set_payee` named."""
        ...

    def set_payee(self, record: Id, payee: AccountId | None) -> None:
        """Has an account paid instead of the owner of an existing record, until None."""
        ...

    def get_current_royalties(self, record: Id) -> tuple[tuple[AccountId, int], ...]:
        """Who earns how many basis points of what the current version earns, itself included."""
        ...

"""An assets pallet with a ledger and a clock of its own."""

from collections.abc import Iterator
from contextlib import contextmanager

from pallets.assets import Assets
from runtime.address import Id as AddressId
from runtime.errors import DispatchError
from runtime.frame import Origin
from runtime.frame.asset_traits import AssetKeeper, AssetKind
from runtime.primitives import AccountId, Hash
from runtime.state.backend import DictBackend
from runtime.state.overlay import Overlay
from tests.helpers.ledger import Blocks, account, make_ledger
from tests.helpers.noop import assert_noop

ALICE, BOB, CAROL = account(1), account(2), account(3)
STRANGER = account(9)
"""Has no balance at all."""

FUNDS = 10**9
ASSET_DEPOSIT = 10_000
HOLDING_DEPOSIT = 100
KEEPER = AssetKeeper.RIGHTS


class AssetsStage:
    """Everything a test of assets touches."""

    def __init__(self) -> None:
        self.state = Overlay(DictBackend({}))
        self.blocks = Blocks(self.state)
        self.ledger = make_ledger(self.state)
        self.assets = Assets(
            self.state,
            self.blocks,
            self.ledger,
            index=19,
            asset_deposit=ASSET_DEPOSIT,
            byte_deposit=1,
            holding_deposit=HOLDING_DEPOSIT,
        )
        self.book = self.assets.book
        for who in (ALICE, BOB, CAROL):
            self.ledger.mint(who, FUNDS)

    def get_last_event(self) -> object:
        """The newest event."""
        return self.state.events[-1]

    def create(
        self,
        who: AccountId,
        min_balance: int = 1,
        *,
        is_transferable: bool = True,
        expires_at: int | None = None,
    ) -> int:
        """Creates an asset as a call does; returns its number."""
        number = self.assets.next_id.get()
        self.assets.create(
            Origin.signed(who), 6, min_balance, is_transferable, expires_at, Hash(b"m" * 32)
        )
        return number

    def create_kept(self, who: AccountId, *, expires_at: int | None = None) -> int:
        """A licence of a pallet's, at somebody's expense."""
        return self.book.create_kept(
            KEEPER, AssetKind.LICENCE, who, is_transferable=False, expires_at=expires_at
        )

    def mint(self, who: AccountId, asset: int, to: AccountId, amount: int) -> None:
        """Mints as a call does."""
        self.assets.mint(Origin.signed(who), asset, AddressId(to), amount)

    def burn(self, who: AccountId, asset: int, amount: int) -> None:
        """Burns as a call does."""
        self.assets.burn(Origin.signed(who), asset, amount)

    def transfer(self, who: AccountId, asset: int, to: AccountId, amount: int) -> None:
        """Transfers as a call does."""
        self.assets.transfer(Origin.signed(who), asset, AddressId(to), amount)

    def approve(self, who: AccountId, asset: int, spender: AccountId, amount: int) -> None:
        """Approves as a call does."""
        self.assets.approve(Origin.signed(who), asset, AddressId(spender), amount)

    def transfer_from(
        self, who: AccountId, asset: int, owner: AccountId, to: AccountId, amount: int
    ) -> None:
        """Spends an approval as a call does."""
        self.assets.transfer_from(
            Origin.signed(who), asset, AddressId(owner), AddressId(to), amount
        )

    def freeze(self, who: AccountId, asset: int, holder: AccountId, is_frozen: bool = True) -> None:
        """Freezes or thaws as a call does."""
        self.assets.freeze(Origin.signed(who), asset, AddressId(holder), is_frozen)

    def set_owner(self, who: AccountId, asset: int, to: AccountId) -> None:
        """Gives an asset away as a call does."""
        self.assets.set_owner(Origin.signed(who), asset, AddressId(to))

    def destroy(self, who: AccountId, asset: int) -> None:
        """Destroys as a call does."""
        self.assets.destroy(Origin.signed(who), asset)

    def poke(self, who: AccountId, asset: int, holder: AccountId) -> None:
        """Clears a holding away as a call does."""
        self.assets.poke(Origin.signed(who), asset, AddressId(holder))

    def get_balance(self, asset: int, who: AccountId) -> int:
        """Free and held together."""
        holding = self.assets.holding.get((asset, who))
        return 0 if holding is None else holding.total

    @contextmanager
    def refused(self, error: type[DispatchError]) -> Iterator[None]:
        """Fails unless a dispatch of the block raises the error and leaves no trace."""
        with assert_noop(self.state, error), self.state.transaction():
            yield

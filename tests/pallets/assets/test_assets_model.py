"""Assets against what must hold whatever happens, in whatever order."""

from collections import Counter
from collections.abc import Callable

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from pallets.assets import Assets
from pallets.assets.types import Holding, PalletOwner
from runtime.errors import DispatchError, TokenError
from runtime.frame.asset_traits import AssetHoldReason
from runtime.frame.traits import HoldReason
from runtime.primitives import AccountId
from tests.helpers.ledger import get_wealth
from tests.pallets.assets.stage import ALICE, BOB, CAROL, FUNDS, KEEPER, STRANGER, AssetsStage

REFUSALS: tuple[type[DispatchError], ...] = (TokenError, *Assets.spec.errors)
EVERYBODY = (ALICE, BOB, CAROL, STRANGER)
ACCOUNTS = st.sampled_from([ALICE, BOB])
HOLDERS = st.sampled_from([ALICE, ALICE, BOB, BOB, STRANGER])
PICKS = st.integers(0, 4)
AMOUNTS = st.integers(0, 30) | st.sampled_from([1, 5, (1 << 128) - 1])
STAKED = AssetHoldReason.STAKED_SHARES


class AssetsModel(RuleBasedStateMachine):
    """Two accounts create, mint, move, approve, freeze and burn; a pallet keeps an asset too."""

    def __init__(self) -> None:
        super().__init__()
        self.stage = AssetsStage()
        self.supply: Counter[int] = Counter()

    def is_stuck(self, asset: int, who: AccountId) -> bool:
        """Whether a holding must not move."""
        entry, holding = self.stage.assets.asset.get(asset), self.get_holding(asset, who)
        expired = entry is not None and self.stage.book.is_expired(entry)
        return expired or (holding is not None and holding.is_frozen)

    def get_holding(self, asset: int, who: AccountId) -> Holding | None:
        return self.stage.assets.holding.get((asset, who))

    @initialize()
    def begin(self) -> None:
        """There is something to move from the start."""
        stage = self.stage
        stage.create(ALICE, 5)
        stage.create(BOB, expires_at=15)
        stage.create_kept(ALICE, expires_at=40)
        for who, asset in ((ALICE, 0), (BOB, 1)):
            stage.mint(who, asset, ALICE, 20)
            stage.mint(who, asset, BOB, 20)
            self.supply[asset] = 40

    @rule(who=ACCOUNTS, least=st.integers(0, 6), moves=st.booleans(), ttl=st.integers(-1, 30))
    def create(self, who: AccountId, least: int, moves: bool, ttl: int) -> None:
        until = self.stage.blocks.number + ttl if ttl else None
        self._try(lambda: self.stage.create(who, least, is_transferable=moves, expires_at=until))

    @rule(who=ACCOUNTS, asset=PICKS, to=HOLDERS, amount=AMOUNTS)
    def mint(self, who: AccountId, asset: int, to: AccountId, amount: int) -> None:
        if self._try(lambda: self.stage.mint(who, asset, to, amount)):
            self.supply[asset] += amount
            assert not isinstance(self.stage.assets.asset[asset].owner, PalletOwner)

    @rule(who=ACCOUNTS, amount=st.integers(1, 5))
    def mint_kept(self, who: AccountId, amount: int) -> None:
        if 2 in self.stage.assets.asset and self._try(
            lambda: self.stage.book.mint_kept(KEEPER, 2, who, amount)
        ):
            self.supply[2] += amount

    @rule(who=HOLDERS, asset=PICKS, amount=AMOUNTS)
    def burn(self, who: AccountId, asset: int, amount: int) -> None:
        others = self.get_others(asset, who)
        if self._try(lambda: self.stage.burn(who, asset, amount)):
            swept = self.get_others(asset, who) - others
            assert self.stage.book.get_supply(asset) <= self.supply[asset] - amount + swept
            self.supply[asset] = self.stage.book.get_supply(asset)

    @rule(who=HOLDERS, asset=PICKS, to=HOLDERS, amount=AMOUNTS)
    def transfer(self, who: AccountId, asset: int, to: AccountId, amount: int) -> None:
        stuck, before = self.is_stuck(asset, who), self.stage.get_balance(asset, to)
        if self._try(lambda: self.stage.transfer(who, asset, to, amount)):
            assert not stuck, "a frozen or expired holding moved"
            gained = self.stage.get_balance(asset, to) - before
            assert gained >= amount or who == to
            self.note_dust(asset)

    @rule(who=ACCOUNTS, asset=PICKS, spender=HOLDERS, amount=AMOUNTS)
    def approve(self, who: AccountId, asset: int, spender: AccountId, amount: int) -> None:
        self._try(lambda: self.stage.approve(who, asset, spender, amount))

    @rule(who=ACCOUNTS, asset=PICKS, owner=HOLDERS, to=HOLDERS, amount=AMOUNTS)
    def transfer_from(
        self, who: AccountId, asset: int, owner: AccountId, to: AccountId, amount: int
    ) -> None:
        approvals = self.stage.assets.approval
        before, stuck = dict(approvals.items()), self.is_stuck(asset, owner)
        if self._try(lambda: self.stage.transfer_from(who, asset, owner, to, amount)):
            assert not stuck, "a frozen or expired holding moved"
            after = dict(approvals.items())
            known = before.pop((asset, owner, who)).amount
            left = after.pop((asset, owner, who), None)
            assert (0 if left is None else left.amount) == known - amount
            assert before == after, "others' approvals are as before"
            self.note_dust(asset)

    @rule(who=ACCOUNTS, asset=PICKS, holder=HOLDERS, frozen=st.booleans())
    def freeze(self, who: AccountId, asset: int, holder: AccountId, frozen: bool) -> None:
        self._try(lambda: self.stage.freeze(who, asset, holder, frozen))

    @rule(who=ACCOUNTS, asset=PICKS, to=HOLDERS)
    def set_owner(self, who: AccountId, asset: int, to: AccountId) -> None:
        self._try(lambda: self.stage.set_owner(who, asset, to))

    @rule(who=ACCOUNTS, asset=PICKS)
    def destroy(self, who: AccountId, asset: int) -> None:
        if self._try(lambda: self.stage.destroy(who, asset)):
            assert self.supply[asset] == 0

    @rule(who=HOLDERS, asset=PICKS, amount=AMOUNTS, free=st.booleans())
    def hold(self, who: AccountId, asset: int, amount: int, free: bool) -> None:
        book, stuck = self.stage.book, self.is_stuck(asset, who)
        act = book.release if free else book.hold
        if self._try(lambda: act(STAKED, asset, who, amount)):
            assert free or not stuck, "a frozen or expired holding was put on hold"

    @rule(who=ACCOUNTS, asset=PICKS, holder=HOLDERS)
    def poke(self, who: AccountId, asset: int, holder: AccountId) -> None:
        had = self.stage.get_balance(asset, holder)
        if self._try(lambda: self.stage.poke(who, asset, holder)):
            assert self.get_holding(asset, holder) is None
            self.supply[asset] -= had

    @rule(blocks=st.integers(1, 6))
    def pass_blocks(self, blocks: int) -> None:
        self.stage.blocks.number += blocks

    @invariant()
    def books_balance(self) -> None:
        stage = self.stage
        stage.assets.try_state()
        for asset, entry in stage.assets.asset.items():
            assert entry.supply == self.supply[asset]
            everything = sum(stage.get_balance(asset, who) for who in EVERYBODY)
            assert everything == self.supply[asset]
        wealth = sum(get_wealth(stage.ledger, who) for who in EVERYBODY)
        assert wealth == stage.ledger.get_issuance() == 3 * FUNDS
        others = (reason for reason in HoldReason if reason is not HoldReason.ASSET_DEPOSIT)
        assert not any(stage.ledger.get_held(r, who) for r in others for who in EVERYBODY)

    def get_others(self, asset: int, who: AccountId) -> int:
        """What everybody else has."""
        return sum(self.stage.get_balance(asset, each) for each in EVERYBODY if each != who)

    def note_dust(self, asset: int) -> None:
        """A move may burn what would remain below the minimum, nothing else."""
        lost = self.supply[asset] - self.stage.book.get_supply(asset)
        assert 0 <= lost < self.stage.assets.asset[asset].min_balance
        self.supply[asset] -= lost

    def _try(self, step: Callable[[], object]) -> bool:
        """Whether a step succeeded; one that is refused has changed nothing."""
        state = self.stage.state
        changes, events = state.changes(), list(state.events)
        try:
            with state.transaction():
                step()
        except REFUSALS:
            assert state.changes() == changes
            assert state.events == events
            return False
        return True


TestAssets = AssetsModel.TestCase
TestAssets.settings = settings(stateful_step_count=40)

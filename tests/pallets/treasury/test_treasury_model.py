"""The treasury against what must hold whatever happens, in whatever order."""

from collections.abc import Callable

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from pallets.treasury import Treasury
from runtime.errors import DispatchError, TokenError
from tests.helpers.mock_runtime import ALICE, BOB, CHARLIE, to
from tests.pallets.treasury.stage import ACCOUNT, FUNDS, PERIOD, TREASURER, TreasuryStage

NUMBERS = st.integers(0, 4)
AMOUNTS = st.sampled_from([0, 1, 100, FUNDS // 20, FUNDS // 5, FUNDS])
REFUSALS: tuple[type[DispatchError], ...] = (TokenError, *Treasury.spec.errors)


class TreasuryModel(RuleBasedStateMachine):
    """Promises, payments, income and time."""

    def __init__(self) -> None:
        super().__init__()
        self.stage = TreasuryStage()
        self.paid: dict[int, int] = {}
        """By period."""

        self.minted = 0
        self.promises: dict[int, int] = {}
        """What is left of each, by its number."""

        self.made = 0

    @rule(amount=AMOUNTS, tranches=st.integers(0, 3))
    def promise(self, amount: int, tranches: int) -> None:
        if self._try(lambda: self.stage.send(TREASURER, "spend", to(BOB), amount, tranches)):
            self.promises[self.made] = amount * tranches
            self.made += 1

    @rule(number=NUMBERS)
    def void(self, number: int) -> None:
        if self._try(lambda: self.stage.send(TREASURER, "void_spend", number)):
            self.promises.pop(number)

    @rule(number=NUMBERS)
    def pay(self, number: int) -> None:
        before, had = self.stage.get_free(BOB), self.stage.get_free()
        if not self._try(lambda: self.stage.send(CHARLIE, "payout", number)):
            return
        amount = self.stage.get_free(BOB) - before
        index = self.stage.now // PERIOD
        already = self.paid.get(index, 0)
        self.paid[index] = already + amount
        self.promises[number] -= amount
        assert (already + amount) * 5 <= had + already, "a fifth of what there was, a period"

    @rule(amount=st.integers(1, FUNDS))
    def earn(self, amount: int) -> None:
        self.stage.money.mint(ACCOUNT, amount)
        self.minted += amount

    @rule(blocks=st.integers(1, PERIOD))
    def pass_blocks(self, blocks: int) -> None:
        for _ in range(blocks):
            free, promised = self.stage.get_free(), sum(self.promises.values())
            self.stage.pass_blocks(1)
            burned = free - self.stage.get_free()
            assert 0 <= burned * 100 <= max(free - promised, 0)
            assert burned == 0 or self.stage.now % PERIOD == 0
            self.minted -= burned

    @invariant()
    def books_balance(self) -> None:
        self.stage.runtime.try_state()
        assert self.stage.treasury.promised.get() == sum(self.promises.values())
        issuance = self.stage.money.get_issuance()
        assert issuance == 2 * FUNDS + self.minted
        assert issuance == sum(self.stage.get_free(who) for who in (ALICE, BOB, ACCOUNT))

    def _try(self, step: Callable[[], None]) -> bool:
        """Whether a step succeeded; one that is refused has changed nothing."""
        state = self.stage.runtime.state
        changes, events = state.changes(), list(state.events)
        try:
            step()
        except REFUSALS:
            assert state.changes() == changes
            assert state.events == events
            return False
        return True


TestTreasury = TreasuryModel.TestCase
TestTreasury.settings = settings(stateful_step_count=30)

"""Bonds against what must hold whatever happens, in whatever order."""

from collections.abc import Callable

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from pallets.bonds import Bonds
from runtime.errors import DispatchError, TokenError
from runtime.frame import Origin
from runtime.frame.ai_types import BURNED_BPS_MIN, DutyId, Role, SlashSplit
from runtime.frame.traits import HoldReason
from runtime.primitives import BPS, AccountId
from tests.helpers.ledger import get_wealth
from tests.pallets.bonds.stage import (
    ALICE,
    BOB,
    BOND_MIN,
    CAROL,
    FUNDS,
    STRANGER,
    BondsStage,
    slot_duty,
)

ACCOUNTS = st.sampled_from([ALICE, BOB])
ROLES = st.sampled_from([Role.PROVIDER, Role.JUROR])
AMOUNTS = st.integers(0, 3 * BOND_MIN) | st.sampled_from([1, BOND_MIN, FUNDS])
REFUSALS: tuple[type[DispatchError], ...] = (TokenError, *Bonds.spec.errors)
PAYEES = st.sampled_from([ALICE, BOB, CAROL, STRANGER, None])


@st.composite
def splits(draw: st.DrawFn) -> SlashSplit:
    """Any split that is one."""
    burned = draw(st.integers(BURNED_BPS_MIN, BPS))
    injured = draw(st.integers(0, BPS - burned))
    rest = BPS - burned - injured
    return SlashSplit(burned, injured, rest, draw(PAYEES), draw(PAYEES))


class BondsModel(RuleBasedStateMachine):
    """Two accounts bond, lock, miss and are slashed."""

    def __init__(self) -> None:
        super().__init__()
        self.stage = BondsStage()
        self.duties: dict[DutyId, tuple[AccountId, Role, int]] = {}
        self.next_duty = 0
        self.burned = 0

    @rule(who=ACCOUNTS, role=ROLES, amount=AMOUNTS)
    def bond(self, who: AccountId, role: Role, amount: int) -> None:
        self._try(lambda: self.stage.bond(who, amount, role))

    @rule(who=ACCOUNTS, role=ROLES, amount=AMOUNTS)
    def unbond(self, who: AccountId, role: Role, amount: int) -> None:
        self._try(lambda: self.stage.unbond(who, amount, role))

    @rule(who=ACCOUNTS, role=ROLES, chunk=st.integers(0, 3))
    def cancel_unbond(self, who: AccountId, role: Role, chunk: int) -> None:
        bonds = self.stage.bonds
        self._try(lambda: bonds.cancel_unbond(Origin.signed(who), role, chunk))

    @rule(who=ACCOUNTS, role=ROLES)
    def withdraw(self, who: AccountId, role: Role) -> None:
        self._try(lambda: self.stage.bonds.withdraw(Origin.signed(who), role))

    @rule(who=ACCOUNTS, role=ROLES, amount=AMOUNTS)
    def lock(self, who: AccountId, role: Role, amount: int) -> None:
        duty = slot_duty(self.next_duty)
        self.next_duty += 1
        free = self.stage.bonds.get_bonded(who, role)
        if self._try(lambda: self.stage.bonds.lock(who, role, amount, duty)):
            self.duties[duty] = (who, role, amount)
            assert self.stage.bonds.get_bonded(who, role) == free - amount

    @precondition(lambda self: self.duties)
    @rule(data=st.data())
    def unlock(self, data: st.DataObject) -> None:
        duty = data.draw(st.sampled_from(list(self.duties)))
        who, role, amount = self.duties.pop(duty)
        free = self.stage.bonds.get_bonded(who, role)
        self.stage.bonds.unlock(duty)
        assert self.stage.bonds.get_bonded(who, role) == free + amount

    @precondition(lambda self: self.duties)
    @rule(data=st.data(), split=splits(), amount=AMOUNTS | st.none(), miss=st.booleans())
    def slash(self, data: st.DataObject, split: SlashSplit, amount: int | None, miss: bool) -> None:
        duty = data.draw(st.sampled_from(list(self.duties)))
        who, role, locked = self.duties.pop(duty)
        bonds, ledger = self.stage.bonds, self.stage.ledger
        bond = bonds.bond_[who, role]
        wealth, others = get_wealth(ledger, who), bond.locked - locked
        outcome = bonds.note_miss(duty, split) if miss else bonds.slash(duty, split, amount)
        self.burned += outcome.burned
        # Parts sum to the whole, no more is taken than there is, and not from other duties.
        assert outcome.slashed == outcome.burned + outcome.injured + outcome.reporter
        assert outcome.slashed <= bond.total - others
        assert bonds.bond_[who, role].locked == others
        # Whoever the payees are, the culprit loses what is burned, and that is 40 % at least.
        lost = wealth - get_wealth(ledger, who)
        assert outcome.burned <= lost <= outcome.slashed
        assert outcome.burned * BPS >= outcome.slashed * BURNED_BPS_MIN
        if not miss:
            wanted = locked if amount is None else amount
            assert outcome.slashed == min(wanted, bond.total - others)

    @rule(blocks=st.integers(1, 30))
    def pass_blocks(self, blocks: int) -> None:
        self.stage.blocks.number += blocks

    @invariant()
    def books_balance(self) -> None:
        stage = self.stage
        stage.bonds.try_state()
        for who in (ALICE, BOB):
            bonded = sum(stage.bonds.bond_[who, role].total for role in Role)
            assert bonded == stage.ledger.get_held(HoldReason.BOND, who)
        everybody = (ALICE, BOB, CAROL, STRANGER)
        issuance = stage.ledger.get_issuance()
        assert issuance == 3 * FUNDS - self.burned
        assert issuance == sum(get_wealth(stage.ledger, who) for who in everybody)

    @invariant()
    def duties_are_covered(self) -> None:
        for duty, (_, _, amount) in self.duties.items():
            assert self.stage.bonds.get_locked(duty) == amount
        for who in (ALICE, BOB):
            for role in Role:
                own = [a for w, r, a in self.duties.values() if (w, r) == (who, role)]
                assert self.stage.bonds.bond_[who, role].locked == sum(own)

    def _try(self, step: Callable[[], None]) -> bool:
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


TestBonds = BondsModel.TestCase
TestBonds.settings = settings(stateful_step_count=30)

"""A bonds pallet with a ledger and a clock of its own."""

from pallets.bonds import Bonds, RoleTerms
from runtime.frame import Origin
from runtime.frame.ai_types import DutyId, HashDuty, Role, SlotDuty
from runtime.primitives import AccountId, Hash
from runtime.state.backend import DictBackend
from runtime.state.overlay import Overlay
from tests.helpers.ledger import Blocks, account, make_ledger

ALICE, BOB, CAROL = account(1), account(2), account(3)
STRANGER = account(9)
"""Has no balance at all."""

FUNDS = 1_000_000
BOND_MIN = 1_000
UNBONDING_BLOCKS = 20
GRACE_BLOCKS = 50
FREEZE_BLOCKS = 10


class BondsStage:
    """Everything a test of bonds touches."""

    def __init__(self) -> None:
        self.state = Overlay(DictBackend({}))
        self.blocks = Blocks(self.state)
        self.ledger = make_ledger(self.state)
        self.bonds = Bonds(
            self.state,
            self.blocks,
            self.ledger,
            index=21,
            role_terms=(RoleTerms(BOND_MIN, UNBONDING_BLOCKS),) * len(Role),
            grace_blocks=GRACE_BLOCKS,
            freeze_blocks=FREEZE_BLOCKS,
        )
        for who in (ALICE, BOB, CAROL):
            self.ledger.mint(who, FUNDS)

    def get_last_event(self) -> object:
        """The newest event."""
        return self.state.events[-1]

    def bond(self, who: AccountId, amount: int, role: Role = Role.PROVIDER) -> None:
        """Bonds, as a call does."""
        self.bonds.bond(Origin.signed(who), role, amount)

    def unbond(self, who: AccountId, amount: int, role: Role = Role.PROVIDER) -> None:
        """Unbonds, as a call does."""
        self.bonds.unbond(Origin.signed(who), role, amount)


def slot_duty(number: int) -> DutyId:
    """A distinct duty for each number."""
    return SlotDuty(number, 0)


def hash_duty(number: int) -> DutyId:
    """A duty named by a hash."""
    return HashDuty(Hash(bytes([number]) * 32))

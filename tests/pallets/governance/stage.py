"""Governance among the base pallets: calls through their encoding, blocks set by hand."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from pallets.governance import ROOT, Governance, make_terms
from pallets.governance.types import Conviction, GovernanceTerms, Proposal, ProposalState, Side
from runtime.frame import Call, Origin
from runtime.frame.inner_calls import InnerCalls
from runtime.frame.traits import HoldReason
from runtime.primitives import UNIT, AccountId
from tests.helpers.mock_runtime import ALICE, BOB, CHARLIE, DAVE, EVE, MockRuntime, signed, to
from tests.helpers.noop import assert_noop

PEOPLE = (ALICE, BOB, CHARLIE, DAVE)
FUNDS = 1_000 * UNIT
POOR = UNIT // 2
"""What EVE has: not enough to propose."""

PERIOD = 20
PREPARE = CONFIRM = DELAY = 2
TREASURY = AccountId(b"modlpy/trsry".ljust(32, b"\0"))
AYE, NAY, ABSTAIN = Side.AYE, Side.NAY, Side.ABSTAIN
NONE, DOUBLE = Conviction.NONE, Conviction.LOCKED2X


class GovernanceStage:
    """Everything a test of governance touches."""

    def __init__(self, terms: GovernanceTerms | None = None) -> None:
        self.runtime = MockRuntime([*((who, FUNDS) for who in PEOPLE), (EVE, POOR)])
        self.terms = make_terms(PERIOD, TREASURY) if terms is None else terms
        self.governance = Governance(
            self.runtime.state,
            self.runtime.system,
            self.runtime.money,
            InnerCalls(lambda: self.runtime.dispatcher, lambda: self.runtime.calls),
            index=28,
            terms=self.terms,
        )
        self.runtime.add(self.governance)

    # --- blocks

    @property
    def now(self) -> int:
        return self.runtime.system.get_block_number()

    def pass_blocks(self, count: int) -> None:
        """So many blocks go by."""
        self.runtime.system.number.put(self.now + count)

    # --- calls

    def send(self, who: AccountId | Origin, name: str, *args: Any) -> None:
        """A call of governance."""
        origin = who if isinstance(who, Origin) else signed(who)
        self.runtime.dispatch(self.runtime.make_call(self.governance, name, *args), origin)

    @contextmanager
    def refused(self, error: type[Exception]) -> Iterator[None]:
        """What is sent in this block is refused, and changes nothing."""
        with assert_noop(self.runtime.state, error):
            yield

    def remark(self, text: bytes = b"") -> Call:
        """A call that anybody may make."""
        return self.runtime.make_call(self.runtime.system, "remark_with_event", text)

    def mint(self, who: AccountId, amount: int) -> Call:
        """A call that only root may make."""
        return self.runtime.make_call(self.runtime.balances, "force_set_balance", to(who), amount)

    def force_transfer(self, source: AccountId, dest: AccountId, amount: int) -> Call:
        """Another call that only root may make."""
        pallet = self.runtime.balances
        return self.runtime.make_call(pallet, "force_transfer", to(source), to(dest), amount)

    def propose(self, call: Call | None = None, track: int = ROOT) -> int:
        """A proposal of ALICE's that is paid for; its number."""
        number = self.governance.next_proposal.get()
        self.send(ALICE, "propose", track, self.remark() if call is None else call)
        self.send(ALICE, "place_decision_deposit", number)
        return number

    def decide(self, call: Call | None = None, track: int = ROOT) -> int:
        """A proposal that is being decided."""
        number = self.propose(call, track)
        self.pass_blocks(PREPARE)
        self.send(BOB, "poke", number)
        return number

    def approve(self, call: Call | None = None, track: int = ROOT) -> int:
        """A proposal that everybody has voted for, and that is confirmed."""
        number = self.decide(call, track)
        for who in PEOPLE:
            self.send(who, "vote", number, AYE, FUNDS, Conviction.LOCKED1X)
        self.pass_blocks(CONFIRM)
        self.send(EVE, "poke", number)
        assert self.get(number).state is ProposalState.APPROVED
        return number

    # --- reading

    def get(self, number: int) -> Proposal:
        return self.governance.proposal[number]

    def get_state(self, number: int) -> ProposalState:
        return self.get(number).state

    def get_held(self, who: AccountId) -> int:
        """A person's deposits."""
        return self.runtime.money.get_held(HoldReason.GOVERNANCE, who)

    def get_lock(self, who: AccountId) -> int:
        """What of a person's balance cannot be spent for the sake of votes."""
        return self.runtime.system.get_data(who).frozen

    def get_last_events(self, count: int = 1) -> list[object]:
        return list(self.runtime.get_events()[-count:])

    def try_state(self) -> None:
        self.runtime.try_state()


def with_seats(seats: int) -> GovernanceTerms:
    """The terms with so few seats on every track."""
    terms = make_terms(PERIOD, TREASURY)
    tracks = tuple(replace(track, seats=seats) for track in terms.tracks)
    return replace(terms, tracks=tracks)

"""Governance against what must hold whatever happens, in whatever order."""

from collections.abc import Callable

from hypothesis import event, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from pallets.governance import ROOT, Governance
from pallets.governance.types import Conviction, ProposalState, Side, Tally
from runtime.errors import DispatchError, TokenError
from runtime.frame import Call, Origin
from runtime.primitives import AccountId
from tests.helpers.mock_runtime import ALICE, BOB, CHARLIE, DAVE, EVE, to
from tests.pallets.governance.stage import (
    CONFIRM,
    DELAY,
    FUNDS,
    PEOPLE,
    PERIOD,
    POOR,
    PREPARE,
    TREASURY,
    GovernanceStage,
    with_seats,
)

EVERYONE = (ALICE, BOB, CHARLIE, DAVE, EVE)
EVERYBODY = st.sampled_from(EVERYONE)
NUMBERS = st.integers(0, 5)
AMOUNTS = st.sampled_from([1, FUNDS // 20, FUNDS // 2, FUNDS - 1])
CONVICTIONS = st.sampled_from(Conviction)
REFUSALS: tuple[type[DispatchError], ...] = (TokenError, *Governance.spec.errors)


class GovernanceModel(RuleBasedStateMachine):
    """Five people propose, vote, delegate, spend and wait."""

    def __init__(self) -> None:
        super().__init__()
        self.stage = GovernanceStage(with_seats(2))
        self.calls: list[Call] = []
        self.enacted: list[int] = []
        self.promises: list[tuple[AccountId, int, int]] = []
        """Locks that were promised: who, how much, until when."""

        self.fined = dict.fromkeys(EVERYONE, 0)
        """What killed proposals cost: a lock keeps nobody from a fine."""

    # --- rules

    @rule(who=EVERYBODY, track=st.integers(0, 3))
    def propose(self, who: AccountId, track: int) -> None:
        self._propose(who, track)

    def _propose(self, who: AccountId, track: int) -> bool:
        number = len(self.calls)
        call = self.stage.remark(bytes([number]))
        if track == ROOT:
            call = self.stage.force_transfer(ALICE, BOB, number + 1)
        if not self._try(who, "propose", track, call):
            return False
        self.calls.append(call)
        return True

    @rule(who=EVERYBODY, number=NUMBERS)
    def pay(self, who: AccountId, number: int) -> None:
        self._try(who, "place_decision_deposit", number)

    @rule(who=EVERYBODY, number=NUMBERS)
    def poke(self, who: AccountId, number: int) -> None:
        self._try(who, "poke", number)

    @rule(track=st.integers(0, 3), wrong=st.integers(0, 1))
    def carry(self, track: int, wrong: int) -> None:
        """Everybody who can lets a proposal through."""
        if not self._propose(BOB, track):
            return
        number = len(self.calls) - 1
        self._try(ALICE, "place_decision_deposit", number)
        self.stage.pass_blocks(PREPARE)
        self._try(BOB, "poke", number)
        for who in PEOPLE:
            self._try(who, "vote", number, Side.AYE, FUNDS // 2, Conviction.LOCKED1X)
        self.stage.pass_blocks(CONFIRM + DELAY)
        self.enact(number, wrong)

    @rule(number=NUMBERS, wrong=st.integers(0, 3))
    def enact(self, number: int, wrong: int) -> None:
        if number >= len(self.calls):
            return
        call = self.calls[(number + wrong) % len(self.calls)]
        if self._try(EVE, "enact", number, call):
            assert call == self.calls[number], "only what was proposed"
            assert number not in self.enacted, "once"
            entry = self.stage.get(number)
            track = self.stage.terms.tracks[entry.track]
            floor = track.support.floor_bps
            assert entry.tally.support * 10_000 >= floor * entry.electorate, "a quorum"
            assert entry.tally.ayes > entry.tally.nays
            self.enacted.append(number)
            event("enacted")

    @rule(number=NUMBERS, name=st.sampled_from(["cancel", "kill"]))
    def end(self, number: int, name: str) -> None:
        before = [self.stage.runtime.money.get_total(who) for who in EVERYONE]
        if self._try(Origin.root(), name, number):
            for who, had in zip(EVERYONE, before, strict=True):
                self.fined[who] += had - self.stage.runtime.money.get_total(who)

    @rule(who=EVERYBODY, number=NUMBERS)
    def close(self, who: AccountId, number: int) -> None:
        self._try(who, "close", number)

    @rule(
        who=EVERYBODY,
        number=NUMBERS,
        side=st.sampled_from(Side),
        amount=AMOUNTS,
        conviction=CONVICTIONS,
    )
    def vote(
        self, who: AccountId, number: int, side: Side, amount: int, conviction: Conviction
    ) -> None:
        if self._try(who, "vote", number, side, amount, conviction):
            assert self.stage.get_lock(who) >= amount

    @rule(who=EVERYBODY, number=NUMBERS)
    def remove_vote(self, who: AccountId, number: int) -> None:
        self._try(who, "remove_vote", number)

    @rule(who=EVERYBODY, other=EVERYBODY, amount=AMOUNTS, conviction=CONVICTIONS)
    def delegate(
        self, who: AccountId, other: AccountId, amount: int, conviction: Conviction
    ) -> None:
        self._try(who, "delegate", to(other), conviction, amount)

    @rule(who=EVERYBODY)
    def undelegate(self, who: AccountId) -> None:
        delegation = self.stage.governance.voting[who].delegation
        if self._try(who, "undelegate"):
            assert delegation is not None
            until = self.stage.now + delegation.conviction.lock_periods * PERIOD
            self.promises.append((who, delegation.amount, until))

    @rule(who=EVERYBODY)
    def unlock(self, who: AccountId) -> None:
        before = self.stage.governance.voting[who]
        if not self._try(EVE, "unlock", to(who)):
            return
        after = self.stage.governance.voting[who]
        for vote in before.votes:
            entry = self.stage.get(vote.proposal)
            if after.find(vote.proposal) is None and entry.state.is_won_by(vote.side):
                until = entry.since + vote.conviction.lock_periods * PERIOD
                self.promises.append((who, vote.amount, until))

    @rule(who=EVERYBODY, other=EVERYBODY, amount=AMOUNTS)
    def spend(self, who: AccountId, other: AccountId, amount: int) -> None:
        pallet = self.stage.runtime.balances
        call = self.stage.runtime.make_call(pallet, "transfer_allow_death", to(other), amount)
        self._attempt(lambda: self.stage.runtime.dispatch(call, Origin.signed(who)))

    @rule(blocks=st.integers(1, PERIOD))
    def pass_blocks(self, blocks: int) -> None:
        self.stage.pass_blocks(blocks)

    # --- what always holds

    @invariant()
    def books_balance(self) -> None:
        self.stage.try_state()
        money = self.stage.runtime.money
        everybody = (*PEOPLE, EVE, TREASURY)
        assert money.get_issuance() <= 4 * FUNDS + POOR, "dust alone is burned"
        assert money.get_issuance() == sum(money.get_total(who) for who in everybody)

    @invariant()
    def locks_are_kept(self) -> None:
        now, system = self.stage.now, self.stage.runtime.system
        for who, amount, until in self.promises:
            assert now >= until or self.stage.get_lock(who) >= amount, "unlocked too early"
        for who in EVERYONE:
            had = system.get_data(who).total + self.fined[who]
            assert had >= self.stage.get_lock(who), "spent what was locked"

    @invariant()
    def power_counts_once(self) -> None:
        """Nobody's capital is in a tally twice: what supports it is what its voters have."""
        records = dict(self.stage.governance.voting.items())
        for number, entry in self.stage.governance.proposal.items():
            if entry.state not in (ProposalState.PREPARING, ProposalState.DECIDING):
                continue
            tally = Tally()
            for who, voting in records.items():
                at = who if voting.delegation is None else voting.delegation.to
                vote = records[at].find(number)
                if vote is not None:
                    own = vote if voting.delegation is None else voting.delegation
                    tally = tally.add(vote.side, own.power)
            assert entry.tally == tally
            assert tally.support <= 4 * FUNDS + POOR

    def _try(self, who: AccountId | Origin, name: str, *args: object) -> bool:
        """Whether a call succeeded; one that is refused has changed nothing."""
        return self._attempt(lambda: self.stage.send(who, name, *args))

    def _attempt(self, step: Callable[[], object]) -> bool:
        state = self.stage.runtime.state
        changes, events = state.changes(), list(state.events)
        try:
            step()
        except REFUSALS:
            assert state.changes() == changes
            assert state.events == events
            return False
        return True


TestGovernance = GovernanceModel.TestCase
TestGovernance.settings = settings(stateful_step_count=25)

"""Any order of joining, committing, copying, revealing, waiting and poking keeps the books."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from pallets.rounds import (
    Judge,
    Phase,
    RoundTerms,
    SeatState,
    compute_answer_commitment,
    pack_labels,
)
from pallets.rounds import declarations as declared
from runtime.errors import DispatchError
from runtime.frame import Event, Pays, PostDispatch
from runtime.frame.ai_types import Role
from runtime.frame.traits import HoldReason
from runtime.primitives import AccountId
from tests.pallets.rounds.stage import (
    CLASSES,
    GENESIS,
    GOLD,
    GOLD_SALT,
    LABELLERS,
    OWNER,
    POOL,
    STRANGER,
    TRUTH,
    RoundStage,
    get_salt,
    make_answers,
)

PEOPLE = LABELLERS[:5]
ROUNDS_MAX = 4
CHOICE = st.integers(0, 1_000)
LABELLER = st.sampled_from(PEOPLE)
TERMS = st.builds(
    RoundTerms, st.integers(4, 9), st.integers(2, 6), st.integers(2, 6), st.integers(2, 6)
)
LIE = [(label + 1) % CLASSES for label in TRUTH]
ANSWERS = {
    who: LIE if index < 2 else make_answers(9_700 - 1_000 * index, index)
    for index, who in enumerate(PEOPLE)
}
"""Two who collude and never tell the truth, three others of different skill."""


class RoundMachine(RuleBasedStateMachine):
    """Rounds, and what each of them must come to."""

    def __init__(self) -> None:
        super().__init__()
        self.stage = RoundStage()
        self.copies: set[tuple[int, AccountId]] = set()
        self.settled: set[int] = set()

    # --- choosing

    def get_numbers(self, *phases: Phase) -> list[int]:
        """The rounds in some phases, or all of them."""
        rounds = self.stage.rounds.round.items()
        return sorted(number for number, entry in rounds if not phases or entry.phase in phases)

    def pick(self, choice: int, *phases: Phase) -> int:
        numbers = self.get_numbers(*phases) or self.get_numbers()
        return numbers[choice % len(numbers)]

    def has_rounds(self) -> bool:
        return bool(self.get_numbers())

    def is_joining(self) -> bool:
        return bool(self.get_numbers(Phase.JOINING))

    def is_committing(self) -> bool:
        return bool(self.get_numbers(Phase.COMMITTING))

    def is_revealing(self) -> bool:
        return bool(self.get_numbers(Phase.REVEALING))

    def is_in_gold(self) -> bool:
        return bool(self.get_numbers(Phase.GOLD))

    def is_due(self, number: int) -> bool:
        entry = self.stage.get(number)
        return not entry.phase.is_final and self.stage.number > entry.ends_at

    # --- doing

    @contextmanager
    def accounted(self) -> Iterator[None]:
        """Whatever happens inside, every account's gain is what the events say."""
        stage, everybody = self.stage, (OWNER, *PEOPLE, STRANGER)
        before = {who: stage.get_wealth(who) for who in everybody}
        issuance = stage.money.get_issuance()
        stage.take_events()
        yield
        gains: Counter[AccountId] = Counter()
        burned = 0
        for event in stage.take_events():
            burned += self.note_event(event, gains)
        assert {who: stage.get_wealth(who) - before[who] for who in everybody} == {
            who: gains[who] for who in everybody
        }
        assert stage.money.get_issuance() == issuance - burned

    def note_event(self, event: Event, gains: Counter[AccountId]) -> int:
        """Books an event's money; returns what it burned."""
        match event:
            case declared.LabellerPaid(number, who, right, asked, weight, paid):
                assert number not in self.settled
                assert weight == max(0, 2 * right - asked) ** 2
                gains[who] += paid
                gains[OWNER] -= paid
            case declared.RoundSettled(number, judge, paid, burned):
                assert number not in self.settled
                assert paid + burned == POOL
                assert (burned > 0) == (judge is Judge.NOBODY)
                self.settled.add(number)
                gains[OWNER] -= burned
                return burned
            case declared.GoldForfeited(_, amount):
                gains[OWNER] -= amount
                return amount
            case declared.DutyMissed(_, who, slashed, to_owner):
                gains[who] -= slashed
                gains[OWNER] += to_owner
                return slashed - to_owner
            case _:
                pass
        return 0

    def attempt(self, name: str, who: AccountId, *args: object) -> PostDispatch | None:
        """A call that may be refused, and then leaves everything as it was."""
        stage = self.stage
        before = stage.state.changes()
        with self.accounted():
            try:
                return stage.dispatch(stage.rounds, name, who, *args)
            except DispatchError:
                assert stage.state.changes() == before
                return None

    @precondition(lambda self: self.stage.rounds.next_round.get() < ROUNDS_MAX)
    @rule(terms=TERMS, seats=st.integers(1, 4))
    def post(self, terms: RoundTerms, seats: int) -> None:
        with self.accounted():
            self.stage.post(terms, seats=seats)

    @precondition(has_rounds)
    @rule(choice=CHOICE, who=st.sampled_from((OWNER, *PEOPLE)))
    def join(self, choice: int, who: AccountId) -> None:
        stage, number = self.stage, self.pick(choice, Phase.JOINING)
        may = (
            stage.get(number).phase is Phase.JOINING
            and not self.is_due(number)
            and who != OWNER
            and (number, who) not in stage.rounds.seat
            and not stage.bonds.is_frozen(who, Role.LABELLER)
        )
        post = self.attempt("join", who, number, stage.record_of[who])
        assert (post is not None) == may

    @precondition(is_joining)
    @rule(choice=CHOICE)
    def fill(self, choice: int) -> None:
        """Whoever may take the seats that are left does."""
        number = self.pick(choice, Phase.JOINING)
        for who in PEOPLE:
            self.attempt("join", who, number, self.stage.record_of[who])

    @precondition(is_committing)
    @rule(choice=CHOICE, who=LABELLER)
    def commit(self, choice: int, who: AccountId) -> None:
        stage, number = self.stage, self.pick(choice, Phase.COMMITTING)
        seat = stage.rounds.seat.get((number, who))
        may = (
            stage.get(number).phase is Phase.COMMITTING
            and not self.is_due(number)
            and seat is not None
            and seat.state is SeatState.JOINED
            and not any(self.is_taken(number, who))
        )
        post = self.attempt("commit", who, number, self.get_commitment(number, who))
        assert (post is not None) == may
        if post is not None:
            assert post.pays_fee is Pays.NO

    @precondition(is_committing)
    @rule(choice=CHOICE, who=LABELLER, whose=LABELLER)
    def copy(self, choice: int, who: AccountId, whose: AccountId) -> None:
        """Somebody commits to what is another's: refused if the other was first."""
        number = self.pick(choice, Phase.COMMITTING)
        if who == whose:
            return
        is_taken = any(self.is_taken(number, whose))
        post = self.attempt("commit", who, number, self.get_commitment(number, whose))
        if post is not None:
            assert not is_taken
            self.copies.add((number, who))

    def is_taken(self, number: int, whose: AccountId) -> Iterator[bool]:
        """Whether somebody has committed to an account's answers."""
        commitment = self.get_commitment(number, whose)
        for _, seat in self.stage.rounds.seat.items(number):
            yield seat.commitment == commitment

    def get_commitment(self, number: int, who: AccountId) -> bytes:
        packed = pack_labels(ANSWERS[who], CLASSES)
        return compute_answer_commitment(GENESIS, number, who, packed, get_salt(who))

    @precondition(is_committing)
    @rule(choice=CHOICE)
    def commit_all(self, choice: int) -> None:
        number = self.pick(choice, Phase.COMMITTING)
        for who in PEOPLE:
            self.attempt("commit", who, number, self.get_commitment(number, who))

    @precondition(has_rounds)
    @rule(choice=CHOICE, who=LABELLER)
    def reveal(self, choice: int, who: AccountId) -> None:
        number = self.pick(choice, Phase.REVEALING, Phase.COMMITTING)
        packed = pack_labels(ANSWERS[who], CLASSES)
        before = self.stage.rounds.seat.get((number, who))
        entry, now = self.stage.get(number), self.stage.number
        post = self.attempt("reveal", who, number, packed, get_salt(who))
        is_bound = before is not None and before.state is SeatState.COMMITTED
        if entry.phase is Phase.REVEALING and now <= entry.ends_at and is_bound:
            assert (post is not None) == ((number, who) not in self.copies)
        if post is not None:
            assert is_bound
            assert (number, who) not in self.copies
            assert post.pays_fee is Pays.NO

    @precondition(is_revealing)
    @rule(choice=CHOICE)
    def reveal_all(self, choice: int) -> None:
        number = self.pick(choice, Phase.REVEALING)
        for who in PEOPLE:
            packed = pack_labels(ANSWERS[who], CLASSES)
            self.attempt("reveal", who, number, packed, get_salt(who))

    @precondition(is_in_gold)
    @rule(choice=CHOICE)
    def reveal_gold(self, choice: int) -> None:
        number = self.pick(choice, Phase.GOLD)
        entry, now = self.stage.get(number), self.stage.number
        post = self.attempt("reveal_gold", OWNER, number, GOLD, GOLD_SALT)
        if entry.phase is Phase.GOLD:
            assert (post is not None) == (now <= entry.ends_at)
        if post is not None:
            assert number in self.settled
            for who in PEOPLE[:2]:
                seat = self.stage.rounds.seat.get((number, who))
                assert seat is None or seat.paid == 0, "who lies earns nothing"

    @precondition(has_rounds)
    @rule(choice=CHOICE, who=st.sampled_from((OWNER, STRANGER, *PEOPLE)))
    def poke(self, choice: int, who: AccountId) -> None:
        number = self.pick(choice)
        is_due = self.is_due(number)
        assert (self.attempt("poke", who, number) is not None) == is_due

    @precondition(lambda self: self.stage.number % 3 == 0 and self.has_rounds())
    @rule(choice=CHOICE, who=st.sampled_from((OWNER, STRANGER)))
    def close(self, choice: int, who: AccountId) -> None:
        number = self.pick(choice, Phase.SETTLED, Phase.REFUNDED)
        entry = self.stage.get(number)
        post = self.attempt("close", who, number)
        is_kept = self.stage.number <= entry.ends_at + self.stage.rounds.params.result_blocks
        assert (post is not None) == (entry.phase.is_final and (who == OWNER or not is_kept))

    @rule(blocks=st.integers(1, 2))
    def pass_time(self, blocks: int) -> None:
        with self.accounted():
            self.stage.skip(blocks)

    # --- always

    @invariant()
    def nothing_is_lost_or_made(self) -> None:
        """G1: all accounts together are the issuance; the pallets agree with the ledger."""
        assert self.stage.get_total() == self.stage.money.get_issuance()
        self.stage.try_state()

    def teardown(self) -> None:
        """Once time has run out one poke ends a round; deposits return, bonds are free."""
        stage = self.stage
        stage.skip(40)
        for number in self.get_numbers():
            if not stage.get(number).phase.is_final:
                assert self.attempt("poke", STRANGER, number) is not None
            assert stage.get(number).phase.is_final
            assert self.attempt("close", OWNER, number) is not None
        assert list(stage.rounds.seat.items()) == []
        assert list(stage.rounds.answers.items()) == []
        assert list(stage.rounds.labels.items()) == []
        assert list(stage.bonds.duty.items()) == []
        assert stage.money.get_held(HoldReason.ROUND, OWNER) == 0
        self.nothing_is_lost_or_made()


TestRoundMachine = RoundMachine.TestCase
TestRoundMachine.settings = settings(
    max_examples=settings().max_examples // 4, stateful_step_count=40, deadline=None
)


def test_the_machine_knows_an_error_when_it_sees_one() -> None:
    """The books do not balance by construction: money that moves unsaid is noticed."""
    machine = RoundMachine()
    try:
        with machine.accounted():
            machine.stage.money.mint(STRANGER, 1)
    except AssertionError:
        return
    raise AssertionError("unsaid money went unnoticed")

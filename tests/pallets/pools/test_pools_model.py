"""Any order of committing, copying, revealing, showing, scoring and poking keeps the books."""

from collections import Counter
from collections.abc import Generator
from contextlib import contextmanager

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from pallets.pools import (
    Judge,
    Phase,
    PoolTerms,
    SeatState,
    ShareGrant,
    compute_shard_commitment,
)
from pallets.pools import declarations as declared
from runtime.errors import DispatchError
from runtime.frame import Event, Pays, PostDispatch
from runtime.frame.traits import HoldReason
from runtime.primitives import AccountId, Hash
from runtime.tensor.blob import blob_root
from tests.pallets.pools.stage import (
    GENESIS,
    HIDDEN,
    LIES,
    OWNER,
    PEOPLE,
    SALT,
    SHARDS,
    STRANGER,
    SUPPLY,
    TOTAL,
    PoolStage,
    get_salt,
)

POOLS_MAX = 3
CHOICE = st.integers(0, 1_000)
MEMBERS = PEOPLE[:4]
MEMBER = st.sampled_from(MEMBERS)
TERMS = st.builds(
    PoolTerms, st.integers(2, 6), st.integers(2, 5), st.integers(2, 5), st.integers(2, 6)
)
SHARD_OF = dict(zip(MEMBERS, (SHARDS[0], SHARDS[0], LIES, SHARDS[1]), strict=True))
"""Two of them have the same shard, and one says what is not true."""


class PoolMachine(RuleBasedStateMachine):
    """Pools, and what each of them must come to."""

    def __init__(self) -> None:
        super().__init__()
        self.stage = stage = PoolStage()
        stage.put_blob(OWNER, HIDDEN)
        for who, shard in SHARD_OF.items():
            stage.put_blob(who, shard)
        self.records = [stage.record, stage.register(OWNER), stage.register(OWNER)]
        self.copies: set[tuple[int, AccountId]] = set()
        self.settled: set[int] = set()
        self.owned: Counter[tuple[int, AccountId]] = Counter()
        stage.next_block()

    # --- choosing

    def get_numbers(self, *phases: Phase) -> list[int]:
        pools = self.stage.pools.pool.items()
        return sorted(number for number, entry in pools if not phases or entry.phase in phases)

    def pick(self, choice: int, *phases: Phase) -> int:
        numbers = self.get_numbers(*phases) or self.get_numbers()
        return numbers[choice % len(numbers)]

    def has_pools(self) -> bool:
        return bool(self.get_numbers())

    def is_due(self, number: int) -> bool:
        entry = self.stage.get(number)
        return not entry.phase.is_final and self.stage.number > entry.ends_at

    def find_seat(self, number: int, who: AccountId) -> int | None:
        for index in range(self.stage.get(number).committed):
            if self.stage.get_seat(number, index).who == who:
                return index
        return None

    # --- doing

    @contextmanager
    def accounted(self) -> Generator[None]:
        """Whatever happens inside, every account's gain is what the events say."""
        stage, everybody = self.stage, (OWNER, *MEMBERS, STRANGER)
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
            case declared.ContributorPaid(number, _, who, points, paid, _):
                assert number not in self.settled
                assert points > 0
                gains[who] += paid
                gains[OWNER] -= paid
            case declared.PoolSettled(number, judge, paid, burned):
                assert number not in self.settled
                assert paid + burned == TOTAL
                assert (burned > 0) == (judge is Judge.NOBODY)
                self.settled.add(number)
                gains[OWNER] -= burned
                return burned
            case declared.ValidationForfeited(_, amount):
                gains[OWNER] -= amount
                return amount
            case declared.SeatForfeited(_, _, who, amount):
                gains[who] -= amount
                return amount
            case declared.SharesClaimed(number, _, who, shares):
                self.owned[number, who] += shares
            case _:
                pass
        return 0

    def attempt(self, name: str, who: AccountId, *args: object) -> PostDispatch | None:
        """A call that may be refused, and then leaves everything as it was."""
        stage = self.stage
        before = stage.state.changes()
        with self.accounted():
            try:
                return stage.call(name, who, *args)
            except DispatchError:
                assert stage.state.changes() == before
                return None

    @precondition(lambda self: self.stage.pools.next_pool.get() < POOLS_MAX)
    @rule(terms=TERMS, seats=st.integers(1, 4), is_shared=st.booleans())
    def open(self, terms: PoolTerms, seats: int, is_shared: bool) -> None:
        """A record has one pool's shares, whatever becomes of them."""
        stage, number = self.stage, self.stage.pools.next_pool.get()
        grant = ShareGrant(self.records[number], SUPPLY) if is_shared else None
        issuance = stage.money.get_issuance()
        stage.open(terms, seats=seats, shares=grant)
        assert stage.money.get_issuance() == issuance

    def get_commitment(self, number: int, who: AccountId) -> Hash:
        root = blob_root(SHARD_OF[who])
        return compute_shard_commitment(GENESIS, number, who, root, get_salt(who))

    @precondition(has_pools)
    @rule(choice=CHOICE, who=st.sampled_from((OWNER, *MEMBERS)), whose=MEMBER)
    def commit(self, choice: int, who: AccountId, whose: AccountId) -> None:
        """To one's own shard or to another's commitment, which can never be opened."""
        stage, number = self.stage, self.pick(choice, Phase.COMMITTING)
        commitment = self.get_commitment(number, whose)
        entry = stage.get(number)
        seats = [stage.get_seat(number, at) for at in range(entry.committed)]
        may = (
            entry.phase is Phase.COMMITTING
            and not self.is_due(number)
            and who != OWNER
            and all(seat.who != who and seat.commitment != commitment for seat in seats)
        )
        assert (self.attempt("commit", who, number, commitment) is not None) == may
        if may and who != whose:
            self.copies.add((number, who))

    @precondition(lambda self: bool(self.get_numbers(Phase.COMMITTING)))
    @rule(choice=CHOICE)
    def commit_all(self, choice: int) -> None:
        number = self.pick(choice, Phase.COMMITTING)
        for who in MEMBERS:
            self.attempt("commit", who, number, self.get_commitment(number, who))

    @precondition(has_pools)
    @rule(choice=CHOICE, who=MEMBER)
    def reveal(self, choice: int, who: AccountId) -> None:
        number = self.pick(choice, Phase.REVEALING, Phase.COMMITTING)
        index, entry = self.find_seat(number, who), self.stage.get(number)
        is_open = index is not None and (
            self.stage.get_seat(number, index).state is SeatState.COMMITTED
            and (number, who) not in self.copies
        )
        root = blob_root(SHARD_OF[who])
        post = self.attempt("reveal", who, number, root, get_salt(who))
        if entry.phase is Phase.REVEALING:
            assert (post is not None) == (is_open and self.stage.number <= entry.ends_at)
        if post is not None:
            assert is_open
            assert post.pays_fee is Pays.NO

    @precondition(lambda self: bool(self.get_numbers(Phase.REVEALING)))
    @rule(choice=CHOICE)
    def reveal_all(self, choice: int) -> None:
        number = self.pick(choice, Phase.REVEALING)
        for who in MEMBERS:
            self.attempt("reveal", who, number, blob_root(SHARD_OF[who]), get_salt(who))

    @precondition(lambda self: bool(self.get_numbers(Phase.VALIDATION)))
    @rule(choice=CHOICE)
    def show(self, choice: int) -> None:
        number = self.pick(choice, Phase.VALIDATION)
        is_due = self.is_due(number)
        post = self.attempt("show_validation", OWNER, number, blob_root(HIDDEN), SALT)
        assert (post is not None) == (not is_due)

    @precondition(lambda self: bool(self.get_numbers(Phase.SCORING)))
    @rule(choice=CHOICE, index=st.integers(0, 4))
    def score(self, choice: int, index: int) -> None:
        stage, number = self.stage, self.pick(choice, Phase.SCORING)
        may = (
            not self.is_due(number)
            and index < stage.get(number).committed
            and stage.get_seat(number, index).state is SeatState.REVEALED
        )
        assert (self.attempt("score", STRANGER, number, index) is not None) == may
        if may:
            self.ensure_worth(number, index)

    def ensure_worth(self, number: int, index: int) -> None:
        """Who lies gains nothing, nor who gives what another gave before."""
        stage = self.stage
        seat = stage.get_seat(number, index)
        before = [stage.get_seat(number, at) for at in range(index)]
        is_second = any(each.shard == seat.shard for each in before)
        assert seat.fresh_rows == (0 if is_second else 12)
        assert seat.points == 0 or not (is_second or seat.who == MEMBERS[2])

    @precondition(lambda self: bool(self.get_numbers(Phase.SCORING)))
    @rule(choice=CHOICE)
    def score_all(self, choice: int) -> None:
        number = self.pick(choice, Phase.SCORING)
        for index in range(self.stage.get(number).committed):
            self.attempt("score", STRANGER, number, index)

    @precondition(lambda self: bool(self.get_numbers(Phase.SETTLED)))
    @rule(choice=CHOICE, who=MEMBER)
    def claim(self, choice: int, who: AccountId) -> None:
        stage, number = self.stage, self.pick(choice, Phase.SETTLED)
        index = self.find_seat(number, who)
        may = index is not None and stage.get_seat(number, index).shares > 0
        assert (self.attempt("claim_shares", who, number) is not None) == may
        if may:
            has = stage.rights.revenue.get_shares(self.records[number], who)
            assert has == self.owned[number, who] > 0

    @precondition(has_pools)
    @rule(choice=CHOICE, who=st.sampled_from((OWNER, STRANGER, *MEMBERS)))
    def poke(self, choice: int, who: AccountId) -> None:
        number = self.pick(choice)
        is_due = self.is_due(number)
        assert (self.attempt("poke", who, number) is not None) == is_due

    @precondition(lambda self: self.stage.number % 3 == 0 and self.has_pools())
    @rule(choice=CHOICE, who=st.sampled_from((OWNER, STRANGER)))
    def close(self, choice: int, who: AccountId) -> None:
        number = self.pick(choice, Phase.SETTLED, Phase.REFUNDED)
        entry = self.stage.get(number)
        may = entry.phase.is_final and (
            (who == OWNER and entry.shares_left == 0)
            or self.stage.number > entry.ends_at + self.stage.pools.params.result_blocks
        )
        assert (self.attempt("close", who, number) is not None) == may

    @rule(blocks=st.integers(1, 2))
    def pass_time(self, blocks: int) -> None:
        with self.accounted():
            self.stage.skip(blocks)

    # --- always

    @invariant()
    def nothing_is_lost_or_made(self) -> None:
        """G1: all accounts together are the issuance; the pallets agree with the ledger."""
        stage = self.stage
        total = sum(info.data.total for _, info in stage.system.account.items())
        assert total == stage.money.get_issuance()
        stage.try_state()

    def teardown(self) -> None:
        """Once time has run out one poke ends a pool, and closing it leaves nothing behind."""
        stage = self.stage
        stage.skip(30)
        for number in self.get_numbers():
            if not stage.get(number).phase.is_final:
                assert self.attempt("poke", STRANGER, number) is not None
        stage.skip(stage.pools.params.result_blocks + 1)
        for number in self.get_numbers():
            assert self.attempt("close", STRANGER, number) is not None
        assert list(stage.pools.seat.items()) == []
        for who in (OWNER, *MEMBERS):
            assert stage.money.get_held(HoldReason.POOL, who) == 0
        for root, use in stage.registry.blob_use.items():
            assert use.jobs == 0, f"{root} is still needed"
        self.nothing_is_lost_or_made()


TestPoolMachine = PoolMachine.TestCase
TestPoolMachine.settings = settings(
    max_examples=settings().max_examples // 4, stateful_step_count=40, deadline=None
)


def test_the_machine_knows_an_error_when_it_sees_one() -> None:
    """The books do not balance by construction: money that moves unsaid is noticed."""
    machine = PoolMachine()
    try:
        with machine.accounted():
            machine.stage.money.mint(STRANGER, 1)
    except AssertionError:
        return
    raise AssertionError("unsaid money went unnoticed")

"""The market's slots as a state machine: whatever is done in whatever order, promises hold."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from pallets.market import (
    Bids,
    ComputeToData,
    Dutch,
    Infer,
    Posted,
    PriceRule,
    SlotState,
    Terms,
    Train,
)
from runtime.errors import DispatchError
from runtime.frame import Event, Pays, PostDispatch
from runtime.frame.ai_types import Role, SlotId, VerifierId
from runtime.primitives import AccountId, Root
from tests.helpers.market_books import MarketBooks
from tests.helpers.market_stage import (
    ALICE,
    BOB,
    CAROL,
    DAVE,
    EVE,
    MODEL_OWNER,
    TREASURY,
    get_total,
)
from tests.helpers.program_jobs import ProgramStage

EVERYBODY = (ALICE, BOB, CAROL, DAVE, EVE, MODEL_OWNER, TREASURY)
PROVIDERS = st.sampled_from((BOB, CAROL))
JOBS_MAX = 4
AMOUNTS = st.integers(1, 5_000_000)
PRICES = st.one_of(
    AMOUNTS.map(Posted),
    st.tuples(AMOUNTS, AMOUNTS, st.integers(1, 12)).map(
        lambda parts: Dutch(min(parts[:2]), max(parts[:2]), parts[2])
    ),
    AMOUNTS.map(Bids),
)
KINDS = st.sampled_from(("train", "render", "compute to data", "eval"))
TERMS = st.builds(Terms, st.integers(3, 20), st.integers(1, 4), st.integers(1, 3))
CHOICE = st.integers(0, 1_000)


class MarketMachine(RuleBasedStateMachine):
    """Everybody does what they like; money moves as the events say, and no other way."""

    def __init__(self) -> None:
        super().__init__()
        self.stage = ProgramStage()
        self.books = MarketBooks()
        self.settled, self.credited = self.books.settled, self.books.credited
        self.rated: set[tuple[int, int]] = set()
        self.offset = get_total(self.stage) - self.stage.money.get_issuance()

    # --- choosing

    def pick(self, choice: int) -> tuple[int, int]:
        """Some slot of some job."""
        keys = sorted(key for key, _ in self.stage.market.slot.items())
        return keys[choice % len(keys)]

    def pick_in(self, choice: int, *states: SlotState) -> tuple[int, int] | None:
        """Some slot in one of the states."""
        items = self.stage.market.slot.items()
        keys = sorted(key for key, slot in items if slot.state in states)
        return keys[choice % len(keys)] if keys else None

    def has_jobs(self) -> bool:
        return next(self.stage.market.job.items(), None) is not None

    def has_open(self) -> bool:
        return self.pick_in(0, SlotState.OPEN) is not None

    def has_locked(self) -> bool:
        return self.pick_in(0, SlotState.LOCKED) is not None

    def has_missed(self) -> bool:
        return self.pick_missed(0) is not None

    def has_settled(self) -> bool:
        return self.pick_in(0, SlotState.SETTLED) is not None

    def pick_missed(self, choice: int) -> tuple[int, int] | None:
        """Some slot that anybody may fill."""
        keys = sorted(
            key
            for key, slot in self.stage.market.slot.items()
            if slot.state is SlotState.LATE_OPEN
            or (slot.state is SlotState.LOCKED and slot.deadline < self.stage.number)
        )
        return keys[choice % len(keys)] if keys else None

    def is_takeable(self, job: int, slot: int, who: AccountId) -> bool:
        """Whether a provider may have an open slot: its turn has come, no replica is its own."""
        entry = self.stage.get_job(job)
        others = [self.stage.get(job, each) for each in entry.get_replicas(slot) if each != slot]
        is_distinct = all(other.holder != who for other in others)
        is_frozen = self.stage.bonds.is_frozen(who, Role.PROVIDER)
        return is_distinct and not is_frozen and self.stage.market.is_ready(SlotId(job, slot))

    # --- doing

    @contextmanager
    def accounted(self) -> Iterator[list[Event]]:
        """Whatever happens inside, every account's gain is what the events say."""
        stage = self.stage
        before = {who: stage.get_wealth(who) for who in EVERYBODY}
        owners = {number: job.owner for number, job in stage.market.job.items()}
        stage.take_events()
        events: list[Event] = []
        yield events
        events += stage.take_events()
        owners |= {number: job.owner for number, job in stage.market.job.items()}
        expected, royalties = Counter[AccountId](), 0
        for event in events:
            royalties += self.books.note_event(event, owners, expected)
        expected[MODEL_OWNER] += royalties
        gains = {who: stage.get_wealth(who) - before[who] for who in EVERYBODY}
        assert gains == {who: expected[who] for who in EVERYBODY}

    def attempt(self, name: str, who: AccountId, *args: object) -> PostDispatch | None:
        """A call that may be refused, and then leaves everything as it was."""
        stage = self.stage
        before = stage.state.changes()
        with self.accounted():
            try:
                return stage.dispatch(stage.market, name, who, *args)
            except DispatchError:
                assert stage.state.changes() == before
                return None

    @precondition(lambda self: self.stage.market.next_job.get() < JOBS_MAX)
    @rule(
        price=PRICES,
        verifier=st.sampled_from((VerifierId.REPLAY, VerifierId.FREIVALDS)),
        terms=TERMS,
        rows_per_slot=st.sampled_from((14, 20, 40)),
        replicas=st.sampled_from((1, 1, 2)),
        owner=st.sampled_from((ALICE, DAVE, BOB)),
    )
    def post(
        self,
        price: PriceRule,
        verifier: VerifierId,
        terms: Terms,
        rows_per_slot: int,
        replicas: int,
        owner: AccountId,
    ) -> None:
        size = {"rows_per_slot": rows_per_slot, "replicas": replicas}
        with self.accounted():
            self.stage.post(price, verifier, terms, owner, **size)

    @precondition(lambda self: self.stage.market.next_job.get() < JOBS_MAX)
    @rule(price=PRICES, terms=TERMS, kind=KINDS, owner=st.sampled_from((ALICE, DAVE, BOB)))
    def post_program(self, price: PriceRule, terms: Terms, kind: str, owner: AccountId) -> None:
        spec = self.stage.make_specs()[kind]
        if isinstance(spec, Train | ComputeToData):
            spec = replace(spec, dataset=None)  # so that all royalties are one account's
        with self.accounted():
            self.stage.post_spec(spec, price, terms=terms, who=owner)

    @precondition(has_open)
    @rule(choice=CHOICE, who=PROVIDERS)
    def lock(self, choice: int, who: AccountId) -> None:
        job, slot = self.pick_in(choice, SlotState.OPEN) or self.pick(choice)
        now, stage = self.stage.number, self.stage
        entry, before = stage.get_job(job), stage.get(job, slot)
        price = entry.compute_price(now)
        may = price is not None and self.is_takeable(job, slot, who)
        post = self.attempt("lock", who, job, slot, stage.record_of[who])
        is_open = before.state is SlotState.OPEN and now <= entry.open_until
        assert (post is not None) == (is_open and may)
        if post is not None:
            after = stage.get(job, slot)
            assert (after.state, after.provider, after.price) == (SlotState.LOCKED, who, price)
            assert after.bond >= max(-(-after.price // 2), 1_000)

    @precondition(has_locked)
    @rule(choice=CHOICE)
    def submit_right(self, choice: int) -> None:
        stage = self.stage
        key = self.pick_in(choice, SlotState.LOCKED)
        if key is None:
            return
        slot = stage.get(*key)
        assert slot.provider is not None
        payload = stage.run(*key)
        commitment = stage.commit(*key, slot.provider, payload)
        post = self.attempt("submit", slot.provider, *key, commitment, payload)
        if stage.number <= slot.deadline:
            assert post is not None
            assert stage.get(*key).price == slot.price
        if post is not None:
            assert post.pays_fee is Pays.NO
            assert stage.get(*key).state is SlotState.SETTLED
            assert key in self.settled

    @precondition(has_locked)
    @rule(choice=CHOICE, byte=CHOICE)
    def submit_wrong(self, choice: int, byte: int) -> None:
        stage = self.stage
        key = self.pick_in(choice, SlotState.LOCKED)
        if key is None:
            return
        slot = stage.get(*key)
        assert slot.provider is not None
        payload = stage.forge(*key, byte=byte % len(stage.run(*key)))
        commitment = stage.commit(*key, slot.provider, payload)
        post = self.attempt("submit", slot.provider, *key, commitment, payload)
        if stage.number <= slot.deadline:
            assert post is not None
            after = stage.get(*key)
            assert after.state in (SlotState.OPEN, SlotState.REFUNDED)
            assert after.failures == slot.failures + 1
        if post is not None:
            assert post.pays_fee is Pays.YES
            assert key not in self.settled

    @precondition(has_missed)
    @rule(choice=CHOICE, who=st.sampled_from(EVERYBODY), is_right=st.booleans())
    def submit_late(self, choice: int, who: AccountId, is_right: bool) -> None:
        stage = self.stage
        job, slot = self.pick_missed(choice) or self.pick(choice)
        before, owner = stage.get(job, slot), stage.get_job(job).owner
        wealth = stage.get_wealth(owner)
        payload = stage.run(job, slot) if is_right else stage.forge(job, slot)
        post = self.attempt(
            "submit", who, job, slot, stage.commit(job, slot, who, payload), payload
        )
        is_late = before.state is SlotState.LATE_OPEN
        until = before.deadline + (0 if is_late else stage.get_job(job).work_blocks)
        if stage.number <= until and stage.market.is_distinct(SlotId(job, slot), who, -1):
            assert post is not None
            assert stage.get(job, slot).state is (
                SlotState.SETTLED if is_right else SlotState.LATE_OPEN
            )
            paid = stage.get(job, slot).price if is_right else 0  # the price of a forgiven miss
            assert paid in (0, before.price)
            if owner not in (who, before.provider):
                assert stage.get_wealth(owner) == wealth - paid

    @precondition(has_jobs)
    @rule(choice=CHOICE, who=PROVIDERS)
    def copy_a_commitment(self, choice: int, who: AccountId) -> None:
        key = self.pick(choice)
        if not self.stage.market.is_ready(SlotId(*key)):
            return  # nobody can have a result yet
        payload = self.stage.run(*key)
        commitment = self.stage.commit(*key, EVE, payload)
        assert self.attempt("submit", who, *key, commitment, payload) is None

    @precondition(has_jobs)
    @rule(choice=CHOICE)
    def poke(self, choice: int) -> None:
        self.attempt("poke", EVE, *self.pick(choice))

    @precondition(lambda self: self.stage.number % 3 == 0 and self.has_jobs())
    @rule(choice=CHOICE, who=st.sampled_from((ALICE, DAVE, BOB)))
    def cancel(self, choice: int, who: AccountId) -> None:
        job, _ = self.pick(choice)
        slots = dict(self.stage.market.slot.items(job))
        post = self.attempt("cancel", who, job)
        for key, slot in self.stage.market.slot.items(job):
            if post is None or slots[key].state is not SlotState.OPEN:
                assert slot == slots[key]
            else:
                assert slot.state is SlotState.REFUNDED

    @precondition(lambda self: self.stage.number % 2 == 0 and self.has_jobs())
    @rule(choice=CHOICE, amount=AMOUNTS, who=st.sampled_from((ALICE, DAVE, BOB)))
    def top_up(self, choice: int, amount: int, who: AccountId) -> None:
        self.attempt("top_up", who, self.pick(choice)[0], amount)

    @precondition(has_settled)
    @rule(choice=CHOICE, score=st.integers(0, 120), who=st.sampled_from((ALICE, DAVE, EVE)))
    def rate(self, choice: int, score: int, who: AccountId) -> None:
        key = self.pick_in(choice, SlotState.SETTLED) or self.pick(choice)
        post = self.attempt("rate", who, *key, score, b"")
        may = (
            who == self.stage.get_job(key[0]).owner
            and self.stage.get(*key).state is SlotState.SETTLED
            and key not in self.rated
            and score <= 100
        )
        assert (post is not None) == may
        if may:
            self.rated.add(key)

    @precondition(has_jobs)
    @rule(choice=CHOICE, who=st.sampled_from((ALICE, DAVE, BOB)))
    def close(self, choice: int, who: AccountId) -> None:
        job, _ = self.pick(choice)
        entry = self.stage.get_job(job)
        post = self.attempt("close", who, job)
        assert (post is not None) == (who == entry.owner and entry.live == 0)

    @precondition(has_locked)
    @rule(choice=CHOICE, layer=st.integers(0, 1))
    def mine(self, choice: int, layer: int) -> None:
        stage = self.stage
        key = self.pick_in(choice, SlotState.LOCKED) or self.pick(choice)
        if not isinstance(stage.get_job(key[0]).spec, Infer):
            return  # nothing is mined with a program
        summary = stage.make_summary(key[0], (key[1],), layer)
        slot = stage.get(*key)
        with self.accounted():
            stage.next_block(slot.provider if choice % 8 else None)
        may = (
            slot.state is SlotState.LOCKED
            and slot.provider == stage.author
            and stage.number <= slot.deadline
            and (*key, layer) not in self.credited
        )
        with self.accounted():
            try:
                stage.note(summary)
            except DispatchError:
                assert not may
            else:
                assert may

    @rule(author=PROVIDERS, blocks=st.integers(1, 3))
    def pass_time(self, author: AccountId, blocks: int) -> None:
        with self.accounted():
            for _ in range(blocks):
                self.stage.next_block(author)

    @precondition(has_locked)
    @rule(choice=CHOICE)
    def let_a_deadline_pass(self, choice: int) -> None:
        key = self.pick_in(choice, SlotState.LOCKED)
        assert key is not None
        with self.accounted():
            self.stage.skip(max(1, self.stage.get(*key).deadline + 1 - self.stage.number))

    @precondition(lambda self: self.stage.number % 7 == 0)
    @rule()
    def update_the_model(self) -> None:
        stage = self.stage
        with self.accounted(), suppress(DispatchError):  # so many versions are not kept
            stage.dispatch(
                stage.registry,
                "update",
                MODEL_OWNER,
                stage.model,
                stage.weights.body,
                Root(b"u" * 32),
            )

    # --- always

    @invariant()
    def nothing_is_lost_or_made(self) -> None:
        """G1: all accounts together are the issuance; the pallets agree with the ledger."""
        assert get_total(self.stage) - self.stage.money.get_issuance() == self.offset == 0
        self.stage.try_state()

    @invariant()
    def segments_are_settled_in_order(self) -> None:
        """None before the one whose weights it goes on from."""
        for number, job in self.stage.market.job.items():
            slots = [self.stage.get(number, slot) for slot in range(job.slots)]
            done = [slot.state is SlotState.SETTLED for slot in slots]
            assert not job.is_chain or done == sorted(done, reverse=True)

    def teardown(self) -> None:
        """M3: after the last deadline one poke ends every slot, and every job can be closed."""
        stage = self.stage
        stage.skip(40)
        for key in [key for key, slot in stage.market.slot.items() if not slot.state.is_final]:
            assert self.attempt("poke", EVE, *key) is not None
            assert stage.get(*key).state.is_final
        for number, job in list(stage.market.job.items()):
            assert job.escrow == job.live == 0
            assert self.attempt("close", job.owner, number) is not None
        assert list(stage.work.credited.items()) == []
        assert list(stage.market.busy.items()) == []
        assert list(stage.market.open_slots.items()) == []
        assert list(stage.bonds.duty.items()) == []
        assert list(stage.verify.claim.items()) == []
        self.nothing_is_lost_or_made()

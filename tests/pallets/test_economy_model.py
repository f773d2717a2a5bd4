"""The whole runtime through signed extrinsics, batches included, block after block."""

from collections.abc import Callable
from typing import TypeAlias

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from pallets.market import Dutch, Going, Infer, Posted, SlotState, Terms
from pallets.market import declarations as market
from pallets.registry.types import Dataset
from pallets.work import declarations as work
from runtime.address import Id
from runtime.errors import BadMandatory, InvalidTransaction
from runtime.executive import ApplyOutcome
from runtime.frame import Call, Event
from runtime.frame.ai_types import Role, VerifierId
from runtime.primitives import UNIT, AccountId, Hash, Root
from tests.helpers.chain_stage import EXISTENTIAL_DEPOSIT, SEEDED, execute_again, make_call
from tests.helpers.economy import (
    ALICE,
    BOB,
    BOND,
    CAROL,
    DAVE,
    EVE,
    GHOST,
    INPUT_ROOT,
    MANIFEST,
    MODEL,
    PEOPLE,
    RECORD_OF,
    commit,
    find_slots,
    get_job,
    get_slot,
    make_economy,
    make_provider,
    run,
    summarise,
)
from tests.helpers.economy_books import (
    ensure_credits_are_live,
    ensure_duties_are_slots,
    ensure_money_adds_up,
    ensure_only_paid,
    get_fee,
)
from tests.helpers.slot_work import forge

Price: TypeAlias = Posted | Dutch | Going
WHO = st.sampled_from(PEOPLE)
PROVIDERS = st.sampled_from(tuple(RECORD_OF))
CHOICE = st.integers(0, 1_000)
DEPOSIT = EXISTENTIAL_DEPOSIT
AMOUNTS = st.sampled_from((0, 1, DEPOSIT - 1, DEPOSIT, UNIT, 50 * UNIT, 150 * UNIT, 10**5 * UNIT))
TIPS = st.sampled_from((0, 0, 0, 1, DEPOSIT, 5 * UNIT))
PRICES = st.one_of(
    st.sampled_from((1, 10, DEPOSIT, UNIT, 7 * UNIT)).map(Posted),
    st.builds(Dutch, st.just(DEPOSIT), st.sampled_from((UNIT, 3 * UNIT)), st.integers(1, 6)),
    st.sampled_from((DEPOSIT, UNIT, 7 * UNIT)).map(Going),
)
TERMS = st.builds(Terms, st.integers(2, 9), st.integers(1, 3), st.integers(1, 2))
VERIFIERS = st.sampled_from((VerifierId.REPLAY, VerifierId.FREIVALDS))
KEPT = (MODEL, *RECORD_OF.values())
LIVE = (SlotState.LOCKED, SlotState.LATE_OPEN)
ANY = tuple(SlotState)
ROWS = 40


class EconomyMachine(RuleBasedStateMachine):
    """Everybody sends what they like; whatever fails leaves a fee, a nonce, and nothing else."""

    def __init__(self) -> None:
        super().__init__()
        self.chain = make_economy()
        self.first = dict(self.chain.entries)
        self.settled: set[tuple[int, int]] = set()
        self.credited: set[tuple[int, int, int]] = set()
        self.chain.begin_block(BOB)

    @initialize(prices=st.tuples(PRICES, PRICES), verifiers=st.tuples(VERIFIERS, VERIFIERS))
    def open_two_jobs(self, prices: tuple[Price, ...], verifiers: tuple[VerifierId, ...]) -> None:
        for price, verifier in zip(prices, verifiers, strict=True):
            self.post(ALICE, price, verifier, Terms(12, 3, 2), 13)
        for who, slot in ((BOB, 0), (CAROL, 1)):
            self.send(who, make_call("Market", "lock", 0, slot, RECORD_OF[who]))

    # --- sending

    def send(self, who: AccountId, call: Call, tip: int = 0) -> ApplyOutcome | None:
        """Sends a transaction and checks what it must not do; None if no block may hold it."""
        chain, runtime = self.chain, self.chain.runtime
        before, info = runtime.state.changes(), runtime.system.account[who]
        first = len(runtime.state.events)
        try:
            outcome = chain.apply(who, call, tip)
        except InvalidTransaction:
            assert runtime.state.changes() == before
            assert len(runtime.state.events) == first
            return None
        events = chain.get_events(first)
        if outcome.error is not None:
            ensure_only_paid(runtime, who, before, info, events)
        self.read(events)
        return outcome

    def read(self, events: list[Event]) -> None:
        """Notes what can happen once: settling, crediting; checks the parts of each price."""
        for event in events:
            match event:
                case market.Settled(job, slot, _, price, burned, treasury, royalties, paid, bonus):
                    assert (job, slot) not in self.settled
                    self.settled.add((job, slot))
                    assert burned + treasury + royalties + paid == price
                    assert 10 * bonus <= 8 * burned
                    assert 10 * royalties <= 4 * price
                case market.LateFilled(job, slot):
                    assert (job, slot) not in self.settled
                    self.settled.add((job, slot))
                case work.UsefulCredited(job, slot, layer):
                    assert (job, slot, layer) not in self.credited
                    self.credited.add((job, slot, layer))
                case _:
                    pass

    def pick(self, choice: int, *states: SlotState) -> tuple[int, int]:
        """Some slot in one of the states; without such a slot some that there is not."""
        slots = find_slots(self.chain, *states)
        return slots[choice % len(slots)] if slots else (choice, 0)

    def has_live(self) -> bool:
        return bool(find_slots(self.chain, *LIVE))

    def has_slots(self) -> bool:
        return bool(find_slots(self.chain, *ANY))

    # --- money and batches

    @rule(
        who=WHO,
        dest=st.sampled_from((*PEOPLE, GHOST)),
        amount=AMOUNTS,
        name=st.sampled_from(
            ("transfer_keep_alive", "transfer_allow_death", "transfer_all", "burn")
        ),
        tip=TIPS,
    )
    def move(self, who: AccountId, dest: AccountId, amount: int, name: str, tip: int) -> None:
        """Only the poor give away all they have: the others are needed for more."""
        if name == "transfer_all":
            self.send(EVE, make_call("Balances", name, Id(dest), amount == 0), tip)
            self.send(DAVE, make_call("Balances", "transfer_keep_alive", Id(EVE), 2 * UNIT))
            return
        args = (amount, False) if name == "burn" else (Id(dest), amount)
        self.send(who, make_call("Balances", name, *args), tip)

    @rule(
        who=WHO,
        kind=st.sampled_from(("batch", "batch_all", "force_batch")),
        amounts=st.lists(AMOUNTS, max_size=3),
        choice=CHOICE,
    )
    def batch(self, who: AccountId, kind: str, amounts: list[int], choice: int) -> None:
        """Transfers, a bond and a lock together, in a batch inside a batch."""
        gifts = tuple(make_call("Balances", "transfer_keep_alive", Id(DAVE), a) for a in amounts)
        job, slot = self.pick(choice, SlotState.OPEN)
        others = (
            make_call("Bonds", "bond", Role.PROVIDER, UNIT),
            make_call("Market", "lock", job, slot, RECORD_OF.get(who, 0)),
        )
        inner = make_call("Utility", kind, gifts)
        self.send(who, make_call("Utility", kind, (inner, *others[choice % 3 :])))

    # --- records and bonds

    @rule(
        choice=CHOICE,
        name=st.sampled_from(
            ("put_blob", "drop_blob", "register", "heartbeat", "retire", "transfer", "update")
        ),
        ttl=st.sampled_from((0, 3, 100)),
    )
    def tend_records(self, choice: int, name: str, ttl: int) -> None:
        """What can be done to records and blobs, but to the model and the providers themselves."""
        who, registry = PEOPLE[choice % len(PEOPLE)], self.chain.runtime.registry
        records = dict(registry.record.items())
        numbers = [number for number in sorted(records) if number not in KEPT]
        record = numbers[choice % len(numbers)] if numbers else choice
        owner = records[record].owner if record in records and choice % 4 else DAVE
        stakes = dict(registry.blob_stake.items())
        roots = sorted(root for root, payer in stakes if payer == who)
        body = Dataset(Root(b"d" * 32), None, None, 10, 1_024, 1_000, Hash(b"s" * 32), None)
        args: dict[str, tuple[object, ...]] = {
            "put_blob": (b"blob" * (choice % 3),),
            "drop_blob": ((*roots, INPUT_ROOT)[0],),
            "register": (body, MANIFEST, (), 100, ttl),
            "heartbeat": (record,),
            "retire": (record,),
            "transfer": (record, Id(who)),
            "update": (record, make_provider() if choice % 5 == 0 else body, MANIFEST),
        }
        is_blob = name in ("put_blob", "drop_blob", "register")
        self.send(who if is_blob else owner, make_call("Registry", name, *args[name]))

    @rule(who=PROVIDERS, amount=st.sampled_from((0, UNIT, BOND // 2, BOND)), choice=CHOICE)
    def unbond(self, who: AccountId, amount: int, choice: int) -> None:
        self.send(who, make_call("Bonds", "unbond", Role.PROVIDER, amount))
        if choice % 2:
            self.send(who, make_call("Bonds", "cancel_unbond", Role.PROVIDER, choice % 3))
        self.send(who, make_call("Bonds", "withdraw", Role.PROVIDER))

    # --- the market

    @precondition(lambda self: self.chain.runtime.market.next_job.get() < 5)
    @rule(
        who=st.sampled_from((ALICE, ALICE, BOB, EVE)),
        price=PRICES,
        verifier=VERIFIERS,
        terms=TERMS,
        per_slot=st.sampled_from((13, 20, 40)),
    )
    def post(
        self,
        who: AccountId,
        price: Price,
        verifier: VerifierId,
        terms: Terms,
        per_slot: int,
    ) -> None:
        spec = Infer(MODEL, None, INPUT_ROOT, ROWS, per_slot, 1)
        self.send(who, make_call("Market", "post", spec, price, verifier, terms))

    @precondition(lambda self: bool(find_slots(self.chain, SlotState.OPEN)))
    @rule(choice=CHOICE, who=PROVIDERS)
    def lock(self, choice: int, who: AccountId) -> None:
        job, slot = self.pick(choice, SlotState.OPEN)
        self.send(who, make_call("Market", "lock", job, slot, RECORD_OF[who]))

    @precondition(has_live)
    @rule(choice=CHOICE, other=WHO, tip=TIPS)
    def submit_right(self, choice: int, other: AccountId, tip: int) -> None:
        self.submit(choice, other, None, tip)

    @precondition(has_live)
    @rule(choice=CHOICE, other=WHO, byte=CHOICE, tip=TIPS)
    def submit_wrong(self, choice: int, other: AccountId, byte: int, tip: int) -> None:
        self.submit(choice, other, byte, tip)

    def submit(self, choice: int, other: AccountId, byte: int | None, tip: int) -> None:
        """M12: who fulfils the duty pays the tip alone; whoever does not pays the fee."""
        chain, at = self.chain, self.pick(choice, *LIVE)
        provider = get_slot(chain, at).provider
        who = provider if provider is not None and choice % 8 else other
        payload = run(chain, at) if byte is None else forge(run(chain, at), byte)
        call = make_call("Market", "submit", *at, commit(chain, at, who, payload), payload)
        first = len(chain.runtime.state.events)
        outcome = self.send(who, call, tip)
        if outcome is None:
            return
        is_settled = outcome.error is None and at in self.settled
        fee = get_fee(chain.get_events(first))
        assert (fee.actual_fee == tip) == is_settled
        assert is_settled <= (byte is None)

    @precondition(has_slots)
    @rule(choice=CHOICE, who=WHO, name=st.sampled_from(("poke", "rate", "close", "cancel")))
    def tend_job(self, choice: int, who: AccountId, name: str) -> None:
        job, slot = self.pick(choice, *ANY)
        owner = get_job(self.chain, job).owner
        who = who if name == "poke" or choice % 4 == 0 else owner
        args: dict[str, tuple[object, ...]] = {"poke": (slot,), "rate": (slot, 90, b"good")}
        if name != "cancel" or choice % 5 == 0:
            self.send(who, make_call("Market", name, job, *args.get(name, ())))

    @rule(who=WHO, author=WHO, back=st.integers(0, 3), tip=TIPS)
    def claim(self, who: AccountId, author: AccountId, back: int, tip: int) -> None:
        """What blocks earned, for anybody by anybody: free when it pays, and paid once."""
        work, first = self.chain.runtime.work, len(self.chain.runtime.state.events)
        era = max(work.get_era_index() - back, 0)
        payout = work.compute_payout(era, author)
        outcome = self.send(who, make_call("Work", "claim_era", era, author), tip)
        if outcome is None:
            return
        assert (outcome.error is None) == (payout is not None and back > 0)
        if outcome.error is None:
            assert get_fee(self.chain.get_events(first)).actual_fee == tip
            assert work.compute_payout(era, author) is None

    @precondition(has_slots)
    @rule(choice=CHOICE, amount=AMOUNTS)
    def top_up(self, choice: int, amount: int) -> None:
        job, _ = self.pick(choice, *ANY)
        owner = get_job(self.chain, job).owner
        self.send(owner, make_call("Market", "top_up", job, amount))

    # --- blocks

    @rule(author=WHO, blocks=st.integers(1, 3))
    def pass_blocks(self, author: AccountId, blocks: int) -> None:
        for _ in range(blocks):
            self.end_block()
            self.begin(lambda: self.chain.begin_block(author))

    def begin(self, begin: Callable[[], None]) -> None:
        begin()
        self.read(self.chain.get_events())

    def end_block(self) -> None:
        self.chain.end_block()
        self.chain.try_state()

    @precondition(lambda self: bool(find_slots(self.chain, SlotState.LOCKED)))
    @rule(choice=CHOICE, layer=st.integers(0, 1), is_author=st.booleans())
    def mine(self, choice: int, layer: int, is_author: bool) -> None:
        self.mine_with(self.pick(choice, SlotState.LOCKED), layer, is_author)

    @precondition(lambda self: bool(find_slots(self.chain, SlotState.OPEN)))
    @rule(choice=CHOICE, who=PROVIDERS, layer=st.integers(0, 1))
    def serve(self, choice: int, who: AccountId, layer: int) -> None:
        """What a provider does when nothing goes wrong."""
        at = self.pick(choice, SlotState.OPEN)
        outcome = self.send(who, make_call("Market", "lock", *at, RECORD_OF[who]))
        if outcome is not None and outcome.error is None:
            self.mine_with(at, layer, is_author=True)
            payload = run(self.chain, at)
            call = make_call("Market", "submit", *at, commit(self.chain, at, who, payload), payload)
            outcome = self.send(who, call)
            assert outcome is None or outcome.error is None

    def mine_with(self, at: tuple[int, int], layer: int, is_author: bool) -> None:
        """A block of the Task lane counts iff its author is at work on rows that never mined."""
        self.end_block()
        chain, slot = self.chain, get_slot(self.chain, at)
        assert slot.provider is not None
        author = slot.provider if is_author else ALICE
        may = is_author and chain.number < slot.deadline and (*at, layer) not in self.credited
        state = chain.entries
        try:
            self.begin(lambda: chain.begin_block(author, summarise(chain, at, layer)))
        except BadMandatory:
            assert not may
            assert chain.entries is state
            chain.begin_block(author, SEEDED)
        else:
            assert may
            assert (*at, layer) in self.credited

    # --- always

    @invariant()
    def all_money_is_somewhere(self) -> None:
        ensure_money_adds_up(self.chain.runtime)
        ensure_duties_are_slots(self.chain.runtime)
        ensure_credits_are_live(self.chain.runtime)

    def teardown(self) -> None:
        """M3, G4: a poke ends what is due; the blocks alone lead another node to this state."""
        for _ in range(20):
            self.end_block()
            self.chain.begin_block(ALICE)
        rich = max(PEOPLE, key=self.chain.get_wealth)
        for at in find_slots(self.chain, *ANY):
            if not get_slot(self.chain, at).state.is_final:
                outcome = self.send(rich, make_call("Market", "poke", *at))
                assert outcome is not None
                assert get_slot(self.chain, at).state.is_final
        self.all_money_is_somewhere()
        self.end_block()
        assert list(self.chain.runtime.bonds.duty.keys()) == []
        assert execute_again(self.first, self.chain.blocks) == self.chain.entries


TestEconomy = EconomyMachine.TestCase
TestEconomy.settings = settings(max_examples=settings().max_examples // 4, stateful_step_count=40)

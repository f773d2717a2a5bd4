"""Nobody gains by dealing with himself: requester, providers, authors and owners are one party.

Who makes blocks earns what they emit, whatever was in them. Beside that, a party that deals with
itself only loses, also where it moves the price of its own work: it is better off mining.
"""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from random import Random
from typing import TypeAlias

from hypothesis import given, settings
from hypothesis import strategies as st

from pallets.market import Dutch, Going, Infer, Posted, SlotState, Terms
from pallets.market import declarations as market
from pallets.registry.types import Parent, Relation
from pallets.work import declarations as work
from pallets.work.emission import EMISSION, compute_emission
from runtime.errors import DispatchError
from runtime.frame.ai_types import Role, VerifierId
from runtime.primitives import UNIT, AccountId
from runtime.work_summary import WorkSummary
from tests.helpers import economy
from tests.helpers.chain_stage import SEEDED, ChainStage, make_call
from tests.helpers.economy import INPUT_ROOT, MANIFEST, RECORD_OF, TTL, find_slots, get_slot
from tests.helpers.market_stage import (
    ALICE,
    BOB,
    CAROL,
    DAVE,
    EVE,
    FUNDS,
    MODEL_OWNER,
    MarketStage,
    make_classifier,
)
from tests.helpers.review_stage import ReviewStage
from tests.helpers.slot_work import forge
from tests.pallets.registry.stage import make_dataset

PARTY = (ALICE, BOB, CAROL, DAVE, EVE, MODEL_OWNER)
"""Everybody but the treasury."""

PROVIDERS = (BOB, CAROL)
STEPS = ("post", "lock", "lock", "mine", "mine", "submit", "submit", "forge", "wait", "miss",
         "poke", "cancel", "top_up", "rate", "close", "claim",
         "commission", "accept", "reject")  # fmt: skip
Price: TypeAlias = Posted | Dutch | Going


def get_party_wealth(stage: MarketStage) -> int:
    return sum(stage.get_wealth(who) for who in PARTY)


def take_step(stage: ReviewStage, step: str, model: int, choice: int, price: Price) -> None:
    """One thing that the party does to itself; what is refused is as good as not tried."""
    slots = sorted(stage.market.slot.items())
    (job, slot), entry = slots[choice % len(slots)] if slots else ((0, 0), None)
    who = PROVIDERS[choice % 2] if entry is None or entry.provider is None else entry.provider
    dispatch, pallet = stage.dispatch, stage.market
    is_reviewed = entry is not None and pallet.job[job].is_reviewed
    match step:
        case "commission":
            stage.deliver(stage.commission(1 + choice % 2, price), 0, PROVIDERS[choice % 2])
        case "accept" | "reject":
            waiting = sorted(at for at, _ in stage.verify.pending.items()) or [(0, 0)]
            stage.act(f"{step}_result", ALICE, *waiting[choice % len(waiting)])
        case "submit" | "forge" if is_reviewed:
            stage.submit(job, slot, who, bytes(32))
        case "mine" if is_reviewed:
            stage.next_block(who)
        case "post":
            rows, verifier = (20, 40)[choice % 2], VerifierId(choice % 2)
            stage.post(price, verifier, Terms(20, 4, 2), model=model, rows_per_slot=rows)
        case "lock":
            stage.lock(job, slot, who)
        case "mine":
            stage.next_block(who)
            if entry is not None:
                stage.note(stage.make_summary(job, (slot,), choice % 2))
        case "submit":
            stage.submit(job, slot, who)
        case "forge":
            stage.submit(job, slot, who, stage.forge(job, slot))
        case "wait":
            stage.next_block(who)
        case "miss":
            stage.skip(5)
        case "claim":
            era = stage.work.get_era_index() - 1 - choice % 2
            dispatch(stage.work, "claim_era", EVE, max(era, 0), PROVIDERS[choice % 3 % 2])
        case "poke":
            dispatch(pallet, "poke", EVE, job, slot)
        case "cancel" | "close":
            dispatch(pallet, step, ALICE, job)
        case "top_up":
            dispatch(pallet, step, ALICE, job, choice)
        case _:
            dispatch(pallet, step, ALICE, job, slot, 100, b"the best")


PRICES = st.one_of(
    st.integers(1, 10**9).map(Posted),
    st.builds(Dutch, st.integers(1, 1_000), st.integers(1_000, 10**9), st.integers(1, 10)),
    st.integers(10**11, 10**13).map(Going),
)


@settings(max_examples=settings().max_examples // 3)
@given(
    steps=st.lists(st.tuples(st.sampled_from(STEPS), st.integers(0, 50)), min_size=8, max_size=40),
    price=PRICES,
    bps=st.integers(0, 2_400),
)
def test_no_sequence_of_own_jobs_gains(
    steps: list[tuple[str, int]], price: Price, bps: int
) -> None:
    """Fees are not even counted: what is burned always outweighs what is minted for it."""
    stage = ReviewStage()
    for who in PARTY:
        stage.money.mint(who, FUNDS)
    for who in PROVIDERS:
        stage.dispatch(stage.bonds, "bond", who, Role.PROVIDER, FUNDS // 2)
    model = stage.register_child_model(bps)
    wealth = first = get_party_wealth(stage)
    settled = earned = 0
    for step, choice in [("post", 0), ("lock", 0), ("mine", 0), *steps]:
        stage.take_events()
        with suppress(DispatchError, KeyError):
            take_step(stage, step, model, choice, price)
        for event in stage.take_events():
            if isinstance(event, market.Settled):
                assert 10 * event.bonus <= 8 * event.burned
                settled += 1
            if isinstance(event, work.EraClaimed):
                earned += event.amount
        assert get_party_wealth(stage) - earned <= wealth
        wealth = get_party_wealth(stage) - earned
    assert wealth < first or settled == 0
    mined = compute_emission(stage.work.params.emission, 0, stage.number)
    assert 10 * earned <= 9 * mined, "no more than the same blocks earn whoever deals with nobody"
    assert stage.money.get_issuance() <= first + FUNDS + mined


# --- a campaign


@dataclass(slots=True)
class Campaign:
    """A party that does nothing but deal with itself, as well as it can."""

    chain: ChainStage
    model: int
    random: Random = field(default_factory=lambda: Random(15))
    mined: set[tuple[int, int, int]] = field(default_factory=set)
    forged: set[tuple[int, int]] = field(default_factory=set)
    burned: int = 0
    bonus: int = 0
    settled: int = 0
    earned: int = 0
    moved: int = 0

    def get_wealth(self) -> int:
        """What everybody has, but for what the blocks earned."""
        return sum(self.chain.get_wealth(who) for who in economy.PEOPLE) - self.earned

    def send(self, who: AccountId, name: str, *args: object) -> None:
        outcome = self.chain.apply(who, make_call("Market", name, *args))
        assert outcome.error is None, f"{name}: {outcome.error!r}"

    def find_work(self) -> tuple[AccountId, WorkSummary]:
        """The author and the rows of the next block: a locked slot's product that has not mined."""
        for at in find_slots(self.chain, SlotState.LOCKED):
            provider = get_slot(self.chain, at).provider
            assert provider is not None
            for layer in (0, 1):
                if (*at, layer) not in self.mined:
                    return provider, economy.summarise(self.chain, at, layer)
        return BOB, SEEDED

    def run_block(self) -> None:
        """The party posts, locks, mines, submits and closes, with a forgery here and there."""
        self.chain.begin_block(*self.find_work())
        self.read()
        first = len(self.chain.runtime.state.events)
        for at in find_slots(self.chain, SlotState.LOCKED):
            if all((*at, layer) in self.mined for layer in (0, 1)):
                self.submit(at)
        for job, entry in sorted(self.chain.runtime.market.job.items()):
            if entry.live == 0:
                self.send(ALICE, "close", job)
        if not find_slots(self.chain, SlotState.OPEN, SlotState.LOCKED):
            price = self.random.choice((Posted, Going))(
                self.random.choice((1, 10, 999, UNIT // 1_000, UNIT, 50 * UNIT))
            )
            spec = Infer(self.model, None, INPUT_ROOT, 40, 20, 1)
            self.send(ALICE, "post", spec, price, VerifierId.REPLAY, Terms(50, 20, 3))
        self.claim()
        is_patient = self.random.random() < 0.3
        for at in () if is_patient else find_slots(self.chain, SlotState.OPEN):
            who = self.random.choice(PROVIDERS)
            self.send(who, "lock", *at, RECORD_OF[who])
        self.read(first)
        self.chain.end_block()

    def claim(self) -> None:
        """Whoever made blocks in the last era has what they earned."""
        runtime = self.chain.runtime
        for who in PROVIDERS:
            for era, _ in list(runtime.work.iter_payouts(who)):
                outcome = self.chain.apply(EVE, make_call("Work", "claim_era", era, who))
                assert outcome.error is None

    def submit(self, at: tuple[int, int]) -> None:
        provider = get_slot(self.chain, at).provider
        assert provider is not None
        payload = economy.run(self.chain, at)
        if at not in self.forged and self.random.random() < 0.1:
            self.forged.add(at)
            payload = forge(payload)
        commitment = economy.commit(self.chain, at, provider, payload)
        self.send(provider, "submit", *at, commitment, payload)

    def read(self, first: int = 0) -> None:
        """Counts what was burned and minted; each product of a slot is credited once."""
        for event in self.chain.get_events(first):
            match event:
                case market.Settled(job, slot, _, _, burned, _, _, _, bonus):
                    assert 10 * bonus <= 8 * burned
                    # All was mined before the forgery: nothing is left to earn from.
                    assert (job, slot) not in self.forged or bonus == 0
                    self.settled += 1
                    self.burned += burned
                    self.bonus += bonus
                case work.UsefulCredited(job, slot, layer):
                    assert (job, slot, layer) not in self.mined
                    self.mined.add((job, slot, layer))
                case work.EraClaimed():
                    self.earned += event.amount
                case work.PriceMoved():
                    assert event.before != event.after
                    self.moved += 1
                case _:
                    pass


def start_campaign() -> Campaign:
    """The party owns a dataset, and a model trained on it that passes royalties on."""
    chain = economy.make_economy()
    weights = make_classifier()
    dataset = chain.runtime.registry.next_id.get()
    chain.begin_block(BOB)
    parents = (Parent(dataset, Relation.TRAINED_ON, 1_500),)
    calls = [
        (CAROL, make_call("Registry", "register", make_dataset(), MANIFEST, (), 0, TTL)),
        *((DAVE, make_call("Registry", "put_blob", blob)) for blob in weights.blobs),
        (
            DAVE,
            make_call("Registry", "register", weights.body, MANIFEST, parents, 2_000, TTL),
        ),
    ]
    for who, call in calls:
        assert chain.apply(who, call).error is None
    chain.end_block()
    return Campaign(chain, dataset + 1)


def iter_wealth(campaign: Campaign, blocks: int) -> Iterator[int]:
    for _ in range(blocks):
        campaign.run_block()
        yield campaign.get_wealth()


def test_a_thousand_blocks_of_own_jobs_only_lose() -> None:
    campaign = start_campaign()
    wealth = first = campaign.get_wealth()
    for now in iter_wealth(campaign, 1_000):
        assert now <= wealth
        wealth = now
    assert campaign.settled > 200
    assert campaign.moved > 20
    blocks = campaign.chain.number
    assert 0 < 10 * campaign.earned <= 9 * compute_emission(EMISSION, 0, blocks)
    assert len(campaign.forged) > 20
    assert len(campaign.mined) >= 2 * campaign.settled
    assert 0 < 10 * campaign.bonus <= 8 * campaign.burned
    assert first - wealth > campaign.burned - campaign.bonus > 0
    campaign.chain.try_state()

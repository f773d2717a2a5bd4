"""The registry against what must hold whatever happens, in whatever order."""

from collections.abc import Callable

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from pallets.registry import Registry
from pallets.registry.types import Body, Parent, Relation
from runtime.errors import DispatchError, TokenError
from runtime.frame import Origin
from runtime.frame.ai_types import ROYALTY_BPS_MAX, RecordKind
from runtime.frame.traits import HoldReason
from runtime.primitives import AccountId, Root
from runtime.tensor.blob import blob_root
from tests.helpers.ledger import get_wealth
from tests.pallets.registry.stage import (
    ALICE,
    BOB,
    CAROL,
    FUNDS,
    STRANGER,
    RegistryStage,
    make_dataset,
    make_provider,
    make_weights,
)

REFUSALS: tuple[type[DispatchError], ...] = (TokenError, *Registry.spec.errors)
ACCOUNTS = st.sampled_from([ALICE, BOB])
PICKS = st.integers(0, 20)
"""Which of the records there are, and sometimes one that there is not."""

MODELS = tuple(make_weights(seed) for seed in range(2))
OTHERS = st.none() | st.none() | ACCOUNTS
BLOBS = (*(blob for model in MODELS for blob in model.blobs[:2]), b"inputs")
BODIES: st.SearchStrategy[Body] = st.sampled_from(
    [*(model.body for model in MODELS), make_dataset(1), make_dataset(2), make_provider()]
)
PARENTS = st.lists(st.tuples(PICKS, st.sampled_from(Relation), st.integers(0, 1_500)), max_size=3)


class RegistryModel(RuleBasedStateMachine):
    """Two accounts register, update, give away and retire, while jobs come and go."""

    def __init__(self) -> None:
        super().__init__()
        self.stage = RegistryStage()
        self.jobs: list[tuple[int, int]] = []
        self.uses: list[Root] = []
        self.bodies: dict[tuple[int, int], Body] = {}

    def pick(self, number: int) -> int:
        """One of the records, or the next that will be."""
        known = sorted(self.stage.registry.record.keys())
        absent = self.stage.registry.next_id.get()
        return known[number % len(known)] if known and number < 18 else absent

    def get_signer(self, record: int, other: AccountId | None) -> AccountId:
        """The owner, if nobody else is drawn."""
        return other or self.stage.records.get_owner(record) or ALICE

    @initialize()
    def begin(self) -> None:
        """There is something to work with from the start."""
        for who, body in ((ALICE, MODELS[0].body), (BOB, make_dataset()), (BOB, make_provider())):
            self.stage.put_blobs(who, MODELS[0])
            self.bodies[self.stage.register(who, body, royalty_bps=100), 1] = body

    @rule(
        who=ACCOUNTS,
        body=BODIES,
        drawn=PARENTS,
        royalty_bps=st.sampled_from([0, 100, 1_000, 4_001]),
        ttl=st.sampled_from([0, 1, 20, 60, 60]),
    )
    def register(
        self,
        who: AccountId,
        body: Body,
        drawn: list[tuple[int, Relation, int]],
        royalty_bps: int,
        ttl: int,
    ) -> None:
        parents = tuple(Parent(self.pick(pick), relation, bps) for pick, relation, bps in drawn)
        number = self.stage.registry.next_id.get()
        if self._try(lambda: self.stage.register(who, body, parents, royalty_bps, ttl)):
            self.bodies[number, 1] = body
            version = self.stage.registry.version[number, 1]
            assert all(parent.record < number for parent in version.parents)

    @rule(who=OTHERS, picked=PICKS, body=BODIES, same_kind=st.booleans())
    def update(self, who: AccountId | None, picked: int, body: Body, same_kind: bool) -> None:
        record = self.pick(picked)
        if same_kind:
            body = self.bodies.get((record, 1), body)
        signer = self.get_signer(record, who)
        if self._try(lambda: self.stage.update(signer, record, body)):
            self.bodies[record, self.stage.registry.record[record].version] = body

    @rule(who=OTHERS, picked=PICKS)
    def heartbeat(self, who: AccountId | None, picked: int) -> None:
        record = self.pick(picked)
        origin = Origin.signed(self.get_signer(record, who))
        if self._try(lambda: self.stage.registry.heartbeat(origin, record)):
            assert self.stage.records.is_live(record)

    @rule(who=OTHERS, picked=PICKS, to=st.sampled_from([ALICE, BOB, CAROL, STRANGER]))
    def transfer(self, who: AccountId | None, picked: int, to: AccountId) -> None:
        record = self.pick(picked)
        signer = self.get_signer(record, who)
        before = get_wealth(self.stage.ledger, signer)
        if self._try(lambda: self.stage.transfer(signer, record, to)):
            assert self.stage.records.get_owner(record) == to
            gone = 0 if to == signer else self.stage.registry.record[record].deposit
            assert get_wealth(self.stage.ledger, signer) == before - gone

    @rule(who=OTHERS, picked=PICKS)
    def retire(self, who: AccountId | None, picked: int) -> None:
        record = self.pick(picked)
        signer = self.get_signer(record, who)
        if self._try(lambda: self.stage.retire(signer, record)):
            assert not self.stage.records.is_live(record)

    @rule(who=ACCOUNTS, picked=PICKS, ttl=st.sampled_from([0, 5, 40]))
    def attest(self, who: AccountId, picked: int, ttl: int) -> None:
        record = self.pick(picked)
        if self._try(lambda: self.stage.attest(who, record, ttl=ttl)):
            assert self.stage.registry.attestations.get_valid(record, who) is not None

    @rule(who=ACCOUNTS, picked=PICKS, auditor=ACCOUNTS)
    def revoke(self, who: AccountId, picked: int, auditor: AccountId) -> None:
        record = self.pick(picked)
        is_valid = self.stage.registry.attestations.get_valid(record, auditor) is not None
        if self._try(lambda: self.stage.revoke(who, record, auditor)):
            assert who == auditor or not is_valid

    @rule(who=ACCOUNTS, content=st.sampled_from(BLOBS))
    def put_blob(self, who: AccountId, content: bytes) -> None:
        self._try(lambda: self.stage.registry.put_blob(Origin.signed(who), content))

    @rule(who=ACCOUNTS, model=st.sampled_from(MODELS))
    def put_blobs(self, who: AccountId, model: object) -> None:
        (weights,) = [each for each in MODELS if each is model]
        self.stage.put_blobs(who, weights)

    @rule(who=ACCOUNTS, content=st.sampled_from(BLOBS))
    def drop_blob(self, who: AccountId, content: bytes) -> None:
        root = blob_root(content)
        self._try(lambda: self.stage.registry.drop_blob(Origin.signed(who), root))

    @precondition(lambda self: self.bodies)
    @rule(data=st.data())
    def begin_job(self, data: st.DataObject) -> None:
        job = data.draw(st.sampled_from(list(self.bodies)))
        if job in self.stage.registry.version:
            self.stage.records.note_job(*job)
            self.jobs.append(job)

    @precondition(lambda self: self.jobs)
    @rule(data=st.data())
    def end_job(self, data: st.DataObject) -> None:
        job = data.draw(st.sampled_from(self.jobs))
        self.jobs.remove(job)
        self.stage.records.drop_job(*job)

    @rule(content=st.sampled_from(BLOBS))
    def begin_use(self, content: bytes) -> None:
        root = blob_root(content)
        if self.stage.records.get_blob(root) is not None:
            self.stage.records.note_use(root)
            self.uses.append(root)

    @precondition(lambda self: self.uses)
    @rule(data=st.data())
    def end_use(self, data: st.DataObject) -> None:
        root = data.draw(st.sampled_from(self.uses))
        self.uses.remove(root)
        self.stage.records.drop_use(root)

    @rule(blocks=st.integers(1, 20))
    def pass_blocks(self, blocks: int) -> None:
        self.stage.blocks.number += blocks
        self.stage.end_block()

    @invariant()
    def books_balance(self) -> None:
        stage = self.stage
        stage.registry.try_state()
        for who in (ALICE, BOB, CAROL):
            records = [each for _, each in stage.registry.record.items() if each.owner == who]
            stakes = [each for (_, p), each in stage.registry.blob_stake.items() if p == who]
            said = [each for (_, a), each in stage.registry.attestation.items() if a == who]
            deposits = sum(each.deposit for each in records)
            deposits += sum(each.deposit for each in said)
            deposits += sum(each.deposit for each in stakes)
            assert stage.ledger.get_held(HoldReason.REGISTRY_DEPOSIT, who) == deposits
        everybody = (ALICE, BOB, CAROL, STRANGER)
        assert sum(get_wealth(stage.ledger, who) for who in everybody) == 3 * FUNDS

    @invariant()
    def what_jobs_need_is_kept(self) -> None:
        registry = self.stage.registry
        for number, version in self.jobs:
            assert registry.version[number, version].body == self.bodies[number, version]
        for key, kept in registry.version.items():
            assert kept.jobs == self.jobs.count(key)
        for root in self.uses:
            assert self.stage.records.get_blob(root) is not None

    @invariant()
    def every_model_on_chain_can_run(self) -> None:
        for (_, number), _ in self.stage.registry.by_kind.items(RecordKind.MODEL):
            model = self.stage.records.get_model(number)
            for tensor in () if model is None else model.tensors:
                assert tensor.blob is not None
                assert self.stage.records.get_blob(tensor.blob) is not None

    @invariant()
    def royalties_are_capped(self) -> None:
        for key, version in self.stage.registry.version.items():
            royalties = self.stage.records.get_royalties(*key)
            assert sum(share.bps for share in version.shares) <= ROYALTY_BPS_MAX
            assert sum(bps for _, bps in royalties) <= ROYALTY_BPS_MAX
            assert [who for who, _ in royalties] == sorted({who for who, _ in royalties})

    def _try(self, step: Callable[[], object]) -> bool:
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


TestRegistry = RegistryModel.TestCase
TestRegistry.settings = settings(stateful_step_count=30)

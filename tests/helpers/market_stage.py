"""The pallets of AI work over the real base pallets, with a model that anybody may hire."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import numpy as np

from pallets.bonds import Bonds, RoleTerms
from pallets.market import (
    Infer,
    Job,
    JobSpec,
    Market,
    MarketParams,
    Partners,
    Posted,
    PriceRule,
    Slot,
    SlotReader,
    Terms,
)
from pallets.registry import Registry
from pallets.registry.types import KindPrice, Parent, Provider, Relation
from pallets.verify import Partners as VerifyPartners
from pallets.verify import Verify, VerifyParams
from pallets.verify.kinds import REPLAYED_KINDS
from pallets.work import Work, WorkParams
from runtime.errors import DispatchError
from runtime.frame import Event, Origin, Pallet, PostDispatch
from runtime.frame.ai_types import JobKind, Role, SlotId, VerifierId
from runtime.header import Digest, Header, PreRuntime
from runtime.pre_digest import ENGINE, PRE_DIGEST, PreDigest
from runtime.primitives import AccountId, Hash, Root
from runtime.programs import ReferenceRunner
from runtime.tensor import DType, Graph, InputSpec, TensorSpec
from runtime.tensor.blob import blob_root
from runtime.tensor.ops import Addb, Clip8, Matmul, Relu, Shr
from runtime.work_summary import RowRef, WorkSummary
from tests.helpers.mock_runtime import MockRuntime
from tests.helpers.noop import assert_noop
from tests.helpers.slot_work import (
    commit_result,
    forge,
    make_stacked,
    run_program,
    run_slot,
    stack_slots,
)
from tests.pallets.registry.stage import Weights, make_model

ALICE, BOB, CAROL, DAVE, EVE, MODEL_OWNER, TREASURY = (
    AccountId(bytes([n]) * 32) for n in range(1, 8)
)
FUNDS = 10**15
BOND = 10**12
BOND_MIN = 1_000
ROYALTY_BPS = 1_500
TTL = 50_000
COLS, HIDDEN, CLASSES = 64, 32, 10
ROWS = 40
BLOCK_MACS = 1_000_000
GENESIS = Hash(b"g" * 32)
TERMS = Terms(open_blocks=20, work_blocks=5, attempts=2)
BID_DEPOSIT = 700
PARAMS = MarketParams(
    treasury=TREASURY,
    bond_min=BOND_MIN,
    job_deposit=10_000,
    byte_deposit=10,
    bid_deposit=BID_DEPOSIT,
)
VERIFY_PARAMS = VerifyParams(
    spot_blocks=8, proof_blocks=10, answer_blocks=4, react_blocks=2, demand_min=500
)
WORK_PARAMS = WorkParams(era_blocks=10, eras_kept=3, receipts_kept=25, treasury=TREASURY)


def make_classifier(seed: int = 0) -> Weights:
    """Logits of ten classes from 64 inputs: two products with biases."""
    specs = (
        TensorSpec("w1", COLS, HIDDEN, DType.I8, -63, 63),
        TensorSpec("b1", 1, HIDDEN, DType.I32, -1_000, 1_000),
        TensorSpec("w2", HIDDEN, CLASSES, DType.I8, -63, 63),
        TensorSpec("b2", 1, CLASSES, DType.I32, -1_000, 1_000),
    )
    ops = (Matmul(0, 0), Addb(1, 1), Relu(2), Shr(3, 7), Clip8(4), Matmul(5, 2), Addb(6, 3))
    rng = np.random.default_rng(seed)
    arrays = [
        rng.integers(spec.low, spec.high, (spec.rows, spec.cols), spec.dtype.array_dtype, True)
        for spec in specs
    ]
    return make_model(Graph(InputSpec(COLS, -63, 63), specs, ops), arrays)


def make_inputs(rows: int = ROWS, seed: int = 1) -> bytes:
    """Random rows of the classifier's inputs."""
    rng = np.random.default_rng(seed)
    return rng.integers(-63, 63, (rows, COLS), np.int8, True).tobytes()


class MarketStage:
    """Requester ALICE, providers BOB and CAROL with records and bonds, a registered model."""

    def __init__(self, params: MarketParams = PARAMS, work: WorkParams = WORK_PARAMS) -> None:
        everybody = (ALICE, BOB, CAROL, DAVE, EVE, MODEL_OWNER, TREASURY)
        self.runtime = runtime = MockRuntime([(who, FUNDS) for who in everybody])
        self.state, self.system, self.money = runtime.state, runtime.system, runtime.money
        self.registry = Registry(
            self.state, self.system, self.money, index=20, record_deposit=5_000, byte_deposit=1
        )
        self.bonds = Bonds(
            self.state,
            self.system,
            self.money,
            index=21,
            role_terms=(RoleTerms(BOND_MIN, 20),) * len(Role),
            grace_blocks=50,
            freeze_blocks=10,
        )
        self.records = self.registry.records
        verify_partners = VerifyPartners(
            self.records, self.money, self.system, ReferenceRunner(), lambda: self.market
        )
        self.verify = Verify(
            self.state, self.system, verify_partners, index=23, params=VERIFY_PARAMS
        )
        self.slots = SlotReader(self.state, self.system)
        self.work = Work(
            self.state,
            self.system,
            self.money,
            self.records,
            self.slots,
            index=24,
            params=work,
        )
        partners = Partners(
            self.money,
            self.records,
            self.bonds,
            self.verify,
            self.work,
            self.work.prices,
            self.system,
        )
        self.market = Market(self.state, self.system, partners, index=22, params=params)
        runtime.add(self.registry, self.bonds, self.market, self.verify, self.work)
        self.number = 0
        self.author = BOB
        self.next_block()
        self.weights = make_classifier()
        self.inputs = make_inputs()
        self.model = self._register_model()
        self.input_root = self.put_blob(ALICE, self.inputs)
        self.record_of = {who: self.register_provider(who) for who in (BOB, CAROL)}
        for who in (BOB, CAROL):
            self.dispatch(self.bonds, "bond", who, Role.PROVIDER, BOND)
        self.take_events()

    # --- blocks

    def next_block(self, author: AccountId | None = None, macs: int = BLOCK_MACS) -> None:
        """The next block begins, made by ``author``, with a target that costs so much."""
        if self.number > 0:
            self.registry.on_finalize(self.number)
            self.try_state()
        self.number += 1
        self.author = self.author if author is None else author
        target = (1 << 256) // macs - 1
        pre_digest = PreDigest(self.author, 0, target, 0, 0, Hash.zero())
        logs = (PreRuntime(ENGINE, PRE_DIGEST.encode(pre_digest)),)
        parent = GENESIS if self.number == 1 else Hash(self.number.to_bytes(32, "little"))
        self.system.initialize(Header(parent, self.number, Hash.zero(), Hash.zero(), Digest(logs)))
        self.registry.on_initialize(self.number)
        self.work.on_initialize(self.number)

    def skip(self, blocks: int) -> None:
        """So many blocks pass."""
        for _ in range(blocks):
            self.next_block()

    def try_state(self) -> None:
        """Checks the invariants of the pallets of AI work."""
        for pallet in (self.registry, self.bonds, self.market, self.verify, self.work):
            pallet.try_state()

    # --- dispatching

    def dispatch(self, pallet: Pallet, name: str, who: AccountId, *args: Any) -> PostDispatch:
        """A signed call, encoded and decoded on its way."""
        call = self.runtime.make_call(pallet, name, *args)
        return self.runtime.dispatch(call, Origin.signed(who))

    def note(self, summary: WorkSummary) -> PostDispatch:
        """The work inherent."""
        call = self.runtime.make_call(self.work, "note_block_work", summary)
        return self.runtime.dispatch(call, Origin.none())

    @contextmanager
    def refused(self, error: type[DispatchError]) -> Iterator[None]:
        """Fails unless what is dispatched raises the error and leaves no trace."""
        with assert_noop(self.state, error):
            yield

    def take_events(self) -> list[Event]:
        """The events since the last time."""
        return self.runtime.take_events()

    # --- registry

    def _register_model(self) -> int:
        for blob in self.weights.blobs:
            self.put_blob(MODEL_OWNER, blob)
        return self.register(MODEL_OWNER, self.weights.body, ROYALTY_BPS)

    def register(
        self, who: AccountId, body: Any, royalty_bps: int = 0, parents: tuple[Parent, ...] = ()
    ) -> int:
        """Registers a record; returns its number."""
        number = self.registry.next_id.get()
        manifest = Root(b"m" * 32)
        self.dispatch(self.registry, "register", who, body, manifest, parents, royalty_bps, TTL)
        return number

    def register_child_model(self, bps: int) -> int:
        """A model of DAVE's that owes the stage's model a share; pays 1 % to himself."""
        for blob in self.weights.blobs:
            self.put_blob(DAVE, blob)
        parents = (Parent(self.model, Relation.FINETUNED_FROM, bps),)
        return self.register(DAVE, self.weights.body, 100, parents)

    def register_provider(self, who: AccountId, max_parallel: int = 8) -> int:
        """A provider of whatever can be replayed, of products and of commissions."""
        kinds = (*REPLAYED_KINDS, JobKind.PRODUCT, JobKind.COMMISSION)
        prices = tuple(KindPrice(kind, 1) for kind in kinds)
        return self.register(who, Provider("https://p.example", (), prices, max_parallel))

    def put_blob(self, who: AccountId, content: bytes) -> Root:
        """Puts a blob; returns its root."""
        self.dispatch(self.registry, "put_blob", who, content)
        return blob_root(content)

    # --- market

    def make_spec(self, **changes: Any) -> Infer:
        """The stage's model on its inputs, in slots of ten rows."""
        fields: dict[str, Any] = {
            "model": self.model,
            "version": None,
            "inputs": self.input_root,
            "rows": ROWS,
            "rows_per_slot": 10,
            "replicas": 1,
        }
        return Infer(**(fields | changes))

    def post(
        self,
        price: PriceRule = Posted(1_000_000),  # noqa: B008 - frozen
        verifier: VerifierId = VerifierId.REPLAY,
        terms: Terms = TERMS,
        who: AccountId = ALICE,
        **changes: Any,
    ) -> int:
        """Posts a job; returns its number."""
        return self.post_spec(self.make_spec(**changes), price, verifier, terms, who)

    def post_spec(
        self,
        spec: JobSpec,
        price: PriceRule = Posted(1_000_000),  # noqa: B008 - frozen
        verifier: VerifierId = VerifierId.REPLAY,
        terms: Terms = TERMS,
        who: AccountId = ALICE,
    ) -> int:
        """Posts a job of any kind; returns its number."""
        number = self.market.next_job.get()
        self.dispatch(self.market, "post", who, spec, price, verifier, terms)
        return number

    def lock(self, job: int, slot: int = 0, who: AccountId = BOB) -> None:
        """Locks a slot for a provider of the stage."""
        self.dispatch(self.market, "lock", who, job, slot, self.record_of[who])

    def spend_grace(self, who: AccountId) -> None:
        """As if a provider had just missed a deadline for the first time."""
        bond = self.bonds.bond_[who, Role.PROVIDER]
        self.bonds.bond_[who, Role.PROVIDER] = replace(bond, missed_at=self.number)

    def get(self, job: int, slot: int = 0) -> Slot:
        """A slot as it is stored."""
        return self.market.slot[job, slot]

    def get_job(self, job: int) -> Job:
        """A job as it is stored."""
        return self.market.job[job]

    def run(self, job: int, slot: int = 0) -> bytes:
        """The right payload of a slot."""
        entry = self.market.job[job]
        if isinstance(entry.spec, Infer):
            return run_slot(self.records, entry, slot)
        return run_program(self.records, entry, slot, lambda other: self.market.output[job, other])

    def commit(self, job: int, slot: int, who: AccountId, payload: bytes) -> Hash:
        """The commitment that goes with a payload."""
        return commit_result(GENESIS, SlotId(job, slot), self.market.job[job], who, payload)

    def submit(
        self, job: int, slot: int = 0, who: AccountId = BOB, payload: bytes | None = None
    ) -> PostDispatch:
        """Submits a payload, the right one for None, with its commitment."""
        payload = self.run(job, slot) if payload is None else payload
        commitment = self.commit(job, slot, who, payload)
        return self.dispatch(self.market, "submit", who, job, slot, commitment, payload)

    def forge(self, job: int, slot: int = 0, byte: int = 0) -> bytes:
        """A payload with one wrong bit."""
        return forge(self.run(job, slot), byte)

    # --- work

    def make_summary(self, job: int, slots: tuple[int, ...], layer: int = 0) -> WorkSummary:
        """What a block says that stacked some slots of a job at a layer."""
        return stack_slots(self.records, job, self.market.job[job], slots, layer)

    def make_stacked(self, stack: Any, root_b: Root, refs: list[RowRef]) -> WorkSummary:
        """A summary of a stacked operand over the first or second tensor."""
        return make_stacked(stack, root_b, refs, HIDDEN)

    # --- money

    def get_wealth(self, who: AccountId) -> int:
        """Everything an account has, on hold or not."""
        return self.system.get_data(who).total


def get_total(stage: MarketStage) -> int:
    """The sum of all accounts; the issuance, if nothing is lost."""
    return sum(info.data.total for _, info in stage.system.account.items())

"""Blocks of random extrinsics against a naive model of balances, nonces, events and hashes."""

from dataclasses import dataclass, field

from hypothesis import event, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from pallets.runtime import RuntimeConfig, compose
from runtime.address import Id
from runtime.api import BlockExecution, RuntimeApi
from runtime.crypto.multisignature import Ecdsa, Ed25519, Signature, Sr25519
from runtime.era import Era
from runtime.errors import (
    BadMandatory,
    BadProof,
    ExhaustsResources,
    Future,
    InvalidTransaction,
    Payment,
    Stale,
)
from runtime.extensions import SignedExtra
from runtime.extrinsic import Extrinsic, encode_bare, encode_signed
from runtime.frame.event_record import ApplyExtrinsic, Finalization, Initialization
from runtime.header import Digest, Header, PreRuntime
from runtime.host import SignedMessage
from runtime.limits import BLOCK_LENGTH
from runtime.pre_digest import ENGINE, PRE_DIGEST, PreDigest
from runtime.primitives import AccountId, Hash, Root
from runtime.programs import Inputs, Program
from runtime.state.backend import DictBackend
from runtime.state.overlay import Overlay
from runtime.system import ExtrinsicFailed, ExtrinsicSuccess, Remarked
from runtime.work_summary import Lane, WorkSummary

DEPOSIT = 10**6
RICH = 10**12
SMALL = 10 * DEPOSIT
PEOPLE = tuple(AccountId(bytes([number]) * 32) for number in range(1, 5))
AUTHOR, POOR, STRANGER = PEOPLE[0], PEOPLE[2], PEOPLE[3]
GOOD = Signature(b"\1" * 64)
BAD = Signature(b"\2" * 64)
SUMMARY = WorkSummary(Lane.SEEDED, 32, 32, 64, Root.zero(), Root.zero())


class MarkHost:
    """Takes a signature of ones for good, so that no time goes into curves."""

    def expect(self, signed: tuple[SignedMessage, ...]) -> None:
        """Nothing is to be checked."""

    def is_signed(
        self, signature: Ed25519 | Sr25519 | Ecdsa, message: bytes, account: AccountId
    ) -> bool:
        return signature == Ed25519(GOOD)

    def run_program(self, program: Program, slot: int, inputs: Inputs) -> bytes:
        return program.run(slot, inputs)


@dataclass
class Model:
    """What should be so after the last block."""

    free: dict[AccountId, int] = field(default_factory=dict)
    nonces: dict[AccountId, int] = field(default_factory=dict)
    issuance: int = 0
    hashes: list[Hash] = field(default_factory=list)


API = RuntimeApi(compose(RuntimeConfig(DEPOSIT, era_blocks=3)), MarkHost())


def make_genesis() -> dict[bytes, bytes]:
    overlay = Overlay(DictBackend({}))
    runtime = compose(RuntimeConfig(DEPOSIT, era_blocks=3))(overlay, MarkHost())
    runtime.balances.build_genesis([(PEOPLE[0], RICH), (PEOPLE[1], RICH), (POOR, SMALL)])
    return {key: raw for key, raw in overlay.changes().items() if raw is not None}


GENESIS = make_genesis()


class ExecutiveMachine(RuleBasedStateMachine):
    """Builds blocks, one extrinsic a step, and executes each finished block again."""

    def __init__(self) -> None:
        super().__init__()
        self.state = dict(GENESIS)
        free = {PEOPLE[0]: RICH, PEOPLE[1]: RICH, POOR: SMALL}
        self.model = Model(free, dict.fromkeys(free, 0), sum(free.values()), [Hash.zero()])
        self.execution: BlockExecution | None = None
        self.header = Header(Hash.zero(), 0, Hash.zero(), Hash.zero())
        self.body: list[Extrinsic] = []
        self.results: list[bool] = []
        self.remarks = 0
        self.length = 0

    # --- blocks

    def _get_execution(self) -> BlockExecution:
        """The block in work; begun if there is none."""
        if self.execution is None:
            self._begin()
        assert self.execution is not None
        return self.execution

    def _begin(self) -> None:
        parent = self.header.compute_hash()
        number = self.header.number + 1
        self.model.hashes = [*self.model.hashes[: number - 1], parent, Hash.zero()]
        pre_digest = PreDigest(AUTHOR, 1_000 * number, 99, 0, 0, Hash.zero())
        digest = Digest((PreRuntime(ENGINE, PRE_DIGEST.encode(pre_digest)),))
        self.header = Header(parent, number, Hash.zero(), Hash.zero(), digest)
        self.execution = API.begin_block(DictBackend(self.state), self.header)
        self.body, self.results, self.remarks, self.length = [], [], 0, 0
        for made in (
            API.make_call("Timestamp", "set", 1_000 * number),
            API.make_call("Work", "note_block_work", SUMMARY),
        ):
            self._apply_inherent(API.decode(encode_bare(API.calls.encode(made))))

    def _apply_inherent(self, extrinsic: Extrinsic) -> None:
        assert self.execution is not None
        assert self.execution.apply(extrinsic).error is None
        self._note(extrinsic, True)

    def _note(self, extrinsic: Extrinsic, is_success: bool) -> None:
        self.body.append(extrinsic)
        self.results.append(is_success)
        self.length += len(extrinsic.raw)

    @rule()
    def repeat_an_inherent(self) -> None:
        """A second summary fails; the block goes on as if it had never been tried."""
        execution = self._get_execution()
        try:
            execution.apply(self.body[1])
        except BadMandatory:
            return
        raise AssertionError("a block has one summary")

    @precondition(lambda self: self.execution is not None)
    @rule()
    def finish(self) -> None:
        assert self.execution is not None
        before = DictBackend(self.state)
        changes = dict(self.execution.finish())
        again = API.execute_block(before, self.header, tuple(self.body))
        assert dict(again.changes) == changes, "built and executed blocks differ"
        assert [outcome.error is None for outcome in again.outcomes] == self.results
        self._apply(changes)
        self._check_events()
        self.execution = None

    def _apply(self, changes: dict[bytes, bytes | None]) -> None:
        for key, raw in changes.items():
            if raw is None:
                self.state.pop(key, None)
            else:
                self.state[key] = raw

    def _check_events(self) -> None:
        runtime = API.make_runtime(DictBackend(self.state))
        records = API.events.decode(self.state[runtime.system.events.key])
        results = [
            (record.phase, isinstance(record.event.event, ExtrinsicSuccess))
            for record in records
            if isinstance(record.event.event, ExtrinsicSuccess | ExtrinsicFailed)
        ]
        numbered = enumerate(self.results)
        assert results == [(ApplyExtrinsic(index), good) for index, good in numbered]
        order = [_get_order(record.phase) for record in records]
        assert order == sorted(order)
        remarks = [r for r in records if isinstance(r.event.event, Remarked)]
        assert len(remarks) == self.remarks
        assert runtime.system.event_count.get() == len(records)

    # --- transactions

    @rule(
        who=st.sampled_from(PEOPLE),
        dest=st.sampled_from(PEOPLE),
        amount=st.sampled_from((0, 1, DEPOSIT, 50 * DEPOSIT, RICH // 3, RICH)),
        tip=st.sampled_from((0, 0, 7, DEPOSIT)),
        step=st.sampled_from((0, 0, 0, 0, 1, -1)),
        is_good=st.sampled_from((True, True, True, False)),
    )
    def transfer(
        self, who: AccountId, dest: AccountId, amount: int, tip: int, step: int, is_good: bool
    ) -> None:
        made = API.make_call("Balances", "transfer_keep_alive", Id(dest), amount)
        extrinsic = self._sign(API.calls.encode(made), who, tip, step, is_good)
        fee = _compute_fee(extrinsic, tip)
        refusal = self._find_refusal(who, fee, step, extrinsic, is_good)
        succeeded = self._send(extrinsic, refusal)
        if refusal is not None:
            return
        self._charge(who, fee, tip)
        free = self.model.free
        can = free[who] >= amount and (who == dest or free[who] - amount >= DEPOSIT)
        can = can and (amount == 0 or free.get(dest, 0) + amount >= DEPOSIT)
        assert succeeded == can
        if can and amount and who != dest:
            free[who] -= amount
            self._give(dest, amount)
        self._note(extrinsic, succeeded)

    @rule(who=st.sampled_from(PEOPLE), size=st.sampled_from((0, 5, 3_000)))
    def remark(self, who: AccountId, size: int) -> None:
        made = API.make_call("System", "remark_with_event", bytes(size))
        extrinsic = self._sign(API.calls.encode(made), who, 0, 0, True)
        fee = _compute_fee(extrinsic, 0)
        refusal = self._find_refusal(who, fee, 0, extrinsic, True)
        succeeded = self._send(extrinsic, refusal)
        if refusal is None:
            assert succeeded
            self._charge(who, fee, 0)
            self.remarks += 1
            self._note(extrinsic, True)

    def _sign(self, call: bytes, who: AccountId, tip: int, step: int, is_good: bool) -> Extrinsic:
        self._get_execution()
        nonce = max(0, self.model.nonces.get(who, 0) + step)
        signature = Ed25519(GOOD if is_good else BAD)
        return API.decode(encode_signed(who, signature, SignedExtra(Era(), nonce, tip), call))

    def _find_refusal(
        self, who: AccountId, fee: int, step: int, extrinsic: Extrinsic, is_good: bool
    ) -> type[InvalidTransaction] | None:
        nonce = self.model.nonces.get(who, 0)
        if step < 0 < nonce:
            return Stale
        if self.length + len(extrinsic.raw) > BLOCK_LENGTH.max.normal:
            return ExhaustsResources
        if self.model.free.get(who, 0) - fee < DEPOSIT:
            return Payment
        if not is_good:
            return BadProof
        return Future if step > 0 else None

    def _send(self, extrinsic: Extrinsic, refusal: type[InvalidTransaction] | None) -> bool:
        refused = None
        succeeded = False
        try:
            succeeded = self._get_execution().apply(extrinsic).error is None
        except InvalidTransaction as error:
            refused = type(error)
        assert refused is refusal
        event("ok" if succeeded else refused.__name__ if refused else "failed")
        return succeeded

    def _charge(self, who: AccountId, fee: int, tip: int) -> None:
        self.model.free[who] -= fee
        self.model.nonces[who] += 1
        self.model.issuance -= fee - tip
        self._give(AUTHOR, tip)

    def _give(self, who: AccountId, amount: int) -> None:
        if amount:
            self.model.free[who] = self.model.free.get(who, 0) + amount
            self.model.nonces.setdefault(who, 0)

    # --- what is always so

    @precondition(lambda self: self.execution is None)
    @invariant()
    def the_state_is_the_model(self) -> None:
        runtime = API.make_runtime(DictBackend(self.state))
        system = runtime.system
        assert {who: data.free for who, data in system.iter_data()} == self.model.free
        for who in PEOPLE:
            assert system.get_nonce(who) == self.model.nonces.get(who, 0)
        assert system.number.get() == self.header.number
        known = [system.block_hash[number] for number in range(len(self.model.hashes))]
        assert known == self.model.hashes
        issuance = next(p for p in runtime.pallets if p.spec.name == "Balances")
        raw = self.state[vars(issuance)["total_issuance"].key]
        assert int.from_bytes(raw, "little") == self.model.issuance
        for pallet in runtime.pallets:
            pallet.try_state()


def _get_order(phase: object) -> int:
    match phase:
        case Initialization():
            return -1
        case ApplyExtrinsic(index):
            return index
        case Finalization():
            return 1 << 32
        case _:
            raise AssertionError(phase)


def _compute_fee(extrinsic: Extrinsic, tip: int) -> int:
    """By hand: 10 000 planck a byte, one for 100 picoseconds of weight, parts rounded up."""
    base = API.make_runtime(DictBackend({})).system.block_weights.per_class.normal.base_extrinsic
    weight = extrinsic.call.get_dispatch_info().weight
    parts = (-(-base.ref_time // 100), 10_000 * len(extrinsic.raw), -(-weight.ref_time // 100))
    return sum(parts) + tip


TestExecutive = ExecutiveMachine.TestCase
TestExecutive.settings = settings(max_examples=50, stateful_step_count=30)

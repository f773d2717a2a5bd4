"""The runtime as it is composed, block after block, driven by signed extrinsics alone.

Signatures are not checked; everything else is as in a node. Each block runs on a runtime of its
own over the state that the last one left, and can be executed again from what it holds.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from pallets.runtime import Runtime, RuntimeConfig, compose
from runtime.api import RuntimeApi
from runtime.crypto.multisignature import Ecdsa, Ed25519, Signature, Sr25519
from runtime.era import Era
from runtime.executive import ApplyOutcome, apply_extrinsic, finalize_block, initialize_block
from runtime.extensions import SignedExtra
from runtime.extrinsic import Extrinsic, decode_extrinsic, encode_bare, encode_signed
from runtime.frame import Call, Event
from runtime.frame.event_record import EventRecord
from runtime.header import Digest, Header, PreRuntime
from runtime.host import SignedMessage
from runtime.pre_digest import ENGINE, PRE_DIGEST, PreDigest
from runtime.primitives import UNIT, AccountId, Hash, Root
from runtime.programs import Inputs, Program
from runtime.state.backend import Changes, DictBackend
from runtime.state.overlay import Overlay
from runtime.work_summary import Lane, WorkSummary, compute_work_root

EXISTENTIAL_DEPOSIT = UNIT // 1_000
BLOCK_MACS = 1_000_000
CONFIG = RuntimeConfig(EXISTENTIAL_DEPOSIT, era_blocks=10)
SEEDED = WorkSummary(Lane.SEEDED, 64, 64, 256, Root.zero(), Root.zero())
SPACING_MS = 2_000


class TrustingHost:
    """A host that takes every signature for good."""

    def expect(self, signed: tuple[SignedMessage, ...]) -> None:
        """Nothing is to be checked."""

    def is_signed(
        self, signature: Ed25519 | Sr25519 | Ecdsa, message: bytes, account: AccountId
    ) -> bool:
        """Always."""
        return True

    def run_program(self, program: Program, slot: int, inputs: Inputs) -> bytes:
        """By its own rules."""
        return program.run(slot, inputs)


@cache
def get_api() -> RuntimeApi:
    """The runtime that blocks are executed with again."""
    return RuntimeApi(compose(CONFIG), TrustingHost())


@dataclass(frozen=True, slots=True)
class Block:
    """A finished block, as another node would get it."""

    header: Header
    extrinsics: tuple[Extrinsic, ...]


class ChainStage:
    """A chain: `begin_block`, `apply` what is to be in it, `end_block`, and again."""

    def __init__(self, balances: Sequence[tuple[AccountId, int]]) -> None:
        overlay = Overlay(DictBackend({}))
        Runtime(overlay, TrustingHost(), CONFIG).balances.build_genesis(balances)
        self.entries = {k: v for k, v in overlay.changes().items() if v is not None}
        self.header = Header(Hash.zero(), 0, Hash.zero(), Hash.zero())
        self.blocks: list[Block] = []
        self.runtime = self._make_runtime()
        self._extrinsics: list[Extrinsic] = []

    def copy(self) -> "ChainStage":
        """The same chain between two blocks, to go on in another way."""
        other = ChainStage(())
        other.entries, other.header = dict(self.entries), self.header
        other.runtime = other._make_runtime()
        return other

    def _make_runtime(self) -> Runtime:
        return Runtime(Overlay(DictBackend(self.entries)), TrustingHost(), CONFIG)

    # --- blocks

    @property
    def number(self) -> int:
        """The number of the block that is open, or that ended last."""
        return self.header.number

    def begin_block(self, author: AccountId, summary: WorkSummary = SEEDED) -> None:
        """The next block begins, with its time and its work.

        `BadMandatory` if the work is not as the state has it; the block can then be begun anew.
        """
        number = self.header.number + 1
        now_ms, target = number * SPACING_MS, (1 << 256) // BLOCK_MACS - 1
        pre_digest = PreDigest(author, now_ms, target, 0, 0, compute_work_root(summary))
        logs = (PreRuntime(ENGINE, PRE_DIGEST.encode(pre_digest)),)
        parent_hash = self.header.compute_hash()
        header = Header(parent_hash, number, Hash.zero(), Hash.zero(), Digest(logs))
        runtime, self._extrinsics = self._make_runtime(), []
        initialize_block(runtime, header)
        for inherent in (
            make_call("Timestamp", "set", now_ms),
            make_call("Work", "note_block_work", summary),
        ):
            self._apply(runtime, encode_bare(get_api().calls.encode(inherent)))
        self.runtime, self.header = runtime, header

    def end_block(self) -> None:
        """The block ends; its changes are the state of the next."""
        finalize_block(self.runtime)
        self.blocks.append(Block(self.header, tuple(self._extrinsics)))
        self.entries = merge(self.entries, self.runtime.state.changes())
        self.runtime = self._make_runtime()

    def next_block(self, author: AccountId, summary: WorkSummary = SEEDED) -> None:
        """One block ends and the next begins."""
        self.end_block()
        self.begin_block(author, summary)

    # --- extrinsics

    def apply(self, who: AccountId, call: Call, tip: int = 0) -> ApplyOutcome:
        """The account's next extrinsic; `InvalidTransaction` if it may not be in the block."""
        extra = SignedExtra(Era(), self.runtime.system.get_nonce(who), tip)
        signature = Ed25519(Signature(bytes(64)))
        raw = encode_signed(who, signature, extra, get_api().calls.encode(call))
        return self._apply(self.runtime, raw)

    def _apply(self, runtime: Runtime, raw: bytes) -> ApplyOutcome:
        extrinsic = decode_extrinsic(raw, get_api().calls)
        outcome = apply_extrinsic(runtime, extrinsic)
        self._extrinsics.append(extrinsic)
        return outcome

    # --- reading

    def get_events(self, first: int = 0) -> list[Event]:
        """The events of the block so far, from a position on."""
        records = self.runtime.state.events[first:]
        return [each.event.event for each in records if isinstance(each, EventRecord)]

    def get_wealth(self, who: AccountId) -> int:
        """Everything an account has, on hold or not."""
        return self.runtime.system.get_data(who).total

    def try_state(self) -> None:
        """Checks every pallet's invariants; between blocks, for some marks live in blocks alone."""
        for pallet in self.runtime.pallets:
            pallet.try_state()


def make_call(pallet: str, name: str, *args: object) -> Call:
    """A call by its names, its arguments checked against their types."""
    return get_api().make_call(pallet, name, *args)


def merge(entries: Mapping[bytes, bytes], changes: Changes) -> dict[bytes, bytes]:
    """The state with the changes."""
    merged: dict[bytes, bytes | None] = {**entries, **changes}
    return {key: value for key, value in merged.items() if value is not None}


def execute_again(entries: Mapping[bytes, bytes], blocks: Sequence[Block]) -> dict[bytes, bytes]:
    """The state that a node reaches which is given the blocks alone."""
    state = dict(entries)
    for block in blocks:
        backend = DictBackend(state)
        executed = get_api().execute_block(backend, block.header, block.extrinsics)
        state = merge(state, executed.changes)
    return state

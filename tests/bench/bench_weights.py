"""What dispatches of the base pallets cost; see `tests/helpers/weighing.py`.

A call is measured on a state of its own, in which it has the most to do.
"""

from dataclasses import dataclass

from pallets.balances.types import AdjustmentDirection, ReserveData
from pallets.runtime import Runtime, RuntimeConfig
from runtime.account import AccountData
from runtime.address import Id
from runtime.crypto import ed25519
from runtime.crypto.multisignature import Ed25519, Signature
from runtime.era import Era
from runtime.executive import apply_extrinsic, finalize_block, initialize_block
from runtime.extensions import SignedExtra, SigningContext, compute_signing_payload, encode_extra
from runtime.extrinsic import decode_extrinsic, encode_bare, encode_signed
from runtime.frame import Call, Origin, Pallet
from runtime.frame.traits import HoldReason
from runtime.header import Header
from runtime.host import ReferenceHost
from runtime.primitives import UNIT, AccountId, Hash
from runtime.state import Backend, DictBackend, Overlay
from tests.helpers.weighing import Book, Cost

SEED = bytes(range(32))
ALICE = AccountId(ed25519.public_of_seed(SEED))
BOB, NOBODY = AccountId(b"bob.".ljust(32)), AccountId(b"nobody".ljust(32))
CONFIG = RuntimeConfig(existential_deposit=1_000_000_000, era_blocks=1_000)
ROOT, NONE, SIGNED = Origin.root(), Origin.none(), Origin.signed(ALICE)


@dataclass(frozen=True, slots=True)
class Opened:
    """A stage: a runtime in block 1 on a state."""

    runtime: Runtime


def build_state() -> DictBackend:
    """The state in which everything is measured: two accounts, Alice's with every hold.

    Bob's has none: calls end it.
    """
    state = Overlay(DictBackend({}))
    runtime = Runtime(state, ReferenceHost(), CONFIG)
    runtime.balances.build_genesis([(ALICE, 1_000 * UNIT), (BOB, UNIT)])
    runtime.system.put_data(ALICE, AccountData(999 * UNIT, UNIT))
    runtime.system.note_consumer(ALICE)
    runtime.balances.reserves[ALICE] = (ReserveData(bytes(8), UNIT),)
    for reason in HoldReason:
        runtime.balances.ledger.hold(reason, ALICE, 1)
    return DictBackend({key: raw for key, raw in state.changes().items() if raw is not None})


def open_stage(backend: Backend) -> Opened:
    """A runtime in block 1 on the state."""
    runtime = Runtime(Overlay(backend), ReferenceHost(), CONFIG)
    initialize_block(runtime, Header(Hash.zero(), 1, Hash.zero(), Hash.zero()))
    return Opened(runtime)


def make_call(runtime: Runtime, pallet: str, name: str, *args: object) -> Call:
    """A call by its names."""
    target: Pallet = next(each for each in runtime.pallets if each.spec.name == pallet)
    spec = next(spec for spec in target.spec.calls if spec.name == name)
    return Call(target.index, pallet, spec, args)


@dataclass(frozen=True, slots=True)
class Scale:
    """Weighs calls of one pallet, each on a state of its own."""

    book: Book
    pallet: str

    def call(
        self, figure: str, case: str, backend: Backend, origin: Origin, name: str, *args: object
    ) -> Cost:
        """One call on a state; the figure is a constant of the pallet's module, or nothing."""
        stage = open_stage(backend)
        made = make_call(stage.runtime, self.pallet, name, *args)
        full = f"{self.pallet.lower()}.{figure}" if figure else ""
        return self.book.call(full, case, stage, origin, made)

    def slope(self, figure: str, case: str, small: Cost, large: Cost, count: int) -> None:
        """What each of so many more costs."""
        self.book.slope(f"{self.pallet.lower()}.{figure}", case, small, large, count)


def weigh_balances(book: Book, backend: Backend) -> None:
    """The native token."""
    scale = Scale(book, "Balances")

    def weigh(name: str, origin: Origin, *args: object) -> None:
        scale.call(name.upper(), name, backend, origin, name, *args)

    bob = Origin.signed(BOB)
    weigh("transfer_allow_death", bob, Id(NOBODY), UNIT - 1)
    weigh("force_transfer", ROOT, Id(BOB), Id(NOBODY), UNIT - 1)
    weigh("transfer_keep_alive", SIGNED, Id(NOBODY), 998 * UNIT)
    weigh("transfer_all", bob, Id(NOBODY), False)
    weigh("force_unreserve", ROOT, Id(ALICE), UNIT)
    weigh("force_set_balance", ROOT, Id(NOBODY), UNIT)
    weigh("force_adjust_total_issuance", ROOT, AdjustmentDirection.INCREASE, 1)
    weigh("burn", bob, UNIT - 1, False)
    upgrade = "upgrade_accounts"
    none = scale.call("UPGRADE_ACCOUNTS", "nobody", backend, SIGNED, upgrade, ())
    many = scale.call("", "1,000 accounts", backend, SIGNED, upgrade, (ALICE,) * 1_000)
    scale.slope("UPGRADE_ACCOUNT", upgrade, none, many, 1_000)


def weigh_base(book: Book, backend: Backend) -> None:
    """System, the time, batches, and what is around every call."""
    system, time, utility = Scale(book, "System"), Scale(book, "Timestamp"), Scale(book, "Utility")
    for name in ("remark", "remark_with_event"):
        empty = system.call("REMARK", name, backend, SIGNED, name, b"")
        full = system.call("", f"{name}, 64 KiB", backend, SIGNED, name, bytes(64 * 1024))
        system.slope("REMARK_BYTE", name, empty, full, 64 * 1024)
    time.call("SET", "set", backend, NONE, "set", 1_700_000_000_000)
    stage = open_stage(backend)
    remark = make_call(stage.runtime, "System", "remark", b"")
    dispatch = stage.runtime.dispatcher.dispatch
    dispatch(make_call(stage.runtime, "Timestamp", "set", 1_700_000_000_000), NONE)
    finalize = stage.runtime.timestamp.on_finalize
    book.run("timestamp.ON_FINALIZE", "", stage, lambda: finalize(1))
    for name in ("batch", "batch_all", "force_batch"):
        none = utility.call("BATCH", name, backend, SIGNED, name, ())
        many = utility.call("", f"{name}, 100 remarks", backend, SIGNED, name, (remark,) * 100)
        utility.slope("BATCH_CALL", name, none, many, 100)
    weigh_extrinsic(book, stage, remark)
    weigh_block(book, open_stage(backend))


def weigh_extrinsic(book: Book, stage: Opened, remark: Call) -> None:
    """A whole extrinsic around an empty remark: decoding, signature, nonce, fee, events."""
    runtime = stage.runtime
    call, extra = runtime.calls.encode(remark), SignedExtra(Era(), 0, 1)
    version, genesis = runtime.version, runtime.system.block_hash[0]
    context = SigningContext(version.spec_version, version.transaction_version, genesis, genesis)
    payload = compute_signing_payload(call + encode_extra(extra), context)
    signature = Ed25519(Signature(ed25519.sign(SEED, payload)))
    raw = encode_signed(ALICE, signature, extra, call)
    calls = runtime.calls
    book.run(
        "block.BASE_EXTRINSIC",
        "",
        stage,
        lambda: apply_extrinsic(runtime, decode_extrinsic(raw, calls)),
    )


def weigh_block(book: Book, stage: Opened) -> None:
    """A block with nothing but its time: hooks, the inherent, the events."""
    runtime = stage.runtime
    call = make_call(runtime, "Timestamp", "set", 1_700_000_000_000)
    raw = encode_bare(runtime.calls.encode(call))

    def run() -> None:
        initialize_block(runtime, Header(Hash.zero(), 1, Hash.zero(), Hash.zero()))
        apply_extrinsic(runtime, decode_extrinsic(raw, runtime.calls))
        finalize_block(runtime)

    book.run("block.BASE_BLOCK", "", stage, run)


def weigh(book: Book) -> None:
    """Every call of these pallets."""
    backend = build_state()
    weigh_balances(book, backend)
    weigh_base(book, backend)


if __name__ == "__main__":
    weigh(Book())

"""What dispatches of the base pallets cost here: microseconds, items read, and the weight of that.

Each row is one call, decoded and dispatched on a fresh overlay in the worst case that it knows. The
time is the median of the quietest of twenty batches; a weight is twice that, rounded up to two
digits, and 512 bytes of proof an item read.
"""

from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from time import perf_counter_ns

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
from runtime.header import Header
from runtime.host import ReferenceHost
from runtime.primitives import UNIT, AccountId, Hash
from runtime.state import Backend, DictBackend, Overlay, RecordingBackend

BATCHES = 20
ROUNDS = 20
PROOF_BYTES_ITEM = 512
SEED = bytes(range(32))
ALICE = AccountId(ed25519.public_of_seed(SEED))
BOB, NOBODY = AccountId(b"bob.".ljust(32)), AccountId(b"nobody".ljust(32))
CONFIG = RuntimeConfig(existential_deposit=1_000_000_000, era_blocks=1_000)
ROOT, NONE, SIGNED = Origin.root(), Origin.none(), Origin.signed(ALICE)


@dataclass(frozen=True, slots=True)
class Cost:
    """What one run of something took."""

    microseconds: float
    items_read: int

    @property
    def ref_time(self) -> int:
        """Twice the time in picoseconds, rounded up to its first two digits."""
        picoseconds = round(self.microseconds * 2_000_000)
        digit: int = 10 ** (len(str(picoseconds)) - 2)
        return -(-picoseconds // digit) * digit

    def __str__(self) -> str:
        proof = PROOF_BYTES_ITEM * self.items_read
        shown = f"{self.microseconds:8.1f} us {self.items_read:3} items"
        return f"{shown}   Weight({self.ref_time:_}, {proof:_})"


def build_state() -> DictBackend:
    """The state in which everything is measured: two accounts, Alice's with a reserve."""
    state = Overlay(DictBackend({}))
    runtime = Runtime(state, ReferenceHost(), CONFIG)
    runtime.balances.build_genesis([(ALICE, 1_000 * UNIT), (BOB, UNIT)])
    runtime.system.put_data(ALICE, AccountData(999 * UNIT, UNIT))
    runtime.system.note_consumer(ALICE)
    runtime.balances.reserves[ALICE] = (ReserveData(bytes(8), UNIT),)
    return DictBackend({key: raw for key, raw in state.changes().items() if raw is not None})


def open_runtime(backend: Backend) -> tuple[Runtime, RecordingBackend]:
    """A runtime in block 1 on the state."""
    recording = RecordingBackend(backend)
    runtime = Runtime(Overlay(recording), ReferenceHost(), CONFIG)
    initialize_block(runtime, Header(Hash.zero(), 1, Hash.zero(), Hash.zero()))
    recording.reads.clear()
    return runtime, recording


def measure(run: Callable[[Runtime], object], backend: Backend) -> Cost:
    """The cost of a run, each time on a fresh overlay."""
    medians: list[float] = []
    items = 0
    for _ in range(BATCHES):
        times: list[int] = []
        for _ in range(ROUNDS):
            runtime, recording = open_runtime(backend)
            begin = perf_counter_ns()
            run(runtime)
            times.append(perf_counter_ns() - begin)
            items = len(recording.reads)
        medians.append(median(times))
    return Cost(min(medians) / 1_000, items)


def measure_call(backend: Backend, pallet: str, name: str, origin: Origin, *args: object) -> Cost:
    """The cost of decoding and dispatching a call."""
    runtime, _ = open_runtime(backend)
    raw, decode = encode_call(runtime, pallet, name, *args), runtime.calls.decode

    def run(each: Runtime) -> None:
        each.dispatcher.dispatch(decode(raw), origin)

    return measure(run, backend)


def make_call(runtime: Runtime, pallet: str, name: str, *args: object) -> Call:
    """A call by its names."""
    target: Pallet = next(each for each in runtime.pallets if each.spec.name == pallet)
    spec = next(spec for spec in target.spec.calls if spec.name == name)
    return Call(target.index, pallet, spec, args)


def encode_call(runtime: Runtime, pallet: str, name: str, *args: object) -> bytes:
    """A call's bytes."""
    return runtime.calls.encode(make_call(runtime, pallet, name, *args))


def measure_calls(backend: Backend) -> dict[str, Cost]:
    """The calls of balances, timestamp and utility."""

    def at(pallet: str, name: str, origin: Origin, *args: object) -> Cost:
        return measure_call(backend, pallet, name, origin, *args)

    most, increase = 998 * UNIT, AdjustmentDirection.INCREASE
    remark = make_call(open_runtime(backend)[0], "System", "remark", b"")
    many = (ALICE,) * 1_000
    return {
        "balances.transfer_allow_death": at(
            "Balances", "transfer_allow_death", Origin.signed(BOB), Id(NOBODY), UNIT - 1
        ),
        "balances.force_transfer": at(
            "Balances", "force_transfer", ROOT, Id(BOB), Id(NOBODY), UNIT - 1
        ),
        "balances.transfer_keep_alive": at(
            "Balances", "transfer_keep_alive", SIGNED, Id(NOBODY), most
        ),
        "balances.transfer_all": at(
            "Balances", "transfer_all", Origin.signed(BOB), Id(NOBODY), False
        ),
        "balances.force_unreserve": at("Balances", "force_unreserve", ROOT, Id(ALICE), UNIT),
        "balances.upgrade_accounts(0)": at("Balances", "upgrade_accounts", SIGNED, ()),
        "balances.upgrade_accounts(1000)": at("Balances", "upgrade_accounts", SIGNED, many),
        "balances.force_set_balance": at("Balances", "force_set_balance", ROOT, Id(NOBODY), UNIT),
        "balances.force_adjust_total_issuance": at(
            "Balances", "force_adjust_total_issuance", ROOT, increase, 1
        ),
        "balances.burn": at("Balances", "burn", Origin.signed(BOB), UNIT - 1, False),
        "timestamp.set": at("Timestamp", "set", NONE, 1_700_000_000_000),
        "system.remark": at("System", "remark", SIGNED, b""),
        "system.remark_with_event(64 KiB)": at(
            "System", "remark_with_event", SIGNED, bytes(64 * 1024)
        ),
        "utility.batch(0)": at("Utility", "batch", SIGNED, ()),
        "utility.batch(100 remarks)": at("Utility", "batch", SIGNED, (remark,) * 100),
        "utility.force_batch(100 remarks)": at("Utility", "force_batch", SIGNED, (remark,) * 100),
    }


def measure_extrinsic(backend: Backend) -> Cost:
    """A whole extrinsic around an empty remark: decoding, signature, nonce, fee, events."""
    runtime, _ = open_runtime(backend)
    call = encode_call(runtime, "System", "remark", b"")
    extra = SignedExtra(Era(), 0, 1)
    version = runtime.version
    genesis = runtime.system.block_hash[0]
    context = SigningContext(version.spec_version, version.transaction_version, genesis, genesis)
    payload = compute_signing_payload(call + encode_extra(extra), context)
    signature = Ed25519(Signature(ed25519.sign(SEED, payload)))
    raw = encode_signed(ALICE, signature, extra, call)

    calls = runtime.calls

    def run(each: Runtime) -> None:
        apply_extrinsic(each, decode_extrinsic(raw, calls))

    return measure(run, backend)


def measure_block(backend: Backend) -> Cost:
    """A block with nothing but its time: hooks, the inherent, the events."""
    runtime, _ = open_runtime(backend)
    raw = encode_bare(encode_call(runtime, "Timestamp", "set", 1_700_000_000_000))

    calls = runtime.calls

    def run(each: Runtime) -> None:
        initialize_block(each, Header(Hash.zero(), 1, Hash.zero(), Hash.zero()))
        apply_extrinsic(each, decode_extrinsic(raw, calls))
        finalize_block(each)

    return measure(run, backend)


def main() -> None:
    """Prints a row for each."""
    backend = build_state()
    rows = measure_calls(backend)
    rows["block.extrinsic"] = measure_extrinsic(backend)
    rows["block.empty"] = measure_block(backend)
    for name, cost in rows.items():
        print(f"{name:38} {cost}")


if __name__ == "__main__":
    main()

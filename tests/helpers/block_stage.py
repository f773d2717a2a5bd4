"""A runtime for tests of the executive: real signatures, and a pallet that does what it is told."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from runtime.codec import U8, U64
from runtime.crypto import ed25519
from runtime.crypto.multisignature import Ed25519, MultiSignature, Signature
from runtime.era import Era
from runtime.errors import BadOrigin, ModuleError
from runtime.extensions import SignedExtra, SigningContext, compute_signing_payload, encode_extra
from runtime.extrinsic import Extrinsic, decode_extrinsic, encode_bare, encode_signed
from runtime.frame import (
    Call,
    DispatchClass,
    Event,
    Origin,
    Pallet,
    Pays,
    PostDispatch,
    StorageValue,
    call,
    value,
)
from runtime.frame.traits import EventSink
from runtime.limits import make_block_weights
from runtime.primitives import AccountId, BlockNumber, Hash, Weight
from runtime.state.externalities import Externalities
from tests.helpers.mock_runtime import RATES, MockRuntime

IMMORTAL = Era()
GENESIS = Hash(b"\x22" * 32)
RICH = 10**15
BASE_BLOCK = Weight(70_000, 9)


@dataclass(frozen=True, slots=True)
class Person:
    """An account with its ed25519 key."""

    seed: bytes

    @property
    def account(self) -> AccountId:
        """The public key."""
        return AccountId(ed25519.public_of_seed(self.seed))


ALICE, BOB, CHARLIE = (Person(bytes([number]) * 32) for number in (1, 2, 3))


@dataclass(frozen=True, slots=True)
class Probed(Event, index=0):
    """A call of the probe ran."""

    count: U8


class Refused(ModuleError, index=4):
    """The probe was told to refuse."""


class Defect(Exception):
    """Stands for a mistake in a pallet."""


class Probe(Pallet, events=Probed, errors=Refused):
    """Calls of every class, that fail or weigh what their arguments say."""

    count: StorageValue[U8] = value(default=0)
    hooks: StorageValue[U64] = value(default=0)

    def __init__(self, state: Externalities, system: EventSink, *, index: int) -> None:
        super().__init__(state, index=index)
        self.system = system

    def _run(self, failure: int) -> None:
        count = self.count.get() + 1
        self.count.put(count)
        self.system.deposit_event(self, Probed(count))
        if failure:
            raise (Refused(), BadOrigin(), Defect("planted"))[failure - 1]

    @call(index=0, weight=Weight(5, 1), dispatch_class=DispatchClass.MANDATORY, pays_fee=Pays.NO)
    def inherent(self, origin: Origin, failure: U8) -> None:
        """An inherent."""
        origin.ensure_none()
        self._run(failure)

    @call(index=1, weight=lambda time, size, failure: Weight(time, size + 0 * failure))
    def work(self, origin: Origin, time: U64, size: U64, failure: U8) -> None:
        """A call of any weight, that may fail."""
        origin.ensure_signed()
        self._run(failure)

    @call(
        index=2,
        weight=lambda time, size: Weight(time, size),  # noqa: PLW0108 - named as the arguments are
        dispatch_class=DispatchClass.OPERATIONAL,
    )
    def operate(self, origin: Origin, time: U64, size: U64) -> None:
        """A call of the operational class."""
        origin.ensure_signed()
        self._run(0)

    @call(index=3, weight=Weight(5_000_000, 100))
    def refund(self, origin: Origin, time: U64, size: U64, free: bool) -> PostDispatch:
        """A call that took another weight than announced."""
        origin.ensure_signed()
        self._run(0)
        weight = Weight(time, size) if time else None  # of which it says nothing
        return PostDispatch(weight, Pays.NO if free else Pays.YES)

    @call(index=4, weight=Weight(5_000_000, 100), pays_fee=Pays.NO)
    def gift(self, origin: Origin) -> None:
        """A call that costs nothing."""
        origin.ensure_signed()

    def on_initialize(self, number: BlockNumber) -> Weight:
        """Counts, and weighs, the block."""
        self.hooks.put(self.hooks.get() + number)
        self.system.deposit_event(self, Probed(0))
        return Weight(11, 2)

    def on_finalize(self, number: BlockNumber) -> None:
        """Counts the end of the block."""
        self.hooks.put(self.hooks.get() + 1_000 * number)
        self.system.deposit_event(self, Probed(255))


def make_stage(*, people: Iterable[Person] = (ALICE, BOB), author: Person = CHARLIE) -> MockRuntime:
    """A runtime at block 1 with the probe in it, everybody rich."""
    balances = [(each.account, RICH) for each in (*people, author)]
    runtime = MockRuntime(balances, author=author.account)
    runtime.add(Probe(runtime.state, runtime.system, index=30))
    runtime.version = replace(runtime.version, spec_version=7, transaction_version=3)
    runtime.system.block_hash[0] = GENESIS
    runtime.system.block_weights = make_block_weights(RATES.base_extrinsic, BASE_BLOCK)
    return runtime


def get_probe(runtime: MockRuntime) -> Probe:
    probe = runtime.pallets[-1]
    assert isinstance(probe, Probe), "make_stage adds the probe last; qed"
    return probe


def probe(runtime: MockRuntime, name: str, *args: object) -> Call:
    """A call of the probe."""
    return runtime.make_call(get_probe(runtime), name, *args)


@dataclass(frozen=True, slots=True)
class Signing:
    """How an extrinsic is signed; what is None is right."""

    nonce: int | None = None
    tip: int = 0
    era: Era = IMMORTAL
    spec_version: int | None = None
    transaction_version: int | None = None
    genesis: Hash | None = None
    birth: Hash | None = None


def sign(runtime: MockRuntime, who: Person, made: Call, how: Signing | None = None) -> bytes:
    """A signed extrinsic's bytes."""
    how = how or Signing()
    nonce = runtime.system.get_nonce(who.account) if how.nonce is None else how.nonce
    extra = SignedExtra(how.era, nonce, how.tip)
    encoded = runtime.calls.encode(made)
    signature = sign_payload(runtime, who, encoded + encode_extra(extra), how)
    return encode_signed(who.account, signature, extra, encoded)


def sign_payload(runtime: MockRuntime, who: Person, payload: bytes, how: Signing) -> MultiSignature:
    """The signature of a call and its extra."""
    version, genesis = runtime.version, how.genesis or GENESIS
    context = SigningContext(
        version.spec_version if how.spec_version is None else how.spec_version,
        version.transaction_version if how.transaction_version is None else how.transaction_version,
        genesis,
        how.birth or genesis,
    )
    raw = ed25519.sign(who.seed, compute_signing_payload(payload, context))
    return Ed25519(Signature(raw))


def make_signed(
    runtime: MockRuntime, who: Person, made: Call, how: Signing | None = None
) -> Extrinsic:
    """A signed extrinsic, decoded."""
    return decode_extrinsic(sign(runtime, who, made, how), runtime.calls)


def make_inherent(runtime: MockRuntime, made: Call) -> Extrinsic:
    """An inherent, decoded."""
    return decode_extrinsic(encode_bare(runtime.calls.encode(made)), runtime.calls)


def with_signature(extrinsic: Extrinsic, signature: MultiSignature) -> Extrinsic:
    """The same extrinsic under another signature; its bytes stay those of the first."""
    assert extrinsic.signer is not None, "the extrinsic is a signed one; qed"
    return replace(extrinsic, signer=replace(extrinsic.signer, signature=signature))

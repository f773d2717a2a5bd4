"""All that a node may ask of a runtime: execute, build, validate, describe, answer clients.

Every question is asked of a state (a `Backend`), which it never changes.
"""

from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from functools import cached_property

from runtime.client_apis import make_apis
from runtime.codec import Codec, compile_codec
from runtime.codec.codec import AnyCodec
from runtime.codec.collection import compile_bytes
from runtime.composed import ComposedRuntime
from runtime.crypto.multisignature import Ed25519, Signature
from runtime.era import Era
from runtime.errors import CodecError
from runtime.executive import (
    ApplyOutcome,
    DryRun,
    apply_extrinsic,
    begin_validation,
    dry_run_call,
    execute_block,
    finalize_block,
    initialize_block,
    validate_in_child,
)
from runtime.extensions import SignedExtra
from runtime.extrinsic import EXTRINSIC_BYTES_MAX, Extrinsic, decode_extrinsic, encode_signed
from runtime.frame.call import Call, CallSpec
from runtime.frame.event_record import EventRecord
from runtime.frame.runtime_api import Api, ApiMethod
from runtime.frozen import frozen
from runtime.header import Header
from runtime.host import Host
from runtime.metadata import build_metadata
from runtime.primitives import AccountId, Hash
from runtime.state.backend import Backend, DictBackend
from runtime.state.overlay import Overlay
from runtime.validity import ValidTransaction
from runtime.version import VERSION, RuntimeVersion

MakeRuntime = Callable[[Overlay, Host], ComposedRuntime]
Changes = Mapping[bytes, bytes | None]


class UnknownMethod(Exception):
    """A runtime API has no such method."""


@frozen
class Executed:
    """What executing a block gives."""

    changes: Changes
    """The net writes to the parent's state; None deletes."""

    outcomes: tuple[ApplyOutcome, ...]
    moment_ms: int
    """The block's time as its inherent set it."""


def take_apart(runtime: ComposedRuntime) -> None:
    """Frees a runtime that is not used again, and with it all that its block has left in memory.

    Its parts know each other. Whole, they would stay until the collector looks for such circles,
    among everything that there is.
    """
    for pallet in runtime.pallets:
        vars(pallet).clear()
    vars(runtime).clear()


class BlockExecution:
    """A block being built: extrinsics are applied one by one, then it is finished."""

    def __init__(self, runtime: ComposedRuntime, header: Header) -> None:
        self._runtime = runtime
        initialize_block(runtime, header)

    def apply(self, extrinsic: Extrinsic) -> ApplyOutcome:
        """Applies the next extrinsic; after `InvalidTransaction` the block is as before."""
        return apply_extrinsic(self._runtime, extrinsic)

    def finish(self) -> Changes:
        """Ends the block: the net writes to the parent's state. Nothing is applied after it."""
        finalize_block(self._runtime)
        changes = self._runtime.state.changes()
        take_apart(self._runtime)
        return changes


class Validation:
    """Judges transactions as if in the child of one block, all on one scratch state."""

    def __init__(self, runtime: ComposedRuntime, block_hash: Hash) -> None:
        self.runtime = runtime
        """For reads beside the judgement: nonces, fees."""
        begin_validation(runtime, block_hash)

    def validate(self, extrinsic: Extrinsic) -> ValidTransaction:
        """Whether and how it may wait in the pool. Raises `InvalidTransaction`."""
        return validate_in_child(self.runtime, extrinsic)


class RuntimeApi:
    """One runtime on any state."""

    def __init__(self, make_runtime: MakeRuntime, host: Host) -> None:
        self._make_runtime = make_runtime
        self._host = host
        described = make_runtime(Overlay(DictBackend({})), host)
        self._described = described
        self.version: RuntimeVersion = VERSION
        self.calls: Codec[Call] = described.calls
        self.events: Codec[tuple[EventRecord, ...]] = described.events
        self.apis: tuple[Api, ...] = make_apis(self.get_metadata)
        self._metadata: dict[int, bytes] = {}
        self._specs: dict[tuple[str, str], tuple[int, CallSpec]] = {
            (pallet.spec.name, spec.name): (pallet.index, spec)
            for pallet in described.pallets
            for spec in pallet.spec.calls
        }

    def make_runtime(self, backend: Backend) -> ComposedRuntime:
        """The composed runtime on a fresh overlay, for typed reads of any pallet."""
        return self._make_runtime(Overlay(backend), self._host)

    @contextmanager
    def _using_runtime(self, backend: Backend) -> Generator[ComposedRuntime]:
        """The same for one question: with it goes what the answer took."""
        runtime = self.make_runtime(backend)
        try:
            yield runtime
        finally:
            take_apart(runtime)

    def make_call(self, pallet: str, name: str, *args: object) -> Call:
        """A call by its names; `KeyError` if there is none, `CodecError` for other arguments."""
        index, spec = self._specs[pallet, name]
        call = Call(index, pallet, spec, args)
        self.calls.encode(call)
        return call

    def decode(self, raw: bytes) -> Extrinsic:
        """A decoded extrinsic; `CodecError` if it is none."""
        return decode_extrinsic(raw, self.calls)

    def execute_block(
        self, backend: Backend, header: Header, extrinsics: tuple[Extrinsic, ...]
    ) -> Executed:
        """Executes a block on its parent's state; `InvalidBlock` if it breaks a rule."""
        with self._using_runtime(backend) as runtime:
            outcomes = execute_block(runtime, header, extrinsics)
            return Executed(runtime.state.changes(), outcomes, runtime.get_moment())

    def begin_block(self, backend: Backend, header: Header) -> BlockExecution:
        """Begins to build a block; the header's roots are not read."""
        return BlockExecution(self.make_runtime(backend), header)

    def begin_validation(self, backend: Backend, block_hash: Hash) -> Validation:
        """Judges many transactions on the state after ``block_hash``."""
        return Validation(self.make_runtime(backend), block_hash)

    def dry_run(self, backend: Backend, block_hash: Hash, extrinsic: Extrinsic) -> ApplyOutcome:
        """What would become of a transaction in the child of a block. `InvalidTransaction`."""
        with self._using_runtime(backend) as runtime:
            begin_validation(runtime, block_hash)
            return apply_extrinsic(runtime, extrinsic)

    def dry_run_call(
        self, backend: Backend, block_hash: Hash, call: Call, who: AccountId
    ) -> DryRun:
        """What a call would do in the child of a block, if this account sent it now.

        Its length is that of a transaction signed with one key. Raises `InvalidTransaction`.
        """
        with self._using_runtime(backend) as runtime:
            extra = SignedExtra(Era.mortal(64, 0), runtime.system.get_nonce(who), 0)
            unsigned = Ed25519(Signature(bytes(Signature.LENGTH)))
            length = len(encode_signed(who, unsigned, extra, self.calls.encode(call)))
            return dry_run_call(runtime, call, who, length, block_hash)

    def get_metadata(self, version: int) -> bytes:
        """The metadata in one version, built when first asked for; `ValueError` if unknown."""
        known = self._metadata.get(version)
        if known is None:
            known = build_metadata(self._described, self.apis, version)
            self._metadata[version] = known
        return known

    def call(self, name: str, data: bytes, backend: Backend) -> bytes:
        """The encoded answer of a runtime API's method, such as `Core_version`.

        `UnknownMethod`, or `CodecError` for arguments that do not decode.
        """
        entry = self._methods.get(name)
        if entry is None:
            raise UnknownMethod(name)
        method, inputs, output = entry
        arguments: list[object] = []
        offset = 0
        for codec in inputs:
            argument, offset = codec.decode_from(data, offset)
            arguments.append(argument)
        if offset != len(data):
            raise CodecError(f"{name}: {len(data) - offset} bytes remain behind the arguments")
        with self._using_runtime(backend) as runtime:
            return output.encode(method.function(runtime, *arguments))

    @cached_property
    def _methods(self) -> dict[str, tuple[ApiMethod, tuple[AnyCodec, ...], AnyCodec]]:
        composed: dict[str, AnyCodec] = {"UncheckedExtrinsic": _make_extrinsic_codec(self.decode)}
        return {
            f"{api.name}_{method.name}": (
                method,
                tuple(compile_codec(annotation, composed) for _, annotation in method.inputs),
                compile_codec(method.output, composed),
            )
            for api in self.apis
            for method in api.methods
        }


def _make_extrinsic_codec(decode: Callable[[bytes], Extrinsic]) -> AnyCodec:
    """Extrinsics as arguments: their own length prefix says where they end."""
    raw = compile_bytes(EXTRINSIC_BYTES_MAX)

    def decode_from(data: bytes, offset: int) -> tuple[Extrinsic, int]:
        inner, end = raw.decode_from(data, offset)
        try:
            return decode(data[offset:end]), end
        except CodecError as error:
            # polkadot.js wraps an extrinsic given in hex a second time.
            try:
                return decode(inner), end
            except CodecError:
                raise error from None

    def encode(value: Extrinsic) -> bytes:
        return value.raw

    return Codec(encode, decode_from, raw.node, "UncheckedExtrinsic")

"""The chain behind a node, read with the runtime's own types.

A reading runs on a state whose entries come from the node one by one, when they are needed; so
whatever a pallet can answer, a wallet can ask, at any block whose state the node keeps.
"""

from collections.abc import Callable
from typing import Final, TypeVar

import trio

from chain.wallet.errors import BadAnswer, OtherRuntime, RpcRefused, WalletError
from chain.wallet.json_types import (
    ChangesJson,
    HeaderJson,
    PropertiesJson,
    RuntimeVersionJson,
    SignedBlockJson,
)
from chain.wallet.rpc import RpcClient
from pallets.runtime import Runtime, RuntimeConfig
from runtime.codec import codec_of
from runtime.errors import CodecError, CorruptState
from runtime.extrinsic import Extrinsic, decode_extrinsic
from runtime.frame.event_record import EventRecord
from runtime.header import Digest, DigestItem, Header
from runtime.host import Host, ReferenceHost
from runtime.primitives import Hash
from runtime.state.backend import Backend, DictBackend
from runtime.state.overlay import Overlay
from runtime.version import VERSION

T = TypeVar("T")
KEYS_PAGE: Final = 64
MAP_PREFIX_BYTES: Final = 32
"""What the keys of one map begin with: the hashes of a pallet's and of the map's name."""

_DIGEST_ITEM: Final = codec_of(DigestItem)


class UnknownBlock(WalletError):
    """The node knows no such block."""


class RemoteState:
    """A state that the node keeps; read in a worker thread, which waits for each answer."""

    def __init__(self, rpc: RpcClient, block_hash: Hash) -> None:
        self._rpc = rpc
        self._at = to_hex(block_hash)
        self._known: dict[bytes, bytes | None] = {}
        self._following: dict[bytes, bytes | None] = {}
        self._iterated: set[bytes] = set()
        """Maps, by their prefixes, through which somebody goes."""

    def get(self, key: bytes) -> bytes | None:
        """The value of a key; in a map that is gone through, those of the next keys come along."""
        if key not in self._known:
            keys = self._list_next(key) if key[:MAP_PREFIX_BYTES] in self._iterated else [key]
            if len(keys) > 1:
                trio.from_thread.run(self._fetch_all, keys)
        if key not in self._known:
            self._known[key] = trio.from_thread.run(self._fetch, key)
        return self._known[key]

    def next_key(self, key: bytes) -> bytes | None:
        """The first key after this one, whether or not it exists."""
        self._iterated.add(key[:MAP_PREFIX_BYTES])
        if key not in self._following:
            trio.from_thread.run(self._fetch_keys, key)
        return self._following[key]

    async def _fetch(self, key: bytes) -> bytes | None:
        method = "state_getStorage"
        value = await self._rpc.call_or_none(str, method, to_hex(key), self._at)
        return None if value is None else from_hex(value, method)

    def _list_next(self, key: bytes) -> list[bytes]:
        """This key and those of its map that are known to follow it, without their values."""
        found: list[bytes] = []
        each: bytes | None = key
        while each is not None and each[:MAP_PREFIX_BYTES] == key[:MAP_PREFIX_BYTES]:
            if len(found) == KEYS_PAGE:
                break
            if each not in self._known:
                found.append(each)
            each = self._following.get(each)
        return found

    async def _fetch_all(self, keys: list[bytes]) -> None:
        """Their values, unless they are together more than the node gives in one answer."""
        method = "state_queryStorageAt"
        asked = [to_hex(key) for key in keys]
        try:
            answer = await self._rpc.call(list[ChangesJson], method, asked, self._at)
        except RpcRefused:
            return
        values = dict(answer[0].changes) if len(answer) == 1 else {}
        if list(values) != asked:
            raise BadAnswer(method, "other keys than were asked for")
        for key, value in zip(keys, values.values(), strict=True):
            self._known[key] = None if value is None else from_hex(value, method)

    async def _fetch_keys(self, key: bytes) -> None:
        method = "state_getKeysPaged"
        page = await self._rpc.call(list[str], method, "0x", KEYS_PAGE, to_hex(key), self._at)
        previous = key
        for text in page:
            following = from_hex(text, method)
            if following <= previous:
                raise BadAnswer(method, "the keys are not in order")
            self._following[previous] = previous = following
        if len(page) < KEYS_PAGE:
            self._following[previous] = None


class ChainReader:
    """One chain, through one node; used by one task at a time."""

    def __init__(
        self, rpc: RpcClient, genesis_hash: Hash, host: Host, config: RuntimeConfig
    ) -> None:
        self.rpc = rpc
        self.genesis_hash = genesis_hash
        self._host = host
        self._config = config
        self.runtime = self._make_runtime(DictBackend({}))
        """A runtime on an empty state: for its codecs and declarations."""

    @classmethod
    async def connect(cls, rpc: RpcClient, host: Host | None = None) -> "ChainReader":
        """The node's chain; `OtherRuntime` where this program does not know its runtime.

        ``host`` is what readings of the runtime compute with; the reference unless given.
        """
        version = await rpc.call(RuntimeVersionJson, "state_getRuntimeVersion")
        expected = (VERSION.spec_name, VERSION.spec_version, VERSION.transaction_version)
        got = (version.spec_name, version.spec_version, version.transaction_version)
        if got != expected:
            raise OtherRuntime("{} {} ({})".format(*expected), "{} {} ({})".format(*got))
        genesis_hash = to_hash(await rpc.call(str, "chain_getBlockHash", 0))
        properties = await rpc.call(PropertiesJson, "system_properties")
        return cls(rpc, genesis_hash, host or ReferenceHost(), _to_config(properties))

    async def get_head(self) -> Hash:
        """The hash of the best block."""
        return to_hash(await self.rpc.call(str, "chain_getBlockHash"))

    async def get_finalised_head(self) -> Hash:
        """The hash of the newest final block."""
        return to_hash(await self.rpc.call(str, "chain_getFinalizedHead"))

    async def get_block_hash(self, number: int) -> Hash:
        """The hash of a block of the best chain; `UnknownBlock`."""
        found = await self.rpc.call_or_none(str, "chain_getBlockHash", number)
        if found is None:
            raise UnknownBlock(f"expected the number of a block of the chain, got {number}")
        return to_hash(found)

    async def get_header(self, block_hash: Hash) -> Header:
        """A block's header; `UnknownBlock`."""
        found = await self.rpc.call_or_none(HeaderJson, "chain_getHeader", to_hex(block_hash))
        if found is None:
            raise UnknownBlock(f"expected the hash of a known block, got {to_hex(block_hash)}")
        return to_header(found)

    async def get_extrinsics(self, block_hash: Hash) -> tuple[Extrinsic, ...]:
        """A block's extrinsics, decoded; `UnknownBlock`."""
        method = "chain_getBlock"
        found = await self.rpc.call_or_none(SignedBlockJson, method, to_hex(block_hash))
        if found is None:
            raise UnknownBlock(f"expected the hash of a known block, got {to_hex(block_hash)}")
        try:
            return tuple(
                decode_extrinsic(from_hex(text, method), self.runtime.calls)
                for text in found.block.extrinsics
            )
        except CodecError as error:
            raise BadAnswer(method, str(error)) from error

    async def get_events(self, block_hash: Hash) -> tuple[EventRecord, ...]:
        """What happened in a block."""
        key = self.runtime.system.events.key
        method = "state_getStorage"
        value = await self.rpc.call_or_none(str, method, to_hex(key), to_hex(block_hash))
        try:
            return () if value is None else self.runtime.events.decode(from_hex(value, method))
        except CodecError as error:
            raise BadAnswer("System.Events", str(error)) from error

    async def read(self, reading: Callable[[Runtime], T], at: Hash | None = None) -> T:
        """What `reading` finds in the runtime at a block, the best one unless said."""
        block_hash = await self.get_head() if at is None else at
        state = RemoteState(self.rpc, block_hash)

        def run() -> T:
            try:
                return reading(self._make_runtime(state))
            except (CodecError, CorruptState) as error:  # the node's state, not ours
                raise BadAnswer("state", str(error)) from error

        return await trio.to_thread.run_sync(run)

    def _make_runtime(self, backend: Backend) -> Runtime:
        return Runtime(Overlay(backend), self._host, self._config)


def _to_config(properties: PropertiesJson) -> RuntimeConfig:
    """What the chain's specification decides of its runtime; `BadAnswer`."""
    deposit = properties.existential_deposit
    if not deposit.isdecimal() or properties.era_blocks < 1:
        raise BadAnswer("system_properties", "a deposit or an era that no chain has")
    return RuntimeConfig(int(deposit), properties.era_blocks, properties.voting_period_blocks)


def to_header(header: HeaderJson) -> Header:
    """A header as the runtime has it; `BadAnswer`."""
    try:
        logs = tuple(_DIGEST_ITEM.decode(from_hex(text, "header")) for text in header.digest.logs)
        return Header(
            to_hash(header.parent_hash),
            int(header.number, 16),
            to_hash(header.state_root),
            to_hash(header.extrinsics_root),
            Digest(logs),
        )
    except ValueError as error:
        raise BadAnswer("header", str(error)) from error


def to_hex(data: bytes) -> str:
    """Bytes as the wire writes them."""
    return "0x" + data.hex()


def from_hex(text: str, method: str) -> bytes:
    """Bytes as the wire writes them; `BadAnswer`."""
    try:
        return bytes.fromhex(text.removeprefix("0x"))
    except ValueError as error:
        raise BadAnswer(method, f"no hexadecimal text: {error}") from error


def to_hash(text: str) -> Hash:
    """A hash as the wire writes it; `BadAnswer`."""
    try:
        return Hash(from_hex(text, "hash"))
    except ValueError as error:
        raise BadAnswer("hash", str(error)) from error

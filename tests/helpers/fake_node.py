"""A node without mining, for tests of its clients: the real runtime, a block a transaction.

Blocks have no seal and no state root; everything else is as the runtime makes it.
"""

from dataclasses import dataclass
from typing import Any

from chain.rpc.namespaces.dry_run_methods import describe_dry_run
from genesis.accounts import get_dev_account
from genesis.build import build_genesis, make_api
from genesis.spec import load_preset
from runtime.codec import codec_of
from runtime.crypto.ss58 import decode_ss58
from runtime.errors import CodecError, InvalidTransaction
from runtime.extrinsic import Extrinsic, encode_bare
from runtime.frame import Call
from runtime.header import Digest, DigestItem, Header, PreRuntime, compute_extrinsics_root
from runtime.host import ReferenceHost
from runtime.pre_digest import ENGINE, PRE_DIGEST, PreDigest
from runtime.primitives import AccountId, Hash
from runtime.state.backend import DictBackend
from tests.helpers.rpc_server import Method, News, Refusal

FIRST_MS = 1_700_000_000_000
DIGEST_ITEM = codec_of(DigestItem)
CONFIG = load_preset("dev").runtime
PROPERTIES = {
    "existentialDeposit": str(CONFIG.existential_deposit),
    "eraBlocks": CONFIG.era_blocks,
    "votingPeriodBlocks": CONFIG.voting_period_blocks,
}
TARGET = (1 << 256) // 1_000_000 - 1


@dataclass(frozen=True, slots=True)
class FakeBlock:
    """A block with the state after it."""

    header: Header
    hash: Hash
    extrinsics: tuple[bytes, ...]
    state: dict[bytes, bytes]


class FakeNode:
    """A development chain that makes a block whenever a transaction comes."""

    def __init__(self) -> None:
        self.spec = load_preset("dev")
        host = ReferenceHost()
        self.api = make_api(self.spec, host)
        genesis = build_genesis(self.spec, host)
        self.blocks = [FakeBlock(genesis.header, genesis.hash, (), genesis.state)]
        self.author = get_dev_account("//Eve")

    @property
    def best(self) -> FakeBlock:
        """The newest block."""
        return self.blocks[-1]

    def get_methods(self) -> dict[str, Method]:
        """What it answers."""
        return {
            "system_chainType": lambda: self.spec.chain_type,
            "system_chain": lambda: self.spec.name,
            "system_accountNextIndex": self._get_nonce,
            "state_getRuntimeVersion": self._get_version,
            "state_getStorage": self._get_storage,
            "state_getKeysPaged": self._get_keys,
            "state_queryStorageAt": self._query,
            "state_call": self._call,
            "chain_getBlockHash": self._get_hash,
            "chain_getFinalizedHead": lambda: _hex(self.best.hash),
            "chain_getHeader": self._get_header,
            "chain_getBlock": self._get_block,
            "author_submitAndWatchExtrinsic": self._submit,
            "payment_queryInfo": lambda *_: None,
            "system_dryRunCall": self._dry_run,
            "system_properties": lambda: PROPERTIES,
        }

    def make_block(self, *transactions: Extrinsic) -> FakeBlock:
        """Adds a block; `InvalidTransaction` leaves the chain as it was."""
        parent = self.best
        number = parent.header.number + 1
        time_ms = FIRST_MS + number * 2_000
        digest = PreDigest(self.author, time_ms, TARGET, number * 1_000_000, 0, Hash.zero())
        draft = Header(
            parent.hash,
            number,
            Hash.zero(),
            Hash.zero(),
            Digest((PreRuntime(ENGINE, PRE_DIGEST.encode(digest)),)),
        )
        execution = self.api.begin_block(DictBackend(parent.state), draft)
        inherent = self._make_inherent(time_ms)
        extrinsics = (inherent, *transactions)
        for extrinsic in extrinsics:
            execution.apply(extrinsic)
        state = dict(parent.state)
        for key, value in execution.finish().items():
            if value is None:
                state.pop(key, None)
            else:
                state[key] = value
        raws = tuple(extrinsic.raw for extrinsic in extrinsics)
        header = Header(
            parent.hash, number, Hash.zero(), compute_extrinsics_root(raws), draft.digest
        )
        block = FakeBlock(header, header.compute_hash(), raws, state)
        self.blocks.append(block)
        return block

    def _make_inherent(self, time_ms: int) -> Extrinsic:
        runtime = self.api.make_runtime(DictBackend({}))
        timestamp = next(pallet for pallet in runtime.pallets if pallet.spec.name == "Timestamp")
        spec = next(spec for spec in timestamp.spec.calls if spec.name == "set")
        call = Call(timestamp.index, "Timestamp", spec, (time_ms,))
        return self.api.decode(encode_bare(self.api.calls.encode(call)))

    def _find(self, at: str | None) -> FakeBlock:
        if at is None:
            return self.best
        for block in self.blocks:
            if _hex(block.hash) == at:
                return block
        raise Refusal(4003, f"Client error: UnknownBlock: {at}")

    def _get_nonce(self, address: str) -> int:
        account: AccountId = decode_ss58(address)
        return self.api.make_runtime(DictBackend(self.best.state)).system.get_nonce(account)

    def _get_version(self, at: str | None = None) -> dict[str, Any]:
        version = self.api.version
        return {
            "specName": version.spec_name,
            "specVersion": version.spec_version,
            "transactionVersion": version.transaction_version,
        }

    def _get_storage(self, key: str, at: str | None = None) -> str | None:
        value = self._find(at).state.get(bytes.fromhex(key[2:]))
        return None if value is None else _hex(value)

    def _get_keys(self, prefix: str, count: int, start: str, at: str | None = None) -> list[str]:
        first = bytes.fromhex(start[2:])
        keys = sorted(key for key in self._find(at).state if key > first)
        return [_hex(key) for key in keys if _hex(key).startswith(prefix)][:count]

    def _query(self, keys: list[str], at: str | None = None) -> list[dict[str, Any]]:
        block = self._find(at)
        changes = [[key, self._get_storage(key, at)] for key in keys]
        return [{"block": _hex(block.hash), "changes": changes}]

    def _call(self, name: str, data: str, at: str | None = None) -> str:
        backend = DictBackend(self._find(at).state)
        return _hex(self.api.call(name, bytes.fromhex(data[2:]), backend))

    def _dry_run(self, address: str, call: str) -> object:
        best, decoded = self.best, self.api.calls.decode(bytes.fromhex(call[2:]))
        backend = DictBackend(best.state)
        try:
            done = self.api.dry_run_call(backend, best.hash, decoded, decode_ss58(address))
        except InvalidTransaction as error:
            raise Refusal(1010, "Invalid Transaction", error.reason) from None
        return describe_dry_run(done, self.api.make_runtime(backend))

    def _get_hash(self, number: int | None = None) -> str | None:
        if number is None:
            return _hex(self.best.hash)
        return _hex(self.blocks[number].hash) if 0 <= number < len(self.blocks) else None

    def _get_header(self, at: str | None = None) -> dict[str, Any] | None:
        try:
            return _to_json(self._find(at).header)
        except Refusal:
            return None

    def _get_block(self, at: str | None = None) -> dict[str, Any] | None:
        try:
            block = self._find(at)
        except Refusal:
            return None
        extrinsics = [_hex(raw) for raw in block.extrinsics]
        return {"block": {"header": _to_json(block.header), "extrinsics": extrinsics}}

    def _submit(self, text: str) -> News:
        try:
            extrinsic = self.api.decode(bytes.fromhex(text[2:]))
            block = self.make_block(extrinsic)
        except CodecError as error:
            raise Refusal(1002, f"Verification Error: {error}") from None
        except InvalidTransaction as error:
            raise Refusal(1010, "Invalid Transaction", error.reason) from None
        found = _hex(block.hash)
        items = ["ready", {"broadcast": []}, {"inBlock": found}, {"finalized": found}]
        return News("author_extrinsicUpdate", items)


def _to_json(header: Header) -> dict[str, Any]:
    return {
        "parentHash": _hex(header.parent_hash),
        "number": hex(header.number),
        "stateRoot": _hex(header.state_root),
        "extrinsicsRoot": _hex(header.extrinsics_root),
        "digest": {"logs": [_hex(DIGEST_ITEM.encode(item)) for item in header.digest.logs]},
    }


def _hex(data: bytes) -> str:
    return "0x" + data.hex()

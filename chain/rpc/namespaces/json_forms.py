"""The chain's values as Substrate's JSON shows them."""

from collections.abc import Sized
from typing import TypedDict

from chain.client.client import HEADER, Client
from chain.errors import UnknownBlock
from chain.rpc.jsonrpc import INVALID_PARAMS, RpcError
from runtime.codec import codec_of
from runtime.crypto.ss58 import Ss58Error, decode_ss58
from runtime.header import DigestItem, Header
from runtime.primitives import AccountId, Hash
from runtime.state.backend import Backend
from runtime.version import RuntimeVersion

CLIENT_ERROR = 4003
DIGEST_ITEM = codec_of(DigestItem)


class DigestJson(TypedDict):
    """A header's digest."""

    logs: list[str]


class HeaderJson(TypedDict):
    """A header; the number in hex."""

    parentHash: str
    number: str
    stateRoot: str
    extrinsicsRoot: str
    digest: DigestJson


def to_hex(data: bytes) -> str:
    """Lower case, with 0x."""
    return "0x" + data.hex()


def header_to_json(header: Header) -> HeaderJson:
    """The header as every client reads it."""
    return {
        "parentHash": to_hex(header.parent_hash),
        "number": hex(header.number),
        "stateRoot": to_hex(header.state_root),
        "extrinsicsRoot": to_hex(header.extrinsics_root),
        "digest": {"logs": [to_hex(DIGEST_ITEM.encode(item)) for item in header.digest.logs]},
    }


def header_to_hex(header: Header) -> str:
    """The header's SCALE bytes, as the newer methods give it."""
    return to_hex(HEADER.encode(header))


def version_to_json(version: RuntimeVersion) -> dict[str, object]:
    """The version as the older methods give it: APIs as a list of pairs."""
    return {
        "specName": version.spec_name,
        "implName": version.impl_name,
        "authoringVersion": version.authoring_version,
        "specVersion": version.spec_version,
        "implVersion": version.impl_version,
        "apis": [[to_hex(name), number] for name, number in version.apis],
        "transactionVersion": version.transaction_version,
        "systemVersion": version.system_version,
        "stateVersion": version.system_version,
    }


def version_to_spec(version: RuntimeVersion) -> dict[str, object]:
    """The version as the newer methods give it: APIs as an object."""
    return {
        "specName": version.spec_name,
        "implName": version.impl_name,
        "specVersion": version.spec_version,
        "implVersion": version.impl_version,
        "transactionVersion": version.transaction_version,
        "apis": {to_hex(name): number for name, number in version.apis},
    }


def to_hash(data: bytes | None, default: Hash) -> Hash:
    """A block hash argument; the default where none was given."""
    if data is None or not data:
        return default
    if len(data) != Hash.LENGTH:
        raise invalid_params(f"expected a hash of 32 bytes, got {len(data)}")
    return Hash(data)


def invalid_params(why: str) -> RpcError:
    """The error for parameters that a method cannot take."""
    return RpcError(INVALID_PARAMS, f"Invalid params: {why}")


def to_account(name: str, text: str) -> AccountId:
    """An address argument of this name."""
    try:
        return decode_ss58(text)
    except Ss58Error as error:
        raise invalid_params(f"{name}: {error}") from None


def ensure_at_most(most: int, items: Sized, name: str) -> None:
    """Raises `RpcError` for more items than one call may have; none are left out in silence."""
    if len(items) > most:
        raise invalid_params(f"{name}: expected at most {most}, got {len(items)}")


def get_state(client: Client, at: bytes | None) -> tuple[Hash, Backend]:
    """The state after a block, the best one unless named."""
    block_hash = to_hash(at, client.best.value.hash)
    try:
        return block_hash, client.state_at(block_hash)
    except UnknownBlock:
        raise RpcError(CLIENT_ERROR, f"Client error: UnknownBlock: {to_hex(block_hash)}") from None

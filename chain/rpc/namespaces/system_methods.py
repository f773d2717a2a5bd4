"""`system_*`, `chainSpec_*` and `payment_*`: the node, its chain, its fees."""

from dataclasses import dataclass

from chain.client.client import Client
from chain.rpc.jsonrpc import RpcError
from chain.rpc.methods import rpc
from chain.rpc.namespaces.json_forms import get_state, invalid_params, to_hex
from chain.txpool.service import PoolService
from genesis.spec import ChainSpec
from runtime.crypto.ss58 import Ss58Error, decode_ss58
from runtime.errors import CodecError
from runtime.extrinsic import Extrinsic
from runtime.system import SS58_PREFIX


@dataclass(frozen=True, slots=True)
class NodeIdentity:
    """What the node says of itself."""

    name: str
    version: str
    peer_id: str
    is_authority: bool


class SystemMethods:
    """The node and its chain."""

    def __init__(
        self,
        client: Client,
        pool: PoolService,
        spec: ChainSpec,
        identity: NodeIdentity,
    ) -> None:
        self._client = client
        self._pool = pool
        self._spec = spec
        self._identity = identity
        self._started_at = client.best.value.number

    @rpc("system_name", safe=True)
    def name(self) -> str:
        """The implementation's name."""
        return self._identity.name

    @rpc("system_version", safe=True)
    def version(self) -> str:
        """The implementation's version."""
        return self._identity.version

    @rpc("system_chain", aliases=("chainSpec_v1_chainName",), safe=True)
    def chain(self) -> str:
        """The chain's name."""
        return self._spec.name

    @rpc("system_chainType", safe=True)
    def chain_type(self) -> str:
        """Development, Local or Live."""
        return self._spec.chain_type

    @rpc("system_properties", aliases=("chainSpec_v1_properties",), safe=True)
    def properties(self) -> object:
        """Address prefix, token symbol and decimals, and what the chain decides of its runtime."""
        runtime = self._spec.runtime
        return {
            "ss58Format": SS58_PREFIX,
            "tokenDecimals": self._spec.token_decimals,
            "tokenSymbol": self._spec.token_symbol,
            "existentialDeposit": str(runtime.existential_deposit),
            "eraBlocks": runtime.era_blocks,
            "votingPeriodBlocks": runtime.voting_period_blocks,
        }

    @rpc("chainSpec_v1_genesisHash", aliases=("archive_v1_genesisHash",), safe=True)
    def genesis_hash(self) -> str:
        """The hash of block zero."""
        return to_hex(self._client.genesis_hash)

    @rpc("system_health", safe=True)
    def health(self) -> object:
        """Whether the node is alone or behind."""
        return {"peers": 0, "isSyncing": False, "shouldHavePeers": False}

    @rpc("system_peers", safe=False)
    def peers(self) -> list[object]:
        """The connected peers: none."""
        return []

    @rpc("system_nodeRoles", safe=True)
    def node_roles(self) -> list[str]:
        """What the node does."""
        return ["Authority" if self._identity.is_authority else "Full"]

    @rpc("system_localPeerId", safe=True)
    def local_peer_id(self) -> str:
        """The node's name in a network."""
        return self._identity.peer_id

    @rpc("system_localListenAddresses", safe=True)
    def local_listen_addresses(self) -> list[str]:
        """Where the node listens for peers: nowhere."""
        return []

    @rpc("system_syncState", safe=True)
    def sync_state(self) -> object:
        """How far the node is."""
        number = self._client.best.value.number
        return {
            "startingBlock": self._started_at,
            "currentBlock": number,
            "highestBlock": number,
        }

    @rpc("system_accountNextIndex", aliases=("account_nextIndex",), safe=True)
    def account_next_index(self, address: str) -> int:
        """The nonce of an account's next transaction, those in the pool included."""
        try:
            return self._pool.get_next_nonce(decode_ss58(address))
        except Ss58Error as error:
            raise invalid_params(str(error)) from None

    @rpc("payment_queryInfo", safe=True)
    def query_info(self, extrinsic: bytes, at: bytes | None = None) -> object:
        """Weight, class and fee of a transaction."""
        decoded = self._decode(extrinsic)
        info = decoded.call.get_dispatch_info()
        backend = get_state(self._client, at)[1]
        fees = self._client.api.make_runtime(backend).fees
        details = fees.compute_fee_details(len(extrinsic), info, 0)
        weight = {"ref_time": info.weight.ref_time, "proof_size": info.weight.proof_size}
        return {
            "weight": weight,
            "class": info.class_.name.lower(),
            "partialFee": str(details.total),
        }

    @rpc("payment_queryFeeDetails", safe=True)
    def query_fee_details(self, extrinsic: bytes, at: bytes | None = None) -> object:
        """The parts of a transaction's fee."""
        decoded = self._decode(extrinsic)
        backend = get_state(self._client, at)[1]
        fees = self._client.api.make_runtime(backend).fees
        details = fees.compute_fee_details(len(extrinsic), decoded.call.get_dispatch_info(), 0)
        fee = details.inclusion_fee
        if fee is None:
            return {"inclusionFee": None}
        parts = {
            "baseFee": str(fee.base_fee),
            "lenFee": str(fee.len_fee),
            "adjustedWeightFee": str(fee.adjusted_weight_fee),
        }
        return {"inclusionFee": parts}

    def _decode(self, extrinsic: bytes) -> Extrinsic:
        try:
            return self._client.api.decode(extrinsic)
        except CodecError as error:
            raise RpcError(1002, f"Verification Error: {error}") from None

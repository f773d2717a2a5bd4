"""All namespaces of a node."""

from dataclasses import dataclass

from chain.authorship.remote import RemoteMining
from chain.client.client import Client
from chain.miner.statistics import MinerStatistics
from chain.provider.service import ProviderStatistics
from chain.rpc.methods import Methods
from chain.rpc.namespaces.author_methods import AuthorMethods
from chain.rpc.namespaces.blob_methods import (
    BlobMethods,
    BlobTransferMethods,
    ResultMethods,
    ServedBlobs,
)
from chain.rpc.namespaces.chain_head_methods import ChainHeadMethods
from chain.rpc.namespaces.chain_methods import ChainMethods
from chain.rpc.namespaces.dry_run_methods import DryRunMethods
from chain.rpc.namespaces.earning_methods import EarningMethods
from chain.rpc.namespaces.economy_methods import MarketMethods, RegistryMethods, WorkMethods
from chain.rpc.namespaces.governance_methods import GovernanceMethods
from chain.rpc.namespaces.lease_methods import LeaseMethods
from chain.rpc.namespaces.mining_methods import MiningMethods
from chain.rpc.namespaces.rights_methods import AssetMethods, RightsMethods
from chain.rpc.namespaces.round_methods import PoolMethods, RoundMethods
from chain.rpc.namespaces.search_methods import SearchMethods, VerifyMethods
from chain.rpc.namespaces.state_methods import StateMethods
from chain.rpc.namespaces.system_methods import NodeIdentity, SystemMethods
from chain.rpc.namespaces.transaction_methods import ArchiveMethods, TransactionMethods
from chain.rpc.namespaces.vault_methods import VaultMethods
from chain.txpool.service import PoolService
from chain.worker import Worker
from genesis.spec import ChainSpec
from runtime.primitives import AccountId


@dataclass(frozen=True, slots=True)
class Served:
    """What the methods of one node answer from."""

    client: Client
    pool: PoolService
    spec: ChainSpec
    identity: NodeIdentity
    miner: MinerStatistics
    provider: ProviderStatistics
    mining: RemoteMining
    worker: Worker
    author: AccountId | None
    """Who is paid for blocks of external miners that name nobody."""

    blobs: ServedBlobs | None = None
    """Tensors and files that anybody may fetch; None where the operator serves none."""


def make_methods(served: Served, *, unsafe_allowed: bool) -> Methods:
    """The table of every method that the node serves."""
    client, pool, spec = served.client, served.pool, served.spec
    namespaces: list[object] = [
        SystemMethods(client, pool, spec, served.identity),
        ChainMethods(client),
        StateMethods(client),
        AuthorMethods(client, pool),
        ChainHeadMethods(client, served.worker),
        TransactionMethods(client, pool),
        ArchiveMethods(client),
        RegistryMethods(client),
        MarketMethods(client),
        AssetMethods(client),
        RightsMethods(client),
        WorkMethods(client, served.miner, served.provider),
        EarningMethods(client),
        VaultMethods(client),
        LeaseMethods(client),
        RoundMethods(client),
        PoolMethods(client),
        SearchMethods(client),
        VerifyMethods(client),
        DryRunMethods(client),
        GovernanceMethods(client),
        MiningMethods(client, served.mining, spec.consensus, served.author),
    ]
    if served.blobs is not None:
        namespaces.append(BlobMethods(served.blobs.store))
        namespaces.append(ResultMethods(served.blobs.store))
        namespaces.append(BlobTransferMethods(served.blobs))
    return Methods(namespaces, unsafe_allowed=unsafe_allowed)

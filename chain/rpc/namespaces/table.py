"""All namespaces of a node."""

from chain.client.client import Client
from chain.miner.statistics import MinerStatistics
from chain.provider.service import ProviderStatistics
from chain.rpc.methods import Methods
from chain.rpc.namespaces.author_methods import AuthorMethods
from chain.rpc.namespaces.chain_head_methods import ChainHeadMethods
from chain.rpc.namespaces.chain_methods import ChainMethods
from chain.rpc.namespaces.economy_methods import MarketMethods, RegistryMethods, WorkMethods
from chain.rpc.namespaces.state_methods import StateMethods
from chain.rpc.namespaces.system_methods import NodeIdentity, SystemMethods
from chain.rpc.namespaces.transaction_methods import ArchiveMethods, TransactionMethods
from chain.txpool.service import PoolService
from genesis.spec import ChainSpec


def make_methods(
    client: Client,
    pool: PoolService,
    spec: ChainSpec,
    identity: NodeIdentity,
    miner: MinerStatistics,
    provider: ProviderStatistics,
    *,
    unsafe_allowed: bool,
) -> Methods:
    """The table of every method that the node serves."""
    namespaces = (
        SystemMethods(client, pool, spec, identity),
        ChainMethods(client),
        StateMethods(client),
        AuthorMethods(client, pool),
        ChainHeadMethods(client),
        TransactionMethods(client, pool),
        ArchiveMethods(client),
        RegistryMethods(client),
        MarketMethods(client),
        WorkMethods(client, miner, provider),
    )
    return Methods(namespaces, unsafe_allowed=unsafe_allowed)

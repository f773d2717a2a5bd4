"""The composed runtime: which pallets there are, in which order, with which constants.

The only module that knows every pallet. Attribute order is hook order, `index` is the wire's.
"""

from collections.abc import Callable
from functools import cache

from pallets.assets import Assets
from pallets.balances import Balances, Ledger
from pallets.bonds import DEFAULT_TERMS, Bonds
from pallets.governance import Governance, make_terms
from pallets.leases import Leases
from pallets.leases import Partners as LeasePartners
from pallets.market import Market, Partners, SlotReader
from pallets.parameters import Parameters
from pallets.pools import Partners as PoolPartners
from pallets.pools import Pools
from pallets.registry import Registry
from pallets.rights import Partners as RightsPartners
from pallets.rights import Rights, RightsParams
from pallets.rounds import Partners as RoundPartners
from pallets.rounds import Rounds
from pallets.runtime_accounts import compose_accounts
from pallets.runtime_parameters import (
    BYTE_DEPOSIT,
    FREEZE_BLOCKS,
    GRACE_BLOCKS,
    LEASE_PARAMS,
    MARKET_PARAMS,
    POOL_PARAMS,
    ROUND_PARAMS,
    TREASURY,
    TREASURY_PARAMS,
    VAULT_PARAMS,
    VERIFY_PARAMS,
    compose_parameters,
    make_work_params,
)
from pallets.timestamp import Timestamp
from pallets.transaction_payment import FeeRates, TransactionPayment
from pallets.treasury import Treasury
from pallets.utility import Utility
from pallets.vault import Partners as SalePartners
from pallets.vault import Vault
from pallets.verify import Partners as VerifyPartners
from pallets.verify import Verify
from pallets.weights.block import BASE_BLOCK, BASE_EXTRINSIC
from pallets.work import Work
from runtime.codec import Codec
from runtime.errors import ModuleError
from runtime.frame import Dispatcher, Pallet, PostDispatch
from runtime.frame.call import Call, compile_calls
from runtime.frame.event_record import EventRecord, compile_events
from runtime.frame.inner_calls import InnerCalls
from runtime.frame.origin import Origin
from runtime.frozen import frozen, replace
from runtime.host import Host
from runtime.limits import BLOCK_LENGTH, make_block_weights
from runtime.primitives import UNIT, Moment
from runtime.state.overlay import Overlay
from runtime.system import System
from runtime.version import VERSION, RuntimeVersion

BATCHED_CALLS_MAX = 512
FEE_RATES = FeeRates(planck=1, ref_time=100, length_planck=10_000, base_extrinsic=BASE_EXTRINSIC)


@frozen
class RuntimeConfig:
    """What a chain specification decides about its runtime."""

    existential_deposit: int
    era_blocks: int
    """Blocks in one era of the work pallet's totals."""

    voting_period_blocks: int = 43_200
    """Blocks in one voting period, of which governance's times are parts and multiples."""


class Runtime:
    """All pallets bound to one state."""

    def __init__(self, state: Overlay, host: Host, config: RuntimeConfig) -> None:
        self.state = state
        self.host = host
        self.version: RuntimeVersion = VERSION
        self.system = _compose_system(state)
        self.timestamp = Timestamp(state, index=2, minimum_period=1)
        self.utility = self._make_utility()
        self.balances = Balances(
            state, self.system, self.system, index=6, existential_deposit=config.existential_deposit
        )
        money = self.balances.ledger
        self.fees = TransactionPayment(
            state, self.system, money, self.system, index=7, rates=FEE_RATES
        )
        inner_calls = InnerCalls(lambda: self.dispatcher, lambda: self.calls)
        accounts = compose_accounts(state, self.system, money, inner_calls)
        self.multisig = accounts.multisig
        self.proxy = accounts.proxy
        self.preimage = accounts.preimage
        self.scheduler = accounts.scheduler
        self.parameters = compose_parameters(
            state, self.system, make_work_params(config.era_blocks)
        )
        economy = _compose_economy(state, host, self.system, money, self.parameters, config)
        self.assets = economy.assets
        self.registry = economy.registry
        self.rights = economy.rights
        self.bonds = economy.bonds
        self.slots = economy.slots
        self.market = economy.market
        self.verify = economy.verify
        self.work = economy.work
        self.governance = _compose_governance(state, self.system, money, inner_calls, config)
        self.treasury = _compose_treasury(state, self.system, money, self.parameters, config)
        self.leases = economy.exchange.leases
        self.rounds = economy.exchange.rounds
        self.vault = economy.exchange.vault
        self.pools = economy.exchange.pools
        self.pallets = self._order_pallets()
        self.dispatcher = Dispatcher(state, self.pallets)

    def _order_pallets(self) -> tuple[Pallet, ...]:
        """In the order of their hooks."""
        return (
            self.system,
            self.timestamp,
            self.utility,
            self.balances,
            self.fees,
            self.multisig,
            self.proxy,
            self.preimage,
            self.assets,
            self.registry,
            self.rights,
            self.bonds,
            self.market,
            self.verify,
            self.work,
            self.governance,
            self.treasury,
            self.parameters,
            self.leases,
            self.rounds,
            self.vault,
            self.pools,
            self.scheduler,  # the last, so that its calls find every pallet's block begun
        )

    def _make_utility(self) -> Utility:
        return Utility(
            self.state,
            self.system,
            index=4,
            dispatch=self._dispatch,
            get_module_index=self._get_module_index,
            batched_calls_limit=BATCHED_CALLS_MAX,
        )

    @property
    def calls(self) -> Codec[Call]:
        """The codec of every call."""
        return _compile_calls(tuple((pallet.index, type(pallet)) for pallet in self.pallets))

    @property
    def events(self) -> Codec[tuple[EventRecord, ...]]:
        """The codec of a block's events."""
        return compile_events(tuple((pallet.index, type(pallet)) for pallet in self.pallets))

    def get_moment(self) -> Moment:
        """The block's time in milliseconds, as its inherent set it."""
        return self.timestamp.now.get()

    def _dispatch(self, call: Call, origin: Origin) -> PostDispatch:
        """Utility's way back to every pallet."""
        return self.dispatcher.dispatch(call, origin)

    def _get_module_index(self, error: ModuleError) -> int:
        """Utility names errors of every pallet in its events."""
        return self.dispatcher.get_module_index(error)


def _compose_system(state: Overlay) -> System:
    """Accounts, blocks and events: what every other pallet stands on."""
    return System(
        state,
        index=0,
        block_weights=make_block_weights(BASE_EXTRINSIC, BASE_BLOCK),
        block_length=BLOCK_LENGTH,
        version=VERSION,
    )


@frozen
class _Exchange:
    leases: Leases
    rounds: Rounds
    vault: Vault
    pools: Pools


@frozen
class _Economy:
    assets: Assets
    registry: Registry
    rights: Rights
    bonds: Bonds
    slots: SlotReader
    market: Market
    verify: Verify
    work: Work
    exchange: _Exchange


def _compose_assets(
    state: Overlay, system: System, money: Ledger, parameters: Parameters
) -> Assets:
    """Every token beside the native one."""
    return Assets(
        state,
        system,
        money,
        index=19,
        asset_deposit=10 * UNIT,
        byte_deposit=UNIT // 1_000,
        holding_deposit=UNIT // 10,
        parameters=parameters,
    )


def _compose_economy(
    state: Overlay,
    host: Host,
    system: System,
    money: Ledger,
    parameters: Parameters,
    config: RuntimeConfig,
) -> _Economy:
    """The pallets of AI work, which ask each other through traits."""
    assets = _compose_assets(state, system, money, parameters)
    registry = Registry(
        state,
        system,
        money,
        index=20,
        record_deposit=5 * UNIT,
        byte_deposit=BYTE_DEPOSIT,
        parameters=parameters,
    )
    bonds = Bonds(
        state,
        system,
        money,
        index=21,
        role_terms=DEFAULT_TERMS,
        grace_blocks=GRACE_BLOCKS,
        freeze_blocks=FREEZE_BLOCKS,
        parameters=parameters,
    )
    records = registry.records
    rights = Rights(
        state,
        RightsPartners(system, money, assets.book, records, parameters),
        index=18,
        params=RightsParams(TREASURY, UNIT // 10, config.existential_deposit),
    )
    slots = SlotReader(state, system)
    verify_partners = VerifyPartners(records, money, system, host, lambda: market, parameters)
    verify = Verify(state, system, verify_partners, index=23, params=VERIFY_PARAMS)
    work = Work(
        state,
        system,
        money,
        records,
        slots,
        index=24,
        params=make_work_params(config.era_blocks),
        parameters=parameters,
    )
    partners = Partners(money, records, bonds, verify, work, work.prices, system, parameters)
    market = Market(state, system, partners, index=22, params=MARKET_PARAMS)
    exchange = _compose_exchange(state, host, system, money, parameters, registry, bonds, rights)
    return _Economy(assets, registry, rights, bonds, slots, market, verify, work, exchange)


def _compose_exchange(
    state: Overlay,
    host: Host,
    system: System,
    money: Ledger,
    parameters: Parameters,
    registry: Registry,
    bonds: Bonds,
    rights: Rights,
) -> _Exchange:
    """The pallets in which machines, labels and data change hands beside the market."""
    records = registry.records
    lease_partners = LeasePartners(money, records, bonds, system, parameters)
    leases = Leases(state, system, lease_partners, index=25, params=LEASE_PARAMS)
    round_partners = RoundPartners(money, records, bonds, system, parameters)
    rounds = Rounds(state, system, round_partners, index=26, params=ROUND_PARAMS)
    sale_partners = SalePartners(money, records, bonds, parameters)
    vault = Vault(state, system, sale_partners, index=27, params=VAULT_PARAMS)
    pool_partners = PoolPartners(money, records, rights.revenue, system, host, parameters)
    pools = Pools(state, system, pool_partners, index=31, params=POOL_PARAMS)
    return _Exchange(leases, rounds, vault, pools)


def _compose_governance(
    state: Overlay, system: System, money: Ledger, calls: InnerCalls, config: RuntimeConfig
) -> Governance:
    """What the holders of the token decide."""
    terms = make_terms(config.voting_period_blocks, TREASURY)
    return Governance(state, system, money, calls, index=28, terms=terms)


def _compose_treasury(
    state: Overlay, system: System, money: Ledger, parameters: Parameters, config: RuntimeConfig
) -> Treasury:
    """What belongs to all, spent by one of governance's tracks in its periods."""
    params = replace(TREASURY_PARAMS, period_blocks=config.voting_period_blocks)
    return Treasury(state, system, money, index=29, params=params, parameters=parameters)


@cache  # by the pallets' classes: all their calls take long to compare
def _compile_calls(pallets: tuple[tuple[int, type[Pallet]], ...]) -> Codec[Call]:
    return compile_calls(
        tuple(
            (index, each.spec.name, each.spec.calls) for index, each in pallets if each.spec.calls
        )
    )


def compose(config: RuntimeConfig) -> Callable[[Overlay, Host], Runtime]:
    """The runtime of a chain, to be bound to states."""

    def make_runtime(state: Overlay, host: Host) -> Runtime:
        return Runtime(state, host, config)

    return make_runtime

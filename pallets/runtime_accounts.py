"""The part of the composed runtime through which accounts act together, for others and later."""

from pallets.balances import Ledger
from pallets.multisig import Multisig
from pallets.preimage import Preimage
from pallets.proxy import Proxy, ProxyTerms
from pallets.scheduler import Scheduler
from runtime.frame.inner_calls import InnerCalls
from runtime.frozen import frozen
from runtime.limits import PICOSECONDS
from runtime.primitives import UNIT, Weight
from runtime.state.overlay import Overlay
from runtime.system import System

SIGNATORIES_MAX = 100
PROXIES_MAX = ANNOUNCEMENTS_MAX = 32
PREIMAGE_BYTES_MAX = 256 * 1024
TASKS_MAX = 50
TASKS_WEIGHT_MAX = Weight(PICOSECONDS, 8 * 1024 * 1024)
"""Half of a block."""

ITEM_DEPOSIT, BYTE_DEPOSIT = UNIT, UNIT // 1_000


@frozen
class Accounts:
    """The pallets through which accounts act together, for each other and later."""

    multisig: Multisig
    proxy: Proxy
    preimage: Preimage
    scheduler: Scheduler


def compose_accounts(state: Overlay, system: System, money: Ledger, calls: InnerCalls) -> Accounts:
    """All of them, over one state."""
    multisig = Multisig(
        state,
        system,
        money,
        calls,
        index=10,
        deposit_base=_compute_deposit(items=1, size_bytes=88),
        deposit_factor=_compute_deposit(items=0, size_bytes=32),
        max_signatories=SIGNATORIES_MAX,
    )
    terms = ProxyTerms(
        PROXIES_MAX,
        ANNOUNCEMENTS_MAX,
        proxy_base=_compute_deposit(items=1, size_bytes=8),
        proxy_factor=_compute_deposit(items=0, size_bytes=37),
        announcement_base=_compute_deposit(items=1, size_bytes=8),
        announcement_factor=_compute_deposit(items=0, size_bytes=68),
    )
    proxy = Proxy(state, system, money, calls, index=11, terms=terms)
    preimage = Preimage(
        state,
        system,
        money,
        index=8,
        bytes_max=PREIMAGE_BYTES_MAX,
        deposit_base=_compute_deposit(items=2, size_bytes=96),
        deposit_byte=BYTE_DEPOSIT,
    )
    scheduler = Scheduler(
        state,
        system,
        preimage,
        calls,
        index=9,
        maximum_weight=TASKS_WEIGHT_MAX,
        max_scheduled_per_block=TASKS_MAX,
    )
    return Accounts(multisig, proxy, preimage, scheduler)


def _compute_deposit(*, items: int, size_bytes: int) -> int:
    """What is held for so many entries in the state of this size together."""
    return items * ITEM_DEPOSIT + size_bytes * BYTE_DEPOSIT

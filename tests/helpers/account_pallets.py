"""The pallets through which accounts act together, for each other and later, on a mock runtime."""

from pallets.multisig import Multisig
from pallets.preimage import Preimage
from pallets.proxy import Proxy, ProxyTerms
from pallets.scheduler import Scheduler
from runtime.primitives import Weight
from tests.helpers.mock_runtime import MockRuntime

DEPOSIT_BASE, DEPOSIT_FACTOR = 50, 10
MAX_SIGNATORIES = 5
PREIMAGE_BYTES_MAX, PREIMAGE_BASE, PREIMAGE_BYTE = 200, 30, 2
TASKS_MAX = 4
PROXY_TERMS = ProxyTerms(
    proxies_max=3,
    pending_max=2,
    proxy_base=20,
    proxy_factor=5,
    announcement_base=7,
    announcement_factor=3,
)


def add_multisig(runtime: MockRuntime) -> Multisig:
    """Multisig, composed behind what is there."""
    multisig = Multisig(
        runtime.state,
        runtime.system,
        runtime.money,
        runtime.inner_calls,
        index=10,
        deposit_base=DEPOSIT_BASE,
        deposit_factor=DEPOSIT_FACTOR,
        max_signatories=MAX_SIGNATORIES,
    )
    runtime.add(multisig)
    return multisig


def add_proxy(runtime: MockRuntime) -> Proxy:
    """Proxy, composed behind what is there."""
    proxy = Proxy(
        runtime.state,
        runtime.system,
        runtime.money,
        runtime.inner_calls,
        index=11,
        terms=PROXY_TERMS,
    )
    runtime.add(proxy)
    return proxy


def add_preimage(runtime: MockRuntime) -> Preimage:
    """Preimage, composed behind what is there."""
    preimage = Preimage(
        runtime.state,
        runtime.system,
        runtime.money,
        index=8,
        bytes_max=PREIMAGE_BYTES_MAX,
        deposit_base=PREIMAGE_BASE,
        deposit_byte=PREIMAGE_BYTE,
    )
    runtime.add(preimage)
    return preimage


def add_scheduler(runtime: MockRuntime, preimage: Preimage, maximum_weight: Weight) -> Scheduler:
    """Scheduler, composed behind what is there."""
    scheduler = Scheduler(
        runtime.state,
        runtime.system,
        preimage,
        runtime.inner_calls,
        index=9,
        maximum_weight=maximum_weight,
        max_scheduled_per_block=TASKS_MAX,
    )
    runtime.add(scheduler)
    return scheduler

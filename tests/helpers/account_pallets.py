"""The pallets through which accounts act together, for each other and later, on a mock runtime."""

from pallets.multisig import Multisig
from tests.helpers.mock_runtime import MockRuntime

DEPOSIT_BASE, DEPOSIT_FACTOR = 50, 10
MAX_SIGNATORIES = 5


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

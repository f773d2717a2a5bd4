"""What is weighed finds every pallet, and accounts with something on hold for every reason.

A stage of few pallets is lifted onto the whole runtime; a stage of all of them only gets the holds.
"""

from dataclasses import dataclass
from typing import Protocol

from pallets.registry.types import (
    ATTRIBUTES_MAX,
    ENDPOINT_BYTES_MAX,
    Attribute,
    KindPrice,
    Provider,
)
from pallets.runtime import Runtime, RuntimeConfig
from runtime.composed import ComposedRuntime
from runtime.frame import Call
from runtime.frame.ai_types import JobKind
from runtime.frame.traits import HoldReason
from runtime.host import ReferenceHost
from runtime.state import DictBackend, Overlay
from tests.helpers.chain_stage import ChainStage
from tests.helpers.economy import BOB, make_economy
from tests.helpers.mock_runtime import EXISTENTIAL_DEPOSIT

CONFIG = RuntimeConfig(EXISTENTIAL_DEPOSIT, era_blocks=1_000)


class Small(Protocol):
    """A stage of some pallets."""

    @property
    def runtime(self) -> ComposedRuntime: ...


@dataclass(frozen=True, slots=True)
class WholeStage:
    """All pallets over a copy of a stage's state, with the numbers that a chain is made with."""

    runtime: Runtime

    def make_call(self, pallet: str, name: str, *args: object) -> Call:
        """A call by its names."""
        target = next(each for each in self.runtime.pallets if each.spec.name == pallet)
        spec = next(spec for spec in target.spec.calls if spec.name == name)
        return Call(target.index, pallet, spec, args)


def make_whole(stage: Small) -> WholeStage:
    """The stage as it is now, where everybody has something on hold for every reason.

    What is done to the one is not seen in the other.
    """
    changes = stage.runtime.state.changes()
    backend = DictBackend({key: raw for key, raw in changes.items() if raw is not None})
    runtime = Runtime(Overlay(backend), ReferenceHost(), CONFIG)
    hold_everything(runtime)
    return WholeStage(runtime)


def make_largest_provider(max_parallel: int = 8) -> Provider:
    """A provider of every kind of job, which says as much of itself as it may."""
    said = tuple(Attribute(f"attribute {n:06}", "v" * 64) for n in range(ATTRIBUTES_MAX))
    kinds = tuple(KindPrice(kind, 1) for kind in JobKind)
    return Provider("https://".ljust(ENDPOINT_BYTES_MAX, "e"), said, kinds, max_parallel)


def begin_economy() -> ChainStage:
    """A block of the economy, where everybody has something on hold for every reason."""
    chain = make_economy()
    chain.begin_block(BOB)
    hold_everything(chain.runtime)
    return chain


def hold_everything(runtime: Runtime) -> None:
    """Everybody who can afford it has something more on hold for every reason: one planck."""
    ledger = runtime.balances.ledger
    for who in list(runtime.system.account.keys()):
        if ledger.is_affordable(who, len(HoldReason)):
            for reason in HoldReason:
                ledger.hold(reason, who, 1)

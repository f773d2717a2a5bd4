"""That whatever has a deadline comes to an end, by pokes of somebody who has no part in it."""

from collections.abc import Iterator
from typing import Any

from pallets.governance.types import ProposalState
from pallets.pools import Phase as PoolPhase
from pallets.rounds import Phase as RoundPhase
from pallets.runtime import Runtime
from pallets.vault.types import OrderState
from runtime.errors import DispatchError
from runtime.frame import Call, Origin, StorageMap
from runtime.primitives import AccountId
from tests.helpers.chain_stage import make_call

ROUNDS_MAX = 8
"""Nothing has more deadlines behind each other than this."""

UNDECIDED = (ProposalState.PREPARING, ProposalState.DECIDING, ProposalState.APPROVED)


def poke_everything(runtime: Runtime, who: AccountId) -> None:
    """Until there is nothing that a poke does."""
    for _ in range(ROUNDS_MAX):
        due = list(iter_pokes(runtime))
        if sum(is_done(runtime, who, each) for each in due) == 0:
            return
    raise AssertionError("there is no end of pokes")


def is_done(runtime: Runtime, who: AccountId, call: Call) -> bool:
    try:
        runtime.dispatcher.dispatch(call, Origin.signed(who))
    except DispatchError:
        return False
    return True


def iter_pokes(runtime: Runtime) -> Iterator[Call]:
    """Every call that may be due without anybody's leave."""
    tables: dict[tuple[str, str], StorageMap[Any, Any]] = {
        ("Market", "poke"): runtime.market.slot,
        ("Market", "drop_bids"): runtime.market.job,
        ("Market", "renew"): runtime.market.recurring,
        ("Verify", "poke"): runtime.verify.pending,
        ("Leases", "poke"): runtime.leases.lease,
        ("Rounds", "poke"): runtime.rounds.round,
        ("Pools", "poke"): runtime.pools.pool,
        ("Vault", "poke"): runtime.vault.order_,
        ("Governance", "poke"): runtime.governance.proposal,
    }
    for name, table in tables.items():
        for key in table.keys():  # noqa: SIM118 - no dict
            yield make_call(*name, *(key if isinstance(key, tuple) else (key,)))


def iter_unfinished(runtime: Runtime) -> Iterator[tuple[str, object]]:
    """What still waits for something."""
    yield from (("slot", at) for at, each in runtime.market.slot.items() if not each.state.is_final)
    yield from (("bid", at) for at, _ in runtime.market.bid_.items())
    yield from (("recurring job", at) for at, _ in runtime.market.recurring.items())
    yield from (("claim", at) for at, _ in runtime.verify.pending.items())
    yield from (("lease", at) for at, _ in runtime.leases.lease.items())
    for number, labelling in runtime.rounds.round.items():
        if labelling.phase < RoundPhase.SETTLED:
            yield "round", number
    for number, pool in runtime.pools.pool.items():
        if pool.phase < PoolPhase.SETTLED:
            yield "pool", number
    for number, order in runtime.vault.order_.items():
        if order.state is not OrderState.SETTLED:
            yield "order", number
    for number, proposal in runtime.governance.proposal.items():
        if proposal.state in UNDECIDED:
            yield "proposal", number

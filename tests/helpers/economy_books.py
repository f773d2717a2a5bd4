"""What must hold of the whole runtime: after a failure, between extrinsics, between blocks."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from pallets.assets import Assets
from pallets.balances.events import Deposit, Withdraw
from pallets.pools import Pools, SeatState
from pallets.rights import Rights
from pallets.runtime import Runtime
from pallets.transaction_payment import TransactionFeePaid
from runtime.account import AccountInfo
from runtime.frame import Event
from runtime.frame.ai_types import SlotDuty
from runtime.frame.traits import HoldReason
from runtime.primitives import AccountId
from runtime.system import ExtrinsicFailed

State = Mapping[bytes, bytes | None]


def get_fee(events: Sequence[Event]) -> TransactionFeePaid:
    """The fee that an extrinsic's events tell of."""
    (paid,) = [event for event in events if isinstance(event, TransactionFeePaid)]
    return paid


def ensure_only_paid(
    runtime: Runtime, who: AccountId, before: State, info: AccountInfo, events: Sequence[Event]
) -> None:
    """A failed extrinsic changed the payer's fee and nonce, the author's tip and the issuance."""
    after, system = runtime.state.changes(), runtime.system
    author = system.get_author()
    assert author is not None
    changed = {key for key in {*before, *after} if before.get(key) != after.get(key)}
    payer, tipped = system.account.get_key(who), system.account.get_key(author)
    assert changed <= {payer, tipped, runtime.balances.total_issuance.key}
    paid = get_fee(events)
    gift = paid.tip if author == who else 0
    now = system.account[who]
    assert now.nonce == info.nonce + 1
    assert now.data.free == info.data.free - paid.actual_fee + gift
    assert (now.data.reserved, now.data.frozen) == (info.data.reserved, info.data.frozen)
    assert (now.providers, now.consumers) == (info.providers, info.consumers)
    assert all(isinstance(each, Withdraw | Deposit) for each in events[:-2])
    assert isinstance(events[-1], ExtrinsicFailed)


def ensure_money_adds_up(runtime: Runtime) -> None:
    """G1, B1, M1: issuance is free plus held, and what is held is held for something there is."""
    runtime.balances.try_state()
    expected: dict[HoldReason, Counter[AccountId]] = {reason: Counter() for reason in HoldReason}
    records, jobs = dict(runtime.registry.record.items()), dict(runtime.market.job.items())
    for record in records.values():
        expected[HoldReason.REGISTRY_DEPOSIT][record.owner] += record.deposit
    for (_, payer), stake in runtime.registry.blob_stake.items():
        expected[HoldReason.REGISTRY_DEPOSIT][payer] += stake.deposit
    for (_, auditor), said in runtime.registry.attestation.items():
        expected[HoldReason.REGISTRY_DEPOSIT][auditor] += said.deposit
    for operation in dict(runtime.multisig.multisigs.items()).values():
        expected[HoldReason.MULTISIG_DEPOSIT][operation.depositor] += operation.deposit
    expected[HoldReason.PROXY_DEPOSIT] = runtime.proxy.get_deposits()
    expected[HoldReason.PREIMAGE] = runtime.preimage.get_deposits()
    for (who, _), bond in runtime.bonds.bond_.items():
        expected[HoldReason.BOND][who] += bond.total
    for who, amount in iter_asset_deposits(runtime.assets):
        expected[HoldReason.ASSET_DEPOSIT][who] += amount
    for who, amount in iter_right_deposits(runtime.rights):
        expected[HoldReason.OFFER][who] += amount
    for job in jobs.values():
        expected[HoldReason.ESCROW][job.owner] += job.escrow
        expected[HoldReason.JOB_DEPOSIT][job.owner] += job.deposit
    for pending in dict(runtime.verify.pending.items()).values():
        for demand in pending.demands:
            expected[HoldReason.CHALLENGE][demand.who] += demand.deposit
    for (_, who), bid in runtime.market.bid_.items():
        expected[HoldReason.BID][who] += bid.deposit
    for again in dict(runtime.market.recurring.items()).values():
        expected[HoldReason.RECURRING][again.owner] += again.reserve + again.deposit
    for proposal in dict(runtime.governance.proposal.items()).values():
        expected[HoldReason.GOVERNANCE][proposal.proposer] += proposal.deposit
        if proposal.decision_deposit is not None:
            paid = proposal.decision_deposit
            expected[HoldReason.GOVERNANCE][paid.who] += paid.amount
    for entry in dict(runtime.rounds.round.items()).values():
        expected[HoldReason.ROUND][entry.owner] += entry.escrow + entry.deposit
    for who, amount in iter_pool_deposits(runtime.pools):
        expected[HoldReason.POOL][who] += amount
    for offer in dict(runtime.vault.offer_.items()).values():
        expected[HoldReason.SALE][offer.seller] += offer.deposit
    for order in dict(runtime.vault.order_.items()).values():
        expected[HoldReason.SALE][order.buyer] += order.escrow + order.deposit
    for lease in dict(runtime.leases.lease.items()).values():
        expected[HoldReason.LEASE][lease.tenant] += lease.balance + lease.deposit
    for let in dict(runtime.leases.offer.items()).values():
        expected[HoldReason.LEASE][let.owner] += let.deposit
    found: dict[HoldReason, Counter[AccountId]] = {reason: Counter() for reason in HoldReason}
    for who, holds in runtime.balances.holds.items():
        for held in holds:
            found[held.id][who] += held.amount
    for reason in HoldReason:
        assert +expected[reason] == found[reason], f"{reason.name}: held for nothing, or not held"
    accounts = runtime.system.iter_data()
    total = sum(data.free + data.reserved for _, data in accounts)
    assert total == runtime.balances.ledger.get_issuance()


def iter_asset_deposits(assets: Assets) -> Iterator[tuple[AccountId, int]]:
    """Who has how much on hold for assets, holdings and approvals."""
    for entry in dict(assets.asset.items()).values():
        yield entry.depositor, entry.deposit
    for holding in dict(assets.holding.items()).values():
        yield holding.payer, holding.deposit
    for (_, owner, _), approval in assets.approval.items():
        yield owner, approval.deposit


def iter_pool_deposits(pools: Pools) -> Iterator[tuple[AccountId, int]]:
    """Who has how much on hold for pools and for seats in them."""
    for entry in dict(pools.pool.items()).values():
        yield entry.owner, entry.escrow + entry.deposit
    for (number, _), seat in pools.seat.items():
        if seat.state is SeatState.COMMITTED:
            yield seat.who, pools.pool[number].seat_deposit


def iter_right_deposits(rights: Rights) -> Iterator[tuple[AccountId, int]]:
    """Who has how much on hold for offers, resales and stakes."""
    for offer in dict(rights.offer_.items()).values():
        yield offer.payer, offer.deposit
    for (_, _, seller), resale in rights.resale.items():
        yield seller, resale.deposit
    for (_, who), stake in rights.stake.items():
        yield who, stake.deposit


def ensure_duties_are_slots(runtime: Runtime) -> None:
    """M9: bonds are locked for the slots that are in work, each for its own."""
    duties = {duty: entry.amount for duty, entry in runtime.bonds.duty.items()}
    slots = runtime.market.slot.items()
    locked = {SlotDuty(*at): slot.bond for at, slot in slots if slot.bond > 0}
    assert duties == locked


def ensure_credits_are_live(runtime: Runtime) -> None:
    """What mined is remembered only as long as its slot can still settle."""
    for (job, slot, _), credit in runtime.work.credited.items():
        entry = runtime.market.slot[job, slot]
        assert not entry.state.is_final, f"{job}.{slot}: credited, and over"
        assert credit.macs > 0

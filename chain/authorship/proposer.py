"""Builds a block up to its seal: inherents, then the pool's best transactions."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

from chain.client.block import OpenBlock
from chain.txpool.transaction import PoolTransaction
from consensus.difficulty import DifficultyParams
from consensus.digest import compute_schedule, make_pre_digest
from runtime.api import BlockExecution, RuntimeApi
from runtime.errors import ExhaustsResources, Future, InvalidTransaction
from runtime.extrinsic import Extrinsic, encode_bare
from runtime.header import Digest, Header, PreRuntime, compute_extrinsics_root, compute_pre_hash
from runtime.pre_digest import ENGINE, PRE_DIGEST, PreDigest
from runtime.primitives import AccountId, Hash
from runtime.work_summary import WorkSummary, compute_work_root

SKIPPED_MAX: Final = 16
"""After so many transactions that no longer fit the block counts as full."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """A whole block but for its seal."""

    header: Header
    pre_hash: Hash
    pre_digest: PreDigest
    extrinsics: tuple[bytes, ...]
    invalid: tuple[PoolTransaction, ...]
    """Transactions that turned out invalid and are to leave the pool."""


@dataclass(frozen=True, slots=True)
class ProposalInput:
    """What one block is made from."""

    parent: OpenBlock
    parent_digest: PreDigest | None
    grandparent_digest: PreDigest | None
    author: AccountId
    now_ms: int
    summary: WorkSummary
    """The work that will seal it."""

    transactions: tuple[PoolTransaction, ...]
    """Ready ones, best first."""


def propose(api: RuntimeApi, params: DifficultyParams, given: ProposalInput) -> Proposal:
    """Executes the block as it grows; takes as much as fits."""
    schedule = compute_schedule(given.parent_digest, given.grandparent_digest, params)
    work_root = compute_work_root(given.summary)
    pre_digest = make_pre_digest(given.author, given.now_ms, work_root, schedule)
    parent = given.parent.head
    draft = Header(
        parent.hash,
        parent.number + 1,
        Hash.zero(),
        Hash.zero(),
        Digest((PreRuntime(ENGINE, PRE_DIGEST.encode(pre_digest)),)),
    )
    execution = api.begin_block(given.parent.backend, draft)
    inherents = _make_inherents(api, pre_digest, given.summary)
    for inherent in inherents:
        execution.apply(inherent)
    taken, invalid = _fill(execution, given.transactions)
    extrinsics = tuple(each.raw for each in (*inherents, *taken))
    tree = given.parent.tree.updated(execution.finish())
    header = replace(
        draft, state_root=tree.root, extrinsics_root=compute_extrinsics_root(extrinsics)
    )
    return Proposal(header, compute_pre_hash(header), pre_digest, extrinsics, invalid)


def _make_inherents(
    api: RuntimeApi, pre_digest: PreDigest, summary: WorkSummary
) -> tuple[Extrinsic, ...]:
    calls = (
        api.make_call("Timestamp", "set", pre_digest.time_ms),
        api.make_call("Work", "note_block_work", summary),
    )
    return tuple(api.decode(encode_bare(api.calls.encode(each))) for each in calls)


def _fill(
    execution: BlockExecution, transactions: Iterable[PoolTransaction]
) -> tuple[list[Extrinsic], tuple[PoolTransaction, ...]]:
    """Applies transactions until the block is full; a failed one holds back its sender's others."""
    taken: list[Extrinsic] = []
    invalid: list[PoolTransaction] = []
    held: set[AccountId] = set()
    skipped = 0
    for transaction in transactions:
        if transaction.sender in held:
            continue
        try:
            execution.apply(transaction.extrinsic)
        except (ExhaustsResources, Future):
            held.add(transaction.sender)
            skipped += 1
            if skipped == SKIPPED_MAX:
                break
        except InvalidTransaction:
            held.add(transaction.sender)
            invalid.append(transaction)
        else:
            taken.append(transaction.extrinsic)
    return taken, tuple(invalid)

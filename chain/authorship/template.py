"""A block to be sealed: the best head's child, proposed for one work."""

from dataclasses import dataclass
from itertools import islice
from typing import Final

from chain.authorship.proposer import Proposal, ProposalInput, propose
from chain.client.block import BlockOrigin, IncomingBlock, OpenBlock
from chain.client.client import Client
from chain.clock import WallClock
from chain.txpool.service import PoolService
from chain.worker import Worker
from consensus.params import ConsensusParams
from consensus.pouw.seal import SEAL, Seal
from consensus.pouw.witness import WITNESS, Witness
from runtime.header import Digest, Header
from runtime.header import Seal as SealItem
from runtime.pre_digest import ENGINE, get_pre_digest
from runtime.primitives import AccountId, Root
from runtime.work_summary import Lane, WorkSummary

TRANSACTIONS_OFFERED_MAX: Final = 20_000


@dataclass(frozen=True, slots=True)
class TemplateSource:
    """What blocks are proposed from."""

    client: Client
    pool: PoolService
    worker: Worker
    clock: WallClock
    params: ConsensusParams


@dataclass(frozen=True, slots=True, eq=False)
class Template:
    """One proposal and the parent it stands on."""

    parent: OpenBlock
    proposal: Proposal
    begun_ms: int

    def is_stale(self, client: Client) -> bool:
        """Whether another block has become the best one."""
        return client.best.value.hash != self.parent.head.hash

    def seal(self, seal: Seal, witness: Witness | None) -> IncomingBlock:
        """The whole block."""
        header = self.proposal.header
        item = SealItem(ENGINE, SEAL.encode(seal))
        sealed = Header(
            header.parent_hash,
            header.number,
            header.state_root,
            header.extrinsics_root,
            Digest((*header.digest.logs, item)),
        )
        packed = None if witness is None else WITNESS.encode(witness)
        return IncomingBlock(sealed, self.proposal.extrinsics, packed, BlockOrigin.OWN)


def make_seeded_summary(params: ConsensusParams) -> WorkSummary:
    """The work of the Seeded lane: one shape, and no operands to commit to."""
    shape, zero = params.pow.seeded, Root.zero()
    return WorkSummary(Lane.SEEDED, shape.m, shape.n, shape.k, zero, zero)


async def make_template(
    source: TemplateSource, author: AccountId, summary: WorkSummary
) -> Template:
    """Proposes on the best block: gathers here, where nothing moves, and executes in a worker.

    Errors: InvalidTransaction where the chain refuses the work.
    """
    client = source.client
    parent = client.get_open_block(client.best.value.hash)
    assert parent is not None, "the best block is unfinalised or the finalised one; qed"
    now_ms = source.clock.now_ms()
    given = ProposalInput(
        parent,
        get_pre_digest(parent.head.header.digest),
        client.get_pre_digest(parent.head.header.parent_hash),
        author,
        now_ms,
        summary,
        tuple(islice(source.pool.pool.get_ready(), TRANSACTIONS_OFFERED_MAX)),
    )
    difficulty = source.params.difficulty
    proposal = await source.worker.run(lambda: propose(client.api, difficulty, given))
    for transaction in proposal.invalid:
        source.pool.drop_invalid(transaction)
    return Template(parent, proposal, now_ms)

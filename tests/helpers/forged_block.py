"""Blocks that break one rule each and keep all others: every forgery is sealed anew."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from unittest.mock import patch

import numpy as np

from chain.authorship.proposer import Proposal
from chain.client.block import IncomingBlock
from consensus.pouw.seal import SEAL
from consensus.pouw.seal import Seal as PowSeal
from consensus.pouw.solve import MatrixWork, SeededWork
from consensus.pouw.witness import WITNESS, Witness
from runtime.extrinsic import encode_bare
from runtime.header import Digest, DigestItem, PreRuntime, Seal, compute_extrinsics_root
from runtime.pre_digest import ENGINE, PRE_DIGEST, PreDigest
from runtime.primitives import Hash, Root
from runtime.tensor.commitment import Int8Matrix, matrix_root
from runtime.work_summary import Lane, WorkSummary, compute_work_root
from tests.helpers.node_stage import BOB, SHAPE, BlockMaker, Wallet

SEEDED = WorkSummary(Lane.SEEDED, SHAPE.m, SHAPE.n, SHAPE.k, Root.zero(), Root.zero())


@dataclass(frozen=True, slots=True)
class Forger:
    """Makes blocks on the best one that differ from a good one as told."""

    maker: BlockMaker
    wallet: Wallet

    def propose(self, *transactions: bytes) -> Proposal:
        """A good block but for its seal."""
        return self.maker.propose(None, transactions, SEEDED)

    def transfer(self, nonce: int = 0) -> bytes:
        """A good transaction of Bob's."""
        return self.wallet.transfer(BOB, self.maker.author, 7, nonce)

    def inherent(self, pallet: str, name: str, *args: object) -> bytes:
        """An unsigned extrinsic."""
        call = self.wallet.make_call(pallet, name, *args)
        return encode_bare(self.wallet.client.api.calls.encode(call))

    # --- header

    def with_header(self, **changes: object) -> IncomingBlock:
        """Other fields in the header."""
        proposal = self.propose()
        header = replace(proposal.header, **changes)  # type: ignore[arg-type]  # named by callers
        return self.maker.seal(proposal, SeededWork(0), None, header)

    def with_logs(self, *logs: DigestItem) -> IncomingBlock:
        """Another digest before the seal."""
        return self.with_header(digest=Digest(logs))

    def with_pre_digest(self, change: Callable[[PreDigest], PreDigest]) -> IncomingBlock:
        """Another pre-digest, whose target the seal meets."""
        proposal = self.propose()
        pre_digest = change(proposal.pre_digest)
        header = replace(proposal.header, digest=Digest((encode_item(pre_digest),)))
        return self.maker.seal(
            replace(proposal, pre_digest=pre_digest), SeededWork(0), None, header
        )

    def with_body(self, change: Callable[[tuple[bytes, ...]], tuple[bytes, ...]]) -> IncomingBlock:
        """Another body, to which the header commits."""
        proposal = self.propose(self.transfer())
        extrinsics = change(proposal.extrinsics)
        root = compute_extrinsics_root(extrinsics)
        header = replace(proposal.header, extrinsics_root=root)
        forged = replace(proposal, extrinsics=extrinsics)
        return self.maker.seal(forged, SeededWork(0), None, header)

    def with_summary(self, summary: WorkSummary) -> IncomingBlock:
        """Another summary of the work in the inherent, to which the digest commits."""
        proposal = self.propose()
        body = (proposal.extrinsics[0], self.inherent("Work", "note_block_work", summary))
        pre_digest = replace(proposal.pre_digest, work_root=compute_work_root(summary))
        header = replace(
            proposal.header,
            digest=Digest((encode_item(pre_digest),)),
            extrinsics_root=compute_extrinsics_root(body),
        )
        return self.maker.seal(replace(proposal, extrinsics=body), SeededWork(0), None, header)

    # --- seal and witness

    def with_seal_items(self, change: Callable[[Seal], tuple[DigestItem, ...]]) -> IncomingBlock:
        """Something else where the digest's seal is."""
        block = self.maker.make()
        *logs, seal = block.header.digest.logs
        assert isinstance(seal, Seal), "a sealed block ends with its seal; qed"
        header = replace(block.header, digest=Digest((*logs, *change(seal))))
        return replace(block, header=header)

    def with_seal(self, **changes: object) -> IncomingBlock:
        """Other fields in the seal."""

        def change(item: Seal) -> tuple[DigestItem, ...]:
            seal: PowSeal = SEAL.decode(item.data)
            forged = replace(seal, **changes)  # type: ignore[arg-type]  # named by callers
            return (Seal(ENGINE, SEAL.encode(forged)),)

        return self.with_seal_items(change)

    def private(self, a: Int8Matrix | None = None) -> IncomingBlock:
        """A good block of the Private lane, which carries a witness; operands out of range if told.

        The miner's own check of its operands is switched off.
        """
        random = np.random.default_rng(3)
        if a is None:
            a = random.integers(-63, 63, (64, 64), np.int8, endpoint=True)
        bt = random.integers(-63, 63, (64, 64), np.int8, endpoint=True)
        summary = WorkSummary(Lane.PRIVATE, 64, 64, 64, matrix_root(a), matrix_root(bt))
        proposal = self.maker.propose(None, (), summary)
        with patch("consensus.pouw.solve.OPERAND_MAX", 127):
            return self.maker.seal(proposal, MatrixWork(Lane.PRIVATE, a, bt))

    def with_witness(self, change: Callable[[Witness], Witness]) -> IncomingBlock:
        """A block of the Private lane with another witness."""
        block = self.private()
        assert block.witness is not None, "the Private lane has one; qed"
        witness: Witness = WITNESS.decode(block.witness)
        return replace(block, witness=WITNESS.encode(change(witness)))


def encode_item(pre_digest: PreDigest) -> PreRuntime:
    """A pre-digest as an item of a digest."""
    return PreRuntime(ENGINE, PRE_DIGEST.encode(pre_digest))


def flip(data: bytes, at: int = 0) -> bytes:
    """The bytes with one bit changed."""
    return data[:at] + bytes((data[at] ^ 1,)) + data[at + 1 :]


def flip_hash(value: Hash) -> Hash:
    """Another hash."""
    return Hash(flip(value))

"""How an answer to an audit is judged."""

from pallets.leases.declarations import BadProof
from pallets.leases.types import Lease, Opening, Replica, StorageTerms
from runtime.audit import draw_audit
from runtime.frame.ai_traits import BlockHashes
from runtime.tensor.chunks import verify_chunk
from runtime.tensor.commitment import BadOpening


def ensure_openings(
    number: int, lease: Lease, openings: tuple[Opening, ...], blocks: BlockHashes
) -> None:
    """Raises `BadProof` unless these are the chunks that the open audit of a lease draws."""
    terms, subject = lease.terms, lease.subject
    assert isinstance(terms, StorageTerms), "machines are not audited; qed"
    assert isinstance(subject, Replica), "a lease of storage is one of bytes; qed"
    block_hash = blocks.get_block_hash(lease.audit_at)
    assert block_hash is not None, "hashes are kept for longer than an audit is open; qed"
    genesis, size_bytes = blocks.get_genesis_hash(), subject.size_bytes
    drawn = draw_audit(genesis, number, block_hash, size_bytes, terms.draws)
    if len(openings) != len(drawn):
        raise BadProof(f"expected {len(drawn)} chunks, got {len(openings)}")
    for index, opening in zip(drawn, openings, strict=True):
        try:
            verify_chunk(subject.root, size_bytes, index, opening.chunk, opening.path)
        except BadOpening as error:
            raise BadProof(str(error)) from error

"""What a submitted result claims."""

from collections.abc import Callable

from pallets.market.declarations import BadCommitment, WrongResultSize
from pallets.market.specs import Commission, Evaluate, Infer
from pallets.market.types import Job, Slot
from runtime.claim import ClaimRequest, compute_claim_roots, compute_commitment
from runtime.frame.ai_types import SlotId
from runtime.primitives import AccountId, Hash
from runtime.task import ProgramTask, ReviewTask, RowsTask


def make_request(
    at: SlotId,
    job: Job,
    claimant: AccountId,
    commitment: Hash,
    payload: bytes,
    genesis: Hash,
    get_output: Callable[[int], bytes],
) -> ClaimRequest:
    """The claim that verify is to judge; the callable reads the output of another slot.

    Errors: `WrongResultSize`, `BadCommitment`.
    """
    output_bytes, trace_bytes = job.get_result_bytes(at.slot)
    if len(payload) != output_bytes + trace_bytes:
        raise WrongResultSize(f"expected {output_bytes} + {trace_bytes}, got {len(payload)}")
    output, trace = payload[:output_bytes], payload[output_bytes:]
    roots = compute_claim_roots(output, trace)
    if compute_commitment(genesis, at, claimant, roots) != commitment:
        raise BadCommitment
    task = make_task(job, at.slot, get_output)
    verifier, root = job.verifier, roots.out_root
    return ClaimRequest(at, claimant, verifier, b"", task, root, output, trace, commitment)


def remake_request(
    at: SlotId, job: Job, slot: Slot, get_output: Callable[[int], bytes]
) -> ClaimRequest:
    """The claim of a submitted slot that waits for its verdict; such claims have no trace."""
    assert slot.claimant is not None, f"{at}: what is submitted is somebody's; qed"
    assert slot.commitment is not None, f"{at}: what is submitted is committed to; qed"
    output, task = get_output(at.slot), make_task(job, at.slot, get_output)
    root, verifier = compute_claim_roots(output, b"").out_root, job.verifier
    about = (verifier, b"", task, root, output, b"", slot.commitment)
    return ClaimRequest(at, slot.claimant, *about)


def make_task(
    job: Job, slot: int, get_output: Callable[[int], bytes]
) -> RowsTask | ProgramTask | ReviewTask:
    """What a slot asks for; the callable reads the output of another slot."""
    spec, source = job.spec, job.source
    if isinstance(spec, Infer):
        assert source is not None, "an inference has a model; qed"
        return RowsTask(source.record, source.version, spec.inputs, *spec.get_rows(slot))
    if isinstance(spec, Commission):
        return ReviewTask(spec.review_blocks)
    before = get_output(slot - 1) if spec.program.is_chain and slot > 0 else b""
    model = source if isinstance(spec, Evaluate) else None
    return ProgramTask(spec.program, slot, model, before)

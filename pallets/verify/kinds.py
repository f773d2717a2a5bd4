"""Which verifier judges what."""

from typing import Final

from pallets.verify.declarations import UnknownVerifier
from runtime.claim import ClaimRequest
from runtime.frame.ai_types import JobKind, VerifierId
from runtime.programs import MatrixProduct, Raytrace
from runtime.task import ProgramTask, ReviewTask, RowsTask

REPLAYED_KINDS: Final = (
    JobKind.INFER,
    JobKind.TRAIN,
    JobKind.RENDER,
    JobKind.COMPUTE_TO_DATA,
    JobKind.EVAL,
)

WAITING_KINDS: Final = {
    VerifierId.SPOT_CHECK: JobKind.RENDER,
    VerifierId.TILE_PROOF: JobKind.PRODUCT,
    VerifierId.BUYER_ACCEPT: JobKind.COMMISSION,
}
"""The verifiers whose claims wait, each with the one kind of job that it judges.

What a program can judge is never left to its buyer.
"""


def is_supported(verifier: VerifierId, kind: JobKind) -> bool:
    """Whether a job of this kind may name this verifier."""
    if verifier in WAITING_KINDS:
        return kind is WAITING_KINDS[verifier]
    if verifier is VerifierId.FREIVALDS:
        return kind is JobKind.INFER
    return verifier is VerifierId.REPLAY and kind in REPLAYED_KINDS


def ensure_known(request: ClaimRequest) -> None:
    """Raises `UnknownVerifier` unless claims of such a task can be judged as they ask."""
    match request.verifier, request.task:
        case VerifierId.REPLAY, RowsTask() | ProgramTask():
            is_known = True
        case VerifierId.FREIVALDS, task:
            is_known = isinstance(task, RowsTask)
        case VerifierId.SPOT_CHECK, ProgramTask(program):
            is_known = isinstance(program, Raytrace)
        case VerifierId.TILE_PROOF, ProgramTask(program):
            is_known = isinstance(program, MatrixProduct)
        case VerifierId.BUYER_ACCEPT, task:
            is_known = isinstance(task, ReviewTask)
        case _:
            is_known = False
    if not is_known:
        raise UnknownVerifier

"""What posting a job checks of its program and inputs."""

from pallets.market.book import Partners
from pallets.market.declarations import BadProgram, ClaimTooLarge, ModelOffChain
from runtime.frame.ai_types import BLOB_BYTES_MAX, ModelInfo, VerifierId
from runtime.model import load_model
from runtime.programs import Inputs, Program, ProgramError


def ensure_program(
    program: Program,
    blobs: tuple[bytes, ...],
    model: ModelInfo | None,
    verifier: VerifierId,
    partners: Partners,
) -> int:
    """The bytes of all outputs together; every slot can be run and verified in a block.

    Errors: `ModelOffChain`, `BadProgram`, `ClaimTooLarge`.
    """
    loaded = None
    if model is not None:
        loaded = load_model(model, partners.records)
        if loaded is None:
            raise ModelOffChain
    try:
        cost = program.plan(Inputs(blobs, loaded))
    except ProgramError as error:
        raise BadProgram(str(error)) from error
    if not partners.claims.is_judgeable(verifier, cost.macs, cost.cells):
        raise ClaimTooLarge(f"a slot of {cost.macs} MACs and {cost.cells} other integers")
    if cost.output_bytes > BLOB_BYTES_MAX:
        raise ClaimTooLarge(f"a slot's result has at most {BLOB_BYTES_MAX} bytes")
    return sum(program.get_output_bytes(slot) for slot in range(program.count_slots()))

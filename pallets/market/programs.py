"""What posting a job checks of its program and inputs."""

from pallets.market.book import Partners
from pallets.market.declarations import BadProgram, ClaimTooLarge, ModelOffChain
from runtime.frame.ai_types import BLOB_BYTES_MAX, ModelInfo, VerifierId
from runtime.frozen import frozen
from runtime.model import load_model
from runtime.programs import Inputs, Program, ProgramError


@frozen
class ProgramSize:
    """The bytes of all outputs together, and what making a slot's takes."""

    output_bytes: int
    slot_cost: int
    """MACs and other integers of the dearest slot."""


def ensure_program(
    program: Program,
    blobs: tuple[bytes, ...],
    model: ModelInfo | None,
    verifier: VerifierId,
    partners: Partners,
) -> ProgramSize:
    """What results will take; every slot can be run and verified in a block.

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
    output_bytes = sum(program.get_output_bytes(slot) for slot in range(program.count_slots()))
    return ProgramSize(output_bytes, cost.macs + cost.cells)

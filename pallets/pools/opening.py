"""What a pool must be to be opened, and what it puts on hold."""

from pallets.pools import declarations as declared
from pallets.pools.examples import BadExamples, Examples, load_examples
from pallets.pools.judging import make_inputs, make_trial
from pallets.pools.types import (
    SEATS_MAX,
    VALIDATION_ROWS_MIN,
    WINDOW_BLOCKS_MAX,
    Phase,
    Pool,
    PoolParams,
    PoolSpec,
    PoolTerms,
)
from pallets.weights import pools as weights
from runtime.frame.ai_traits import Records
from runtime.frame.ai_types import BLOB_BYTES_MAX
from runtime.frame.parameters import Param, Parameters
from runtime.primitives import BPS, AccountId, Root
from runtime.programs import ProgramError

POOL_BYTES = 768
"""What a pool takes in the state beside its seats."""

SEAT_BYTES = 256


def plan_pool(
    owner: AccountId,
    spec: PoolSpec,
    terms: PoolTerms,
    records: Records,
    params: PoolParams,
    parameters: Parameters,
    now: int,
) -> Pool:
    """The pool as it will be stored; nothing is changed.

    Errors: `BadSpec`, `BadTerms`, `ExamplesMissing`, `BadExamples`.
    """
    _ensure_spec(spec)
    _ensure_terms(terms, parameters)
    base = load_blob(records, spec.base, spec, weights.ROWS_MAX)
    macs, cells = _plan_scoring(spec, base)
    default_bps = params.validation_deposit_bps
    deposit_bps = parameters.get_param(Param.VALIDATION_DEPOSIT_BPS, default_bps)
    part = -(-spec.total * deposit_bps // BPS)
    return Pool(
        owner=owner,
        spec=spec,
        terms=terms,
        macs=macs,
        cells=cells,
        seat_deposit=parameters.get_param(Param.SEAT_DEPOSIT, params.seat_deposit),
        validation_deposit=max(params.validation_deposit_min, part),
        deposit=params.pool_deposit + params.byte_deposit * (POOL_BYTES + spec.seats * SEAT_BYTES),
        phase=Phase.COMMITTING,
        ends_at=now + terms.commit_blocks,
    )


def load_blob(records: Records, root: Root, spec: PoolSpec, rows_max: int) -> Examples:
    """The examples of a blob. `ExamplesMissing`, `BadExamples`."""
    content = records.get_blob(root)
    if content is None:
        raise declared.ExamplesMissing
    try:
        return load_examples(content, spec.cols, spec.classes, rows_max)
    except BadExamples as error:
        raise declared.BadExamples(str(error)) from error


def _ensure_spec(spec: PoolSpec) -> None:
    if not 1 <= spec.seats <= SEATS_MAX:
        raise declared.BadSpec(f"expected 1 to {SEATS_MAX} seats, got {spec.seats}")
    rows_max = min(weights.ROWS_MAX, BLOB_BYTES_MAX // (spec.cols + 1))
    if not 1 <= spec.shard_rows <= rows_max:
        raise declared.BadSpec(f"expected shards of 1 to {rows_max} rows, got {spec.shard_rows}")
    if not VALIDATION_ROWS_MIN <= spec.validation_rows <= rows_max:
        expected = f"{VALIDATION_ROWS_MIN} to {rows_max} hidden rows"
        raise declared.BadSpec(f"expected {expected}, got {spec.validation_rows}")
    if spec.total == 0:
        raise declared.BadSpec("expected a total to be earned, got nothing")


def _ensure_terms(terms: PoolTerms, parameters: Parameters) -> None:
    windows = (
        terms.commit_blocks,
        terms.reveal_blocks,
        terms.validation_blocks,
        terms.score_blocks,
    )
    if min(windows) < 1 or max(windows) > WINDOW_BLOCKS_MAX:
        raise declared.BadTerms(f"expected 1 to {WINDOW_BLOCKS_MAX} blocks a phase, got {windows}")
    least, got = parameters.get_param(Param.REVEAL_BLOCKS_MIN, 1), terms.reveal_blocks
    if got < least:
        raise declared.BadTerms(f"expected {least} blocks or more to reveal, got {got}")


def _plan_scoring(spec: PoolSpec, base: Examples) -> tuple[int, int]:
    """MACs, and integers read or written besides, of scoring the largest shard. `BadSpec`."""
    trial = make_trial(spec, len(base.labels))
    try:
        cost = trial.plan(make_inputs(base))
    except ProgramError as error:
        raise declared.BadSpec(str(error)) from error
    macs = cost.macs + spec.validation_rows * trial.weights_count
    rows = len(base.labels) + spec.shard_rows + spec.validation_rows
    cells = cost.cells + 2 * rows * (spec.cols + spec.training.hidden + spec.classes)
    if macs > weights.MACS_MAX or cells > weights.CELLS_MAX:
        limits = f"{weights.MACS_MAX} MACs and {weights.CELLS_MAX} other integers"
        raise declared.BadSpec(f"expected a shard's score of at most {limits}, got {macs}, {cells}")
    return macs, cells

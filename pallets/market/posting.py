"""What a job must be to be posted."""

from pallets.market import declarations as declared
from pallets.market.book import Partners
from pallets.market.inference import ResultSize, ensure_inference
from pallets.market.prices import Going, PriceRule
from pallets.market.programs import ensure_program
from pallets.market.specs import (
    Commission,
    ComputeToData,
    Evaluate,
    Infer,
    JobSpec,
    Train,
    count_slots,
    get_kind,
    get_roots,
)
from pallets.market.types import (
    ATTEMPTS_MAX,
    FILE_ROOT_BYTES,
    REPLICAS_MAX,
    REVIEW_BLOCKS_MIN,
    SLOTS_MAX,
    TERM_BLOCKS_MAX,
    Job,
    MarketParams,
    Terms,
)
from runtime.frame.ai_traits import Records
from runtime.frame.ai_types import ModelInfo, RecordVersion, VerifierId
from runtime.frame.parameters import compute_deposit
from runtime.primitives import AccountId

UNIT_COST = 1_000_000
"""The MACs and other integers in a unit of work."""

SLOT_BYTES = 256
"""What a slot, its index entry, its claim and its rating take in the state beside the output."""


def plan_job(
    owner: AccountId,
    spec: JobSpec,
    price: PriceRule,
    verifier: VerifierId,
    terms: Terms,
    partners: Partners,
    params: MarketParams,
    now: int,
) -> Job:
    """The job as it will be stored, its escrow and deposit computed; nothing is changed.

    Errors: those of the call `post`, but `NoEscrow`.
    """
    if not partners.claims.is_supported(verifier, get_kind(spec)):
        raise declared.VerifierUnsupported
    if isinstance(spec, Infer) and not 1 <= spec.replicas <= REPLICAS_MAX:
        raise declared.ReplicasUnsupported
    _ensure_terms(spec, terms)
    _ensure_price(spec, price)
    slots = count_slots(spec)
    if slots > SLOTS_MAX:
        raise declared.TooManySlots
    source, model = _get_source(spec, partners.records)
    blobs = _get_blobs(spec, partners.records)
    size = ResultSize(0, 0, 0)
    if isinstance(spec, Infer):
        assert model is not None, "an inference has a model; qed"
        slot_rows = min(spec.rows_per_slot, spec.rows)
        size = ensure_inference(model, blobs[0], spec.rows, slot_rows, verifier, partners.claims)
        output_bytes = spec.rows * spec.replicas * size.output_row_bytes
        slot_cost = size.slot_cost
    elif isinstance(spec, Commission):
        output_bytes, slot_cost = spec.results * FILE_ROOT_BYTES, 0
    else:
        whole = ensure_program(spec.program, blobs, model, verifier, partners)
        output_bytes, slot_cost = whole.output_bytes, whole.slot_cost
    stored_bytes = slots * SLOT_BYTES + output_bytes
    return Job(
        owner=owner,
        spec=spec,
        source=source,
        slots=slots,
        price=price,
        verifier=verifier,
        posted_at=now,
        open_until=now + terms.open_blocks,
        work_blocks=terms.work_blocks,
        attempts=terms.attempts,
        output_row_bytes=size.output_row_bytes,
        trace_row_bytes=size.trace_row_bytes,
        units=max(-(-slot_cost // UNIT_COST), 1),
        live=slots,
        escrow=slots * price.cap,
        deposit=compute_deposit(
            partners.parameters, params.job_deposit + params.byte_deposit * stored_bytes
        ),
        is_cancelled=False,
        bids=0,
    )


def note_needs(job: Job, records: Records) -> None:
    """A job keeps its source's version, and the blobs that it reads."""
    if job.source is not None:
        records.note_job(job.source.record, job.source.version)
    for root in get_roots(job.spec):
        records.note_use(root)


def drop_needs(job: Job, records: Records) -> None:
    """A job that leaves the state keeps nothing any more."""
    if job.source is not None:
        records.drop_job(job.source.record, job.source.version)
    for root in get_roots(job.spec):
        records.drop_use(root)


def _ensure_price(spec: JobSpec, price: PriceRule) -> None:
    if not price.is_well_formed:
        raise declared.BadPrice
    if isinstance(spec, Commission) and isinstance(price, Going):
        raise declared.BadPrice("a commission has no units that a going price could be of")


def _ensure_terms(spec: JobSpec, terms: Terms) -> None:
    times = (terms.open_blocks, terms.work_blocks)
    if count_slots(spec) < 1 or min(times) < 1 or max(times) > TERM_BLOCKS_MAX:
        raise declared.BadTerms
    if not 1 <= terms.attempts <= ATTEMPTS_MAX:
        raise declared.BadTerms
    if isinstance(spec, Commission):
        review_blocks = spec.review_blocks
        if not REVIEW_BLOCKS_MIN <= review_blocks <= TERM_BLOCKS_MAX:
            bounds = f"{REVIEW_BLOCKS_MIN} to {TERM_BLOCKS_MAX}"
            raise declared.BadTerms(f"expected {bounds} blocks to review, got {review_blocks}")


def _get_source(spec: JobSpec, records: Records) -> tuple[RecordVersion | None, ModelInfo | None]:
    """Whose royalties the settlements pay, and the model that the slots run, if they run one."""
    match spec:
        case Infer() | Evaluate():
            model = _get_model(spec.model, spec.version, records)
            return RecordVersion(spec.model, model.version), model
        case Train(dataset=int(dataset)) | ComputeToData(dataset=int(dataset)):
            version = records.get_dataset_version(dataset)
            if version is None:
                raise declared.NoSuchDataset
            return RecordVersion(dataset, version), None
        case _:
            return None, None


def _get_model(record: int, version: int | None, records: Records) -> ModelInfo:
    model = records.get_model(record, version)
    if model is None:
        raise declared.NoSuchModel
    if not model.is_active:
        raise declared.ModelExpired
    return model


def _get_blobs(spec: JobSpec, records: Records) -> tuple[bytes, ...]:
    blobs: list[bytes] = []
    for root in get_roots(spec):
        content = records.get_blob(root)
        if content is None:
            raise declared.InputMissing
        blobs.append(content)
    return tuple(blobs)

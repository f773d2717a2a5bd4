"""What a job must be to be posted."""

from pallets.market import declarations as declared
from pallets.market.inference import ensure_inference
from pallets.market.lifecycle import Partners
from pallets.market.types import (
    ATTEMPTS_MAX,
    SLOTS_MAX,
    TERM_BLOCKS_MAX,
    Dutch,
    Job,
    JobSpec,
    MarketParams,
    Posted,
    PriceRule,
    Terms,
)
from runtime.frame.ai_traits import Records
from runtime.frame.ai_types import JobKind, ModelInfo, VerifierId
from runtime.primitives import AccountId

SLOT_BYTES = 256
"""What a slot, its index entry, its claim and its rating take in the state beside the output."""


def plan_job(
    owner: AccountId,
    spec: JobSpec,
    price: Posted | Dutch,
    verifier: VerifierId,
    terms: Terms,
    partners: Partners,
    params: MarketParams,
    now: int,
) -> Job:
    """The job as it will be stored, its escrow and deposit computed; nothing is changed.

    Errors: those of the call `post`, but `NoEscrow`.
    """
    if spec.kind is not JobKind.INFER:
        raise declared.KindUnsupported
    if not partners.claims.is_supported(verifier, spec.kind):
        raise declared.VerifierUnsupported
    if spec.replicas != 1:
        raise declared.ReplicasUnsupported
    _ensure_terms(spec, terms)
    _ensure_price(price)
    slots = spec.count_slots()
    if slots > SLOTS_MAX:
        raise declared.TooManySlots
    model = _get_model(spec, partners.records)
    inputs = partners.records.get_blob(spec.inputs)
    if inputs is None:
        raise declared.InputMissing
    slot_rows = min(spec.rows_per_slot, spec.rows)
    size = ensure_inference(model, inputs, spec.rows, slot_rows, verifier, partners.claims)
    stored_bytes = slots * SLOT_BYTES + spec.rows * size.output_row_bytes
    return Job(
        owner=owner,
        kind=spec.kind,
        model=spec.model,
        version=model.version,
        inputs=spec.inputs,
        rows=spec.rows,
        rows_per_slot=spec.rows_per_slot,
        slots=slots,
        price=price,
        verifier=verifier,
        posted_at=now,
        open_until=now + terms.open_blocks,
        work_blocks=terms.work_blocks,
        attempts=terms.attempts,
        output_row_bytes=size.output_row_bytes,
        trace_row_bytes=size.trace_row_bytes,
        live=slots,
        escrow=slots * (price.price if isinstance(price, Posted) else price.max),
        deposit=params.job_deposit + params.byte_deposit * stored_bytes,
        is_cancelled=False,
    )


def raise_price(rule: Posted | Dutch, amount: int) -> PriceRule:
    """A posted price rises, a rising one gets a higher end."""
    if isinstance(rule, Posted):
        return Posted(rule.price + amount)
    return Dutch(rule.min, rule.max + amount, rule.ramp)


def _ensure_terms(spec: JobSpec, terms: Terms) -> None:
    counts = (spec.rows, spec.rows_per_slot)
    times = (terms.open_blocks, terms.work_blocks)
    if min(counts) < 1 or min(times) < 1 or max(times) > TERM_BLOCKS_MAX:
        raise declared.BadTerms
    if not 1 <= terms.attempts <= ATTEMPTS_MAX:
        raise declared.BadTerms


def _ensure_price(rule: Posted | Dutch) -> None:
    match rule:
        case Posted(price):
            is_good = price > 0
        case Dutch(least, most, ramp):
            is_good = 0 < least <= most and ramp > 0
    if not is_good:
        raise declared.BadPrice


def _get_model(spec: JobSpec, records: Records) -> ModelInfo:
    model = records.get_model(spec.model, spec.version)
    if model is None:
        raise declared.NoSuchModel
    if not model.is_active:
        raise declared.ModelExpired
    return model

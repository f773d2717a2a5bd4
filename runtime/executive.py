"""The life of a block: initialize, inherents, transactions, finalize.

Every dispatch runs in a storage transaction. A `DispatchError` is recorded and leaves nothing but
fee and nonce; an inherent that fails makes the block invalid; any other exception is a defect and
goes on to the caller. Source: `frame-executive`.
"""

from typing import cast

from runtime.composed import ComposedRuntime
from runtime.errors import (
    AncientBirthBlock,
    BadCall,
    BadMandatory,
    BadProof,
    BadSigner,
    DispatchError,
    ExhaustsResources,
    Future,
    InvalidBlock,
    InvalidTransaction,
    MandatoryValidation,
    Stale,
)
from runtime.extensions import SigningContext, compute_signing_payload
from runtime.extrinsic import Extrinsic, Signer
from runtime.frame.call import Call
from runtime.frame.dispatch import DispatchClass, DispatchInfo, Pays, PostDispatch
from runtime.frame.dispatch_error import to_value
from runtime.frame.event_record import EventRecord
from runtime.frame.origin import Origin
from runtime.frozen import frozen
from runtime.header import Header, strip_seals
from runtime.host import SignedMessage
from runtime.primitives import AccountId, Hash, Weight
from runtime.system import BLOCK_HASH_COUNT, ExtrinsicFailed, ExtrinsicSuccess
from runtime.validity import LONGEVITY_MAX, ValidTransaction

PRIORITY_MAX = (1 << 64) - 1
NOBODY = AccountId.zero()


@frozen
class ApplyOutcome:
    """What became of an extrinsic in a block."""

    error: DispatchError | None
    """None if its dispatch succeeded."""

    info: DispatchInfo
    """What the block was charged: the weight that every extrinsic has is included."""


@frozen
class DryRun:
    """What a call would do in the next block."""

    error: DispatchError | None
    events: tuple[EventRecord, ...]
    info: DispatchInfo
    """What the block would be charged: the weight that every extrinsic has is included."""

    fee: int
    """What the sender would pay, in planck, without a tip."""


def initialize_block(runtime: ComposedRuntime, header: Header) -> None:
    """Begins the block that the header announces; its roots and seals are not read."""
    system = runtime.system
    system.initialize(strip_seals(header))
    weight = system.block_weights.base_block
    for pallet in runtime.pallets:
        weight = weight + pallet.on_initialize(header.number)
    system.note_weight(weight, DispatchClass.MANDATORY)


def apply_extrinsic(
    runtime: ComposedRuntime, extrinsic: Extrinsic, signed: SignedMessage | None = None
) -> ApplyOutcome:
    """Applies one extrinsic; `InvalidTransaction` if it may not be here, and nothing changed.

    ``signed`` is what its signature is of, where that was computed before.
    """
    info = extrinsic.call.get_dispatch_info()
    if extrinsic.signer is None:
        return _apply_inherent(runtime, extrinsic, info)
    who = extrinsic.signer.get_account()
    _ensure_not_mandatory(info)
    fee = _ensure_signed_valid(runtime, extrinsic, extrinsic.signer, info, signed)
    if extrinsic.signer.extra.nonce > runtime.system.get_nonce(who):
        raise Future
    sent = _Sent(who, extrinsic.call, info, len(extrinsic.raw), extrinsic.signer.extra.tip)
    return _apply_sent(runtime, sent, fee)[0]


def dry_run_call(
    runtime: ComposedRuntime, call: Call, who: AccountId, length_bytes: int, block_hash: Hash
) -> DryRun:
    """What a call of an account would do in the child of a block; give it a scratch state.

    Nobody signs: it says what would come of it, it does not do it. The child's time is its
    parent's. Raises `InvalidTransaction` where the fee cannot be paid or the call cannot be sent.
    """
    begin_validation(runtime, block_hash)
    info = call.get_dispatch_info()
    _ensure_not_mandatory(info)
    if not runtime.system.is_fitting(info, length_bytes):
        raise ExhaustsResources
    fee = runtime.fees.compute_fee_details(length_bytes, info, 0).total
    runtime.fees.ensure_payable(who, fee)
    outcome, actual_fee = _apply_sent(runtime, _Sent(who, call, info, length_bytes, 0), fee)
    events = cast("tuple[EventRecord, ...]", tuple(runtime.state.events))
    return DryRun(outcome.error, events, outcome.info, actual_fee)


@frozen
class _Sent:
    """A call that somebody sends, and how it was sent."""

    who: AccountId
    call: Call
    info: DispatchInfo
    length_bytes: int
    tip: int


def _apply_sent(runtime: ComposedRuntime, sent: _Sent, fee: int) -> tuple[ApplyOutcome, int]:
    """Takes the fee, dispatches the call, gives back what it did not need; the fee that stays."""
    system = runtime.system
    system.begin_extrinsic()
    with runtime.state.transaction():
        runtime.fees.withdraw_fee(sent.who, fee)
        system.note_nonce(sent.who)
    system.note_extrinsic(sent.length_bytes)
    post, error = _dispatch(runtime, sent.call, Origin.signed(sent.who))
    actual = _compute_actual(sent.info, post)
    actual_fee = fee
    if actual is not sent.info:
        actual_fee = runtime.fees.compute_fee_details(sent.length_bytes, actual, sent.tip).total
    runtime.fees.correct_and_deposit(sent.who, fee, actual_fee, sent.tip)
    return _note_outcome(runtime, actual, error), actual_fee


def _apply_inherent(
    runtime: ComposedRuntime, extrinsic: Extrinsic, info: DispatchInfo
) -> ApplyOutcome:
    if info.class_ is not DispatchClass.MANDATORY:
        raise BadCall
    if not runtime.system.is_fitting(info, len(extrinsic.raw)):
        raise ExhaustsResources
    runtime.system.begin_extrinsic()
    post, error = _dispatch(runtime, extrinsic.call, Origin.none())
    if error is not None:
        raise BadMandatory(f"{extrinsic.call.spec.name}: {error!r}") from error
    runtime.system.note_extrinsic(len(extrinsic.raw))
    return _note_outcome(runtime, _compute_actual(info, post), None)


def _dispatch(
    runtime: ComposedRuntime, call: Call, origin: Origin
) -> tuple[PostDispatch, DispatchError | None]:
    try:
        return runtime.dispatcher.dispatch(call, origin), None
    except DispatchError as error:
        return PostDispatch(), error.get_alone()


def _compute_actual(info: DispatchInfo, post: PostDispatch) -> DispatchInfo:
    if post.actual_weight is None and post.pays_fee is Pays.YES:
        return info
    weight = info.weight
    if post.actual_weight is not None and post.actual_weight.is_within(weight):
        weight = post.actual_weight
    pays = Pays.NO if Pays.NO in (info.pays_fee, post.pays_fee) else Pays.YES
    return DispatchInfo(weight, info.class_, pays)


def _note_outcome(
    runtime: ComposedRuntime, info: DispatchInfo, error: DispatchError | None
) -> ApplyOutcome:
    system = runtime.system
    limits = system.block_weights.per_class.get_limits(info.class_)
    weight = info.weight + limits.base_extrinsic
    charged = DispatchInfo(weight, info.class_, info.pays_fee)
    system.note_weight(charged.weight, charged.class_)
    if error is None:
        system.deposit_event(system, ExtrinsicSuccess(charged))
    else:
        cause = to_value(error, runtime.dispatcher.get_module_index)
        system.deposit_event(system, ExtrinsicFailed(cause, charged))
    return ApplyOutcome(error, charged)


def _ensure_not_mandatory(info: DispatchInfo) -> None:
    if info.class_ is DispatchClass.MANDATORY:
        raise MandatoryValidation


def _ensure_signed_valid(
    runtime: ComposedRuntime,
    extrinsic: Extrinsic,
    signer: Signer,
    info: DispatchInfo,
    signed: SignedMessage | None = None,
) -> int:
    """Every check of a signed extrinsic but a nonce of the future, the signature last; its fee."""
    who, extra = signer.get_account(), signer.extra
    if who == NOBODY:
        raise BadSigner
    if signed is None:
        signed = _compute_signed(runtime, extrinsic, signer)
    if extra.nonce < runtime.system.get_nonce(who):
        raise Stale
    if not runtime.system.is_fitting(info, len(extrinsic.raw)):
        raise ExhaustsResources
    fee = runtime.fees.compute_fee_details(len(extrinsic.raw), info, extra.tip).total
    runtime.fees.ensure_payable(who, fee)
    if not runtime.host.is_signed(*signed):
        raise BadProof
    return fee


def _compute_signed(
    runtime: ComposedRuntime, extrinsic: Extrinsic, signer: Signer
) -> SignedMessage:
    """What the signature is of; `BadSigner`, or `AncientBirthBlock` where that is forgotten."""
    version = runtime.version
    context = SigningContext(
        version.spec_version,
        version.transaction_version,
        runtime.system.block_hash[0],
        _get_birth_hash(runtime, signer),
    )
    message = compute_signing_payload(extrinsic.payload, context)
    return SignedMessage(signer.signature, message, signer.get_account())


def _find_signed(runtime: ComposedRuntime, extrinsic: Extrinsic) -> SignedMessage | None:
    """The same; None where there is no signature, or none to look at."""
    if extrinsic.signer is None:
        return None
    try:
        return _compute_signed(runtime, extrinsic, extrinsic.signer)
    except (BadSigner, AncientBirthBlock):
        return None  # which applying it says at its place


def _get_birth_hash(runtime: ComposedRuntime, signer: Signer) -> Hash:
    """The hash the era is signed with; `AncientBirthBlock` once it is no longer known.

    The genesis hash is kept for ever: immortal extrinsics sign it.
    """
    number = runtime.system.get_block_number()
    if signer.extra.era.is_immortal:
        return runtime.system.block_hash[0]
    if signer.extra.era.period > BLOCK_HASH_COUNT:
        raise AncientBirthBlock
    birth_hash = runtime.system.block_hash.get(signer.extra.era.compute_birth(number))
    if birth_hash is None:
        raise AncientBirthBlock
    return birth_hash


def finalize_block(runtime: ComposedRuntime) -> None:
    """Ends the block: hooks, then weight and events become state."""
    system = runtime.system
    system.note_finished_extrinsics()
    number = system.get_block_number()
    for pallet in runtime.pallets:
        pallet.on_finalize(number)
    system.finalize(cast("tuple[EventRecord, ...]", tuple(runtime.state.events)), runtime.events)


def execute_block(
    runtime: ComposedRuntime, header: Header, extrinsics: tuple[Extrinsic, ...]
) -> tuple[ApplyOutcome, ...]:
    """Executes a whole block; `InvalidBlock` says which extrinsic may not be where it is."""
    initialize_block(runtime, header)
    signed = tuple(_find_signed(runtime, each) for each in extrinsics)
    runtime.host.expect(tuple(each for each in signed if each is not None))
    outcomes: list[ApplyOutcome] = []
    transactions_begun = False
    for position, extrinsic in enumerate(extrinsics):
        if extrinsic.signer is None and transactions_begun:
            raise InvalidBlock(f"extrinsic {position}: an inherent behind a transaction")
        transactions_begun = transactions_begun or extrinsic.signer is not None
        try:
            outcomes.append(apply_extrinsic(runtime, extrinsic, signed[position]))
        except InvalidTransaction as error:
            detail = f" ({error})" if str(error) else ""
            raise InvalidBlock(f"extrinsic {position}: {error.reason}{detail}") from error
    finalize_block(runtime)
    return tuple(outcomes)


def validate_transaction(
    runtime: ComposedRuntime, extrinsic: Extrinsic, block_hash: Hash
) -> ValidTransaction:
    """Whether and how a transaction may wait in the pool, on the state after ``block_hash``.

    It is judged as if in that block's child, which the state is made to begin: give it a scratch
    one. A nonce of the future is valid and requires its predecessor. Raises `InvalidTransaction`.
    """
    begin_validation(runtime, block_hash)
    return validate_in_child(runtime, extrinsic)


def begin_validation(runtime: ComposedRuntime, block_hash: Hash) -> None:
    """Makes a scratch state, that after ``block_hash``, begin the block's child."""
    runtime.system.initialize(
        Header(block_hash, runtime.system.get_block_number() + 1, Hash.zero(), Hash.zero())
    )


def validate_in_child(runtime: ComposedRuntime, extrinsic: Extrinsic) -> ValidTransaction:
    """The same on a state that has begun the child, and is not changed: it serves many.

    Raises `InvalidTransaction`.
    """
    if extrinsic.signer is None:
        raise BadCall
    info = extrinsic.call.get_dispatch_info()
    _ensure_not_mandatory(info)
    fee = _ensure_signed_valid(runtime, extrinsic, extrinsic.signer, info)
    who, extra = extrinsic.signer.get_account(), extrinsic.signer.extra
    number = runtime.system.get_block_number()
    if extra.era.is_immortal:
        longevity = LONGEVITY_MAX
    else:
        longevity = max(0, extra.era.compute_death(number) - number)
    is_next = extra.nonce == runtime.system.get_nonce(who)
    return ValidTransaction(
        priority=compute_priority(fee, len(extrinsic.raw), info.weight),
        requires=() if is_next else (compute_nonce_tag(who, extra.nonce - 1),),
        provides=(compute_nonce_tag(who, extra.nonce),),
        longevity=longevity,
        propagate=True,
    )


def compute_nonce_tag(who: AccountId, nonce: int) -> bytes:
    """The tag that the extrinsic of this account and nonce provides."""
    return who + nonce.to_bytes(4, "little")


def compute_priority(fee: int, length_bytes: int, weight: Weight) -> int:
    """Fee, tip included, for each unit of what is scarcer for this extrinsic: bytes or weight.

    A unit is 1 KiB, or 100 microseconds; at least one.
    """
    units = max(length_bytes >> 10, weight.ref_time // 100_000_000, 1)
    return min(fee // units, PRIORITY_MAX)

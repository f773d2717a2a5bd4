"""What a round must be to be posted, and what it puts on hold."""

from pallets.rounds import declarations as declared
from pallets.rounds.labels import compute_packed_bytes
from pallets.rounds.types import (
    CLASSES_MAX,
    GOLD_MAX,
    GOLD_MIN,
    ITEMS_MAX,
    SEATS_MAX,
    WINDOW_BLOCKS_MAX,
    Phase,
    Round,
    RoundParams,
    RoundSpec,
    RoundTerms,
)
from runtime.frame.ai_traits import Records
from runtime.frame.parameters import Param, Parameters, compute_deposit
from runtime.primitives import BPS, AccountId

ROUND_BYTES = 768
"""What a round takes in the state beside its labels."""

SEAT_BYTES = 256
"""What a seat takes beside its answers."""


def plan_round(
    owner: AccountId,
    spec: RoundSpec,
    terms: RoundTerms,
    records: Records,
    parameters: Parameters,
    params: RoundParams,
    now: int,
) -> Round:
    """The round as it will be stored; nothing is changed.

    Errors: `BadSpec`, `BadTerms`, `ItemsMissing`, `WrongItemSize`.
    """
    _ensure_spec(spec, parameters)
    _ensure_terms(terms, parameters)
    items = _count_items(spec, records)
    _ensure_gold(spec, items, parameters)
    packed = compute_packed_bytes(items, spec.classes)
    stored_bytes = ROUND_BYTES + packed + spec.seats * (SEAT_BYTES + packed)
    gold_bps = parameters.get_param(Param.GOLD_DEPOSIT_BPS, params.gold_deposit_bps)
    seat_bps = parameters.get_param(Param.SEAT_BOND_BPS, params.bond_bps)
    bond_min = parameters.get_param(Param.SLOT_BOND_MIN, params.bond_min)
    deposit = params.round_deposit + params.byte_deposit * stored_bytes
    average = -(-spec.pool // spec.seats)
    return Round(
        owner=owner,
        spec=spec,
        terms=terms,
        items=items,
        seat_bond=max(bond_min, _take_part(average, seat_bps)),
        gold_deposit=max(params.gold_deposit_min, _take_part(spec.pool, gold_bps)),
        deposit=compute_deposit(parameters, deposit),
        phase=Phase.JOINING,
        ends_at=now + terms.join_blocks,
    )


def _take_part(amount: int, bps: int) -> int:
    """Rounded up: against whoever posts the round, or puts it on hold."""
    return -(-amount * bps // BPS)


def _ensure_spec(spec: RoundSpec, parameters: Parameters) -> None:
    if not 2 <= spec.classes <= CLASSES_MAX:
        raise declared.BadSpec(f"expected 2 to {CLASSES_MAX} classes, got {spec.classes}")
    seats_min = parameters.get_param(Param.COMMITTEE_MIN, 1)
    if not seats_min <= spec.seats <= SEATS_MAX:
        raise declared.BadSpec(f"expected {seats_min} to {SEATS_MAX} seats, got {spec.seats}")
    if spec.pool == 0:
        raise declared.BadSpec("expected a pool, got nothing")


def _ensure_gold(spec: RoundSpec, items: int, parameters: Parameters) -> None:
    """A round of more items than so much gold can be a share of needs no more than the most."""
    share = _take_part(items, parameters.get_param(Param.GOLD_SHARE_BPS, 0))
    least, most = min(max(GOLD_MIN, share), GOLD_MAX), min(items, GOLD_MAX)
    if not least <= spec.gold_items <= most:
        raise declared.BadSpec(f"expected {least} to {most} gold, got {spec.gold_items}")


def _ensure_terms(terms: RoundTerms, parameters: Parameters) -> None:
    windows = (terms.join_blocks, terms.commit_blocks, terms.reveal_blocks, terms.gold_blocks)
    if min(windows) < 1 or max(windows) > WINDOW_BLOCKS_MAX:
        raise declared.BadTerms(f"expected 1 to {WINDOW_BLOCKS_MAX} blocks a phase, got {windows}")
    least, got = parameters.get_param(Param.REVEAL_BLOCKS_MIN, 1), terms.reveal_blocks
    if got < least:
        raise declared.BadTerms(f"expected {least} blocks or more to reveal, got {got}")


def _count_items(spec: RoundSpec, records: Records) -> int:
    content = records.get_blob(spec.items)
    if content is None:
        raise declared.ItemsMissing
    if spec.item_bytes == 0 or len(content) % spec.item_bytes != 0:
        raise declared.WrongItemSize(f"{len(content)} bytes are not items of {spec.item_bytes}")
    items = len(content) // spec.item_bytes
    if not 1 <= items <= ITEMS_MAX:
        raise declared.WrongItemSize(f"expected 1 to {ITEMS_MAX} items, got {items}")
    return items

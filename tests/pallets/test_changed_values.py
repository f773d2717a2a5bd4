"""Values with a method for a change: every field but the named ones stays what it was."""

from dataclasses import fields, is_dataclass, replace
from typing import Any, get_args, get_type_hints

import pytest

from pallets.bonds.types import Bond, Chunk
from pallets.market import Infer, Job, Posted, Slot
from pallets.market.settlement import OPINION_ONE, add_verdict
from pallets.market.types import SlotState, Stats
from pallets.registry.types import Version
from pallets.work import Era
from runtime.account import AccountInfo
from runtime.frame.ai_types import RecordVersion, VerifierId
from runtime.primitives import AccountId, Hash, Root
from tests.pallets.registry.stage import make_weights


def number(cls: type, **given: Any) -> Any:
    """A value whose integers are all different, so that two that are swapped are seen."""
    assert is_dataclass(cls)
    hints = get_type_hints(cls)
    numbers = {
        each.name: 1_001 + place
        for place, each in enumerate(fields(cls))
        if each.name not in given and int in (hints[each.name], *get_args(hints[each.name]))
    }
    return cls(**numbers, **given)


WHO, OTHER = AccountId(b"w" * 32), AccountId(b"o" * 32)
SLOT: Slot = number(
    Slot,
    state=SlotState.LOCKED,
    provider=WHO,
    is_late=True,
    claimant=OTHER,
    commitment=Hash(b"c" * 32),
)
JOB: Job = number(
    Job,
    owner=WHO,
    spec=Infer(1, 2, Root(b"i" * 32), 3, 4, 5),
    source=RecordVersion(6, 7),
    price=Posted(10),
    verifier=VerifierId.FREIVALDS,
    is_cancelled=True,
)
BOND: Bond = number(Bond, unbonding=(Chunk(1, 2),))
STATS: Stats = number(Stats)
ERA: Era = number(Era)
VERSION: Version = number(
    Version,
    body=make_weights().body,
    manifest_root=Root(b"m" * 32),
    parents=(),
    shares=(),
    payer=OTHER,
)
ACCOUNT: AccountInfo = number(AccountInfo)


@pytest.mark.parametrize(
    "changed, expected",
    [
        (
            SLOT.submit(WHO, Hash(b"d" * 32)),
            replace(SLOT, state=SlotState.SUBMITTED, claimant=WHO, commitment=Hash(b"d" * 32)),
        ),
        (
            SLOT.settle(9),
            replace(SLOT, state=SlotState.SETTLED, bond=0, claimant=None, burned=9),
        ),
        (JOB.end_slot(), replace(JOB, live=JOB.live - 1, escrow=JOB.escrow - 10)),
        (BOND.lock(3), replace(BOND, active=BOND.active - 3, locked=BOND.locked + 3)),
        (BOND.lock(-3), replace(BOND, active=BOND.active + 3, locked=BOND.locked - 3)),
        (
            add_verdict(STATS, is_valid=True, price=5),
            replace(
                STATS,
                settled=STATS.settled + 1,
                value=STATS.value + 5,
                alpha=STATS.alpha * 999 // 1_000 + OPINION_ONE,
                beta=STATS.beta * 999 // 1_000,
            ),
        ),
        (ERA.add_settlement(4, 5), replace(ERA, burned=ERA.burned + 4, bonus=ERA.bonus + 5)),
        (VERSION.note_jobs(-2), replace(VERSION, jobs=VERSION.jobs - 2)),
        (ACCOUNT.with_next_nonce(), replace(ACCOUNT, nonce=ACCOUNT.nonce + 1)),
    ],
)
def test_only_what_is_named_changes(changed: object, expected: object) -> None:
    assert changed == expected


@pytest.mark.parametrize("value", [SLOT, JOB, BOND, STATS, ERA, VERSION, ACCOUNT])
def test_no_field_is_left_at_its_default(value: Any) -> None:
    defaults = [each for each in fields(value) if each.name not in ("data", "flags")]
    assert all(getattr(value, each.name) not in (each.default, None) for each in defaults)
    numbers = [each for each in vars_of(value) if type(each) is int]
    assert len(set(numbers)) == len(numbers)


def vars_of(value: Any) -> list[Any]:
    """What its fields hold."""
    return [getattr(value, each.name) for each in fields(value)]

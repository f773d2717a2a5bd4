"""Royalties: what each ancestor earns, whatever the order and the depth."""

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pallets.registry.declarations import BadParent, RoyaltyTooHigh, TooManyShares
from pallets.registry.lineage import compute_shares
from pallets.registry.types import PARENTS_MAX, Parent, Relation, Share, Shares
from runtime.frame.ai_types import ROYALTY_BPS_MAX, ROYALTY_DEPTH_MAX, ROYALTY_SHARES_MAX
from tests.pallets.registry.stage import ALICE, BOB, CAROL, RegistryStage, make_dataset


@pytest.fixture
def stage() -> RegistryStage:
    return RegistryStage()


def test_parents_exist_earlier(stage: RegistryStage) -> None:
    parent = stage.register(ALICE, make_dataset())
    for wrong in (parent + 1, parent + 2):
        with stage.refused(BadParent):
            stage.register(BOB, make_dataset(2), (Parent(wrong, Relation.USES, 0),))
    twice = (Parent(parent, Relation.USES, 1), Parent(parent, Relation.TRAINED_ON, 1))
    with stage.refused(BadParent):
        stage.register(BOB, make_dataset(2), twice)
    child = stage.register(BOB, make_dataset(2), twice[:1])
    assert stage.registry.version[child, 1].parents == twice[:1]
    stage.records.note_job(parent, 1)
    stage.retire(ALICE, parent)
    with stage.refused(BadParent):
        stage.register(BOB, make_dataset(2), twice[:1])


def test_royalties_fan_out(stage: RegistryStage) -> None:
    grandparent = stage.register(ALICE, make_dataset(1), royalty_bps=200)
    parent = stage.register(
        BOB, make_dataset(2), (Parent(grandparent, Relation.TRAINED_ON, 100),), 300
    )
    child = stage.register(
        CAROL, make_dataset(3), (Parent(parent, Relation.FINETUNED_FROM, 1_001),), 50
    )
    assert stage.records.get_royalties(grandparent, 1) == ((ALICE, 200),)
    assert stage.records.get_royalties(parent, 1) == ((ALICE, 100), (BOB, 300))
    # The parent passes on a quarter, rounded down, as it does of its own settlements.
    assert stage.records.get_royalties(child, 1) == ((ALICE, 250), (BOB, 751), (CAROL, 50))
    assert stage.records.get_royalties(child, 2) == ()
    stage.transfer(ALICE, grandparent, BOB)
    assert stage.records.get_royalties(child, 1) == ((BOB, 1_001), (CAROL, 50))
    stage.retire(BOB, grandparent)
    assert stage.records.get_royalties(child, 1) == ((BOB, 751), (CAROL, 50))
    stage.registry.try_state()


def test_royalties_are_capped(stage: RegistryStage) -> None:
    parent = stage.register(ALICE, make_dataset(), royalty_bps=4_000)
    with stage.refused(RoyaltyTooHigh):
        stage.register(ALICE, make_dataset(), royalty_bps=4_001)
    own = (Parent(parent, Relation.TRAINED_ON, 3_000),)
    with stage.refused(RoyaltyTooHigh):
        stage.register(BOB, make_dataset(), own, 1_001)
    stage.register(BOB, make_dataset(), own, 1_000)


def test_shares_are_bounded(stage: RegistryStage) -> None:
    roots = [stage.register(ALICE, make_dataset(), royalty_bps=1) for _ in range(33)]
    tops = []
    for start in range(0, 33, PARENTS_MAX):
        group = roots[start : start + PARENTS_MAX]
        parents = tuple(Parent(root, Relation.USES, 100) for root in group)
        tops.append(stage.register(BOB, make_dataset(), parents))
    four = tuple(Parent(top, Relation.USES, 800) for top in tops[:4])
    assert len(stage.registry.version[stage.register(BOB, make_dataset(), four), 1].shares) == 32
    with stage.refused(TooManyShares):
        stage.register(BOB, make_dataset(), (*four, Parent(tops[4], Relation.USES, 100)))


def test_royalties_end_after_so_many_generations() -> None:
    shares: Shares = compute_shares(0, 1_000, ())
    ends: list[Shares] = []
    for child in range(1, 7):
        # Nobody on the way takes a part of their own: all of it goes as far as it may.
        shares = compute_shares(child, 0, ((child - 1, 1_000, shares),))
        ends.append(shares)
    assert ends[:4] == [(Share(0, 1_000, generation),) for generation in range(1, 5)]
    # The first of all is out of reach of the fifth child, whose parent keeps what it would pass on.
    assert ends[4:] == [(Share(4, 1_000, 1),), (Share(4, 1_000, 2),)]


def test_a_diamond_is_paid_once_for_both_ways() -> None:
    root = compute_shares(0, 100, ())
    left = compute_shares(1, 100, ((0, 100, root),))
    right = compute_shares(2, 300, ((0, 100, root),))
    top = compute_shares(3, 0, ((1, 100, left), (2, 100, right), (0, 7, root)))
    assert top == (Share(0, 50 + 25 + 7, 1), Share(1, 50, 1), Share(2, 75, 1))


@st.composite
def lineages(draw: st.DrawFn) -> list[Shares]:
    """The shares of records of which each may come from any before it."""
    known: list[Shares] = []
    for number in range(draw(st.integers(1, 12))):
        earlier = st.lists(st.integers(0, number - 1), max_size=3, unique=True)
        parents = draw(earlier) if number else []
        parts = [(parent, draw(st.integers(0, 1_000)), known[parent]) for parent in parents]
        own = draw(st.integers(0, 1_000))
        shares = compute_shares(number, own, parts)
        # Every order of the parents gives the same, and nothing is lost or made.
        assert all(compute_shares(number, own, each) == shares for each in permutations(parts))
        assert sum(share.bps for share in shares) == own + sum(part[1] for part in parts)
        known.append(shares)
    return known


@given(lineages())
def test_any_lineage_is_capped_and_ordered(known: list[Shares]) -> None:
    for number, shares in enumerate(known):
        records = [share.record for share in shares]
        assert records == sorted(set(records))
        assert all(record <= number for record in records)
        assert all(share.bps > 0 for share in shares)
        assert all(share.generation <= ROYALTY_DEPTH_MAX for share in shares)
        assert sum(share.bps for share in shares) <= ROYALTY_BPS_MAX
        assert len(shares) <= ROYALTY_SHARES_MAX


@given(st.integers(0, 2**16 - 1), st.lists(st.integers(0, 2**16 - 1), max_size=PARENTS_MAX))
def test_no_royalties_beyond_the_cap(own: int, parts: list[int]) -> None:
    parents = [(number, part, ()) for number, part in enumerate(parts)]
    if own + sum(parts) > ROYALTY_BPS_MAX:
        with pytest.raises(RoyaltyTooHigh):
            compute_shares(PARENTS_MAX, own, parents)
    else:
        shares = compute_shares(PARENTS_MAX, own, parents)
        assert sum(share.bps for share in shares) == own + sum(parts)

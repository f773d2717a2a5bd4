"""Storage: audits, what they pay, and what missing them costs."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pallets.leases import CloseReason, Opening, Replica, StorageTerms
from pallets.leases import declarations as declared
from pallets.leases.types import DRAWS_MAX, STORAGE_UNIT_BYTES
from runtime.audit import compute_audit_seed, draw_audit
from runtime.frame import Pays
from runtime.frame.ai_types import Role
from runtime.primitives import Hash
from runtime.tensor.chunks import CHUNKED_BYTES_MAX, commit_chunks
from tests.pallets.leases.stage import (
    ALICE,
    BOB,
    BOND,
    CAROL,
    CONTENT,
    DAVE,
    GENESIS,
    NOTICE,
    PARAMS,
    RATE,
    REPLICA,
    STORAGE,
    TREE,
    LeaseStage,
    make_hash,
    open_chunks,
)

EVERY, WINDOW = STORAGE.proof_every, STORAGE.proof_blocks


@pytest.fixture
def stage() -> LeaseStage:
    return LeaseStage()


def miss(stage: LeaseStage, lease: int) -> None:
    """The next audit passes without an answer."""
    stage.go_to(stage.get(lease).audit_at + WINDOW + 1)


# --- offers


@pytest.mark.parametrize(
    "terms, notice",
    [
        (StorageTerms(20, 20, 4), 60),
        (StorageTerms(20, 0, 4), 60),
        (StorageTerms(20, 5, 0), 60),
        (StorageTerms(20, 5, DRAWS_MAX + 1), 60),
        (StorageTerms(100_001, 5, 4), 100_000),
        (StorageTerms(2_000, 1_001, 4), 6_000),
        (STORAGE, 59),
    ],
)
def test_storage_has_terms_under_which_it_can_be_audited(
    stage: LeaseStage, terms: StorageTerms, notice: int
) -> None:
    with stage.refused(declared.BadTerms):
        stage.offer(terms, notice=notice)


def test_a_replica_takes_the_units_that_it_fills(stage: LeaseStage) -> None:
    offer = stage.offer(STORAGE)
    for size, units in ((1, 1), (STORAGE_UNIT_BYTES, 1), (STORAGE_UNIT_BYTES + 1, 2)):
        lease = stage.start(offer, replace(REPLICA, size_bytes=size))
        assert stage.get(lease).rate == units * RATE
    with stage.refused(declared.FullyBooked):
        stage.start(offer)
    for size in (0, CHUNKED_BYTES_MAX + 1):
        with stage.refused(declared.WrongSubject):
            stage.start(offer, replace(REPLICA, size_bytes=size))


def test_a_window_at_least_is_paid_in_advance(stage: LeaseStage) -> None:
    offer = stage.offer(STORAGE)
    with stage.refused(declared.Underfunded):
        stage.start(offer, amount=EVERY * RATE - 1)
    stage.store(EVERY * RATE)
    assert stage.bonds.get_bonded(BOB, Role.STORAGE) == BOND - PARAMS.bond_blocks * RATE
    assert stage.bonds.get_bonded(BOB, Role.PROVIDER) == BOND


# --- answers


def test_an_answer_pays_its_window_and_no_fee(stage: LeaseStage) -> None:
    lease = stage.store()
    due = stage.get(lease).audit_at
    assert due == 1 + EVERY
    stage.go_to(due)
    with stage.refused(declared.NoAudit):
        stage.respond(lease)  # the hash of this block is known to nobody yet
    stage.skip(1)
    stage.take_events()
    result = stage.respond(lease)
    assert result.pays_fee is Pays.NO
    entry = stage.get(lease)
    assert (entry.settled_at, entry.paid_blocks, entry.misses) == (due, EVERY, 0)
    assert declared.AuditPassed(lease, due) in stage.take_events()
    with stage.refused(declared.NoAudit):
        stage.call("por_respond", BOB, lease, ())


def test_time_alone_pays_nothing(stage: LeaseStage) -> None:
    lease = stage.store()
    stage.skip(EVERY + WINDOW)
    with stage.refused(declared.NotDue):
        stage.call("poke", DAVE, lease)
    assert stage.get(lease).paid == 0


def test_wrong_answers(stage: LeaseStage) -> None:
    lease = stage.store()
    stage.go_to(stage.get(lease).audit_at + 1)
    right, drawn = stage.answer(lease), stage.draw(lease)
    first = right[0]
    other = Opening(first.chunk[:-1] + bytes([first.chunk[-1] ^ 1]), first.path)
    swapped = tuple((index + 1) % TREE.chunks_count for index in drawn)
    wrong = [
        right[:-1],
        (*right, first),
        (other, *right[1:]),
        (Opening(first.chunk, first.path[:-1]), *right[1:]),
        (Opening(b"", ()), *right[1:]),
        open_chunks(CONTENT, TREE, swapped),
        (),
    ]
    for each in wrong:
        with stage.refused(declared.BadProof):
            stage.call("por_respond", BOB, lease, each)
    with stage.refused(declared.NotYours):
        stage.call("por_respond", CAROL, lease, right)
    with stage.refused(declared.NoSuchLease):
        stage.call("por_respond", BOB, 9, right)
    machines = stage.rent()
    with stage.refused(declared.WrongState):
        stage.call("por_respond", BOB, machines, right)
    with stage.refused(declared.WrongState):
        stage.call("accept_work", ALICE, lease)
    with stage.refused(declared.WrongState):
        stage.call("dispute", ALICE, lease)
    stage.call("por_respond", BOB, lease, right)


def test_another_lease_of_the_same_bytes_draws_other_chunks() -> None:
    """Nor does another chain, or another block: an answer is worth nothing twice."""
    size = 2**30
    drawn = {
        draw_audit(genesis, lease, make_hash(block), size, 20)
        for genesis in (GENESIS, Hash.zero())
        for lease in (0, 1)
        for block in (1, 2)
    }
    assert len(drawn) == 8
    assert compute_audit_seed(GENESIS, 1, make_hash(2)) != compute_audit_seed(
        GENESIS, 2, make_hash(1)
    )


def test_an_answer_at_the_last_block_of_the_window(stage: LeaseStage) -> None:
    lease = stage.store()
    stage.go_to(stage.get(lease).audit_at + WINDOW)
    stage.respond(lease)
    assert stage.get(lease).misses == 0


# --- misses


def test_a_miss_is_not_paid_and_not_final(stage: LeaseStage) -> None:
    lease = stage.store()
    due = stage.get(lease).audit_at
    miss(stage, lease)
    with stage.refused(declared.NoAudit):
        stage.call("por_respond", BOB, lease, ())
    stage.call("poke", DAVE, lease)
    entry = stage.get(lease)
    assert (entry.misses, entry.settled_at, entry.paid) == (1, due, 0)
    assert declared.AuditMissed(lease, due, 1) in stage.take_events()
    stage.go_to(entry.audit_at + 1)
    stage.respond(lease)
    assert stage.get(lease).paid_blocks == EVERY


def test_the_third_miss_ends_the_lease(stage: LeaseStage) -> None:
    total = stage.get_total()
    lease = stage.store()
    wealth, bond = stage.get_wealth(ALICE), PARAMS.bond_blocks * RATE
    for misses in (1, 2):
        miss(stage, lease)
        stage.call("poke", DAVE, lease)
        assert stage.get(lease).misses == misses
    stage.go_to(stage.get(lease).audit_at + 1)
    stage.respond(lease)  # an answer between them forgives none
    paid = EVERY * RATE
    miss(stage, lease)
    stage.take_events()
    stage.call("poke", DAVE, lease)
    events = stage.take_events()
    assert declared.ProviderFailed(lease, BOB, bond, bond // 2, bond // 2) in events
    assert declared.LeaseClosed(lease, CloseReason.FAULTY, 100 * RATE - paid) in events
    assert stage.get_wealth(ALICE) - wealth == bond // 2 - paid
    assert stage.bonds.get_bonded(BOB, Role.STORAGE) == BOND - bond
    assert total - stage.get_total() == bond // 2 + paid // 10


def test_one_poke_counts_all_misses(stage: LeaseStage) -> None:
    lease = stage.store(10_000 * RATE)
    stage.skip(1_000)
    with stage.refused(declared.WrongState):
        stage.call("por_respond", BOB, lease, ())
    stage.call("poke", DAVE, lease)
    assert lease not in stage.leases.lease


def test_storage_of_a_lapsed_record_goes_on(stage: LeaseStage) -> None:
    lease = stage.store()
    stage.dispatch(stage.registry, "retire", BOB, stage.record_of[BOB])
    with stage.refused(declared.NotDue):
        stage.call("poke", DAVE, lease)
    stage.go_to(stage.get(lease).audit_at + 1)
    stage.respond(lease)


# --- ends


def test_a_balance_ends_with_the_last_whole_window(stage: LeaseStage) -> None:
    lease = stage.store(2 * EVERY * RATE + EVERY * RATE // 2)
    wealth = stage.get_wealth(ALICE)
    for _ in range(2):
        stage.go_to(stage.get(lease).audit_at + 1)
        stage.respond(lease)
    assert lease not in stage.leases.lease
    assert stage.take_events()[-1] == declared.LeaseClosed(
        lease, CloseReason.OVERDRAWN, EVERY * RATE // 2
    )
    assert wealth - stage.get_wealth(ALICE) == 2 * EVERY * RATE
    assert stage.bonds.get_bonded(BOB, Role.STORAGE) == BOND


def test_notice_ends_with_a_window_and_is_audited(stage: LeaseStage) -> None:
    lease = stage.store(1_000 * RATE)
    stage.skip(7)
    stage.call("reclaim", BOB, lease)
    ends_at = stage.get(lease).ends_at
    assert ends_at == 1 + NOTICE + EVERY
    for _ in range(4):
        stage.go_to(stage.get(lease).audit_at + 1)
        stage.respond(lease)
    assert lease not in stage.leases.lease
    closed = declared.LeaseClosed(lease, CloseReason.RECLAIMED, (1_000 - 80) * RATE)
    assert stage.take_events()[-1] == closed


def test_who_has_lost_the_bytes_cannot_leave_unpunished(stage: LeaseStage) -> None:
    lease = stage.store(1_000 * RATE)
    stage.call("reclaim", BOB, lease)
    stage.skip(1_000)
    stage.call("poke", DAVE, lease)
    closed = [each for each in stage.take_events() if isinstance(each, declared.LeaseClosed)]
    assert closed[0].reason is CloseReason.FAULTY


@pytest.mark.parametrize("misses, due", [(0, 50), (1, 3)])
def test_a_tenant_who_leaves(stage: LeaseStage, misses: int, due: int) -> None:
    """It owes the least time, unless the provider missed an audit."""
    lease = stage.store(least=50)
    wealth = stage.get_wealth(ALICE)
    if misses:
        miss(stage, lease)
        stage.call("poke", DAVE, lease)
        stage.go_to(stage.get(lease).settled_at + 3 + WINDOW)
        due += WINDOW
    stage.call("close_lease", ALICE, lease)
    assert wealth - stage.get_wealth(ALICE) == due * RATE


# --- honest providers


@settings(max_examples=25)
@given(st.binary(min_size=1, max_size=20_000), st.integers(1, DRAWS_MAX), st.integers(0, 9_999))
def test_whoever_has_all_chunks_never_faults(content: bytes, draws: int, seed: int) -> None:
    """V-8: for any content, any number of draws and any block."""
    stage, tree = LeaseStage(), commit_chunks(content)
    offer = stage.offer(StorageTerms(10, 3, draws), notice=30, least=1)
    stage.go_to(2 + seed)
    lease = stage.start(offer, Replica(tree.root, len(content)), 30 * RATE)
    stage.call("accept_lease", BOB, lease)
    for _ in range(3):
        stage.go_to(stage.get(lease).audit_at + 1 + seed % 3)
        openings = open_chunks(content, tree, stage.draw(lease))
        stage.call("por_respond", BOB, lease, openings)
    assert lease not in stage.leases.lease


def test_a_tenth_less_is_found(stage: LeaseStage) -> None:
    """Of 4,096 chunks a tenth is lost: most audits of 20 draws hit the gap."""
    size, found, audits = 4 << 20, 0, 300
    for block in range(audits):
        drawn = draw_audit(GENESIS, 0, make_hash(block), size, 20)
        found += min(drawn) < 410
    assert 0.8 < found / audits < 0.94

"""Calls whose arguments must fit a hash, a proof or a key: who can make them now, and with what.

Everybody's secrets are known here: salts, keys, operands and the bytes of replicas.
"""

from random import Random
from typing import Any

import numpy as np

from pallets.leases.types import Machines, MachineTerms, Replica, StorageTerms
from pallets.market import Job, SlotState
from pallets.market.bids import Pick
from pallets.market.prices import Bids
from pallets.market.specs import Commission, Infer, Product
from pallets.pools import compute_shard_commitment
from pallets.rounds import compute_answer_commitment, pack_labels
from runtime.audit import draw_audit
from runtime.claim import compute_claim_roots, compute_commitment
from runtime.crypto.sealed_box import seal
from runtime.frame.ai_types import SlotId, VerifierId
from runtime.primitives import UNIT, AccountId, Hash
from runtime.tensor.blob import blob_root
from runtime.tensor.commitment import commit_result
from tests.helpers.chain_stage import ChainStage
from tests.helpers.economy import BOB, CAROL, PEOPLE, RECORD_OF
from tests.helpers.product_jobs import ProductCase
from tests.helpers.sale_stage import ONCE_PK, SEALED, SECRET
from tests.helpers.slot_work import run_program, run_slot
from tests.helpers.walk_names import NAMES, Attempts, Secrets
from tests.pallets.leases.stage import CONTENT, TREE, open_chunks
from tests.pallets.pools.stage import HIDDEN, SALT, SHARDS
from tests.pallets.rounds.stage import GOLD, GOLD_SALT

PROVIDERS = (BOB, CAROL)
CASE = ProductCase(96, 96, 64, strips_per_slot=2)


def get_salt(who: AccountId) -> bytes:
    """Somebody's salt; a real one is random."""
    return bytes(reversed(who[:31])) + b"\x77"


# --- the market and verify


def lock(chain: ChainStage, rng: Random) -> Attempts:
    at = chain.runtime.market
    return [
        (who, (*key, record))
        for key, slot in at.slot.items()
        if slot.state is SlotState.OPEN
        for who, record in RECORD_OF.items()
    ]


def submit(chain: ChainStage, rng: Random) -> Attempts:
    """Right results, and where they are not judged at once some wrong ones."""
    found: Attempts = []
    for (number, index), slot in chain.runtime.market.slot.items():
        if slot.state not in (SlotState.LOCKED, SlotState.LATE_OPEN):
            continue
        job, who = chain.runtime.market.job[number], slot.provider
        assert who is not None, "it is locked, or was"
        if slot.state is SlotState.LATE_OPEN:
            who = rng.choice(PROVIDERS)
        payload = make_payload(chain, number, job, index, rng)
        size, _ = job.get_result_bytes(index)
        roots = compute_claim_roots(payload[:size], payload[size:])
        genesis = chain.runtime.system.get_genesis_hash()
        commitment = compute_commitment(genesis, SlotId(number, index), who, roots)
        found.append((who, (number, index, commitment, payload)))
    return found


def make_payload(chain: ChainStage, number: int, job: Job, index: int, rng: Random) -> bytes:
    records, output = chain.runtime.registry.records, chain.runtime.market.output
    if isinstance(job.spec, Infer):
        return run_slot(records, job, index)
    if isinstance(job.spec, Product):
        is_wrong = rng.random() < 0.5
        return bytes(commit_result(get_result(index, is_wrong=is_wrong)).root)
    if isinstance(job.spec, Commission):
        return rng.randbytes(32)
    right = run_program(records, job, index, lambda other: output[number, other])
    is_wrong = job.verifier is VerifierId.SPOT_CHECK and rng.random() < 0.5
    return bytes([right[0] ^ 1]) + right[1:] if is_wrong else right


def get_result(index: int, *, is_wrong: bool) -> Any:
    return CASE.forge(index, 0) if is_wrong else CASE.compute(index)


def accept(chain: ChainStage, rng: Random) -> Attempts:
    at = chain.runtime.market
    return [
        (job.owner, (number, (Pick(slot, who),)))
        for number, job in at.job.items()
        for slot in range(job.slots)
        for (_, who), _ in at.bid_.items(number)
    ]


def list_pending(chain: ChainStage, verifier: VerifierId) -> list[tuple[int, int]]:
    verify = chain.runtime.verify
    return [at for at, _ in verify.pending.items() if verify.claim[at].verifier is verifier]


def challenge_pixel(chain: ChainStage, rng: Random) -> Attempts:
    pending = list_pending(chain, VerifierId.SPOT_CHECK)
    return [(rng.choice(PEOPLE), (*at, pixel)) for at in pending for pixel in (0, 5)]


def find_claimed(chain: ChainStage, at: tuple[int, int]) -> Any:
    """The result that a claim is of."""
    root = chain.runtime.market.output[at]
    results = (get_result(at[1], is_wrong=is_wrong) for is_wrong in (False, True))
    return next(each for each in results if bytes(commit_result(each).root) == root)


def prove_tile(chain: ChainStage, rng: Random) -> Attempts:
    return [
        (rng.choice(PEOPLE), (*at, 0, *CASE.open(at[1], 0, find_claimed(chain, at))))
        for at in list_pending(chain, VerifierId.TILE_PROOF)
    ]


def demand_tile(chain: ChainStage, rng: Random) -> Attempts:
    pending = list_pending(chain, VerifierId.TILE_PROOF)
    return [(rng.choice(PEOPLE), (*at, rng.randrange(3))) for at in pending]


def answer_tile(chain: ChainStage, rng: Random) -> Attempts:
    verify = chain.runtime.verify
    return [
        (
            verify.claim[at].claimant,
            (*at, each.tile, CASE.open_tile(at[1], each.tile, find_claimed(chain, at))),
        )
        for at in list_pending(chain, VerifierId.TILE_PROOF)
        for each in verify.pending[at].demands
    ]


def reject_result(chain: ChainStage, rng: Random) -> Attempts:
    jobs = chain.runtime.market.job
    return [(jobs[at[0]].owner, at) for at in list_pending(chain, VerifierId.BUYER_ACCEPT)]


def claim_era(chain: ChainStage, rng: Random) -> Attempts:
    return [(rng.choice(PEOPLE), (era, who)) for era in range(8) for who in PEOPLE]


# --- storage, labels, data


def por_respond(chain: ChainStage, rng: Random) -> Attempts:
    found: Attempts = []
    system = chain.runtime.system
    for number, lease in chain.runtime.leases.lease.items():
        terms, subject = lease.terms, lease.subject
        if not (isinstance(terms, StorageTerms) and isinstance(subject, Replica)):
            continue
        block_hash = None if lease.accepted_at is None else system.get_block_hash(lease.audit_at)
        if block_hash is not None and subject.root == TREE.root:
            genesis = system.get_genesis_hash()
            drawn = draw_audit(genesis, number, block_hash, len(CONTENT), terms.draws)
            found.append((lease.provider, (number, open_chunks(CONTENT, TREE, drawn))))
    return found


def make_answers(number: int, who: AccountId, items: int, classes: int) -> bytes:
    rng = np.random.default_rng([number, who[0]])
    return pack_labels([int(each) for each in rng.integers(0, classes, items)], classes)


def commit_labels(chain: ChainStage, rng: Random) -> Attempts:
    return [
        (who, (number, compute_answer_commitment(*place, who, packed, get_salt(who))))
        for number, who, packed in list_seats(chain)
        for place in (_name(chain, number),)
    ]


def reveal_labels(chain: ChainStage, rng: Random) -> Attempts:
    return [(who, (number, packed, get_salt(who))) for number, who, packed in list_seats(chain)]


def list_seats(chain: ChainStage) -> list[tuple[int, AccountId, bytes]]:
    rounds = chain.runtime.rounds
    return [
        (number, who, make_answers(number, who, entry.items, entry.spec.classes))
        for (number, who), _ in rounds.seat.items()
        for entry in (rounds.round[number],)
    ]


def join(chain: ChainStage, rng: Random) -> Attempts:
    numbers = list(chain.runtime.rounds.round.keys())
    return [(who, (number, RECORD_OF[who])) for number in numbers for who in PROVIDERS]


def reveal_gold(chain: ChainStage, rng: Random) -> Attempts:
    rounds = chain.runtime.rounds.round.items()
    return [(each.owner, (number, GOLD, GOLD_SALT)) for number, each in rounds]


def _name(chain: ChainStage, number: int) -> tuple[Hash, int]:
    return chain.runtime.system.get_genesis_hash(), number


def commit_shard(chain: ChainStage, rng: Random) -> Attempts:
    return [
        (who, (number, compute_shard_commitment(*_name(chain, number), who, root, get_salt(who))))
        for number in chain.runtime.pools.pool.keys()  # noqa: SIM118 - no dict
        for who in PROVIDERS
        for root in (blob_root(SHARDS[PROVIDERS.index(who)]),)
    ]


def reveal_shard(chain: ChainStage, rng: Random) -> Attempts:
    return [
        (who, (number, blob_root(SHARDS[PROVIDERS.index(who)]), get_salt(who)))
        for number in chain.runtime.pools.pool.keys()  # noqa: SIM118 - no dict
        for who in PROVIDERS
    ]


def show_validation(chain: ChainStage, rng: Random) -> Attempts:
    pools = chain.runtime.pools.pool.items()
    return [(each.owner, (number, blob_root(HIDDEN), SALT)) for number, each in pools]


def order(chain: ChainStage, rng: Random) -> Attempts:
    offers = chain.runtime.vault.offer_.items()
    return [(rng.choice(PEOPLE), (number, each.terms, ONCE_PK)) for number, each in offers]


def deliver(chain: ChainStage, rng: Random) -> Attempts:
    return [
        (each.seller, (number, seal(rng.choice((SEALED.key, bytes(32))), each.once_pk)))
        for number, each in chain.runtime.vault.order_.items()
    ]


def dispute_key(chain: ChainStage, rng: Random) -> Attempts:
    return [(each.buyer, (number, SECRET)) for number, each in chain.runtime.vault.order_.items()]


def dispute_chunk(chain: ChainStage, rng: Random) -> Attempts:
    orders = chain.runtime.vault.order_.items()
    return [(each.buyer, (number, SECRET, SEALED.prove(1))) for number, each in orders]


# --- what only its owner's secrets fit


def bid(chain: ChainStage, rng: Random) -> Attempts:
    jobs = chain.runtime.market.job.items()
    asked = [number for number, job in jobs if isinstance(job.price, Bids)]
    return [(who, (number, UNIT // 2, RECORD_OF[who])) for number in asked for who in PROVIDERS]


def post_offer(chain: ChainStage, rng: Random) -> Attempts:
    kinds = (MachineTerms(rng.randint(1, 5)), StorageTerms(rng.choice((3, 4)), 2, 2))
    return [
        (who, (RECORD_OF[who], terms, 10**9, rng.randint(1, 4), 12, 20))
        for who in PROVIDERS
        for terms in kinds
    ]


def start_lease(chain: ChainStage, rng: Random) -> Attempts:
    replica, count = Replica(TREE.root, len(CONTENT)), Machines(1)
    return [
        (
            rng.choice(PEOPLE[:4]),
            (
                number,
                replica if isinstance(each.terms, StorageTerms) else count,
                rng.choice((15, 40)) * each.unit_rate,
            ),
        )
        for number, each in chain.runtime.leases.offer.items()
    ]


SECRETS: Secrets = {
    **NAMES,
    "Market.lock": lock,
    "Market.submit": submit,
    "Market.accept": accept,
    "Verify.challenge_pixel": challenge_pixel,
    "Verify.prove_tile": prove_tile,
    "Verify.demand_tile": demand_tile,
    "Verify.answer_tile": answer_tile,
    "Verify.reject_result": reject_result,
    "Work.claim_era": claim_era,
    "Leases.por_respond": por_respond,
    "Market.bid": bid,
    "Leases.post_offer": post_offer,
    "Leases.start_lease": start_lease,
    "Rounds.join": join,
    "Rounds.commit": commit_labels,
    "Rounds.reveal": reveal_labels,
    "Rounds.reveal_gold": reveal_gold,
    "Pools.commit": commit_shard,
    "Pools.reveal": reveal_shard,
    "Pools.show_validation": show_validation,
    "Vault.order": order,
    "Vault.deliver": deliver,
    "Vault.dispute_key": dispute_key,
    "Vault.dispute_chunk": dispute_chunk,
}

"""Where a walk begins: people with every role, records of every kind, blobs for every program."""

from dataclasses import replace
from random import Random

from pallets.leases.types import Machines, MachineTerms, Replica, StorageTerms
from pallets.market import ComputeToData, Evaluate, Infer, Posted, Render, Terms, Train
from pallets.market.prices import Bids, Dutch, Going
from pallets.market.recurring import Recurrence
from pallets.market.specs import Commission, Product
from pallets.pools import PoolSpec, PoolTerms, ShareGrant, compute_validation_commitment
from pallets.registry.types import Attribute, Dataset, KindPrice, Model, Provider
from pallets.rights.types import LicenceTerms, LicenceUse
from pallets.rounds import RoundSpec, RoundTerms, compute_gold_commitment
from pallets.vault.types import SaleTerms
from runtime.frame.ai_types import JobKind, Role, VerifierId
from runtime.primitives import UNIT, Hash, Root
from runtime.programs import Evaluation, Metric, Raytrace, Statistics
from runtime.tensor.blob import blob_root
from tests.helpers.chain_stage import ChainStage, make_call
from tests.helpers.economy import (
    ALICE,
    BOB,
    CAROL,
    INPUT_ROOT,
    MANIFEST,
    MODEL,
    PEOPLE,
    TTL,
    make_economy,
)
from tests.helpers.market_stage import make_classifier
from tests.helpers.program_jobs import (
    BLOBS,
    LABELS,
    SCENE_BLOB,
    TABLE,
    TASK,
    TRAIN_LABELS,
    TRAIN_ROWS,
)
from tests.helpers.sale_stage import SEALED
from tests.helpers.walk_names import INNER, Attempts, Secrets
from tests.helpers.walk_secrets import CASE, SECRETS
from tests.helpers.walk_values import Pools
from tests.pallets.leases.stage import CONTENT, TREE
from tests.pallets.pools.stage import (
    BASE,
    CLASSES,
    COLS,
    HIDDEN,
    HIDDEN_ROWS,
    SALT,
    SHARD_ROWS,
    SHARDS,
    TRAINING,
)
from tests.pallets.rounds.stage import GOLD, GOLD_SALT, ITEM_BYTES, ITEMS

ITEMS_BLOB = bytes(ITEMS * ITEM_BYTES)
OWNED = {ALICE: (ITEMS_BLOB, *BLOBS, BASE, HIDDEN), BOB: (SHARDS[0],), CAROL: (SHARDS[1],)}
"""Whose blobs are in the state from the beginning."""

PROVIDER = Provider(
    "https://all.example",
    (Attribute("gpu", "none"),),
    tuple(KindPrice(kind, 1) for kind in JobKind),
    8,
)
DATASET = Dataset(
    blob_root(TRAIN_ROWS), None, None, 20, 1_024, len(TRAIN_ROWS), Hash(b"s" * 32), None
)
SEALED_RECORD, DATASET_RECORD = 3, 4


def make_scene() -> ChainStage:
    """The economy with all of it, between two blocks."""
    chain = make_economy()
    chain.begin_block(BOB)
    genesis = chain.runtime.system.get_genesis_hash()
    assert genesis == GENESIS, f"commitments are made for another chain: {genesis.hex()}"
    calls = [
        *(
            (who, make_call("Bonds", "bond", role, 150 * UNIT))
            for who in (BOB, CAROL)
            for role in Role
        ),
        (BOB, make_call("Registry", "update", 1, PROVIDER, MANIFEST)),
        (CAROL, make_call("Registry", "update", 2, PROVIDER, MANIFEST)),
        (CAROL, make_call("Registry", "register", SEALED.body, MANIFEST, (), 300, TTL)),
        (ALICE, make_call("Registry", "register", DATASET, MANIFEST, (), 300, TTL)),
        *((who, make_call("Registry", "put_blob", each)) for who in OWNED for each in OWNED[who]),
    ]
    for who, call in calls:
        outcome = chain.apply(who, call)
        assert outcome.error is None, f"{call}: {outcome}"
    chain.end_block()
    return chain


GENESIS = make_economy().runtime.system.get_genesis_hash()


# --- what calls begin things with


def make_posted(rng: Random) -> Posted:
    return Posted(rng.choice((1, UNIT, 3 * UNIT)))


def make_dutch(rng: Random) -> Dutch:
    return Dutch(1 + rng.randrange(UNIT), 3 * UNIT, rng.randint(1, 6))


def make_bids(rng: Random) -> Bids:
    return Bids(rng.choice((UNIT, 2 * UNIT)))


def make_going(rng: Random) -> Going:
    return Going(rng.choice((UNIT, 50 * UNIT)))


def make_terms(rng: Random) -> Terms:
    return Terms(rng.randint(3, 30), rng.randint(1, 5), rng.randint(1, 2))


def make_infer(rng: Random) -> Infer:
    return Infer(MODEL, None, INPUT_ROOT, 40, rng.choice((20, 40)), rng.choice((1, 1, 2)))


def make_train(rng: Random) -> Train:
    task = replace(TASK, rows=blob_root(TRAIN_ROWS), labels=blob_root(TRAIN_LABELS))
    return Train(
        replace(task, steps_per_slot=rng.choice((5, 9))), rng.choice((None, DATASET_RECORD))
    )


def make_render(rng: Random) -> Render:
    return Render(Raytrace(blob_root(SCENE_BLOB), 12, 10, rng.choice((8, 12))))


def make_compute(rng: Random) -> ComputeToData:
    task = Statistics(blob_root(TABLE), 40, 3, 0, 0, 2, (1, 2), 5)
    return ComputeToData(task, rng.choice((None, DATASET_RECORD)))


def make_evaluate(rng: Random) -> Evaluate:
    task = Evaluation(INPUT_ROOT, blob_root(LABELS), 40, rng.choice((20, 40)), 10, Metric.CONFUSION)
    return Evaluate(task, MODEL, None)


def make_product(rng: Random) -> Product:
    return Product(CASE.program)


def make_commission(rng: Random) -> Commission:
    return Commission(INPUT_ROOT, rng.choice((1, 2)), 10)


def make_verifier(rng: Random) -> VerifierId:
    names = ("REPLAY", "FREIVALDS", "SPOT_CHECK", "TILE_PROOF", "BUYER_ACCEPT")
    return VerifierId[rng.choice(names)]


def post(chain: ChainStage, rng: Random) -> Attempts:
    """Jobs of every kind under a verifier that serves them, ALICE's."""
    kinds = (
        (make_infer(rng), VerifierId.FREIVALDS),
        (rng.choice((make_infer, make_train, make_compute, make_evaluate))(rng), VerifierId.REPLAY),
        (make_render(rng), VerifierId.SPOT_CHECK),
        (make_product(rng), VerifierId.TILE_PROOF),
        (make_commission(rng), VerifierId.BUYER_ACCEPT),
    )
    price = rng.choice((make_posted, make_dutch, make_bids, make_going))(rng)
    return [(ALICE, (spec, price, verifier, make_terms(rng))) for spec, verifier in kinds]


def recur(chain: ChainStage, rng: Random) -> Attempts:
    return [(who, (*args, make_recurrence(rng))) for who, args in post(chain, rng)]


def post_round(chain: ChainStage, rng: Random) -> Attempts:
    """The gold is committed to for ALICE."""
    return [(ALICE, (make_round(rng), make_round_terms(rng)))]


def open_pool(chain: ChainStage, rng: Random) -> Attempts:
    """So is the validation set."""
    return [(ALICE, (make_pool(rng), make_pool_terms(rng)))]


def make_round(rng: Random) -> RoundSpec:
    items = blob_root(ITEMS_BLOB)
    commitment = compute_gold_commitment(GENESIS, ALICE, items, GOLD, GOLD_SALT)
    terms = (items, ITEM_BYTES, 10, "which?", rng.choice((1, 2)), UNIT, len(GOLD))
    return RoundSpec(*terms, commitment)


def make_round_terms(rng: Random) -> RoundTerms:
    return RoundTerms(*(rng.randint(3, 9) for _ in range(4)))


def make_pool(rng: Random) -> PoolSpec:
    base = blob_root(BASE)
    hidden = blob_root(HIDDEN)
    return PoolSpec(
        base=base,
        cols=COLS,
        classes=CLASSES,
        training=TRAINING,
        task="which?",
        seats=rng.choice((1, 2)),
        shard_rows=SHARD_ROWS,
        total=UNIT,
        shares=rng.choice((None, ShareGrant(DATASET_RECORD, 1_000))),
        validation_rows=HIDDEN_ROWS,
        validation_commitment=compute_validation_commitment(GENESIS, ALICE, base, hidden, SALT),
    )


def make_pool_terms(rng: Random) -> PoolTerms:
    return PoolTerms(*(rng.randint(3, 9) for _ in range(4)))


def make_machines(rng: Random) -> MachineTerms:
    return MachineTerms(rng.randint(1, 5))


def make_storage(rng: Random) -> StorageTerms:
    return StorageTerms(rng.choice((3, 4)), 2, rng.randint(1, 4))


def make_replica(rng: Random) -> Replica:
    return Replica(TREE.root, len(CONTENT))


def make_count(rng: Random) -> Machines:
    return Machines(rng.randint(1, 2))


def make_sale(rng: Random) -> SaleTerms:
    return SaleTerms(1, UNIT, rng.randint(2, 5), 10)


def make_licence(rng: Random) -> LicenceTerms:
    return LicenceTerms(LicenceUse.RUN, None, rng.choice((None, 1_000)))


def make_recurrence(rng: Random) -> Recurrence:
    return Recurrence(rng.choice((1, 3)), rng.choice((2, 3)))


def make_dataset(rng: Random) -> Dataset:
    return DATASET


def make_provider(rng: Random) -> Provider:
    return PROVIDER


def make_model(rng: Random) -> Model:
    return make_classifier().body


def make_role(rng: Random) -> Role:
    return rng.choice((Role.PROVIDER, Role.AUDITOR))


POOLS = Pools(
    accounts=PEOPLE,
    roots=(INPUT_ROOT, blob_root(ITEMS_BLOB), Root(b"r" * 32)),
    calls=(INNER, make_call("Market", "poke", 0, 0), make_call("Registry", "heartbeat", 1)),
    makers={
        Posted: make_posted,
        Dutch: make_dutch,
        Bids: make_bids,
        Going: make_going,
        Terms: make_terms,
        Infer: make_infer,
        Train: make_train,
        Render: make_render,
        ComputeToData: make_compute,
        Evaluate: make_evaluate,
        Product: make_product,
        Commission: make_commission,
        VerifierId: make_verifier,
        RoundSpec: make_round,
        RoundTerms: make_round_terms,
        PoolSpec: make_pool,
        PoolTerms: make_pool_terms,
        MachineTerms: make_machines,
        StorageTerms: make_storage,
        Replica: make_replica,
        Machines: make_count,
        SaleTerms: make_sale,
        LicenceTerms: make_licence,
        Recurrence: make_recurrence,
        Dataset: make_dataset,
        Provider: make_provider,
        Model: make_model,
        Role: make_role,
    },
)

ARGUMENTS: Secrets = {
    **SECRETS,
    "Market.post": post,
    "Market.recur": recur,
    "Rounds.post": post_round,
    "Pools.open": open_pool,
}
"""Of calls whose arguments are not drawn from their types alone."""

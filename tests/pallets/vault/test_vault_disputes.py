"""Disputes: any one wrong key or chunk is refunded, an honest seller never pays (K1, K2)."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pallets.vault import ChunkProof, Fault, declarations
from pallets.vault.types import BoxKey
from runtime.crypto.sealed_box import public_of_secret, seal
from runtime.frame import Pays
from runtime.primitives import Hash
from runtime.tensor.chunks import CHUNK_BYTES, commit_chunks
from runtime.tensor.commitment import compute_leaf
from tests.helpers.sale_stage import (
    BUYER,
    KEY,
    OTHER,
    PARAMS,
    PLAIN,
    PRICE,
    SEALED,
    SECRET,
    SELLER,
    TERMS,
    TREASURY,
    SaleStage,
    Sealed,
)

CHUNKS = SEALED.plain_tree.chunks_count
WRONG_KEY = b"w" * 32


@pytest.fixture
def stage() -> SaleStage:
    return SaleStage()


def make_bad_sale(fault: str, bad_chunk: int = 2) -> tuple[SaleStage, int]:
    """A delivered order in which the seller did something wrong."""
    if fault == "chunk":
        stage = SaleStage(Sealed(PLAIN, KEY, bad_chunk))
        return stage, stage.sell()
    stage = SaleStage()
    if fault == "key":
        return stage, stage.sell(WRONG_KEY)
    stage.offer()
    order = stage.order()
    stage.call("deliver", SELLER, order, bytes(80))
    return stage, order


def ensure_seller_pays(
    stage: SaleStage, order: int, fault: Fault, before: dict[object, int]
) -> None:
    """Price and deposit are back, and the collateral is divided as it should be."""
    bond = -(-PRICE // 2)
    to_buyer, to_treasury = bond * 4_000 // 10_000, bond * 2_000 // 10_000
    burned = bond - to_buyer - to_treasury
    events = stage.take_events()
    parts = (bond, burned, to_buyer, to_treasury)
    assert declarations.Slashed(order, SELLER, fault, *parts) in events
    refunded = PRICE + PARAMS.order_deposit
    assert declarations.Refunded(order, BUYER, refunded) in events
    gains = {who: stage.get_wealth(who) - before[who] for who in (SELLER, BUYER, TREASURY)}
    assert gains == {SELLER: -bond, BUYER: to_buyer, TREASURY: to_treasury}
    assert stage.money.get_issuance() == before["issuance"] - burned
    assert order not in stage.vault.order_
    stage.try_state()


def look(stage: SaleStage) -> dict[object, int]:
    """What everybody has now."""
    wealth: dict[object, int] = {w: stage.get_wealth(w) for w in (SELLER, BUYER, TREASURY)}
    stage.take_events()
    return wealth | {"issuance": stage.money.get_issuance()}


@pytest.mark.parametrize("kind, fault", [("box", Fault.BAD_BOX), ("key", Fault.WRONG_KEY)])
def test_a_wrong_key_is_refunded(kind: str, fault: Fault) -> None:
    stage, order = make_bad_sale(kind)
    before = look(stage)
    assert stage.call("dispute_key", BUYER, order, SECRET).pays_fee is Pays.NO
    assert declarations.KeyDisputed(order, fault) in stage.runtime.get_events()
    ensure_seller_pays(stage, order, fault, before)


@pytest.mark.parametrize("bad_chunk", range(CHUNKS))
def test_any_one_wrong_chunk_is_refunded(bad_chunk: int) -> None:
    stage, order = make_bad_sale("chunk", bad_chunk)
    proof = stage.sealed.prove(bad_chunk)
    before = look(stage)
    assert stage.call("dispute_chunk", BUYER, order, SECRET, proof).pays_fee is Pays.NO
    disputed = declarations.ChunkDisputed(order, bad_chunk, Fault.WRONG_CHUNK)
    assert disputed in stage.runtime.get_events()
    ensure_seller_pays(stage, order, Fault.WRONG_CHUNK, before)


def test_a_wrong_key_loses_a_dispute_of_a_chunk_too() -> None:
    stage, order = make_bad_sale("key")
    before = look(stage)
    stage.call("dispute_chunk", BUYER, order, SECRET, SEALED.prove(0))
    ensure_seller_pays(stage, order, Fault.WRONG_KEY, before)


def test_a_box_for_another_order_is_no_delivery(stage: SaleStage) -> None:
    """The key is right, but only somebody else can open it."""
    stage.offer()
    order = stage.order()
    stage.call("deliver", SELLER, order, seal(KEY, public_of_secret(b"o" * 32)))
    before = look(stage)
    stage.call("dispute_key", BUYER, order, SECRET)
    ensure_seller_pays(stage, order, Fault.BAD_BOX, before)


# --- false disputes


def ensure_buyer_pays(stage: SaleStage, order: int, before: dict[object, int]) -> None:
    """The order is paid at once, and the deposit is gone."""
    treasury, paid = PRICE // 100, PRICE * 98 // 100
    to_seller = PARAMS.order_deposit // 2
    lost = PARAMS.order_deposit - to_seller
    events = stage.take_events()
    assert declarations.Forfeited(order, BUYER, lost, to_seller) in events
    gains = {who: stage.get_wealth(who) - before[who] for who in (SELLER, BUYER, TREASURY)}
    assert gains == {
        SELLER: paid + to_seller,
        BUYER: -PRICE - PARAMS.order_deposit,
        TREASURY: treasury,
    }
    assert stage.money.get_issuance() == before["issuance"] - lost - (PRICE - treasury - paid)
    assert order not in stage.vault.order_
    stage.try_state()


def test_a_false_dispute_of_the_key_costs_the_buyer(stage: SaleStage) -> None:
    order = stage.sell()
    before = look(stage)
    assert stage.call("dispute_key", BUYER, order, SECRET).pays_fee is Pays.YES
    assert declarations.KeyDisputed(order, None) in stage.runtime.get_events()
    ensure_buyer_pays(stage, order, before)


@pytest.mark.parametrize("index", range(CHUNKS))
def test_a_false_dispute_of_a_chunk_costs_the_buyer(stage: SaleStage, index: int) -> None:
    order = stage.sell()
    before = look(stage)
    outcome = stage.call("dispute_chunk", BUYER, order, SECRET, SEALED.prove(index))
    assert outcome.pays_fee is Pays.YES
    ensure_buyer_pays(stage, order, before)


def test_good_chunks_beside_a_bad_one_prove_nothing() -> None:
    stage, order = make_bad_sale("chunk", 3)
    before = look(stage)
    stage.call("dispute_chunk", BUYER, order, SECRET, stage.sealed.prove(2))
    ensure_buyer_pays(stage, order, before)


# --- what is no dispute


def test_only_the_buyer_disputes_what_is_delivered_and_in_time(stage: SaleStage) -> None:
    proof = SEALED.prove(0)
    with stage.refused(declarations.NoSuchOrder):
        stage.call("dispute_key", BUYER, 0, SECRET)
    stage.offer()
    order = stage.order()
    for name, args in (("dispute_key", ()), ("dispute_chunk", (proof,))):
        with stage.refused(declarations.WrongState):
            stage.call(name, BUYER, order, SECRET, *args)
    stage.deliver(order)
    for name, args in (("dispute_key", ()), ("dispute_chunk", (proof,))):
        for who in (SELLER, OTHER):
            with stage.refused(declarations.NotBuyer):
                stage.call(name, who, order, SECRET, *args)
        with stage.refused(declarations.BadSecret):
            stage.call(name, BUYER, order, b"o" * 32, *args)
    stage.skip(TERMS.dispute_blocks + 1)
    for name, args in (("dispute_key", ()), ("dispute_chunk", (proof,))):
        with stage.refused(declarations.DeadlinePassed):
            stage.call(name, BUYER, order, SECRET, *args)


def make_wrong_proofs() -> list[ChunkProof]:
    """Proofs of a chunk or a leaf that was never sold."""
    good, other = SEALED.prove(1), SEALED.prove(2)
    forged = bytes([good.chunk[0] ^ 1]) + good.chunk[1:]
    last = SEALED.prove(CHUNKS - 1)
    return [
        replace(good, chunk=forged),
        replace(good, chunk=other.chunk),
        replace(good, chunk=good.chunk[:-1]),
        replace(last, chunk=last.chunk + b"\0"),
        replace(good, leaf=compute_leaf(forged)),
        replace(good, leaf=other.leaf),
        replace(good, leaf=other.leaf, plain_path=other.plain_path),
        replace(good, cipher_path=other.cipher_path),
        replace(good, cipher_path=good.cipher_path[:-1]),
        replace(good, plain_path=(*good.plain_path, Hash.zero())),
        # A node of the tree is no leaf, though its shorter path leads to the root.
        replace(
            SEALED.prove(0),
            leaf=SEALED.plain_tree.levels[1][0],
            plain_path=SEALED.prove(0).plain_path[1:],
        ),
        replace(good, index=2),
        replace(good, index=CHUNKS),
        replace(good, index=2**64 - 1),
        replace(last, index=CHUNKS, chunk=b""),
    ]


@pytest.mark.parametrize("proof", make_wrong_proofs())
def test_what_was_not_sold_proves_nothing(stage: SaleStage, proof: ChunkProof) -> None:
    order = stage.sell()
    with stage.refused(declarations.BadProof):
        stage.call("dispute_chunk", BUYER, order, SECRET, proof)


@settings(max_examples=60)
@given(st.data())
def test_an_honest_seller_is_never_slashed(data: st.DataObject) -> None:
    """K1: any dataset, any key, any dispute made of what was sold and of what was not."""
    size = data.draw(st.integers(1, 3 * CHUNK_BYTES))
    sealed = Sealed(data.draw(st.binary(min_size=1, max_size=64)).ljust(size, b"."), b"k" * 32)
    stage = SaleStage(sealed)
    order = stage.sell()
    seller, count = stage.get_wealth(SELLER), sealed.plain_tree.chunks_count
    indices = st.integers(0, count - 1)
    proofs = [sealed.prove(data.draw(indices)) for _ in range(5)]
    proof = ChunkProof(
        data.draw(st.just(proofs[0].index) | st.integers(0, 5)),
        data.draw(st.just(proofs[1].chunk) | st.binary(max_size=CHUNK_BYTES)),
        proofs[2].cipher_path,
        data.draw(st.just(proofs[3].leaf) | st.binary(min_size=32, max_size=32).map(Hash)),
        proofs[4].plain_path,
    )
    try:
        stage.call("dispute_chunk", BUYER, order, SECRET, proof)
    except declarations.BadProof:
        assert stage.get_wealth(SELLER) == seller
    else:
        assert stage.get_wealth(SELLER) > seller
    assert not [e for e in stage.take_events() if isinstance(e, declarations.Slashed)]
    stage.try_state()


@settings(max_examples=40)
@given(st.data())
def test_any_corruption_is_refundable(data: st.DataObject) -> None:
    """K2: one flipped bit of the encrypted data, wherever it is."""
    size = data.draw(st.integers(1, 3 * CHUNK_BYTES))
    at, bit = data.draw(st.integers(0, size - 1)), data.draw(st.integers(0, 7))
    bad = Sealed(bytes(size), b"k" * 32)
    raw = bytearray(bad.cipher)
    raw[at] ^= 1 << bit
    bad.cipher, index = bytes(raw), at // CHUNK_BYTES
    bad.cipher_tree = commit_chunks(bad.cipher)
    stage = SaleStage(bad)
    order = stage.sell()
    buyer = stage.get_wealth(BUYER)
    stage.call("dispute_chunk", BUYER, order, SECRET, bad.prove(index))
    assert stage.get_wealth(BUYER) > buyer
    stage.try_state()


def test_the_seller_cannot_choose_the_key_of_an_order(stage: SaleStage) -> None:
    """A secret that opens the box but is not the order's is refused."""
    stage.offer()
    own = b"t" * 32
    order = stage.order(once_pk=BoxKey(public_of_secret(own)))
    stage.call("deliver", SELLER, order, seal(KEY, public_of_secret(SECRET)))
    with stage.refused(declarations.BadSecret):
        stage.call("dispute_key", BUYER, order, SECRET)
    before = look(stage)
    stage.call("dispute_key", BUYER, order, own)
    ensure_seller_pays(stage, order, Fault.BAD_BOX, before)

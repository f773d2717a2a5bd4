"""Why a transaction may not enter a block, or may wait in the pool; a refusal changes nothing."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from runtime.crypto import sr25519
from runtime.crypto.multisignature import (
    Ecdsa,
    EcdsaSignature,
    Ed25519,
    MultiSignature,
    Signature,
    Sr25519,
)
from runtime.era import Era
from runtime.errors import (
    AncientBirthBlock,
    BadCall,
    BadProof,
    BadSigner,
    ExhaustsResources,
    Future,
    InvalidTransaction,
    MandatoryValidation,
    Payment,
    Stale,
)
from runtime.executive import apply_extrinsic, compute_nonce_tag, validate_transaction
from runtime.extensions import SignedExtra, SigningContext, compute_signing_payload, encode_extra
from runtime.extrinsic import Extrinsic, decode_extrinsic, encode_signed
from runtime.primitives import AccountId, Hash
from runtime.system import BLOCK_HASH_COUNT
from runtime.validity import LONGEVITY_MAX
from tests.helpers.block_stage import (
    ALICE,
    BOB,
    CHARLIE,
    GENESIS,
    Person,
    Signing,
    make_inherent,
    make_signed,
    make_stage,
    probe,
    sign,
    sign_payload,
)
from tests.helpers.mock_runtime import MockRuntime, make_header
from tests.helpers.noop import assert_noop

PARENT = Hash(b"\x33" * 32)
STRANGER = Person(b"\7" * 32)


def begin(number: int = 2) -> MockRuntime:
    """A block begun; the hash of its every ancestor but genesis is its number repeated."""
    runtime = make_stage()
    for ancestor in range(1, number):
        runtime.system.block_hash[ancestor] = hash_of(ancestor)
    runtime.system.initialize(replace(make_header(number), parent_hash=hash_of(number - 1)))
    return runtime


def hash_of(number: int) -> Hash:
    return GENESIS if number == 0 else Hash(number.to_bytes(32, "little"))


def refuse(runtime: MockRuntime, extrinsic: Extrinsic, error: type[InvalidTransaction]) -> None:
    """The block and the pool refuse alike, and the block keeps no trace."""
    with assert_noop(runtime.state, error):
        apply_extrinsic(runtime, extrinsic)
    with pytest.raises(error):
        validate_transaction(runtime, extrinsic, hash_of(runtime.system.get_block_number()))


def work(runtime: MockRuntime, how: Signing | None = None, who: Person = ALICE) -> Extrinsic:
    return make_signed(runtime, who, probe(runtime, "work", 1, 1, 0), how)


# --- what a signature binds

FORGERIES: dict[str, Signing] = {
    "genesis": Signing(genesis=Hash(b"\x23" * 32)),
    "spec version": Signing(spec_version=99),
    "transaction version": Signing(transaction_version=99),
    "birth of an immortal one": Signing(birth=Hash(bytes(32))),
    "birth of a mortal one": Signing(era=Era(4, 1), birth=GENESIS),
}


@pytest.mark.parametrize("name", FORGERIES)
def test_a_signature_for_another_chain_or_version(name: str) -> None:
    runtime = begin()
    refuse(runtime, work(runtime, FORGERIES[name]), BadProof)


def retell(runtime: MockRuntime, extra: SignedExtra, call: bytes, who: Person) -> Extrinsic:
    """Alice's signature of nonce 0 over no tip, told with other words."""
    made = runtime.calls.encode(probe(runtime, "work", 1, 1, 0))
    payload = made + encode_extra(SignedExtra(Era(), 0, 0))
    signature = sign_payload(runtime, ALICE, payload, Signing())
    return decode_extrinsic(
        encode_signed(who.account, signature, extra, call or made), runtime.calls
    )


def test_the_signature_that_is_retold_is_right() -> None:
    runtime = begin()
    apply_extrinsic(runtime, retell(runtime, SignedExtra(Era(), 0, 0), b"", ALICE))


@pytest.mark.parametrize(
    "extra, call, who",
    [
        (SignedExtra(Era(), 0, 1), b"", ALICE),
        (SignedExtra(Era(4, 1), 0, 0), b"", ALICE),
        (SignedExtra(Era(), 0, 0), bytes([30, 4]), ALICE),
        (SignedExtra(Era(), 0, 0), b"", BOB),
    ],
    ids=["tip", "era", "call", "signer"],
)
def test_a_signature_under_other_words(extra: SignedExtra, call: bytes, who: Person) -> None:
    runtime = begin()
    refuse(runtime, retell(runtime, extra, call, who), BadProof)


def test_a_nonce_told_differently() -> None:
    runtime = begin()
    runtime.system.note_nonce(ALICE.account)
    refuse(runtime, retell(runtime, SignedExtra(Era(), 1, 0), b"", ALICE), BadProof)


@pytest.mark.parametrize(
    "make",
    [
        lambda raw: Ed25519(Signature(bytes(64))),
        lambda raw: Ed25519(Signature(raw[:63] + bytes([raw[63] ^ 1]))),
        lambda raw: Sr25519(Signature(raw)),
        lambda raw: Ecdsa(EcdsaSignature(raw + b"\0")),
    ],
    ids=["zeros", "changed", "scheme", "ecdsa"],
)
def test_no_signature_of_the_signer(make: Callable[[bytes], MultiSignature]) -> None:
    runtime = begin()
    made = runtime.calls.encode(probe(runtime, "work", 1, 1, 0))
    extra = SignedExtra(Era(), 0, 0)
    right = sign_payload(runtime, ALICE, made + encode_extra(extra), Signing())
    assert isinstance(right, Ed25519)
    raw = encode_signed(ALICE.account, make(right.signature), extra, made)
    refuse(runtime, decode_extrinsic(raw, runtime.calls), BadProof)


def test_sr25519_signs_as_well() -> None:
    public, secret = sr25519.pair_of_seed(b"\5" * 32)
    who = AccountId(public)
    runtime = begin()
    runtime.money.mint(who, 10**12)
    made = runtime.calls.encode(probe(runtime, "work", 1, 1, 0))
    extra = SignedExtra(Era(), 0, 0)
    version = runtime.version
    context = SigningContext(version.spec_version, version.transaction_version, GENESIS, GENESIS)
    payload = compute_signing_payload(made + encode_extra(extra), context)
    signature = Sr25519(Signature(sr25519.sign(secret, payload)))
    raw = encode_signed(who, signature, extra, made)
    assert apply_extrinsic(runtime, decode_extrinsic(raw, runtime.calls)).error is None


def test_a_long_call_is_signed_by_its_hash() -> None:
    runtime = begin()
    remark = runtime.make_call(runtime.system, "remark", bytes(1_000))
    assert apply_extrinsic(runtime, make_signed(runtime, ALICE, remark)).error is None


# --- signers, nonces, money


def test_nobody_is_no_signer() -> None:
    runtime = begin()
    extrinsic = work(runtime)
    start = extrinsic.raw.index(ALICE.account)
    for head, error in (
        (b"\0" + bytes(32), BadSigner),  # the account of zeros
        (b"\1", BadSigner),  # an index
        (b"\2\x08ab", BadSigner),  # some bytes
        (b"\4" + bytes(20), BadSigner),  # an address of another family
        (b"\3" + ALICE.account, None),  # the same account in another form
    ):
        body = b"\x84" + head + extrinsic.raw[start + 32 :]
        raw = runtime_prefix(body) + body
        changed = decode_extrinsic(raw, runtime.calls)
        if error is None:
            assert apply_extrinsic(runtime, changed).error is None
        else:
            refuse(runtime, changed, error)


def runtime_prefix(body: bytes) -> bytes:
    return (len(body) << 2 | 1).to_bytes(2, "little")


def test_nonces_go_one_by_one() -> None:
    runtime = begin()
    for nonce in range(3):
        with assert_noop(runtime.state, Future):
            apply_extrinsic(runtime, work(runtime, Signing(nonce=nonce + 1)))
        assert apply_extrinsic(runtime, work(runtime, Signing(nonce=nonce))).error is None
        refuse_stale(runtime, nonce)


def refuse_stale(runtime: MockRuntime, nonce: int) -> None:
    with assert_noop(runtime.state, Stale):
        apply_extrinsic(runtime, work(runtime, Signing(nonce=nonce)))


@pytest.mark.parametrize("how", [Signing(), Signing(tip=(1 << 128) - 1)])
def test_who_cannot_pay_does_not_enter(how: Signing) -> None:
    runtime = begin()
    refuse(runtime, work(runtime, how, STRANGER), Payment)
    if how.tip:
        refuse(runtime, work(runtime, how), Payment)


def test_a_call_that_costs_nothing_is_not_for_strangers() -> None:
    runtime = begin()
    refuse(runtime, make_signed(runtime, STRANGER, probe(runtime, "gift")), Payment)
    gift = make_signed(runtime, ALICE, probe(runtime, "gift"))
    assert apply_extrinsic(runtime, gift).error is None


# --- eras


@pytest.mark.parametrize("age, error", [(0, AncientBirthBlock), (1, None), (7, None), (8, "new")])
def test_a_mortal_transaction_lives_from_its_birth_to_its_death(
    age: int, error: type[InvalidTransaction] | str | None
) -> None:
    """A period of 8 born in block 16: seen from block 16 its hash is not yet known."""
    runtime = begin(16 + age)
    extrinsic = work(runtime, Signing(era=Era(8, 0), birth=hash_of(16)))
    if error is None:
        assert apply_extrinsic(runtime, extrinsic).error is None
    elif error == "new":  # another era of the same phase has begun: of another birth hash
        refuse(begin(16 + age + 1), extrinsic, BadProof)
    else:
        with assert_noop(runtime.state, AncientBirthBlock):
            apply_extrinsic(runtime, extrinsic)


def test_an_era_of_the_first_blocks_is_born_in_genesis() -> None:
    runtime = begin(3)
    extrinsic = work(runtime, Signing(era=Era(4_096, 0)))
    assert apply_extrinsic(runtime, extrinsic).error is None


@pytest.mark.parametrize("era", [Era(8_192, 0), Era(65_536, 0), Era(64, 40)])
def test_a_birth_that_is_not_known(era: Era) -> None:
    refuse(begin(3), work(begin(3), Signing(era=era)), AncientBirthBlock)


def test_hashes_of_the_last_blocks_and_of_genesis_are_kept() -> None:
    runtime = make_stage()
    runtime.system.block_hash[1] = hash_of(1)
    runtime.system.block_hash[2] = hash_of(2)
    runtime.system.initialize(replace(make_header(BLOCK_HASH_COUNT + 1), parent_hash=PARENT))
    kept = runtime.system.block_hash
    assert (kept.get(0), kept.get(1)) == (GENESIS, hash_of(1))
    runtime.system.initialize(replace(make_header(BLOCK_HASH_COUNT + 2), parent_hash=PARENT))
    assert (kept.get(0), kept.get(1), kept.get(2)) == (GENESIS, None, hash_of(2))
    assert kept.get(BLOCK_HASH_COUNT + 1) == PARENT


# --- the pool's view


def test_the_pool_learns_what_a_transaction_needs() -> None:
    runtime = begin()
    first = validate_transaction(runtime, work(runtime), PARENT)
    assert (first.requires, first.provides) == ((), (compute_nonce_tag(ALICE.account, 0),))
    assert (first.longevity, first.propagate) == (LONGEVITY_MAX, True)
    runtime = begin()
    third = validate_transaction(runtime, work(runtime, Signing(nonce=2)), PARENT)
    assert third.requires == (compute_nonce_tag(ALICE.account, 1),)
    assert third.provides == (compute_nonce_tag(ALICE.account, 2),)
    assert compute_nonce_tag(ALICE.account, 258) == ALICE.account + b"\2\1\0\0"


def test_the_pool_judges_by_the_next_block() -> None:
    runtime = begin(9)  # so the next is 10; its parent's hash is known to be PARENT
    era = Era(8, 1)
    born = validate_transaction(runtime, work(runtime, Signing(era=era, birth=PARENT)), PARENT)
    assert born.longevity == 17 - 10
    assert runtime.system.get_block_number() == 10


def test_who_offers_more_goes_first() -> None:
    cheap = begin()
    low = validate_transaction(cheap, work(cheap), PARENT).priority
    dear = begin()
    high = validate_transaction(dear, work(dear, Signing(tip=10**9)), PARENT).priority
    assert high >= low + 10**9


def test_inherents_are_not_for_the_pool() -> None:
    runtime = begin()
    with pytest.raises(BadCall):
        validate_transaction(runtime, make_inherent(runtime, probe(runtime, "inherent", 0)), PARENT)
    signed = make_signed(runtime, ALICE, probe(runtime, "inherent", 0))
    with pytest.raises(MandatoryValidation):
        validate_transaction(runtime, signed, PARENT)


# --- room in the block


def fill(runtime: MockRuntime, name: str, *args: object) -> None:
    who = {"work": ALICE, "operate": BOB}[name]
    outcome = apply_extrinsic(runtime, make_signed(runtime, who, probe(runtime, name, *args)))
    assert outcome.error is None


def refuse_room(runtime: MockRuntime, name: str, *args: object) -> None:
    extrinsic = make_signed(runtime, CHARLIE, probe(runtime, name, *args))
    with assert_noop(runtime.state, ExhaustsResources):
        apply_extrinsic(runtime, extrinsic)


FULL = 2 * 10**12
NORMAL = 3 * FULL // 4
BASE = 2_000_000


def test_normal_calls_share_three_quarters_of_the_block() -> None:
    runtime = begin()
    refuse_room(runtime, "work", NORMAL - BASE + 1, 0, 0)
    fill(runtime, "work", NORMAL - 2 * BASE - 5, 0, 0)
    refuse_room(runtime, "work", 6, 0, 0)
    fill(runtime, "work", 5, 0, 0)
    refuse_room(runtime, "work", 0, 0, 0)


def test_proof_size_is_limited_too() -> None:
    runtime = begin()
    most = 3 * 16 * 1024 * 1024 // 4
    refuse_room(runtime, "work", 0, most + 1, 0)
    fill(runtime, "work", 0, most, 0)
    refuse_room(runtime, "work", 0, 1, 0)


def test_operational_calls_may_have_the_rest() -> None:
    runtime = begin()
    fill(runtime, "work", NORMAL - BASE, 0, 0)
    refuse_room(runtime, "operate", FULL - NORMAL - BASE + 1, 0)
    fill(runtime, "operate", FULL - NORMAL - BASE, 0)
    refuse_room(runtime, "operate", 0, 0)


def test_all_classes_together_fill_the_block() -> None:
    runtime = begin()
    fill(runtime, "operate", FULL - 2 * BASE - 5, 0)
    refuse_room(runtime, "work", 6, 0, 0)
    fill(runtime, "work", 5, 0, 0)


def test_bytes_are_limited_by_class() -> None:
    runtime = begin()
    most = 5 * 1024 * 1024
    normal = sign(runtime, CHARLIE, probe(runtime, "work", 0, 0, 0))
    runtime.system.note_extrinsic(3 * most // 4 - len(normal) + 1)
    refuse_room(runtime, "work", 0, 0, 0)
    fill(runtime, "operate", 0, 0)
    inherent = make_inherent(runtime, probe(runtime, "inherent", 0))
    runtime.system.note_extrinsic(most // 4 - 300)
    assert apply_extrinsic(runtime, inherent).error is None
    runtime.system.note_extrinsic(300)
    with assert_noop(runtime.state, ExhaustsResources):
        apply_extrinsic(runtime, inherent)

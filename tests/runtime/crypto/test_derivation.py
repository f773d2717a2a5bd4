"""Secret URIs, against values that subkey and polkadot.js publish."""

import pytest
import sr25519 as schnorrkel
from hypothesis import given, settings
from hypothesis import strategies as st

from runtime.crypto import ed25519, sr25519
from runtime.crypto.derivation import (
    DEV_SEED,
    Junction,
    UriError,
    derive_path,
    derive_uri,
    parse_uri,
)
from runtime.crypto.multisignature import verify_multisignature
from runtime.crypto.scheme import Scheme, compute_account, sign_message

ED, SR = Scheme.ED25519, Scheme.SR25519
DEV_HEX = "0xfac7959dbfe72f052e5a0c3c8d6530f202b02fd8f9f5ca3580ec8deb7797479e"


@pytest.mark.parametrize(
    "uri, scheme, public",
    [
        ("", SR, "46ebddef8cd9bb167dc30878d7113b7e168e6f0646beffd77d69d39bad76b47a"),
        ("//Alice", SR, "d43593c715fdd31c61141abd04a99fd6822c8558854ccde39a5684e7a56da27d"),
        ("//Bob", SR, "8eaf04151687736326c9fea17e25fc5287613693c912909cb226aa4794f26a48"),
        ("//Alice//stash", SR, "be5ddb1579b72e84524fc29e78609e3caf42e85aa118ebfe0b0ad404b5bdd25f"),
        ("/foo", SR, "40b9675df90efa6069ff623b0fdfcf706cd47ca7452a5056c7ad58194d23440a"),
        ("//Alice", ED, "88dc3417d5058ec4b4503e0c12ea1a0a89be200fe98922423d4334014fa6b0ee"),
        ("//Bob", ED, "d17c2d7823ebf260fd138f2d7e27d114c0145d968b5ff5006125f2414fadae69"),
    ],
)
def test_known_accounts(uri: str, scheme: Scheme, public: str) -> None:
    assert compute_account(derive_uri(uri, scheme), scheme).hex() == public
    assert compute_account(derive_uri(DEV_HEX + uri, scheme), scheme).hex() == public


def test_known_seeds_of_alice() -> None:
    assert derive_uri("//Alice", ED).hex() == (
        "abf8e5bdbe30c65656c0a3cbd181ff8a56294a69dfedd27982aace4a76909115"
    )
    assert derive_uri("//Alice", SR).hex() == (
        "e5be9a5092b81bca64be81d212e7f2f9eba183bb7a90954f7b76361f6edb5c0a"
    )


def test_a_bare_seed_is_itself() -> None:
    seed = bytes(range(32))
    assert derive_uri("0x" + seed.hex(), ED) == seed
    assert derive_uri("0x" + seed.hex().upper(), SR) == seed


@settings(max_examples=25)
@given(
    seed=st.binary(min_size=32, max_size=32),
    chain_code=st.binary(min_size=32, max_size=32),
    is_hard=st.booleans(),
)
def test_sr25519_children_are_schnorrkels(seed: bytes, chain_code: bytes, is_hard: bool) -> None:
    public, expanded = sr25519.pair_of_seed(seed)
    derive = schnorrkel.hard_derive_keypair if is_hard else schnorrkel.derive_keypair
    _, child_public, child = derive((chain_code, public, expanded), b"")
    secret = derive_path(seed, [Junction(chain_code, is_hard)], SR)
    ours_public, ours = sr25519.pair_of_seed(secret)
    assert ours_public == child_public
    assert ours[:32] == child[:32]
    assert len(secret) == (32 if is_hard else 64)


def test_derivation_gives_the_same_secret_each_time() -> None:
    for uri in ("//Alice", "//Alice/soft", "//Alice/soft//hard", "//Alice/soft/1"):
        assert derive_uri(uri, SR) == derive_uri(uri, SR)


def test_paths_mix_hard_and_soft_junctions() -> None:
    secrets = [derive_uri(uri, SR) for uri in ("//a", "/a", "//a/b", "/a//b", "/a/b", "//a//b")]
    assert [len(secret) for secret in secrets] == [32, 64, 64, 32, 64, 32]
    assert len(set(secrets)) == 6
    for secret in secrets:
        signature = sign_message(secret, b"message", SR)
        assert verify_multisignature(signature, b"message", compute_account(secret, SR))


def test_a_number_is_a_u64_and_text_a_scale_string() -> None:
    number, text, long = parse_uri("//1//one/" + "x" * 40).junctions
    assert number == Junction((1).to_bytes(32, "little"), is_hard=True)
    assert text == Junction(b"\x0cone".ljust(32, b"\x00"), is_hard=True)
    assert long.chain_code != (b"\xa0" + b"x" * 40)[:32]
    assert not long.is_hard
    assert parse_uri("//007").junctions == parse_uri("//7").junctions
    assert parse_uri(f"//{2**64 - 1}").junctions[0].chain_code[:8] == b"\xff" * 8


def test_a_name_of_31_bytes_is_kept_and_of_32_hashed() -> None:
    kept, hashed = parse_uri("/" + "x" * 31 + "/" + "x" * 32).junctions
    assert kept.chain_code == bytes([31 << 2]) + b"x" * 31
    assert hashed.chain_code[0] != 32 << 2


def test_parts_of_a_uri() -> None:
    phrase = "bottom drive obey lake curtain smoke basket hold race lonely fit walk"
    parts = parse_uri(phrase + "//Alice/1///pass/word")
    assert parts.phrase == phrase
    assert len(parts.junctions) == 2
    assert parts.password == "pass/word"
    assert parse_uri("///").password == ""
    assert parse_uri("").phrase == ""
    assert phrase not in repr(parts)


@pytest.mark.parametrize(
    "uri, why",
    [
        ("//", "a secret URI is"),
        ("//Alice//", "a secret URI is"),
        ("some-phrase//Alice", "a secret URI is"),
        ("bottom drive obey", "0x and 64 hexadecimal digits"),
        ("0x1234//Alice", "0x and 64 hexadecimal digits"),
        (DEV_HEX + "00", "0x and 64 hexadecimal digits"),
        ("//Alice///password", "a password goes with a phrase"),
        (f"//{2**64}", "below 2"),
        ("//" + "9" * 5_000, "below 2"),
        ("//+5", "below 2"),
        ("//\ud800", "UTF-8"),
    ],
)
@pytest.mark.parametrize("scheme", list(Scheme))
def test_other_uris_are_refused_without_being_quoted(uri: str, why: str, scheme: Scheme) -> None:
    with pytest.raises(UriError, match=why) as caught:
        derive_uri(uri, scheme)
    assert "Alice" not in str(caught.value)
    assert "bottom" not in str(caught.value)


def test_ed25519_has_no_soft_junctions() -> None:
    with pytest.raises(UriError, match="hard junctions only"):
        derive_uri("/soft", ED)


@pytest.mark.parametrize("scheme", list(Scheme))
def test_a_scheme_signs_for_its_account(scheme: Scheme) -> None:
    secret = derive_uri("//Alice", scheme)
    account = compute_account(secret, scheme)
    module = {ED: ed25519, SR: sr25519}[scheme]
    assert account == module.public_of_seed(secret)
    signature = sign_message(secret, b"message", scheme)
    assert verify_multisignature(signature, b"message", account)
    assert type(signature).__name__.lower() == scheme
    assert not verify_multisignature(signature, b"message", compute_account(DEV_SEED, scheme))

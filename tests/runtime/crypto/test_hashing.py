"""The hash functions against published values."""

import pytest

from runtime.crypto import hashing


def test_blake2_digests_of_abc() -> None:
    # RFC 7693, appendix A
    assert hashing.blake2_512(b"abc").hex() == (
        "ba80a53f981c4d0d6a2797b69f12f6e94c212f14685ac4b74b12bb6fdbffa2d1"
        "7d87c5392aab792dc252d5de4533cc9518d38aa8dbf1925ab92386edd4009923"
    )
    assert hashing.blake2_256(b"").hex() == (
        "0e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12fe3a8"
    )
    assert hashing.blake2_128(b"").hex() == "cae66941d9efbd404e4d88758ea67670"


@pytest.mark.parametrize(
    "name, digest",
    [
        ("System", "26aa394eea5630e07c48ae0c9558cef7"),
        ("Account", "b99d880ec681799c0cf30e8886371da9"),
        ("Events", "80d41e5e16056765bc8461851072c9d7"),
    ],
)
def test_twox_128_of_known_storage_prefixes(name: str, digest: str) -> None:
    assert hashing.twox_128(name.encode()).hex() == digest


def test_twox_64_is_the_little_endian_first_half_of_twox_128() -> None:
    # xxHash: XXH64("", seed 0) = ef46db3751d8e999
    assert hashing.twox_64(b"").hex() == "99e9d85137db46ef"
    assert hashing.twox_128(b"key")[:8] == hashing.twox_64(b"key")


def test_concat_hashers_keep_the_key_readable() -> None:
    assert hashing.blake2_128_concat(b"key") == hashing.blake2_128(b"key") + b"key"
    assert hashing.twox_64_concat(b"key") == hashing.twox_64(b"key") + b"key"


def test_blake2_64_names_a_runtime_api() -> None:
    assert hashing.blake2_64(b"Core").hex() == "df6acb689907609b"

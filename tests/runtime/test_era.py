"""Eras against a table of every block, and against their bytes."""

from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.era import Era, decode_era
from runtime.errors import CodecError

POWERS = [1 << bits for bits in range(2, 17)]


@st.composite
def eras(draw: st.DrawFn) -> Era:
    """Any mortal era that has an encoding."""
    period = draw(st.sampled_from(POWERS))
    step = max(period >> 12, 1)
    return Era(period, draw(st.integers(0, period // step - 1)) * step)


def find_birth(era: Era, current: int) -> int:
    """The last block in which an era of this phase begins, by looking at each.

    Before the first one has begun it is that one.
    """
    first = next(block for block in count() if block % era.period == era.phase)
    begins = [block for block in range(first, current + 1) if block % era.period == era.phase]
    return begins[-1] if begins else first


@pytest.mark.parametrize(
    "era, text",
    [
        (Era(), "00"),
        (Era(64, 42), "a502"),
        (Era(32_768, 20_000), "4e9c"),
        (Era(4, 0), "0100"),
        (Era(4, 3), "3100"),
        (Era(65_536, 65_520), "ffff"),
        (Era(4_096, 4_095), "fbff"),
    ],
)
def test_golden(era: Era, text: str) -> None:
    raw = bytes.fromhex(text)
    assert era.encode() == raw
    assert decode_era(raw, 0) == (era, len(raw))


@given(eras())
def test_there_and_back(era: Era) -> None:
    raw = era.encode()
    assert len(raw) == 2
    assert decode_era(b"\xff" + raw + b"\xff", 1) == (era, 3)


@given(st.binary(min_size=2, max_size=2))
def test_two_bytes_are_one_era_or_none(raw: bytes) -> None:
    try:
        era, end = decode_era(raw, 0)
    except CodecError:
        return
    assert era.encode() == raw[:end]
    if not era.is_immortal:
        assert era.period in POWERS
        assert 0 <= era.phase < era.period


@pytest.mark.parametrize(
    "text, why",
    [
        ("", "Era: expected 1 bytes at offset 0"),
        ("01", "Era: expected 2 bytes at offset 0"),
        ("4100", "Era: period 4 with phase 4"),
        ("1000", "Era: period 2 with phase 1"),
        ("a5ff", r"Era: period 64 with phase 4090 \(offset 0\)"),
    ],
)
def test_bytes_that_are_no_era(text: str, why: str) -> None:
    with pytest.raises(CodecError, match=why):
        decode_era(bytes.fromhex(text), 0)


@given(eras().filter(lambda era: era.period <= 256), st.integers(0, 3_000))
def test_birth_and_death(era: Era, current: int) -> None:
    birth = find_birth(era, current)
    assert era.compute_birth(current) == birth
    assert era.compute_death(current) == birth + era.period
    if current >= era.phase:
        assert birth <= current < era.compute_death(current)


@given(st.integers(0, 70_000), st.integers(0, 1 << 32))
def test_a_new_era_has_begun_and_lasts(period: int, current: int) -> None:
    era = Era.mortal(period, current)
    assert era.period in POWERS
    assert min(period, 65_536) <= era.period < max(2 * period, 5)
    assert decode_era(era.encode(), 0)[0] == era
    quantum = max(era.period >> 12, 1)
    birth = era.compute_birth(current)
    assert birth <= current < birth + quantum
    assert era.compute_death(current) == birth + era.period


def test_an_immortal_one_lives_for_ever() -> None:
    era = Era()
    assert era.is_immortal
    assert era.compute_birth(1_000_000) == 0
    assert era.compute_death(1_000_000) == (1 << 64) - 1
    assert not Era.mortal(0, 7).is_immortal

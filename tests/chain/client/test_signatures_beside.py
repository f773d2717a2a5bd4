"""Signatures checked beside execution: the same verdicts, whatever becomes of who checks them."""

import os
import sys
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from functools import cache

import pytest
import trio

from chain.client import host, signatures
from chain.client.block import Imported, ImportResult, IncomingBlock, Rejected
from chain.client.client import Client
from chain.client.host import AHEAD_MIN, Ahead, CachingHost
from chain.client.signature_child import ANSWERS_AT_ONCE, take_answers
from chain.client.signatures import SignatureProcess, open_signature_process
from chain.keystore import KeyPair
from runtime.crypto.multisignature import (
    Ecdsa,
    EcdsaSignature,
    Ed25519,
    Signature,
    verify_multisignature,
)
from runtime.crypto.scheme import Scheme
from runtime.era import Era
from runtime.extrinsic import Signer
from runtime.host import SignedMessage
from runtime.primitives import AccountId
from tests.helpers.many_accounts import make_rich_spec, make_senders, make_transfers
from tests.helpers.market_blocks import make_importer
from tests.helpers.node_stage import BlockMaker, Wallet, open_client

COUNT = 3 * AHEAD_MIN
PATIENCE = 10_000_000
SENDERS = make_senders(COUNT)
SPEC = make_rich_spec(SENDERS)


class Known:
    """Has every answer at once, or those to the first so many."""

    def __init__(self, most: int = COUNT) -> None:
        self.most = most
        self.taken: list[tuple[SignedMessage, ...]] = []

    def begin(self, signed: tuple[SignedMessage, ...]) -> bool:
        self.taken.append(signed)
        return True

    def is_good(self, place: int) -> bool:
        return place < self.most and _is_signed(self.taken[-1][place])


class Refusing(Known):
    """Takes nothing."""

    def begin(self, signed: tuple[SignedMessage, ...]) -> bool:
        super().begin(signed)
        return False


def _is_signed(signed: SignedMessage) -> bool:
    return verify_multisignature(*signed)


def make_block(client: Client, transactions: Sequence[bytes]) -> IncomingBlock:
    """A block by somebody who believes every signature."""
    block = BlockMaker(client).make(transactions=transactions)
    assert len(block.extrinsics) == len(transactions) + 2
    return block


def make_signed(count: int = COUNT) -> tuple[SignedMessage, ...]:
    """Messages of many lengths in both schemes; every third one is not signed."""
    made: list[SignedMessage] = []
    for number in range(count):
        scheme = list(Scheme)[number % 2]
        pair = KeyPair.of_secret(scheme, bytes([number]) * 32)
        message = bytes(5 * number)
        asked = message + b"!" if number % 3 == 2 else message
        made.append(SignedMessage(pair.sign(message), asked, pair.account))
    return tuple(made)


def import_one(block: IncomingBlock, ahead: Ahead | None) -> tuple[ImportResult, Client]:
    """Imports it into a chain that has seen none of its signatures."""
    client = open_client(spec=SPEC, ahead=ahead)
    return trio.run(make_importer(client).import_block, block), client


@contextmanager
def counting_checks(monkeypatch: pytest.MonkeyPatch) -> Generator[list[AccountId]]:
    """Whose signatures the executing thread checks itself."""
    found: list[AccountId] = []

    def verify(signature: object, message: bytes, account: AccountId) -> bool:
        del signature, message
        found.append(account)
        return True

    with monkeypatch.context() as patch:
        patch.setattr(host, "verify_multisignature", verify)
        yield found


@cache
def make_transactions() -> tuple[bytes, ...]:
    return tuple(make_transfers(Wallet(open_client(spec=SPEC)), SENDERS, COUNT))


def break_signature(raw: bytes) -> bytes:
    """A transaction with another signature of the same length."""
    decoded = open_client(spec=SPEC).api.decode(raw)
    assert isinstance(decoded.signer, Signer)
    good = decoded.signer.signature.signature
    return raw.replace(good, bytes([good[0] ^ 1]) + good[1:])


def test_what_is_known_ahead_is_not_checked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    client = open_client(spec=SPEC)
    block, ahead = make_block(client, make_transactions()), Known()
    expected, _ = import_one(block, None)
    monkeypatch.setattr(Known, "is_good", lambda self, place: True)
    with counting_checks(monkeypatch) as checked:
        result, _ = import_one(block, ahead)
    assert isinstance(result, Imported)
    assert result == expected
    assert not checked, "what is expected is what is asked, byte for byte"
    assert [len(each) for each in ahead.taken] == [COUNT]


def test_mortal_transactions_are_expected_with_their_birth() -> None:
    client = open_client(spec=SPEC)
    importer = make_importer(client)
    assert isinstance(trio.run(importer.import_block, make_block(client, ())), Imported)
    first = make_block(client, ())
    assert isinstance(trio.run(importer.import_block, first), Imported)
    wallet, era = Wallet(client), Era.mortal(64, 1)
    call = wallet.make_call("System", "remark", b"mortal")
    block = make_block(client, [wallet.sign(who, call, 0, era=era) for who in SENDERS])
    ahead = Known()
    other = open_client(spec=SPEC, ahead=ahead)
    again = make_importer(other)
    for number in (1, 2):
        found = client.get_block_hash(number)
        assert found is not None
        header, body = client.get_header(found), client.get_body(found)
        assert header is not None
        assert body is not None
        trio.run(again.import_block, IncomingBlock(header, body, client.get_witness(found)))
    assert isinstance(trio.run(again.import_block, block), Imported)
    assert all(map(_is_signed, ahead.taken[-1]))
    assert [each.account for each in ahead.taken[-1]] == [who.account for who in SENDERS]


@pytest.mark.parametrize("ahead", [None, Known(), Known(0), Known(COUNT // 2), Refusing()])
@pytest.mark.parametrize("place", [0, COUNT // 2 + 1, COUNT - 1])
def test_a_bad_signature_rejects_the_block_at_its_place(
    monkeypatch: pytest.MonkeyPatch, ahead: Ahead | None, place: int
) -> None:
    transactions = list(make_transactions())
    transactions[place] = break_signature(transactions[place])
    client = open_client(spec=SPEC)
    with counting_checks(monkeypatch):
        block = make_block(client, transactions)
    result, chain = import_one(block, ahead)
    assert isinstance(result, Rejected)
    assert result.why == f"extrinsic {place + 2}: Transaction has a bad signature"
    assert chain.best.value.number == 0


def test_few_and_known_signatures_are_not_asked_for() -> None:
    ahead = Known()
    caching = CachingHost(ahead=ahead)
    signed = tuple(each for each in make_signed() if _is_signed(each))
    caching.expect(signed[: AHEAD_MIN - 1])
    assert not ahead.taken
    for each in signed:
        assert caching.is_signed(*each)
    caching.expect(signed)
    assert not ahead.taken
    ecdsa = Ecdsa(EcdsaSignature(bytes(65)))
    caching.expect(tuple(SignedMessage(ecdsa, bytes([n]), SENDERS[0].account) for n in range(99)))
    assert not ahead.taken, "no process knows this scheme"


def test_another_block_takes_the_place_of_the_last() -> None:
    signed, ahead = make_signed(), Known()
    caching = CachingHost(ahead=ahead)
    caching.expect(signed)
    caching.expect(signed[::-1])
    assert [caching.is_signed(*each) for each in signed] == list(map(_is_signed, signed))
    assert ahead.taken == [signed, signed[::-1]]


@pytest.mark.parametrize("step", [1, 7, 161, 4_096])
def test_the_child_answers_however_the_questions_are_cut(step: int) -> None:
    signed = make_signed(2 * ANSWERS_AT_ONCE + 1)
    whole = b"".join(map(signatures.encode, signed))
    questions, answers = bytearray(), b""
    for begin in range(0, len(whole), step):
        questions += whole[begin : begin + step]
        while taken := take_answers(questions):
            assert len(taken) <= ANSWERS_AT_ONCE
            answers += taken
    assert list(answers) == [_is_signed(each) for each in signed]
    assert not questions


def wait_for_answers(process: SignatureProcess, places: Sequence[int]) -> None:
    for place in places:
        for _ in range(PATIENCE):
            if process.is_good(place):
                break
            os.sched_yield()
        else:
            pytest.fail(f"expected an answer to question {place}, got none")


def test_the_process_answers_in_order_and_ends() -> None:
    signed = make_signed()
    good = [place for place, each in enumerate(signed) if _is_signed(each)]
    process = SignatureProcess()
    try:
        assert process.begin(signed)
        wait_for_answers(process, good)
        assert [place for place in range(COUNT) if process.is_good(place)] == good
        assert process.begin(signed[::-1]), "it is free again"
        wait_for_answers(process, [COUNT - 1 - place for place in good])
        assert not process.is_good(COUNT)
    finally:
        process.close()
    assert not process.begin(signed)
    assert not process.is_good(0)


def test_a_block_is_imported_with_a_process_beside() -> None:
    block = make_block(open_client(spec=SPEC), make_transactions())
    with open_signature_process() as process:
        result, _ = import_one(block, process)
    assert result == import_one(block, None)[0]


ENDS = ("-c", "pass")
READS_AND_ENDS = ("-c", "import socket, sys; socket.socket(fileno=int(sys.argv[1])).recv(1 << 20)")
ANSWERS_WRONG = (
    "-c",
    "import socket, sys; socket.socket(fileno=int(sys.argv[1])).send(b'\\0' * 9)",
)
READS_NOTHING = ("-c", "import sys, time; time.sleep(600)")
"""Programs that stand in for the process."""


@pytest.mark.parametrize("program", [ENDS, ANSWERS_WRONG, READS_NOTHING])
def test_a_process_that_fails_changes_nothing(
    monkeypatch: pytest.MonkeyPatch, program: tuple[str, ...]
) -> None:
    monkeypatch.setattr(signatures, "END_S", 0)
    process = SignatureProcess((sys.executable, *program))
    block = make_block(open_client(spec=SPEC), make_transactions())
    try:
        result, _ = import_one(block, process)
    finally:
        process.close()
    assert result == import_one(block, None)[0]


@pytest.mark.parametrize("program", [ENDS, READS_AND_ENDS])
def test_a_process_that_has_ended_is_no_longer_asked(
    caplog: pytest.LogCaptureFixture, program: tuple[str, ...]
) -> None:
    process = SignatureProcess((sys.executable, *program))
    try:
        process.begin(make_signed())
        for _ in range(PATIENCE):
            assert not process.is_good(0)
            if caplog.messages:
                break
            os.sched_yield()
        assert not process.begin(make_signed())
    finally:
        process.close()
    assert caplog.messages == ["signatures are not checked beside execution"]


def test_a_process_that_does_not_start_is_not_asked() -> None:
    process = SignatureProcess(("/nowhere/at/all",))
    assert not process.begin(make_signed())
    assert not process.is_good(0)
    process.close()


def test_a_process_without_a_socket_is_not_asked_for_again(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def make_none() -> None:
        raise OSError(24, "Too many open files")

    process = SignatureProcess()
    with monkeypatch.context() as patch:
        patch.setattr("socket.socketpair", make_none)
        assert not process.begin(make_signed())
    assert not process.begin(make_signed())
    assert not process.is_good(0)
    process.close()
    assert caplog.messages == ["signatures are not checked beside execution"]


def test_who_reads_nothing_is_neither_waited_for_nor_asked_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(signatures, "END_S", 0)
    account = SENDERS[0].account
    one = SignedMessage(Ed25519(Signature(bytes(64))), bytes(256), account)
    process = SignatureProcess((sys.executable, *READS_NOTHING))
    try:
        assert process.begin((one,) * 10_000), "more than the system keeps"
        assert not process.is_good(0)
        assert not process.begin((one,))
    finally:
        process.close()


def test_a_single_core_has_no_process(monkeypatch: pytest.MonkeyPatch) -> None:
    def get_cores(pid: int) -> set[int]:
        return {pid}

    monkeypatch.setattr(os, "sched_getaffinity", get_cores)
    with open_signature_process() as process:
        assert process is None

"""Every rule of a block broken by itself: rejected with its reason, nothing kept, node alive."""

import re
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from chain.client.block import Imported, IncomingBlock, Rejected, UnknownParent
from chain.client.client import Client
from chain.db.memory import MemoryStore
from consensus.digest import AHEAD_MS_MAX
from consensus.pouw.witness import STRIP_BYTES_MAX
from runtime.extrinsic import encode_bare
from runtime.header import Other, PreRuntime, Seal
from runtime.limits import BLOCK_BYTES_MAX
from runtime.pre_digest import ENGINE
from runtime.primitives import AccountId, Hash
from runtime.work_summary import Lane, RowRef
from tests.helpers.clock import START_MS, ManualClock
from tests.helpers.forged_block import SEEDED, Forger, encode_item, flip, flip_hash
from tests.helpers.node_stage import (
    ALICE,
    BOB,
    BlockMaker,
    Wallet,
    feed,
    feed_good,
    open_client,
    run_stage,
)
from tests.helpers.scheduler import run_seeded

Forge = Callable[[Forger], IncomingBlock]
HASH = r"\w*\(?0x[0-9a-f]{64}\)?"


def check(forge: Forge, why: str) -> None:
    """A node that imported a block rejects the forged one, keeps nothing and goes on."""

    async def main() -> None:
        store = MemoryStore()
        client = open_client(store)
        forger = Forger(BlockMaker(client), Wallet(client))
        clock = ManualClock(START_MS + 10_000)
        async with run_stage(client, clock=clock) as node:
            await feed_good(node, forger.maker.make())
            before = describe(client), dict(store.iterate())
            result = await feed(node, forge(forger))
            assert isinstance(result, Rejected), result
            assert re.search(why, result.why), result.why
            assert (describe(client), dict(store.iterate())) == before
            await feed_good(node, forger.maker.make(transactions=[forger.transfer()]))
            assert client.best.value.number == 2

    run_seeded(main)


def _with_other_state(block: IncomingBlock) -> IncomingBlock:
    return replace(block, header=replace(block.header, state_root=Hash(b"s" * 32)))


def describe(client: Client) -> tuple[object, ...]:
    return client.best.value, client.finalised.value, client.get_unfinalised()


HEADERS: dict[str, tuple[Forge, str]] = {
    "number": (lambda f: f.with_header(number=9), "number: expected 2, got 9"),
    "state root": (
        lambda f: f.with_header(state_root=Hash(b"s" * 32)),
        f"state root: expected {HASH}, got {HASH}",
    ),
    "extrinsics root": (
        lambda f: f.with_header(extrinsics_root=Hash(b"x" * 32)),
        f"extrinsics root: expected {HASH}, got {HASH}",
    ),
    "no pre-digest": (lambda f: f.with_logs(), "digest: expected a pre-digest, got none"),
    "two pre-digests": (
        lambda f: f.with_logs(*[encode_item(f.propose().pre_digest)] * 2),
        "digest: expected one pre-digest, got 2",
    ),
    "undecodable pre-digest": (
        lambda f: f.with_logs(PreRuntime(ENGINE, b"short")),
        "digest: .* expected 32 bytes at offset 0, got 5",
    ),
    "target": (
        lambda f: f.with_pre_digest(lambda d: replace(d, target=d.target - 1)),
        "target: expected 0x[0-9a-f]+, got 0x[0-9a-f]+",
    ),
    "score": (
        lambda f: f.with_pre_digest(lambda d: replace(d, score=d.score + 1)),
        r"score: expected \d+, got \d+",
    ),
    "drift": (
        lambda f: f.with_pre_digest(lambda d: replace(d, drift=d.drift + 1)),
        r"drift: expected -?\d+ ms, got -?\d+",
    ),
    "work root": (
        lambda f: f.with_pre_digest(lambda d: replace(d, work_root=flip_hash(d.work_root))),
        f"work: expected summary {HASH}, got {HASH}",
    ),
    "author": (
        lambda f: f.with_pre_digest(lambda d: replace(d, author=AccountId(bytes(32)))),
        "seal: ticket: expected 0x[0-9a-f]{64}, got 0x[0-9a-f]{64}",
    ),
}

TIMES: dict[str, tuple[Forge, str]] = {
    "too far ahead": (
        lambda f: f.maker.make(now_ms=START_MS + 10_001 + AHEAD_MS_MAX),
        rf"time: expected at most {START_MS + 10_000 + AHEAD_MS_MAX} ms, got \d+",
    ),
    "not above the parent": (
        lambda f: f.with_pre_digest(lambda d: replace(d, time_ms=START_MS)),
        f"time: expected at least {START_MS + 1} ms, got {START_MS}",
    ),
    "differs from the inherent": (
        lambda f: f.with_pre_digest(lambda d: replace(d, time_ms=d.time_ms + 1)),
        r"timestamp: the digest says \d+, the inherent \d+",
    ),
    "inherent not above the parent": (
        lambda f: f.with_body(lambda b: (f.inherent("Timestamp", "set", START_MS), *b[1:])),
        rf"timestamp: expected at least {START_MS + 1} ms, got {START_MS} ms",
    ),
}

SEALS: dict[str, tuple[Forge, str]] = {
    "none": (lambda f: f.with_seal_items(lambda _: ()), "seal: expected one .* got 0"),
    "two": (lambda f: f.with_seal_items(lambda s: (s, s)), "seal: expected one .* got 2"),
    "not the last item": (
        lambda f: f.with_seal_items(lambda s: (s, Other(b"late"))),
        "seal: expected one at the digest's end",
    ),
    "of another engine": (
        lambda f: f.with_seal_items(lambda s: (Seal(b"aura", s.data),)),
        "seal: expected one",
    ),
    "undecodable": (
        lambda f: f.with_seal_items(lambda s: (Seal(ENGINE, s.data[:-1]),)),
        "seal: ",
    ),
    "version": (lambda f: f.with_seal(version=2), "seal: version: expected 1, got 2"),
    "shape": (lambda f: f.with_seal(m=33), "the seal"),
    "tile": (lambda f: f.with_seal(i=1), r"seal: tile: .* got \(1, 0\)"),
    "nonce": (lambda f: f.with_seal(nonce=1), "seal: ticket: expected 0x.*, got 0x"),
    "losing ticket": (
        lambda f: f.with_seal(ticket=b"\xff" * 32),
        "seal: target: ticket 0xf+ does not win",
    ),
    "made-up ticket": (
        lambda f: f.with_seal(ticket=bytes(32)),
        "seal: ticket: expected 0x[0-9a-f]{64}, got 0x0{64}",
    ),
    "root in the Seeded lane": (
        lambda f: f.with_seal(root_c=Hash(b"c" * 32)),
        "seal: lane: expected zero roots",
    ),
    "of another header": (
        lambda f: _with_other_state(f.maker.make()),
        "seal: ticket: expected 0x[0-9a-f]{64}, got 0x[0-9a-f]{64}",
    ),
}

WITNESSES: dict[str, tuple[Forge, str]] = {
    "missing": (
        lambda f: replace(f.private(), witness=None),
        "seal: lane: expected a witness, got none",
    ),
    "where none belongs": (
        lambda f: replace(f.maker.make(), witness=f.private().witness),
        "seal: lane: expected no witness in the Seeded lane",
    ),
    "undecodable": (lambda f: replace(f.private(), witness=b"\x01"), "witness: "),
    "bytes behind it": (
        lambda f: replace(f.private(), witness=(f.private().witness or b"") + b"\0"),
        "witness: ",
    ),
    "strip too long": (
        lambda f: f.with_witness(lambda w: replace(w, strip_a=w.strip_a + bytes(64))),
        r"seal: lane: expected two strips of 2048 bytes, got \(2112, 2048\)",
    ),
    "strip too short": (
        lambda f: f.with_witness(lambda w: replace(w, strip_b=b"")),
        r"seal: lane: expected two strips of 2048 bytes, got \(2048, 0\)",
    ),
    "beyond any limit": (
        lambda f: replace(f.private(), witness=bytes(3 * STRIP_BYTES_MAX)),
        "witness: ",
    ),
    "forged strip": (
        lambda f: f.with_witness(lambda w: replace(w, strip_a=flip(w.strip_a))),
        f"seal: roots: expected root {HASH}, got {HASH}",
    ),
    "forged path": (
        lambda f: f.with_witness(lambda w: replace(w, path_b=(flip_hash(w.path_b[0]),))),
        f"seal: roots: expected root {HASH}, got {HASH}",
    ),
    "path too long": (
        lambda f: f.with_witness(lambda w: replace(w, path_a=(*w.path_a, *w.path_a))),
        "seal: roots: a path among 2 leaves has 1 nodes, not 2",
    ),
    "operands out of range": (
        lambda f: f.private(np.full((64, 64), 64, np.int8)),
        r"seal: range: A: expected values in \[-63, 63\], got \[64, 64\]",
    ),
}

BODIES: dict[str, tuple[Forge, str]] = {
    "empty": (lambda f: f.with_body(lambda _: ()), "work: expected one summary, got 0"),
    "no time": (lambda f: f.with_body(lambda b: b[1:]), "timestamp not set"),
    "no work": (lambda f: f.with_body(lambda b: b[:1]), "work: expected one summary, got 0"),
    "two works": (
        lambda f: f.with_body(lambda b: (*b[:2], b[1], *b[2:])),
        "work: expected one summary, got 2",
    ),
    "two times": (lambda f: f.with_body(lambda b: (b[0], *b)), "timestamp set twice"),
    "inherent behind a transaction": (
        lambda f: f.with_body(lambda b: (b[0], b[2], b[1])),
        "extrinsic 2: an inherent behind a transaction",
    ),
    "unsigned call": (
        lambda f: f.with_body(lambda b: (*b[:2], f.inherent("System", "remark", b"hello"), b[2])),
        "extrinsic 2: Transaction call is not expected",
    ),
    "signed inherent": (
        lambda f: f.with_body(
            lambda b: (*b[:2], f.wallet.sign(BOB, f.wallet.make_call("Timestamp", "set", 1), 0))
        ),
        "extrinsic 2: Transaction dispatch is mandatory",
    ),
    "transaction twice": (
        lambda f: f.with_body(lambda b: (*b, b[2])),
        "extrinsic 3: Transaction is outdated",
    ),
    "nonce ahead": (
        lambda f: f.with_body(lambda b: (*b[:2], f.transfer(nonce=1))),
        "extrinsic 2: Transaction will be valid in the future",
    ),
    "wrong signature": (
        lambda f: f.with_body(lambda b: (*b[:2], flip(b[2], 40))),
        "extrinsic 2: Transaction has a bad signature",
    ),
    "unpayable": (
        lambda f: f.with_body(
            lambda b: (*b[:2], f.wallet.transfer(BOB, ALICE.account, 1, 0, tip=10**30))
        ),
        "extrinsic 2: Inability to pay some fees",
    ),
    "undecodable extrinsic": (
        lambda f: f.with_body(lambda b: (*b[:2], b"\x08\x04\xff")),
        "extrinsic 2: ",
    ),
    "empty extrinsic": (lambda f: f.with_body(lambda b: (*b, b"")), "extrinsic 3: "),
    "too many bytes": (
        lambda f: f.with_body(lambda b: (*b, bytes(BLOCK_BYTES_MAX))),
        rf"body: expected at most {BLOCK_BYTES_MAX} bytes, got \d+",
    ),
    "too many extrinsics": (
        lambda f: f.with_body(lambda b: (*b, *(b"\0",) * 65_536)),
        r"body: expected at most 65536 extrinsics, got 65539",
    ),
    "summary of another shape": (
        lambda f: f.with_summary(replace(SEEDED, m=64)),
        "work: the summary says .*64.*, the seal .*32",
    ),
    "summary of another lane": (
        lambda f: f.with_summary(replace(SEEDED, lane=Lane.PRIVATE)),
        "work: the summary says",
    ),
    "summary with rows nobody asked for": (
        lambda f: f.with_summary(replace(SEEDED, rows=(RowRef(0, 0, 0, 1),))),
        "extrinsic 1: .*BadSummary",
    ),
    "oversized extrinsic": (
        lambda f: f.with_body(lambda b: (*b, encode_bare(bytes(200_000)))),
        "extrinsic 3: Extrinsic: 200005 bytes, expected at most 131072",
    ),
}

CASES = {
    f"{part}: {name}": case
    for part, cases in (
        ("header", HEADERS),
        ("time", TIMES),
        ("seal", SEALS),
        ("witness", WITNESSES),
        ("body", BODIES),
    )
    for name, case in cases.items()
}


@pytest.mark.parametrize("name", CASES)
def test_a_block_that_breaks_a_rule_is_rejected(name: str) -> None:
    check(*CASES[name])


def test_an_unknown_parent_is_not_judged() -> None:
    async def main() -> None:
        client = open_client()
        maker = BlockMaker(client)
        stranger = Hash(b"?" * 32)
        block = maker.make()
        orphan = replace(block, header=replace(block.header, parent_hash=stranger))
        async with run_stage(client) as node:
            assert await feed(node, orphan) == UnknownParent(stranger)
            await feed_good(node, block)

    run_seeded(main)


def test_the_private_lane_s_block_is_good_before_it_is_forged() -> None:
    async def main() -> None:
        client = open_client()
        forger = Forger(BlockMaker(client), Wallet(client))
        async with run_stage(client) as node:
            assert isinstance(await feed(node, forger.private()), Imported)

    run_seeded(main)

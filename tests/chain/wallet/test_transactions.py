"""The wallet against the real runtime: reading, signing, sending, and every way it may fail."""

from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager
from typing import TypeVar

import pytest
import trio

from chain.keystore import KeyPair, get_pair_of_uri
from chain.wallet.chain_reader import ChainReader, UnknownBlock
from chain.wallet.connect import parse_node_url
from chain.wallet.errors import (
    BadAnswer,
    NodeSilent,
    OtherRuntime,
    TransactionFailed,
    TransactionLost,
    TransactionRefused,
)
from chain.wallet.rpc import RpcTimeouts, open_rpc
from chain.wallet.submit import Inclusion, Until, submit
from chain.wallet.transaction import estimate_fee, make_call, sign_call
from pallets.balances.events import Transfer
from runtime.address import Id, Raw
from runtime.crypto.scheme import Scheme
from runtime.frame import Call
from runtime.primitives import UNIT, AccountId, Hash
from tests.helpers.fake_node import FakeNode
from tests.helpers.rpc_server import News, RpcServer, serve

T = TypeVar("T")
ALICE, BOB, EVE = (get_pair_of_uri(f"//{name}", Scheme.ED25519) for name in ("Alice", "Bob", "Eve"))
TIMEOUTS = RpcTimeouts()


@pytest.fixture
def node() -> FakeNode:
    return FakeNode()


@contextmanager
def serving(node: FakeNode, **changes: Callable[..., object]) -> Generator[RpcServer]:
    with serve({**node.get_methods(), **changes}) as server:
        yield server


def with_chain(url: str, use: Callable[[ChainReader], Awaitable[T]]) -> T:
    async def run() -> T:
        async with open_rpc(parse_node_url(url), TIMEOUTS) as rpc:
            return await use(await ChainReader.connect(rpc))

    return trio.run(run)


def make_transfer(chain: ChainReader, dest: AccountId, amount: int) -> Call:
    return make_call(chain.runtime.balances.transfer_keep_alive, Id(dest), amount)


def send_transfer(
    url: str, pair: KeyPair = ALICE, amount: int = UNIT, until: Until = Until.IN_BLOCK, tip: int = 0
) -> Inclusion:
    async def use(chain: ChainReader) -> Inclusion:
        call = make_transfer(chain, BOB.account, amount)
        transaction = await sign_call(chain, pair, call, tip=tip)
        return await submit(chain, transaction, TIMEOUTS, until=until, watch_s=5)

    return with_chain(url, use)


async def get_free(chain: ChainReader, who: AccountId) -> int:
    return await chain.read(lambda runtime: runtime.system.account[who].data.free)


@pytest.mark.parametrize("scheme", list(Scheme))
@pytest.mark.parametrize("way", ["ws", "http"])
def test_a_transfer_arrives(node: FakeNode, scheme: Scheme, way: str) -> None:
    pair = get_pair_of_uri("//Alice", scheme)
    if scheme is Scheme.SR25519:
        pair = get_pair_of_uri("0x" + "07" * 32, scheme)
    with serving(node) as server:
        url = server.url if way == "ws" else server.http_url
        if scheme is Scheme.SR25519:
            fund(url, pair.account)
        inclusion = send_transfer(url, pair)
        assert inclusion.block_hash == node.best.hash
        assert Transfer(pair.account, BOB.account, UNIT) in inclusion.events
        assert inclusion.fee > 0
        assert not inclusion.is_final


def fund(url: str, dest: AccountId) -> None:
    async def use(chain: ChainReader) -> None:
        transaction = await sign_call(chain, ALICE, make_transfer(chain, dest, 10 * UNIT))
        await submit(chain, transaction, TIMEOUTS)

    with_chain(url, use)


def test_balances_nonces_and_tips(node: FakeNode) -> None:
    with serving(node) as server:
        before = with_chain(server.url, lambda chain: get_free(chain, ALICE.account))
        first = send_transfer(server.url, until=Until.FINAL, tip=5)
        second = send_transfer(server.url)
        after = with_chain(server.url, lambda chain: get_free(chain, ALICE.account))
    assert first.is_final
    assert (first.block_number, second.block_number) == (1, 2)
    assert first.fee == second.fee + 5
    assert before - after == 2 * UNIT + first.fee + second.fee


def test_the_estimate_is_the_fee(node: FakeNode) -> None:
    async def use(chain: ChainReader) -> tuple[int, int]:
        transaction = await sign_call(chain, ALICE, make_transfer(chain, BOB.account, UNIT))
        estimate = await estimate_fee(chain, transaction)
        return estimate, (await submit(chain, transaction, TIMEOUTS)).fee

    with serving(node) as server:
        estimate, fee = with_chain(server.url, use)
    assert estimate == fee > 0


def test_states_of_the_past_are_read(node: FakeNode) -> None:
    genesis_hash = node.best.hash

    async def use(chain: ChainReader) -> tuple[int, int]:
        now = await get_free(chain, BOB.account)
        at_genesis = await chain.read(
            lambda runtime: runtime.system.account[BOB.account].data.free, genesis_hash
        )
        return now, at_genesis

    with serving(node) as server:
        send_transfer(server.url)
        now, at_genesis = with_chain(server.url, use)
    assert now == at_genesis + UNIT


def test_maps_are_iterated_in_pages(node: FakeNode) -> None:
    async def use(chain: ChainReader) -> dict[AccountId, int]:
        return await chain.read(
            lambda runtime: {who: info.data.free for who, info in runtime.system.account.items()}
        )

    for number in range(100):
        node.best.state[node_key(node, number)] = b"\x00" * 79 + b"\x80"
    with serving(node) as server:
        found = with_chain(server.url, use)
    assert len(found) == len(node.spec.balances) + 100
    assert found[ALICE.account] == dict(node.spec.balances)[ALICE.account]


def node_key(node: FakeNode, number: int) -> bytes:
    who = AccountId(number.to_bytes(32, "big"))
    return bytes(node.api.make_runtime(EmptyState()).system.account.get_key(who))


class EmptyState:
    def get(self, key: bytes) -> bytes | None:
        return None

    def next_key(self, key: bytes) -> bytes | None:
        return None


def test_named_arguments_make_the_same_call(node: FakeNode) -> None:
    async def use(chain: ChainReader) -> None:
        balances = chain.runtime.balances
        positional = make_call(balances.transfer_keep_alive, Id(BOB.account), 5)
        named = make_call(balances.transfer_keep_alive, value=5, dest=Id(BOB.account))
        assert positional == named
        assert chain.runtime.calls.decode(chain.runtime.calls.encode(named)) == named

    with serving(node) as server:
        with_chain(server.url, use)


def test_a_failed_call_is_named(node: FakeNode) -> None:
    with serving(node) as server:
        with pytest.raises(TransactionFailed, match=r"Token\.FundsUnavailable"):
            send_transfer(server.url, amount=10**12 * UNIT)

        async def use_dust(chain: ChainReader) -> None:
            call = make_transfer(chain, AccountId(bytes(32)), 1)
            await submit(chain, await sign_call(chain, ALICE, call), TIMEOUTS)

        with pytest.raises(TransactionFailed, match=r"Token\.BelowMinimum"):
            with_chain(server.url, use_dust)

        async def use(chain: ChainReader) -> None:
            call = make_call(chain.runtime.registry.heartbeat, 7)
            await submit(chain, await sign_call(chain, ALICE, call), TIMEOUTS)

        with pytest.raises(TransactionFailed, match=r"Registry\.NoSuchRecord \(There is no record"):
            with_chain(server.url, use)

        async def use_lookup(chain: ChainReader) -> None:
            call = make_call(chain.runtime.balances.transfer_keep_alive, Raw(b"x"), 1)
            await submit(chain, await sign_call(chain, ALICE, call), TIMEOUTS)

        with pytest.raises(TransactionFailed, match="CannotLookup"):
            with_chain(server.url, use_lookup)


@pytest.mark.parametrize("nonce,expected", [(5, "in the future")])
def test_the_pool_refuses(node: FakeNode, nonce: int, expected: str) -> None:
    async def use(chain: ChainReader) -> None:
        call = make_transfer(chain, BOB.account, UNIT)
        await submit(chain, await sign_call(chain, ALICE, call, nonce=nonce), TIMEOUTS)

    with (
        serving(node) as server,
        pytest.raises(TransactionRefused, match=f"Invalid Transaction: .*{expected}"),
    ):
        with_chain(server.url, use)


def test_an_empty_account_cannot_pay(node: FakeNode) -> None:
    poor = get_pair_of_uri("0x" + "01" * 32, Scheme.ED25519)
    with (
        serving(node) as server,
        pytest.raises(TransactionRefused, match="Inability to pay some fees"),
    ):
        send_transfer(server.url, poor)


@pytest.mark.parametrize(
    "items,expected",
    [
        (["ready", "dropped"], "dropped"),
        (["invalid"], "invalid"),
        ([{"usurped": "0x00"}], "same nonce"),
        ([{"inBlock": "0x" + "00" * 32}, {"finalityTimeout": "0x00"}], "final in time"),
    ],
)
def test_a_transaction_gets_lost(node: FakeNode, items: list[object], expected: str) -> None:
    news = News("author_extrinsicUpdate", items)
    with (
        serving(node, author_submitAndWatchExtrinsic=lambda _: news) as server,
        pytest.raises(TransactionLost, match=expected),
    ):
        send_transfer(server.url, until=Until.FINAL)


@pytest.mark.parametrize("item", [5, {"inBlock": 5}, {"inBlock": "0x11"}, {"inBlock": "zz"}, {}])
def test_a_status_that_is_none(node: FakeNode, item: object) -> None:
    news = News("author_extrinsicUpdate", [item])
    with (
        serving(node, author_submitAndWatchExtrinsic=lambda _: news) as server,
        pytest.raises(BadAnswer),
    ):
        send_transfer(server.url)


def test_a_node_that_never_decides(node: FakeNode) -> None:
    async def use(chain: ChainReader) -> None:
        transaction = await sign_call(chain, ALICE, make_transfer(chain, BOB.account, 1))
        await submit(chain, transaction, TIMEOUTS, watch_s=0.2)

    news = News("author_extrinsicUpdate", ["ready"])
    with (
        serving(node, author_submitAndWatchExtrinsic=lambda _: news) as server,
        pytest.raises(NodeSilent, match="the transaction's inBlock within"),
    ):
        with_chain(server.url, use)


def test_a_block_without_the_transaction(node: FakeNode) -> None:
    found = "0x" + node.best.hash.hex()
    news = News("author_extrinsicUpdate", [{"inBlock": found}])
    with (
        serving(node, author_submitAndWatchExtrinsic=lambda _: news) as server,
        pytest.raises(BadAnswer, match="does not have the transaction"),
    ):
        send_transfer(server.url)


def test_another_runtime_is_refused(node: FakeNode) -> None:
    version = {"specName": "soberana", "specVersion": 999, "transactionVersion": 1}
    with (
        serving(node, state_getRuntimeVersion=lambda: version) as server,
        pytest.raises(OtherRuntime, match="soberana 999"),
    ):
        with_chain(server.url, lambda chain: get_free(chain, BOB.account))


@pytest.mark.parametrize(
    "changes",
    [
        {"state_getStorage": lambda *_: "0x01"},
        {"state_getStorage": lambda *_: "zz"},
        {"chain_getBlockHash": lambda *_: "0x12"},
    ],
)
def test_states_that_are_none(node: FakeNode, changes: dict[str, Callable[..., object]]) -> None:
    with serving(node, **changes) as server, pytest.raises(BadAnswer):
        with_chain(server.url, lambda chain: get_free(chain, BOB.account))


def test_keys_out_of_order_are_refused(node: FakeNode) -> None:
    async def use(chain: ChainReader) -> int:
        return await chain.read(lambda runtime: len(list(runtime.system.account.keys())))

    with (
        serving(node, state_getKeysPaged=lambda *_: ["0x01"] * 2) as server,
        pytest.raises(BadAnswer, match="order"),
    ):
        with_chain(server.url, use)


def test_unknown_blocks(node: FakeNode) -> None:
    with serving(node) as server:
        with pytest.raises(UnknownBlock, match="number"):
            with_chain(server.url, lambda chain: chain.get_block_hash(9))
        with pytest.raises(UnknownBlock, match="hash"):
            with_chain(server.url, lambda chain: chain.get_header(Hash(bytes(32))))
        with pytest.raises(UnknownBlock, match="hash"):
            with_chain(server.url, lambda chain: chain.get_extrinsics(Hash(bytes(32))))


def test_headers_come_back_whole(node: FakeNode) -> None:
    node.make_block()
    with serving(node) as server:
        header = with_chain(server.url, lambda chain: chain.get_header(node.best.hash))
    assert header == node.best.header
    assert header.compute_hash() == node.best.hash

"""Circles of objects: execution leaves none, and a node looks for them rarely."""

import gc
from collections.abc import Callable, Generator
from contextlib import contextmanager

import pytest

from chain.collector import NEW_OBJECTS, collect_rarely
from pallets.proxy.declarations import ProxyType
from runtime.address import Id
from runtime.errors import InvalidBlock
from runtime.header import Header
from tests.helpers.many_accounts import FUNDS, make_rich_spec, make_senders, make_transfers
from tests.helpers.node_stage import BlockMaker, Wallet, open_client

SENDERS = make_senders(4)


@contextmanager
def collecting_by_hand() -> Generator[None]:
    """Nothing is collected but by `gc.collect`."""
    gc.disable()
    gc.collect()
    try:
        yield
    finally:
        gc.enable()


def make_failures(wallet: Wallet) -> tuple[bytes, ...]:
    """A call that fails, and one that goes on where the call inside it fails."""
    one, two = SENDERS[:2]
    greedy = wallet.make_call("Balances", "transfer_keep_alive", Id(two.account), 2 * FUNDS)
    named = wallet.make_call("Proxy", "add_proxy", Id(two.account), ProxyType.ANY, 0)
    inner = wallet.make_call("Proxy", "proxy", Id(one.account), None, greedy)
    return wallet.sign(one, greedy, 2), wallet.sign(one, named, 3), wallet.sign(two, inner, 2)


class Circle:
    """Refers to itself, as whatever the collector is for."""

    def __init__(self) -> None:
        self.me = self


def make_questions() -> dict[str, Callable[[], object]]:
    """What executes calls."""
    client = open_client(spec=make_rich_spec(SENDERS))
    maker, wallet = BlockMaker(client), Wallet(client)
    transactions = (*make_transfers(wallet, SENDERS, 8), *make_failures(wallet))
    block = maker.make(transactions=transactions)
    extrinsics = tuple(map(client.api.decode, block.extrinsics))
    first, parent = client.api.decode(transactions[0]), client.get_open_block(client.genesis_hash)
    assert parent is not None

    def execute(header: Header) -> int:
        return len(client.api.execute_block(parent.backend, header, extrinsics).outcomes)

    def refuse(header: Header) -> int:
        with pytest.raises(InvalidBlock):
            client.api.execute_block(parent.backend, header, (*extrinsics, extrinsics[0]))
        return len(extrinsics)

    def try_out() -> int:
        call, sender = client.api.decode(transactions[-1]).call, SENDERS[1].account
        asked = (parent.backend, client.genesis_hash)
        done = client.api.dry_run_call(*asked, call, sender), client.api.dry_run(*asked, first)
        assert done[1].error is None
        client.api.call("AccountNonceApi_account_nonce", sender, parent.backend)
        return len(extrinsics)

    def propose() -> int:
        return len(maker.make(transactions=transactions).extrinsics)

    return {
        "execute": lambda: execute(block.header),
        "refuse": lambda: refuse(block.header),
        "try out": try_out,
        "propose": propose,
    }


@pytest.mark.parametrize("question", ["execute", "refuse", "try out", "propose"])
def test_execution_leaves_no_circle(question: str) -> None:
    ask = make_questions()[question]
    ask()  # what is made once is made
    with collecting_by_hand():
        assert ask() == 13
        assert gc.collect() == 0
        Circle()
        assert gc.collect() > 0, "one would be seen"


def test_a_node_looks_for_circles_rarely_and_not_among_what_it_starts_with() -> None:
    before, frozen = gc.get_threshold(), gc.get_freeze_count()
    assert before[0] < NEW_OBJECTS
    with collect_rarely():
        assert gc.isenabled()
        assert gc.get_threshold() == (NEW_OBJECTS, *before[1:])
        assert gc.get_freeze_count() > frozen
    assert gc.get_threshold() == before
    assert gc.get_freeze_count() == 0

"""Many funded accounts, and the transfers among them, for programs that measure."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from chain.keystore import KeyPair
from genesis.spec import ChainSpec
from runtime.crypto.hashing import blake2_256
from runtime.crypto.scheme import Scheme
from runtime.primitives import UNIT
from tests.helpers.node_stage import Wallet, make_spec

FUNDS = 1_000_000 * UNIT


def make_senders(count: int) -> tuple[KeyPair, ...]:
    """The same accounts each time."""
    seeds = (blake2_256(b"sender" + number.to_bytes(4, "little")) for number in range(count))
    return tuple(KeyPair.of_secret(Scheme.ED25519, seed) for seed in seeds)


def make_rich_spec(senders: Sequence[KeyPair]) -> ChainSpec:
    """The stage's chain, on which all of them own something."""
    spec = make_spec()
    return replace(spec, balances=(*spec.balances, *((each.account, FUNDS) for each in senders)))


def make_transfers(wallet: Wallet, senders: Sequence[KeyPair], count: int) -> Iterator[bytes]:
    """Signed transfers: each sender in turn to the next, with nonces from 0 on."""
    for number in range(count):
        nonce, place = divmod(number, len(senders))
        dest = senders[(place + 1) % len(senders)].account
        yield wallet.transfer(senders[place], dest, UNIT + number, nonce)

"""Made-up blocks: bytes that the database takes for blocks, and changes that can be told again."""

from collections.abc import Mapping
from hashlib import blake2b
from random import Random

from chain.db.blocks import BlockRecord
from chain.db.database import Genesis
from runtime.state.backend import Changes


def hash_of(data: bytes) -> bytes:
    return blake2b(data, digest_size=32).digest()


def make_block(parent: BlockRecord, name: str = "", extrinsics: int = 2) -> BlockRecord:
    """A child of `parent`; another name is another block."""
    header = parent.hash + f"{parent.number + 1} {name}".encode()
    block_hash = hash_of(header)
    body = tuple(block_hash * (1 + index) for index in range(extrinsics))
    return BlockRecord(
        parent.number + 1, block_hash, parent.hash, header, body, None, b"w" + header
    )


def make_genesis(entries: Mapping[bytes, bytes] | None = None) -> Genesis:
    header = b"genesis"
    block = BlockRecord(0, hash_of(header), bytes(32), header, ())
    return Genesis(block, {b"a": b"0", b"b": b"0"} if entries is None else entries)


def changes_of(number: int, count: int = 12) -> Changes:
    """What block `number` changes: the same each time it is asked for."""
    random = Random(number)
    keys = [f"key-{random.randrange(100)}".encode() for _ in range(count)]
    return {
        key: None if random.random() < 0.3 else f"{number} {key!r}".encode() * random.randrange(9)
        for key in keys
    }


def state_after(genesis: Genesis, number: int) -> dict[bytes, bytes]:
    """The whole state after block `number` of the line that `changes_of` describes."""
    state = dict(genesis.entries)
    for each in range(1, number + 1):
        for key, value in changes_of(each).items():
            if value is None:
                state.pop(key, None)
            else:
                state[key] = value
    return state

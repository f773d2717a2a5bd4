"""The one writer of the chain: checks, executes and commits blocks, one after the other."""

import logging
from dataclasses import dataclass, field

import trio

from chain.client.block import (
    AlreadyKnown,
    BlockOrigin,
    CheckedBlock,
    ExecutedBlock,
    Head,
    Imported,
    ImportResult,
    IncomingBlock,
    Rejected,
    UnknownParent,
)
from chain.client.client import Client, IsFinal
from chain.client.verifier import Ancestry, Verifier
from chain.clock import WallClock
from chain.errors import DatabaseCorrupted
from chain.worker import Worker
from consensus.digest import InvalidDigest
from consensus.pouw.verify import InvalidSeal
from runtime.errors import InvalidBlock
from runtime.primitives import Hash

log = logging.getLogger(__name__)

InvalidBlockErrors = (InvalidBlock, InvalidDigest, InvalidSeal)


@dataclass(slots=True)
class ImportRequest:
    """A block handed to the importer, and where its sender waits for the outcome."""

    block: IncomingBlock
    done: trio.Event = field(default_factory=trio.Event)
    result: ImportResult | None = None


class Importer:
    """Brings blocks into a client; used by one task only."""

    def __init__(
        self,
        client: Client,
        verifier: Verifier,
        worker: Worker,
        clock: WallClock,
        is_final: IsFinal,
    ) -> None:
        self._client = client
        self._verifier = verifier
        self._worker = worker
        self._clock = clock
        self._is_final = is_final

    async def import_block(self, block: IncomingBlock) -> ImportResult:
        """What became of the block; once executed it lands whole even if the caller is cancelled.

        Only an invalid block is `Rejected`; any other failure is this node's and goes on.
        """
        client = self._client
        block_hash = block.header.compute_hash()
        if client.is_known(block_hash):
            return AlreadyKnown(block_hash)
        parent = client.get_open_block(block.header.parent_hash)
        if parent is None:
            return UnknownParent(block.header.parent_hash)
        ancestry = Ancestry(parent.head.header, client.get_header(parent.head.header.parent_hash))
        now_ms = self._clock.now_ms()
        try:
            executed = await self._worker.run(
                lambda: self._execute(self._verifier.check(block, ancestry, now_ms))
            )
        except InvalidBlockErrors as error:
            log.warning(
                "rejected a block",
                extra={"number": block.header.number, "hash": block_hash.hex(), "why": str(error)},
            )
            return Rejected(block_hash, str(error))
        return self._commit(executed)

    def _execute(self, checked: CheckedBlock) -> ExecutedBlock:
        """Executes on the parent's state and compares what the header promised."""
        header = checked.header
        parent = self._client.get_open_block(header.parent_hash)
        if parent is None:
            raise InvalidBlock(f"parent: {header.parent_hash} lost against a final block")
        api = self._client.api
        result = api.execute_block(parent.backend, header, checked.extrinsics)
        if result.moment_ms != checked.pre_digest.time_ms:
            raise InvalidBlock(
                f"timestamp: the digest says {checked.pre_digest.time_ms},"
                f" the inherent {result.moment_ms}"
            )
        tree = parent.tree.updated(result.changes)
        if tree.root != header.state_root:
            raise InvalidBlock(f"state root: expected {tree.root}, got {header.state_root}")
        return ExecutedBlock(checked, result.changes, tree)

    def _commit(self, executed: ExecutedBlock) -> Imported:
        """Fork choice and finality; synchronous, so that nothing comes in between."""
        event = self._client.commit(executed)
        if event.is_best:
            self._finalise()
        return Imported(event.head, event.is_best)

    def _finalise(self) -> None:
        client = self._client
        final = self._is_final(client.finalised.value, client.best.value)
        if final is not None and final.number > client.finalised.value.number:
            client.finalise(final.hash)

    def replay_stored(self) -> None:
        """After a restart: executes the stored blocks above the finalised one again.

        The line to the head comes first, so that it is still the best of equals.
        `DatabaseCorrupted` if one of them is no longer valid.
        """
        client = self._client
        for pointer in client.get_stored():
            block_hash = Hash(pointer.hash)
            header, body = client.get_header(block_hash), client.get_body(block_hash)
            if header is None or body is None:
                raise DatabaseCorrupted("the database", f"block {block_hash} lacks a part")
            stored = IncomingBlock(header, body, client.get_witness(block_hash), BlockOrigin.STORE)
            try:
                executed = self._execute(self._verifier.decode_stored(stored))
            except InvalidBlock as error:
                raise DatabaseCorrupted("the database", f"block {block_hash}: {error}") from error
            client.commit(executed)


async def import_blocks(
    importer: Importer, requests: trio.MemoryReceiveChannel[ImportRequest]
) -> None:
    """The service: imports what is sent to it, one block at a time."""
    async for request in requests:
        request.result = await importer.import_block(request.block)
        request.done.set()


async def submit_block(
    requests: trio.MemorySendChannel[ImportRequest], block: IncomingBlock
) -> ImportResult:
    """Hands a block to the importer and waits for the outcome."""
    request = ImportRequest(block)
    await requests.send(request)
    await request.done.wait()
    assert request.result is not None, "the importer sets the result before the event; qed"
    return request.result


def compute_final_in_dev(client: Client) -> IsFinal:
    """A chain with one author: a block is final once its child is imported."""

    def is_final(finalised: Head, best: Head) -> Head | None:
        if best.number <= finalised.number + 1:
            return None
        parent = client.get_open_block(best.header.parent_hash)
        return None if parent is None else parent.head

    return is_final

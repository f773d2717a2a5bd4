"""Checks a block before it is executed, cheapest first: header, digest, work, then its parts.

Nothing here reads state, so blocks can be checked in any thread.
"""

from dataclasses import dataclass

from chain.client.block import CheckedBlock, IncomingBlock
from consensus.digest import compute_schedule, ensure_pre_digest
from consensus.params import ConsensusParams
from consensus.pouw.seal import SEAL, Seal
from consensus.pouw.verify import verify_seal
from consensus.pouw.witness import WITNESS, Witness
from runtime.api import RuntimeApi
from runtime.errors import CodecError, InvalidBlock
from runtime.extrinsic import Extrinsic
from runtime.header import Header, compute_extrinsics_root, compute_pre_hash
from runtime.header import Seal as SealItem
from runtime.limits import BLOCK_BYTES_MAX
from runtime.pre_digest import ENGINE, PreDigest, get_pre_digest
from runtime.work_summary import WorkSummary, compute_work_root

EXTRINSICS_MAX = 65_536
WORK_CALL = ("Work", "note_block_work")


@dataclass(frozen=True, slots=True)
class Ancestry:
    """What a block's header is judged against."""

    parent: Header
    grandparent: Header | None
    """None where the parent is genesis."""


class Verifier:
    """The rules of one chain for headers, seals and bodies."""

    def __init__(self, api: RuntimeApi, params: ConsensusParams) -> None:
        self._api = api
        self._params = params

    def check(self, block: IncomingBlock, ancestry: Ancestry, now_ms: int | None) -> CheckedBlock:
        """The block with its parts decoded; without a clock the future is not looked at.

        `InvalidBlock`, `InvalidDigest` or `InvalidSeal` says what was expected and what came.
        """
        header = block.header
        if header.number != ancestry.parent.number + 1:
            raise InvalidBlock(
                f"number: expected {ancestry.parent.number + 1}, got {header.number}"
            )
        pre_digest = self._check_digest(header, ancestry, now_ms)
        seal = get_seal(header)
        self._check_sizes(block)
        root = compute_extrinsics_root(block.extrinsics)
        if root != header.extrinsics_root:
            raise InvalidBlock(f"extrinsics root: expected {root}, got {header.extrinsics_root}")
        extrinsics = self._decode(block.extrinsics)
        self._check_work(extrinsics, pre_digest, seal)
        witness = None if block.witness is None else _decode_witness(block.witness)
        verify_seal(
            compute_pre_hash(header),
            pre_digest.author,
            seal,
            witness,
            pre_digest.target,
            self._params.pow,
        )
        return CheckedBlock(
            header, header.compute_hash(), pre_digest, seal, extrinsics, block.witness
        )

    def decode_stored(self, block: IncomingBlock) -> CheckedBlock:
        """A block of the own store, which was checked before it got there."""
        pre_digest = get_pre_digest(block.header.digest)
        if pre_digest is None:
            raise InvalidBlock("digest: expected a pre-digest, got none")
        return CheckedBlock(
            block.header,
            block.header.compute_hash(),
            pre_digest,
            get_seal(block.header),
            self._decode(block.extrinsics),
            block.witness,
        )

    def _check_digest(self, header: Header, ancestry: Ancestry, now_ms: int | None) -> PreDigest:
        pre_digest = get_pre_digest(header.digest)
        if pre_digest is None:
            raise InvalidBlock("digest: expected a pre-digest, got none")
        grandparent = ancestry.grandparent
        schedule = compute_schedule(
            get_pre_digest(ancestry.parent.digest),
            None if grandparent is None else get_pre_digest(grandparent.digest),
            self._params.difficulty,
        )
        ensure_pre_digest(pre_digest, schedule, now_ms)
        return pre_digest

    @staticmethod
    def _check_sizes(block: IncomingBlock) -> None:
        if len(block.extrinsics) > EXTRINSICS_MAX:
            raise InvalidBlock(
                f"body: expected at most {EXTRINSICS_MAX} extrinsics, got {len(block.extrinsics)}"
            )
        size = sum(map(len, block.extrinsics))
        if size > BLOCK_BYTES_MAX:
            raise InvalidBlock(f"body: expected at most {BLOCK_BYTES_MAX} bytes, got {size}")

    def _decode(self, raw: tuple[bytes, ...]) -> tuple[Extrinsic, ...]:
        decoded: list[Extrinsic] = []
        for position, each in enumerate(raw):
            try:
                decoded.append(self._api.decode(each))
            except CodecError as error:
                raise InvalidBlock(f"extrinsic {position}: {error}") from None
        return tuple(decoded)

    @staticmethod
    def _check_work(extrinsics: tuple[Extrinsic, ...], pre_digest: PreDigest, seal: Seal) -> None:
        """The block's one work summary is what the digest commits to and the seal proves."""
        found = [
            each.call.args[0]
            for each in extrinsics
            if (each.call.pallet_name, each.call.spec.name) == WORK_CALL
        ]
        if len(found) != 1:
            raise InvalidBlock(f"work: expected one summary, got {len(found)}")
        summary: WorkSummary = found[0]
        root = compute_work_root(summary)
        if root != pre_digest.work_root:
            raise InvalidBlock(f"work: expected summary {pre_digest.work_root}, got {root}")
        claimed = (summary.lane, summary.m, summary.n, summary.k, summary.root_a, summary.root_b)
        proven = (seal.lane, seal.m, seal.n, seal.k, seal.root_a, seal.root_b)
        if claimed != proven:
            raise InvalidBlock(f"work: the summary says {claimed}, the seal {proven}")


def get_seal(header: Header) -> Seal:
    """The block's seal, the last item of its digest; `InvalidBlock` if it has not just one."""
    logs = header.digest.logs
    seals = [item for item in logs if isinstance(item, SealItem)]
    if len(seals) != 1 or logs[-1] is not seals[0] or seals[0].engine != ENGINE:
        raise InvalidBlock(f"seal: expected one at the digest's end, got {len(seals)}")
    try:
        seal: Seal = SEAL.decode(seals[0].data)
    except CodecError as error:
        raise InvalidBlock(f"seal: {error}") from None
    return seal


def _decode_witness(raw: bytes) -> Witness:
    try:
        witness: Witness = WITNESS.decode(raw)
    except CodecError as error:
        raise InvalidBlock(f"witness: {error}") from None
    return witness

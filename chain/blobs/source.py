"""A node that serves files over HTTP, as a client sees it: what it sends is proven or refused."""

from dataclasses import dataclass
from typing import Final

import msgspec

from chain.blobs.errors import BlobError
from chain.wallet.connect import NodeUrl
from chain.wallet.errors import BadAnswer, ConnectionLost
from chain.wallet.http_client import HttpAnswer, HttpClient, HttpQuestion
from runtime.primitives import Hash, Root
from runtime.tensor.chunk_ranges import ChunkRange, find_range_nodes, verify_range
from runtime.tensor.chunks import CHUNKED_BYTES_MAX
from runtime.tensor.commitment import BadOpening

CONNECT_S: Final = 5
REQUEST_S: Final = 30
PROOF_BYTES_MAX: Final = 8 * 1024
WHY_BYTES: Final = 200
BUSY: Final = 503


class NotServed(BlobError):
    """A node does not have a file, or does not serve it to us."""

    def __init__(self, url: str, root: Root, why: str) -> None:
        super().__init__(f"{url} does not serve 0x{root.hex()}: {why}")


class ProofJson(msgspec.Struct):
    """The answer of `/proof`."""

    size: str
    proof: list[str]


@dataclass(frozen=True, slots=True)
class ProvenRange:
    """Bytes that belong to a root, and the proof that showed it."""

    chunks: ChunkRange
    data: bytes
    proof: tuple[Hash, ...]


class Source:
    """Asks one node for files; used by one task at a time."""

    def __init__(
        self, url: NodeUrl, connect_s: float = CONNECT_S, request_s: float = REQUEST_S
    ) -> None:
        self.url = url.over_http()
        self._http = HttpClient(self.url, connect_s, request_s)

    async def close(self) -> None:
        """Ends its connection."""
        await self._http.close()

    async def get_size(self, root: Root) -> int:
        """How many bytes it says there are: nothing is proven. `NotServed`, `WalletError`."""
        [answer] = await self._http.ask(HttpQuestion("HEAD", self._get_path(root)))
        self._ensure_status(answer, 200, root)
        return self._parse_size(answer.headers.get("content-length", ""))

    async def get_range(self, root: Root, chunks: ChunkRange) -> ProvenRange:
        """The bytes of some chunks, not verified yet. `NotServed`, `WalletError`."""
        path = self._get_path(root)
        bounds = f"bytes={chunks.start}-{chunks.start + chunks.length - 1}"
        about = f"{path}/proof?first={chunks.first}&count={chunks.count}"
        told, sent = await self._http.ask(
            HttpQuestion("GET", about, answer_bytes_max=PROOF_BYTES_MAX),
            HttpQuestion("GET", path, (("Range", bounds),), answer_bytes_max=chunks.length),
        )
        for answer, expected in ((told, 200), (sent, 206)):
            self._ensure_status(answer, expected, root)
        proof = self._parse_proof(told, chunks)
        if len(sent.body) != chunks.length:
            raise BadAnswer(str(self.url), f"{len(sent.body)} bytes instead of {chunks.length}")
        return ProvenRange(chunks, bytes(sent.body), proof)

    async def get_proven(self, root: Root, chunks: ChunkRange) -> ProvenRange:
        """The same, verified here: for small ranges. `BadAnswer` for other bytes."""
        found = await self.get_range(root, chunks)
        self.ensure_proven(root, found)
        return found

    def ensure_proven(self, root: Root, found: ProvenRange) -> None:
        """Raises `BadAnswer` unless the bytes are those of the root."""
        try:
            verify_range(root, found.chunks, found.data, found.proof)
        except BadOpening as error:
            first = found.chunks.first
            raise BadAnswer(str(self.url), f"chunks from {first} on: {error}") from error

    def _ensure_status(self, answer: HttpAnswer, expected: int, root: Root) -> None:
        if answer.status == BUSY:
            raise ConnectionLost(str(self.url), f"it is busy: {explain(answer)}")
        if answer.status != expected:
            raise NotServed(str(self.url), root, explain(answer))

    def _get_path(self, root: Root) -> str:
        prefix = self.url.path.partition("?")[0].rstrip("/")
        return f"{prefix}/blobs/{root.hex()}"

    def _parse_size(self, text: str) -> int:
        size = int(text) if text.isdecimal() and len(text) <= 13 else 0
        if not 1 <= size <= CHUNKED_BYTES_MAX:
            raise BadAnswer(str(self.url), f"a size of {text[:40]!r}")
        return size

    def _parse_proof(self, answer: HttpAnswer, chunks: ChunkRange) -> tuple[Hash, ...]:
        try:
            told = msgspec.json.decode(answer.body, type=ProofJson)
            proof = tuple(Hash(bytes.fromhex(node.removeprefix("0x"))) for node in told.proof)
        except (msgspec.DecodeError, UnicodeDecodeError, ValueError) as error:
            raise BadAnswer(str(self.url), f"no proof: {error}") from error
        if self._parse_size(told.size) != chunks.size_bytes:
            raise BadAnswer(str(self.url), f"a size of {told.size}, not {chunks.size_bytes}")
        if len(proof) != len(find_range_nodes(chunks)):
            raise BadAnswer(str(self.url), f"a proof of {len(proof)} nodes")
        return proof


def explain(answer: HttpAnswer) -> str:
    """A refusal in words, with what the node says of it, made harmless."""
    if answer.status == 405:
        return "405, it serves no files; its operator starts it with --blobs"
    text = bytes(answer.body[:WHY_BYTES]).decode("latin-1")
    why = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return f"{answer.status} {why}".strip()

"""What a request below `/blobs/` asks for. No I/O."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final
from urllib.parse import parse_qsl

from chain.rpc.http import HttpFault, HttpRequest
from runtime.primitives import Root
from runtime.tensor.chunks import CHUNKED_BYTES_MAX

BLOBS_PATH: Final = "/blobs/"
UPLOAD_TYPE: Final = b"application/offset+octet-stream"

_PATH: Final = re.compile(r"/blobs/(?:0x)?([0-9a-fA-F]{64})(/proof|/upload)?", re.ASCII)
_RANGE: Final = re.compile(r"bytes\s*=\s*(\d*)\s*-\s*(\d*)\s*", re.ASCII | re.IGNORECASE)
_NUMBER: Final = re.compile(r"\d{1,16}", re.ASCII)


@dataclass(frozen=True, slots=True)
class BlobTarget:
    """What a path names."""

    root: Root
    part: str
    """Empty for the bytes themselves, else `proof` or `upload`."""

    query: Mapping[str, str]

    def get_number(self, name: str, default: int | None = None) -> int:
        """A number of the query. 400 without it, or for anything else."""
        text = self.query.get(name)
        if text is None and default is not None:
            return default
        return parse_number(f"{name} in the query", text)


def parse_target(request: HttpRequest) -> BlobTarget:
    """The root and what is asked about it; 404 for a path of another form."""
    found = _PATH.fullmatch(request.path)
    if found is None:
        text = f"expected /blobs/ROOT, its /proof or its /upload, got {request.path!r:.100}"
        raise HttpFault(HTTPStatus.NOT_FOUND, text)
    query = request.target.partition(b"?")[2].decode("latin-1")
    try:
        pairs = dict(parse_qsl(query, max_num_fields=8))
    except ValueError:
        raise HttpFault(HTTPStatus.BAD_REQUEST, "expected at most 8 fields in the query") from None
    return BlobTarget(Root(bytes.fromhex(found[1])), (found[2] or "").removeprefix("/"), pairs)


def parse_number(what: str, text: str | None) -> int:
    """A decimal number of at most 16 digits; 400."""
    if text is None or _NUMBER.fullmatch(text.strip()) is None:
        got = "nothing" if text is None else repr(text[:40])
        raise HttpFault(HTTPStatus.BAD_REQUEST, f"{what}: expected a number, got {got}")
    return int(text)


def parse_size(target: BlobTarget) -> int:
    """How many bytes an upload says there will be; 400."""
    size = target.get_number("size")
    if not 1 <= size <= CHUNKED_BYTES_MAX:
        text = f"size in the query: expected 1 to {CHUNKED_BYTES_MAX}, got {size}"
        raise HttpFault(HTTPStatus.BAD_REQUEST, text)
    return size


def parse_range(text: str | None, size_bytes: int) -> tuple[int, int] | None:
    """Where a range begins and its length; None for all bytes, as without the header.

    A header that is no range of bytes is ignored, as RFC 9110 has it. 416 for a range that begins
    behind the end, and for several: their answer could be longer than the file.
    """
    if text is None:
        return None
    if "," in text:
        raise HttpFault(HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, "expected one range, got more")
    found = _RANGE.fullmatch(text.strip())
    if found is None or not (found[1] or found[2]):
        return None
    first, last = (int(part[:18]) if part else None for part in found.groups())
    if first is None:
        assert last is not None, "one of the two is there; qed"
        first, last = max(0, size_bytes - last) if last else size_bytes, size_bytes - 1
    elif last is not None and last < first:
        return None
    if first >= size_bytes:
        why = f"expected a range that begins below {size_bytes}, got {text!r:.60}"
        raise HttpFault(HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, why)
    end = size_bytes if last is None else min(last + 1, size_bytes)
    return first, end - first

"""`soberana data upload`, `fetch`, `audit`: files on their way to and from nodes."""

import os
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Annotated, Final

import typer

from chain.blobs import Partial, open_partial_file
from chain.blobs.audit import DRAWS_DEFAULT, DRAWS_MAX, audit_copy
from chain.blobs.fetch import Wanted, fetch_blob
from chain.blobs.source import Source
from chain.blobs.upload import hash_file, upload_file
from chain.cli.failure import WrongUse, run_command
from chain.cli.options import (
    NODE_DEFAULT,
    JsonOption,
    NodeOption,
    Settings,
    expand_options,
)
from chain.cli.output import Json, bar, bytes_bar, print_fields, print_json, print_line, waiting
from chain.cli.records import read_record
from chain.cli.session import open_session
from chain.wallet.chain_reader import to_hex
from chain.wallet.connect import parse_node_url
from chain.worker import ThreadWorker
from pallets.registry.types import Dataset
from pallets.runtime import Runtime
from runtime.frame.ai_types import RecordKind
from runtime.primitives import Hash, Root

app = typer.Typer()

OpenPartial = Callable[[int], Partial]
"""Opens the file that grows, given its size."""

NUMBER_DIGITS_MAX: Final = 20
"""What is longer is a root; the number of a record is below 2^64."""

WhatArgument = Annotated[
    str, typer.Argument(metavar="ROOT|DATASET", help="A root, or the number of a dataset.")
]
SourceOption = Annotated[
    list[str] | None,
    typer.Option("--source", metavar="URL", help="A node that serves it; repeatable. [--node]"),
]
SizeMaxOption = Annotated[
    int, typer.Option("--max-bytes", min=1, help="Take nothing that is larger.")
]


@app.command()
def upload(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What to bring to the node.")],
    node: NodeOption = NODE_DEFAULT,
    as_json: JsonOption = False,
) -> None:
    """Bring a file to your node, which then serves it; run again, it goes on where it was."""

    async def run() -> None:
        url, worker, what = parse_node_url(node), ThreadWorker(), f"uploading {file.name}"
        with waiting(f"hashing {file.name}"):
            local = await worker.run(partial(hash_file, file))
        with bytes_bar(local.size_bytes, what) as progress:
            sent = await upload_file(local, url, worker, lambda done: progress.show(done, what))
        root = to_hex(local.root)
        if as_json:
            print_json({"root": root, "sizeBytes": local.size_bytes, "sentBytes": sent})
        else:
            size = f"{local.size_bytes:,} bytes, of which {sent:,} were sent now"
            print_fields(f"{file} is with the node", {"root": root, "size": size})

    run_command(run, as_json=as_json)


@app.command()
@expand_options
def fetch(
    what: WhatArgument,
    *,
    settings: Settings,
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="Where it goes.")],
    source: SourceOption = None,
    size_max: SizeMaxOption = 2**40,
) -> None:
    """Fetch a file by its root, each part proven as it comes; run again, it goes on.

    Of an encrypted dataset it fetches the package that `soberana data order` takes.
    """

    async def run() -> None:
        root = await find_root(what, settings)
        size = await fetch_to(
            root,
            source or [settings.node],
            partial(open_partial_file, out, root),
            size_max=size_max,
        )
        if settings.as_json:
            print_json({"root": to_hex(root), "sizeBytes": size, "file": str(out)})
        else:
            print_line(f"{out}: {size:,} bytes, all of them under {to_hex(root)}")

    run_command(run, as_json=settings.as_json)


@app.command()
@expand_options
def audit(
    what: WhatArgument,
    *,
    settings: Settings,
    source: SourceOption = None,
    draws: Annotated[
        int, typer.Option("--draws", min=1, max=DRAWS_MAX, help="How many chunks to ask for.")
    ] = DRAWS_DEFAULT,
) -> None:
    """Have nodes show chunks of their copies, drawn at random and proven."""

    async def run() -> None:
        root = await find_root(what, settings)
        for url in source or [settings.node]:
            await audit_node(url, root, draws, as_json=settings.as_json)

    run_command(run, as_json=settings.as_json)


async def audit_node(url: str, root: Root, draws: int, *, as_json: bool) -> None:
    """Audits one copy and tells how that went; `AuditFailed`."""
    seed, what = Hash(os.urandom(Hash.LENGTH)), f"auditing {url}"
    with bar(draws, what) as progress:
        passed = await audit_copy(
            Source(parse_node_url(url)), root, seed, draws, lambda done: progress.show(done, what)
        )
    slowest_ms = round(passed.slowest_ms, 1)
    if as_json:
        drawn: list[Json] = list(passed.drawn)
        told: dict[str, Json] = {"root": to_hex(root), "source": url, "drawn": drawn}
        print_json({**told, "sizeBytes": passed.size_bytes, "slowestMs": slowest_ms})
    else:
        chunks = f"{draws} chunks of {passed.size_bytes:,} bytes"
        print_line(f"{url} showed {chunks}, the slowest after {slowest_ms} ms")


async def fetch_to(
    root: Root, urls: Sequence[str], open_partial: OpenPartial, *, size_max: int = 2**40
) -> int:
    """Fetches a file from nodes, with a bar; its size."""
    sources = [Source(parse_node_url(url)) for url in urls]
    what = f"fetching {to_hex(root)[:10]}…"
    with bytes_bar(None, what) as progress:

        def open_growing(size_bytes: int) -> Partial:
            progress.set_total(size_bytes)
            return open_partial(size_bytes)

        wanted = Wanted(root, open_growing, size_bytes_max=size_max)
        return await fetch_blob(
            wanted, sources, ThreadWorker(), lambda done: progress.show(done, what)
        )


async def find_root(what: str, settings: Settings) -> Root:
    """A root as it stands there, or that of what a dataset's number names."""
    if not what.isdecimal() or len(what) > NUMBER_DIGITS_MAX:
        return parse_root(what)
    async with open_session(settings) as session:
        return await session.chain.read(lambda runtime: get_dataset_root(runtime, int(what)))


def get_dataset_root(runtime: Runtime, number: int) -> Root:
    """What to fetch of a dataset: its data, or its package where it is encrypted."""
    version = read_record(runtime, number, RecordKind.DATASET).version
    body = version.body
    assert isinstance(body, Dataset), "a record's body is of its kind; qed"
    return body.plain_root if body.cipher_root is None else version.manifest_root


def parse_root(text: str) -> Root:
    """A root in hexadecimal, with or without 0x."""
    try:
        return Root(bytes.fromhex(text.removeprefix("0x")))
    except ValueError:
        raise WrongUse(f"expected a root of 64 hexadecimal digits, got {text!r}") from None

"""What models and datasets were made from, as a graph. In `soberana model` and `data`."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final

import typer

from chain.cli.failure import run_command
from chain.cli.licensing import RecordArgument
from chain.cli.options import Settings, expand_options
from chain.cli.output import Json, print_json, print_line
from chain.cli.provenance_picture import Edge, draw_picture
from chain.cli.records import format_percent
from chain.cli.session import Session, open_session
from chain.png import dump_png
from chain.wallet.errors import WalletError
from chain.wallet.jobs import NoSuchRecord
from pallets.registry.types import Parent, Record, Version
from pallets.runtime import Runtime
from runtime.crypto.ss58 import encode_ss58
from runtime.frame.ai_types import RecordKind

app = typer.Typer()

ANCESTORS_MAX: Final = 64


@dataclass(frozen=True, slots=True)
class Provenance:
    """A record and its ancestors by number, each with its current version; some may be gone."""

    root: int
    records: dict[int, tuple[Record, Version]]

    def get_parents(self, number: int) -> tuple[Parent, ...]:
        """The parents of a record, none for one that is gone."""
        return self.records[number][1].parents if number in self.records else ()


def read_provenance(runtime: Runtime, root: int) -> Provenance:
    """A record and its nearest ancestors; `NoSuchRecord`."""
    records: dict[int, tuple[Record, Version]] = {}
    waiting = [root]
    while waiting and len(records) < ANCESTORS_MAX:
        number = waiting.pop(0)
        record = runtime.registry.record.get(number)
        version = None if record is None else runtime.registry.version.get((number, record.version))
        if record is None or version is None or number in records:
            continue
        records[number] = record, version
        waiting += [parent.record for parent in version.parents]
    if not records:
        raise NoSuchRecord(f"expected the number of a record, got {root}")
    return Provenance(root, records)


@app.command()
@expand_options
def provenance(
    record: RecordArgument,
    png: Annotated[
        Path | None, typer.Option("--png", metavar="FILE", help="Draw a picture into this file.")
    ] = None,
    *,
    settings: Settings,
) -> None:
    """Draw what a record was made from: its parents, theirs, and the part that each is owed."""

    async def run() -> None:
        async with open_session(settings) as session:
            found = await session.chain.read(lambda runtime: read_provenance(runtime, record))
            if png is not None:
                write_picture(found, png)
            if settings.as_json:
                print_json(make_json(found))
            else:
                print_line("\n".join(draw_provenance(session, found)))

    run_command(run, as_json=settings.as_json)


def write_picture(found: Provenance, file: Path) -> None:
    """The graph as a PNG file."""
    edges = [
        Edge(number, parent.record, parent.bps)
        for number in found.records
        for parent in found.get_parents(number)
    ]
    kinds: dict[int, RecordKind | None] = {edge.parent: None for edge in edges}
    kinds.update({number: record.kind for number, (record, _) in found.records.items()})
    try:
        file.write_bytes(dump_png(draw_picture(kinds, edges)))
    except OSError as error:
        raise WalletError(f"{file}: cannot be written: {error.strerror}") from error


def draw_provenance(session: Session, found: Provenance) -> list[str]:
    """A tree of lines; an ancestor that was drawn already is only named again."""
    lines: list[str] = []
    drawn = {found.root}

    def describe(number: int) -> str:
        if number not in found.records:
            return f"record {number}, gone or too far"
        record, _ = found.records[number]
        return f"{record.kind.name.lower()} {number} of {session.show(record.owner)}"

    def draw(number: int, indent: str) -> None:
        parents = found.get_parents(number)
        for index, parent in enumerate(parents):
            is_last = index == len(parents) - 1
            relation = parent.relation.name.lower().replace("_", " ")
            is_known = parent.record in drawn
            again = " (see above)" if is_known and found.get_parents(parent.record) else ""
            branch = (
                f"{indent}{'└─' if is_last else '├─'} {relation} {format_percent(parent.bps)}: "
            )
            lines.append(branch + describe(parent.record) + again)
            if not is_known:
                drawn.add(parent.record)
                draw(parent.record, indent + ("   " if is_last else "│  "))

    lines.append(describe(found.root))
    draw(found.root, "")
    return lines


def make_json(found: Provenance) -> Json:
    """Nodes, and edges from child to parent."""
    nodes: list[Json] = [
        {"id": number, "kind": record.kind.name.lower(), "owner": encode_ss58(record.owner)}
        for number, (record, _) in found.records.items()
    ]
    edges: list[Json] = [
        {
            "child": number,
            "parent": parent.record,
            "relation": parent.relation.name.lower(),
            "bps": parent.bps,
        }
        for number in found.records
        for parent in found.get_parents(number)
    ]
    return {"nodes": nodes, "edges": edges}

"""The tour: every story of the chain in short, on one node, told in plain words with pictures.

`python -m chain.cli.tour` ends with 0 if everything went as it should. `--only` plays some
chapters, `--pictures` names the folder of the pictures.
"""

import os
import shutil
import tempfile
from collections.abc import Callable, Generator, Mapping
from contextlib import chdir, contextmanager
from functools import partial
from pathlib import Path
from typing import Annotated, Final

import trio
import typer
from rich.console import Console
from rich.text import Text

from chain.cli.demo_node import HeadLine, NodeProcess, start_node
from chain.cli.failure import WrongUse, guard
from chain.cli.output import make_console
from chain.cli.session import Session
from chain.cli.tour_compute import World, infer, open_tour, render, train
from chain.cli.tour_data import collect, keep, label, sell
from chain.cli.tour_moves import visit
from chain.cli.tour_platform import explore, rent, wash
from chain.cli.tour_stage import TourStage

NODE_ARGUMENTS: Final = ("--dev", "--provider", "//Charlie", "--rpc-port", "0")
BASE_PATH: Final = "SOBERANA_BASE_PATH"
CHAPTERS: Final[Mapping[str, Callable[[TourStage, World], None]]] = {
    "infer": infer,
    "render": render,
    "label": label,
    "train": train,
    "collect": collect,
    "sell": sell,
    "keep": keep,
    "rent": rent,
    "wash": wash,
    "explore": explore,
}


def main(
    only: Annotated[
        list[str] | None, typer.Option("--only", metavar="CHAPTER", help=", ".join(CHAPTERS))
    ] = None,
    pictures: Annotated[
        Path | None, typer.Option("--pictures", metavar="FOLDER", help="Where pictures go.")
    ] = None,
) -> None:
    """Play every story of the chain in short, and show the pictures."""
    guard(lambda: play(make_console(), only or list(CHAPTERS), pictures))


def play(console: Console, names: list[str], pictures: Path | None) -> None:
    """The chapters in order, then a restart; `TourTrouble` where something is not as it should."""
    unknown = sorted(set(names) - set(CHAPTERS))
    if unknown:
        raise WrongUse(f"--only: expected {', '.join(CHAPTERS)}, got {unknown[0]}")
    shown = Path(tempfile.mkdtemp(prefix="soberana-tour-")) if pictures is None else pictures
    shown = shown.absolute()
    shown.mkdir(parents=True, exist_ok=True)
    with visit_folder() as folder:
        stage, stopped = play_chapters(console, names, folder, shown)
        check_restart(stage, folder, stopped)
    console.print()
    console.rule(Text(f"what came out   ({stage.seconds} s)", style="bold"), align="left")
    for fact in stage.facts:
        console.print(Text.assemble(("✓ ", "green"), fact))
    console.print(Text(f"the pictures are in {shown}", style="bold"), soft_wrap=True)


@contextmanager
def visit_folder() -> Generator[Path]:
    """The node's folder, gone afterwards; work is done in a folder beside what the node keeps.

    A node that started where its base path lies would take that for the package of this name.
    """
    folder = Path(tempfile.mkdtemp(prefix="soberana-tour-node-"))
    before = os.environ.get(BASE_PATH)
    os.environ[BASE_PATH] = str(folder / "chain")
    work = folder / "work"
    work.mkdir()
    try:
        with chdir(work):
            yield folder
    finally:
        if before is None:
            del os.environ[BASE_PATH]
        else:
            os.environ[BASE_PATH] = before
        shutil.rmtree(folder, ignore_errors=True)


def play_chapters(
    console: Console, names: list[str], folder: Path, pictures: Path
) -> tuple[TourStage, HeadLine]:
    """All that is played while the node runs, and where it stopped."""
    node: NodeProcess = trio.run(partial(start_node, folder, *NODE_ARGUMENTS))
    try:
        stage = TourStage(console, node.started.rpc, pictures)
        stage.tell(f"A development node runs at {node.started.rpc}; commands are typed for you.")
        world = open_tour(stage)
        for name, chapter in CHAPTERS.items():
            if name in names:
                chapter(stage, world)
        return stage, node.stop()
    finally:
        node.kill()


def check_restart(stage: TourStage, folder: Path, stopped: HeadLine) -> None:
    """Starts a node on the same folder that makes no blocks, and looks at its state."""
    stage.chapter("The end", "The node stops and starts again on the same folder.")
    node = trio.run(partial(start_node, folder, "--chain", "dev", "--rpc-port", "0"))
    try:
        stage.ensure(
            (node.started.head, node.started.state_root) == (stopped.head, stopped.state_root),
            f"it is at the same block #{stopped.number}, with the same state root",
        )
        held, issuance = visit(node.started.rpc, count_money)
        stage.ensure(held == issuance, "all accounts together have what was issued, to the planck")
        node.stop()
    finally:
        node.kill()


async def count_money(session: Session) -> tuple[int, int]:
    """What all accounts have together, and what the chain says there is."""
    return await session.chain.read(
        lambda runtime: (
            sum(info.data.total for _, info in runtime.system.account.items()),
            runtime.balances.total_issuance.get(),
        )
    )


if __name__ == "__main__":
    typer.run(main)

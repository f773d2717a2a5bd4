"""Where the tour is played: it types commands at a node, tells what they mean, shows pictures."""

import shlex
import time
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Final

import typer
from rich.console import Console
from rich.panel import Panel
from rich.text import Text
from typer.core import TyperGroup

from chain.cli.main import app
from chain.cli.terminal_picture import draw_in_terminal
from chain.errors import NodeError
from chain.png import load_png
from chain.wallet.label_sheet import LABEL_HEIGHT, MARGIN, SCALE

WIDTH: Final = 96
"""Lines of the tour fit into so many columns."""

SHEET_PART: Final = (
    2 * (8 * SCALE + LABEL_HEIGHT + MARGIN) + MARGIN,
    10 * (8 * SCALE + MARGIN) + MARGIN,
)
"""Two rows of ten digits above their labels: so many fit into the columns and can be read."""


class TourTrouble(NodeError):
    """A command of the tour did not do what it should have done."""


class TourStage:
    """One tour: a console, a node, and a folder for the pictures."""

    def __init__(self, console: Console, url: str, pictures: Path) -> None:
        self.console = console
        self.url = url
        self.pictures = pictures
        self.facts: list[str] = []
        """What is worth repeating in the end."""

        self._started = time.monotonic()
        self._chapters = 0

    @property
    def seconds(self) -> int:
        """How long it has taken so far."""
        return int(time.monotonic() - self._started)

    # --- telling

    def chapter(self, title: str, *sentences: str) -> None:
        """A new chapter and what it is about."""
        self._chapters += 1
        self.console.print()
        self.console.rule(
            Text(f"{self._chapters}  {title}   ({self.seconds} s)", style="bold"), align="left"
        )
        self.tell(*sentences)

    def tell(self, *sentences: str) -> None:
        """A paragraph."""
        self.console.print(Text(" ".join(sentences)), width=WIDTH)

    def note(self, fact: str) -> None:
        """Something that came out, shown now and in the end."""
        self.facts.append(fact)
        self.console.print(Text.assemble(("✓ ", "green"), fact), width=WIDTH)

    def ensure(self, holds: bool, fact: str) -> None:
        """A fact that has to hold; `TourTrouble`."""
        if not holds:
            raise TourTrouble(f"expected that {fact}")
        self.note(fact)

    # --- commands

    def type(self, command: str, *, lines: int = 12, fails: bool = False) -> str:
        """Runs a command of `soberana`, shows it and the head of what it says; returns all of it.

        `TourTrouble` unless it ends as it should.
        """
        typed = Text.assemble(("$ soberana ", "dim"), (command, "bold cyan"))
        self.console.print(typed, soft_wrap=True)
        words = shlex.split(command)
        flag = ["--node", self.url] if takes_node(words) else []
        code, said = run_here([*words, *flag])
        if (code != 0) != fails:
            raise TourTrouble(f"soberana {command} ended with {code}: {said}")
        shown = said.rstrip().splitlines()
        for line in shown[:lines]:
            self.console.print(Text(f"  {line.rstrip()}", style="dim"), soft_wrap=True)
        if 0 < lines < len(shown):
            self.console.print(Text(f"  … {len(shown) - lines} more lines", style="dim"))
        return said

    # --- pictures

    def get_path(self, name: str) -> str:
        """Where a command is to write a picture, as a word of its command line."""
        return shlex.quote(str(self.pictures / name))

    def show(self, name: str, part: tuple[int, int] | None = None) -> None:
        """Shows a picture in the folder, or its upper left part, as well as the terminal can."""
        path = self.pictures / name
        pixels = load_png(path.read_bytes())
        if part is not None:
            pixels = pixels[: part[0], : part[1]]
        is_coloured = self.console.color_system is not None
        text = draw_in_terminal(pixels, WIDTH - 4, is_coloured=is_coloured)
        title = path.name if part is None else f"a part of {path.name}"
        self.console.print(Panel.fit(text, title=title, title_align="left"))


def takes_node(words: list[str]) -> bool:
    """Whether a command has the option `--node`."""
    command = typer.main.get_command(app)
    for word in words:
        if not isinstance(command, TyperGroup):
            break
        command = command.commands[word]
    return any("--node" in parameter.opts for parameter in command.params)


def run_here(words: list[str]) -> tuple[int, str]:
    """Runs a command in this process; its exit code, and what it said to whom."""
    said = StringIO()
    with redirect_stdout(said), redirect_stderr(said):
        try:
            app(words)
        except SystemExit as end:
            return int(end.code or 0), said.getvalue()
    raise AssertionError("a command ends the program; qed")

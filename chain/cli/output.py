"""What commands print: tables and sentences for people, JSON for programs."""

import sys
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from typing import Final, TypeAlias

import msgspec
import typer
from rich.console import Console
from rich.panel import Panel
from rich.progress import (
    BarColumn,
    DownloadColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    SpinnerColumn,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)
from rich.table import Table
from rich.text import Text

Json: TypeAlias = str | int | float | bool | Sequence["Json"] | Mapping[str, "Json"] | None

WIDTH_WITHOUT_TERMINAL: Final = 120

_CONTROLS: Final = {code: f"\\x{code:02x}" for code in (*range(32), *range(127, 160))} | {
    ord("\t"): "\t",
    ord("\n"): "\n",
    ord("\r"): "",  # before a line's end, as some editors write it
}


def make_console(*, stderr: bool = False) -> Console:
    """A console that does not break lines of files and pipes early."""
    stream = sys.stderr if stderr else sys.stdout
    width = None if stream.isatty() else WIDTH_WITHOUT_TERMINAL
    return Console(stderr=stderr, width=width, highlight=False, soft_wrap=False)


def print_json(value: Json) -> None:
    """One JSON document on standard output."""
    typer.echo(msgspec.json.format(msgspec.json.encode(value), indent=2).decode())


def print_json_line(value: Json) -> None:
    """One JSON document in one line, at once, for programs that wait for it."""
    typer.echo(msgspec.json.encode(value).decode())
    sys.stdout.flush()


def make_text(said: object, style: str = "") -> Text:
    """What is shown, much of which strangers wrote: none of it commands the terminal."""
    return Text(str(said).translate(_CONTROLS), style)


def print_fields(title: str, fields: Mapping[str, object]) -> None:
    """Names and values, one a line."""
    table = Table.grid(padding=(0, 2))
    table.add_column(style="cyan", no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in fields.items():
        table.add_row(make_text(name), make_text(value))
    console = make_console()
    if title:
        console.print(make_text(title, "bold"))
    console.print(table)


def print_table(title: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """A table; amounts and numbers stand to the right."""
    table = Table(title=title or None, title_justify="left", title_style="bold", box=None)
    for index, column in enumerate(columns):
        cells = [row[index] for row in rows]
        is_number = bool(cells) and all(_is_number(cell) for cell in cells)
        table.add_column(
            make_text(column, "cyan"), justify="right" if is_number else "left", overflow="fold"
        )
    for row in rows:
        table.add_row(*map(make_text, row))
    make_console().print(table)


def print_panel(title: str, lines: Sequence[str]) -> None:
    """A frame that is noticed."""
    make_console().print(Panel.fit(make_text("\n".join(lines)), title=title, title_align="left"))


def print_line(text: str) -> None:
    """A sentence on standard output."""
    make_console().print(make_text(text), soft_wrap=True)


def print_error(message: str, *, as_json: bool) -> None:
    """What went wrong, in one line on standard error."""
    line = " ".join(message.split())
    if as_json:
        typer.echo(msgspec.json.encode({"error": line}).decode(), err=True)
    else:
        make_console(stderr=True).print(
            make_text("error: ", "bold red").append(make_text(line)), soft_wrap=True
        )


class Waiting:
    """A line that says what is waited for."""

    def __init__(self, console: Console, what: str, *, is_shown: bool) -> None:
        self._status = console.status(make_text(what)) if is_shown else None

    def say(self, what: str) -> None:
        """Changes the line."""
        if self._status is not None:
            self._status.update(make_text(what))

    def start(self) -> None:
        """Shows the line."""
        if self._status is not None:
            self._status.start()

    def stop(self) -> None:
        """Removes the line."""
        if self._status is not None:
            self._status.stop()


@contextmanager
def waiting(what: str) -> Generator[Waiting]:
    """A spinner on standard error, where that is a terminal."""
    console = make_console(stderr=True)
    line = Waiting(console, what, is_shown=console.is_terminal)
    line.start()
    try:
        yield line
    finally:
        line.stop()


class Bar:
    """A bar that fills as slots become final, or as bytes come and go."""

    def __init__(self, progress: Progress, total: int | None, what: str) -> None:
        self._progress = progress
        self._task = progress.add_task(what, total=total)

    def show(self, done: int, what: str) -> None:
        """How far it is."""
        self._progress.update(self._task, completed=done, description=what)

    def set_total(self, total: int) -> None:
        """How far it will go, once that is known."""
        self._progress.update(self._task, total=total)


@contextmanager
def bar(total: int, what: str) -> Generator[Bar]:
    """A progress bar on standard error, where that is a terminal."""
    with _show_progress(BarColumn(), MofNCompleteColumn()) as progress:
        yield Bar(progress, total, what)


@contextmanager
def bytes_bar(total: int | None, what: str) -> Generator[Bar]:
    """The same for bytes on their way, with their speed; the total may come later."""
    columns = (BarColumn(), DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn())
    with _show_progress(*columns) as progress:
        yield Bar(progress, total, what)


def _show_progress(*columns: ProgressColumn) -> Progress:
    console = make_console(stderr=True)
    what = (SpinnerColumn(), TextColumn("{task.description}", markup=False))
    return Progress(
        *what, *columns, console=console, transient=True, disable=not console.is_terminal
    )


def _is_number(cell: object) -> bool:
    text = str(cell)
    return isinstance(cell, int) or (
        bool(text) and text.endswith(" SBR") and text.lstrip("-")[:1].isdigit()
    )

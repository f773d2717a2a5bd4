"""Checks that the documentation's links lead somewhere and its commands exist.

`python -m tests.tidy.docs` prints what is wrong; the tests call the same functions.
Commands are the lines that start with `$ ` in fenced ```console blocks.
"""

import importlib
import importlib.util
import re
import shlex
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import typer
from typer.core import TyperArgument, TyperCommand, TyperGroup, TyperOption

from tests.tidy.tree import PACKAGES, ROOT, Finding, Source, read_sources

_FENCE = re.compile(r"^(`{3,})(\w*)[^\n]*\n(.*?)^\1\s*$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\[(?:[^\[\]]|\[[^\]]*\])*\]\(([^()\s]+(?:\([^()]*\))?)(?:\s+\"[^\"]*\")?\)")
_HEADING = re.compile(r"^#+ +(.+?) *#*$", re.MULTILINE)
_PATH = re.compile(rf"`((?:{'|'.join(PACKAGES)}|tests|docs|typings)/[\w./-]*)`")
_TEST = re.compile(r"`(test_[a-z0-9_]+)`")
_TARGET = re.compile(r"^([a-z][\w-]*):", re.MULTILINE)
Command = TyperCommand | TyperGroup

_CHECKED_FOLDERS = ("docs/guides",)
_CHECKED_FILES = ("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "docs/index.md")
_RECORDS = "docs/adr/"


def check_docs(sources: list[Source]) -> list[Finding]:
    """Broken links of every page; unknown commands and paths of those that tell the present."""
    findings: list[Finding] = []
    for source in sources:
        if source.path.endswith(".md"):
            findings += check_links(source)
            if source.is_under("docs"):
                findings += check_tests(source, sources)
            if source.path in _CHECKED_FILES or source.is_under(*_CHECKED_FOLDERS):
                findings += check_commands(source)
                findings += check_paths(source)
    return [*findings, *check_records(sources)]


def check_links(source: Source, root: Path = ROOT) -> Iterator[Finding]:
    """Relative links of a page whose file or heading does not exist."""
    text = _FENCE.sub(lambda block: "\n" * block.group().count("\n"), source.text)
    for match in _LINK.finditer(text):
        link = match.group(1)
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = (root / source.path).parent / path if path else root / source.path
        line = text.count("\n", 0, match.start()) + 1
        if not target.exists():
            yield source.finding("link", line, f"`{link}`: no such file")
        elif anchor and target.suffix == ".md":
            page = source.text if not path else target.read_text(encoding="utf-8")
            if anchor not in {slug(heading) for heading in _HEADING.findall(page)}:
                yield source.finding("link", line, f"`{link}`: no such heading")


def slug(heading: str) -> str:
    """The anchor that a Markdown viewer gives to a heading."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def check_paths(source: Source, root: Path = ROOT) -> Iterator[Finding]:
    """Files and folders, named in backquotes, that do not exist."""
    for number, line in enumerate(source.lines, 1):
        for path in _PATH.findall(line):
            if not (root / path).exists():
                yield source.finding("path", number, f"`{path}` does not exist")


def check_tests(source: Source, sources: list[Source]) -> Iterator[Finding]:
    """Tests, named in backquotes, that nobody wrote."""
    for number, line in enumerate(source.lines, 1):
        for name in _TEST.findall(line):
            if not any(f"def {name}(" in each.text for each in sources if each.is_python):
                yield source.finding("test", number, f"`{name}` is no test")


def check_records(sources: list[Source]) -> Iterator[Finding]:
    """Decision records that share a number, say no status, or are missing from the index."""
    index = next((s.text for s in sources if s.path == f"{_RECORDS}README.md"), "")
    numbers: set[str] = set()
    for source in sources:
        name = source.path.removeprefix(_RECORDS)
        if name == source.path or name in ("README.md", "0000-template.md"):
            continue
        if not re.fullmatch(r"\d{4}-[a-z0-9-]+\.md", name) or name[:4] in numbers:
            yield source.finding(
                "record", 1, "a name is a new number and words: 0042-some-words.md"
            )
        numbers.add(name[:4])
        if not re.search(
            r"^Status: (proposed|accepted|rejected|replaced)", source.text, re.MULTILINE
        ):
            yield source.finding("record", 1, "a status line is missing")
        if f"]({name})" not in index:
            yield source.finding("record", 1, f"{_RECORDS}README.md does not list it")


def check_commands(source: Source) -> Iterator[Finding]:
    """Commands of a page's console blocks that would not be understood."""
    for line, command in iter_commands(source.text):
        for problem in find_problems(command):
            yield source.finding("command", line, f"`{command}`: {problem}")


def iter_commands(text: str) -> Iterator[tuple[int, str]]:
    """The line number and text of each command, lines that end in a backslash joined."""
    for block in _FENCE.finditer(text):
        if block.group(2) != "console":
            continue
        first = text.count("\n", 0, block.start(3)) + 1
        joined = ""
        for offset, line in enumerate(block.group(3).splitlines()):
            if not joined and not line.startswith("$ "):
                continue
            joined += line.removeprefix("$ ").removesuffix("\\")
            if not line.endswith("\\"):
                yield first + offset, joined
                joined = ""


def find_problems(command: str) -> Iterator[str]:
    """Why the `make`, `soberana` and `python -m` parts of a shell command would fail."""
    for part in re.split(r"\s(?:&&|\|\|?|;|&)(?:\s|$)", command):
        words = shlex.split(part, comments=True)
        while words and (re.match(r"[A-Z_]+=", words[0]) or words[0] in ("sudo", "time")):
            words = words[1:]
        if not words:
            continue
        program = words[0].rsplit("/", 1)[-1]
        if program == "make":
            yield from _make_problems(words[1:])
        elif program == "soberana":
            yield from soberana_problems(words[1:])
        elif program.startswith("python") and words[1:2] == ["-m"]:
            if importlib.util.find_spec(words[2]) is None:
                yield f"no module {words[2]}"


def _make_problems(words: list[str]) -> Iterator[str]:
    targets = set(_TARGET.findall((ROOT / "Makefile").read_text(encoding="utf-8")))
    for word in words:
        if "=" not in word and not word.startswith("-") and word not in targets:
            yield f"make has no target {word}"


@cache
def load_command() -> Command | None:
    """The command line's root, or None while there is no command line."""
    if importlib.util.find_spec("chain.cli.main") is None:
        return None
    app = importlib.import_module("chain.cli.main").app
    assert isinstance(app, typer.Typer)
    return get_command(app)


def get_command(app: typer.Typer) -> Command:
    """The parsed form of an application, as typer makes it before it runs."""
    command = typer.main.get_command(app)
    assert isinstance(command, Command)
    return command


def soberana_problems(words: list[str], command: Command | None = None) -> Iterator[str]:
    """Why `soberana WORDS` would be refused, as far as names and counts tell."""
    command = command or load_command()
    if command is None:
        return
    asks_help = "--help" in words
    words = [word for word in words if word != "--help"]
    while isinstance(command, TyperGroup):
        words = _without_options(command, words)
        if not words:
            return
        found = command.commands.get(words[0])
        if not isinstance(found, Command):
            yield f"{command.name or 'soberana'} has no command {words[0]}"
            return
        command, words = found, words[1:]
    arguments = _without_options(command, words)
    for word in arguments:
        if re.match(r"--?[a-z]", word):
            yield f"{command.name} has no option {word}"
            return
    wanted = [each for each in command.params if isinstance(each, TyperArgument)]
    if len(arguments) > len(wanted) and all(each.nargs > 0 for each in wanted):
        yield f"{command.name} takes {len(wanted)} arguments, not {len(arguments)}"
    elif not asks_help and len(arguments) < sum(each.required for each in wanted):
        yield f"{command.name} needs {' '.join(str(each.name) for each in wanted)}"


def _without_options(command: Command, words: list[str]) -> list[str]:
    """`words` less the leading options of a group, or less all options of a command."""
    options = {
        name: each
        for each in command.params
        if isinstance(each, TyperOption)
        for name in (*each.opts, *each.secondary_opts)
    }
    rest: list[str] = []
    index = 0
    while index < len(words):
        word, has_value, _ = words[index].partition("=")
        option = options.get(word)
        if option is None:
            rest.append(words[index])
            if isinstance(command, TyperGroup):
                return words[index:]
        elif not (option.is_flag or option.count or has_value):
            index += option.nargs
        index += 1
    return rest


def main() -> int:
    """Print every finding; the exit status is 1 when there is one."""
    sources = read_sources()
    findings = check_docs(sources)
    for finding in findings:
        print(finding)
    pages = sum(source.path.endswith(".md") for source in sources)
    print(f"{pages} pages, {len(findings)} broken links or commands")
    return bool(findings)


if __name__ == "__main__":
    sys.exit(main())

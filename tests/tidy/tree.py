"""The files of the repository, and the findings that rules report about them."""

import ast
import re
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("runtime", "pallets", "consensus", "genesis", "chain")
_SKIPPED = re.compile(
    r"(^|/)(\.(?!ci/|gitignore)[^/]*|__pycache__|node_modules|[^/]*\.egg-info)(/|$)"
)


@dataclass(frozen=True, slots=True)
class Finding:
    """One place where a rule is broken."""

    path: str
    line: int
    rule: str
    message: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.rule}: {self.message}"


@dataclass(frozen=True)
class Source:
    """One file, parsed when it is Python. `path` is relative to the root, with slashes."""

    path: str
    text: str

    @property
    def package(self) -> str:
        """The first folder: `runtime`, `chain`, `tests` …"""
        return self.path.split("/", 1)[0]

    @property
    def is_python(self) -> bool:
        """Whether the file is a Python module."""
        return self.path.endswith(".py")

    @cached_property
    def lines(self) -> list[str]:
        """The lines of the text, without their ends."""
        return self.text.splitlines()

    @cached_property
    def tree(self) -> ast.Module:
        """The parsed module; an empty one for a file that is not Python."""
        return ast.parse(self.text if self.is_python else "")

    def is_under(self, *folders: str) -> bool:
        """Whether the file lies in one of `folders`."""
        return any(PurePosixPath(self.path).is_relative_to(folder) for folder in folders)

    def finding(self, rule: str, where: ast.AST | int, message: str) -> Finding:
        """A finding at a node or a line of this file."""
        line = where if isinstance(where, int) else getattr(where, "lineno", 1)
        return Finding(self.path, line, rule, message)


Rule = Callable[[Source], Iterator[Finding]]


def list_files(root: Path = ROOT) -> list[str]:
    """Every file that git tracks or would add, relative to `root`; without git, every file."""
    try:
        listing = subprocess.run(
            ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
            cwd=root,
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        paths = [path for path in listing.split("\0") if path]
    except (OSError, subprocess.CalledProcessError):
        found = (path.relative_to(root).as_posix() for path in root.rglob("*"))
        paths = [path for path in found if not _SKIPPED.search(path)]
    return sorted({path for path in paths if (root / path).is_file()})


def read_sources(root: Path = ROOT) -> list[Source]:
    """Every text file of the repository."""
    sources: list[Source] = []
    for path in list_files(root):
        try:
            sources.append(Source(path, (root / path).read_text(encoding="utf-8")))
        except UnicodeDecodeError:
            continue
    return sources


def check(sources: list[Source], rules: dict[str, Rule]) -> list[Finding]:
    """Every finding of every rule."""
    return [finding for source in sources for rule in rules.values() for finding in rule(source)]

"""The repository is tidy, and each rule of tidiness catches what it is for."""

import pytest

from tests.tidy.rules import (
    ANY_ALLOWED,
    FILE_LINES_MAX,
    FUNCTION_LINES_MAX,
    RULES,
    count_boundaries,
    iter_any,
)
from tests.tidy.tree import Source, check, read_sources

# A ceiling, not a goal: lower it when uses of `Any` go away.
ANY_USES_MAX = 100

DOC = '"""A module."""\n'


@pytest.fixture(scope="module")
def sources() -> list[Source]:
    return read_sources()


def test_the_tree_is_read(sources: list[Source]) -> None:
    paths = {source.path for source in sources}
    assert {"setup.cfg", "runtime/__init__.py", "tests/tidy/test_tidy.py"} <= paths


@pytest.mark.parametrize("name", RULES)
def test_the_repository_keeps_the_rule(name: str, sources: list[Source]) -> None:
    findings = check(sources, {name: RULES[name]})
    assert not findings, "\n" + "\n".join(map(str, findings))


def test_any_does_not_spread(sources: list[Source]) -> None:
    uses = sum(1 for source in sources if source.is_under(*ANY_ALLOWED) for _ in iter_any(source))
    assert uses <= ANY_USES_MAX, f"{uses} uses of Any in {ANY_ALLOWED}"


def test_the_boundary_is_one_place(sources: list[Source]) -> None:
    assert count_boundaries(sources) == 1


def test_a_second_boundary_is_counted() -> None:
    text = "except Exception:  # boundary: rpc method\n"
    twice = [Source("chain/rpc/a.py", text), Source("chain/rpc/b.py", text)]
    assert count_boundaries(twice) == 2


BROKEN = [
    ("file-length", "runtime/a.py", DOC + "X = 1\n" * FILE_LINES_MAX),
    ("file-length", "tests/test_a.py", "X = 1\n" * (FILE_LINES_MAX + 1)),
    ("function-length", "runtime/a.py", "def f():\n" + "    g()\n" * FUNCTION_LINES_MAX),
    ("function-length", "chain/a.py", "class A:\n    async def f(self):\n" + "        g()\n" * 60),
    ("docstring", "runtime/a.py", "X = 1\n"),
    ("docstring", "runtime/a.py", DOC + "class Shown:\n    x: int\n"),
    ("docstring", "runtime/a.py", DOC + "def shown():\n    return 1\n"),
    ("docstring", "chain/a.py", DOC + 'class A:\n    """A."""\n    def shown(self): ...\n'),
    ("banned-name", "chain/a.py", "class PeerManager: ...\n"),
    ("banned-name", "chain/a.py", "class HandlerOfBlocks: ...\n"),
    ("banned-name", "chain/a.py", "class RPCHelper: ...\n"),
    ("banned-name", "tests/a.py", "class BaseCase: ...\n"),
    ("banned-name", "chain/utils.py", DOC),
    ("banned-name", "chain/helpers/a.py", DOC),
    ("any", "chain/a.py", "from typing import Any\nx: Any = 1\n"),
    ("any", "pallets/a.py", "import typing\ndef f(x: dict[str, typing.Any]) -> None: ...\n"),
    ("broad-except", "chain/a.py", "try:\n    f()\nexcept Exception:\n    pass\n"),
    ("broad-except", "chain/a.py", "try:\n    f()\nexcept (KeyError, BaseException):\n    g()\n"),
    ("broad-except", "runtime/a.py", "try:\n    f()\nexcept:\n    g()\n"),
    ("broad-except", "chain/a.py", "with contextlib.suppress(Exception):\n    f()\n"),
    ("stands-alone", "requirements.lock", "--index" + "-url https://example.com\n"),
    ("stands-alone", "package-lock.json", '"resolved": "https://registry.npmjs' + '.org/a"\n'),
    ("stands-alone", "README.md", "See /" + "work/main.\n"),
    ("stands-alone", "chain/a.py", 'BASE = "/' + 'tmp/node"\n'),
    ("stands-alone", "docs/index.md", "As is" + "sue 12 says.\n"),
    ("init", "chain/__init__.py", DOC + "def f() -> None: ...\n"),
    ("init", "chain/__init__.py", DOC + "LIMIT = 3\n"),
    ("future-annotations", "pallets/a.py", "from __future__ import annotations\n"),
    ("future-annotations", "runtime/a.py", DOC + "from __future__ import annotations\n"),
    ("quick-value", "pallets/a.py", "@dataclass(frozen=True, slots=True)\nclass A: ...\n"),
]


@pytest.mark.parametrize("rule,path,text", BROKEN)
def test_the_rule_catches(rule: str, path: str, text: str) -> None:
    assert check([Source(path, text)], {rule: RULES[rule]})


KEPT = [
    ("file-length", "runtime/a.py", "X = 1\n" * FILE_LINES_MAX),
    ("function-length", "runtime/a.py", "def f():\n" + "    g()\n" * (FUNCTION_LINES_MAX - 1)),
    ("docstring", "tests/test_a.py", "def test_it() -> None: ...\n"),
    ("docstring", "chain/a.py", DOC + "class _Hidden:\n    def f(self): ...\n"),
    ("docstring", "chain/a.py", DOC + 'class A:\n    """A."""\n    def __len__(self): ...\n'),
    ("docstring", "chain/a.py", DOC + "@typing.overload\ndef f(x: int) -> int: ...\n"),
    (
        "banned-name",
        "chain/a.py",
        "class Database: ...\n",
    ),
    ("banned-name", "tests/helpers/a.py", DOC),
    ("any", "runtime/codec/a.py", "x: Any = 1\n"),
    ("any", "chain/a.py", "# untyped: sklearn\nx: Any = 1\n"),
    ("any", "chain/a.py", "if any(x):\n    pass\n"),
    (
        "broad-except",
        "runtime/a.py",
        "try:\n    f()\nexcept BaseException:\n    undo()\n    raise\n",
    ),
    (
        "broad-except",
        "chain/a.py",
        "try:\n    f()\nexcept Exception:  # boundary: rpc method\n    g()\n",
    ),
    ("broad-except", "chain/a.py", "try:\n    f()\nexcept (KeyError, ValueError):\n    g()\n"),
    ("stands-alone", "README.md", "A path: a/work/b, ~/work, https://example.com/work/1.\n"),
    ("init", "chain/__init__.py", DOC + "from chain.a import b\n\n__all__ = ['b']\n"),
    ("future-annotations", "chain/a.py", "from __future__ import annotations\n"),
    ("quick-value", "chain/a.py", "@dataclass(frozen=True, slots=True)\nclass A: ...\n"),
    ("quick-value", "runtime/a.py", "@frozen\nclass A: ...\n@dataclass\nclass B: ...\n"),
]


@pytest.mark.parametrize("rule,path,text", KEPT)
def test_the_rule_lets_pass(rule: str, path: str, text: str) -> None:
    assert not check([Source(path, text)], {rule: RULES[rule]})

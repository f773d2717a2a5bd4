"""The deterministic packages keep their rules, and each rule catches what it is for."""

import pytest

from tests.tidy.determinism import RULES
from tests.tidy.tree import Source, check, read_sources


@pytest.mark.parametrize("name", RULES)
def test_the_packages_keep_the_rule(name: str) -> None:
    findings = check(read_sources(), {name: RULES[name]})
    assert not findings, "\n" + "\n".join(map(str, findings))


BROKEN = [
    ("float-literal", "x = 1.5\n"),
    ("float-literal", "x = f(rate=1e3)\n"),
    ("float-literal", "x = 2j\n"),
    ("float-type", "def f(x: float) -> int: ...\n"),
    ("float-type", "a = np.zeros(3, dtype=np.float64)\n"),
    ("float-type", "a = b.astype('float64')\n"),
    ("float-type", "a = b.astype(np.float32)\n"),
    ("true-division", "x = a / b\n"),
    ("true-division", "x /= 2\n"),
    ("inexact", "import math\nx = math.sqrt(2)\n"),
    ("inexact", "from math import floor\n"),
    ("inexact", "x = np.mean(a)\n"),
    ("inexact", "x = np.random.default_rng(1)\n"),
    ("inexact", "@njit(fastmath=True)\ndef f() -> None: ...\n"),
    ("forbidden-import", "import time\n"),
    ("forbidden-import", "import os.path as p\n"),
    ("forbidden-import", "from random import Random\n"),
    ("forbidden-import", "def f() -> None:\n    from datetime import datetime\n"),
    *(("forbidden-import", f"import {name}\n") for name in ("random", "secrets", "threading")),
    *(("forbidden-import", f"import {name}\n") for name in ("asyncio", "trio", "socket", "io")),
    ("forbidden-import", "from pathlib import Path\n"),
    ("forbidden-call", "data = open('x').read()\n"),
    ("forbidden-call", "print(1)\n"),
    ("forbidden-call", "x = hash(b'')\n"),
    ("forbidden-call", "x = id(self)\n"),
    ("forbidden-call", "x = float(1)\n"),
    ("set-iteration", "for x in {1, 2}:\n    f(x)\n"),
    ("set-iteration", "for x in set(y):\n    f(x)\n"),
    ("set-iteration", "x = [f(y) for y in frozenset(z)]\n"),
    ("set-iteration", "x = {y: 1 for y in {a for a in b}}\n"),
    ("set-iteration", "x = list({1, 2})\n"),
    ("set-iteration", "x = (*{1, 2},)\n"),
    ("set-iteration", "x = b''.join({a, b})\n"),
    ("set-iteration", "a, b = {1, 2}\n"),
    ("set-iteration", "seen = set()\nfor x in seen:\n    f(x)\n"),
    ("set-iteration", "def f(seen: set[int]) -> None:\n    for x in seen:\n        g(x)\n"),
    ("set-iteration", "def f(a: frozenset[int]) -> None:\n    for x in a | {3}:\n        g(x)\n"),
    ("set-iteration", "def f() -> int:\n    seen: set[int] = g()\n    return seen.pop()\n"),
    ("set-iteration", "SEEN = {1, 2}\ndef f() -> list[int]:\n    return [x for x in SEEN]\n"),
    ("set-iteration", "a = set(b)\nc = a\nfor x in c:\n    f(x)\n"),
    ("set-iteration", "def f():\n    yield from set(a)\n"),
]


@pytest.mark.parametrize("rule,text", BROKEN)
@pytest.mark.parametrize("path", ["runtime/a.py", "pallets/a.py", "consensus/pouw/a.py"])
def test_the_rule_catches(rule: str, text: str, path: str) -> None:
    assert check([Source(path, text)], {rule: RULES[rule]})


KEPT = [
    ("float-literal", "runtime/a.py", "x = 15\n"),
    ("float-literal", "chain/a.py", "x = 1.5\n"),
    ("float-type", "consensus/kernels/a.py", "a = b.astype(np.float32)\n"),
    ("float-type", "runtime/tensor/a.py", "a = b.astype(np.float32)\n"),
    ("float-type", "runtime/tensor/a.py", "a = b.astype(np.float64)\n"),
    ("true-division", "runtime/a.py", "x = a // b\n"),
    ("true-division", "chain/a.py", "x = a / b\n"),
    ("inexact", "runtime/a.py", "from math import isqrt\nx = np.dot(a, b)\n"),
    ("forbidden-import", "runtime/a.py", "from runtime.state import overlay\nimport bisect\n"),
    ("forbidden-import", "chain/a.py", "import time\n"),
    ("forbidden-call", "runtime/a.py", "x = header.hash()\ny = self.id(3)\n"),
    ("set-iteration", "runtime/a.py", "for x in sorted({1, 2}):\n    f(x)\n"),
    ("set-iteration", "runtime/a.py", "x = sum(y for y in {1, 2})\n"),
    ("set-iteration", "runtime/a.py", "x = 3 in {1, 2}\ny = len(set(z))\n"),
    ("set-iteration", "runtime/a.py", "for x in {1: 2}:\n    f(x)\n"),
    ("set-iteration", "runtime/a.py", "a = {1}\ndef f(a: list[int]) -> None:\n    list(a)\n"),
    ("set-iteration", "chain/a.py", "for x in {1, 2}:\n    f(x)\n"),
]


@pytest.mark.parametrize("rule,path,text", KEPT)
def test_the_rule_lets_pass(rule: str, path: str, text: str) -> None:
    assert not check([Source(path, text)], {rule: RULES[rule]})


@pytest.mark.parametrize("folder", ["consensus/kernels", "runtime/tensor"])
def test_exact_floats_are_the_only_exception(folder: str) -> None:
    for text in ("np.float16", "np.longdouble", "x: float", "a = 'float64'"):
        assert check([Source(f"{folder}/a.py", text)], {"float-type": RULES["float-type"]})

"""What a file must look like here, beyond what the linters know.

A rule is a function from a source to its findings; `RULES` names them all.
"""

import ast
import re
from collections.abc import Iterator

from tests.tidy.tree import PACKAGES, Finding, Rule, Source

FILE_LINES_MAX = 400
FUNCTION_LINES_MAX = 60
ANY_ALLOWED = ("runtime/codec", "runtime/frame")
# The one boundary where a failure of any kind is logged and answered instead of spread.
# The comment stands on the line of the `except`.
BOUNDARY = "# boundary: rpc method"

_Function = ast.FunctionDef | ast.AsyncFunctionDef
_CLASS_WORDS = {"Manager", "Handler", "Helper"}
_MODULE_WORDS = {
    "util",
    "utils",
    "helper",
    "helpers",
    "manager",
    "handler",
    "base",
    "common",
    "misc",
}
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z][a-z0-9]*|[a-z0-9]+")
# Written with [.] so that this file does not contain what it looks for.
_HOSTS = re.compile(
    r"pypi[.]org|pythonhosted[.]org|npmjs[.](?:org|com)|yarnpkg[.]com|debian[.]org"
    r"|crates[.]io|proxy[.]golang[.]org|[-]-(?:extra-)?index-url|[-]-find-links",
    re.IGNORECASE,
)
_MACHINE_PATHS = re.compile(
    r"(?<![\w.~<>/-])/(?:work|tmp|root|home|Users)(?=/|\b(?![\w-]))(?:/[\w.-]+)*"
)
_UNTYPED = re.compile(r"#.*\buntyped\b", re.IGNORECASE)
_ELSEWHERE = re.compile(
    r"\bissues?\s+#?\d+|\bshared/design\b|\bshared/conformance\b", re.IGNORECASE
)


def file_length(source: Source) -> Iterator[Finding]:
    """A module has one subject, and fits in 400 lines."""
    count = len(source.lines)
    if source.is_python and count > FILE_LINES_MAX:
        yield source.finding("file-length", 1, f"{count} lines, at most {FILE_LINES_MAX}")


def function_length(source: Source) -> Iterator[Finding]:
    """A function fits in 60 lines, from `def` to its end."""
    for node in ast.walk(source.tree):
        if isinstance(node, _Function):
            count = (node.end_lineno or node.lineno) - node.lineno + 1
            if count > FUNCTION_LINES_MAX:
                text = f"`{node.name}` has {count} lines, at most {FUNCTION_LINES_MAX}"
                yield source.finding("function-length", node, text)


def public_docstrings(source: Source) -> Iterator[Finding]:
    """Modules, public classes, functions and methods of the packages say what they are."""
    if not source.is_python or source.package not in PACKAGES:
        return
    if ast.get_docstring(source.tree) is None:
        yield source.finding("docstring", 1, "the module has no docstring")
    yield from _undocumented(source, source.tree.body)


def _undocumented(source: Source, body: list[ast.stmt]) -> Iterator[Finding]:
    for node in body:
        if not isinstance(node, ast.ClassDef | _Function) or node.name.startswith("_"):
            continue
        if ast.get_docstring(node) is None and not _inherits_docstring(node):
            yield source.finding("docstring", node, f"`{node.name}` has no docstring")
        if isinstance(node, ast.ClassDef):
            yield from _undocumented(source, node.body)


def _inherits_docstring(node: ast.ClassDef | _Function) -> bool:
    names = {ast.unparse(each).rsplit(".", 1)[-1] for each in node.decorator_list}
    return bool(names & {"overload", "override", "setter", "deleter"})


def banned_names(source: Source) -> Iterator[Finding]:
    """A name says what a thing is; Manager, Handler, Helper, Base and utils say nothing."""
    if not source.is_python:
        return
    folders, stem = source.path.split("/")[:-1], source.path.split("/")[-1].removesuffix(".py")
    if source.package in PACKAGES:
        for part in [*folders, stem]:
            if part in _MODULE_WORDS:
                yield source.finding("banned-name", 1, f"module or package `{part}`")
    for node in ast.walk(source.tree):
        if isinstance(node, ast.ClassDef):
            words = _WORD.findall(node.name)
            if _CLASS_WORDS & set(words) or "Base" in (words[:1] + words[-1:]):
                yield source.finding("banned-name", node, f"class `{node.name}`")


def any_confined(source: Source) -> Iterator[Finding]:
    """`Any` is for runtime/codec, runtime/frame and untyped libraries that a comment names."""
    if source.package in PACKAGES and not source.is_under(*ANY_ALLOWED):
        for node in iter_any(source):
            near = source.lines[max(0, node.lineno - 2) : node.lineno]
            if not any(_UNTYPED.search(line) for line in near):
                text = "`Any` here needs a comment that names the untyped library"
                yield source.finding("any", node, text)


def iter_any(source: Source) -> Iterator[ast.Name | ast.Attribute]:
    """Every use of `typing.Any`, imports not counted."""
    for node in ast.walk(source.tree):
        if (isinstance(node, ast.Name) and node.id == "Any") or (
            isinstance(node, ast.Attribute)
            and node.attr == "Any"
            and ast.unparse(node.value) in ("typing", "t")
        ):
            yield node


def broad_except(source: Source) -> Iterator[Finding]:
    """Only the two boundaries catch everything; to clean up and raise again is fine."""
    if source.package not in PACKAGES:
        return
    for node in ast.walk(source.tree):
        if isinstance(node, ast.ExceptHandler) and _is_broad(node.type):
            last = node.body[-1]
            raises_again = isinstance(last, ast.Raise) and last.exc is None
            line = source.lines[node.lineno - 1]
            if not raises_again and BOUNDARY not in line:
                yield source.finding("broad-except", node, "`except` catches everything")
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith("suppress"):
            if any(_is_broad(argument) for argument in node.args):
                yield source.finding("broad-except", node, "`suppress` swallows everything")


def _is_broad(kind: ast.expr | None) -> bool:
    if isinstance(kind, ast.Tuple):
        return any(_is_broad(each) for each in kind.elts)
    return kind is None or ast.unparse(kind).rsplit(".", 1)[-1] in ("Exception", "BaseException")


def count_boundaries(sources: list[Source]) -> int:
    """How often the `BOUNDARY` is used in the packages."""
    lines = [line for source in sources if source.package in PACKAGES for line in source.lines]
    return sum(BOUNDARY in line for line in lines)


def stands_alone(source: Source) -> Iterator[Finding]:
    """No file names a package registry, a path of one machine, or a page outside the repository."""
    checks = (
        ("registry-host", _HOSTS),
        ("machine-path", _MACHINE_PATHS),
        ("outside-page", _ELSEWHERE),
    )
    for number, line in enumerate(source.lines, 1):
        for rule, pattern in checks:
            if found := pattern.search(line):
                yield source.finding(rule, number, f"`{found.group()}`")


def init_reexports(source: Source) -> Iterator[Finding]:
    """`__init__.py` holds a docstring and re-exports."""
    if not source.path.endswith("__init__.py"):
        return
    for index, node in enumerate(source.tree.body):
        is_docstring = index == 0 and isinstance(node, ast.Expr)
        is_export = isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__"
        if not (is_docstring or is_export or isinstance(node, ast.Import | ast.ImportFrom)):
            yield source.finding("init", node, "only a docstring and re-exports belong here")


def future_annotations(source: Source) -> Iterator[Finding]:
    """Annotations are read when a class is created, so they must not be postponed."""
    if not source.is_under("runtime", "pallets"):
        return
    for node in source.tree.body:
        if isinstance(node, ast.ImportFrom) and node.module == "__future__":
            if any(alias.name == "annotations" for alias in node.names):
                yield source.finding("future-annotations", node, "annotations are read at run time")


def quick_values(source: Source) -> Iterator[Finding]:
    """A block makes values by the hundred thousand, so they are made quickly."""
    if source.path == "runtime/frozen.py" or not source.is_under("runtime", "pallets"):
        return
    for node in ast.walk(source.tree):
        if isinstance(node, ast.ClassDef):
            if "dataclass(frozen=True, slots=True)" in map(ast.unparse, node.decorator_list):
                yield source.finding("quick-value", node, "expected @frozen (runtime/frozen.py)")


RULES: dict[str, Rule] = {
    "file-length": file_length,
    "function-length": function_length,
    "docstring": public_docstrings,
    "banned-name": banned_names,
    "any": any_confined,
    "broad-except": broad_except,
    "stands-alone": stands_alone,
    "init": init_reexports,
    "future-annotations": future_annotations,
    "quick-value": quick_values,
}

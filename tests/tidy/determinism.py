"""What code that every node must compute alike may not do.

The rules hold in runtime/, pallets/ and consensus/. They read the syntax tree only: they catch
honest mistakes, not a clever disguise. `RULES` names them all.
"""

import ast
from collections.abc import Callable, Iterator

from tests.tidy.tree import Finding, Rule, Source

DETERMINISTIC = ("runtime", "pallets", "consensus")
# Here floats carry integers that they represent exactly: below 2**24, or below 2**53.
EXACT_FLOATS = ("float32", "float64")
EXACT_FLOATS_ALLOWED = ("consensus/kernels", "runtime/tensor")

_FORBIDDEN_MODULES = {
    *("asyncio", "concurrent", "datetime", "gc", "http", "io", "locale", "logging"),
    *("multiprocessing", "os", "pathlib", "platform", "queue", "random", "requests", "secrets"),
    *("select", "shutil", "signal", "socket", "sqlite3", "ssl", "subprocess", "tempfile"),
    *("threading", "time", "trio", "urllib", "uuid"),
}
_INTEGER_MATH = {"isqrt", "gcd", "lcm", "comb", "perm", "factorial", "prod"}
_FORBIDDEN_CALLS = {
    "open": "input and output",
    "print": "input and output",
    "input": "input and output",
    "hash": "differs between processes",
    "id": "differs between processes",
    "float": "floating point",
    "complex": "floating point",
}
_FLOAT_TYPES = {
    *("float16", "float32", "float64", "float128", "floating", "half", "single", "double"),
    *("longdouble", "complex64", "complex128", "bfloat16"),
}
_NUMPY_INEXACT = {
    *("average", "divide", "exp", "fft", "float_power", "linalg", "linspace", "log", "log2"),
    *("log10", "mean", "random", "sqrt", "std", "true_divide", "var"),
}
_SET_METHODS = {"union", "intersection", "difference", "symmetric_difference", "copy"}
_SET_TYPES = {"set", "frozenset", "AbstractSet", "MutableSet", "Set", "FrozenSet"}
# These tell nothing of the order in which they saw the members.
_ORDER_FREE = {"sorted", "sum", "min", "max", "any", "all", "set", "frozenset", "len", "bool"}
_ORDER_BOUND = {
    *("list", "tuple", "iter", "enumerate", "zip", "map", "filter", "bytes", "bytearray"),
    *("join", "fromkeys", "extend", "chain", "reduce", "array", "fromiter", "deque", "islice"),
}
_Comprehension = ast.ListComp | ast.DictComp | ast.GeneratorExp | ast.SetComp
_Scope = ast.Module | ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef


def _in_scope(check: Callable[[Source], Iterator[Finding]]) -> Rule:
    def rule(source: Source) -> Iterator[Finding]:
        if source.is_python and source.package in DETERMINISTIC:
            yield from check(source)

    return rule


@_in_scope
def float_literals(source: Source) -> Iterator[Finding]:
    """No float or complex literal."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, float | complex):
            yield source.finding("float-literal", node, f"`{ast.unparse(node)}`")


@_in_scope
def float_types(source: Source) -> Iterator[Finding]:
    """No floating-point type by name, but np.float32 and np.float64 where they are exact."""
    exact = source.is_under(*EXACT_FLOATS_ALLOWED)
    for node in ast.walk(source.tree):
        name = ""
        if isinstance(node, ast.Attribute):
            name = node.attr
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            name = node.id
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            name = node.value
        allowed = exact and name in EXACT_FLOATS and isinstance(node, ast.Attribute)
        if (name in _FLOAT_TYPES or _is_float_annotation(node)) and not allowed:
            yield source.finding("float-type", node, f"`{name or 'float'}`")


def _is_float_annotation(node: ast.AST) -> bool:
    return isinstance(node, ast.Name) and node.id == "float" and isinstance(node.ctx, ast.Load)


@_in_scope
def true_division(source: Source) -> Iterator[Finding]:
    """No `/`: a quotient is `//`, with the rounding said."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.BinOp | ast.AugAssign) and isinstance(node.op, ast.Div):
            yield source.finding("true-division", node, f"`{ast.unparse(node)}`")


@_in_scope
def inexact_functions(source: Source) -> Iterator[Finding]:
    """No inexact function of math or numpy, no random numbers, no fastmath."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            module = node.value.id
            bad_math = module == "math" and node.attr not in _INTEGER_MATH
            if bad_math or (module in ("np", "numpy", "cp") and node.attr in _NUMPY_INEXACT):
                yield source.finding("inexact", node, f"`{ast.unparse(node)}`")
        elif isinstance(node, ast.ImportFrom) and node.module == "math":
            for alias in node.names:
                if alias.name not in _INTEGER_MATH:
                    yield source.finding("inexact", node, f"`math.{alias.name}`")
        elif isinstance(node, ast.keyword) and node.arg == "fastmath":
            yield source.finding("inexact", node.value, "`fastmath`")


@_in_scope
def forbidden_imports(source: Source) -> Iterator[Finding]:
    """No clock, randomness, threads, files, sockets or processes."""
    for node in ast.walk(source.tree):
        modules: list[str] = []
        if isinstance(node, ast.Import):
            modules = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            modules = [node.module or ""]
        for module in modules:
            if module.split(".")[0] in _FORBIDDEN_MODULES:
                yield source.finding("forbidden-import", node, f"`{module}`")


@_in_scope
def forbidden_calls(source: Source) -> Iterator[Finding]:
    """No input or output, and no builtin whose result depends on the process."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            if why := _FORBIDDEN_CALLS.get(node.func.id):
                yield source.finding("forbidden-call", node, f"`{node.func.id}()`: {why}")


@_in_scope
def set_iteration(source: Source) -> Iterator[Finding]:
    """Nothing depends on the order of a set; `sorted(...)` gives it one."""
    yield from _SetOrder(source).visit_scope(source.tree, frozenset())


class _SetOrder:
    """Follows which plain names hold sets, scope by scope."""

    def __init__(self, source: Source) -> None:
        self.source = source

    def visit_scope(self, scope: _Scope, outer: frozenset[str]) -> Iterator[Finding]:
        """Findings in `scope`, where `outer` are the names of sets that it can see."""
        body = list(_own_nodes(scope))
        names = outer - _bound_names(scope, body)
        for _ in range(2):  # twice, for names assigned from names
            names |= _set_names(scope, body, names)
        free = {arg for node in body for arg in _order_free_arguments(node)}
        for node in body:
            for ordered in _ordered_uses(node, node in free):
                if _is_set(ordered, names):
                    text = f"the order of `{ast.unparse(ordered)}` is not defined"
                    yield self.source.finding("set-iteration", node, text)
            if isinstance(node, _Scope):
                yield from self.visit_scope(node, names)


def _own_nodes(scope: ast.AST) -> Iterator[ast.AST]:
    """The nodes of a scope, inner scopes named but not entered."""
    for child in ast.iter_child_nodes(scope):
        yield child
        if not isinstance(child, _Scope):
            yield from _own_nodes(child)


def _bound_names(scope: _Scope, body: list[ast.AST]) -> frozenset[str]:
    if isinstance(scope, ast.Module | ast.ClassDef):
        return frozenset()
    stored = {n.id for n in body if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    return frozenset(stored | {arg.arg for arg in body if isinstance(arg, ast.arg)})


def _set_names(scope: _Scope, body: list[ast.AST], known: frozenset[str]) -> frozenset[str]:
    found: set[str] = set()
    arguments = scope.args if not isinstance(scope, ast.Module | ast.ClassDef) else None
    for arg in ast.walk(arguments) if arguments else ():
        if isinstance(arg, ast.arg) and _is_set_type(arg.annotation):
            found.add(arg.arg)
    for node in body:
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            if _is_set_type(node.annotation):
                found.add(node.target.id)
        elif isinstance(node, ast.Assign) and _is_set(node.value, known):
            found |= {target.id for target in node.targets if isinstance(target, ast.Name)}
        elif isinstance(node, ast.NamedExpr) and _is_set(node.value, known):
            found.add(node.target.id)
    return frozenset(found)


def _is_set_type(annotation: ast.expr | None) -> bool:
    if isinstance(annotation, ast.Subscript):
        annotation = annotation.value
    return annotation is not None and ast.unparse(annotation).rsplit(".", 1)[-1] in _SET_TYPES


def _is_set(node: ast.expr, names: frozenset[str]) -> bool:
    match node:
        case ast.Set() | ast.SetComp():
            return True
        case ast.Name(id=name):
            return name in names
        case ast.Call(func=ast.Name(id="set" | "frozenset")):
            return True
        case ast.Call(func=ast.Attribute(value=value, attr=attr)):
            return attr in _SET_METHODS and _is_set(value, names)
        case ast.BinOp(left=left, op=ast.BitOr() | ast.BitAnd() | ast.Sub() | ast.BitXor()):
            return _is_set(left, names) or _is_set(node.right, names)
        case ast.IfExp(body=body, orelse=orelse):
            return _is_set(body, names) or _is_set(orelse, names)
    return False


def _order_free_arguments(node: ast.AST) -> list[ast.expr]:
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        return node.args if node.func.id in _ORDER_FREE else []
    return []


def _ordered_uses(node: ast.AST, is_order_free: bool) -> list[ast.expr]:
    """The expressions whose order `node` reveals."""
    match node:
        case ast.For(iter=iterated) | ast.AsyncFor(iter=iterated):
            return [iterated]
        case ast.ListComp() | ast.DictComp() | ast.GeneratorExp():
            return [] if is_order_free else [each.iter for each in node.generators]
        case ast.Starred(value=value) | ast.YieldFrom(value=value):
            return [value]
        case ast.Call(func=ast.Name(id=name)) | ast.Call(func=ast.Attribute(attr=name)):
            if name == "pop" and isinstance(node.func, ast.Attribute) and not node.args:
                return [node.func.value]
            return node.args if name in _ORDER_BOUND and not is_order_free else []
        case ast.Assign(targets=[ast.Tuple() | ast.List()], value=value):
            return [value]
    return []


RULES: dict[str, Rule] = {
    "float-literal": float_literals,
    "float-type": float_types,
    "true-division": true_division,
    "inexact": inexact_functions,
    "forbidden-import": forbidden_imports,
    "forbidden-call": forbidden_calls,
    "set-iteration": set_iteration,
}

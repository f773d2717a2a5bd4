"""Every choice of an operator, in one frozen tree.

A value comes from, in rising precedence: the default here, the TOML file, the environment
(`SOBERANA_RPC_PORT=9955`), a flag. A name that is not in the tree is an error, wherever it stands.
"""

import difflib
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, is_dataclass
from pathlib import Path
from typing import Annotated, Final, Literal, TypeAlias, get_args, get_origin, get_type_hints

import msgspec

from chain.blobs import QUOTA_BYTES_DEFAULT
from chain.errors import ConfigError
from chain.rpc.limits import Count, RpcLimits

PREFIX: Final = "SOBERANA_"
"""What the names of our environment variables begin with."""

Port: TypeAlias = Annotated[int, msgspec.Meta(ge=0, le=65_535)]


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseConfig:
    """Where blocks and state are kept, and how much of the past."""

    archive: bool = False
    """Keep the state of every finalised block from now on, not of the last 256 only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RpcConfig:
    """The JSON-RPC server."""

    address: str = "127.0.0.1"
    port: Port = 9_944
    """0 takes any free port."""
    methods: Literal["auto", "safe", "unsafe"] = "auto"
    """Which methods are served; `auto` serves unsafe ones on a loopback address only."""
    blobs: bool = False
    """Serve tensors and files below the base path to whoever knows their root."""
    origins: tuple[str, ...] = (
        "http://localhost:*",
        "http://127.0.0.1:*",
        "https://localhost:*",
        "https://127.0.0.1:*",
        "https://polkadot.js.org",
    )
    """Web pages that may call, by origin; `:*` stands for any port, a lone `*` for any page."""
    hosts: tuple[str, ...] = ("localhost",)
    """Names that clients may call the node by, besides IP addresses; `*` for any."""
    limits: RpcLimits = field(default_factory=RpcLimits)


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthoringConfig:
    """Whether this node makes blocks, and for whom."""

    enabled: bool = False
    author: str = ""
    """The account that is paid for blocks: an address, or the name of a key."""
    backend: Literal["auto", "numpy", "numba", "cuda"] = "auto"
    """What computes the matrix products."""
    threads: Count = 1
    """Cores that each device uses; a GPU needs one."""
    devices: Count = 1
    """Processes that multiply, each with a GPU of its own where that is the backend."""
    claims: bool = True
    """Whether the node claims what its blocks have earned, era by era."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderConfig:
    """Whether this node runs AI jobs, and under which key."""

    enabled: bool = False
    account: str = ""
    """The account that takes jobs and is paid: an address, or the name of a key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolConfig:
    """How many transactions may wait."""

    ready_count_max: Count = 8_192
    ready_bytes_max: Count = 20 * 2**20
    future_count_max: Count = 512
    future_bytes_max: Count = 2 * 2**20
    ready_per_account_max: Count = 64
    future_per_account_max: Count = 16
    transaction_bytes_max: Count = 288 * 2**10
    """Two strips of the longest operands of a product, and a tile of it, fit."""

    banned_s: Count = 1_800
    """How long an invalid transaction is refused without a look."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BlobsConfig:
    """Tensors and files below the base path; `rpc.blobs` serves them."""

    quota_bytes: Count = QUOTA_BYTES_DEFAULT
    """All of them together, unfinished ones counted whole."""
    sources: tuple[str, ...] = ()
    """Nodes that are asked for the files of leases, by URL."""
    incomplete_s: Count = 86_400
    """How long an unfinished upload is kept after its last piece."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LogConfig:
    """What the node says about itself."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    style: Literal["text", "json"] = "text"


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """All of it."""

    base_path: Path = Path("~/.local/share/soberana")
    """The folder of the database and the keys."""
    chain: str = "dev"
    """The name of a built-in chain, or the path of a chain specification."""
    database: DatabaseConfig = field(default_factory=DatabaseConfig)
    rpc: RpcConfig = field(default_factory=RpcConfig)
    authoring: AuthoringConfig = field(default_factory=AuthoringConfig)
    provider: ProviderConfig = field(default_factory=ProviderConfig)
    pool: PoolConfig = field(default_factory=PoolConfig)
    blobs: BlobsConfig = field(default_factory=BlobsConfig)
    log: LogConfig = field(default_factory=LogConfig)


def load_config(
    file: Path | None, environment: Mapping[str, str], flags: Mapping[str, object]
) -> Config:
    """The tree from all four sources. Raises `ConfigError` naming the setting.

    `flags` has dotted names (`rpc.port`); None stands for a flag that was not given.
    """
    leaves = dict(iter_leaves(Config))
    values: dict[str, object] = {}
    if file is not None:
        values |= _read_file(file, leaves)
    values |= _read_environment(environment, leaves)
    for name, value in flags.items():
        if name not in leaves:
            raise _unknown(f"flag {name}", name, leaves)
        if value is not None:
            values[name] = _convert(f"flag {name}", value, leaves[name], is_text=False)
    return _build(values)


def iter_leaves(kind: type, prefix: str = "") -> Iterator[tuple[str, object]]:
    """Every setting's dotted name, with its annotation."""
    for name, annotation in get_type_hints(kind, include_extras=True).items():
        if isinstance(annotation, type) and is_dataclass(annotation):
            yield from iter_leaves(annotation, f"{prefix}{name}.")
        else:
            yield prefix + name, annotation


def variable_of(name: str) -> str:
    """The environment variable of a setting: `rpc.port` is `SOBERANA_RPC_PORT`."""
    return PREFIX + name.replace(".", "_").upper()


def dump_config(config: Config) -> str:
    """The whole tree as a TOML file that `load_config` reads back."""
    return "\n".join(_dump_table(config, "")).lstrip("\n") + "\n"


def _dump_table(table: object, name: str) -> Iterator[str]:
    if name:
        yield f"\n[{name}]"
    inner: list[tuple[str, object]] = []
    for key in get_type_hints(type(table)):
        value: object = getattr(table, key)
        if is_dataclass(value):
            inner.append((f"{name}.{key}" if name else key, value))
        else:
            shown = str(value) if isinstance(value, Path) else value
            yield f"{key} = {msgspec.json.encode(shown).decode()}"
    for inner_name, value in inner:
        yield from _dump_table(value, inner_name)


def _read_file(file: Path, leaves: Mapping[str, object]) -> dict[str, object]:
    try:
        with file.open("rb") as stream:
            document = tomllib.load(stream)
    except OSError as error:
        raise ConfigError(f"{file}: expected a readable file, got: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{file}: expected TOML, got: {error}") from error
    values: dict[str, object] = {}
    for name, value in _flatten(document, "", leaves):
        if name not in leaves:
            raise _unknown(f"{file}: {name}", name, leaves)
        values[name] = _convert(f"{file}: {name}", value, leaves[name], is_text=False)
    return values


def _flatten(
    table: Mapping[str, object], prefix: str, leaves: Mapping[str, object]
) -> Iterator[tuple[str, object]]:
    for key, value in table.items():
        name = prefix + key
        is_table = any(leaf.startswith(name + ".") for leaf in leaves)
        if is_table and not isinstance(value, dict):
            raise ConfigError(f"{name}: expected a table, got {value!r}")
        if is_table:
            yield from _flatten(msgspec.convert(value, dict[str, object]), name + ".", leaves)
        else:
            yield name, value


def _read_environment(
    environment: Mapping[str, str], leaves: Mapping[str, object]
) -> dict[str, object]:
    names = {variable_of(name): name for name in leaves}
    values: dict[str, object] = {}
    for variable, text in environment.items():
        if variable.startswith(PREFIX):
            if variable not in names:
                raise _unknown(variable, variable, names)
            name = names[variable]
            values[name] = _convert(variable, text, leaves[name], is_text=True)
    return values


def _convert(where: str, value: object, annotation: object, *, is_text: bool) -> object:
    if annotation is Path:
        if isinstance(value, str | Path) and str(value):
            return Path(value)
        raise ConfigError(f"{where}: expected a path, got {value!r}")
    if is_text and isinstance(value, str) and get_origin(annotation) is tuple:
        value = [part.strip() for part in value.split(",") if part.strip()]
    try:
        return msgspec.convert(value, annotation, strict=not is_text)
    except msgspec.ValidationError as error:
        raise ConfigError(f"{where}: {_describe(annotation, error)}, got {value!r}") from None


def _describe(annotation: object, error: msgspec.ValidationError) -> str:
    if get_origin(annotation) is Literal:
        return "expected one of " + ", ".join(str(choice) for choice in get_args(annotation))
    return str(error).replace("Expected", "expected").partition(", got")[0].replace("`", "")


def _unknown(where: str, name: str, known: Mapping[str, object]) -> ConfigError:
    close = difflib.get_close_matches(name, known, n=1)
    hint = f"; did you mean {close[0]}?" if close else ""
    return ConfigError(f"{where}: expected a known setting, got {name}{hint}")


def _build(values: Mapping[str, object]) -> Config:
    """The tree with `values` over its defaults."""

    def build(kind: type, prefix: str) -> object:
        arguments: dict[str, object] = {}
        for name, annotation in get_type_hints(kind, include_extras=True).items():
            if isinstance(annotation, type) and is_dataclass(annotation):
                arguments[name] = build(annotation, f"{prefix}{name}.")
            elif prefix + name in values:
                arguments[name] = values[prefix + name]
        return kind(**arguments)

    config = build(Config, "")
    assert isinstance(config, Config), "build makes an instance of what it is given; qed"
    return config

"""The chain specification: everything that two nodes must agree on before the first block.

It is read from JSON; an unknown, missing or wrong field is a `SpecError` that names it.
"""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from importlib import resources
from typing import Any, Final, TypeVar, cast

from consensus.difficulty import DifficultyParams
from consensus.params import ConsensusParams
from consensus.pouw.params import PowParams, SeededShape
from genesis.accounts import AMOUNT_MAX, TOKEN_DECIMALS, parse_account, parse_amount
from genesis.errors import SpecError
from pallets.runtime import RuntimeConfig
from runtime.primitives import AccountId

KindT = TypeVar("KindT")

PRESETS: Final = ("dev", "local")
CHAIN_TYPES: Final = ("Development", "Local", "Live")
BALANCES_MAX: Final = 1_000_000
BLOCKS_MAX: Final = (1 << 32) - 1
WORK_MAX: Final = 1 << 128
VOTING_PERIOD_MAX: Final = 1 << 24
"""A year at two seconds; the longest lock of a vote, 32 periods, stays within its type."""

MILLISECONDS_MAX: Final = 10**12
"""Thirty years: sums of intervals stay within their type."""

_ID: Final = re.compile(r"[a-z0-9_-]{1,64}")
"""The name of the chain's folder, so it leads nowhere else."""


@dataclass(frozen=True, slots=True)
class ChainSpec:
    """One chain."""

    name: str
    id: str
    chain_type: str
    token_symbol: str
    token_decimals: int
    is_instant: bool
    """Whether its only author seals at once when a transaction waits."""

    consensus: ConsensusParams
    runtime: RuntimeConfig
    balances: tuple[tuple[AccountId, int], ...]


def load_preset(name: str) -> ChainSpec:
    """A specification that ships with the node."""
    if name not in PRESETS:
        raise SpecError(f"chain: expected one of {', '.join(PRESETS)} or a file, got {name!r}")
    text = (resources.files("genesis") / "presets" / f"{name}.json").read_text("utf-8")
    return parse_spec(text)


def parse_spec(text: str) -> ChainSpec:
    """The specification in a JSON text."""
    try:
        document = json.loads(text, object_pairs_hook=_read_object)
    except (ValueError, RecursionError) as error:
        raise SpecError(f"expected a JSON document: {error}") from None
    top = _Fields("", document)
    spec = ChainSpec(
        name=top.take("name", str),
        id=top.take("id", str),
        chain_type=top.take("chainType", str),
        token_symbol=top.take("tokenSymbol", str),
        token_decimals=top.take("tokenDecimals", int),
        is_instant=top.take("instant", bool),
        consensus=_read_consensus(top.enter("consensus")),
        runtime=_read_runtime(top.enter("runtime")),
        balances=_read_balances(top.enter("balances")),
    )
    top.ensure_empty()
    _ensure_identity(spec)
    _ensure_balances(spec)
    return spec


def _read_object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """A JSON object; JSON itself lets the last of two equal names win."""
    fields = dict(pairs)
    if len(fields) < len(pairs):
        twice = next(name for at, (name, _) in enumerate(pairs) if name in dict(pairs[:at]))
        raise SpecError(f"{twice}: given twice")
    return fields


def _ensure_identity(spec: ChainSpec) -> None:
    if _ID.fullmatch(spec.id) is None:
        raise SpecError(f"id: expected up to 64 of a-z, 0-9, _ and -, got {spec.id!r}")
    if spec.chain_type not in CHAIN_TYPES:
        raise SpecError(f"chainType: expected one of {CHAIN_TYPES}, got {spec.chain_type!r}")
    if spec.token_decimals != TOKEN_DECIMALS:
        raise SpecError(f"tokenDecimals: expected {TOKEN_DECIMALS}, got {spec.token_decimals}")


def _ensure_balances(spec: ChainSpec) -> None:
    """Every account can exist, is named once, and all of them fit the issuance."""
    deposit = spec.runtime.existential_deposit
    seen: set[AccountId] = set()
    for who, amount in spec.balances:
        if amount < deposit:
            raise SpecError(f"balances: expected at least {deposit} planck, got {amount}: {who}")
        if who in seen:
            raise SpecError(f"balances: given twice: {who}")
        seen.add(who)
    issuance = sum(amount for _, amount in spec.balances)
    if issuance > AMOUNT_MAX:
        raise SpecError(f"balances: expected at most {AMOUNT_MAX} planck, got {issuance}")


def _read_consensus(fields: "_Fields") -> ConsensusParams:
    seeded = fields.enter("seededShape")
    m, n, k = (seeded.take(side, int) for side in ("m", "n", "k"))
    seeded.ensure_empty()
    try:
        anchor_work = fields.take_count("workMin", WORK_MAX)
        anchor_target = (1 << 256) // anchor_work - 1
        params = ConsensusParams(
            PowParams(SeededShape(m, n, k)),
            DifficultyParams(
                spacing_ms=fields.take_count("spacingMs", MILLISECONDS_MAX),
                half_life_ms=fields.take_count("halfLifeMs", MILLISECONDS_MAX),
                cap_ms=fields.take_count("capMs", MILLISECONDS_MAX),
                anchor_target=anchor_target,
                max_target=anchor_target,
            ),
        )
    except ValueError as error:
        raise SpecError(f"consensus: {error}") from None
    fields.ensure_empty()
    return params


def _read_runtime(fields: "_Fields") -> RuntimeConfig:
    deposit = fields.convert("existentialDeposit", parse_amount)
    if deposit == 0:
        raise SpecError("runtime.existentialDeposit: expected more than nothing")
    era_blocks = fields.take_count("eraBlocks", BLOCKS_MAX)
    voting_period = fields.take_count("votingPeriodBlocks", VOTING_PERIOD_MAX)
    fields.ensure_empty()
    return RuntimeConfig(deposit, era_blocks, voting_period)


def _read_balances(fields: "_Fields") -> tuple[tuple[AccountId, int], ...]:
    names = fields.get_names()
    if len(names) > BALANCES_MAX:
        raise SpecError(f"balances: expected at most {BALANCES_MAX}, got {len(names)}")
    return tuple(
        (parse_account(f"balances.{name}", name), fields.convert(name, parse_amount))
        for name in names
    )


class _Fields:
    """A JSON object that is read field by field until none is left."""

    def __init__(self, path: str, value: object) -> None:
        if not isinstance(value, dict):
            raise SpecError(f"{path or 'the document'}: expected an object, got {value!r}")
        self._path = path
        self._left: dict[str, Any] = dict(cast("dict[str, Any]", value))  # untyped: from JSON

    def _name(self, key: str) -> str:
        return f"{self._path}.{key}" if self._path else key

    def _pop(self, key: str) -> object:
        if key not in self._left:
            raise SpecError(f"{self._name(key)}: expected, but missing")
        return cast("object", self._left.pop(key))

    def get_names(self) -> tuple[str, ...]:
        return tuple(self._left)

    def take(self, key: str, kind: type[KindT]) -> KindT:
        value = self._pop(key)
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            raise SpecError(f"{self._name(key)}: expected {kind.__name__}, got {value!r}")
        return value

    def take_count(self, key: str, most: int) -> int:
        value = self.take(key, int)
        if not 1 <= value <= most:
            raise SpecError(f"{self._name(key)}: expected 1 to {most}, got {value}")
        return value

    def enter(self, key: str) -> "_Fields":
        return _Fields(self._name(key), self._pop(key))

    def convert(self, key: str, parse: Callable[[str, str], int]) -> int:
        text = self._pop(key)
        if not isinstance(text, str):
            raise SpecError(f"{self._name(key)}: expected text, got {text!r}")
        return parse(self._name(key), text)

    def ensure_empty(self) -> None:
        if self._left:
            raise SpecError(f"{self._name(min(self._left))}: unknown")

"""The node's answers, field by field as its JSON spells them."""

import msgspec


class HeaderJson(msgspec.Struct, frozen=True, rename="camel"):
    """A header as `chain_getHeader` and `chain_newHead` give it."""

    parent_hash: str
    number: str
    state_root: str
    extrinsics_root: str
    digest: "DigestJson"


class DigestJson(msgspec.Struct, frozen=True):
    """A header's digest, its items encoded."""

    logs: tuple[str, ...]


class BlockJson(msgspec.Struct, frozen=True):
    """A block's header and its encoded extrinsics."""

    header: HeaderJson
    extrinsics: tuple[str, ...]


class SignedBlockJson(msgspec.Struct, frozen=True):
    """What `chain_getBlock` gives."""

    block: BlockJson


class RuntimeVersionJson(msgspec.Struct, frozen=True, rename="camel"):
    """What identifies a runtime."""

    spec_name: str
    spec_version: int
    transaction_version: int


class ChangesJson(msgspec.Struct, frozen=True):
    """Values at a block, by their keys."""

    changes: list[tuple[str, str | None]]


class PropertiesJson(msgspec.Struct, frozen=True, rename="camel"):
    """What a chain decides of its runtime."""

    existential_deposit: str
    era_blocks: int
    voting_period_blocks: int


class TransactionStatus(msgspec.Struct, frozen=True, rename="camel"):
    """A status that carries something; the others are plain words."""

    in_block: str | None = None
    finalized: str | None = None
    retracted: str | None = None
    usurped: str | None = None
    finality_timeout: str | None = None
    broadcast: tuple[str, ...] | None = None

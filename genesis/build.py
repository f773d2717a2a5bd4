"""Block zero: the state that a specification describes, and the header over it."""

import json
from dataclasses import asdict, dataclass, replace

from genesis.spec import ChainSpec
from pallets.runtime import compose
from runtime.api import RuntimeApi
from runtime.crypto.hashing import blake2_256
from runtime.header import Header, compute_extrinsics_root
from runtime.host import Host
from runtime.primitives import Hash
from runtime.state.backend import DictBackend
from runtime.state.commitment import StateTree
from runtime.state.overlay import Overlay
from runtime.system import LastRuntimeUpgrade

CODE_KEY = b":code"
CODE = b"\0asm"
"""What clients ask the hash of; the runtime is this program, not this value."""

SPEC_KEY = b":spec"
"""Where the state commits to the specification, so that its hash names this chain alone."""


@dataclass(frozen=True, slots=True)
class Genesis:
    """The first block and the state after it."""

    header: Header
    hash: Hash
    state: dict[bytes, bytes]


def make_api(spec: ChainSpec, host: Host) -> RuntimeApi:
    """The runtime of a chain."""
    return RuntimeApi(compose(spec.runtime), host)


def compute_spec_hash(spec: ChainSpec) -> Hash:
    """blake2b-256 of all that a specification says but its balances, which are in the state."""
    fields = asdict(replace(spec, balances=()))
    text = json.dumps(fields, sort_keys=True, separators=(",", ":"))
    return Hash(blake2_256(text.encode()))


def build_genesis(spec: ChainSpec, host: Host) -> Genesis:
    """The genesis of a specification; the same on every node."""
    overlay = Overlay(DictBackend({}))
    runtime = compose(spec.runtime)(overlay, host)
    runtime.balances.build_genesis(spec.balances)
    version = runtime.version
    upgrade = LastRuntimeUpgrade(version.spec_version, version.spec_name)
    runtime.system.last_runtime_upgrade.put(upgrade)
    overlay.put(CODE_KEY, CODE)
    overlay.put(SPEC_KEY, compute_spec_hash(spec))
    state = {key: value for key, value in overlay.changes().items() if value is not None}
    root = StateTree.build(state.items()).root
    header = Header(Hash.zero(), 0, root, compute_extrinsics_root(()))
    return Genesis(header, header.compute_hash(), state)

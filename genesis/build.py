"""Block zero: the state that a specification describes, and the header over it."""

from dataclasses import dataclass

from genesis.spec import ChainSpec
from pallets.runtime import compose
from runtime.api import RuntimeApi
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


@dataclass(frozen=True, slots=True)
class Genesis:
    """The first block and the state after it."""

    header: Header
    hash: Hash
    state: dict[bytes, bytes]


def make_api(spec: ChainSpec, host: Host) -> RuntimeApi:
    """The runtime of a chain."""
    return RuntimeApi(compose(spec.runtime), host)


def build_genesis(spec: ChainSpec, host: Host) -> Genesis:
    """The genesis of a specification; the same on every node."""
    overlay = Overlay(DictBackend({}))
    runtime = compose(spec.runtime)(overlay, host)
    runtime.balances.build_genesis(spec.balances)
    version = runtime.version
    upgrade = LastRuntimeUpgrade(version.spec_version, version.spec_name)
    runtime.system.last_runtime_upgrade.put(upgrade)
    overlay.put(CODE_KEY, CODE)
    state = {key: value for key, value in overlay.changes().items() if value is not None}
    root = StateTree.build(state.items()).root
    header = Header(Hash.zero(), 0, root, compute_extrinsics_root(()))
    return Genesis(header, header.compute_hash(), state)

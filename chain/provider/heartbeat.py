"""When a provider says that its record is still alive, so that it can go on being hired."""

from pallets.runtime import Runtime


def is_heartbeat_due(runtime: Runtime, record: int) -> bool:
    """Whether half of a record's time to live has passed; never of one that is gone."""
    entry = runtime.registry.record.get(record)
    if entry is None:
        return False
    return 2 * (entry.expires_at - runtime.system.get_block_number()) <= entry.ttl

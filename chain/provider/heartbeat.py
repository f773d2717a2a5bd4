"""When a provider says that its record is still alive, so that it can be hired, or be again."""

from collections.abc import Collection

from pallets.runtime import Runtime
from runtime.frame.ai_types import ProviderInfo, SlotId


def find_heartbeats(
    runtime: Runtime,
    records: Collection[ProviderInfo],
    hireable: ProviderInfo | None,
    sent: Collection[tuple[str, SlotId]],
) -> list[SlotId]:
    """Of which record it is time to say so; its number stands where a job's does.

    That is the one under which slots are locked; where none can be hired the newest, since it may
    have expired while nobody was there to say anything.
    """
    kept = records if hireable is None else (hireable,)
    due = sorted(each.id for each in kept if is_heartbeat_due(runtime, each.id))
    beats = [SlotId(each, 0) for each in due[-1:]]
    return [each for each in beats if ("heartbeat", each) not in sent]


def is_heartbeat_due(runtime: Runtime, record: int) -> bool:
    """Whether half of a record's time to live has passed; never of one that is gone."""
    entry = runtime.registry.record.get(record)
    if entry is None:
        return False
    return 2 * (entry.expires_at - runtime.system.get_block_number()) <= entry.ttl

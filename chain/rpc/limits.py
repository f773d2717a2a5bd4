"""What one client may cost the node."""

from dataclasses import dataclass
from typing import Annotated, TypeAlias

import msgspec

KIB = 1 << 10
MIB = 1 << 20

Count: TypeAlias = Annotated[int, msgspec.Meta(ge=1, le=2**53)]
Seconds: TypeAlias = Annotated[float, msgspec.Meta(gt=0, le=86_400)]


@dataclass(frozen=True, slots=True, kw_only=True)
class RpcLimits:
    """Limits of the JSON-RPC server; an operator may change each."""

    connections_max: Count = 100
    """Connections at once; one more is answered 503 and closed."""
    request_bytes_max: Count = 3 * MIB
    """One HTTP body or one WebSocket message: the witness of the longest product takes 2.1 MiB."""
    response_bytes_max: Count = 8 * MIB
    """One answer; a batch is one answer."""
    blob_streams_max: Count = 16
    """Stored files that are on their way out at once; one more is answered 503."""
    blob_streams_per_network_max: Count = 4
    """Those of one address, or one subnet of version 6; not counted for this computer's own."""
    blob_bytes_per_s_min: Count = 64 * KIB
    """How fast a client has to read a file; it may be behind by `send_timeout_s`."""
    head_bytes_max: Count = 16 * KIB
    """The request line and headers of one HTTP request."""
    batch_calls_max: Count = 32
    """Calls in one batch."""
    depth_max: Count = 32
    """How deep arrays and objects may nest in a request."""
    calls_in_flight_max: Count = 16
    """Calls of one WebSocket connection that run at once; further ones wait unread."""
    subscriptions_max: Count = 1_024
    """Subscriptions of one WebSocket connection."""
    queued_notifications_max: Count = 64
    """Notifications that wait for one client; one more closes its connection."""
    call_timeout_s: Seconds = 10
    """How long a call may wait for what it needs."""
    request_timeout_s: Seconds = 20
    """From the first byte of a request to its last."""
    idle_timeout_s: Seconds = 75
    """How long an HTTP connection may stay without a request."""
    send_timeout_s: Seconds = 20
    """How long a client may take to read what it is sent at once."""
    ping_interval_s: Seconds = 30
    """A WebSocket client silent for this long is sent a ping; silent again, it is gone."""

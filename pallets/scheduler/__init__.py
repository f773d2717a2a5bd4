"""The scheduler pallet: calls that root has made at a later block."""

from pallets.scheduler.pallet import Scheduler

__all__ = ["Scheduler"]

"""Twins of the deterministic programs, compiled: the same bytes as `runtime.programs`, sooner."""

from consensus.kernels.programs.twins import ProgramTwins, TwinFault, ensure_twins_exact

__all__ = ["ProgramTwins", "TwinFault", "ensure_twins_exact"]

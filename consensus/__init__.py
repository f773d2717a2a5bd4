"""Consensus without I/O: the work proof, difficulty and the choice of a fork."""

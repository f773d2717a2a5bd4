"""Proof of useful work: seeds and noise, tickets, seal and witness, search and verification."""

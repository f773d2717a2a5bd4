"""Hashes, addresses, signatures and key derivation."""

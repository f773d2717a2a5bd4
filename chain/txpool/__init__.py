"""Transactions that wait for a block: checked, ordered, bounded."""

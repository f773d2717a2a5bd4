"""Backends that compute the matrix products of the work proof."""

"""Kernels of vector instructions, compiled by numba; none of them uses a float."""

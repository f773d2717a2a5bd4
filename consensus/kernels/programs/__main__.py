"""Compiles the twins into numba's cache on disk and tries them: `python -m` this package."""

from consensus.kernels.programs.twins import ensure_twins_exact

if __name__ == "__main__":
    ensure_twins_exact()

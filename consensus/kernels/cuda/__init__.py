"""Products on an NVIDIA GPU: the kernels, how they are compiled, launched and put together."""

# The part of CuPy that the CUDA backend uses.
from cupy import cuda as cuda

"""One thread for each product of numpy's: the node runs several pieces of work at once anyway.

BLAS splits a product among the cores and waits for all of them. Where others work on the cores as
well, that waiting takes many times as long as the product itself.
"""

from collections.abc import Generator
from contextlib import contextmanager

from threadpoolctl import threadpool_limits


@contextmanager
def use_one_blas_thread() -> Generator[None]:
    """In this process, until the block ends; devices that mine are processes of their own."""
    with threadpool_limits(limits=1, user_api="blas"):
        yield

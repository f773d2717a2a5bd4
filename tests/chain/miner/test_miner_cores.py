"""Threads as cores: every job is done, at once, and a failure is the caller's."""

from functools import partial
from threading import Barrier

import pytest

from chain.miner.cores import ThreadCores


def test_every_job_is_done() -> None:
    done: list[int] = []
    cores = ThreadCores(3)
    assert cores.count == 3
    cores.run([partial(done.append, number) for number in range(50)])
    assert sorted(done) == list(range(50))
    cores.run([])


def test_jobs_run_at_once() -> None:
    """Each waits for the other, so one after another they would never end."""
    barrier = Barrier(2, timeout=30)

    def meet() -> None:
        barrier.wait()

    ThreadCores(2).run([meet, meet])
    assert not barrier.broken


def test_failure_is_raised_when_all_have_ended() -> None:
    done: list[int] = []

    def fail() -> None:
        raise ValueError("job 0")

    cores = ThreadCores(2)
    with pytest.raises(ValueError, match="job 0"):
        cores.run([fail, *(partial(done.append, number) for number in range(100))])
    assert len(done) == 100
    cores.run([partial(done.append, -1)])
    assert done[-1] == -1

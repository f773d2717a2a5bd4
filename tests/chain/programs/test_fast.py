"""Programs run by their rules until the twins are there; nobody waits for them."""

import logging
import subprocess
import sys
from collections.abc import Callable
from threading import Event, Thread

import pytest

from chain.programs.fast import FastPrograms, NoTwins, load_twins, start_in_thread
from runtime.programs import SCENE, Inputs, Program, Raytrace
from tests.helpers.programs_vectors import FOUR_BALLS, NO_ROOT

TASK, INPUTS = Raytrace(NO_ROOT, 9, 9, 9), Inputs((SCENE.encode(FOUR_BALLS),))
BY_RULES = TASK.run(0, INPUTS)


class Marked:
    """Twins that can be told from the rules."""

    def run_program(self, program: Program, slot: int, inputs: Inputs) -> bytes:
        return b"by the twins"


def test_the_rules_serve_until_the_twins_are_loaded() -> None:
    started: list[Callable[[], None]] = []
    programs = FastPrograms(Marked, started.append)
    assert not started
    for _ in range(3):
        assert programs.run_program(TASK, 0, INPUTS) == BY_RULES
    (load,) = started
    load()
    assert programs.run_program(TASK, 0, INPUTS) == b"by the twins"


def test_without_twins_the_rules_stay(caplog: pytest.LogCaptureFixture) -> None:
    def fail() -> Marked:
        raise NoTwins("no such processor")

    programs = FastPrograms(fail, lambda work: work())
    with caplog.at_level(logging.WARNING):
        assert programs.run_program(TASK, 0, INPUTS) == BY_RULES
    assert programs.run_program(TASK, 0, INPUTS) == BY_RULES
    (record,) = caplog.records
    assert vars(record)["reason"] == "no such processor"


def test_the_real_twins_load_in_a_thread() -> None:
    started: list[Callable[[], None]] = []
    programs = FastPrograms(load_twins, started.append)
    programs.run_program(TASK, 0, INPUTS)
    thread = Thread(target=started.pop())
    thread.start()
    thread.join(60)
    assert vars(programs)["_twins"] is not None
    assert programs.run_program(TASK, 0, INPUTS) == BY_RULES


def test_a_thread_runs_the_work() -> None:
    done = Event()
    start_in_thread(done.set)
    assert done.wait(10)


def test_a_compiler_that_fails_is_no_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/nonexistent/python")
    with pytest.raises(NoTwins, match="compiling them failed"):
        load_twins()

    def fail(*_: object, **__: object) -> None:
        raise subprocess.CalledProcessError(1, "python")

    monkeypatch.setattr(subprocess, "run", fail)
    with pytest.raises(NoTwins, match="exit status 1"):
        load_twins()


def test_a_node_that_sees_no_program_does_not_load_numba() -> None:
    code = "import sys, chain.node; sys.exit('numba' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0

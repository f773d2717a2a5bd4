"""A process that forks others to be killed: forking spares the imports of a node for each kill."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random


def serve(work: Callable[[], None]) -> None:
    """For each line read, forks a process that works, tells its number, and waits for its end."""
    for _ in sys.stdin:
        child = os.fork()
        if child == 0:
            work()
        print("process", child, flush=True)
        os.waitpid(child, 0)
        print("ended", flush=True)


@contextmanager
def running_server(module: str, folder: Path) -> Iterator[subprocess.Popen[str]]:
    """The module run as a program, which is to call `serve` with its work in the folder."""
    command = [sys.executable, "-m", module, str(folder)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) as server:
        yield server
        assert server.stdin is not None
        server.stdin.close()


def kill_after(
    server: subprocess.Popen[str],
    is_enough: Callable[[list[str]], bool],
    random: Random,
    spins_max: int,
) -> list[str]:
    """All lines that a fork printed, which is killed some moments after they were enough."""
    assert server.stdin is not None
    assert server.stdout is not None
    server.stdin.write("\n")
    server.stdin.flush()
    process, lines = 0, list[str]()
    while not process or not is_enough(lines):
        line = server.stdout.readline().rstrip("\n")
        assert line, "the process printed on until it was killed; qed"
        if line.startswith("process "):
            process = int(line.removeprefix("process "))
        else:
            lines.append(line)
    # Spins, as a sleep would be coarser than a commit.
    for _ in range(random.randrange(spins_max)):
        pass
    os.kill(process, signal.SIGKILL)
    while (line := server.stdout.readline()) != "ended\n":
        lines.append(line.rstrip("\n"))
    return lines

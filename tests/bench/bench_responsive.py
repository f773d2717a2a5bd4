"""Whether a node answers while it mines: the time of an RPC read, idle and under mining.

Starts a node of the local chain, which mines without a pause, once without an author and once
with one, and asks it for a storage value over one connection, again and again. Then calls off a
device in the middle of large products, as a new head does: how soon it takes the next template.
Last, what a paid product costs by way of a process, through shared memory and through pipes, over
the same in this process; they take turns.
"""

import argparse
import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from time import perf_counter_ns
from unittest.mock import patch

import numpy as np
import trio

from chain.miner import process
from chain.miner.cores import ThreadCores
from chain.miner.device import Device, ThreadDevice
from chain.miner.process import open_process_device
from chain.miner.search import Search, SeededRun, make_bare_search
from chain.wallet.connect import NodeUrl, parse_node_url
from chain.wallet.errors import NodeUnreachable
from chain.wallet.rpc import RpcTimeouts, open_rpc
from chain.worker import ThreadWorker
from consensus.kernels.select import select_backend
from consensus.pouw.params import PowParams, SeededShape
from consensus.pouw.solve import MatrixWork
from runtime.crypto.hashing import twox_128
from runtime.primitives import AccountId, Hash
from runtime.work_summary import Lane

KEY = "0x" + (twox_128(b"Balances") + twox_128(b"TotalIssuance")).hex()
PAUSE_S = 0.005


def find_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


@contextmanager
def running(arguments: tuple[str, ...]) -> Generator[NodeUrl]:
    """A node until the block ends."""
    port = find_port()
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "chain.cli.main", "node", "run", "--chain", "local"]
        command += ["--base-path", folder, "--rpc-port", str(port), *arguments]
        with (Path(folder) / "log").open("wb") as log:
            process = subprocess.Popen(command, stdout=log, stderr=log)
        try:
            yield parse_node_url(f"ws://127.0.0.1:{port}")
        finally:
            process.terminate()
            process.wait()


async def measure(url: NodeUrl, seconds: float) -> tuple[list[float], dict[str, object]]:
    """Milliseconds of each read, sorted, and what the miner did meanwhile."""
    while True:
        try:
            async with open_rpc(url, RpcTimeouts()):
                break
        except NodeUnreachable:
            await trio.sleep(0.1)
    async with open_rpc(url, RpcTimeouts()) as rpc:
        await trio.sleep(3)  # the device tests itself and begins
        times: list[float] = []
        with trio.move_on_after(seconds):
            while True:
                begun = perf_counter_ns()
                await rpc.call(object, "state_getStorage", KEY)
                times.append((perf_counter_ns() - begun) / 1e6)
                await trio.sleep(PAUSE_S)
        status = await rpc.call(dict[str, object], "work_status")
    return sorted(times), status


async def measure_refresh(rounds: int) -> list[float]:
    """Milliseconds from a new head to the device's answer, sorted."""
    seeded = SeededShape(4096, 4096, 4096)
    times: list[float] = []
    async with open_process_device("auto", os.cpu_count() or 1) as device:
        for number in range(rounds):
            stop, run = trio.Event(), SeededRun(number << 20, 1 << 20)
            search = Search(Hash.zero(), AccountId.zero(), 0, PowParams(seeded), run)
            async with trio.open_nursery() as nursery:
                nursery.start_soon(device.search, search, stop)
                await trio.sleep(0.7 + number / 10)
                begun = perf_counter_ns()
                stop.set()
            times.append((perf_counter_ns() - begun) / 1e6)
    return sorted(times)


async def measure_product(side: int, rounds: int) -> dict[str, float]:
    """The median milliseconds of one product with its exact result, each way."""
    rng, threads = np.random.default_rng(1), os.cpu_count() or 1
    a, bt = (rng.integers(-63, 64, (side, side)).astype(np.int8) for _ in range(2))
    search = make_bare_search(MatrixWork(Lane.TASK, a, bt))
    times: dict[str, list[float]] = {}
    here = ThreadDevice(select_backend("auto", ThreadCores(threads)), ThreadWorker())
    async with open_process_device("auto", threads) as there:
        ways: dict[str, tuple[Device, int]] = {
            "in process": (here, 0),
            "shared memory": (there, 0),
            "pipes": (there, 2**62),
        }
        for _ in range(rounds + 1):
            for name, (device, least) in ways.items():
                with patch.object(process, "SHARED_BYTES_MIN", least):
                    begun = perf_counter_ns()
                    await device.search(search, trio.Event())
                    times.setdefault(name, []).append((perf_counter_ns() - begun) / 1e6)
    return {name: median(each[1:]) for name, each in times.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=8, help="of reading, each time")
    seconds = parser.parse_args().seconds
    print("one RPC read, ms         median     p99     max   reads   miner")
    medians = []
    for name, arguments in (("idle", ()), ("mining", ("--author", "//Alice"))):
        with running(arguments) as url:
            times, status = trio.run(measure, url, seconds)
        medians.append(median(times))
        p99 = times[len(times) * 99 // 100]
        speed = float(str(status["macsPerS"])) / 1e9
        row = f"{medians[-1]:8.2f} {p99:7.2f} {times[-1]:7.2f} {len(times):7}"
        print(f"  {name:20} {row}   {speed:.2f} GMAC/s")
    print(f"  mining / idle, median {medians[1] / medians[0]:.2f}")
    times = trio.run(measure_refresh, 9)
    print(
        f"called off at 4096^3, ms: median {median(times):.0f}, longest {times[-1]:.0f}; goal 200"
    )
    for side in (2048, 4096):
        took = trio.run(measure_product, side, 5)
        here = took["in process"]
        ways = "  ".join(f"{name} {ms:.0f} ms ({ms / here:.2f}x)" for name, ms in took.items())
        print(f"a paid product of {side}^3: {ways}")
    print("  goal for shared memory at 4096: 1.1x")


if __name__ == "__main__":
    main()

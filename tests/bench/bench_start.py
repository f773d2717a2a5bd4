"""How long a node takes to start, and what it has in memory.

Cold: a new folder, and no compiled kernels in numba's cache; warm: the same folder again. From the
start of the process to the first answer by JSON-RPC, which is when a wallet can work; the miner
gets ready meanwhile. Memory is the resident set of the node and of the processes it has started.
"""

import os
import socket
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter

import trio

from tests.helpers.rpc_load import Connection, run_node

WARM_STARTS = 3
IDLE_S = 6


def find_free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


async def ask_health(port: int) -> None:
    connection = await Connection.open(port)
    health = await connection.call("system_health")
    assert health is not None
    await connection.aclose()


def measure_start(folder: Path) -> tuple[float, float, float]:
    """Seconds to the first answer; MiB at that moment, and some blocks later."""
    begun = perf_counter()
    with run_node(folder, "--dev", port=find_free_port()) as node:
        trio.run(ask_health, node.port)
        took = perf_counter() - begun
        early = node.get_memory_mib()
        trio.run(trio.sleep, IDLE_S)
        return took, early, node.get_memory_mib()


def main() -> None:
    with TemporaryDirectory(prefix="soberana-bench-") as name:
        folder = Path(name)
        os.environ["NUMBA_CACHE_DIR"] = str(folder / "numba")
        cold = measure_start(folder / "base")
        warm = [measure_start(folder / "base") for _ in range(WARM_STARTS)]
    print("          first answer     MiB then     MiB after some blocks")
    print(f"  cold    {cold[0]:10.2f} s   {cold[1]:10.0f}   {cold[2]:23.0f}")
    medians = [median(each[place] for each in warm) for place in range(3)]
    print(f"  warm    {medians[0]:10.2f} s   {medians[1]:10.0f}   {medians[2]:23.0f}")


if __name__ == "__main__":
    main()

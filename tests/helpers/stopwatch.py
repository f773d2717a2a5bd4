"""How long something took: by the clock, and of the processor."""

from time import perf_counter_ns, process_time_ns
from types import TracebackType


class Stopwatch:
    """Runs between `with` and its end."""

    def __init__(self) -> None:
        self.wall_ns = 0
        self.processor_ns = 0

    def __enter__(self) -> None:
        self.wall_ns, self.processor_ns = -perf_counter_ns(), -process_time_ns()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
        /,
    ) -> None:
        self.wall_ns += perf_counter_ns()
        self.processor_ns += process_time_ns()

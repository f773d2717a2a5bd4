"""How the difficulty rule answers steps of load, halts, swings and games with timestamps.

`python -m tests.bench.bench_difficulty --plot FILE` draws the runs; that needs the plots extra.
"""

import argparse
from pathlib import Path

from consensus.difficulty import DifficultyParams
from tests.helpers.difficulty_sim import (
    HOUR_MS,
    STEADY,
    Player,
    Run,
    Speed,
    Stamp,
    compute_mean_interval_ms,
    make_params,
    simulate,
    stamp_ahead,
    stamp_behind,
    uncapped,
)

MAIN = make_params(half_life_ms=1_800_000, cap_ms=1_800_000)
WARM_UP = 2_000
LONG = 60_000
TURN_MS = 4 * HOUR_MS
BACK_MS = 10 * HOUR_MS
STEPS = (10.0, 2.0, 0.5, 0.1)
HALT = Speed(((0, 1), (TURN_MS, 0), (BACK_MS, 1)))
SWING = Speed(tuple((hour * HOUR_MS, 4.0 if hour % 2 else 1.0) for hour in range(240)))
GAMES: tuple[tuple[str, Stamp], ...] = (("ahead", stamp_ahead), ("behind", stamp_behind))


def make_step(factor: float) -> Speed:
    return Speed(((0, 1), (TURN_MS, factor)))


def print_steady() -> None:
    print("\nsteady load, 20,000 blocks: mean interval and deviation of log(difficulty)")
    for half_life_s in (864, 1_800, 3_600):
        params = make_params(half_life_s * 1_000, half_life_s * 1_000)
        run = simulate(params, 20_000)
        mean_s = compute_mean_interval_ms(run, WARM_UP) / 1_000
        unrest = 100 * run.compute_unrest(WARM_UP)
        print(f"  half-life {half_life_s:5} s   {mean_s:7.3f} s   {unrest:4.1f} %")


def print_steps() -> None:
    print("\na step of the load: until fifty blocks in a row are within 1.3 of the new level")
    for factor in STEPS:
        run = simulate(MAIN, 6_000, speed=make_step(factor))
        first = run.find_after(TURN_MS)
        settled = run.find_settled(first, factor)
        hours = (run.blocks[settled].time_ms - run.blocks[first].time_ms) / HOUR_MS
        print(f"  x {factor:<5g} {settled - first:5} blocks   {hours:5.2f} h")


def print_halt() -> None:
    print("\na halt of six hours: lowest difficulty, blocks faster than 3 s, blocks until settled")
    for name, params in (("capped", MAIN), ("uncapped", uncapped(MAIN))):
        run = simulate(params, 6_000, speed=HALT)
        first = run.find_after(BACK_MS)
        lowest = min(block.difficulty for block in run.blocks[first:])
        fast = sum(interval < 3_000 for interval in run.get_intervals(first))
        settled = run.find_settled(first + 5, 1) - first
        print(f"  {name:9} {lowest:9.2g}   {fast:5}   {settled:5}")


def print_swing() -> None:
    run = simulate(MAIN, 40_000, speed=SWING)
    intervals = sorted(run.get_intervals(WARM_UP))
    middle, slow = intervals[len(intervals) // 2], intervals[len(intervals) * 99 // 100]
    print("\nload that swings between 1 and 4 every hour: interval")
    print(f"  median {middle / 1_000:.1f} s   99 % below {slow / 1_000:.1f} s")


def print_games() -> None:
    print(f"\ngames, {LONG:,} blocks: mean interval, and the player's blocks for his work against")
    print("everybody else's (1 is honest; chance alone moves it by about 1 / sqrt(his blocks))")
    for share in (0.1, 0.3, 0.51):
        for name, stamp in GAMES:
            _print_game(f"{share:.0%} stamps {name}", Player(share, stamp))
    for share in (0.1, 0.3):
        _print_game(f"{share:.0%} mines below par", Player(share, bargain=1.0))


def _print_game(name: str, player: Player) -> None:
    run = simulate(MAIN, LONG, player=player)
    mean_s = compute_mean_interval_ms(run, WARM_UP) / 1_000
    chance = sum(block.is_player for block in run.blocks) ** -0.5
    print(f"  {name:22} {mean_s:7.3f} s   {run.compute_gain():.3f} (+-{chance:.3f})")


def get_pictures() -> list[tuple[str, list[tuple[str, Run]]]]:
    """What the plot shows: a title and its runs."""

    def both(speed: Speed) -> list[tuple[str, Run]]:
        kinds: tuple[tuple[str, DifficultyParams], ...] = (
            ("without a cap", uncapped(MAIN)),
            ("cASERT", MAIN),
        )
        return [(name, simulate(params, 5_000, speed=speed)) for name, params in kinds]

    return [
        ("ten times the load from hour 4", both(make_step(10))),
        ("a tenth of the load from hour 4", both(make_step(0.1))),
        ("no work from hour 4 to 10", both(HALT)),
        (
            "30 % stamp 15 s ahead, or as early as they may",
            [
                ("honest", simulate(MAIN, 5_000, speed=STEADY)),
                *(
                    (name, simulate(MAIN, 5_000, player=Player(0.3, stamp)))
                    for name, stamp in GAMES
                ),
            ],
        ),
    ]


def draw(path: Path) -> None:
    """Difficulty over time, a panel for each load."""
    try:
        import matplotlib as mpl
    except ModuleNotFoundError:
        raise SystemExit("--plot needs matplotlib: pip install 'soberana[plots]'") from None
    mpl.use("Agg")
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(2, 2, figsize=(11, 7), layout="constrained")
    for panel, (title, runs) in zip(axes.flat, get_pictures(), strict=True):
        for position, (name, run) in enumerate(runs):
            shown = [block for block in run.blocks if block.time_ms < 16 * HOUR_MS]
            hours = [block.time_ms / HOUR_MS for block in shown]
            panel.semilogy(
                hours, [block.difficulty for block in shown], label=name, lw=3 - position
            )
        panel.set_title(title, fontsize=11)
        panel.set_xlabel("hours")
        panel.set_ylabel("difficulty, 1 is planned")
        panel.set_ylim(*((0.5, 2) if len(runs) > 2 else panel.get_ylim()))
        panel.grid(alpha=0.3)
        panel.legend(fontsize=9)
    figure.savefig(path, dpi=90)
    plt.close(figure)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--plot", type=Path, metavar="FILE", help="draw to this .png")
    plot = parser.parse_args().plot
    print(
        "cASERT, blocks of 12 s, half-life and cap 1,800 s, loads as multiples of the planned one"
    )
    print_steady()
    print_steps()
    print_halt()
    print_swing()
    print_games()
    if plot is not None:
        draw(plot)
        print(f"\ndrawn: {plot}")


if __name__ == "__main__":
    main()

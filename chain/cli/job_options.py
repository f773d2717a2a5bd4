"""How jobs are asked for on the command line: prices, verifiers, replicas, repetitions."""

import re
from typing import Annotated, Final, TypeAlias

import typer

from chain.cli.failure import WrongUse
from chain.wallet.amount import parse_amount
from pallets.market import Bids, Dutch, Going, Posted, PriceRule, Recurrence
from runtime.frame.ai_types import VerifierId

PRICE_DEFAULT: Final = "1 SBR..5 SBR/20"
TIMEOUT_DEFAULT: Final = 3_600.0

JobArgument: TypeAlias = Annotated[
    int, typer.Argument(metavar="JOB", min=0, help="The job's number.")
]
ModelArgument: TypeAlias = Annotated[
    int, typer.Argument(metavar="MODEL", min=0, help="The model's number.")
]
RowsPerSlotOption: TypeAlias = Annotated[int, typer.Option("--rows-per-slot", min=1)]
TimeoutOption: TypeAlias = Annotated[
    float, typer.Option("--timeout", min=1, help="Give up after so many seconds.")
]

PriceOption: TypeAlias = Annotated[
    str,
    typer.Option(
        "--price",
        metavar="AMOUNT",
        help="For each slot: '2 SBR', rising over 20 blocks: '1 SBR..5 SBR/20', the going price "
        "of its model up to an amount: 'going..5 SBR', or what providers ask: 'bids..5 SBR'.",
    ),
]
ReplicasOption: TypeAlias = Annotated[
    int,
    typer.Option("--replicas", min=1, max=8, help="How many different providers run each batch."),
]
EveryOption: TypeAlias = Annotated[
    int | None,
    typer.Option("--every", metavar="BLOCKS", min=1, help="Post it again every so many blocks."),
]
RunsOption: TypeAlias = Annotated[
    int, typer.Option("--runs", min=2, max=1_000, help="With --every: how often in all.")
]
RUNS_DEFAULT: Final = 10

_GOING: Final = "going.."
_BIDS: Final = "bids.."
_RISING: Final = re.compile(r"(.+?)\.\.(.+?)/(\d{1,6})")


def parse_price(text: str) -> PriceRule:
    """`2 SBR`, rising over 20 blocks: `1 SBR..5 SBR/20`, `going..5 SBR` or `bids..5 SBR`."""
    text = text.strip()
    if text.startswith(_GOING):
        return Going(parse_amount(text.removeprefix(_GOING)))
    if text.startswith(_BIDS):
        return Bids(parse_amount(text.removeprefix(_BIDS)))
    found = _RISING.fullmatch(text)
    if found is None:
        return Posted(parse_amount(text))
    least, most, blocks = parse_amount(found[1]), parse_amount(found[2]), int(found[3])
    if not 0 < least <= most or blocks == 0:
        raise WrongUse(f"--price: expected a price that rises over some blocks, got {text!r}")
    return Dutch(least, most, blocks)


def parse_verifier(text: str) -> VerifierId:
    """How results are checked."""
    known = {each.name.lower(): each for each in (VerifierId.REPLAY, VerifierId.FREIVALDS)}
    if text not in known:
        raise WrongUse(f"--verifier: expected {' or '.join(known)}, got {text!r}")
    return known[text]


def make_recurrence(every_blocks: int | None, runs: int) -> Recurrence | None:
    """How often a job is posted; None for once."""
    return None if every_blocks is None else Recurrence(every_blocks, runs)

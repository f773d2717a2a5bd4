"""Kinds of jobs as commands are given them."""

from typing import Annotated, Final, TypeAlias

import typer

from chain.cli.failure import WrongUse
from runtime.frame.ai_types import JobKind

PROVIDED: Final = (
    JobKind.INFER,
    JobKind.TRAIN,
    JobKind.RENDER,
    JobKind.LABEL,
    JobKind.STORE,
    JobKind.COMPUTE_TO_DATA,
    JobKind.EVAL,
    JobKind.RENT,
    JobKind.PRODUCT,
    JobKind.COMMISSION,
)
"""The kinds of jobs that a person can offer."""

COMPUTED: Final = (
    JobKind.INFER,
    JobKind.TRAIN,
    JobKind.RENDER,
    JobKind.COMPUTE_TO_DATA,
    JobKind.EVAL,
    JobKind.PRODUCT,
    JobKind.COMMISSION,
)
"""Those whose slots a machine fills by itself, commissions by a program of its operator's."""

KindOption: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--kind",
        metavar="KIND",
        help="infer (if none), train, render, compute_to_data, eval, product, commission, label, "
        "rent, store.",
    ),
]


def parse_kinds(texts: list[str] | None, allowed: tuple[JobKind, ...] = PROVIDED) -> list[JobKind]:
    """Kinds of jobs as `--kind` gives them, in their order."""
    known = {kind.name.lower(): kind for kind in allowed}
    for text in texts or ():
        if text not in known:
            raise WrongUse(f"--kind: expected one of {', '.join(known)}, got {text!r}")
    return sorted({known[text] for text in texts or ("infer",)})

"""The demonstration's report: what happened, in tables, and whether every check holds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from rich.console import Console
from rich.table import Table
from rich.text import Text

from chain.cli.demo_facts import Facts
from chain.wallet.amount import format_amount
from pallets.runtime_parameters import TREASURY
from runtime.primitives import AccountId
from runtime.work_summary import Lane

LANES: Final = {
    Lane.TASK: "products of the job (Task lane)",
    Lane.SEEDED: "random products (Seeded lane)",
}
"""What sealed a block here; nobody mines with products of his own (Private lane)."""


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that has to hold."""

    what: str
    holds: bool


@dataclass(frozen=True, slots=True)
class Accuracy:
    """How many images the results on chain tell right."""

    right: int
    images: int

    @property
    def percent(self) -> str:
        """With one decimal, rounded down."""
        permille = self.right * 1_000 // self.images
        return f"{permille // 10}.{permille % 10} %"


@dataclass(frozen=True, slots=True)
class Report:
    """All that is printed at the end."""

    facts: Facts
    accuracy: Accuracy
    people: Mapping[AccountId, str]
    """Everybody who took part, and as what."""

    checks: Sequence[Check]
    seconds: int

    @property
    def is_good(self) -> bool:
        """Whether every check holds."""
        return all(check.holds for check in self.checks)


def print_report(console: Console, report: Report) -> None:
    """Prints it."""
    console.print()
    console.rule("[bold]what happened", align="left")
    console.print(_make_summary(report))
    console.print()
    console.print(_make_balances(report))
    console.print()
    for check in report.checks:
        mark, style = ("✓", "green") if check.holds else ("✗", "bold red")
        console.print(Text.assemble((f"{mark} ", style), check.what))
    verdict = "everything holds" if report.is_good else "SOMETHING IS WRONG"
    style = "bold green" if report.is_good else "bold red"
    console.print(Text(f"{verdict}; it took {report.seconds} s", style=style))


def _make_summary(report: Report) -> Table:
    facts, accuracy, work = report.facts, report.accuracy, report.facts.work
    lanes = ", ".join(f"{work.lanes.get(lane, 0)} by {what}" for lane, what in LANES.items())
    royalties = ", ".join(
        f"{format_amount(amount)} to {_short(report.people[who])}"
        for who, amount in facts.royalties.items()
    )
    rows = (
        ("accuracy", f"{accuracy.percent} ({accuracy.right} of {accuracy.images} held-out images)"),
        ("blocks", f"{sum(work.lanes.values())} sealed: {lanes}"),
        (
            "useful work",
            f"{work.useful_share} of {work.total_macs:_} multiplications were somebody's job",
        ),
        ("slots", f"{len(facts.prices)} paid with {format_amount(sum(facts.prices))}, of which"),
        (
            "  provider",
            f"{format_amount(facts.paid)}, and {format_amount(facts.bonus)} minted for mining",
        ),
        ("  royalties", royalties),
        ("  treasury", format_amount(facts.treasury)),
        ("  burned", format_amount(facts.burned)),
        ("fees burned", format_amount(facts.fees)),
    )
    table = Table.grid(padding=(0, 2))
    table.add_column(style="cyan", no_wrap=True)
    table.add_column()
    for name, value in rows:
        table.add_row(name, Text(value))
    return table


def _make_balances(report: Report) -> Table:
    facts = report.facts
    table = Table(box=None, padding=(0, 1), pad_edge=False)  # fits in 80 columns
    table.add_column("account", style="cyan", no_wrap=True)
    for title in ("before", "after", "change in SBR"):
        table.add_column(title, justify="right", no_wrap=True)
    for who, name in {**report.people, TREASURY: "treasury"}.items():
        before, after = facts.before.totals[who], facts.after.totals[who]
        table.add_row(
            Text(name), _show_tokens(before), _show_tokens(after), _show_change(after - before)
        )
    change = facts.after.issuance - facts.before.issuance
    table.add_row(
        Text("all tokens there are"),
        _show_tokens(facts.before.issuance),
        _show_tokens(facts.after.issuance),
        _show_change(change),
    )
    return table


def _show_tokens(amount: int) -> str:
    """Without the unit, which stands in the table's head."""
    return format_amount(amount).removesuffix(" SBR")


def _show_change(amount: int) -> Text:
    if amount == 0:
        return Text("0")
    text = f"{'+' if amount > 0 else ''}{_show_tokens(amount)}"
    return Text(text, style="green" if amount > 0 else "red")


def _short(name: str) -> str:
    """`//Bob` of `//Bob, owner of the model`."""
    return name.split(",", 1)[0]

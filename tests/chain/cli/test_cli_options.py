"""Groups of options: what a command says once is what typer offers and what the command gets."""

import inspect
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any

import typer
import typer.main
from typer.testing import CliRunner

from chain.cli.main import app
from chain.cli.options import JsonOption, Signing, expand_options

SIGNING = {"--from", "--final", "--password-file", "--dev-keys", "--node", "--base-path", "--json"}
OWN_WAY = {"provider run"}
"""It signs for as long as it runs, and waits for no transaction to become final."""


@dataclass(frozen=True, slots=True)
class Size:
    """A group of a test."""

    width: Annotated[int, typer.Option("--width")]
    height: Annotated[int, typer.Option("--height")] = 3
    depth: int = 7


def describe(name: str, *, size: Size, label: str = "", as_json: JsonOption = False) -> None:
    """Tell what came."""
    print(name, size, label, as_json)


def run(*args: str) -> str:
    tiny = typer.Typer()
    tiny.command()(expand_options(describe))
    return CliRunner().invoke(tiny, args).output.strip()


def test_a_group_is_the_options_of_its_fields() -> None:
    said = run("box", "--width", "2", "--height", "5", "--label", "x", "--json")
    assert said == f"box {Size(2, 5)} x True"
    assert run("box", "--width", "2") == f"box {Size(2)}  False"


def test_an_option_without_default_has_to_be_given() -> None:
    assert "Missing option '--width'" in run("box")


def test_a_field_that_is_no_option_cannot_be_given() -> None:
    assert "No such option: --depth" in run("box", "--width", "2", "--depth", "1")


def test_what_has_to_be_given_stands_in_front_of_what_is_shared() -> None:
    command = expand_options(describe)
    names = list(inspect.signature(command).parameters)
    assert names == ["name", "width", "label", "as_json", "height"]
    assert (command.__name__, command.__doc__) == ("describe", "Tell what came.")


def test_a_group_says_what_it_asks_the_node() -> None:
    signing = Signing("//Alice", node="ws://a", as_json=True, dev_keys=True)
    settings = signing.settings
    assert (settings.node, settings.as_json, settings.allow_dev_keys) == ("ws://a", True, True)
    assert settings.base_path is None


def test_whatever_signs_takes_the_same_options() -> None:
    found = dict(walk(typer.main.get_command(app), ()))
    signers = {name for name, options in found.items() if "--from" in options}
    assert len(signers) > 60
    assert {name for name in signers if not found[name] >= SIGNING} == OWN_WAY


def walk(command: Any, path: tuple[str, ...]) -> Iterator[tuple[str, set[str]]]:
    """Every command, and its options."""
    if not hasattr(command, "commands"):
        yield " ".join(path), {name for each in command.params for name in each.opts}
        return
    for name, below in command.commands.items():
        yield from walk(below, (*path, name))

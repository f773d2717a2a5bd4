"""The documentation's links and commands work, and the checks notice when they do not."""

from pathlib import Path
from typing import Annotated

import pytest
import typer

from tests.tidy.docs import (
    check_commands,
    check_docs,
    check_links,
    check_paths,
    check_records,
    check_tests,
    find_problems,
    get_command,
    iter_commands,
    soberana_problems,
)
from tests.tidy.tree import Source, read_sources


def test_links_and_commands_of_the_documentation() -> None:
    findings = check_docs(read_sources())
    assert not findings, "\n" + "\n".join(map(str, findings))


def test_the_readme_has_its_two_commands() -> None:
    readme = next(source for source in read_sources() if source.path == "README.md")
    commands = [command for _, command in iter_commands(readme.text)]
    assert {"make demo", "make test"} <= set(commands)


@pytest.mark.parametrize("link", ["gone.md", "./gone/", "page.md#gone", "#gone"])
def test_a_broken_link_is_found(link: str, tmp_path: Path) -> None:
    (tmp_path / "page.md").write_text("# Here\n")
    source = Source("index.md", f"# Top\n\nA [link]({link}).\n")
    (tmp_path / "index.md").write_text(source.text)
    assert [finding.line for finding in check_links(source, tmp_path)] == [3]


@pytest.mark.parametrize(
    "link", ["page.md", "page.md#over-here", "#the-top", "https://a.example/b"]
)
def test_a_good_link_is_kept(link: str, tmp_path: Path) -> None:
    (tmp_path / "page.md").write_text("# Over here\n")
    source = Source("index.md", f"# The `top`\n\nA [link]({link}).\n")
    (tmp_path / "index.md").write_text(source.text)
    assert not list(check_links(source, tmp_path))


def test_a_test_that_nobody_wrote_is_found() -> None:
    code = Source("tests/test_a.py", "def test_it_is() -> None:\n    pass\n")
    page = Source("docs/a.md", "`test_it_is`, and\n`test_it_is_not`\n")
    assert [finding.line for finding in check_tests(page, [code, page])] == [2]


def test_links_in_code_are_no_links() -> None:
    assert not list(check_links(Source("README.md", "```python\nx = a[0](gone.md)\n```\n")))


def test_commands_are_the_dollar_lines_of_console_blocks() -> None:
    text = "a\n```console\n$ make \\\n  demo\nmake output\n$ make test\n```\n```\n$ make no\n```\n"
    assert list(iter_commands(text)) == [(4, "make   demo"), (6, "make test")]


def test_an_unknown_command_is_found_in_a_page() -> None:
    source = Source("README.md", "# A\n\n```console\n$ make moon\n```\n")
    assert [finding.line for finding in check_commands(source)] == [4]


def test_a_path_that_does_not_exist_is_found(tmp_path: Path) -> None:
    (tmp_path / "chain").mkdir()
    source = Source("ARCHITECTURE.md", "# A\n\n`chain/`, `chain/moon.py`, `moon/`\n")
    assert [finding.message for finding in check_paths(source, tmp_path)] == [
        "`chain/moon.py` does not exist"
    ]


RECORD = "# 0001: A\n\nStatus: accepted\n"
INDEX = Source("docs/adr/README.md", "[a](0001-a.md) [b](0001-b.md) [c](c.md) [d](0002-d.md)\n")


@pytest.mark.parametrize(
    "paths,text",
    [
        (["0001-a.md", "0001-b.md"], RECORD),
        (["c.md"], RECORD),
        (["0003-e.md"], RECORD),
        (["0002-d.md"], "# 0002: D\n"),
    ],
)
def test_a_bad_record_is_found(paths: list[str], text: str) -> None:
    sources = [INDEX, *(Source(f"docs/adr/{path}", text) for path in paths)]
    assert len(list(check_records(sources))) == 1


def test_a_good_record_is_kept() -> None:
    assert not list(check_records([INDEX, Source("docs/adr/0002-d.md", RECORD)]))


@pytest.mark.parametrize(
    "command", ["make moon", "cd a && make moon", "A=1 make -j2 moon", "python3 -m chain.moon"]
)
def test_an_unknown_target_or_module_is_found(command: str) -> None:
    assert list(find_problems(command))


@pytest.mark.parametrize(
    "command", ["make test", "make sim ROUNDS=2", "git clone a b", "make -s help"]
)
def test_a_known_command_is_kept(command: str) -> None:
    assert not list(find_problems(command))


def _build_app() -> typer.Typer:
    app = typer.Typer()
    wallet = typer.Typer()
    app.add_typer(wallet, name="wallet")

    @app.callback()
    def root(node: str = "") -> None:
        """The command line of an example."""

    @wallet.command()
    def transfer(
        dest: str,
        amount: str,
        tip: Annotated[str, typer.Option("--tip", "-t")] = "0",
        dry: bool = False,
    ) -> None:
        """Send an amount."""

    return app


@pytest.mark.parametrize(
    "words",
    [
        "wallets transfer a 1",
        "wallet send a 1",
        "wallet transfer a 1 --moon",
        "wallet transfer a",
        "wallet transfer a 1 2",
        "--moon wallet transfer a 1",
    ],
)
def test_a_command_that_soberana_would_refuse_is_found(words: str) -> None:
    assert list(soberana_problems(words.split(), get_command(_build_app())))


@pytest.mark.parametrize(
    "words",
    [
        "wallet transfer a 1",
        "--node x wallet transfer a 1 --tip 3 --no-dry",
        "wallet transfer a 1 --tip=3 -t 4",
        "wallet",
        "--help",
    ],
)
def test_a_command_that_soberana_takes_is_kept(words: str) -> None:
    assert not list(soberana_problems(words.split(), get_command(_build_app())))

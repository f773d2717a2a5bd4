"""`soberana node`: settings, keys, a real node started and stopped, and what it refuses."""

import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from chain.cli.run import find_keys, make_config, make_question
from chain.config import Config, load_config
from chain.errors import ConfigError
from chain.keystore import get_pair_of_uri
from runtime.crypto.scheme import Scheme
from tests.helpers.cli_stage import run_cli

ROOT = Path(__file__).parents[3]
STOP_S = 60


def start(*arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "chain.cli.main", "node", "run", *arguments]
    return subprocess.Popen(
        command,
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )


def test_dev_makes_blocks_for_alice() -> None:
    config = make_config(None, {}, is_dev=True)
    assert config.chain == "dev"
    assert config.authoring.enabled
    assert not config.provider.enabled
    keys = find_keys(config, None)
    assert keys.author is not None
    assert keys.author.account == get_pair_of_uri("//Alice", Scheme.ED25519).account
    assert keys.provider is None


def test_naming_a_key_switches_on_its_work() -> None:
    flags = {"provider.account": "sr25519//Charlie", "rpc.port": 5, "database.archive": True}
    config = make_config(None, flags, is_dev=True)
    assert config.provider.enabled
    assert (config.rpc.port, config.database.archive) == (5, True)
    keys = find_keys(config, None)
    assert keys.provider is not None
    assert keys.provider.scheme is Scheme.SR25519
    assert make_config(None, {}, is_dev=False) == Config()


def test_authoring_needs_a_key(tmp_path: Path) -> None:
    file = tmp_path / "node.toml"
    file.write_text("[authoring]\nenabled = true\n")
    with pytest.raises(ConfigError, match="expected the name of a key, got nothing"):
        find_keys(make_config(file, {}, is_dev=False), None)


def test_the_node_says_how_to_ask_it() -> None:
    assert make_question("ws://127.0.0.1:9944") == "soberana chain head"
    assert make_question("ws://[::1]:7") == "soberana chain head --node ws://[::1]:7"


def test_the_settings_are_printed_as_a_file(tmp_path: Path) -> None:
    said = run_cli("node", "config", "--dev", "--base-path", str(tmp_path))
    assert said.code == 0
    file = tmp_path / "node.toml"
    file.write_text(said.out)
    expected = make_config(None, {"base_path": tmp_path}, is_dev=True)
    assert load_config(file, {}, {}) == expected


@pytest.mark.parametrize(
    "arguments,code,expected",
    [
        (("--chain", "none"), 2, "expected dev, local or a readable file, got 'none'"),
        (("--dev", "--chain", "local"), 2, "--dev or --chain"),
        (("--config", "none.toml"), 2, "expected a readable file"),
        (("--dev", "--author", "nobody"), 1, "expected the name of a key in"),
        (("--dev", "--backend", "abacus"), 2, "expected one of auto, numpy, numba, cuda"),
        (("--dev", "--log-level", "loud"), 2, "expected one of debug, info"),
        (("--dev", "--rpc-port", "70000"), 2, "rpc.port: expected int <= 65535, got 70000"),
    ],
)
def test_what_is_refused(
    tmp_path: Path, arguments: tuple[str, ...], code: int, expected: str
) -> None:
    said = run_cli("node", "run", "--base-path", str(tmp_path), *arguments)
    assert said.code == code
    assert expected in said.err
    assert "Traceback" not in said.err


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_node_runs_until_a_signal(tmp_path: Path, number: signal.Signals) -> None:
    arguments = ("--dev", "--json", "--rpc-port", "0", "--base-path", str(tmp_path))
    with start(*arguments) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        first = json.loads(process.stdout.readline())
        assert first["rpc"].startswith("ws://127.0.0.1:")
        said = run_cli("chain", "head", "--node", first["rpc"], "--json")
        assert said.json["genesis"] == first["genesis"]

        second = subprocess.run(
            [sys.executable, "-m", "chain.cli.main", "node", "run", *arguments],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=STOP_S,
            check=False,
        )
        assert second.returncode == 1
        assert "expected to be alone on" in second.stderr
        assert "Traceback" not in second.stderr

        process.send_signal(number)
        last = json.loads(process.stdout.readline())
        assert process.wait(STOP_S) == 0
        assert last["stopped"] is True
        assert last["number"] >= first["number"]
        assert "Traceback" not in process.stderr.read()


def test_a_port_that_is_taken(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        arguments = ("--dev", "--rpc-port", port, "--base-path", str(tmp_path))
        with start(*arguments) as process:
            _, err = process.communicate(timeout=STOP_S)
    assert process.returncode == 2
    assert port in err
    assert "Traceback" not in err


def test_a_banner_for_people(tmp_path: Path) -> None:
    arguments = ("--dev", "--rpc-port", "0", "--base-path", str(tmp_path))
    with start(*arguments, "--provider", "//Charlie") as process:
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(8)]
        process.terminate()
        assert process.wait(STOP_S) == 0
        lines.append(process.stdout.read())
    text = "".join(lines)
    assert "soberana" in lines[0]
    assert "provider" in text
    assert "Ctrl-C stops it" in text
    assert "stopped at block #" in text

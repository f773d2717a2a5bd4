"""Configuration: precedence, types, unknown names, and the printed tree."""

from dataclasses import replace
from pathlib import Path

import pytest

from chain.config import Config, dump_config, iter_leaves, load_config, variable_of
from chain.errors import ConfigError


def write(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "soberana.toml"
    path.write_text(text)
    return path


def test_nothing_given_is_the_defaults() -> None:
    assert load_config(None, {"PATH": "/bin"}, {}) == Config()


def test_file_then_environment_then_flag(tmp_path: Path) -> None:
    file = write(tmp_path, "[rpc]\nport = 1\naddress = '::1'\n[pool]\nready_count_max = 7\n")
    from_file = load_config(file, {}, {})
    assert (from_file.rpc.port, from_file.rpc.address, from_file.pool.ready_count_max) == (
        1,
        "::1",
        7,
    )
    environment = {"SOBERANA_RPC_PORT": "2", "SOBERANA_RPC_ADDRESS": "0.0.0.0"}
    with_environment = load_config(file, environment, {})
    assert (with_environment.rpc.port, with_environment.rpc.address) == (2, "0.0.0.0")
    with_flag = load_config(file, environment, {"rpc.port": 3, "rpc.address": None})
    assert (with_flag.rpc.port, with_flag.rpc.address) == (3, "0.0.0.0")


def test_every_type_is_read_from_text() -> None:
    config = load_config(
        None,
        {
            "SOBERANA_DATABASE_ARCHIVE": "true",
            "SOBERANA_BASE_PATH": "data/node",
            "SOBERANA_RPC_ORIGINS": "https://a.example, https://b.example",
            "SOBERANA_RPC_LIMITS_IDLE_TIMEOUT_S": "1.5",
            "SOBERANA_RPC_METHODS": "safe",
        },
        {},
    )
    assert config.database.archive
    assert config.base_path == Path("data/node")
    assert config.rpc.origins == ("https://a.example", "https://b.example")
    assert config.rpc.limits.idle_timeout_s == 1.5
    assert config.rpc.methods == "safe"


@pytest.mark.parametrize(
    "text,expected",
    [
        ("[rpc]\nprot = 1\n", "rpc.prot; did you mean rpc.port?"),
        ("speed = 1\n", "expected a known setting, got speed"),
        ("rpc = 1\n", "rpc: expected a table, got 1"),
        ("[base_path]\nx = 1\n", "base_path: expected a path"),
        ("[rpc]\nport = 'x'\n", "rpc.port: expected int, got 'x'"),
        ("[rpc]\nport = 65536\n", "rpc.port: expected int <= 65535, got 65536"),
        ("[rpc]\nport = true\n", "rpc.port: expected int, got True"),
        ("[rpc.limits]\nbatch_calls_max = 0\n", "expected int >= 1, got 0"),
        ("[rpc]\nmethods = 'all'\n", "expected one of auto, safe, unsafe, got 'all'"),
        ("[rpc]\norigins = 'x'\n", "rpc.origins: expected array, got 'x'"),
        ("[rpc\n", "expected TOML"),
        ("x = '\udcff'", "expected TOML"),
    ],
)
def test_a_bad_file_names_what_is_wrong(tmp_path: Path, text: str, expected: str) -> None:
    path = tmp_path / "soberana.toml"
    path.write_bytes(text.encode(errors="surrogateescape"))
    with pytest.raises(ConfigError) as caught:
        load_config(path, {}, {})
    assert expected in str(caught.value)
    assert str(path) in str(caught.value) or "table" in expected


def test_a_missing_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="No such file"):
        load_config(tmp_path / "none.toml", {}, {})


@pytest.mark.parametrize(
    "environment,expected",
    [
        ({"SOBERANA_PORT": "1"}, "expected a known setting, got SOBERANA_PORT"),
        ({"SOBERANA_RPC_PROT": "1"}, "did you mean SOBERANA_RPC_PORT?"),
        ({"SOBERANA_RPC_PORT": ""}, "SOBERANA_RPC_PORT: expected int, got ''"),
        ({"SOBERANA_RPC_LIMITS_CALL_TIMEOUT_S": "nan"}, "SOBERANA_RPC_LIMITS_CALL_TIMEOUT_S: "),
        ({"SOBERANA_RPC_LIMITS_CALL_TIMEOUT_S": "inf"}, "expected float <= 86400.0, got 'inf'"),
        ({"SOBERANA_BASE_PATH": ""}, "expected a path"),
    ],
)
def test_a_bad_variable_is_named(environment: dict[str, str], expected: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load_config(None, environment, {})
    assert expected in str(caught.value)


def test_a_bad_flag_is_named() -> None:
    with pytest.raises(ConfigError, match=r"flag rpc\.prot"):
        load_config(None, {}, {"rpc.prot": None})
    with pytest.raises(ConfigError, match=r"flag rpc\.port: expected int, got '1'"):
        load_config(None, {}, {"rpc.port": "1"})


def test_every_setting_has_a_variable_of_its_own() -> None:
    names = [name for name, _ in iter_leaves(Config)]
    assert len({variable_of(name) for name in names}) == len(names) > 30


def test_the_printed_tree_reads_back(tmp_path: Path) -> None:
    config = replace(Config(), base_path=Path('a "quoted"\\path'), chain="é\n")
    assert load_config(write(tmp_path, dump_config(config)), {}, {}) == config
    assert "[rpc.limits]\nconnections_max = 100\n" in dump_config(Config())

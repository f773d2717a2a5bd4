"""Log lines: fields, hex, and no text that forges a line."""

import io
import json
import logging
import sys

import pytest

from chain.log import JsonFormatter, TextFormatter, configure_logging


def make_record(message: str, **fields: object) -> logging.LogRecord:
    record = logging.LogRecord("chain.client", logging.INFO, __file__, 1, message, None, None)
    record.created = 1_700_000_000.25
    vars(record).update(fields)
    return record


def format_text(message: str, **fields: object) -> str:
    return TextFormatter().format(make_record(message, **fields))


def test_a_line_has_time_level_logger_message_and_fields() -> None:
    line = format_text("imported", number=5, hash=b"\x01\xff", why="two words", empty="")
    assert line == (
        "2023-11-14 22:13:20.250 INFO  chain.client: imported "
        'number=5 hash=0x01ff why="two words" empty=""'
    )


def test_control_characters_cannot_forge_a_line() -> None:
    line = format_text("a\nb", peer='x"\r\n2023 INFO chain: paid y\u2028\x1b[31m')
    assert "\n" not in line
    assert "\r" not in line
    assert "\x1b" not in line
    assert line.endswith(r'a\nb peer="x\"\\r\\n2023 INFO chain: paid y\\u2028\\x1b[31m"')


def test_long_values_are_cut() -> None:
    line = format_text("got", data=bytes(1_000))
    assert line.endswith('0…(2002 characters)"')
    assert len(line) < 350


def raise_with(text: str) -> logging.LogRecord:
    record = make_record("failed", number=1)
    try:
        raise ValueError(text)
    except ValueError:
        record.exc_info = sys.exc_info()
    return record


def test_a_traceback_is_indented() -> None:
    first, *rest = TextFormatter().format(raise_with("x\n2023 INFO chain: forged")).split("\n")
    assert first.endswith("failed number=1")
    assert rest[-1] == "    2023 INFO chain: forged"
    assert all(line.startswith("    ") for line in rest)


def test_json_lines() -> None:
    line = JsonFormatter().format(make_record("a\nb", number=5, ok=True, key=b"\x01", level="x"))
    assert json.loads(line) == {
        "time": "2023-11-14T22:13:20.250+00:00",
        "level": "INFO",
        "logger": "chain.client",
        "message": "a\nb",
        "number": 5,
        "ok": True,
        "key": "0x01",
    }
    assert "\n" not in line
    assert "ValueError: x" in json.loads(JsonFormatter().format(raise_with("x")))["exception"]


@pytest.mark.parametrize("style", ["text", "json"])
def test_configuring_sends_lines_to_the_stream(style: str) -> None:
    root = logging.getLogger()
    before = root.handlers[:], root.level
    stream = io.StringIO()
    try:
        root.handlers.clear()
        configure_logging("info", "json" if style == "json" else "text", stream)
        logging.getLogger("chain.test").info("shown", extra={"number": 3})
        logging.getLogger("chain.test").debug("hidden")
    finally:
        root.handlers[:], level = before
        root.setLevel(level)
    assert stream.getvalue().count("\n") == 1
    assert ("number=3" if style == "text" else '"number":3') in stream.getvalue()

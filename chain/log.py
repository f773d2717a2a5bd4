"""Log lines for operators, as text or JSON, on stdlib logging.

A logger is named after its module; facts go through `extra`: `log.info("imported", extra={"number":
5})`. Bytes are shown in hex; control characters, which could forge a line, are escaped. INFO tells
the operator's story, DEBUG the developer's; keys and payloads are never logged.
"""

import logging
import re
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final, Literal, TextIO

import msgspec

VALUE_CHARACTERS_MAX: Final = 256
"""Longer values are cut: a peer must not fill the disk."""

_STANDARD: Final = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_PLAIN: Final = re.compile(r"[^\s\"'=]+")


def _escape(text: str) -> str:
    return _CONTROL.sub(lambda found: found.group().encode("unicode_escape").decode(), text)


def _show(value: object) -> str:
    text = "0x" + value.hex() if isinstance(value, bytes) else _escape(str(value))
    if len(text) > VALUE_CHARACTERS_MAX:
        return f"{text[:VALUE_CHARACTERS_MAX]}…({len(text)} characters)"
    return text


def get_fields(record: logging.LogRecord) -> Mapping[str, object]:
    """What the caller passed as `extra`."""
    return {name: value for name, value in vars(record).items() if name not in _STANDARD}


class TextFormatter(logging.Formatter):
    """`2026-01-31 12:00:00.123 INFO  chain.client: imported number=5 hash=0x…`, in UTC."""

    def format(self, record: logging.LogRecord) -> str:
        """One line; a traceback follows indented, so that no text in it passes for a line."""
        time = datetime.fromtimestamp(record.created, UTC).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]
        parts = [f"{time} {record.levelname:<5} {record.name}: {_escape(record.getMessage())}"]
        for name, value in get_fields(record).items():
            shown = _show(value)
            parts.append(f"{name}={shown if _PLAIN.fullmatch(shown) else _quote(shown)}")
        line = " ".join(parts)
        if record.exc_info:
            trace = self.formatException(record.exc_info).replace("\r", "\\r")
            line += "".join(f"\n    {each}" for each in trace.split("\n"))
        return line


def _quote(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


class JsonFormatter(logging.Formatter):
    """One JSON object a line: time, level, logger, message, then the caller's fields."""

    def format(self, record: logging.LogRecord) -> str:
        """One line."""
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        for name, value in get_fields(record).items():
            plain = value is None or isinstance(value, bool | int | float)
            line.setdefault(name, value if plain else _show(value))
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return msgspec.json.encode(line).decode()


def configure_logging(
    level: str, style: Literal["text", "json"] = "text", stream: TextIO | None = None
) -> None:
    """Sends every logger's lines of `level` and above to `stream` (standard error)."""
    output = logging.StreamHandler(sys.stderr if stream is None else stream)
    output.setFormatter(JsonFormatter() if style == "json" else TextFormatter())
    logging.basicConfig(level=level.upper(), handlers=[output], force=True)

"""The boundary of every command: expected errors become one line and an exit code."""

import sys
from collections.abc import Awaitable, Callable
from typing import Final, NoReturn, TypeVar

import trio
import typer

from chain.cli.output import print_error
from chain.errors import ConfigError, NodeError
from chain.keystore.errors import BadPhrase, BadUri
from chain.wallet.address_book import BadName
from chain.wallet.errors import BadAddress, BadAmount, BadNodeUrl, WalletError

T = TypeVar("T")
FAILURE: Final = 1
USAGE: Final = 2
INTERRUPTED: Final = 130

_WRONG_USE: Final = (
    BadAddress,
    BadAmount,
    BadName,
    BadNodeUrl,
    BadPhrase,
    BadUri,
    ConfigError,
)


class WrongUse(WalletError):
    """The command was given what it cannot work with."""


def run_command(command: Callable[[], Awaitable[T]], *, as_json: bool = False) -> T:
    """Runs a command under trio; see `guard`."""
    return guard(lambda: trio.run(command), as_json=as_json)


def guard(command: Callable[[], T], *, as_json: bool = False) -> T:
    """What the command returns; its expected errors end the program with a line and a code."""
    try:
        return command()
    except NodeError as error:
        is_usage = isinstance(error, (*_WRONG_USE, WrongUse))
        fail(str(error), USAGE if is_usage else FAILURE, as_json=as_json)
    except KeyboardInterrupt:
        fail("interrupted", INTERRUPTED, as_json=as_json)
    except BrokenPipeError:
        sys.stderr.close()
        raise typer.Exit(FAILURE) from None


def fail(message: str, code: int, *, as_json: bool = False) -> NoReturn:
    """Ends the program with a line on standard error."""
    print_error(message, as_json=as_json)
    raise typer.Exit(code) from None

"""Options that commands share, and the one frozen value they make."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final

import typer

from chain.config import Config
from chain.wallet.submit import Until

NODE_DEFAULT: Final = "ws://127.0.0.1:9944"

NodeOption = Annotated[
    str, typer.Option("--node", metavar="URL", help="The node to speak to.", show_default=True)
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]
BasePathOption = Annotated[
    Path | None,
    typer.Option(
        "--base-path",
        metavar="FOLDER",
        help=f"Where keys and names are kept. [default: {Config().base_path}]",
    ),
]
FromOption = Annotated[
    str,
    typer.Option(
        "--from", metavar="KEY", help="Who signs: a key's name, or //Alice on a development chain."
    ),
]
PasswordFileOption = Annotated[
    Path | None,
    typer.Option("--password-file", metavar="FILE", help="Read the key's password from here."),
]
DevKeysOption = Annotated[
    bool,
    typer.Option("--dev-keys", help="Allow keys such as //Alice, which everybody has, anywhere."),
]
FinalOption = Annotated[bool, typer.Option("--final", help="Wait until it cannot be undone.")]
TipOption = Annotated[
    str, typer.Option("--tip", metavar="AMOUNT", help="What to add to the fee for priority.")
]


@dataclass(frozen=True, slots=True)
class Settings:
    """What a command was told besides its own arguments."""

    node: str
    as_json: bool
    base_path: Path | None
    allow_dev_keys: bool = False


@dataclass(frozen=True, slots=True)
class Signing:
    """How a transaction is to be signed and sent."""

    key: str
    password_file: Path | None
    tip: str = "0 planck"
    final: bool = False

    @property
    def until(self) -> Until:
        """How long to watch it."""
        return Until.FINAL if self.final else Until.IN_BLOCK

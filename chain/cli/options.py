"""Options that commands share, one by one and as the groups in which most commands take them."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass, is_dataclass
from functools import wraps
from inspect import Parameter, Signature
from pathlib import Path
from typing import Annotated, Final, get_origin, get_type_hints

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
    """What a command is told that asks a node."""

    node: NodeOption = NODE_DEFAULT
    base_path: BasePathOption = None
    as_json: JsonOption = False
    allow_dev_keys: bool = False


@dataclass(frozen=True, slots=True)
class Signing:
    """What a command is told that signs transactions and sends them to a node."""

    key: FromOption
    final: FinalOption = False
    password_file: PasswordFileOption = None
    dev_keys: DevKeysOption = False
    node: NodeOption = NODE_DEFAULT
    base_path: BasePathOption = None
    as_json: JsonOption = False
    tip: str = "0 planck"

    @property
    def settings(self) -> Settings:
        """The same of what it asks the node."""
        return Settings(self.node, self.base_path, self.as_json, self.dev_keys)

    @property
    def until(self) -> Until:
        """How long to watch it."""
        return Until.FINAL if self.final else Until.IN_BLOCK


def expand_options(command: Callable[..., None]) -> Callable[..., None]:
    """The command for typer: a parameter that is a group becomes the options of its fields.

    Those that have to be given stand where the group stands, the others behind all that is the
    command's own. A field whose type names no option keeps its default.
    """
    hints = get_type_hints(command, include_extras=True)
    groups: dict[str, Callable[..., object]] = {}
    own, shared = list[Parameter](), list[Parameter]()
    for each in inspect.signature(command).parameters.values():
        kind = hints[each.name]
        if not (isinstance(kind, type) and is_dataclass(kind)):
            own.append(each)
            continue
        groups[each.name] = kind
        for option in _get_options(kind):
            (own if option.default is Parameter.empty else shared).append(option)

    @wraps(command)
    def run(**given: object) -> None:
        for name, group in groups.items():
            options = {each.name: given.pop(each.name) for each in _get_options(group)}
            given[name] = group(**options)
        command(**given)

    parameters = [*own, *shared]
    run.__annotations__ = {each.name: hints.get(each.name, each.annotation) for each in parameters}
    vars(run)["__signature__"] = Signature(parameters)
    return run


def _get_options(group: Callable[..., object]) -> list[Parameter]:
    hints = get_type_hints(group, include_extras=True)
    return [
        each.replace(kind=Parameter.KEYWORD_ONLY, annotation=hints[each.name])
        for each in inspect.signature(group).parameters.values()
        if get_origin(hints[each.name]) is Annotated
    ]

"""`soberana render`: have a scene drawn, tile by tile, and put the picture together."""

from pathlib import Path
from typing import Annotated

import typer

from chain.cli.failure import run_command
from chain.cli.job_options import PRICE_DEFAULT, PriceOption
from chain.cli.options import (
    NODE_DEFAULT,
    BasePathOption,
    DevKeysOption,
    FromOption,
    JsonOption,
    NodeOption,
    PasswordFileOption,
    Settings,
    Signing,
)
from chain.cli.output import print_fields, print_json
from chain.cli.program_job import (
    TIMEOUT_DEFAULT,
    Order,
    TimeoutOption,
    read_file,
    run_program,
    write_file,
)
from chain.cli.session import open_session
from chain.png import dump_png
from chain.programs.picture import stitch
from chain.programs.scene_file import SAMPLE, load_scene
from pallets.market import Render
from runtime.frame.ai_types import VerifierId
from runtime.programs import Raytrace
from runtime.tensor.blob import blob_root

app = typer.Typer()


@app.command()
def render(
    picture: Annotated[Path, typer.Argument(help="Where to write the picture (.png).")],
    *,
    key: FromOption,
    scene: Annotated[
        Path | None, typer.Option("--scene", help="The scene (.json); four balls if none.")
    ] = None,
    width: Annotated[int, typer.Option("--width", min=1, max=4_096)] = 256,
    height: Annotated[int, typer.Option("--height", min=1, max=4_096)] = 256,
    tile: Annotated[
        int, typer.Option("--tile", min=1, max=128, help="The side of a slot's square.")
    ] = 64,
    spot: Annotated[
        bool,
        typer.Option("--spot", help="Have some pixels checked, not all: it takes 60 blocks."),
    ] = False,
    price: PriceOption = PRICE_DEFAULT,
    timeout: TimeoutOption = TIMEOUT_DEFAULT,
    password_file: PasswordFileOption = None,
    dev_keys: DevKeysOption = False,
    node: NodeOption = NODE_DEFAULT,
    base_path: BasePathOption = None,
    as_json: JsonOption = False,
) -> None:
    """Have a scene drawn by paid providers: each tile is judged by every node."""
    settings = Settings(node, as_json, base_path, dev_keys)
    signing = Signing(key, password_file)

    async def run() -> None:
        text = SAMPLE if scene is None else read_file(scene).decode("utf-8", "replace")
        content = load_scene(text)
        program = Raytrace(blob_root(content), width, height, tile)
        async with open_session(settings) as session:
            verifier = VerifierId.SPOT_CHECK if spot else VerifierId.REPLAY
            order = Order(Render(program), (content,), price, timeout, verifier)
            number, outputs = await run_program(session, order, signing)
        write_file(picture, dump_png(stitch(program, outputs)))
        if as_json:
            print_json({"job": number, "tiles": len(outputs), "picture": str(picture)})
            return
        print_fields(
            f"job {number}: the picture is drawn",
            {"size": f"{width} x {height}", "tiles": len(outputs), "picture": str(picture)},
        )

    run_command(run, as_json=as_json)

"""`soberana render`: have a scene drawn, tile by tile, and put the picture together."""

from pathlib import Path
from typing import Annotated

import typer

from chain.cli.failure import run_command
from chain.cli.job_options import PRICE_DEFAULT, TIMEOUT_DEFAULT, PriceOption, TimeoutOption
from chain.cli.options import Signing, expand_options
from chain.cli.output import print_fields, print_json
from chain.cli.program_job import (
    Order,
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
@expand_options
def render(
    picture: Annotated[Path, typer.Argument(help="Where to write the picture (.png).")],
    *,
    signing: Signing,
    scene: Annotated[
        Path | None, typer.Option("--scene", help="The scene (.json); four balls if none.")
    ] = None,
    width: Annotated[int, typer.Option("--width", min=1, max=4_096)] = 256,
    height: Annotated[int, typer.Option("--height", min=1, max=4_096)] = 256,
    tile: Annotated[
        int, typer.Option("--tile", min=1, max=128, help="The side of a slot's square.")
    ] = 64,
    spot: Annotated[
        bool, typer.Option("--spot", help="Have some pixels checked, not all: it takes 60 blocks.")
    ] = False,
    price: PriceOption = PRICE_DEFAULT,
    timeout: TimeoutOption = TIMEOUT_DEFAULT,
) -> None:
    """Have a scene drawn by paid providers: each tile is judged by every node."""

    async def run() -> None:
        text = SAMPLE if scene is None else read_file(scene).decode("utf-8", "replace")
        content = load_scene(text)
        program = Raytrace(blob_root(content), width, height, tile)
        async with open_session(signing.settings) as session:
            verifier = VerifierId.SPOT_CHECK if spot else VerifierId.REPLAY
            order = Order(Render(program), (content,), price, timeout, verifier)
            number, outputs = await run_program(session, order, signing)
        write_file(picture, dump_png(stitch(program, outputs)))
        if signing.as_json:
            print_json({"job": number, "tiles": len(outputs), "picture": str(picture)})
            return
        print_fields(
            f"job {number}: the picture is drawn",
            {"size": f"{width} x {height}", "tiles": len(outputs), "picture": str(picture)},
        )

    run_command(run, as_json=signing.as_json)

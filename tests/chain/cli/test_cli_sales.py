"""`soberana data`: encrypted data is offered, ordered, delivered, opened, disputed and settled."""

import threading
from collections.abc import Generator
from pathlib import Path

import pytest
import trio

from chain.cli.options import Signing
from chain.cli.selling import keep_serving
from chain.cli.session import open_session
from chain.wallet.sale_keys import SaleKeys
from chain.wallet.sales import read_order
from chain.wallet.sealed_file import MAGIC
from chain.wallet.transaction import make_call
from runtime.crypto.sealed_box import seal
from tests.helpers.cli_stage import CliStage, open_stage, run_cli
from tests.helpers.rpc_server import Hangup, Refusal

DATA = bytes(range(256)) * 20
SELLER, BUYER = ("--from", "//Dave"), ("--from", "//Alice")
UNIT = 10**12


@pytest.fixture
def stage(tmp_path: Path) -> Generator[CliStage]:
    with open_stage(tmp_path / "base") as opened:
        (tmp_path / "data").write_bytes(DATA)
        yield opened


@pytest.fixture
def package(tmp_path: Path) -> str:
    return str(tmp_path / "data.sealed")


def offer(stage: CliStage, tmp_path: Path) -> int:
    """Dave's data, for sale."""
    terms = ("--price", "10 SBR", "--bond", "100 SBR", "--deliver", "20", "--dispute", "10")
    said = stage.run("data", "offer-sealed", str(tmp_path / "data"), *terms, *SELLER, "--json")
    assert said.code == 0, said.err
    assert said.json["price"] == str(10 * UNIT)
    number = said.json["id"]
    assert isinstance(number, int)
    return number


def test_a_dataset_that_is_there_is_sold_in_its_next_version(
    stage: CliStage, tmp_path: Path, package: str
) -> None:
    """So what is sold pays the shares of its record."""
    publish = ("data", "publish", str(tmp_path / "data"), "--items", "3", *SELLER, "--json")
    assert stage.run(*publish).json["id"] == 0
    terms = ("--price", "10 SBR", "--bond", "100 SBR", "--record", "0")
    said = stage.run("data", "offer-sealed", str(tmp_path / "data"), *terms, *SELLER, "--json")
    assert (said.code, said.json["id"]) == (0, 0)
    order(stage, package)
    wrong = stage.run("data", "offer-sealed", str(tmp_path / "data"), *terms, *BUYER)
    assert "Registry.NotOwner" in wrong.err


def pass_blocks(stage: CliStage, count: int) -> None:
    for _ in range(count):
        stage.node.make_block()


def order(stage: CliStage, package: str) -> None:
    said = stage.run("data", "order", "0", package, *BUYER, "--json")
    assert said.code == 0, said.err
    assert said.json["price"] == str(10 * UNIT)


def test_a_sale_from_the_offer_to_its_end(stage: CliStage, tmp_path: Path, package: str) -> None:
    assert offer(stage, tmp_path) == 0
    assert DATA[:32] not in Path(package).read_bytes()
    order(stage, package)
    out = str(tmp_path / "out")
    said = stage.run("data", "open", "0", package, "--out", out)
    assert "nothing is delivered yet" in said.err
    said = stage.run("data", "serve-sales", "--once", *SELLER, "--json")
    assert said.json == {"order": 0, "what": "delivered", "fee": "0"}
    assert stage.run("data", "serve-sales", "--once", *SELLER).out == ""
    said = stage.run("data", "open", "0", package, "--out", out)
    assert (said.code, said.err) == (0, "")
    assert "5,120 bytes" in said.out
    assert Path(out).read_bytes() == DATA
    assert "delivered" in stage.run("data", "sale", "0").out
    pass_blocks(stage, 11)
    assert stage.run("data", "sale", "0", "--json").json["due"] is True
    assert "order 0: settled" in stage.run("data", "serve-sales", "--once", *SELLER).out
    standing = stage.run("data", "sale", "0", "--json").json
    assert (standing["state"], standing["escrow"], standing["bond"]) == ("settled", "0", "0")
    Path(out).unlink()
    assert stage.run("data", "open", "0", package, "--out", out).code == 0
    assert "order 0 is closed" in stage.run("data", "settle", "0", *BUYER).out
    assert "expected the number of an order" in stage.run("data", "sale", "0").err
    assert "not for sale any more" in stage.run("data", "withdraw", "0", *SELLER).out
    assert (
        "a dataset that is for sale, got 0" in stage.run("data", "order", "0", package, *BUYER).err
    )


def test_people_are_told(stage: CliStage, tmp_path: Path, package: str) -> None:
    terms = ("--price", "10 SBR", "--bond", "100 SBR")
    said = stage.run("data", "offer-sealed", str(tmp_path / "data"), *terms, *SELLER)
    assert "dataset 0 is for sale" in said.out
    # the line is cut where the folder's name is long
    assert "give it to whoever wants to buy" in " ".join(said.out.split())
    said = stage.run("data", "order", "0", package, *BUYER)
    assert "order 0 is placed" in said.out
    assert "collateral" in said.out
    assert "order 0 is delivered, for a fee of 0" in stage.run("data", "deliver", "0", *SELLER).out
    assert "access" in stage.run("data", "show", "0").out
    assert stage.run("data", "show", "0", "--json").json["access"] == "encrypted"


def test_a_silent_seller_is_settled_by_the_buyer(
    stage: CliStage, tmp_path: Path, package: str
) -> None:
    offer(stage, tmp_path)
    order(stage, package)
    assert "Vault.NotDue" in stage.run("data", "settle", "0", *BUYER).err
    pass_blocks(stage, 21)
    assert stage.run("data", "settle", "0", *BUYER, "--json").json["what"] == "refunded"


def test_a_wrong_key_is_disputed(stage: CliStage, tmp_path: Path, package: str) -> None:
    """The seller's file of the key is exchanged for another's, under the same name."""
    offer(stage, tmp_path)
    order(stage, package)
    keys = SaleKeys(stage.base_path / "sales")
    (path,) = (keys.folder / "keys").iterdir()
    path.write_text("77" * 32)
    said = stage.run("data", "deliver", "0", *SELLER)
    assert "expected another key" in said.err
    deliver_another_key(stage)
    said = stage.run("data", "open", "0", package, "--out", str(tmp_path / "out"))
    assert "another key" in said.err
    said = stage.run("data", "dispute", "0", package, *BUYER, "--json")
    assert said.json == {"order": 0, "fault": "wrong key", "fee": "0"}
    assert not (tmp_path / "out").exists()


def deliver_another_key(stage: CliStage) -> None:
    """What a cheating seller does with a program of its own."""

    async def run() -> None:
        signing = Signing("//Dave", node=stage.server.url, base_path=stage.base_path)
        async with open_session(signing.settings) as session:
            view = await session.chain.read(lambda runtime: read_order(runtime, 0))
            box = seal(b"w" * 32, view.order.once_pk)
            call = make_call(session.chain.runtime.vault.deliver, 0, box)
            await session.send(session.get_key(signing), call, signing, "delivering")

    trio.run(run)


def test_a_dispute_that_would_be_lost_is_not_sent(
    stage: CliStage, tmp_path: Path, package: str
) -> None:
    offer(stage, tmp_path)
    order(stage, package)
    assert stage.run("data", "serve-sales", "--once", *SELLER).code == 0
    said = stage.run("data", "dispute", "0", package, *BUYER)
    assert said.code == 2
    assert "the key is right, and so is every chunk" in said.err
    assert stage.run("data", "sale", "0", "--json").json["state"] == "delivered"


def test_a_package_that_is_not_the_records_is_not_ordered(
    stage: CliStage, tmp_path: Path, package: str
) -> None:
    offer(stage, tmp_path)
    raw = bytearray(Path(package).read_bytes())
    raw[-1] ^= 1
    Path(package).write_bytes(raw)
    said = stage.run("data", "order", "0", package, *BUYER)
    assert (said.code, said.out) == (1, "")
    assert "its data is not that of the record's cipher root" in said.err
    Path(package).write_bytes(MAGIC)
    assert "it begins otherwise" in stage.run("data", "order", "0", package, *BUYER).err
    assert not (stage.base_path / "sales" / "orders").exists()


def test_whoever_has_not_the_secret_opens_nothing(
    stage: CliStage, tmp_path: Path, package: str
) -> None:
    offer(stage, tmp_path)
    order(stage, package)
    stage.run("data", "serve-sales", "--once", *SELLER)
    (path,) = (stage.base_path / "sales" / "orders").iterdir()
    path.unlink()
    said = stage.run("data", "open", "0", package, "--out", str(tmp_path / "out"))
    assert "the secret of this order is not there" in said.err


@pytest.mark.parametrize(
    "arguments, expected",
    [
        (("offer-sealed", "none", "--price", "1 SBR"), "cannot be read"),
        (("offer-sealed", "data", "--price", "0 SBR"), "Vault.BadTerms"),
        (("offer-sealed", "data", "--price", "1 SBR", "--bond", "1 SBR"), "Bonds.BelowMinimum"),
        (("withdraw", "7"), "Vault.NotForSale"),
        (("deliver", "7"), "an order that is not over, got 7"),
        (("settle", "7"), "an order that is not over, got 7"),
    ],
)
def test_failures(
    stage: CliStage, tmp_path: Path, arguments: tuple[str, ...], expected: str
) -> None:
    words = (str(tmp_path / word) if word in ("none", "data") else word for word in arguments)
    said = stage.run("data", *words, *SELLER)
    assert (said.code, said.out) == (1, "")
    assert said.err.startswith("error: ")
    assert expected in said.err


# --- the daemon


def test_the_daemon_waits_for_a_node_that_went_away(
    stage: CliStage, tmp_path: Path, package: str, capfd: pytest.CaptureFixture[str]
) -> None:
    """The connection ends at its first look at the head; it comes back, and delivers."""
    offer(stage, tmp_path)
    order(stage, package)
    methods, sent = stage.server.methods, threading.Event()
    get_hash, submit = methods["chain_getBlockHash"], methods["author_submitAndWatchExtrinsic"]
    hangups = [Hangup()]

    def get_hash_later(*params: object) -> object:
        return hangups.pop() if hangups and not params else get_hash(*params)

    def submit_and_tell(*params: object) -> object:
        answer = submit(*params)
        sent.set()
        return answer

    methods |= {
        "chain_getBlockHash": get_hash_later,
        "author_submitAndWatchExtrinsic": submit_and_tell,
    }
    signing = Signing("//Dave", node=stage.server.url, as_json=True, base_path=stage.base_path)

    async def run() -> None:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(keep_serving, signing, 0)
            assert await trio.to_thread.run_sync(sent.wait, 20)
            nursery.cancel_scope.cancel()

    trio.run(run)
    assert not hangups
    assert "trying again" in capfd.readouterr().err
    assert stage.run("data", "sale", "0", "--json").json["state"] == "delivered"


def test_a_node_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    arguments = ("--node", "ws://127.0.0.1:1", "--base-path", str(tmp_path), *SELLER)
    said = run_cli("data", "serve-sales", *arguments)
    assert (said.code, said.out) == (1, "")
    assert "no node answers" in said.err


def test_a_pool_that_refuses_is_tried_again(stage: CliStage, tmp_path: Path, package: str) -> None:
    """The daemon tells it, and does not end."""
    offer(stage, tmp_path)
    order(stage, package)
    methods = stage.server.methods
    submit = methods["author_submitAndWatchExtrinsic"]

    def refuse(*params: object) -> object:
        raise Refusal(1_016, "the pool is full")

    methods["author_submitAndWatchExtrinsic"] = refuse
    said = stage.run("data", "serve-sales", "--once", *SELLER)
    assert (said.code, said.err) == (0, "")
    assert "order 0: the pool is full" in said.out
    methods["author_submitAndWatchExtrinsic"] = submit
    assert "order 0: delivered" in stage.run("data", "serve-sales", "--once", *SELLER).out

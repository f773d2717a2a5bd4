"""A chain on which Charlie multiplies, and Dave has asked for a product."""

from pathlib import Path
from typing import Final

from chain.blobs import BlobStore, get_blobs_folder
from chain.client.typed_state import get_runtime
from chain.node import Node
from pallets.market import Posted, Product, Terms
from pallets.registry.types import KindPrice, Provider
from runtime.frame.ai_types import JobKind, Role, VerifierId
from runtime.primitives import UNIT
from tests.helpers.job_stage import BOND, MANIFEST, TTL, add_block
from tests.helpers.node_stage import CHARLIE, DAVE, BlockMaker, Wallet
from tests.helpers.product_jobs import ProductCase

PRICE: Final = 10 * UNIT
CASE: Final = ProductCase(96, 96, 64, strips_per_slot=2)


def keep_operands(folder: Path, case: ProductCase = CASE) -> BlobStore:
    """The store below a base path, with both operands."""
    store = BlobStore(get_blobs_folder(folder))
    store.put_matrix(case.a)
    store.put_matrix(case.b)
    return store


async def set_up_product(
    node: Node, case: ProductCase = CASE, kind: JobKind = JobKind.PRODUCT
) -> int:
    """Charlie offers jobs of a kind, and Dave posts a product: its number."""
    client = node.client
    wallet, maker = Wallet(client), BlockMaker(client)
    provider = Provider("https://p.example", (), (KindPrice(kind, 1),), 16)
    record = wallet.make_call("Registry", "register", provider, MANIFEST, (), 0, TTL)
    bond = wallet.make_call("Bonds", "bond", Role.PROVIDER, BOND)
    await add_block(client, maker, node, (CHARLIE, record), (CHARLIE, bond))
    number = get_runtime(client).market.next_job.get()
    terms, verifier = Terms(500, 50, 2), VerifierId.TILE_PROOF
    spec = Product(case.program)
    post = wallet.make_call("Market", "post", spec, Posted(PRICE), verifier, terms)
    await add_block(client, maker, node, (DAVE, post))
    assert get_runtime(client).market.next_job.get() == number + 1, "the job was refused"
    return number

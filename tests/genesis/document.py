"""A chain specification as its file says it, for tests to change."""

from typing import Any, Final

from runtime.primitives import AccountId

ED25519_ALICE: Final = AccountId(
    bytes.fromhex("88dc3417d5058ec4b4503e0c12ea1a0a89be200fe98922423d4334014fa6b0ee")
)
"""As every Substrate client derives //Alice."""

SR25519_ALICE: Final = AccountId(
    bytes.fromhex("d43593c715fdd31c61141abd04a99fd6822c8558854ccde39a5684e7a56da27d")
)

# Any: a document of JSON, which tests change at will.
DOCUMENT: Final[dict[str, Any]] = {
    "name": "Soberana Test",
    "id": "test-1",
    "chainType": "Local",
    "tokenSymbol": "SBR",
    "tokenDecimals": 12,
    "instant": False,
    "consensus": {
        "spacingMs": 2_000,
        "halfLifeMs": 600_000,
        "capMs": 20_000,
        "workMin": 131_072,
        "seededShape": {"m": 64, "n": 64, "k": 256},
    },
    "runtime": {"existentialDeposit": "0.001 SBR", "eraBlocks": 50, "votingPeriodBlocks": 40},
    "balances": {"ed25519//Alice": "1_000_000 SBR", "sr25519//Alice": "2.5 SBR"},
}

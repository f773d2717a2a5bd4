"""What can go wrong between a wallet and its node, in words for whoever typed the command."""

from chain.errors import NodeError


class WalletError(NodeError):
    """The wallet cannot do what it was asked."""


class BadAmount(WalletError):
    """The text is no amount."""


class BadAddress(WalletError):
    """The text names no account."""


class BadNodeUrl(WalletError):
    """The text is no URL of a node."""

    def __init__(self, url: str, why: str) -> None:
        super().__init__(
            f"expected the URL of a node such as ws://127.0.0.1:9944, got {url}: {why}"
        )


class NodeUnreachable(WalletError):
    """Nothing answers at the node's address."""

    def __init__(self, url: str, why: str) -> None:
        super().__init__(
            f"no node answers at {url} ({why}); start one with `soberana node run --dev`, "
            "or name another with --node"
        )


class NodeSilent(WalletError):
    """The node took longer than the wallet waits."""

    def __init__(self, url: str, what: str, timeout_s: float) -> None:
        super().__init__(f"{url}: expected an answer to {what} within {timeout_s:g} s, got none")


class ConnectionLost(WalletError):
    """The connection ended before the answer."""

    def __init__(self, url: str, why: str) -> None:
        super().__init__(f"{url}: the connection was lost: {why}")


class BadAnswer(WalletError):
    """The node's answer is not what its protocol says."""

    def __init__(self, what: str, why: str) -> None:
        super().__init__(f"{what}: expected another answer of the node: {why}")


class RpcRefused(WalletError):
    """The node answered with an error."""

    def __init__(self, method: str, code: int, message: str, data: str) -> None:
        super().__init__(f"{method}: {message}{f': {data}' if data else ''} (code {code})")
        self.method = method
        self.code = code
        self.message = message
        self.data = data


class OtherRuntime(WalletError):
    """The node's chain runs another runtime than this program knows."""

    def __init__(self, expected: str, got: str) -> None:
        super().__init__(
            f"this program knows the runtime {expected}, the node's chain runs {got}; "
            "use the version of soberana that the node runs"
        )


class TransactionRefused(WalletError):
    """The node does not take the transaction; nothing was changed, no fee was paid."""


class TransactionLost(WalletError):
    """The transaction left the pool without getting into a block."""

    def __init__(self, status: str) -> None:
        super().__init__(f"the transaction did not get into a block: {status}")
        self.status = status


class TransactionFailed(WalletError):
    """The transaction is in a block, but its call failed; only the fee was paid."""

    def __init__(self, name: str, docs: str) -> None:
        super().__init__(f"the transaction failed: {name}{f' ({docs})' if docs else ''}")
        self.name = name
        self.docs = docs

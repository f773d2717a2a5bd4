"""A command's conversation with a node: the chain, whose keys may be used, how things are sent."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from chain.cli.accounts import (
    DEV_CHAINS,
    describe_account,
    make_names,
    resolve_account,
    resolve_key,
)
from chain.cli.calls import AS_CALL, show_as_call
from chain.cli.dry_run import IS_DRY, show_dry_run
from chain.cli.options import Settings, Signing
from chain.cli.output import waiting
from chain.cli.places import Places, find_places
from chain.keystore import KeyPair
from chain.wallet.amount import parse_amount
from chain.wallet.chain_reader import ChainReader
from chain.wallet.connect import parse_node_url
from chain.wallet.rpc import RpcTimeouts, open_rpc
from chain.wallet.submit import Inclusion, submit
from chain.wallet.transaction import sign_call
from runtime.frame import Call
from runtime.primitives import AccountId


@dataclass(frozen=True, slots=True)
class Session:
    """One command, connected."""

    chain: ChainReader
    settings: Settings
    places: Places
    is_dev: bool
    names: Mapping[AccountId, str]
    timeouts: RpcTimeouts

    @property
    def is_dev_allowed(self) -> bool:
        """Whether keys such as //Alice may be used."""
        return self.is_dev or self.settings.allow_dev_keys

    def get_account(self, text: str) -> AccountId:
        """The account that a text names."""
        return resolve_account(text, self.places, is_dev_allowed=self.is_dev_allowed)

    def get_key(self, signing: Signing) -> KeyPair:
        """The key that signs; any account where nothing will be signed."""
        if AS_CALL.get():
            return KeyPair.of_account(self.get_account(signing.key))
        return resolve_key(
            signing.key, self.places, signing.password_file, is_dev_allowed=self.is_dev_allowed
        )

    def show(self, account: AccountId) -> str:
        """An account for people."""
        return describe_account(account, self.names)

    async def send(self, pair: KeyPair, call: Call, signing: Signing, what: str) -> Inclusion:
        """Signs and sends a call and watches it, telling how it goes."""
        await self._end_if_asked(pair, (call,))
        transaction = await sign_call(self.chain, pair, call, tip=parse_amount(signing.tip))
        with waiting(f"{what}: sent, waiting for a block") as line:
            return await submit(
                self.chain,
                transaction,
                self.timeouts,
                until=signing.until,
                on_status=lambda status: line.say(f"{what}: {status}"),
            )

    async def send_all(
        self, pair: KeyPair, calls: Sequence[Call], signing: Signing, what: str
    ) -> tuple[Inclusion, ...]:
        """The calls one after the other; the first that fails ends it."""
        await self._end_if_asked(pair, calls)
        inclusions = [
            await self.send(pair, call, signing, f"{what} ({index} of {len(calls)})")
            for index, call in enumerate(calls, 1)
        ]
        return tuple(inclusions)

    async def _end_if_asked(self, pair: KeyPair, calls: Sequence[Call]) -> None:
        """Where the command only asks: tells what the calls are or would do, and ends it."""
        as_json = self.settings.as_json
        if AS_CALL.get():
            show_as_call(self.chain.runtime, calls, as_json=as_json)
        if IS_DRY.get():
            await show_dry_run(self.chain, pair.account, calls, as_json=as_json)


@asynccontextmanager
async def open_session(settings: Settings) -> AsyncGenerator[Session]:
    """Connects to the node that the settings name."""
    url, timeouts = parse_node_url(settings.node), RpcTimeouts()
    places = find_places(settings.base_path)
    async with open_rpc(url, timeouts) as rpc:
        chain = await ChainReader.connect(rpc)
        kind = await rpc.call(object, "system_chainType")
        is_dev = kind in DEV_CHAINS
        names = make_names(places, is_dev=is_dev)
        yield Session(chain, settings, places, is_dev, names, timeouts)

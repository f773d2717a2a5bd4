"""Who may call for whom, and the calls that were announced: how they are read and shown."""

from dataclasses import dataclass

from chain.cli.output import print_json, print_line, print_table
from chain.cli.session import Session
from chain.wallet.chain_reader import to_hex
from pallets.proxy.declarations import Announcement, ProxyDefinition, ProxyType
from pallets.runtime import Runtime
from runtime.crypto.ss58 import encode_ss58
from runtime.primitives import AccountId


@dataclass(frozen=True, slots=True)
class Proxies:
    """Proxies by the account for which they call, announcements by who made them."""

    definitions: tuple[tuple[AccountId, ProxyDefinition], ...]
    announcements: tuple[tuple[AccountId, Announcement], ...]


def name_type(proxy_type: ProxyType) -> str:
    """`non-transfer`."""
    return proxy_type.name.lower().replace("_", "-")


def read_proxies(runtime: Runtime, about: AccountId | None) -> Proxies:
    """All of them, or those on either side of which an account is."""
    definitions = tuple(
        (real, each)
        for real, (entries, _) in runtime.proxy.proxies.items()
        for each in entries
        if about in (None, real, each.delegate)
    )
    announcements = tuple(
        (deputy, each)
        for deputy, (entries, _) in runtime.proxy.announcements.items()
        for each in entries
        if about in (None, deputy, each.real)
    )
    return Proxies(definitions, announcements)


def show_proxies(session: Session, found: Proxies) -> None:
    """A line for each."""
    if session.settings.as_json:
        print_json(
            {
                "proxies": [
                    {
                        "account": encode_ss58(real),
                        "deputy": encode_ss58(each.delegate),
                        "type": name_type(each.proxy_type),
                        "delay": each.delay,
                    }
                    for real, each in found.definitions
                ],
                "announcements": [
                    {
                        "account": encode_ss58(each.real),
                        "deputy": encode_ss58(deputy),
                        "hash": to_hex(each.call_hash),
                        "block": each.height,
                    }
                    for deputy, each in found.announcements
                ],
            }
        )
        return
    show = session.show
    if not found.definitions:
        print_line("nobody calls for anybody")
        return
    rows = [
        (show(real), show(each.delegate), name_type(each.proxy_type), each.delay)
        for real, each in found.definitions
    ]
    print_table("", ("account", "deputy", "type", "delay"), rows)
    if found.announcements:
        announced = [
            (show(each.real), show(deputy), f"#{each.height}", to_hex(each.call_hash))
            for deputy, each in found.announcements
        ]
        print_table("announced", ("account", "deputy", "in block", "call"), announced)

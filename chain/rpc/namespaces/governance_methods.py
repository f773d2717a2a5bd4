"""`gov_*`: proposals, voters, parameters and the treasury, at the best block."""

from itertools import islice

from chain.client.client import Client
from chain.client.typed_state import get_runtime
from chain.rpc.methods import rpc
from chain.rpc.namespaces.json_forms import to_account, to_hex
from chain.rpc.namespaces.listing import PAGE_MAX, list_numbered
from chain.rpc.namespaces.runtime_json import to_camel, to_json, to_numbered_json
from chain.rpc.parameters import Number32, Number64
from runtime.frame.parameters import Param


class GovernanceMethods:
    """What the holders of the token decide."""

    def __init__(self, client: Client) -> None:
        self._client = client

    @rpc("gov_tracks", safe=True)
    def get_tracks(self) -> object:
        """The terms of proposals, by the number of their track."""
        return to_json(get_runtime(self._client).governance.terms)

    @rpc("gov_proposals", safe=True)
    def list_proposals(self, start: Number64 = 0, count: Number32 = 100) -> object:
        """Proposals that are not closed, from a number on."""
        governance = get_runtime(self._client).governance
        numbers = range(start, governance.next_proposal.get())
        return list_numbered("id", governance.proposal.get, numbers, count)

    @rpc("gov_getProposal", safe=True)
    def get_proposal(self, proposal: Number64) -> object:
        """A proposal with the bytes of its call; null if there is none."""
        governance = get_runtime(self._client).governance
        entry = governance.proposal.get(proposal)
        if entry is None:
            return None
        return {
            **to_numbered_json("id", proposal, entry),
            "call": to_hex(governance.proposed_call[proposal]),
        }

    @rpc("gov_getVoting", safe=True)
    def get_voting(self, account: str) -> object:
        """An account's votes, delegation and locks; null if it has none."""
        who = to_account("account", account)
        found = get_runtime(self._client).governance.voting.get(who)
        return None if found is None else to_json(found)

    @rpc("gov_params", safe=True)
    def get_params(self) -> object:
        """Every parameter: what it is, what it was made with, and what it may be."""
        parameters = get_runtime(self._client).parameters
        values = parameters.get_all()
        return {
            to_camel(param.name.lower()): {
                "value": str(values[param]),
                "default": str(parameters.defaults[param]),
                "least": str(parameters.bounds[param].least),
                "most": str(parameters.bounds[param].most),
            }
            for param in Param
        }

    @rpc("gov_treasury", safe=True)
    def get_treasury(self) -> object:
        """What the treasury has, has promised, and may pay out in this period."""
        runtime = get_runtime(self._client)
        treasury = runtime.treasury
        account = treasury.params.account
        first = islice(treasury.spends.items(), PAGE_MAX)
        return {
            "account": to_json(account),
            "free": str(runtime.balances.ledger.get_free(account)),
            "promised": str(treasury.promised.get()),
            "cap": str(treasury.get_cap()),
            "spends": [to_numbered_json("id", number, spend) for number, spend in first],
        }

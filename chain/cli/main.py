"""`soberana`: the one command, and its groups."""

from typing import Annotated

import typer

from chain.cli import (
    bids,
    bonding,
    buying,
    calls,
    chain,
    commission,
    compute,
    data,
    dry_run,
    earnings,
    evaluate,
    gov,
    gov_votes,
    job,
    keeping,
    key,
    label,
    licensing,
    miner,
    model,
    multisig,
    owning,
    pool,
    product,
    provenance,
    provider,
    proxy,
    recurring,
    render,
    rent,
    run,
    selling,
    shares,
    store,
    token,
    train,
    transfer,
    updating,
    verify,
    wallet,
)

app = typer.Typer(
    name="soberana",
    help="A blockchain node whose blocks are sealed by useful AI work.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback()
def begin(
    *,
    is_dry: Annotated[
        bool,
        typer.Option("--dry-run", help="Tell what the command would do and cost; send nothing."),
    ] = False,
    as_call: Annotated[
        bool, typer.Option("--as-call", help="Print the command's call, for --call; send nothing.")
    ] = False,
) -> None:
    """A blockchain node whose blocks are sealed by useful AI work."""
    dry_run.IS_DRY.set(is_dry)
    calls.AS_CALL.set(as_call)


app.add_typer(run.app, name="node", help="Run a node.")
app.add_typer(key.app, name="key", help="Make and inspect keys.")
app.add_typer(wallet.app, name="wallet", help="Balances, transfers, names.")
app.add_typer(token.app, name="token", help="Make tokens of your own, and use them.")
for group, update in (
    (model.app, updating.models),
    (data.app, updating.datasets),
    (provider.app, updating.providers),
):
    group.add_typer(update)
    group.add_typer(keeping.app)
for group in (model.app, data.app):
    for rights in (licensing.app, shares.app, provenance.app):
        group.add_typer(rights)
app.add_typer(model.app, name="model", help="Register models.")
data.app.add_typer(selling.app)
data.app.add_typer(buying.app)
data.app.add_typer(transfer.app)
app.add_typer(data.app, name="data", help="Publish datasets.")
provider.app.add_typer(bonding.app)
app.add_typer(provider.app, name="provider", help="Offer to run models.")
for part in (compute.app, bids.app, recurring.app, owning.app):
    job.app.add_typer(part)
job.app.add_typer(product.app)
job.app.add_typer(earnings.prices)
app.add_typer(job.app, name="job", help="Have models run.")
app.add_typer(train.app)
app.add_typer(render.app)
app.add_typer(evaluate.app)
app.add_typer(label.app, name="label", help="Have items labelled, or label them.")
app.add_typer(pool.app, name="pool", help="Collect data from many, or contribute.")
app.add_typer(commission.app, name="commission", help="Buy what only you can judge, or make it.")
app.add_typer(verify.app, name="verify", help="Challenge results, or have them end.")
app.add_typer(rent.app, name="rent", help="Let and rent machines by the block.")
app.add_typer(store.app, name="store", help="Keep files for others, or have them kept.")
app.add_typer(multisig.app, name="multisig", help="Own an account with others.")
app.add_typer(proxy.app, name="proxy", help="Let others call for you, or call for them.")
gov.app.add_typer(gov_votes.app)
app.add_typer(gov.app, name="gov", help="Propose and vote.")
miner.app.add_typer(earnings.app)
app.add_typer(miner.app, name="miner", help="Mine for a node from outside.")
app.add_typer(chain.app, name="chain", help="Look at blocks and their work.")


if __name__ == "__main__":
    app()

"""The command that loads a release into a remote store."""

from __future__ import annotations

from typing import Annotated

import typer

from harmgraph.cli.arguments import folder_of_releases
from harmgraph.cli.console import err, out, outcome, showing_transfers
from harmgraph.settings import Settings


def publish(
    to: Annotated[str, typer.Option(metavar="URL", help="The address at which the engine answers queries.")],
    release: Annotated[str | None, typer.Option(metavar="ID", help="Which release; else the current one.")] = None,
    update_url: Annotated[str, typer.Option(metavar="URL", help="Where the engine takes SPARQL Update.")] = "",
    gsp_url: Annotated[str, typer.Option(metavar="URL", help="Where it speaks the Graph Store Protocol.")] = "",
    batch: Annotated[int | None, typer.Option(min=1, metavar="N", help="Statements in one request.")] = None,
    replace: Annotated[bool, typer.Option("--replace", help="Remove whatever else the store holds.")] = False,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Tell the story.")] = False,
) -> None:
    """Load a release into a remote SPARQL store and verify it by counts; a run that was killed goes on where it was."""
    from harmgraph.store.other_engines.publishing import publish  # httpx, which the other commands do not need
    from harmgraph.store.other_engines.target import Addresses, Target

    with outcome(verbose), showing_transfers() as progress:
        settings = Settings.from_environment()
        releases = folder_of_releases()
        chosen = releases.current() if release is None else releases.named(release)
        addresses = Addresses(to, update_url, gsp_url)
        target = Target(addresses, settings.store_user, settings.store_password, settings.store_dialect)
        try:
            done = publish(chosen, target, progress, batch=batch, replace=replace)
        finally:
            target.close()
        out.print(f"{target.address} holds release {chosen.id} ({target.dialect.name})", markup=False)
        out.print(
            f"{done.statements:,} statements in {done.graphs:,} graphs and {done.triples:,} different triples, "
            f"counted there; {done.sent:,} statements sent, {done.removed:,} old graphs removed",
            markup=False,
        )
        if done.folded:
            err.print(
                f"{done.folded:,} triples are not in the default graph: this engine takes a year or a month for its "
                "first day, and keeps one of two such statements; the graphs of the records have both",
                markup=False,
            )

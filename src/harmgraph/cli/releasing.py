"""Commands about releases that are there: list, switch, prune, diff."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from harmgraph import diff as differing
from harmgraph.cli.arguments import folder_of_releases
from harmgraph.cli.console import out, outcome


def releases(context: typer.Context) -> None:
    """List the releases, the newest first; the one that is served is marked."""
    if context.invoked_subcommand is not None:
        return
    with outcome():
        served = folder_of_releases().current().id
        table = Table("", "release", "built", "incidents", "quads", box=None)
        for release in folder_of_releases().all():
            facts = release.facts
            mark = "→" if release.id == served else ""
            table.add_row(mark, release.id, facts["built"], f"{facts['incidents']:,}", f"{facts['quads']:,}")
        out.print(table)


def switch(release: Annotated[str, typer.Argument(help="The id of a release.")]) -> None:
    """Make this release the current one; a service that runs moves to it within seconds."""
    with outcome():
        out.print(f"current is {folder_of_releases().switch(release).id}")


def prune(keep: Annotated[int, typer.Option(min=0, help="How many besides the current one to keep.")] = 3) -> None:
    """Delete all but the current release, the newest others, and those that a running service uses."""
    with outcome():
        pruned = folder_of_releases().prune(keep)
        for deleted in pruned.deleted:
            out.print(f"deleted {deleted}")
        for used in pruned.in_use:
            out.print(f"kept {used}: a service uses it")


def diff(
    old: Annotated[str, typer.Argument(help="RELEASE, SOURCE@VERSION, RELEASE/SOURCE@VERSION or a sorted .nq file.")],
    new: Annotated[str, typer.Argument(help="What to compare it with.")],
    form: Annotated[str, typer.Option("--format", "-f", help=f"One of {', '.join(differing.FORMATS)}.")] = "text",
    output: Annotated[Path | None, typer.Option("-o", "--output", help="A file; else standard output.")] = None,
    exit_code: Annotated[bool, typer.Option("--exit-code", help="Exit with 1 if anything differs.")] = False,
) -> None:
    """Say what the records of two releases, snapshots or files say differently."""
    if form not in differing.FORMATS:
        raise typer.BadParameter(f"there is no format {form!r}; there are {', '.join(differing.FORMATS)}")
    with outcome():
        sides = differing.find_side(old, folder_of_releases()), differing.find_side(new, folder_of_releases())
        if output is None:
            summary = differing.write(*sides, form, sys.stdout)
        else:
            with output.open("w", encoding="utf-8") as file:
                summary = differing.write(*sides, form, file)
    if exit_code and summary.counts:
        raise typer.Exit(1)

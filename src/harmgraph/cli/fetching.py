"""The command that downloads snapshots."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from harmgraph.cli.console import err, out, outcome, showing_transfers
from harmgraph.settings import Settings


def fetch(
    database: Annotated[str, typer.Argument(metavar="aiaaic|aiid|avid", help="Which database.")],
    to: Annotated[Path, typer.Option(metavar="FOLDER", help="Where snapshots are kept.")] = Path("snapshots"),
    url: Annotated[str | None, typer.Option(help="Its address, if it has moved.")] = None,
) -> None:
    """Download the newest snapshot of a database, or find that the one at hand is the newest."""
    from harmgraph.fetching import ORIGINS, fetch  # httpx, which the other commands do not need

    if (origin := ORIGINS.get(database)) is None:
        raise typer.BadParameter(f"there is no database {database!r} to fetch; there are {', '.join(ORIGINS)}")
    with outcome(), showing_transfers() as progress:
        settings = Settings.from_environment()
        fetched = fetch(origin, to, url or getattr(settings, origin.setting), progress)
        noted = fetched.sidecar
        out.print(f"{fetched.path} is {fetched.outcome}: {noted.title}, {noted.version}, {noted.licence}", markup=False)
        err.print(f"next: harmgraph build {origin.source}={fetched.path}", markup=False)

"""The command that serves a release."""

from __future__ import annotations

from typing import Annotated

import typer

from harmgraph.cli.console import outcome
from harmgraph.settings import Settings


def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(min=0, max=65535, help="Port to listen on; 0 takes a free one.")] = None,
    processes: Annotated[int | None, typer.Option(min=1, help="Server processes on this port.")] = None,
) -> None:
    """Serve the current release over SPARQL and as linked data."""
    from harmgraph.service.running.server import run  # fastapi and uvicorn, which the other commands do not need

    with outcome(verbose=True):
        run(Settings.from_environment(), host=host, port=port, processes=processes)

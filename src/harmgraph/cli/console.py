"""What every command needs of the terminal: two streams, progress, and errors as a message and an exit code.

Exit codes: 0 fine, 1 the data do not conform, 2 the run failed.
"""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import typer
from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    SpinnerColumn,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)

from harmgraph import statements
from harmgraph.errors import DoesNotConform, HarmgraphError

# Notes go to standard error, so that `harmgraph convert … > out.nq` holds N-Quads only.
err = Console(stderr=True, highlight=False, soft_wrap=True, emoji=False)
out = Console(highlight=False, emoji=False)


@contextmanager
def outcome(verbose: bool = False) -> Iterator[None]:
    """Turn our errors into a message and an exit code."""
    logging.basicConfig(level=logging.INFO if verbose else logging.WARNING, format="%(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)  # it has a line for every request, with its whole address
    try:
        yield
    except DoesNotConform as error:
        err.print("[bold red]The data do not conform.[/]")
        err.print(str(error), markup=False)  # it holds values of sources, which may look like markup
        raise typer.Exit(1) from error
    except BrokenPipeError as error:  # `harmgraph diff … | head`: the reader has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # nor may the interpreter's last flush fail
        raise typer.Exit(2) from error
    except (HarmgraphError, OSError) as error:
        err.print("[bold red]The run failed.[/]")
        err.print(str(error), markup=False)
        raise typer.Exit(2) from error


@contextmanager
def showing_progress() -> Iterator[statements.Progress]:
    columns = SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TextColumn("{task.completed:,}")
    with Progress(*columns, TimeElapsedColumn(), console=err, transient=True) as bars:
        tasks = {}

        def progress(stage: str, done: int) -> None:
            if stage not in tasks:
                tasks[stage] = bars.add_task(stage, total=None)
            bars.update(tasks[stage], completed=done)

        yield progress


@contextmanager
def showing_transfers() -> Iterator[Callable[[str, int, int | None], None]]:
    columns = TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn()
    with Progress(*columns, TimeRemainingColumn(), console=err, transient=True) as bars:
        tasks: dict[str, TaskID] = {}

        def progress(stage: str, done: int, total: int | None) -> None:
            if stage not in tasks:
                tasks[stage] = bars.add_task(stage, total=total)
            bars.update(tasks[stage], completed=done, total=total)

        yield progress

"""The command line: arguments in, calls into the pipeline and the service, tables and clear errors out.

Exit codes: 0 fine, 1 the data do not conform, 2 the run failed.
"""

from __future__ import annotations

import json
import logging
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Annotated

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
from rich.table import Table

from harmgraph import diff as differing
from harmgraph import pipeline, statements
from harmgraph.errors import DoesNotConform, HarmgraphError, Problem
from harmgraph.linking.candidates import write_candidates
from harmgraph.model import Snapshot
from harmgraph.pipeline import Project
from harmgraph.settings import Settings
from harmgraph.sources import SOURCES
from harmgraph.sources.genai_incidents import installed_snapshot
from harmgraph.sources.snapshot import take_snapshot
from harmgraph.statements import Tally
from harmgraph.store.release import Release, Releases
from harmgraph.validation import Report

app = typer.Typer(
    help="The knowledge graph of AI harms: build it, validate it, serve it.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
releases_app = typer.Typer(help="List the releases, switch back to one, delete old ones.", invoke_without_command=True)
app.add_typer(releases_app, name="releases")

# Notes go to standard error, so that `harmgraph convert … > out.nq` holds N-Quads only.
err = Console(stderr=True, highlight=False, soft_wrap=True)
out = Console(highlight=False)

PROJECT = Project(Path(__file__).resolve().parents[2])


@app.command()
def build(
    sources: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[SOURCE=PATH]…",
            help="Snapshots; `genai-incidents` alone is the installed package. Without any, all that is installed.",
        ),
    ] = None,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Tell the story of the build.")] = False,
) -> None:
    """Build a release of the curated records and of these snapshots, validate it, and switch to it."""
    with _outcome(verbose):
        snapshots = [take_snapshot("curated", PROJECT.curated), *_given(sources or [])]
        with _progress() as progress:
            release = pipeline.build(snapshots, PROJECT, _releases(), progress)
        _print_stats(release)


@app.command()
def candidates(
    sources: Annotated[list[str], typer.Argument(metavar="SOURCE=PATH…", help="Snapshots of different databases.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="SSSOM table for review.")] = Path(
        "candidates.sssom.tsv"
    ),
) -> None:
    """List pairs of incidents of different databases that may be one, for review. Nothing is merged by them."""
    with _outcome():
        curated = take_snapshot("curated", PROJECT.curated)
        found = pipeline.candidates([curated, *_given(sources)], PROJECT)
        out.print(f"{write_candidates(found, output):,} candidates in {output}", markup=False)


@app.command()
def convert(
    source: Annotated[str, typer.Argument(help="One of `harmgraph sources`.")],
    snapshot: Annotated[Path, typer.Argument(help="A file or folder of that source.", exists=True)],
    output: Annotated[Path | None, typer.Option("-o", "--output", help="N-Quads file; else standard output.")] = None,
    problems: Annotated[
        Path | None, typer.Option(help="JSON Lines of what was amiss; else problems.jsonl beside the output.")
    ] = None,
) -> None:
    """Turn one snapshot into N-Quads and say whether they conform to the shapes."""
    with _outcome(), tempfile.TemporaryDirectory(prefix="harmgraph-") as folder:
        target = output or Path(folder) / "out.nq"
        noted = problems or (target.parent / "problems.jsonl")
        with noted.open("w", encoding="utf-8") as file, _progress() as progress:
            tally = pipeline.convert(take_snapshot(_known(source), snapshot), PROJECT, target, file, progress)
        if output is None:
            with target.open("rb") as quads:
                for line in quads:
                    sys.stdout.buffer.write(line)
        _print_problems(noted, tally)
        _judge(pipeline.conformance(target, PROJECT))


@app.command()
def validate(file: Annotated[Path, typer.Argument(help="An RDF file of any format.", exists=True)]) -> None:
    """Validate an RDF file against the shapes."""
    with _outcome():
        _judge(pipeline.conformance(file, PROJECT))


@app.command()
def sources() -> None:
    """List the source formats that harmgraph reads."""
    table = Table("source", "what it is", "licence", box=None)
    for source in SOURCES.values():
        table.add_row(source.name, source.title, source.licence.iri)
    out.print(table)


@app.command()
def fetch(
    database: Annotated[str, typer.Argument(metavar="aiaaic|aiid|avid", help="Which database.")],
    to: Annotated[Path, typer.Option(metavar="FOLDER", help="Where snapshots are kept.")] = Path("snapshots"),
    url: Annotated[str | None, typer.Option(help="Its address, if it has moved.")] = None,
) -> None:
    """Download the newest snapshot of a database, or find that the one at hand is the newest."""
    from harmgraph.fetching import ORIGINS, fetch  # httpx, which the other commands do not need

    if (origin := ORIGINS.get(database)) is None:
        raise typer.BadParameter(f"there is no database {database!r} to fetch; there are {', '.join(ORIGINS)}")
    with _outcome(), _transfers() as progress:
        settings = Settings.from_environment()
        fetched = fetch(origin, to, url or getattr(settings, origin.setting), progress)
        noted = fetched.sidecar
        out.print(f"{fetched.path} is {fetched.outcome}: {noted.title}, {noted.version}, {noted.licence}", markup=False)
        err.print(f"next: harmgraph build {origin.source}={fetched.path}", markup=False)


@app.command()
def stats() -> None:
    """Print the counts of the current release: records read, incidents, merged, quarantined, per source."""
    with _outcome():
        _print_stats(_releases().current())


@releases_app.callback()
def releases(context: typer.Context) -> None:
    """List the releases, the newest first; the one that is served is marked."""
    if context.invoked_subcommand is not None:
        return
    with _outcome():
        served = _releases().current().id
        table = Table("", "release", "built", "incidents", "quads", box=None)
        for release in _releases().all():
            facts = release.facts
            mark = "→" if release.id == served else ""
            table.add_row(mark, release.id, facts["built"], f"{facts['incidents']:,}", f"{facts['quads']:,}")
        out.print(table)


@releases_app.command()
def switch(release: Annotated[str, typer.Argument(help="The id of a release.")]) -> None:
    """Make this release the current one; a service that runs goes on with its own until it is started again."""
    with _outcome():
        out.print(f"current is {_releases().switch(release).id}; restart a running service to serve it")


@releases_app.command()
def prune(keep: Annotated[int, typer.Option(min=0, help="How many besides the current one to keep.")] = 3) -> None:
    """Delete all but the current release and the newest others. Restart a service that runs on one of them first."""
    with _outcome():
        for deleted in _releases().prune(keep):
            out.print(f"deleted {deleted}")


@app.command()
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
    with _outcome():
        sides = differing.find_side(old, _releases()), differing.find_side(new, _releases())
        if output is None:
            summary = differing.write(*sides, form, sys.stdout)
        else:
            with output.open("w", encoding="utf-8") as file:
                summary = differing.write(*sides, form, file)
    if exit_code and summary.counts:
        raise typer.Exit(1)


@app.command()
def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(min=0, max=65535, help="Port to listen on; 0 takes a free one.")] = None,
) -> None:
    """Serve the current release over SPARQL and as linked data."""
    from harmgraph.service.server import run  # fastapi and uvicorn, which the other commands do not need

    with _outcome(verbose=True):
        run(Settings.from_environment(), host=host, port=port)


def _releases() -> Releases:
    return Releases(Settings.from_environment().releases)


def _given(arguments: list[str]) -> list[Snapshot]:
    """The snapshots that the arguments name; without any, what is installed."""
    installed = installed_snapshot()
    if not arguments:
        return [] if installed is None else [installed]
    if "genai-incidents" in arguments and installed is None:
        raise typer.BadParameter("genai-incidents is not installed; install harmgraph[genai] or give =PATH")
    return [installed if each == "genai-incidents" and installed else _snapshot_argument(each) for each in arguments]


def _snapshot_argument(argument: str) -> Snapshot:
    name, separator, path = argument.partition("=")
    if not separator:
        raise typer.BadParameter(f"{argument!r} should be SOURCE=PATH, SOURCE one of {', '.join(SOURCES)}")
    return take_snapshot(_known(name), Path(path))


def _known(name: str) -> str:
    if name not in SOURCES:
        raise typer.BadParameter(f"there is no source {name!r}; there are {', '.join(SOURCES)}")
    return name


@contextmanager
def _outcome(verbose: bool = False) -> Iterator[None]:
    """Turn our errors into a message and an exit code."""
    logging.basicConfig(level=logging.INFO if verbose else logging.WARNING, format="%(message)s")
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
def _progress() -> Iterator[statements.Progress]:
    columns = SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TextColumn("{task.completed:,}")
    with Progress(*columns, TimeElapsedColumn(), console=err, transient=True) as bars:
        tasks = {}

        def progress(stage: str, done: int) -> None:
            if stage not in tasks:
                tasks[stage] = bars.add_task(stage, total=None)
            bars.update(tasks[stage], completed=done)

        yield progress


@contextmanager
def _transfers() -> Iterator[Callable[[str, int, int | None], None]]:
    columns = TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn()
    with Progress(*columns, TimeRemainingColumn(), console=err, transient=True) as bars:
        tasks: dict[str, TaskID] = {}

        def progress(stage: str, done: int, total: int | None) -> None:
            if stage not in tasks:
                tasks[stage] = bars.add_task(stage, total=total)
            bars.update(tasks[stage], completed=done, total=total)

        yield progress


def _print_stats(release: Release) -> None:
    facts = release.facts
    columns = "source", "snapshot", "read", "incidents", "merged", "withdrawn", "quarantined", "problems"
    table = Table(*columns, box=None, title=f"release {release.id}")
    for row in facts["sources"]:
        counts = [row[key] for key in ("read", "new", "merged", "withdrawn", "quarantined")]
        counts.append(sum(row["problems"].values()))
        table.add_row(row["source"], row["version"], *(f"{count:,}" for count in counts))
    out.print(table)
    out.print(f"{facts['incidents']:,} incidents, {facts['quads']:,} statements, {facts['warnings']:,} warnings")
    out.print(
        f"read = incidents + merged + withdrawn + quarantined in every row; details in {release.path}", markup=False
    )


def _print_problems(file: Path, tally: Tally) -> None:
    err.print(f"{tally.read:,} records: {tally.interpreted:,} interpreted, {tally.quarantined:,} quarantined")
    for kind, count in tally.problems.most_common():
        err.print(f"  {count:,} × {kind}", markup=False)
    with file.open(encoding="utf-8") as lines:
        for line in islice(lines, 20):
            err.print(str(Problem(**json.loads(line))), markup=False)
        if more := sum(1 for _ in lines):
            err.print(f"… and {more:,} more; --problems FILE keeps all of them")


def _judge(report: Report) -> None:
    """Say what the validation found; exit 1 where there is a violation."""
    for line in islice(report.lines(), 20):
        err.print(line, markup=False)
    err.print(report.summary(), markup=False)
    if report.violations:
        raise typer.Exit(1)

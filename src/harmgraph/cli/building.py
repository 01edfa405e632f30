"""Commands that turn sources into RDF, and that say what was read and whether it conforms."""

from __future__ import annotations

import json
import sys
import tempfile
from itertools import islice
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from harmgraph import pipeline
from harmgraph.cli.arguments import PROJECT, folder_of_releases, given_snapshots, known_source
from harmgraph.cli.console import err, out, outcome, showing_progress
from harmgraph.errors import Problem
from harmgraph.linking.candidates import write_candidates
from harmgraph.sources import SOURCES
from harmgraph.sources.snapshot import take_snapshot
from harmgraph.statements import Tally
from harmgraph.store.releases.release import Release
from harmgraph.validation import Report


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
    with outcome(verbose):
        snapshots = [take_snapshot("curated", PROJECT.curated), *given_snapshots(sources or [])]
        with showing_progress() as progress:
            release = pipeline.build(snapshots, PROJECT, folder_of_releases(), progress)
        _print_stats(release)


def candidates(
    sources: Annotated[list[str], typer.Argument(metavar="SOURCE=PATH…", help="Snapshots of different databases.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="SSSOM table for review.")] = Path(
        "candidates.sssom.tsv"
    ),
) -> None:
    """List pairs of incidents of different databases that may be one, for review. Nothing is merged by them."""
    with outcome():
        curated = take_snapshot("curated", PROJECT.curated)
        found = pipeline.candidates([curated, *given_snapshots(sources)], PROJECT)
        out.print(f"{write_candidates(found, output):,} candidates in {output}", markup=False)


def convert(
    source: Annotated[str, typer.Argument(help="One of `harmgraph sources`.")],
    snapshot: Annotated[Path, typer.Argument(help="A file or folder of that source.", exists=True)],
    output: Annotated[Path | None, typer.Option("-o", "--output", help="N-Quads file; else standard output.")] = None,
    problems: Annotated[
        Path | None, typer.Option(help="JSON Lines of what was amiss; else problems.jsonl beside the output.")
    ] = None,
) -> None:
    """Turn one snapshot into N-Quads and say whether they conform to the shapes."""
    with outcome(), tempfile.TemporaryDirectory(prefix="harmgraph-") as folder:
        target = output or Path(folder) / "out.nq"
        noted = problems or (target.parent / "problems.jsonl")
        with noted.open("w", encoding="utf-8") as file, showing_progress() as progress:
            tally = pipeline.convert(take_snapshot(known_source(source), snapshot), PROJECT, target, file, progress)
        if output is None:
            with target.open("rb") as quads:
                for line in quads:
                    sys.stdout.buffer.write(line)
        _print_problems(noted, tally)
        _judge(pipeline.conformance(target, PROJECT))


def validate(file: Annotated[Path, typer.Argument(help="An RDF file of any format.", exists=True)]) -> None:
    """Validate an RDF file against the shapes."""
    with outcome():
        _judge(pipeline.conformance(file, PROJECT))


def sources() -> None:
    """List the source formats that harmgraph reads."""
    table = Table("source", "what it is", "licence", box=None)
    for source in SOURCES.values():
        table.add_row(source.name, source.title, source.licence.iri)
    out.print(table)


def stats() -> None:
    """Print the counts of the current release: records read, incidents, merged, quarantined, per source."""
    with outcome():
        _print_stats(folder_of_releases().current())


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

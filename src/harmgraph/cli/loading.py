"""The command that makes a release of any RDF files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from harmgraph import importing, pipeline
from harmgraph.cli.arguments import PROJECT, folder_of_releases
from harmgraph.cli.console import out, outcome, showing_progress
from harmgraph.store.releases.rdf_files import FORMATS, RdfFile


def load(
    files: Annotated[
        list[str],
        typer.Argument(
            metavar="[IRI=]FILE…",
            help="RDF files, plain or compressed (gz, bz2, xz). IRI= names the graph of one file.",
        ),
    ],
    graph: Annotated[
        str | None, typer.Option(metavar="IRI", help="The graph of every file that has no IRI= of its own.")
    ] = None,
    base: Annotated[
        str | None, typer.Option(metavar="IRI", help="The base of relative IRIs; else the name of the file's graph.")
    ] = None,
    form: Annotated[
        str | None, typer.Option("--format", "-f", help=f"One of {', '.join(FORMATS)}; else what the suffix says.")
    ] = None,
    validate: Annotated[bool, typer.Option("--validate", help="Refuse what the shapes find a violation in.")] = False,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Tell the story of the load.")] = False,
) -> None:
    """Make a release of RDF files and switch to it; what stands in no named graph goes to the graph of its file."""
    with outcome(verbose):
        found = [_file(argument, graph, base, form) for argument in files]
        judge = (lambda dump: pipeline.conformance(dump, PROJECT)) if validate else None
        with showing_progress() as progress:
            release = importing.load(found, folder_of_releases(), progress, judge)
        table = Table("file", "graph", "statements", box=None, title=f"release {release.id}")
        for row in release.facts["files"]:
            table.add_row(row["name"], row["graph"], f"{row['quads']:,}")
        out.print(table, markup=False)
        out.print(f"{release.facts['quads']:,} statements; next: harmgraph serve", markup=False)


def _file(argument: str, graph: str | None, base: str | None, form: str | None) -> RdfFile:
    """The file of an argument. IRIs and paths may both hold ``=``, so the first one before a file divides them."""
    iri, path = graph, argument
    if not Path(argument).exists():
        parts = argument.split("=")
        divided = (("=".join(parts[:n]), "=".join(parts[n:])) for n in range(1, len(parts)))
        iri, path = next((pair for pair in divided if Path(pair[1]).is_file()), (graph, argument))
    return RdfFile.of(Path(path), iri, base, form)

"""The command that asks: a query of the project or of a file, of the current release or of an endpoint."""

from __future__ import annotations

import asyncio
import logging
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer
from rich.table import Column, Table
from rich.text import Text

from harmgraph.catalogue import called, catalogue, without_network
from harmgraph.cli.console import err, out, outcome
from harmgraph.iris import BASE
from harmgraph.settings import Settings
from harmgraph.store.base import Answer, Query
from harmgraph.store.query_text.parameters import bound, declared

if TYPE_CHECKING:
    from harmgraph.service.sparql import results

_RESULTS: Final = {
    "json": "application/sparql-results+json",
    "xml": "application/sparql-results+xml",
    "csv": "text/csv",
    "tsv": "text/tab-separated-values",
}
_GRAPHS: Final = {
    "ttl": "text/turtle",
    "jsonld": "application/ld+json",
    "nt": "application/n-triples",
    "rdf": "application/rdf+xml",
    "nq": "application/n-quads",
    "trig": "application/trig",
}
FORMATS: Final = ("table", *_RESULTS, *_GRAPHS)


def query(
    name: Annotated[
        str | None,
        typer.Argument(metavar="[NAME|FILE]", help="A number, a name, a file, or - for standard input; else the list."),
    ] = None,
    param: Annotated[
        list[str] | None,
        typer.Option("--param", "-p", metavar="NAME=TERM", help="The value of a parameter or a variable."),
    ] = None,
    form: Annotated[
        str | None,
        typer.Option("--format", "-f", help=f"One of {', '.join(FORMATS)}; else a table to read, CSV in a pipe."),
    ] = None,
    endpoint: Annotated[
        str | None, typer.Option(metavar="URL", help="A SPARQL endpoint to ask; else the current release.")
    ] = None,
    offline: Annotated[
        bool,
        typer.Option(
            "--offline", help="Take Wikidata's part from the slice in the release; nothing is asked elsewhere."
        ),
    ] = False,
    timeout: Annotated[float | None, typer.Option(min=0.1, metavar="SECONDS", help="When to end the query.")] = None,
    show: Annotated[bool, typer.Option("--show", help="Print the query with its parameters; ask nothing.")] = False,
) -> None:
    """Answer a competency query, or one of your own; without a name, list those there are with their questions."""
    if form is not None and form not in FORMATS:
        raise typer.BadParameter(f"there is no format {form!r}; there are {', '.join(FORMATS)}")
    with outcome():
        if name is None:
            _list()
            return
        text = bound(_text(name), _values(param or []))
        if offline:
            text = without_network(text)
        if show:
            sys.stdout.write(text)
            return
        settings = Settings.from_environment()
        if endpoint is not None:
            if not endpoint.lower().startswith(("http://", "https://")):
                raise typer.BadParameter(f"{endpoint!r} is not the address of an endpoint, like https://…/sparql")
            # What is set for the store of the service, its credentials before all, is not for this endpoint.
            settings = replace(settings, store=endpoint, store_dialect="auto", store_user="", store_password="")
            logging.getLogger("harmgraph.store.other_engines").setLevel(logging.ERROR)  # its release is no matter here
        elif settings.store == "auto":
            settings = replace(settings, store="disk")  # one query does not pay for loading a release into memory
        asked = Query(text, timeout or settings.query_timeout, base_iri=BASE)
        asyncio.run(_answer(asked, form or ("table" if sys.stdout.isatty() else ""), settings))


def _list() -> None:
    """Print the queries with their questions and parameters."""
    for each in catalogue():
        out.print(f"[bold]{each.name}[/]" + (" (asks Wikidata)" if each.kind == "federated" else ""), soft_wrap=True)
        out.print(f"    {each.question}", markup=False, soft_wrap=True)
        for key, value in declared(each.text).items():
            out.print(f"    --param {key}={value}", style="dim", markup=False, soft_wrap=True)


def _text(name: str) -> str:
    if name == "-":
        return sys.stdin.read()
    if Path(name).is_file():
        return Path(name).read_text(encoding="utf-8")
    return called(name, catalogue()).text


def _values(arguments: list[str]) -> dict[str, list[str]]:
    values: dict[str, list[str]] = {}
    for argument in arguments:
        name, separator, value = argument.partition("=")
        if not separator or not name:
            raise typer.BadParameter(f"{argument!r} should be NAME=TERM, like country=country:FRA")
        values.setdefault(name, []).append(value)
    return values


async def _answer(asked: Query, form: str, settings: Settings) -> None:
    from harmgraph.service.sparql import results  # what opens stores and reads answers: not for the other commands
    from harmgraph.store.opening import open_store

    store = await open_store(settings)
    try:
        if form == "table":
            _print(await results.shown(store, asked, ""))
            return
        # Where no format is asked for, each kind of answer has one that suits a pipe.
        table = "text/csv" if not form else _RESULTS.get(form)
        truth = "text/boolean" if not form else _RESULTS.get(form) if form in ("json", "xml") else None
        graph = "text/turtle" if not form else _GRAPHS.get(form)
        asked = replace(asked, results_format=table, boolean_format=truth, graph_format=graph)
        await _write(await store.query(asked))
    finally:
        await store.close()


async def _write(answer: Answer) -> None:
    chunk = b""
    try:
        async for chunk in answer.chunks:
            sys.stdout.buffer.write(chunk)
        if not chunk.endswith(b"\n"):
            sys.stdout.buffer.write(b"\n")
        sys.stdout.buffer.flush()
    finally:
        await answer.close()


def _print(shown: results.Table) -> None:
    if shown.kind == "boolean":
        out.print("yes" if shown.truth else "no")
        return
    table = Table(*(Column(name, overflow="fold") for name in shown.columns), box=None)
    for row in shown.rows:
        table.add_row(*(Text(_visible(cell.text)) if cell else "" for cell in row))
    out.print(table)
    err.print(f"{len(shown.rows):,} rows" + ("; there are more: --format csv has all of them" if shown.more else ""))


def _visible(text: str) -> str:
    """The text without characters that a terminal would obey."""
    return "".join(c if c.isprintable() else " " for c in text)

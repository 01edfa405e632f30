"""The command that says what mentions name, and the items of Wikidata that these are."""

from __future__ import annotations

import csv
import sys
from typing import Annotated

import typer

from harmgraph.background import background
from harmgraph.cli.arguments import PROJECT
from harmgraph.cli.console import err, outcome
from harmgraph.errors import HarmgraphError
from harmgraph.linking.judgements import read_judgements
from harmgraph.linking.matching import COLUMNS, FIELDS, Matcher


def match(
    mentions: Annotated[
        typer.FileText | None, typer.Argument(help="CSV with the columns mention and field; else standard input.")
    ] = None,
) -> None:
    """Say what each mention names, and the item of Wikidata that this is: a row for each thing, as CSV."""
    with outcome():
        vocabulary = PROJECT.vocabulary()
        matcher = Matcher(vocabulary, read_judgements(PROJECT.judgements), background(PROJECT.ontology, vocabulary))
        rows = csv.DictReader(mentions or sys.stdin)
        if missing := {"mention", "field"}.difference(rows.fieldnames or ()):
            raise HarmgraphError(f"the header lacks {', '.join(sorted(missing))}; it should be mention,field")
        out = csv.writer(sys.stdout, lineterminator="\n")
        out.writerow(COLUMNS)
        for row in rows:
            mention, field = row["mention"] or "", row["field"] or ""
            try:
                found = matcher.match(mention, field)
            except KeyError:
                err.print(
                    f"line {rows.line_num}: field {field!r} is none of {', '.join(FIELDS)}; read as an organisation",
                    markup=False,
                )
                found = matcher.match(mention, "organisation")
            out.writerows(each.cells(mention) for each in found)

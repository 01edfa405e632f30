"""Incidents that a search found → CSV and JSON, all of them, with the labels of what their records state.

A cell that a spreadsheet would take for a formula gets an apostrophe in front (OWASP, "CSV Injection"): labels are text
of strangers.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from typing import Final

from harmgraph.service.pages.facets import FACETS, FacetIndex
from harmgraph.service.pages.selection import Selection

CSV: Final = "text/csv;charset=utf-8"
JSON: Final = "application/json"
_STATED: Final = tuple(name for name in FACETS if name not in ("year", "organisation"))
_SEPARATOR: Final = "; "


def csv_of(index: FacetIndex, selection: Selection, positions: Sequence[int], by_words: int) -> bytes:
    """One line for each incident; several values in a cell are separated by semicolons."""
    del selection, by_words  # a table has no place for counts
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(("incident", "label", "earliest_date", *_STATED))
    for position in positions:
        incident = index.incidents[position]
        cells = (_SEPARATOR.join(_labels(index, name, position)) for name in _STATED)
        writer.writerow([harmless(cell) for cell in (incident.iri, incident.label, incident.date, *cells)])
    return text.getvalue().encode()


def json_of(index: FacetIndex, selection: Selection, positions: Sequence[int], by_words: int) -> bytes:
    """The counts of each facet, as the page has them, and the incidents."""
    facets = {
        name: [
            {"value": value.key, "label": value.label, "count": value.count}
            for value in index.counts(name, index.chosen(selection.choice, by_words, without=name))
        ]
        for name in FACETS
    }
    incidents = [
        {
            "iri": index.incidents[position].iri,
            "label": index.incidents[position].label,
            "earliestDate": index.incidents[position].date or None,
            **{name: _labels(index, name, position) for name in _STATED},
        }
        for position in positions
    ]
    found = {"total": len(positions), "facets": facets, "incidents": incidents}
    return json.dumps(found, ensure_ascii=False).encode()


def harmless(cell: str) -> str:
    """The cell as no spreadsheet takes it for a formula.

    >>> harmless('=HYPERLINK("http://example.org")')
    '\\'=HYPERLINK("http://example.org")'
    """
    return f"'{cell}" if cell.startswith(("=", "+", "-", "@", "\t", "\r")) else cell


def _labels(index: FacetIndex, name: str, position: int) -> list[str]:
    column = index.columns[name]
    return [column.label(key) for key in column.stated[position]]

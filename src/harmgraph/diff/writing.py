"""Differences → text for people, JSON for programs, RDF for stores. Each writer streams and counts as it goes.

RDF is two named graphs, what was removed and what was added. ``docs/how-to/compare-releases.md`` says why.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final, TextIO

from pyoxigraph import NamedNode, Quad, RdfFormat, serialize

from harmgraph.diff.comparing import Change, Difference, Summary, Term, compare
from harmgraph.diff.sides import Side
from harmgraph.iris import BASE, DCT, PREFIXES, RDF, RDFS, SKOS, VOID, XSD, curie, mint
from harmgraph.triples import text

_MARKS: Final = {"added": "+", "removed": "-", "changed": "~"}
_DOUBT: Final = "possibly another incident: its titles and addresses have no word in common"
_LONGEST: Final = 160
_CHUNK: Final = 2000
"""Quads serialised at a time."""


def write(old: Side, new: Side, form: str, out: TextIO) -> Summary:
    """Compare the sides and write what differs in one of `FORMATS`; returns the counts."""
    summary = Summary()
    FORMATS[form](old, new, _noted(compare(old, new), summary), summary, out)
    return summary


def _noted(differences: Iterable[Difference], summary: Summary) -> Iterator[Difference]:
    for difference in differences:
        summary.add(difference)
        yield difference


# --- Text --------------------------------------------------------------------------------------------------


def _write_text(old: Side, new: Side, differences: Iterable[Difference], summary: Summary, out: TextIO) -> None:
    out.write(f"--- {old.name}\n+++ {new.name}\n\n")
    for difference in differences:
        out.writelines(f"{line}\n" for line in _as_text(difference))
    _write_counts(summary, out)


def _write_summary(old: Side, new: Side, differences: Iterable[Difference], summary: Summary, out: TextIO) -> None:
    out.write(f"--- {old.name}\n+++ {new.name}\n\n")
    for _ in differences:
        pass
    _write_counts(summary, out)


def _write_counts(summary: Summary, out: TextIO) -> None:
    for kind in summary.kinds:
        counts = ", ".join(f"{count:,} {change}" for change, count in summary.of(kind).items())
        more = f"; {summary.labels:,} labels changed" if kind == "incident" else ""
        if kind == "incident" and summary.possibly_another:
            more += f", {summary.possibly_another:,} of them possibly of another incident"
        out.write(f"{kind}: {counts}{more}\n")
    if not summary.counts:
        out.write("no difference\n")


def _as_text(difference: Difference) -> Iterator[str]:
    label = f"  {_printable(difference.label)}" if difference.label else ""
    head = f"{_MARKS[difference.change]} {_short(difference.thing)}{label}"
    if difference.change != "changed":
        statements = sum(len(change.removed) + len(change.added) for change in difference.changes)
        yield f"{head}  ({statements} {'statement' if statements == 1 else 'statements'})"
        return
    yield head
    if difference.possibly_another:
        yield f"    {_DOUBT}"
    for record in difference.records_removed:
        yield f"    record gone: {record}"
    for record in difference.records_added:
        yield f"    new record: {record}"
    for change in difference.changes:
        yield from _change_as_text(change)


def _change_as_text(change: Change) -> Iterator[str]:
    name = "label changed" if change.property == DCT.title else _short(change.property)
    if len(change.removed) == 1 and len(change.added) == 1:
        yield f"    {name}: {_shown(change.removed[0])} → {_shown(change.added[0])}"
        return
    name = _short(change.property)
    yield from (f"    {name}: - {_shown(term)}" for term in change.removed)
    yield from (f"    {name}: + {_shown(term)}" for term in change.added)


def _shown(term: Term) -> str:
    if isinstance(term, NamedNode):
        return _short(term)
    shown = _printable(term.value)
    return f'"{shown}"' if len(shown) <= _LONGEST else f'"{shown[:_LONGEST]}…"'


def _short(term: NamedNode) -> str:
    short = curie(term.value)
    return _printable(short if short != term.value else term.value.removeprefix(BASE))


def _printable(value: str) -> str:
    """The text without what could steer a terminal or turn its letters round."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in value)


# --- JSON --------------------------------------------------------------------------------------------------


def _write_json(old: Side, new: Side, differences: Iterable[Difference], summary: Summary, out: TextIO) -> None:
    out.write(f'{{"old": {json.dumps(old.name)}, "new": {json.dumps(new.name)}, "differences": [')
    separator = "\n"
    for difference in differences:
        out.write(separator + json.dumps(_as_json(difference), ensure_ascii=False))
        separator = ",\n"
    counts = {kind: summary.of(kind) for kind in summary.kinds}
    totals = {"counts": counts, "labelsChanged": summary.labels, "possiblyAnother": summary.possibly_another}
    out.write(f'\n], "summary": {json.dumps(totals)}}}\n')


def _as_json(difference: Difference) -> dict[str, Any]:
    return {
        "resource": difference.thing.value,
        "kind": difference.kind,
        "change": difference.change,
        "label": difference.label,
        "labelChanged": difference.label_changed,
        "possiblyAnother": difference.possibly_another,
        "records": {"removed": list(difference.records_removed), "added": list(difference.records_added)},
        "statements": [
            {
                "property": change.property.value,
                "removed": [_term_as_json(term) for term in change.removed],
                "added": [_term_as_json(term) for term in change.added],
            }
            for change in difference.changes
        ],
    }


def _term_as_json(term: Term) -> dict[str, str]:
    """As in SPARQL 1.1 Query Results JSON Format §3.2.2."""
    if isinstance(term, NamedNode):
        return {"type": "uri", "value": term.value}
    found = {"type": "literal", "value": term.value}
    if term.language is not None:
        return found | {"xml:lang": term.language}
    return found if term.datatype == XSD.string else found | {"datatype": term.datatype.value}


# --- RDF ---------------------------------------------------------------------------------------------------


def _write_rdf(form: RdfFormat) -> _Writer:
    def written(old: Side, new: Side, differences: Iterable[Difference], summary: Summary, out: TextIO) -> None:
        chunk: list[Quad] = []
        for quad in _quads(old, new, differences):
            chunk.append(quad)
            if len(chunk) >= _CHUNK:
                out.write(_serialized(chunk, form))
                chunk.clear()
        out.write(_serialized(chunk, form))

    return written


def _serialized(quads: Iterable[Quad], form: RdfFormat) -> str:
    prefixes = PREFIXES if form == RdfFormat.TRIG else None
    written = serialize(quads, format=form, prefixes=prefixes)
    assert written is not None  # bytes come back where no output is given
    return written.decode()


def _quads(old: Side, new: Side, differences: Iterable[Difference]) -> Iterator[Quad]:
    diff = mint("diff", old.name, new.name)
    removed, added = mint("diff", old.name, new.name, "removed"), mint("diff", old.name, new.name, "added")
    for subject, name in (
        (diff, f"What differs between {old.name} and {new.name}"),
        (removed, f"What {old.name} says and {new.name} does not"),
        (added, f"What {new.name} says and {old.name} does not"),
    ):
        yield Quad(subject, RDF.type, VOID.Dataset, diff)
        yield Quad(subject, RDFS.label, text(name), diff)
    yield Quad(diff, VOID.subset, removed, diff)
    yield Quad(diff, VOID.subset, added, diff)
    for difference in differences:
        for change in difference.changes:
            for term in change.removed:
                yield Quad(difference.thing, change.property, term, removed)
            for term in change.added:
                yield Quad(difference.thing, change.property, term, added)
        if difference.possibly_another:
            yield Quad(difference.thing, SKOS.changeNote, text(_DOUBT), diff)


def _write_patch(old: Side, new: Side, differences: Iterable[Difference], summary: Summary, out: TextIO) -> None:
    """RDF Patch, https://jena.apache.org/documentation/rdf-patch/, as one transaction."""
    out.write("TX .\n")
    for difference in differences:
        for change in difference.changes:
            for operation, terms in (("D", change.removed), ("A", change.added)):
                for term in terms:
                    out.write(f"{operation} {difference.thing} {change.property} {term} .\n")
    out.write("TC .\n")


_Writer = Callable[[Side, Side, Iterable[Difference], Summary, TextIO], None]

FORMATS: Final[dict[str, _Writer]] = {
    "text": _write_text,
    "summary": _write_summary,
    "json": _write_json,
    "nquads": _write_rdf(RdfFormat.N_QUADS),
    "trig": _write_rdf(RdfFormat.TRIG),
    "patch": _write_patch,
}
"""Name of a format → what writes it."""

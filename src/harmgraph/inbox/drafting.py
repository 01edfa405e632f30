"""An accepted correction → the draft of a curated record (``data/incidents/*.toml``) that states what it proposes.

Only where that takes no guessing: the thing is an incident, the property one that curated records have, and the value
of the kind that the format wants. The draft has the shape that `read_curated` checks; whether it should be added to a
record that is there already, the maintainer sees in its head.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

import tomli_w
from pyoxigraph import Literal, NamedNode

from harmgraph.inbox.suggestion import Suggestion, Value
from harmgraph.iris import BASE, DCT, FOAF, HG

_INCIDENT: Final = f"{BASE}id/incident/"
_RECORD: Final = f"{BASE}id/record/"
_TEXTS: Final = {HG.occurred: "occurred", DCT.title: "title", DCT.description: "description"}
_THINGS: Final = {
    HG.deployer: ("deployers", f"{BASE}id/organisation/"),
    HG.developer: ("developers", f"{BASE}id/organisation/"),
    HG.jurisdiction: ("jurisdictions", f"{BASE}id/country/"),
}
_CONCEPT: Final = f"{BASE}id/concept/"
_NO_COMMENT: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]+")


def draft(suggestion: Suggestion, title: str, records: Iterable[str], note: str) -> str | None:
    """The text of the file; None where a person has to say what the proposal means.

    ``title`` and ``records`` (IRIs) are what the current release says of the incident.
    """
    proposed = _proposed(suggestion)
    if proposed is None:
        return None
    sources = sorted({source for record in records if (source := _source(record)) is not None})
    local = suggestion.thing.value.removeprefix(_INCIDENT)
    values = {"incident": local, "title": title, "sources": sources, **proposed}
    head = [
        f"Draft of what suggestion {suggestion.name} proposes. Where data/incidents/{local}.toml is there, take over",
        f"the key {next(iter(proposed))} alone; else complete this (data/incidents/README.md) and put it there.",
        f"Why: {suggestion.text}",
        *([f"Evidence: {suggestion.evidence.value}"] if suggestion.evidence is not None else []),
        *([f"Note: {note}"] if note else []),
    ]
    return "".join(f"# {_line(each)}\n" for each in head) + "\n" + tomli_w.dumps(values)


def _proposed(suggestion: Suggestion) -> dict[str, str | list[str]] | None:
    if suggestion.statement is None or suggestion.proposal is None:
        return None
    subject, predicate, _ = suggestion.statement
    if subject != suggestion.thing or not subject.value.startswith(_INCIDENT):
        return None
    value = suggestion.proposal
    if predicate in _TEXTS:
        return {_TEXTS[predicate]: value.value} if isinstance(value, Literal) else None
    if predicate in _THINGS:
        key, namespace = _THINGS[predicate]
        return _list(key, value, namespace)
    if predicate == FOAF.page:
        return {"pages": [value.value]} if isinstance(value, NamedNode) else None
    return _list("concepts", value, _CONCEPT)


def _list(key: str, value: Value, namespace: str) -> dict[str, str | list[str]] | None:
    if not isinstance(value, NamedNode) or not value.value.startswith(namespace):
        return None
    return {key: [value.value.removeprefix(namespace)]}


def _source(record: str) -> str | None:
    """``source/record`` of a record's IRI, which has the version between."""
    parts = record.removeprefix(_RECORD).split("/")
    is_other = record.startswith(_RECORD) and len(parts) > 2 and parts[0] != "curated"  # a draft is one of those
    return f"{parts[0]}/{parts[-1]}" if is_other else None


def _line(text: str) -> str:
    """The text on one line, without what TOML and terminals take for more than text."""
    return _NO_COMMENT.sub(" ", text)

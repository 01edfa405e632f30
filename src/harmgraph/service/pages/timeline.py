"""The document about an incident → its dates in order: when it occurred, what was reported when, what came of it.

A date is as precise as its record has it; dates are compared as text, so a year comes before its months.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from pyoxigraph import Literal, NamedNode

from harmgraph.iris import DCT, HG, SCHEMA
from harmgraph.service.documents.document import Document
from harmgraph.service.pages import wording
from harmgraph.service.pages.shown import Value
from harmgraph.service.pages.views import View
from harmgraph.service.terms import href

FEWEST: Final = 2
"""Moments that make a timeline."""


@dataclass(frozen=True, slots=True)
class Moment:
    """What happened at a date; ``machine`` is the date for ``<time>``, empty where HTML has no such form."""

    date: str
    machine: str
    what: str
    value: Value | None


def timeline(document: Document, view: View) -> tuple[Moment, ...]:
    """The moments, the earliest first; none where there are too few to make a line."""
    found: list[tuple[Literal, str, Value | None]] = [(date, "Occurred", None) for date in _occurred(document)]
    for property_, what in ((HG.reportedIn, "Reported"), (HG.outcome, "Outcome")):
        for node in document.own.get(property_, []):
            if isinstance(node, NamedNode):
                found += [(date, what, _value(document, view, node)) for date in _dates(document, node, DCT.date)]
    distinct = dict.fromkeys(found)
    ordered = sorted(distinct, key=lambda each: (each[0].value, each[1] != "Occurred", str(each[2])))
    if len(ordered) < FEWEST:
        return ()
    return tuple(
        Moment(wording.readable(date.value, date.datatype.value), _machine(date.value), what, value)
        for date, what, value in ordered
    )


def _occurred(document: Document) -> list[Literal]:
    """When it occurred, as precisely as it is known: a year tells nothing beside a day of it."""
    dates = _dates(document, document.thing, HG.occurred)
    return [date for date in dates if not any(each.value.startswith(f"{date.value}-") for each in dates)]


def _dates(document: Document, node: NamedNode, property_: NamedNode) -> list[Literal]:
    return [date for date in document.by_subject.get(node, {}).get(property_, []) if isinstance(date, Literal)]


def _value(document: Document, view: View, node: NamedNode) -> Value:
    described = document.by_subject.get(node, {})
    publishers = [name.value for name in described.get(HG.publisherName, [])]
    label = view.label(node)
    text = f"{publishers[0]}: {label}" if publishers and publishers[0] != label else label
    for url in described.get(SCHEMA.url, []):
        if isinstance(url, NamedNode) and (link := href(url.value)) is not None:
            return Value(text, link, external=True)
    return Value(text)


def _machine(date: str) -> str:
    return date if "/" not in date and date[:1].isdigit() else ""

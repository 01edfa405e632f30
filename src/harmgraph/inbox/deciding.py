"""A suggestion and what its reviewer says → the same file with the decision in it, in PROV, and in its new place.

Decisions are added, never taken out: one that was undone stays, with who undid it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from pyoxigraph import Literal, NamedNode, Triple

from harmgraph.errors import HarmgraphError
from harmgraph.inbox.folder import NEW, Inbox
from harmgraph.inbox.keeping import annotation_iri
from harmgraph.inbox.terms import AS
from harmgraph.iris import FOAF, PROV, RDF, RDFS, XSD

_VERDICTS: Final = {"accepted": AS.Accept, "rejected": AS.Reject, NEW: AS.Undo}
_ORCID: Final = re.compile(r"orcid:(\d{4}-\d{4}-\d{4}-\d{3}[\dX])", re.ASCII)


def decide(
    inbox: Inbox,
    wanted: str,
    state: str,
    reviewer: str,
    note: str,
    beside: str | None = None,
    now: datetime | None = None,
) -> Path:
    """Move the suggestion to this state and say in it who did and why; the path of its file.

    Accepted and rejected ones must be undone before they are decided anew.
    """
    old, name = inbox.find(wanted)
    if NEW not in (old, state):
        raise HarmgraphError(f"{name} is {old} already; harmgraph inbox undo {name} takes that back")
    if old == state:
        raise HarmgraphError(f"{name} is {state}: there is no decision to undo")
    triples = inbox.triples(old, name)
    moment = (now or datetime.now(UTC)).astimezone(UTC)
    said = _decision(annotation_iri(name), _decisions(triples) + 1, state, reviewer, note, moment)
    return inbox.move(name, old, state, [*triples, *said], beside)


def _decisions(triples: list[Triple]) -> int:
    return sum(triple.predicate == PROV.used for triple in triples)


def _decision(it: NamedNode, number: int, state: str, reviewer: str, note: str, moment: datetime) -> Iterator[Triple]:
    decision = NamedNode(f"{it.value}#decision-{number}")
    yield Triple(decision, RDF.type, PROV.Activity)
    yield Triple(decision, RDF.type, _VERDICTS[state])
    yield Triple(decision, PROV.used, it)
    yield Triple(decision, PROV.endedAtTime, Literal(moment.isoformat(timespec="microseconds"), datatype=XSD.dateTime))
    if note:
        yield Triple(decision, RDFS.comment, Literal(note))
    if (orcid := _ORCID.fullmatch(reviewer)) is not None:
        yield Triple(decision, PROV.wasAssociatedWith, NamedNode(f"https://orcid.org/{orcid[1]}"))
        return
    person = NamedNode(f"{decision.value}-reviewer")
    yield Triple(decision, PROV.wasAssociatedWith, person)
    yield Triple(person, RDF.type, PROV.Agent)
    yield Triple(person, FOAF.name, Literal(reviewer))

"""Two sides → the differences, from one merge of two sorted dumps: memory holds one thing of each side at a time.

A thing is the same on both sides if it has the same IRI. Which graph, version or line a statement comes from makes
no difference, only whether some record makes it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import groupby
from typing import Final, Literal
from urllib.parse import unquote, urlsplit

from pyoxigraph import Literal as RdfLiteral
from pyoxigraph import NamedNode, RdfFormat, Triple, parse

from harmgraph.diff.sides import Said, Side, things
from harmgraph.errors import SnapshotUnreadable
from harmgraph.iris import BASE, DCT, FOAF
from harmgraph.names import key, word_set

Term = NamedNode | RdfLiteral

_SILENT: Final = word_set(
    "a about after against ai algorithm algorithmic algorithms an and are as at be been by for from has have her his in"
    " into is it its of on or over s system systems that the their this to use used uses using via was were who with"
)
"""Words that two titles may share without telling of the same incident."""


@dataclass(frozen=True, slots=True)
class Change:
    """The values of one property that only the old side has, and those that only the new side has."""

    property: NamedNode
    removed: tuple[Term, ...]
    added: tuple[Term, ...]


@dataclass(frozen=True, slots=True)
class Difference:
    """What the two sides say differently of one thing."""

    thing: NamedNode
    kind: str
    """As in its IRI: incident, system, report, claim."""
    change: Literal["added", "removed", "changed"]
    changes: tuple[Change, ...]
    label: str
    """Its title on the new side, or on the old one where it is gone; empty where no record gives one."""
    records_removed: tuple[str, ...] = ()
    """Records, as source and local name, that spoke of the incident and are gone."""
    records_added: tuple[str, ...] = ()
    possibly_another: bool = False
    """The identifier may have come to name another incident: see `_nothing_in_common`."""

    @property
    def label_changed(self) -> bool:
        """Whether a title was replaced by another."""
        return self.change == "changed" and any(c.property == DCT.title and c.removed and c.added for c in self.changes)


@dataclass(slots=True)
class Summary:
    """Counts of the differences seen."""

    counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    """By kind of thing and change."""
    labels: int = 0
    possibly_another: int = 0

    def add(self, difference: Difference) -> None:
        """Count one."""
        self.counts[difference.kind, difference.change] += 1
        self.labels += difference.kind == "incident" and difference.label_changed
        self.possibly_another += difference.possibly_another

    def of(self, kind: str) -> dict[str, int]:
        """How many things of this kind were added, removed and changed."""
        return {change: self.counts[kind, change] for change in ("added", "removed", "changed")}

    @property
    def kinds(self) -> list[str]:
        """The kinds of which anything differs, incidents first."""
        return sorted({kind for kind, _ in self.counts}, key=lambda kind: (kind != "incident", kind))


def compare(old: Side, new: Side) -> Iterator[Difference]:
    """Everything that differs, in the order of the dumps."""
    nothing = Said(b"", frozenset(), frozenset())
    before, after = things(old), things(new)
    left, right = next(before, None), next(after, None)
    while left is not None or right is not None:
        if right is None or (left is not None and left.subject < right.subject):
            assert left is not None  # the loop's condition
            yield _difference(left, nothing)
            left = next(before, None)
        elif left is None or right.subject < left.subject:
            yield _difference(nothing, right)
            right = next(after, None)
        else:
            if left.statements != right.statements or left.records != right.records:
                yield _difference(left, right)
            left, right = next(before, None), next(after, None)


def _difference(old: Said, new: Said) -> Difference:
    subject = old.subject or new.subject
    removed = _parsed(subject, old.statements - new.statements)
    added = _parsed(subject, new.statements - old.statements)
    thing = NamedNode(subject[1:-1].decode())
    kind = thing.value.removeprefix(f"{BASE}id/").partition("/")[0] if thing.value.startswith(BASE) else "other"
    whole = _parsed(subject, new.statements or old.statements)
    titles = sorted(_values(whole, DCT.title))
    return Difference(
        thing,
        kind,
        "removed" if not new.subject else "changed" if old.subject else "added",
        tuple(_changes(removed, added)),
        titles[0] if titles else "",
        tuple(sorted(old.records - new.records)),
        tuple(sorted(new.records - old.records)),
        kind == "incident" and bool(old.subject and new.subject) and _nothing_in_common(subject, old, new),
    )


def _parsed(subject: bytes, statements: Iterable[tuple[bytes, bytes]]) -> list[Triple]:
    """The statements as terms, sorted by property and value; only those of things that differ come here."""
    lines = b"".join(b"%b %b %b .\n" % (subject, *statement) for statement in sorted(statements))
    try:
        return [quad.triple for quad in parse(input=lines, format=RdfFormat.N_TRIPLES)]
    except SyntaxError as cause:
        raise SnapshotUnreadable(f"statements about {subject.decode(errors='replace')}: {cause}") from cause


def _changes(removed: list[Triple], added: list[Triple]) -> Iterator[Change]:
    marked = sorted(
        [(t.predicate.value, str(t.object), False, t) for t in removed]
        + [(t.predicate.value, str(t.object), True, t) for t in added],
        key=lambda each: each[:3],
    )
    for predicate, group in groupby(marked, key=lambda each: each[0]):
        members = list(group)
        gone, come = ([_term(t) for _, _, is_new, t in members if is_new == wanted] for wanted in (False, True))
        yield Change(NamedNode(predicate), tuple(gone), tuple(come))


def _term(triple: Triple) -> Term:
    term = triple.object
    if not isinstance(term, NamedNode | RdfLiteral):
        raise SnapshotUnreadable(f"{triple}: only IRIs and literals can be compared between files")
    return term


def _nothing_in_common(subject: bytes, old: Said, new: Said) -> bool:
    """Whether every title is another and no word of the old titles and page addresses is among the new ones'.

    AIAAIC has given identifiers of withdrawn entries to new incidents, and a change of label looks the same but
    for this. Where a side has no title at all, nothing can be said.
    """
    before, after = _parsed(subject, old.statements), _parsed(subject, new.statements)
    titles = set(_values(before, DCT.title)), set(_values(after, DCT.title))
    return all(titles) and titles[0].isdisjoint(titles[1]) and _words(before).isdisjoint(_words(after))


def _words(statements: list[Triple]) -> set[str]:
    """The words of titles and of the last parts of page addresses that say something."""
    addresses = (unquote(urlsplit(page).path).rstrip("/").rpartition("/")[2] for page in _values(statements, FOAF.page))
    return {
        word
        for text in (*_values(statements, DCT.title), *addresses)
        for word in key(text).split()
        if word not in _SILENT
    }


def _values(statements: list[Triple], predicate: NamedNode) -> Iterator[str]:
    return (_term(triple).value for triple in statements if triple.predicate == predicate)

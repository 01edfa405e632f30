"""AIAAIC incident pages → records → incidents.

Most pages carry no identifier, so an incident is found by file name, index, address or title before the page's own
slug has to do. `harmgraph.sources.page_files` finds the pages and `harmgraph.sources.page_text` cuts their text up;
this module says what the pieces mean.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from harmgraph.errors import SnapshotUnreadable
from harmgraph.iris import slug_of
from harmgraph.model import Incident, Interpreted, Report, Snapshot, SourceRecord
from harmgraph.sources.aiaaic import (
    FACETS,
    IDENTIFIER,
    LICENCE,
    Reading,
    is_address,
    report_at,
    tidy,
    title_key,
    values_of,
)
from harmgraph.sources.base import Fault
from harmgraph.sources.page_files import Page, pages
from harmgraph.sources.page_text import SLIPS, SPELLINGS, Piece, begins_with_label, spelling_of, split
from harmgraph.vocabulary import Vocabulary, label_key

_FACET_OF: Final[Mapping[str, str]] = {
    "Type": "kind",
    "Country": "jurisdiction",
    "Sector": "sector",
    "Technology": "technology",
    "Issue": "issue",
    "News trigger": "news trigger",
    "Transparency": "transparency",
    "External harm": "harm",
    "Internal impact": "internal",
    "Consequence": "consequence",
    "Response": "response",
}
_NEVER_LAST: Final = frozenset({"Operator", "Deployer", "Developer", "Country", "Sector", "Purpose", "Technology"})
"""No page seen ends its block with one of these, so one that does is likely cut off."""
_BLOCK: Final = frozenset(SPELLINGS) - {
    "Occurred",
    "Released",
    "Type",
    "Published",
    "Last updated",
    "AIAAIC Repository ID",
}
"""The labels that only the block has, not the head or the foot of a page."""
_SENTENCE_END: Final = re.compile(r"[.!?…:;)\]'\"’”]\s*\Z")


class AiaaicPage:
    """Pages of the AIAAIC repository.

    ``known_titles`` (from `harmgraph.sources.aiaaic.known_titles`) finds the incident of a page that has no identifier.
    """

    name = "aiaaic-page"
    title = "AIAAIC Repository, incident pages"
    licence = LICENCE
    priority = 10

    def __init__(self, known_titles: Mapping[str, str] | None = None) -> None:
        self.known_titles: Mapping[str, str] = known_titles or {}

    def records(self, snapshot: Snapshot) -> Iterator[SourceRecord]:
        """Every page, in the order of the lines or of the file names."""
        seen: Counter[str] = Counter()
        for page in pages(snapshot.path):
            pieces = split(page.text)
            key = self._local(page, pieces)
            seen[key] += 1
            local = key if seen[key] == 1 else f"{key}~{seen[key]}"
            yield self._record(page, pieces, local, duplicate=local != key)
        if not seen:
            raise SnapshotUnreadable(f"{snapshot.path}: holds no page; give a .txt file, a folder of them, or .jsonl")

    def incident(self, record: SourceRecord, vocabulary: Vocabulary) -> Interpreted:
        """What the page says. A page without a title is quarantined."""
        if any(problem.severity == "error" for problem in record.problems):
            return Interpreted(record, None, record.problems)
        reading = Reading(record, vocabulary)
        local = record.local.partition("~")[0]
        ((_, title),) = reading.take(["Title"])
        narrative = _paragraphs(reading.fields.pop("Narrative"))
        reading.fields.ignore("AIAAIC Repository ID", "Unlabelled text", "Released")
        self._labels(record, reading, vocabulary)
        developers = reading.actors(["Developer"])
        published, modified = reading.date(["Published"]), reading.date(["Last updated"])
        reports, related = self._links(reading, local)
        incident = Incident(
            local=local,
            identifiers=(local,),
            title=tidy(title),
            description="\n\n".join(narrative) or None,
            occurred=reading.date(["Occurred"]),
            deployers=reading.actors(["Operator", "Deployer"]),
            developers=developers,
            systems=reading.systems(["System"], developers),
            purposes=reading.texts(["Purpose"]),
            concepts=reading.concepts,
            jurisdictions=reading.places,
            reports=reports,
            related=related,
            pages=(record.page,) if record.page else (),
            published=published.edtf if published else None,
            modified=modified.edtf if modified else None,
        )
        return Interpreted(record, incident, (*record.problems, *reading.fields.problems()))

    def _local(self, page: Page, pieces: Iterable[Piece]) -> str:
        """The incident's identifier where anything tells it, else the slug of the page's title."""
        stated = (tidy(piece.text) for piece in pieces if piece.label == "AIAAIC Repository ID")
        for candidate in (page.identifier, *stated):
            if candidate is not None and IDENTIFIER.fullmatch(candidate):
                return candidate
        for name in (page.address, page.title):
            if name is not None and (known := self.known_titles.get(title_key(name))):
                return known
        return slug_of(page.title) or "page-" + hashlib.sha256(page.position.encode()).hexdigest()[:12]

    def _record(self, page: Page, pieces: Iterable[Piece], local: str, *, duplicate: bool) -> SourceRecord:
        fields = {"Title": page.title, **_fields(pieces)}
        faults = [*page.faults, *_faults(page, pieces)]
        if duplicate:
            message = f"another page of this snapshot tells of the same incident; this one is kept as record {local}"
            faults.append(Fault("Title", page.title, "duplicate-id", message, "warning"))
        problems = tuple(fault.of(self.name, local) for fault in faults)
        return SourceRecord(self.name, local, fields, page.position, page.address, problems)

    def _labels(self, record: SourceRecord, reading: Reading, vocabulary: Vocabulary) -> None:
        last = _last_label(record.fields)
        for name, facet in _FACET_OF.items():
            unmapped = reading.labels(facet, [name])
            ending = values_of(record.fields.get(name, ""))[-1:]
            if name == last and unmapped and ending == unmapped[-1:]:
                begun = [
                    label for label in vocabulary.labels(FACETS[facet][0]) if label.startswith(label_key(ending[0]))
                ]
                if begun:
                    message = f"the page ends here, and {len(begun)} known labels begin like this: it may be cut off"
                    reading.fields.report(name, ending[0], "truncated-value", message)
        if last in _NEVER_LAST:
            message = "the page ends with this label, which is never the last: it may be cut off"
            reading.fields.report(last, record.fields[last], "truncated-value", message)

    def _links(self, reading: Reading, local: str) -> tuple[tuple[Report, ...], tuple[str, ...]]:
        """Reports and related incidents from the lines below the block: addresses, and titles of other pages."""
        reports: dict[Report, None] = {}
        related: dict[str, None] = {}
        without: list[str] = []
        for line in _paragraphs(reading.fields.pop("Links")):
            if is_address(line):
                reports[report_at(line)] = None
            elif known := self.known_titles.get(title_key(line)):
                related |= {known: None} if known != local else {}
            else:
                without.append(line)
        if without:
            message = f"{len(without)} lines below the labels are neither addresses nor titles of known incidents"
            reading.fields.report("Links", "; ".join(without), "link-without-address", message, "info")
        return tuple(reports), tuple(related)


def _paragraphs(text: str) -> list[str]:
    return [line for each in text.split("\n") if (line := tidy(each))]


def _fields(pieces: Iterable[Piece]) -> dict[str, str]:
    """The raw strings under canonical labels, in the page's order, then what stands around the labels."""
    values: dict[str, list[str]] = {}
    around: dict[str, list[str]] = {"stray": [], "link": [], "narrative": []}
    for piece in pieces:
        if piece.kind in {"label", "value"}:
            values.setdefault(piece.label, []).extend([piece.text.strip()] if piece.kind == "value" else [])
        elif piece.kind in around:
            around[piece.kind].append(piece.text)
    fields = {label: "; ".join(filter(None, texts)) for label, texts in values.items()}
    for name, kind in (("Unlabelled text", "stray"), ("Links", "link"), ("Narrative", "narrative")):
        if text := "".join(around[kind]).strip():
            fields[name] = text
    return fields


def _faults(page: Page, pieces: Iterable[Piece]) -> Iterator[Fault]:
    """What is amiss with the form of the page; nothing more where the line was none."""
    if any(fault.severity == "error" for fault in page.faults):
        return
    if not tidy(page.title):
        yield Fault("Title", page.title, "no-title", "the page has no title; it is quarantined", "error")
        return
    seen: set[str] = set()
    for piece in pieces:
        if piece.kind == "label":
            yield from _label_faults(piece, seen)
        elif piece.kind == "stray":
            message = f"stands below the {piece.label} without a label of its own; kept as text only"
            yield Fault("Unlabelled text", piece.text.strip(), "stray-text", message, "warning")
        elif piece.kind in {"narrative", "link"} and begins_with_label(piece.text):
            message = "begins like a label but stands apart from the block of labels; kept as text only"
            yield Fault("Narrative", piece.text.strip()[:200], "label-outside-block", message, "warning")
    if not seen & _BLOCK:
        yield from _blockless(page.text)


def _label_faults(piece: Piece, seen: set[str]) -> Iterator[Fault]:
    spelling = spelling_of(piece)
    if spelling in SLIPS:
        yield Fault(piece.label, spelling, "label-variant", f"this label is read as {piece.label!r}", "info")
    if piece.label in seen:
        message = "the label stands there twice; its values are read as one list"
        yield Fault(piece.label, spelling, "repeated-label", message, "warning")
    seen.add(piece.label)


def _blockless(text: str) -> Iterator[Fault]:
    if not text.strip():
        yield Fault("Narrative", "", "label-block", "the page has no text, so it says nothing but its title", "warning")
        return
    message = "the text has no block of labels; only its title and narrative are used"
    yield Fault("Narrative", text.strip()[-80:], "label-block", message, "warning")
    if not _SENTENCE_END.search(text):
        message = "the text ends in the middle of a sentence: the page may be cut off"
        yield Fault("Narrative", text.strip()[-80:], "truncated-value", message, "warning")


def _last_label(fields: Mapping[str, str]) -> str:
    """The label that the page ends with, or nothing where something else follows the labels."""
    return "" if "Links" in fields else next((name for name in reversed(list(fields)) if name in SPELLINGS), "")

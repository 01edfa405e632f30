"""What passes between the stages of the pipeline: frozen values without behaviour beyond their own meaning.

    Snapshot ─▶ SourceRecord ─▶ Incident (+ Problems) ─▶ quads

A *record* is raw: what a source says, as strings. An *incident* is interpreted: the same record in the terms
of the ontology. One `Incident` value is what one record says of an incident; several records may speak of the
same one, and `harmgraph.consolidation` then says what harmgraph makes of them together.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Final, Literal

from edtf import parse_edtf

from harmgraph.errors import Problem

_PLAIN_DATE: Final = re.compile(r"(\d{4})(?:-(0[1-9]|1[0-2])(?:-(0[1-9]|[12]\d|3[01]))?)?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Licence:
    """Under what terms a source's records are used, and how it asks to be cited."""

    iri: str
    rights_holder: str
    citation: str
    homepage: str
    assertion_status: str = "stated"
    """Slug in the scheme ``assertion-status``: how the source makes its statements (``stated``, ``alleged``)."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One file or folder of one source as it was at one time. ``version`` is its local name in IRIs."""

    source: str
    path: Path
    version: str
    checksum: str
    """SHA-256 of the bytes read, in hexadecimal."""
    date: str | None = None
    """When the source published it or it was fetched, as ``2026-06`` or ``2026-06-30``."""


@dataclass(frozen=True, slots=True)
class SourceRecord:
    """One entry of a source as read, without interpretation.

    ``local`` is unique in its snapshot and stable between snapshots; ``fields`` keeps every field's raw string
    under the source's own name for it, in the source's order; ``position`` says where in the snapshot.
    """

    source: str
    local: str
    fields: Mapping[str, str]
    position: str
    page: str | None = None
    problems: tuple[Problem, ...] = ()
    """Faults met while reading, before any interpretation."""
    licence: Licence | None = None
    """The record's own terms, where they differ from those of its source."""


@dataclass(frozen=True, slots=True)
class Occurred:
    """A date as precise as the source has it, in EDTF level 1 (ISO 8601-2), with the days that bound it.

    >>> Occurred("2022-03").earliest, Occurred("2022-03").latest
    (datetime.date(2022, 3, 1), datetime.date(2022, 3, 31))
    >>> Occurred("2018/..").latest is None
    True
    """

    edtf: str

    @property
    def earliest(self) -> date | None:
        """The first day it can have been, or None where the start is open."""
        return _bounds(self.edtf)[0]

    @property
    def latest(self) -> date | None:
        """The last day it can have been, or None for an open range: ongoing when published."""
        return _bounds(self.edtf)[1]


@lru_cache(maxsize=4096)
def _bounds(edtf: str) -> tuple[date | None, date | None]:
    # python-edtf 5.0.2 has no strict bound for an open end (TypeError on '2018/..'), so ends go in singly.
    first, _, last = edtf.partition("/")
    last = last or first
    return (None if first == ".." else _first_day(first)), (None if last == ".." else _last_day(last))


def _first_day(point: str) -> date:
    if (plain := _plain(point)) is not None:
        return date(plain[0], plain[1] or 1, plain[2] or 1)
    return date(*parse_edtf(point).lower_strict()[:3])


def _last_day(point: str) -> date:
    year, month, day = _plain(point) or parse_edtf(point).upper_strict()[:3]
    month = month or 12
    last = calendar.monthrange(year, month)[1]
    return date(year, month, min(day or last, last))


def _plain(point: str) -> tuple[int, int, int] | None:
    """Year, month and day of a plain date, 0 for what it leaves open: the parser takes 10 ms, most of a record's."""
    if (match := _PLAIN_DATE.fullmatch(point)) is None:
        return None
    year, month, day = (int(part or 0) for part in match.groups())
    exists = year > 0 and day <= calendar.monthrange(year, month or 1)[1]
    return (year, month, day) if exists else None


@dataclass(frozen=True, slots=True, order=True)
class Concept:
    """A concept of one of our SKOS schemes, named by scheme and slug."""

    scheme: str
    slug: str


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A jurisdiction: a country by ISO 3166-1 alpha-3, or a region, union or scope by its code or slug.

    ``within`` is the alpha-3 code of the country that a region lies in, None for countries and scopes.
    """

    kind: Literal["country", "place"]
    code: str
    label: str
    within: str | None = None


@dataclass(frozen=True, slots=True, order=True)
class Actor:
    """An organisation named by a record. Private individuals, user groups and placeholders never become one."""

    slug: str
    label: str


@dataclass(frozen=True, slots=True, order=True)
class System:
    """An AI system, product or data set named by a record; developers only where the record ties them to it."""

    slug: str
    label: str
    developers: tuple[Actor, ...] = ()


@dataclass(frozen=True, slots=True)
class Mention:
    """A thing that the narrative names, at these character offsets (from 0, end exclusive) of the description."""

    thing: Actor | Place | System
    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Report:
    """A news article, study or other document that an incident is reported in.

    ``local`` is the local name of its IRI. Many a source names a publisher without an address, so ``url`` may be
    unknown; it is never guessed.
    """

    local: str
    url: str | None = None
    title: str | None = None
    publisher: str | None = None
    published: str | None = None
    """EDTF date."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A statement that somebody makes about an incident, with who makes it and the report it appears in."""

    local: str
    text: str
    claimant: Actor | str | None = None
    """An organisation, or a person in public office as text: "Vice prime minister of Ukraine"."""
    on_behalf_of: Actor | Place | None = None
    report: Report | None = None
    concerns_harm: tuple[Concept, ...] = ()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of an incident, as far as a source record states it: a ruling, a fine, a withdrawal."""

    local: str
    kind: Concept
    """A concept of ``consequence`` or ``response``."""
    text: str
    source: str
    """The record that states it, as ``source/record``."""
    amount: Decimal | None = None
    currency: str | None = None
    """ISO 4217; there is none without an amount, and no amount without it."""
    date: str | None = None
    """EDTF date."""
    imposed_by: Actor | None = None
    """The court or authority that decided it."""


@dataclass(frozen=True, slots=True)
class Incident:
    """What one record says of one incident, in the terms of the ontology.

    ``local`` is the local name of the incident's IRI and comes from the source's identifier, never from a title.
    The concepts of all schemes stand together in ``concepts``; `harmgraph.triples` knows which property each
    scheme belongs to.
    """

    local: str
    identifiers: tuple[str, ...]
    title: str | None
    """None where the record only adds to an incident that other records name, as a classification does."""
    earlier_titles: tuple[str, ...] = ()
    description: str | None = None
    occurred: Occurred | None = None
    concepts: tuple[Concept, ...] = ()
    draft_concepts: tuple[Concept, ...] = ()
    """Concepts of another database's taxonomy that it has not published the incident under."""
    deployers: tuple[Actor, ...] = ()
    developers: tuple[Actor, ...] = ()
    systems: tuple[System, ...] = ()
    jurisdictions: tuple[Place, ...] = ()
    harmed: tuple[str, ...] = ()
    """Groups and organisations that the source names as harmed or nearly harmed, in its words; never a person."""
    purposes: tuple[str, ...] = ()
    mentions: tuple[Mention, ...] = ()
    claims: tuple[Claim, ...] = ()
    outcomes: tuple[Outcome, ...] = ()
    reports: tuple[Report, ...] = ()
    related: tuple[str, ...] = ()
    """Local names of other incidents."""
    pages: tuple[str, ...] = ()
    """Web pages about the incident, the source's own first."""
    published: str | None = None
    modified: str | None = None
    derived_from: tuple[str, ...] = ()
    """Identifiers of the source records that a curated record was written from."""
    affected: str | None = None
    """Whom or what the source names as affected, in its words: a party, an organisation or a product."""
    keywords: tuple[str, ...] = ()
    """Words that the source files the record under and that no scheme of ours has."""


@dataclass(frozen=True, slots=True)
class Tombstone:
    """An incident that a source has withdrawn: its IRI stays and answers that it is gone, and why."""

    local: str
    reason: str
    published: str | None = None
    """EDTF date of the withdrawal."""
    successors: tuple[str, ...] = ()
    """Local names of the incidents that the source points to in its place, where no single one replaces it."""


@dataclass(frozen=True, slots=True)
class Interpreted:
    """The outcome of interpreting one record: the incident, or None where it was quarantined, and what was amiss."""

    record: SourceRecord
    incident: Incident | None
    problems: tuple[Problem, ...] = field(default=())
    tombstone: Tombstone | None = None
    """Set where the source has withdrawn the record: then ``incident`` is None, and not because of a fault."""

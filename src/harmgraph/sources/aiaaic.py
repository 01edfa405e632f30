"""What AIAAIC's pages and sheets have in common: labelled fields of one record → the parts of an `Incident`.

`Reading` takes the fields of one record one by one, looks their labels up, and gathers what they say and what was
amiss. How the fields come out of a page or a sheet is the business of `aiaaic_page` and `aiaaic_sheet`.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Final

from harmgraph.dates import read_occurred
from harmgraph.errors import Severity
from harmgraph.model import Actor, Concept, Incident, Occurred, Place, Report, SourceRecord, System
from harmgraph.sources.base import Fields, Licence
from harmgraph.vocabulary import Mapped, Vocabulary, label_key

LICENCE: Final = Licence(
    iri="https://creativecommons.org/licenses/by-sa/4.0/",
    rights_holder="AIAAIC",
    citation="AIAAIC Repository of incidents driven by artificial intelligence, algorithms and automation",
    homepage="https://www.aiaaic.org/",
)

IDENTIFIER: Final = re.compile(r"AIAAIC\d{3,4}")

FACETS: Final[Mapping[str, tuple[str, ...]]] = {
    "kind": ("kind",),
    "jurisdiction": ("jurisdiction",),
    "sector": ("sector",),
    "technology": ("technology",),
    "news trigger": ("news-trigger",),
    "issue": ("issue",),
    "transparency": ("transparency",),
    "harm": ("harm",),
    "consequence": ("consequence",),
    "response": ("response",),
    # What the sheets called "internal harms" until 2025 mixes what befell the actor with what it did about it.
    "internal": ("consequence", "response", "harm"),
}
"""What a field says → the schemes that it may name concepts of, in the order in which their lookups are asked."""

_FINDINGS: Final[Mapping[str, tuple[Severity, str]]] = {
    "typo": ("info", "read as the label that it misspells"),
    "list": ("info", "read as several labels, though ';' does not separate them"),
    "shifted": ("warning", "belongs in another column"),
}
"""The findings of the lookups that a person should hear of; the others say only how a label was mapped."""
_SILENT: Final = frozenset({"", "moved", "broader", "placeholder"})

_ZERO_WIDTH: Final = dict.fromkeys(map(ord, "\u200b\u2060\ufeff"))
_ADDRESS: Final = re.compile(
    # RFC 3987, less user names, IP literals and private-use characters, none of which the address of a page needs.
    r"https?://(?:[A-Za-z0-9._~-]|[^\W_])+(?::\d{1,5})?"
    r"(?:/(?:[A-Za-z0-9._~!$&'()*+,;=:@/-]|%[0-9A-Fa-f]{2}|[^\W\x00-\x7f])*)?"
    r"(?:\?(?:[A-Za-z0-9._~!$&'()*+,;=:@/?-]|%[0-9A-Fa-f]{2}|[^\W\x00-\x7f])*)?"
    r"(?:#(?:[A-Za-z0-9._~!$&'()*+,;=:@/?-]|%[0-9A-Fa-f]{2}|[^\W\x00-\x7f])*)?"
)


def tidy(text: str) -> str:
    """The text on one line: white space (NBSP too) collapsed, zero-width characters out.

    >>> tidy(" Govt\\xa0- \\n police\\u200b ")
    'Govt - police'
    """
    return " ".join(text.translate(_ZERO_WIDTH).split())


def is_address(text: str) -> bool:
    """Whether this is the http or https address of a page, valid as an IRI as it stands."""
    return _ADDRESS.fullmatch(text) is not None


def report_at(address: str) -> Report:
    """The report at this address; its local name is a hash of the address, so that all sources share it."""
    return Report(hashlib.sha256(address.encode()).hexdigest()[:16], address)


def values_of(cell: str) -> list[str]:
    """The values of a cell: only ``;`` separates, because commas and slashes are parts of labels.

    >>> values_of("Bias/discrimination - race, gender; ; Ethics")
    ['Bias/discrimination - race, gender', 'Ethics']
    """
    return [value for part in cell.split(";") if (value := tidy(part))]


def title_key(title: str) -> str:
    """The form in which titles and addresses are compared: folded, only letters and digits kept."""
    return "".join(c for c in label_key(title.translate(_ZERO_WIDTH)) if c.isalnum())


def known_titles(named: Iterable[tuple[str, str]]) -> dict[str, str]:
    """`title_key` → AIAAIC identifier, from pairs of (title or page address, incident).

    Titles of other databases' incidents are left out, and so is a title that two incidents bear: it names neither.
    """
    holders: dict[str, set[str]] = {}
    for title, incident in named:
        if IDENTIFIER.fullmatch(incident) and (key := title_key(title)):
            holders.setdefault(key, set()).add(incident)
    return {key: next(iter(incidents)) for key, incidents in holders.items() if len(incidents) == 1}


def names_of(incident: Incident) -> Iterable[tuple[str, str]]:
    """The pairs that `known_titles` wants of an incident: its titles, earlier titles and pages."""
    if IDENTIFIER.fullmatch(incident.local):
        yield from (
            (name, incident.local) for name in (incident.title, *incident.earlier_titles, *incident.pages) if name
        )


class Reading:
    """What one record says, gathered field by field; lists keep the source's order and hold nothing twice."""

    def __init__(self, record: SourceRecord, vocabulary: Vocabulary) -> None:
        self.fields = Fields(record.source, record.local, record.fields)
        self._vocabulary = vocabulary
        self._names = tuple(record.fields)
        self._concepts: dict[Concept, None] = {}
        self._places: dict[Place, None] = {}

    @property
    def concepts(self) -> tuple[Concept, ...]:
        return tuple(self._concepts)

    @property
    def places(self) -> tuple[Place, ...]:
        return tuple(self._places)

    def take(self, names: Iterable[str]) -> list[tuple[str, str]]:
        """Take these fields: those of the record that say something, each with its name there."""
        taken = [(name, self.fields.pop(name)) for name in names if name in self._names]
        return [(name, value) for name, value in taken if value]

    def labels(self, facet: str, names: Iterable[str]) -> list[str]:
        """Look up the labels of these fields as values of the facet; returns those that nobody has mapped."""
        unmapped = []
        for name, cell in self.take(names):
            for label in values_of(cell):
                mapped = self._mapped(facet, label)
                if mapped is None:
                    unmapped.append(label)
                    self._report_unmapped(facet, name, label)
                else:
                    self._place(facet, name, label, mapped)
        return unmapped

    def actors(self, names: Iterable[str]) -> tuple[Actor, ...]:
        """The organisations that these fields name."""
        found: dict[Actor, None] = {}
        for name, cell in self.take(names):
            read = self._vocabulary.actors(cell)
            found |= dict.fromkeys(read.actors)
            for finding in read.findings:
                self.fields.report(name, finding.value, finding.kind, finding.message, finding.severity)
        return tuple(found)

    def systems(self, names: Iterable[str], developers: tuple[Actor, ...]) -> tuple[System, ...]:
        """The systems that these fields name. A lone one is tied to the lone developer of the record; otherwise nobody
        says which developer made which: a row on ChatGPT also lists the makers of what it is compared with."""
        found: dict[System, None] = {}
        for name, cell in self.take(names):
            read = self._vocabulary.systems(cell)
            found |= dict.fromkeys(read.systems)
            for finding in read.findings:
                self.fields.report(name, finding.value, finding.kind, finding.message, finding.severity)
        if len(found) == len(developers) == 1:
            return tuple(replace(system, developers=developers) for system in found)
        return tuple(found)

    def texts(self, names: Iterable[str]) -> tuple[str, ...]:
        """The free texts of these fields."""
        return tuple(dict.fromkeys(text for _, cell in self.take(names) for text in values_of(cell)))

    def date(self, names: Iterable[str]) -> Occurred | None:
        """The date in these fields, or None where they are blank or say none that a rule reads."""
        for name, text in self.take(names):
            try:
                return read_occurred(tidy(text))
            except ValueError as error:
                self.fields.report(name, text, "unreadable-date", f"{error}; kept as text only", "error")
        return None

    def addresses(self, names: Iterable[str]) -> tuple[str, ...]:
        """The addresses of pages in these fields; whatever else they hold is reported."""
        found: dict[str, None] = {}
        for name, cell in self.take(names):
            for word in cell.split():
                if is_address(address := word.rstrip(",;")):
                    found[address] = None
                else:
                    self.fields.report(
                        name, word, "not-an-address", "no valid http or https address; kept as text only"
                    )
        return tuple(found)

    def _mapped(self, facet: str, label: str) -> Mapped | None:
        found = (self._vocabulary.mapped(lookup, label) for lookup in FACETS[facet])
        return next((mapped for mapped in found if mapped is not None), None)

    def _place(self, facet: str, name: str, label: str, mapped: Mapped) -> None:
        """File the targets where they belong, whatever column they stood in."""
        for target in mapped.targets:
            if isinstance(target, Place):
                self._places[target] = None
            else:
                self._concepts[target] = None
        at_home = all(isinstance(each, Concept) and each.scheme in FACETS[facet] for each in mapped.targets)
        if mapped.finding == "shifted" and mapped.targets and at_home:
            return  # from one to another of the schemes that the field may name concepts of
        if mapped.finding in _FINDINGS:
            severity, message = _FINDINGS[mapped.finding]
            self.fields.report(name, label, mapped.finding, message, severity)
        elif mapped.finding not in _SILENT:
            self.fields.report(name, label, "remark", mapped.finding, "info")

    def _report_unmapped(self, facet: str, name: str, label: str) -> None:
        lookups = " or ".join(f"data/lookups/{lookup}.csv" for lookup in FACETS[facet])
        remedy = f"no line of {lookups} maps this label; add one"
        hint = " (commas may separate several labels here)" if "," in label else ""
        self.fields.report(name, label, "unmapped-label", remedy + hint)

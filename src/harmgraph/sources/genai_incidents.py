"""The genai-incidents corpus (a Python package) → records → incidents, withdrawn ones as tombstones.

Reads ``incidents.min.json`` from a file, a folder or the installed package, and ``id_deprecations.json`` beside it.
Most of its classifications are the work of a program, which its own data sheet says; they stand in the graph as
this source's statements. Its texts come from anywhere and are untrusted. docs/reference/genai-incidents.md tells all.
"""

from __future__ import annotations

import importlib.util
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Final

from harmgraph.model import Concept, Incident, Interpreted, Occurred, Place, Report, Snapshot, SourceRecord, Tombstone
from harmgraph.sources import genai_file
from harmgraph.sources.aiaaic import is_address, report_at, tidy
from harmgraph.sources.base import Fields
from harmgraph.sources.genai_codes import (
    CODED_PREFIXES,
    CODED_TAGS,
    CODES,
    PROVENANCE_TAGS,
)
from harmgraph.sources.genai_keys import ADVISORIES, CVE, decoded, keys_of_entry, kind_of, monitor_ids, texts_of
from harmgraph.sources.genai_licences import LICENCE, licensed
from harmgraph.sources.keys import key_of_url
from harmgraph.sources.snapshot import take_snapshot
from harmgraph.vocabulary import Mapped, Vocabulary

_DATE: Final = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?")
_CUT_TAG: Final = 30
"""The corpus cuts ``juris-`` tags to this length, so that the last place of such a one may be a torso."""
_FACET_TAGS: Final[Mapping[str, str]] = {"juris-": "jurisdiction", "sector-": "sector"}
_IGNORED: Final = (
    # How the corpus came by the entry; what bears on licence or standing is read from other fields.
    *("quality_tier", "tier", "corpus", "source_freshness", "source_count", "source_status", "confidence"),
    *("description_provenance", "description_source", "first_seen", "last_seen", "added", "updated", "year"),
    # Of the full form; what they hold is about software or about defence, not about the incident.
    *("cwe_ids", "capec_ids", "purl", "cvss_score", "cvss_vector", "exploited_in_wild", "kev_date_added"),
    *("impact", "reversibility_class", "discovery_method", "owasp_dsgai", "mitre_atlas_tactics", "maestro_layers"),
    *("mitigations", "disclosure_date", "category", "aiid_id", "source_ids"),
)


class GenaiIncidents:
    """The corpus as one database: catalogues of incidents, advisories and studies that it has drawn together."""

    name = "genai-incidents"
    title = "genai-incidents"
    licence = LICENCE
    priority = 5
    """Below the databases it draws on: their own records word their entries better."""

    def records(self, snapshot: Snapshot) -> Iterator[SourceRecord]:
        """Every entry, in the order of the file."""
        return map(licensed, genai_file.read(self.name, snapshot.path))

    def incident(self, record: SourceRecord, vocabulary: Vocabulary) -> Interpreted:
        """What the entry says. A retracted one comes back as a tombstone, one with a fault in its form as nothing."""
        if any(problem.severity == "error" for problem in record.problems):
            return Interpreted(record, None, record.problems)
        if record.fields.get("status") == "retracted":
            reason = "genai-incidents has retracted the entry: the identifiers that it rests on were withdrawn"
            return Interpreted(record, None, record.problems, Tombstone(_local(record), reason))
        reading = _Reading(record, vocabulary)
        return Interpreted(record, reading.incident(), (*record.problems, *reading.fields.problems()))

    def keys(self, record: SourceRecord) -> frozenset[str]:
        """By what the entry can be known elsewhere; nothing for a retracted or unreadable one."""
        return keys_of_entry(record)

    def redirects(self, snapshot: Snapshot) -> Iterator[tuple[str, str]]:
        """Identifiers that the corpus has given up for exactly one other, with the one that stands."""
        for retired in genai_file.retired(snapshot.path):
            if len(retired.into) == 1:
                yield retired.local, retired.into[0]

    def tombstones(self, snapshot: Snapshot) -> Iterator[Tombstone]:
        """Identifiers that the corpus has given up for none or for several others."""
        for retired in genai_file.retired(snapshot.path):
            if len(retired.into) != 1:
                reason = f"genai-incidents has given up the identifier: {retired.reason}"
                yield Tombstone(retired.local, reason, retired.date, retired.into)


def default_snapshot() -> Path | None:
    """The folder of data in the installed package, or None where it is not installed."""
    found = importlib.util.find_spec("genai_incidents")
    for location in (found.submodule_search_locations or ()) if found is not None else ():
        if (folder := Path(location) / "data").is_dir():
            return folder
    return None


def installed_snapshot() -> Snapshot | None:
    """The installed package as a snapshot that bears its version and date, or None where it is not installed."""
    if (folder := default_snapshot()) is None:
        return None
    snapshot = take_snapshot(GenaiIncidents.name, folder)
    version, published = genai_file.edition(folder)
    return replace(snapshot, version=version or snapshot.version, date=published)


class _Reading:
    """The fields of one entry, taken one by one."""

    def __init__(self, record: SourceRecord, vocabulary: Vocabulary) -> None:
        self.fields = Fields(record.source, record.local, record.fields)
        self._record = record
        self._vocabulary = vocabulary
        self._concepts: dict[Concept, None] = {}
        self._places: dict[Place, None] = {}

    def incident(self) -> Incident:
        record, take = self._record, self.fields.pop
        self._status()
        self.fields.ignore("id", "content_license", "status_reason", "cve_ids", *_IGNORED)
        kind = kind_of(record)
        self._concepts[Concept("kind", kind)] = None
        self._codes()
        keywords = self._tags(readable=kind != "vulnerability")
        pages, reports = self._documents()
        return Incident(
            local=_local(record),
            identifiers=tuple(dict.fromkeys((_local(record), *monitor_ids(pages), *self._cves()))),
            title=tidy(take("title")),
            description=take("description") or None,
            occurred=self._occurred(),
            concepts=tuple(self._concepts),
            jurisdictions=tuple(self._places),
            affected=tidy(take("affected")) or None,
            keywords=keywords,
            reports=reports,
            pages=pages,
        )

    def _status(self) -> None:
        status = self.fields.pop("status")
        if status == "disputed":
            self.fields.report("status", status, "disputed", "the vulnerability that the entry rests on is disputed")
        elif status:
            self.fields.report("status", status, "unknown-code", "is neither disputed nor retracted; not used")

    def _codes(self) -> None:
        for field, (scheme, known) in CODES.items():
            value = self.fields.pop(field)
            for code in decoded(value) if value.startswith("[") else filter(None, [value]):
                if code in known:
                    self._concepts[Concept(scheme, _slug(code))] = None
                else:
                    message = f"is no code of the scheme {scheme}; add it to the scheme and to sources/genai_codes.py"
                    self.fields.report(field, code, "unknown-code", message)

    def _tags(self, *, readable: bool) -> tuple[str, ...]:
        """Look the tags up; those that nothing knows are keywords. The tags of an advisory are names of software."""
        keywords: dict[str, None] = {}
        for tag in decoded(self.fields.pop("tags")):
            if self._facet_tag(tag) or tag in PROVENANCE_TAGS:
                continue
            if tag in CODED_TAGS:
                self._concepts[Concept(*CODED_TAGS[tag])] = None
            elif tag.startswith(CODED_PREFIXES):
                self.fields.report("tags", tag, "unknown-code", "is no value of its scheme in sources/genai_codes.py")
            elif readable and (mapped := self._vocabulary.mapped("genai-tags", tag)) is not None:
                self._place(mapped)
            elif word := tidy(tag):
                keywords[word] = None
        return tuple(keywords)

    def _facet_tag(self, tag: str) -> bool:
        prefix = next((prefix for prefix in _FACET_TAGS if tag.startswith(prefix)), None)
        if prefix is None:
            return False
        labels = _labels_as_tags(self._vocabulary, _FACET_TAGS[prefix])
        parts = tag[len(prefix) :].split(";-")
        if prefix == "juris-" and len(tag) == _CUT_TAG:
            cut = parts.pop()
            self.fields.report("tags", tag, "truncated-value", f"cut off by the source; {cut!r} is not read", "info")
        for part in parts:
            if (mapped := labels.get(part.strip("-;"))) is not None:
                self._place(mapped)
            else:
                remedy = f"{part!r} is no label of data/lookups/{_FACET_TAGS[prefix]}.csv; add it there"
                self.fields.report("tags", tag, "unmapped-label", remedy)
        return True

    def _place(self, mapped: Mapped) -> None:
        for target in mapped.targets:
            if isinstance(target, Place):
                self._places[target] = None
            else:
                self._concepts[target] = None

    def _documents(self) -> tuple[tuple[str, ...], tuple[Report, ...]]:
        """Pages of databases about the entry, and the articles and studies that report it."""
        addresses = dict.fromkeys([self.fields.pop("primary_reference"), *self._references()])
        pages, reports = [], []
        for address in filter(None, addresses):
            if not is_address(address):
                message = "no valid http or https address; kept as text only"
                self.fields.report("primary_reference", address, "not-an-address", message)
            elif key_of_url(address) is not None or address.startswith(ADVISORIES):
                pages.append(address)
            else:
                reports.append(report_at(address))
        return tuple(pages), tuple(reports)

    def _references(self) -> Iterator[str]:
        for reference in json.loads(self.fields.pop("references") or "[]"):
            if isinstance(reference, dict) and isinstance(reference.get("url"), str):
                yield reference["url"].strip()
            else:
                self.fields.report("references", str(reference)[:200], "unread-value", "is no object with a url")

    def _cves(self) -> Iterator[str]:
        rejected = decoded(self.fields.pop("rejected_cve_ids"))
        for cve in texts_of(self._record, "cve_ids"):
            if cve in rejected:
                self.fields.report("rejected_cve_ids", cve, "rejected-identifier", "withdrawn; not used as one", "info")
            elif CVE.fullmatch(cve):
                yield cve
            else:
                self.fields.report("cve_ids", cve, "bad-identifier", "should be CVE-, a year and 4 to 9 digits")

    def _occurred(self) -> Occurred | None:
        text = self.fields.pop("date")
        if _is_date(text):
            return Occurred(text)
        message = "should be a year, YYYY-MM or YYYY-MM-DD, and one that exists; kept as text only"
        self.fields.report("date", text, "unreadable-date", message, "error")
        return None


def _is_date(text: str) -> bool:
    if (match := _DATE.fullmatch(text)) is None:
        return False
    try:
        date(int(match[1]), int(match[2] or 1), int(match[3] or 1))
    except ValueError:
        return False
    return True


def _local(record: SourceRecord) -> str:
    return record.local.partition("~")[0]


@lru_cache(maxsize=1 << 10)
def _slug(code: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", code.lower())


@lru_cache(maxsize=8)
def _labels_as_tags(vocabulary: Vocabulary, facet: str) -> dict[str, Mapped]:
    """The labels of a facet as the corpus makes tags of them: lower case, hyphens for spaces."""
    return {label.replace(" ", "-"): mapped for label, mapped in vocabulary.labels(facet).items()}

"""Reports and vulnerabilities of the AI Vulnerability Database (JSON files) → records → incidents.

A report is what somebody sent in, a vulnerability what the database makes of one or more reports; each is an entry of
its own, and they point to one another as related. A vulnerability that was taken from the AI Incident Database says so
by its class and one address there, and only then do the two count as one.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from harmgraph.dates import read_occurred
from harmgraph.errors import SnapshotUnreadable
from harmgraph.model import Concept, Incident, Interpreted, Report, Snapshot, SourceRecord
from harmgraph.sources.aiaaic import is_address, report_at, tidy
from harmgraph.sources.avid_affected import affected
from harmgraph.sources.avid_fields import Flattened, flattened, objects
from harmgraph.sources.base import Fault, Fields, Licence
from harmgraph.sources.keys import key_of_url
from harmgraph.sources.tables import mended
from harmgraph.sources.values import Unreadable, as_text, entries, paragraphs
from harmgraph.vocabulary import Vocabulary

LICENCE: Final = Licence(
    iri="https://opensource.org/licenses/MIT",
    rights_holder="AI Vulnerability Database",
    citation="AI Vulnerability Database (AVID)",
    homepage="https://avidml.org/",
)

IDENTIFIER: Final = re.compile(r"AVID-\d{4}-[RV]\d{3,6}", re.ASCII)
_CVE: Final = re.compile(r"CVE-\d{4}-\d{4,9}", re.ASCII)

_CLASS: Final = "problemtype / classof"
_TITLE: Final = "problemtype / description / value"
_REFERENCES: Final = "references"
_VIEWS: Final[Mapping[str, str]] = {
    "impact / avid / risk_domain": "avid-domain",
    "impact / avid / sep_view": "avid-sep",
    "impact / avid / lifecycle_view": "avid-lifecycle",
}
"""Field → the scheme of its values."""
_IGNORED: Final = (
    # Of what form the entry is, and measurements and scores, none of which is about what happened to whom.
    *("data_type", "data_version", "description / lang", "problemtype / description / lang"),
    *(
        "impact / avid / taxonomy_version",
        "impact / cvss",
        "impact / cwe",
        "impact / odin",
        "impact / atlas",
        "metrics",
    ),
)
_DEMONSTRATED: Final = frozenset({"Measurement", "Detection"})


class Avid:
    """The AI Vulnerability Database; docs/reference/sources.md says how each field is read."""

    name = "avid"
    title = "AI Vulnerability Database"
    licence = LICENCE
    priority = 8

    def records(self, snapshot: Snapshot) -> Iterator[SourceRecord]:
        """Every entry, in the order of the files' paths."""
        seen: Counter[str] = Counter()
        for position, flat in _entries(snapshot.path):
            identifier, faults = _identify(flat)
            key = identifier or f"entry-{re.sub(r'[^0-9A-Za-z]+', '-', position)}"
            seen[key] += 1
            local = key if seen[key] == 1 else f"{key}~{seen[key]}"
            if local != key:
                message = f"another entry of this snapshot has this identifier too; this one is kept as record {local}"
                faults.append(Fault("metadata", key, "duplicate-id", message, "warning"))
            problems = tuple(fault.of(self.name, local) for fault in (*flat.faults, *faults))
            yield SourceRecord(
                self.name, local, flat.fields, position, _page(identifier) if identifier else None, problems
            )
        if not seen:
            raise SnapshotUnreadable(f"{snapshot.path}: holds no .json file; give the folder of the AVID repository")

    def incident(self, record: SourceRecord, vocabulary: Vocabulary) -> Interpreted:
        """What the entry says. One without an identifier or without a title is quarantined."""
        if any(problem.severity == "error" for problem in record.problems):
            return Interpreted(record, None, record.problems)
        fields = Fields(record.source, record.local, record.fields)
        fields.ignore(*_IGNORED, "metadata / report_id", "metadata / vuln_id")
        local = record.local.partition("~")[0]
        kind = _kind(local, fields.pop(_CLASS), fields.pop("problemtype / type"))
        developers, deployers, systems = affected(fields, vocabulary)
        pages, reports = _references(fields)
        incident = Incident(
            local,
            (local, *_cves(record)),
            tidy(fields.pop(_TITLE)),
            description=paragraphs(fields.pop("description / value")),
            concepts=(Concept("kind", kind), *_concepts(fields, vocabulary)),
            deployers=deployers,
            developers=developers,
            systems=systems,
            reports=reports,
            related=_related(fields, local),
            pages=tuple(dict.fromkeys((_page(local), *pages))),
            published=_day(fields, "published_date") or _day(fields, "reported_date"),
            modified=_day(fields, "last_modified_date"),
        )
        return Interpreted(record, incident, (*record.problems, *fields.problems()))

    def keys(self, record: SourceRecord) -> frozenset[str]:
        """The entry's own key, and that of the AI Incident Database or CVE where the entry says that it is theirs."""
        if any(problem.severity == "error" for problem in record.problems):
            return frozenset()
        found = {f"avid:{record.local.partition('~')[0]}"}
        if record.fields.get(_CLASS) == "AIID Incident":
            keys = {key_of_url(address) or "" for _, address in _labelled(record.fields.get(_REFERENCES, ""))}
            cited = {key for key in keys if key.startswith("aiid:")}
            found |= cited if len(cited) == 1 else set()
        return frozenset(found | {f"cve:{cve}" for cve in _cves(record)})


def _entries(path: Path) -> Iterator[tuple[str, Flattened]]:
    """Every entry with its place, a file that cannot be read among them."""
    files = sorted(path.rglob("*.json")) if path.is_dir() else [path]
    for file in files:
        if not file.is_file() or file.name.startswith("."):
            continue
        name = file.relative_to(path).as_posix() if path.is_dir() else file.name
        try:
            for entry in entries(file):
                where = name if entry.position == "entry 1" else f"{name}, {entry.position}"
                yield where, _broken(entry.text, entry.reason) if isinstance(entry, Unreadable) else _flat(entry.value)
        except SnapshotUnreadable as error:
            yield name, _broken("", str(error))


def _flat(value: object) -> Flattened:
    return flattened(value) if isinstance(value, dict) else _broken(mended(as_text(value)[:80]), "is no JSON object")


def _broken(text: str, reason: str) -> Flattened:
    message = f"{reason}; it is quarantined, so mend it or fetch the repository again"
    return Flattened({}, (Fault("(file)", text, "unreadable-file", mended(message), "error"),))


def _identify(flat: Flattened) -> tuple[str, list[Fault]]:
    """The identifier of an entry, and why it cannot stand, if so."""
    if any(fault.severity == "error" for fault in flat.faults):
        return "", []
    name = "metadata / report_id" if "metadata / report_id" in flat.fields else "metadata / vuln_id"
    identifier = flat.fields.get(name, "").strip()
    faults = []
    if not IDENTIFIER.fullmatch(identifier):
        message = (
            "should be AVID-, a year, and R or V with a number; the entry is quarantined, for nothing else names it"
        )
        faults.append(Fault(name, identifier[:200], "bad-identifier", message, "error"))
        identifier = ""
    elif not tidy(flat.fields.get(_TITLE, "")):
        faults.append(Fault(_TITLE, "", "no-title", "the entry has no title; it is quarantined", "error"))
    return identifier, faults


def _page(identifier: str) -> str:
    return f"https://avidml.org/database/{identifier.lower()}/"


def _kind(identifier: str, class_of: str, type_of: str) -> str:
    """Concept of the scheme ``kind``: an incident of AIID, something shown or measured, or else a weakness."""
    if class_of == "AIID Incident":
        return "incident"
    return "demonstration" if type_of in _DEMONSTRATED and "-R" in identifier else "vulnerability"


def _concepts(fields: Fields, vocabulary: Vocabulary) -> Iterator[Concept]:
    for name, scheme in _VIEWS.items():
        read = vocabulary.taxonomies.read(scheme, "", fields.pop(name))
        yield from read.concepts
        for value in read.unread:
            message = f"no line of data/lookups/taxonomies.csv has this value of {scheme}; add one"
            fields.report(name, value, "unmapped-value", message)


def _references(fields: Fields) -> tuple[tuple[str, ...], tuple[Report, ...]]:
    """Pages of other databases about the same, and the documents that report it."""
    pages, reports = [], []
    for label, address in _labelled(fields.pop(_REFERENCES)):
        if not is_address(address):
            message = f"no valid http or https address ({label[:80]!r}); kept as text only"
            fields.report(_REFERENCES, address[:200], "not-an-address", message)
        elif key_of_url(address) is not None:
            pages.append(address)
        else:
            reports.append(report_at(address))
    return tuple(pages), tuple(dict.fromkeys(reports))


def _labelled(text: str) -> list[tuple[str, str]]:
    """Label and address of each reference, which `avid_fields` has seen to be a JSON list."""
    values = json.loads(text) if text else []
    return [(as_text(each.get("label")), as_text(each.get("url")).strip()) for each in values if isinstance(each, dict)]


def _cves(record: SourceRecord) -> tuple[str, ...]:
    """The CVE identifier of an entry that was taken from the CVE list, if its references tell exactly one."""
    if record.fields.get(_CLASS) != "CVE Entry":
        return ()
    named = (address for label, address in _labelled(record.fields.get(_REFERENCES, "")) if label == "NVD entry")
    found = {match[0] for address in named if (match := _CVE.search(address)) is not None}
    return tuple(found) if len(found) == 1 else ()


def _related(fields: Fields, local: str) -> tuple[str, ...]:
    """The vulnerability that a report belongs to, or the reports of a vulnerability."""
    named = [fields.pop("impact / avid / vuln_id")]
    named += [as_text(each.get("report_id")) for each in objects(fields, "reports")]
    found: dict[str, None] = {}
    for identifier in filter(None, named):
        if not IDENTIFIER.fullmatch(identifier):
            fields.report("reports", identifier[:200], "bad-identifier", "is no identifier of AVID; not related")
        elif identifier != local:
            found[identifier] = None
    return tuple(found)


def _day(fields: Fields, name: str) -> str | None:
    text = fields.pop(name)
    try:
        occurred = read_occurred(text)
    except ValueError as error:
        fields.report(name, text[:200], "unreadable-date", f"{error}; kept as text only")
        return None
    return occurred.edtf if occurred is not None else None

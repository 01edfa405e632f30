"""A snapshot of the AI Incident Database → records → incidents: incidents, their classifications, and duplicates.

An incident's classifications are records of their own, so that each says in its own graph what its annotators say.
`harmgraph.sources.aiid_files` reads the files, `harmgraph.sources.aiid_classifications` says what is chosen in them.
"""

from __future__ import annotations

import json
import logging
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

from harmgraph.dates import read_occurred
from harmgraph.model import Incident, Interpreted, Occurred, Snapshot, SourceRecord
from harmgraph.sources.aiaaic import tidy
from harmgraph.sources.aiid_classifications import Classification, field_name
from harmgraph.sources.aiid_files import DEPLOYER, DEVELOPER, DUPLICATE, HARMED, SURVIVOR, AiidRow, duplicates, read
from harmgraph.sources.aiid_harmed import harmed_names
from harmgraph.sources.base import Fault, Fields, Licence
from harmgraph.sources.values import paragraphs
from harmgraph.vocabulary import Vocabulary

logger = logging.getLogger(__name__)

LICENCE: Final = Licence(
    iri="https://creativecommons.org/licenses/by-sa/4.0/",
    rights_holder="Responsible AI Collaborative",
    citation="AI Incident Database",
    homepage="https://incidentdatabase.ai/",
    assertion_status="alleged",
)
_CLASSIFIED: Final = replace(LICENCE, assertion_status="stated")
_DRAFT: Final = replace(LICENCE, assertion_status="draft")

_NUMBER: Final = re.compile(r"([1-9]\d{0,6})(?:\.0)?", re.ASCII)


class Aiid:
    """The AI Incident Database; docs/reference/sources.md says how each field is read."""

    name = "aiid"
    title = "AI Incident Database"
    licence = LICENCE
    priority = 15

    def records(self, snapshot: Snapshot) -> Iterator[SourceRecord]:
        """Every incident, then every classification, then every duplicate."""
        seen: Counter[str] = Counter()
        known: set[str] = set()
        for row in read(snapshot.path):
            yield self._record(row, seen, known)

    def incident(self, record: SourceRecord, vocabulary: Vocabulary) -> Interpreted:
        """What the row says. One without a number, or an incident without a title, is quarantined."""
        if any(problem.severity == "error" for problem in record.problems):
            return Interpreted(record, None, record.problems)
        fields = Fields(record.source, record.local, record.fields)
        if DUPLICATE in record.fields:
            incident = _duplicate(fields)
        elif "incident_id" in record.fields:
            incident = _incident(fields, vocabulary)
        else:
            incident = _classified(record, fields, vocabulary)
        return Interpreted(record, incident, (*record.problems, *fields.problems()))

    def keys(self, record: SourceRecord) -> frozenset[str]:
        """The incident that the record speaks of; that two of them are one is for `redirects` to say."""
        if any(problem.severity == "error" for problem in record.problems):
            return frozenset()
        names = ("incident_id", SURVIVOR, field_name(_namespace(record), "Incident ID"))
        return frozenset(f"aiid:{_number(record.fields[name])}" for name in names if name in record.fields)

    def redirects(self, snapshot: Snapshot) -> Iterator[tuple[str, str]]:
        """Each incident that is a duplicate, with the one that stands in the end."""
        rows = list(duplicates(snapshot.path))
        pairs = [(_number(row.fields.get(DUPLICATE, "")), _number(row.fields.get(SURVIVOR, ""))) for row in rows]
        into = {duplicate: survivor for duplicate, survivor in pairs if duplicate and survivor}
        for duplicate in into:
            end = _end(duplicate, into)
            if end is None:
                logger.warning("aiid: incident %s is a duplicate of itself by a circle; not redirected", duplicate)
            else:
                yield f"AIID-{duplicate}", f"AIID-{end}"

    def _record(self, row: AiidRow, seen: Counter[str], known: set[str]) -> SourceRecord:
        number, faults = _identify(row, known)
        key = _local(row, number)
        seen[key] += 1
        local = key if seen[key] == 1 else f"{key}~{seen[key]}"
        if local != key:
            message = f"an earlier row of this snapshot has this number too; this one is kept as record {local}"
            faults.append(Fault("(row)", key, "duplicate-id", message, "warning"))
        problems = tuple(fault.of(self.name, local) for fault in (*row.faults, *faults))
        if row.kind == "incident" and not any(problem.severity == "error" for problem in problems):
            known.add(number)
        licence = None if row.kind == "incident" else _licence(row)
        page = f"https://incidentdatabase.ai/cite/{number}" if number else None
        return SourceRecord(self.name, local, row.fields, row.position, page, problems, licence)


def _number(text: str) -> str:
    """The number of an incident, blank where the text is none."""
    match = _NUMBER.fullmatch(text.strip())
    return match[1] if match else ""


def _identify(row: AiidRow, known: set[str]) -> tuple[str, list[Fault]]:
    """The number of the incident that the row speaks of, and why the row cannot stand, if so."""
    names = {"incident": "incident_id", "duplicate": SURVIVOR}
    name = names.get(row.kind) or field_name(row.namespace, "Incident ID")
    number, faults = _number(row.fields.get(name, "")), []
    if any(fault.severity == "error" for fault in row.faults):
        return number, []
    for each in (name, DUPLICATE) if row.kind == "duplicate" else (name,):
        if not _number(row.fields[each]):
            message = "should be the number of an incident; the row is quarantined, for nothing else names it"
            faults.append(Fault(each, row.fields[each], "bad-identifier", message, "error"))
    if row.kind == "incident" and not tidy(row.fields["title"]):
        faults.append(Fault("title", "", "no-title", "the incident has no title; it is quarantined", "error"))
    if row.kind != "incident" and number and number not in known:
        message = "this snapshot has no incident of that number, or has it in quarantine; so is this row"
        faults.append(Fault(name, number, "unknown-incident", message, "error"))
    return number, faults


def _local(row: AiidRow, number: str) -> str:
    if row.kind == "duplicate":
        number = _number(row.fields.get(DUPLICATE, ""))
    if not number:
        return f"{row.kind}-{re.sub(r'[^0-9A-Za-z]+', '-', row.position)}"
    if row.kind == "incident":
        return f"AIID-{number}"
    return f"{number}-{row.namespace if row.kind == 'classification' else 'duplicate'}"


def _licence(row: AiidRow) -> Licence:
    if row.kind == "duplicate":
        return _CLASSIFIED
    published = row.fields.get(field_name(row.namespace, "Published"), "").strip() == "True"
    return _CLASSIFIED if published and "_" not in row.namespace else _DRAFT


def _namespace(record: SourceRecord) -> str:
    """The namespace of a classification, blank for another record."""
    return record.local.partition("~")[0].partition("-")[2]


def _end(duplicate: str, into: dict[str, str]) -> str | None:
    """The incident at the end of a chain of duplicates, None for a circle."""
    passed = {duplicate}
    survivor = into[duplicate]
    while survivor in into:
        if survivor in passed:
            return None
        passed.add(survivor)
        survivor = into[survivor]
    return None if survivor in passed else survivor


def _duplicate(fields: Fields) -> Incident:
    duplicate, survivor = _number(fields.pop(DUPLICATE)), _number(fields.pop(SURVIVOR))
    fields.ignore("_id")
    return Incident(f"AIID-{survivor}", (f"AIID-{survivor}", f"AIID-{duplicate}"), None)


def _classified(record: SourceRecord, fields: Fields, vocabulary: Vocabulary) -> Incident:
    namespace = _namespace(record)
    local = f"AIID-{_number(record.fields[field_name(namespace, 'Incident ID')])}"
    read = Classification(namespace, fields, vocabulary)
    return Incident(
        local,
        (local,),
        None,
        occurred=read.occurred,
        concepts=() if read.draft else read.concepts,
        draft_concepts=read.concepts if read.draft else (),
        jurisdictions=read.jurisdictions,
    )


def _incident(fields: Fields, vocabulary: Vocabulary) -> Incident:
    local = f"AIID-{_number(fields.pop('incident_id'))}"
    # Reports are numbers only here; their texts are not the database's to license, and their file is not read.
    fields.ignore("_id", "reports")
    deployers = vocabulary.slugs.read(_list(fields, DEPLOYER))
    developers = vocabulary.slugs.read(_list(fields, DEVELOPER))
    implicated = vocabulary.slugs.read(_list(fields, "implicated_systems"))
    for name, read_slugs in ((DEPLOYER, deployers), (DEVELOPER, developers), ("implicated_systems", implicated)):
        for finding in read_slugs.findings:
            fields.report(name, finding.value, finding.kind, finding.message, finding.severity)
    return Incident(
        local,
        (local,),
        tidy(fields.pop("title")),
        description=paragraphs(fields.pop("description")),
        occurred=_date(fields),
        deployers=deployers.actors,
        developers=developers.actors,
        systems=tuple(dict.fromkeys((*deployers.systems, *developers.systems, *implicated.systems))),
        harmed=_harmed(fields, vocabulary),
        related=tuple(f"AIID-{each}" for each in map(_number, _list(fields, "editor_similar_incidents")) if each),
        pages=(f"https://incidentdatabase.ai/cite/{local.removeprefix('AIID-')}",),
        modified=_modified(fields),
    )


def _list(fields: Fields, name: str) -> tuple[str, ...]:
    """The texts and numbers of a field that holds a JSON list; blank is none."""
    text = fields.pop(name)
    try:
        values = json.loads(text) if text else []
    except (ValueError, RecursionError):
        values = None
    if not isinstance(values, list):
        fields.report(name, text[:200], "unreadable-list", "should be a JSON list; kept as text only", "error")
        return ()
    kept = [str(each).strip() for each in values if isinstance(each, str | int)]
    if len(kept) < len(values):
        message = f"{len(values) - len(kept)} of {len(values)} entries are neither texts nor numbers; not used"
        fields.report(name, text[:200], "unread-value", message)
    return tuple(filter(None, kept))


def _date(fields: Fields) -> Occurred | None:
    """The day; the database asks for a whole date and does not say where only the month or year is known."""
    text = fields.pop("date")
    try:
        return read_occurred(text)
    except ValueError as error:
        fields.report("date", text, "unreadable-date", f"{error}; kept as text only", "error")
        return None


def _harmed(fields: Fields, vocabulary: Vocabulary) -> tuple[str, ...]:
    named, findings = harmed_names(_list(fields, HARMED), vocabulary.slugs)
    for finding in findings:
        fields.report(HARMED, finding.value, finding.kind, finding.message, finding.severity)
    return named


def _modified(fields: Fields) -> str | None:
    """The day of the last change, from seconds since 1970."""
    text = fields.pop("epoch_date_modified")
    try:
        return datetime.fromtimestamp(float(text), UTC).date().isoformat() if text else None
    except (ValueError, OverflowError, OSError):
        fields.report("epoch_date_modified", text, "unreadable-date", "should be seconds since 1970; not used")
        return None

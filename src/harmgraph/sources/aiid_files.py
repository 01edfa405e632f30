"""The files of an AI Incident Database snapshot → rows of strings under the database's own field names.

Reads the CSV files of the weekly archive, and JSON (mongoexport: an array, or one object a line) of the same fields.
What `aiid_classifications` names as dropped never leaves this module: it quotes news reports, which the licence
excepts, or names persons. A CSV column that nobody knows raises `SnapshotUnreadable`.
"""

from __future__ import annotations

import json
import logging
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from typing import Final, Literal

from harmgraph.errors import SnapshotUnreadable
from harmgraph.iris import slug_of
from harmgraph.sources.aiid_classifications import COLUMNS, DROPPED, field_name, taxonomy_of
from harmgraph.sources.base import Fault
from harmgraph.sources.tables import Row, mended, tables
from harmgraph.sources.values import Entry, Unreadable, as_text, entries, fit

logger = logging.getLogger(__name__)

Kind = Literal["incident", "classification", "duplicate"]

DEPLOYER: Final = "Alleged deployer of AI system"
DEVELOPER: Final = "Alleged developer of AI system"
HARMED: Final = "Alleged harmed or nearly harmed parties"
DUPLICATE: Final = "duplicate_incident_number"
SURVIVOR: Final = "true_incident_number"

_KINDS: Final[Mapping[str, Kind]] = {
    "incidents": "incident",
    "classifications": "classification",
    "duplicates": "duplicate",
}
"""What a file holds, by the first word of its name, in the order of reading."""
_SUFFIXES: Final = (".csv", ".json", ".jsonl", ".ndjson")
_NOT_READ: Final = frozenset({"reports", "submissions", "quickadd", "license", "licence", "snapshot", "taxa", "readme"})

REQUIRED: Final[Mapping[Kind, tuple[str, ...]]] = {
    "incident": ("incident_id", "date", "title", "description", DEPLOYER, DEVELOPER, HARMED),
    "classification": ("Namespace", "Incident ID", "Published"),
    "duplicate": (DUPLICATE, SURVIVOR),
}
_OPTIONAL: Final[Mapping[Kind, frozenset[str]]] = {
    "incident": frozenset({"_id", "reports", "implicated_systems", "editor_similar_incidents", "epoch_date_modified"}),
    "classification": frozenset({"_id", "reports"}),
    "duplicate": frozenset({"_id"}),
}
_NEVER_KEPT: Final = frozenset(
    # What the database computes for itself, who edits it, and what its editors note to one another.
    (
        *("editors", "editor_notes", "editor_dissimilar_incidents", "flagged_dissimilar_incidents"),
        *("nlp_similar_incidents", "embedding", "tsne", "plots", "notes", "created_at"),
    )
)
_ATTRIBUTES: Final = "attributes"
_OF_DOCUMENT: Final[Mapping[str, str]] = {"namespace": "Namespace", "publish": "Published", "incidents": "Incident ID"}
_UNREAD: Final = "no rule reads this field; say in sources/aiid_files.py what it is"


@dataclass(frozen=True, slots=True)
class AiidRow:
    """One row or document: its fields fit for RDF, and what was amiss with its form."""

    kind: Kind
    namespace: str
    """The taxonomy and who applied it, as ``CSETv1_Annotator-1``; blank for incidents and duplicates."""
    position: str
    fields: Mapping[str, str]
    faults: tuple[Fault, ...]


@dataclass(frozen=True, slots=True)
class _File:
    kind: Kind
    namespace: str
    path: Path


def read(path: Path) -> Iterator[AiidRow]:
    """All rows of the snapshot: incidents first, then classifications, then duplicates."""
    for file in _files(path):
        found = False
        for row in _rows(file):
            found = True
            yield row
        if not found and file.kind == "incident":
            raise SnapshotUnreadable(f"{file.path}: holds no incident; fetch the snapshot again")


def duplicates(path: Path) -> Iterator[AiidRow]:
    """The rows that say which number stands for which other one."""
    for file in _files(path):
        if file.kind == "duplicate":
            yield from _rows(file)


def _files(path: Path) -> list[_File]:
    """The files to read, in order; one file of incidents there must be."""
    found = []
    for file in sorted(each for each in path.iterdir() if each.is_file()) if path.is_dir() else [path]:
        name, _, namespace = file.stem.partition("_")
        if file.suffix.lower() in _SUFFIXES and name in _KINDS:
            found.append(_File(_KINDS[name], namespace, file))
        elif name.casefold() not in _NOT_READ and not file.name.startswith("."):
            logger.warning("%s: not read, since no rule says what it holds", file)
    incidents = [file for file in found if file.kind == "incident"]
    if len(incidents) != 1:
        raise SnapshotUnreadable(
            f"{path}: holds {len(incidents)} files named incidents ({', '.join(_SUFFIXES)}), where one is needed;"
            " unpack the snapshot archive of the AI Incident Database there"
        )
    order = list(_KINDS.values())
    return sorted(found, key=lambda each: (order.index(each.kind), each.path.name))


def _rows(file: _File) -> Iterator[AiidRow]:
    return _csv(file) if file.path.suffix.lower() == ".csv" else _json(file)


def _csv(file: _File) -> Iterator[AiidRow]:
    for table in tables(file.path):
        head = next(table.rows, None)
        if head is None:
            raise SnapshotUnreadable(f"{file.path}: is empty; fetch the snapshot again")
        if head.fault:
            raise SnapshotUnreadable(f"{file.path}: {head.fault}")
        names = _distinct(head.cells)
        _check_header(file, names)
        for row in table.rows:
            if not row.blank:
                values = dict(zip_longest(names, row.cells[: len(names)], fillvalue=""))
                yield _row(file, f"{file.path.name}, row {row.number}", values, _faults(names, row))


def _distinct(names: Sequence[str]) -> tuple[str, ...]:
    """The names of the columns, told apart where two would give one field: CSETv1 has "AI System" twice."""
    seen: Counter[str] = Counter()
    distinct = []
    for name in map(str.strip, names):
        seen[slug_of(name)] += 1
        distinct.append(name if seen[slug_of(name)] == 1 else f"{name} ({seen[slug_of(name)]})")
    return tuple(distinct)


def _known(kind: Kind, namespace: str) -> frozenset[str]:
    """The fields that a row of this sort may have and that are kept."""
    return frozenset({*REQUIRED[kind], *_OPTIONAL[kind], *COLUMNS.get(taxonomy_of(namespace) or "", ())})


def _dropped(namespace: str) -> frozenset[str]:
    return _NEVER_KEPT | DROPPED.get(taxonomy_of(namespace) or "", frozenset())


def _check_header(file: _File, names: Sequence[str]) -> None:
    for name in REQUIRED[file.kind]:
        if name not in names:
            raise SnapshotUnreadable(f"{file.path}: no column is headed {name!r}; fetch the snapshot again")
    if file.kind == "classification" and taxonomy_of(file.namespace) is None:
        return  # each row is judged by the taxonomy that it names
    known = _known(file.kind, file.namespace) | _dropped(file.namespace)
    for name in names:
        if name not in known:
            raise SnapshotUnreadable(
                f"{file.path}: a column is headed {name!r}, which no snapshot has had so far; look what it holds and"
                " say in sources/aiid_files.py or sources/aiid_classifications.py how it is read"
            )


def _faults(names: Sequence[str], row: Row) -> list[Fault]:
    """What is wrong with the row as a row."""
    cells = row.cells
    if row.fault:
        return row.faults
    if len(cells) < len(names):
        message = f"has {len(cells)} cells where the header has {len(names)}; the missing ones are read as blank"
        return [Fault("(row)", "", "ragged-row", message, "warning")]
    beyond = ", ".join(filter(str.strip, cells[len(names) :]))
    if beyond:
        message = f"the row has {len(cells)} cells, the header {len(names)}: an unquoted comma may have shifted them"
        return [Fault("(row)", mended(beyond[:80]), "ragged-row", message, "error")]
    return []


def _json(file: _File) -> Iterator[AiidRow]:
    for entry in entries(file.path):
        position = f"{file.path.name}, {entry.position}"
        if isinstance(entry, Entry) and isinstance(entry.value, dict):
            flat = _flattened(entry.value) if file.kind == "classification" else entry.value
            yield _row(file, position, flat, [])
        else:
            yield AiidRow(file.kind, file.namespace, position, {}, (_no_object(entry),))


def _no_object(entry: Entry | Unreadable) -> Fault:
    if isinstance(entry, Unreadable):
        message = f"the line {entry.reason}; it is quarantined, so mend it or fetch the snapshot again"
        return Fault("(line)", entry.text, "unreadable-line", message, "error")
    shown = mended(as_text(entry.value)[:80])
    return Fault("(entry)", shown, "unreadable-line", "is no JSON object; it is quarantined", "error")


def _flattened(document: Mapping[str, object]) -> Mapping[str, object]:
    """A classification with its attributes beside one another, as the CSV has them.

    The database keeps them as a list of {short_name, value_json}, with the incident in a list of one.
    """
    attributes = document.get(_ATTRIBUTES)
    if not isinstance(attributes, list):
        return document
    values = {_OF_DOCUMENT.get(name, name): value for name, value in document.items() if name != _ATTRIBUTES}
    incidents = values.get("Incident ID")
    if isinstance(incidents, list) and len(incidents) == 1:
        values["Incident ID"] = incidents[0]
    pairs = [each for each in attributes if isinstance(each, dict)]
    names = _distinct([as_text(each.get("short_name")) for each in pairs])
    return values | {name: _value(each.get("value_json")) for name, each in zip(names, pairs, strict=True)}


def _value(text: object) -> object:
    """What an attribute's JSON text says; the text itself where it is none."""
    try:
        return json.loads(text) if isinstance(text, str) else text
    except (ValueError, RecursionError):
        return text


def _row(file: _File, position: str, values: Mapping[str, object], faults: list[Fault]) -> AiidRow:
    namespace = mended(as_text(values.get("Namespace")).strip()[:60]) if file.kind == "classification" else ""
    namespace = namespace or file.namespace
    known, dropped = _known(file.kind, namespace), _dropped(namespace)
    unknown_taxonomy = file.kind == "classification" and taxonomy_of(namespace) is None
    fields: dict[str, str] = {}
    for name, value in values.items():
        if name in known:
            key = field_name(namespace, name) if file.kind == "classification" else name
            fields[key], found = fit(key, as_text(value))
            faults += found
        elif name not in dropped and not unknown_taxonomy and as_text(value).strip():
            faults.append(Fault(mended(name[:80]), mended(as_text(value)[:200]), "unread-field", _UNREAD, "warning"))
    for name in REQUIRED[file.kind]:
        if name not in values:
            faults.append(Fault(name, "", "missing-field", "the entry lacks this field; it is quarantined", "error"))
    if unknown_taxonomy:
        message = "no rule reads this taxonomy; its rows are quarantined until sources/aiid_classifications.py has one"
        faults.append(Fault("Namespace", namespace, "unknown-taxonomy", message, "error"))
    return AiidRow(file.kind, namespace, position, fields, tuple(faults))

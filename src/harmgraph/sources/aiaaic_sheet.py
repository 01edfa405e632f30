"""The AIAAIC repository as a sheet, CSV or XLSX, of any of its header generations → records → incidents.

Columns are known by header and sub-header, never by position: their order has changed with every generation. A
header that `SPELLINGS` does not know stops the run, because a renamed column read as nothing would be a silent loss.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, islice
from typing import Final

from openpyxl.utils import get_column_letter

from harmgraph.errors import SnapshotUnreadable
from harmgraph.model import Incident, Interpreted, Snapshot, SourceRecord
from harmgraph.sources.aiaaic import IDENTIFIER, LICENCE, Reading, is_address, tidy
from harmgraph.sources.base import Fault
from harmgraph.sources.tables import Row, mended, tables
from harmgraph.vocabulary import Vocabulary, label_key


def _under(headers: Iterable[str], *subheaders: str) -> tuple[str, ...]:
    """Every spelling of these sub-headers under these headers: with a sub-header row, and in one row (2024-03)."""
    return tuple(f"{head}{join}{sub}" for head in headers for sub in subheaders for join in (" / ", " "))


_EXTERNAL: Final = ("External harms", "External harm (taxonomy)", "External harm")
_INTERNAL: Final = ("Internal harms", "Internal impacts", "Internal impact")

SPELLINGS: Final[Mapping[str, tuple[str, ...]]] = {
    # Generations: "Title", "Operator(s)", "Country(s)" until 2023; "(s)" and "(ies)" 2024 and 2025; singular 2026.
    "identifier": ("AIAAIC ID#", "AIAAIC ID"),
    "title": ("Headline", "Headline/title", "Title"),
    "kind": ("Type",),
    "released": ("Released",),
    "occurred": ("Occurred",),
    "jurisdiction": (
        "Country(s)",
        "Country(ies)",
        "Jurisdiction",
        *_under(["Impacted area"], "Jurisdiction"),
    ),
    "sector": ("Sector(s)", "Sector", *_under(["Impacted area"], "Sector")),
    "deployer": ("Operator(s)", "Deployer(s)", "Deployer"),
    "developer": ("Developer(s)", "Developer"),
    "system": ("System name(s)", "System name"),
    "technology": ("Technology(ies)", "Technology"),
    "purpose": ("Purpose(s)", "Purpose"),
    "news trigger": ("Media trigger(s)", "News trigger(s)", "News trigger (taxonomy)", "News trigger"),
    "issue": ("Risks(s)", "Risk(s)", "Issue(s)", "Ethical issue(s)", "Ethical issue (taxonomy)", "Ethical issue"),
    "transparency": ("Transparency",),
    "individual harm": _under(_EXTERNAL, "Individual"),
    "societal harm": _under(_EXTERNAL, "Societal"),
    "environmental harm": _under(_EXTERNAL, "Environmental"),
    "strategic impact": _under(_INTERNAL, "Strategic/reputational"),
    "operational impact": _under(_INTERNAL, "Operational"),
    "financial impact": _under(_INTERNAL, "Financial"),
    "legal impact": _under(_INTERNAL, "Legal/regulatory"),
    "consequence": ("Consequence (taxonomy)", "Consequence"),
    "response": ("Response (taxonomy)", "Response"),
    "links": ("Description/links", "Summary/links", "Summary/URL"),
}
"""What a column holds → every way in which a sheet has been known to head it."""

_FACET_OF: Final[Mapping[str, str]] = {
    **{name: name for name in ("kind", "jurisdiction", "sector", "technology", "news trigger", "issue")},
    **{name: name for name in ("transparency", "consequence", "response")},
    **{f"{sort} harm": "harm" for sort in ("individual", "societal", "environmental")},
    **{f"{sort} impact": "internal" for sort in ("strategic", "operational", "financial", "legal")},
}
_COLUMN_OF: Final = {label_key(name): (column, name) for column, names in SPELLINGS.items() for name in names}
_GROUPS: Final = frozenset(label_key(head) for head in (*_EXTERNAL, *_INTERNAL, "Impacted area"))
_IDENTIFIERS: Final = frozenset(label_key(name) for name in SPELLINGS["identifier"])
_LONGEST_CELL: Final = 50_000
"""Google Sheets, where AIAAIC keeps the sheet, allows no more in a cell; XLSX allows 32,767."""
_HEADER_WITHIN: Final = 10
"""The header stands in one of the first rows of its sheet: a banner or two come before it."""


class AiaaicSheet:
    """The sheet of the AIAAIC repository; docs/reference/sources.md says how each column is read."""

    name = "aiaaic-sheet"
    title = "AIAAIC Repository, sheet"
    licence = LICENCE
    priority = 20

    def records(self, snapshot: Snapshot) -> Iterator[SourceRecord]:
        """Every row that is not blank, in the order of the sheet (in a workbook: the first one with our header)."""
        for table in tables(snapshot.path):
            head = list(islice(table.rows, _HEADER_WITHIN))
            start = next((at for at, row in enumerate(head) if _is_header(row)), None)
            if start is None:
                continue
            names, first = _layout(f"{snapshot.path} ({table.name})", head[start:])
            rows = [row for row in chain(head[start + first :], table.rows) if not row.blank]
            if not rows:
                raise SnapshotUnreadable(f"{snapshot.path}: no row below the header; fetch the sheet again")
            seen: Counter[str] = Counter()
            yield from (self._record(names, row, seen) for row in rows)
            return
        raise SnapshotUnreadable(
            f"{snapshot.path}: none of the first {_HEADER_WITHIN} rows has a cell {SPELLINGS['identifier'][0]!r};"
            " this is not the AIAAIC sheet, or SPELLINGS in sources/aiaaic_sheet.py lacks a new form of its header"
        )

    def incident(self, record: SourceRecord, vocabulary: Vocabulary) -> Interpreted:
        """What the row says. A row without a valid identifier or without a headline is quarantined."""
        if any(problem.severity == "error" for problem in record.problems):
            return Interpreted(record, None, record.problems)
        reading = Reading(record, vocabulary)
        ((_, identifier),) = reading.take(SPELLINGS["identifier"])
        ((_, title),) = reading.take(SPELLINGS["title"])
        reading.fields.ignore(*SPELLINGS["released"])  # when the system came out: nothing about the incident
        for column, facet in _FACET_OF.items():
            reading.labels(facet, SPELLINGS[column])
        developers = reading.actors(SPELLINGS["developer"])
        incident = Incident(
            local=identifier,
            identifiers=(identifier,),
            title=tidy(title),
            occurred=reading.date(SPELLINGS["occurred"]),
            deployers=reading.actors(SPELLINGS["deployer"]),
            developers=developers,
            systems=reading.systems(SPELLINGS["system"], developers),
            purposes=reading.texts(SPELLINGS["purpose"]),
            pages=reading.addresses(SPELLINGS["links"]),
            concepts=reading.concepts,
            jurisdictions=reading.places,
        )
        return Interpreted(record, incident, (*record.problems, *reading.fields.problems()))

    def _record(self, names: Sequence[str], row: Row, seen: Counter[str]) -> SourceRecord:
        fields, faults = _fields(names, row)
        named = {_COLUMN_OF[label_key(name)][0]: name for name in fields if label_key(name) in _COLUMN_OF}
        identifier = fields[named["identifier"]].strip()
        faults += _unidentified(named["identifier"], identifier, named["title"], fields[named["title"]])
        key = identifier if IDENTIFIER.fullmatch(identifier) else f"row-{row.number}"
        seen[key] += 1
        local = key if seen[key] == 1 else f"{key}~{seen[key]}"
        if local != key:
            message = f"stands on an earlier row too; this row is kept as record {local} of the same incident"
            faults.append(Fault(named["identifier"], identifier, "duplicate-id", message, "warning"))
        problems = tuple(fault.of(self.name, local) for fault in faults)
        page = next(filter(is_address, fields.get(named.get("links", ""), "").split()), None)
        return SourceRecord(self.name, local, fields, f"row {row.number}", page, problems)


def _is_header(row: Row) -> bool:
    return not row.fault and any(label_key(cell) in _IDENTIFIERS for cell in row.cells)


def _layout(place: str, rows: Sequence[Row]) -> tuple[tuple[str, ...], int]:
    """The names of the columns as `SPELLINGS` writes them, and how many rows the header takes."""
    header = [tidy(cell) for cell in rows[0].cells]
    grouped = any(label_key(cell) in _GROUPS for cell in header) and len(rows) > 1
    below = [tidy(cell) for cell in rows[1].cells] if grouped else []
    below += [""] * (len(header) - len(below))
    names, group = [], ""
    for at, (head, sub) in enumerate(zip(header, below, strict=False), start=1):
        group = head or group  # a merged header cell stands over several sub-headers
        names.append(f"{group} / {sub}" if sub else head or f"Column {get_column_letter(at)}")
    _check(f"{place}, row {rows[0].number}", names, header)
    return tuple(_COLUMN_OF.get(label_key(name), ("", name))[1] for name in names), 2 if grouped else 1


def _check(place: str, names: Sequence[str], header: Sequence[str]) -> None:
    """Raise `SnapshotUnreadable` for a header that is unknown, stands twice, or is missing."""
    columns: dict[str, str] = {}
    for at, name in enumerate(names, start=1):
        column, _ = _COLUMN_OF.get(label_key(name), ("", ""))
        where = f"{place}: column {get_column_letter(at)} is headed {name!r}"
        if not column and (header[at - 1] or " / " in name):
            raise SnapshotUnreadable(
                f"{where}, which no known generation of the sheet has; look what it holds and add the spelling to"
                " SPELLINGS in sources/aiaaic_sheet.py"
            )
        if column and column in columns:
            raise SnapshotUnreadable(
                f"{where}, but column {columns[column]} holds the {column} already; remove one of them"
            )
        columns[column] = get_column_letter(at)
    for column in ("identifier", "title"):
        if column not in columns:
            raise SnapshotUnreadable(
                f"{place}: no column is headed {' or '.join(map(repr, SPELLINGS[column]))}; fetch the sheet again"
            )


def _fields(names: Sequence[str], row: Row) -> tuple[dict[str, str], list[Fault]]:
    """The row's cells under their names, fit for RDF, and what had to be done about them."""
    cells = row.cells + ("",) * (len(names) - len(row.cells))
    faults = row.faults
    if len(row.cells) < len(names):
        message = f"has {len(row.cells)} cells where the header has {len(names)}; the missing ones are read as blank"
        faults.append(Fault("(row)", "", "ragged-row", message, "warning"))
    beyond = "; ".join(filter(str.strip, cells[len(names) :]))
    if beyond:
        message = (
            f"the row has {len(cells)} cells, the header {len(names)}: an unquoted separator may have shifted them"
        )
        faults.append(Fault("(row)", mended(beyond[:80]), "ragged-row", message, "error"))
    fields = {}
    for name, cell in zip(names, cells, strict=False):
        fields[name], cell_faults = _fit(name, cell)
        faults += cell_faults
    unnamed = [name for name in names if label_key(name) not in _COLUMN_OF and not fields[name].strip()]
    return {name: cell for name, cell in fields.items() if name not in unnamed}, faults


def _fit(name: str, cell: str) -> tuple[str, list[Fault]]:
    faults = []
    if len(cell) > _LONGEST_CELL:
        message = f"has {len(cell):,} characters, more than a sheet can hold; the first 1,000 are kept"
        cell = cell[:1_000]
        faults.append(Fault(name, mended(cell[:80]), "oversized-value", message, "error"))
    text = mended(cell)
    if text != cell:
        message = "NUL, control characters or lone surrogates, which RDF cannot hold, were replaced by U+FFFD"
        faults.append(Fault(name, text[:80], "control-characters", message, "warning"))
    return text, faults


def _unidentified(id_name: str, identifier: str, title_name: str, title: str) -> Iterator[Fault]:
    if not IDENTIFIER.fullmatch(identifier):
        message = "should be AIAAIC and 3 or 4 digits; the row is quarantined, for nothing else names its incident"
        yield Fault(id_name, identifier, "bad-identifier", message, "error")
    elif not tidy(title):
        yield Fault(title_name, title, "no-title", "the row has no headline; it is quarantined", "error")

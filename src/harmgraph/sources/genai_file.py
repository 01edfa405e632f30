"""The files of the genai-incidents package → raw records, and identifiers that it has given up.

Knows the form of the files and nothing of what the values mean. An entry of the wrong form becomes a record whose
`Problem` says so; a file of the wrong form, or one with fewer entries than it claims, raises `SnapshotUnreadable`.
"""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from harmgraph.errors import Severity, SnapshotUnreadable
from harmgraph.model import SourceRecord
from harmgraph.sources.base import Fault
from harmgraph.sources.tables import mended, read_text

IDENTIFIER: Final = re.compile(r"INC-\d{5,6}")
INCIDENTS: Final = ("incidents.min.json", "incidents.json")
DEPRECATIONS: Final = "id_deprecations.json"
MANIFEST: Final = "build_manifest.json"

_LARGEST_FILE: Final = 1 << 29
_LONGEST_VALUE: Final = 100_000
"""Of the text of one field. The longest of the corpus, descriptions, have 280 characters in its small form."""
_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}")
_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,60}")

_TEXTS: Final = (
    *("id", "title", "date", "severity", "attack_vector", "primary_reference", "description", "affected", "corpus"),
    *("quality_tier", "tier", "status", "category", "impact", "confidence", "description_provenance", "source_status"),
    *("description_source", "reversibility_class", "discovery_method", "disclosure_date", "cvss_vector", "first_seen"),
    *("last_seen", "added", "updated", "kev_date_added"),
)
_LISTS: Final = (
    *("owasp_llm", "owasp_asi", "nist_ai_rmf", "mitre_atlas", "cve_ids", "tags", "rejected_cve_ids", "source_ids"),
    *("cwe_ids", "capec_ids", "purl", "owasp_dsgai", "mitre_atlas_tactics", "mitigations"),
)
_OTHERS: Final[Mapping[str, type | tuple[type, ...]]] = {
    "year": int,
    "aiid_id": int,
    "source_count": int,
    "cvss_score": (int, float),
    "exploited_in_wild": bool,
    "content_license": dict,
    "source_freshness": dict,
    "status_reason": dict,
    "references": list,
    "maestro_layers": list,
}
_REQUIRED: Final[Mapping[str, Severity]] = {
    "id": "error",
    "title": "error",
    "date": "warning",
    "description": "warning",
}


@dataclass(frozen=True, slots=True)
class Retired:
    """An identifier that the corpus has given up, and the identifiers that stand in its place today."""

    local: str
    into: tuple[str, ...]
    reason: str
    date: str | None


def read(source: str, path: Path) -> Iterator[SourceRecord]:
    """Every entry as a record: strings as they are, everything else as JSON."""
    file, entries = _entries(path)
    seen: Counter[str] = Counter()
    for number, entry in enumerate(entries, start=1):
        fields, faults = _fields(entry)
        key = fields.get("id", "")
        if not IDENTIFIER.fullmatch(key):
            key = f"entry-{number}"
        seen[key] += 1
        local = key if seen[key] == 1 else f"{key}~{seen[key]}"
        if local != key:
            message = f"stands on an earlier entry too; this one is kept as record {local} of the same incident"
            faults.append(Fault("id", key, "duplicate-id", message, "warning"))
        problems = tuple(fault.of(source, local) for fault in faults)
        yield SourceRecord(source, local, fields, f"{file.name}, entry {number}", problems=problems)


def edition(path: Path) -> tuple[str | None, str | None]:
    """Version and date of the data in a folder, as the release process of the corpus has stamped them."""
    file = path / MANIFEST
    manifest = _parsed(file) if file.exists() else None
    if not isinstance(manifest, dict):
        return None, None
    version, built = manifest.get("version"), manifest.get("built_at")
    return (
        version if isinstance(version, str) and re.fullmatch(r"[\w.-]{1,40}", version) else None,
        built[:10] if isinstance(built, str) and _DAY.fullmatch(built[:10]) else None,
    )


def retired(path: Path) -> Iterator[Retired]:
    """Every identifier given up, once, with what became of it; nothing where the file of them is not there.

    The file is only ever added to, so the last word on an identifier counts, and its successors are followed to
    those that have not been given up in turn. What is limited to some releases of the corpus is no last word.
    """
    file = (path if path.is_dir() else path.parent) / DEPRECATIONS
    if not file.exists():
        return
    last: dict[str, Retired] = {}
    for entry in _deprecations(file):
        if "valid_for_releases" not in entry:
            into = entry.get("into")
            targets = tuple(into) if isinstance(into, list) else (into,) if into is not None else ()
            last[entry["from"]] = Retired(entry["from"], targets, mended(entry["reason"])[:200], entry.get("date"))
    for each in last.values():
        standing = dict.fromkeys(sorted(_standing(each.local, last, set())))
        yield Retired(each.local, tuple(standing), each.reason, each.date)


def _standing(local: str, last: Mapping[str, Retired], seen: set[str]) -> Iterator[str]:
    if local not in last:
        yield local
    elif local not in seen:  # a circle leads nowhere
        seen.add(local)
        for successor in last[local].into:
            yield from _standing(successor, last, seen)


def _deprecations(file: Path) -> Iterator[dict[str, Any]]:
    content = _parsed(file)
    entries = content.get("deprecations") if isinstance(content, dict) else None
    if not isinstance(entries, list):
        raise SnapshotUnreadable(f"{file}: no list 'deprecations' in it; take the file of the package as it is")
    for number, entry in enumerate(entries, start=1):
        if not _is_deprecation(entry):
            raise SnapshotUnreadable(
                f"{file}: entry {number} {str(entry)[:120]} should have 'from', 'into' (one INC identifier, a list of"
                " them, or null), 'reason' and a 'date' YYYY-MM-DD"
            )
        yield entry


def _is_deprecation(entry: object) -> bool:
    if not isinstance(entry, dict) or not isinstance(entry.get("reason"), str):
        return False
    into, date = entry.get("into"), entry.get("date")
    named = [entry.get("from"), *(into if isinstance(into, list) else [into] if into is not None else [])]
    is_date = date is None or (isinstance(date, str) and _DAY.fullmatch(date) is not None)
    return is_date and all(isinstance(each, str) and IDENTIFIER.fullmatch(each) for each in named)


def _entries(path: Path) -> tuple[Path, list[Any]]:
    file = next((path / name for name in INCIDENTS if (path / name).is_file()), path) if path.is_dir() else path
    if not file.is_file():
        raise SnapshotUnreadable(f"{path}: holds neither {' nor '.join(INCIDENTS)}; give the data of genai-incidents")
    content = _parsed(file)
    entries = content.get("incidents") if isinstance(content, dict) else content
    if not isinstance(entries, list) or not entries:
        raise SnapshotUnreadable(f"{file}: no list 'incidents' with entries in it; this is not genai-incidents")
    claimed = [content.get(name) for name in ("incident_count", "retracted_count")] if isinstance(content, dict) else []
    counts = [number for number in claimed if isinstance(number, int)]
    if len(counts) == 2 and sum(counts) != len(entries):
        raise SnapshotUnreadable(
            f"{file}: {len(entries):,} entries, but it claims {counts[0]:,} that stand and {counts[1]:,} retracted;"
            " it was cut or changed, so fetch it again"
        )
    return file, entries


def _parsed(file: Path) -> Any:  # whatever JSON holds
    size = file.stat().st_size
    if size > _LARGEST_FILE:
        raise SnapshotUnreadable(f"{file}: {size:,} bytes, more than {_LARGEST_FILE:,}; this is not genai-incidents")
    try:
        return json.loads(read_text(file), parse_int=_integer)
    except RecursionError as error:
        raise SnapshotUnreadable(f"{file}: nested too deep for any file of genai-incidents") from error
    except ValueError as error:
        raise SnapshotUnreadable(f"{file}: is no JSON ({error}); fetch it again") from error


def _fields(entry: object) -> tuple[dict[str, str], list[Fault]]:
    """The fields of an entry as strings fit for RDF, and what is wrong with their form."""
    if not isinstance(entry, dict):
        text, faults = _value("(entry)", entry)
        return {"(entry)": text}, [*faults, Fault("(entry)", text[:80], "wrong-type", "should be an object", "error")]
    fields: dict[str, str] = {}
    found: list[Fault] = []
    for name, value in entry.items():
        if not _NAME.fullmatch(name):
            shown = mended(name)[:80]
            found.append(Fault(shown, "", "unread-field", "no rule reads a field of such a name", "warning"))
        elif value is not None:
            fields[name], faults = _value(name, value)
            found += faults
            if not _has_type(name, value):
                found.append(Fault(name, fields[name][:80], "wrong-type", f"should be {_wanted(name)}", "error"))
    return fields, [*found, *_missing(fields)]


def _missing(fields: Mapping[str, str]) -> Iterator[Fault]:
    for name, severity in _REQUIRED.items():
        if not fields.get(name, "").strip():
            so = "; the entry is quarantined" if severity == "error" else ""
            yield Fault(name, "", "missing-field", f"is missing or empty{so}", severity)
    if (identifier := fields.get("id", "")) and not IDENTIFIER.fullmatch(identifier):
        message = "should be INC- and 5 digits; the entry is quarantined, for nothing else names it"
        yield Fault("id", identifier[:80], "bad-identifier", message, "error")


def _value(name: str, value: object) -> tuple[str, list[Fault]]:
    try:
        return _fit(name, value)
    except RecursionError:
        return "", [Fault(name, "", "nested-value", "lists and objects are nested too deep to be read", "error")]


def _has_type(name: str, value: object) -> bool:
    if name in _TEXTS:
        return isinstance(value, str)
    if name in _LISTS:
        return isinstance(value, list) and all(isinstance(each, str) for each in value)
    wanted = _OTHERS.get(name)
    # To Python, True is an int.
    return wanted is None or (isinstance(value, wanted) and (wanted is bool or not isinstance(value, bool)))


def _wanted(name: str) -> str:
    if name in _TEXTS:
        return "a string"
    if name in _LISTS:
        return "a list of strings"
    wanted = _OTHERS[name]
    return " or ".join(each.__name__ for each in (wanted if isinstance(wanted, tuple) else (wanted,)))


def _fit(name: str, value: object) -> tuple[str, list[Fault]]:
    """The value as text fit for RDF, JSON where it is no string."""
    fit, faults = _mended(value), []
    text = fit if isinstance(fit, str) else json.dumps(fit, ensure_ascii=False)
    if fit != value:
        message = "NUL, control characters or lone surrogates, which RDF cannot hold, were replaced by U+FFFD"
        faults.append(Fault(name, text[:80], "control-characters", message, "warning"))
    if len(text) > _LONGEST_VALUE:
        message = f"has {len(text):,} characters, more than any value of the corpus can need; the first 1,000 are kept"
        faults.append(Fault(name, text[:80], "oversized-value", message, "error"))
    return text[:1_000] if len(text) > _LONGEST_VALUE else text, faults


def _mended(value: object) -> object:
    if isinstance(value, str):
        return mended(value)
    if isinstance(value, list):
        return [_mended(each) for each in value]
    if isinstance(value, dict):
        return {mended(name): _mended(each) for name, each in value.items()}
    # A nan is not equal to itself and JSON has none.
    return str(value) if isinstance(value, float) and not math.isfinite(value) else value


def _integer(digits: str) -> int | str:
    # Python refuses to convert more than 4,300 digits, which would cost the whole file for one bad value.
    return int(digits) if len(digits) < 20 else digits

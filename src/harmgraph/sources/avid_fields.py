"""One entry of the AI Vulnerability Database as JSON → flat fields, checked against the form that entries have.

Lists and the objects whose parts nobody reads stay JSON. A key or type that the form does not have is reported; the
names of those who are given credit, private persons most of them, are never kept.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from harmgraph.sources.base import Fault, Fields
from harmgraph.sources.tables import mended
from harmgraph.sources.values import as_text, fit

_Form = Mapping[str, "type | _Form"]

_TEXT: Final = {"lang": str, "value": str}
_FORM: Final[_Form] = {
    "data_type": str,
    "data_version": str,
    "metadata": {"report_id": str, "vuln_id": str},
    "affects": {"developer": list, "deployer": list, "artifacts": list},
    "problemtype": {"classof": str, "type": str, "description": _TEXT},
    "metrics": list,
    "references": list,
    "description": _TEXT,
    "impact": {
        "avid": {
            "vuln_id": str,
            "risk_domain": list,
            "sep_view": list,
            "lifecycle_view": list,
            "taxonomy_version": str,
        },
        "atlas": object,
        "cvss": object,
        "cwe": object,
        "odin": object,
    },
    "reports": list,
    "reported_date": str,
    "published_date": str,
    "last_modified_date": str,
}
"""Key → the type of its value, or the form of the object there."""
_CALLED: Final[Mapping[object, str]] = {str: "a text", list: "a list"}
_NEVER_KEPT: Final = frozenset({"credit"})


@dataclass(frozen=True, slots=True)
class Flattened:
    """The fields of an entry under the path of each, and what was amiss with its form."""

    fields: Mapping[str, str]
    faults: tuple[Fault, ...]


def flattened(entry: Mapping[str, object]) -> Flattened:
    """The fields of an entry: ``affects / developer`` and so on, with the faults of its form."""
    fields: dict[str, str] = {}
    faults: list[Fault] = []
    for name, value in _leaves(entry, _FORM, "", faults):
        fields[name], found = fit(name, as_text(value))
        faults += found
    return Flattened(fields, tuple(faults))


def objects(fields: Fields, name: str) -> list[dict[str, object]]:
    """Take a field that holds a JSON list: the objects in it; anything else in it is reported."""
    values = json.loads(fields.pop(name) or "[]")
    kept = [each for each in values if isinstance(each, dict)]
    if len(kept) < len(values):
        message = f"{len(values) - len(kept)} of {len(values)} entries are no objects; not used"
        fields.report(name, as_text(values)[:200], "unread-value", message)
    return kept


def texts(fields: Fields, name: str) -> list[str]:
    """Take a field that holds a JSON list: the texts in it that are not blank; anything else in it is reported."""
    values = json.loads(fields.pop(name) or "[]")
    kept = [each.strip() for each in values if isinstance(each, str)]
    if len(kept) < len(values):
        message = f"{len(values) - len(kept)} of {len(values)} entries are no texts; not used"
        fields.report(name, as_text(values)[:200], "unread-value", message)
    return list(filter(None, kept))


def _leaves(values: Mapping[str, object], form: _Form, path: str, faults: list[Fault]) -> Iterator[tuple[str, object]]:
    for key, value in values.items():
        name = path + mended(key)[:80]
        expected = form.get(key)
        if value is None or (not path and key in _NEVER_KEPT):
            continue
        if expected is None:
            message = "no rule reads this key; say in sources/avid_fields.py what it is"
            faults.append(Fault(name, mended(as_text(value)[:200]), "unread-field", message, "warning"))
        elif isinstance(expected, Mapping) and isinstance(value, dict):
            yield from _leaves(value, expected, f"{name} / ", faults)
        elif isinstance(expected, Mapping) or not isinstance(value, expected):
            message = f"should be {'an object' if isinstance(expected, Mapping) else _CALLED[expected]}; not used"
            faults.append(Fault(name, mended(as_text(value)[:200]), "wrong-type", message, "warning"))
        else:
            yield name, value

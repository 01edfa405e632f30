"""``taxonomies.csv``: the permitted values of other databases' taxonomies → concepts of the schemes named after them.

A cell that joins several values with commas is split against the permitted values, because many of these have
commas of their own. What is no permitted value is handed back, never guessed at.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from harmgraph.errors import BuildAborted
from harmgraph.iris import TAXONOMIES
from harmgraph.lookups import label_key, rows
from harmgraph.model import Concept

_OTHER: Final = "other"


@dataclass(frozen=True, slots=True)
class ReadValues:
    """What a cell says: its concepts, each once; what was written in place of a listed value; what nobody permits."""

    concepts: tuple[Concept, ...]
    remarks: tuple[str, ...] = ()
    """Free text behind ``Other:``, where the taxonomy has a value "Other" that stands for it."""
    unread: tuple[str, ...] = ()


class Taxonomies:
    """All permitted values of one checkout. Immutable once loaded; `BuildAborted` for a contradictory row."""

    def __init__(self, path: Path) -> None:
        self._values: defaultdict[tuple[str, str], dict[str, Concept | None]] = defaultdict(dict)
        for line, row in rows(path, ("taxonomy", "attribute", "value", "target")):
            target = _target(path, line, row["target"]) if row["target"] else None
            values = self._values[row["taxonomy"], row["attribute"]]
            if values.setdefault(label_key(row["value"]), target) != target:
                raise BuildAborted(f"{path}:{line}: {row['value']!r} has another target above; choose one")
        self._most_commas = {
            attribute: max(value.count(",") for value in values) for attribute, values in self._values.items()
        }

    def attributes(self, taxonomy: str) -> tuple[str, ...]:
        """The names of the attributes whose values are concepts, in the order of the file."""
        return tuple(attribute for name, attribute in self._values if name == taxonomy)

    def permitted(self, taxonomy: str, attribute: str) -> frozenset[str]:
        """The values that the attribute may have, as `label_key` writes them."""
        return frozenset(self._values.get((taxonomy, attribute), ()))

    def read(self, taxonomy: str, attribute: str, cell: str) -> ReadValues:
        """The values of a cell: one, several joined by commas, or a JSON list of strings.

        The longest permitted value wins wherever two would fit. KeyError for an attribute that has no row.
        """
        if (taxonomy, attribute) not in self._values:
            raise KeyError(f"{taxonomy}/{attribute}")
        values = self._values[taxonomy, attribute]
        listed = _json_list(cell)
        parts = _runs(cell, values, self._most_commas[taxonomy, attribute]) if listed is None else listed
        return _sorted_out(parts, values)


def _target(path: Path, line: int, text: str) -> Concept:
    scheme, _, slug = text.partition("/")
    if scheme not in TAXONOMIES or not slug:
        raise BuildAborted(f"{path}:{line}: target {text!r} should be scheme/slug, of {', '.join(TAXONOMIES)}")
    return Concept(scheme, slug)


def _json_list(cell: str) -> tuple[str, ...] | None:
    """The strings of a JSON list, None for anything else."""
    if not cell.startswith("["):
        return None
    try:
        values = json.loads(cell)
    except (ValueError, RecursionError):
        return None
    return tuple(values) if isinstance(values, list) and all(isinstance(each, str) for each in values) else None


def _runs(cell: str, values: Mapping[str, Concept | None], most_commas: int) -> Iterator[str]:
    """The cell cut at commas, but not inside a permitted value, nor in a stretch that has none."""
    parts = cell.split(",")
    start = pending = 0
    while start < len(parts):
        end = _end_of_value(parts, start, values, most_commas)
        if end is None:
            start += 1
            continue
        if pending < start:
            yield ",".join(parts[pending:start])
        yield ",".join(parts[start:end])
        start = pending = end
    if pending < len(parts):
        yield ",".join(parts[pending:])


def _end_of_value(
    parts: Sequence[str], start: int, values: Mapping[str, Concept | None], most_commas: int
) -> int | None:
    ends = range(min(start + most_commas + 1, len(parts)), start, -1)
    return next((end for end in ends if label_key(",".join(parts[start:end])) in values), None)


def _sorted_out(parts: Iterator[str] | tuple[str, ...], values: Mapping[str, Concept | None]) -> ReadValues:
    concepts: dict[Concept, None] = {}
    remarks, unread = [], []
    for part in map(str.strip, parts):
        key = label_key(part)
        head, colon, remark = part.partition(":")
        if key in values:
            target = values[key]
        elif colon and label_key(head) == _OTHER and _OTHER in values:
            target = values[_OTHER]
            remarks.append(remark.strip())
        else:
            unread += [part] if part else []
            continue
        concepts |= {target: None} if target is not None else {}
    return ReadValues(tuple(concepts), tuple(remarks), tuple(unread))

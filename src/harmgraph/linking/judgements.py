"""``data/links/*.sssom.tsv`` → judgements: pairs that a person has looked at, and things that were looked for in vain.

SSSOM in its TSV form: metadata as YAML comments, of which the CURIE map is read, then a header and one mapping a
line. Read strictly, since a row that is dropped in silence is a link that nobody misses: any other column, an
unknown prefix or a missing cell stops the build and names the line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

from pyoxigraph import NamedNode

from harmgraph.errors import BuildAborted
from harmgraph.iris import OWL, SKOS

COLUMNS: Final = (
    "subject_id",
    "subject_label",
    "predicate_id",
    "object_id",
    "object_label",
    "mapping_justification",
    "confidence",
    "mapping_tool",
    "mapping_date",
    "reviewer_id",
    "comment",
)
MODIFIED_COLUMNS: Final = (*COLUMNS[:3], "predicate_modifier", *COLUMNS[3:])
"""The columns of a file that has negative judgements too."""
NOT: Final = "Not"
"""The predicate modifier of SSSOM that says: looked at, and the mapping does not hold."""
NOTHING_FOUND: Final = "sssom:NoTermFound"
"""The object that says: looked for, and no term was found."""

PREDICATES: Final = frozenset({SKOS.exactMatch, SKOS.closeMatch, SKOS.broadMatch, SKOS.narrowMatch, OWL.sameAs})
REVIEWED: Final = frozenset({"semapv:ManualMappingCuration", "semapv:MappingReview"})
"""Justifications of a mapping that a person has looked at."""
_REQUIRED: Final = ("subject_id", "predicate_id", "object_id", "mapping_justification")
_METADATA: Final = re.compile(r"#(?P<indent> *)(?P<name>[A-Za-z][\w.-]*):(?: +(?P<value>\S.*))?")


@dataclass(frozen=True, slots=True)
class Judgement:
    """A mapping of one of our things; ``object`` is None where none was found.

    It may be a mere candidate, or say that the mapping does not hold: ask `reviewed` and `negated`, or `holds` for
    both.
    """

    subject: NamedNode
    predicate: NamedNode
    object: NamedNode | None
    justification: str
    confidence: float
    date: date | None
    subject_label: str
    object_label: str
    comment: str
    negated: bool = False

    @property
    def reviewed(self) -> bool:
        """Whether a person has looked at it."""
        return self.justification in REVIEWED

    @property
    def holds(self) -> bool:
        """Whether a person says that the mapping holds."""
        return self.reviewed and not self.negated


def read_judgements(folder: Path) -> tuple[Judgement, ...]:
    """All judgements of a folder, in the order of its files and lines; `BuildAborted` for a malformed or second one."""
    seen: dict[tuple[NamedNode, NamedNode, NamedNode | None], str] = {}
    found: list[Judgement] = []
    for path in sorted(folder.glob("*.sssom.tsv")):
        for line, judgement in read_file(path):
            pair = (judgement.subject, judgement.predicate, judgement.object)
            if (before := seen.setdefault(pair, f"{path}:{line}")) != f"{path}:{line}":
                raise BuildAborted(f"{path}:{line}: {judgement.subject.value} has this mapping in {before} already")
            found.append(judgement)
    return tuple(found)


def read_file(path: Path) -> Iterator[tuple[int, Judgement]]:
    """The judgements of one file, each with its line."""
    lines = path.read_text(encoding="utf-8").splitlines()
    start = next((number for number, line in enumerate(lines) if not line.startswith("#")), len(lines))
    prefixes = _curie_map(path, lines[:start])
    header = tuple(lines[start].split("\t")) if start < len(lines) else ()
    if header not in (COLUMNS, MODIFIED_COLUMNS):
        raise BuildAborted(
            f"{path}:{start + 1}: columns {list(header)} should be {list(COLUMNS)}, separated by tabs;"
            " predicate_modifier may follow predicate_id"
        )
    for number, line in enumerate(lines[start + 1 :], start + 2):
        cells = line.split("\t")
        if len(cells) != len(header):
            raise BuildAborted(f"{path}:{number}: {line!r} has {len(cells)} cells instead of {len(header)}")
        try:
            yield number, _judgement(dict(zip(header, cells, strict=True)), prefixes)
        except ValueError as cause:
            raise BuildAborted(f"{path}:{number}: {cause}") from cause


def _curie_map(path: Path, metadata: list[str]) -> dict[str, str]:
    """The prefixes under ``curie_map``; the other metadata are for readers of the file."""
    prefixes: dict[str, str] = {}
    within = ""
    for number, line in enumerate(metadata, 1):
        match = _METADATA.fullmatch(line.rstrip())
        if match is None:
            raise BuildAborted(f"{path}:{number}: {line!r} is no metadata of the form '#name: value'")
        if not match["indent"]:
            within = match["name"]
        elif within == "curie_map" and match["value"]:
            prefixes[match["name"]] = match["value"].strip("\"'")
    if not prefixes:
        raise BuildAborted(f"{path}:1: no '#curie_map:' with '#  prefix: namespace' lines; every id is read by it")
    return prefixes


def _judgement(row: Mapping[str, str], prefixes: Mapping[str, str]) -> Judgement:
    """One row; raises ValueError saying what is amiss and how to mend it."""
    for column in _REQUIRED:
        if not row[column].strip():
            raise ValueError(f"{column} is empty; a mapping needs {', '.join(_REQUIRED)}")
    predicate = _expand("predicate_id", row["predicate_id"], prefixes)
    if predicate not in PREDICATES:
        raise ValueError(
            f"predicate_id {row['predicate_id']!r} is none of {', '.join(sorted(p.value for p in PREDICATES))}"
        )
    _expand("mapping_justification", row["mapping_justification"], prefixes)
    if (modifier := row.get("predicate_modifier", "")) not in ("", NOT):
        raise ValueError(f"predicate_modifier {modifier!r} is neither empty nor {NOT!r}")
    nothing = row["object_id"] == NOTHING_FOUND
    if nothing and modifier:
        raise ValueError(f"predicate_modifier {modifier!r} of {NOTHING_FOUND} says nothing; leave one of the two out")
    return Judgement(
        subject=_expand("subject_id", row["subject_id"], prefixes),
        predicate=predicate,
        object=None if nothing else _expand("object_id", row["object_id"], prefixes),
        justification=row["mapping_justification"],
        confidence=_confidence(row["confidence"]),
        date=date.fromisoformat(row["mapping_date"]) if row["mapping_date"] else None,
        subject_label=row["subject_label"],
        object_label=row["object_label"],
        comment=row["comment"],
        negated=modifier == NOT,
    )


def _expand(column: str, curie: str, prefixes: Mapping[str, str]) -> NamedNode:
    prefix, colon, local = curie.partition(":")
    if not colon or prefix not in prefixes or not local:
        raise ValueError(f"{column} {curie!r} is no CURIE with a prefix of the curie_map ({', '.join(prefixes)})")
    return NamedNode(prefixes[prefix] + local)


def _confidence(text: str) -> float:
    confidence = float(text) if text else 1.0
    if not 0 <= confidence <= 1:
        raise ValueError(f"confidence {text!r} is not between 0 and 1")
    return confidence

"""One judgement → a row in its place in an SSSOM file, and the file as it was before, so that it can be taken back.

Every other row stays as it is, byte by byte. The file is read strictly before and after: what `harmgraph build` would
not read is never left behind. A column for negative judgements is added with the first of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from harmgraph.errors import BuildAborted
from harmgraph.linking.judgements import COLUMNS, MODIFIED_COLUMNS, NOTHING_FOUND, read_file
from harmgraph.linking.suggestion_file import CURIE_MAP, cell

_MODIFIER: Final = "predicate_modifier"


@dataclass(frozen=True, slots=True)
class Written:
    """What a file was before a judgement was written; None where there was none."""

    path: Path
    before: bytes | None

    def undo(self) -> None:
        """Put the file back as it was."""
        if self.before is None:
            self.path.unlink(missing_ok=True)
        else:
            _replace(self.path, self.before)


def write_judgement(path: Path, row: Mapping[str, str], title: str) -> Written:
    """Put this row into the file, by ``subject_id``; it takes the place of one of the same pair.

    A positive judgement also takes the place of the subject's "no term found". Raises `BuildAborted`, with the file
    as it was, where the row or the file is malformed. ``title`` is for a file that does not exist yet.
    """
    written = Written(path, path.read_bytes() if path.exists() else None)
    head, columns, rows = _parts(path, title)
    if row.get(_MODIFIER) and _MODIFIER not in columns:
        rows = [{**each, _MODIFIER: ""} for each in rows]
        columns = MODIFIED_COLUMNS
    head = [*head, *(line for line in _missing_prefixes(head, row))]
    kept = [each for each in rows if not _gives_way(each, row)]
    at = next((number for number, each in enumerate(kept) if each["subject_id"] > row["subject_id"]), len(kept))
    kept.insert(at, {name: cell(row.get(name, "")) for name in columns})
    lines = [*head, "\t".join(columns), *("\t".join(each[name] for name in columns) for each in kept)]
    _replace(path, ("\n".join(lines) + "\n").encode())
    try:
        for _ in read_file(path):
            pass
    except BuildAborted:
        written.undo()
        raise
    return written


def _parts(path: Path, title: str) -> tuple[list[str], tuple[str, ...], list[dict[str, str]]]:
    """The metadata, the header and the rows; `BuildAborted` for a file that the strict reader does not read."""
    if not path.exists():
        prefixes = [f"#  {prefix}: {namespace}" for prefix, namespace in CURIE_MAP.items()]
        licence = "#license: https://creativecommons.org/publicdomain/zero/1.0/"
        return ["#curie_map:", *prefixes, licence, f"#mapping_set_title: {title}"], COLUMNS, []
    for _ in read_file(path):
        pass
    lines = path.read_text(encoding="utf-8").splitlines()
    start = next(number for number, line in enumerate(lines) if not line.startswith("#"))
    columns = tuple(lines[start].split("\t"))
    return lines[:start], columns, [dict(zip(columns, line.split("\t"), strict=True)) for line in lines[start + 1 :]]


def _gives_way(old: Mapping[str, str], new: Mapping[str, str]) -> bool:
    """Whether the new row says the same pair anew, or finds what the old one did not."""
    if old["subject_id"] != new["subject_id"]:
        return False
    found = old["object_id"] == NOTHING_FOUND and not new.get(_MODIFIER)
    return old["object_id"] == new["object_id"] or found


def _missing_prefixes(head: list[str], row: Mapping[str, str]) -> list[str]:
    """Lines for prefixes that the row needs and the file does not have; they belong right after the others."""
    used = {row.get(name, "").partition(":")[0] for name in ("subject_id", "predicate_id", "object_id")}
    missing = [
        each for each in sorted(used & CURIE_MAP.keys()) if not any(line.startswith(f"#  {each}:") for line in head)
    ]
    return ["#curie_map:", *(f"#  {each}: {CURIE_MAP[each]}" for each in missing)] if missing else []


def _replace(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.new")
    draft.write_bytes(content)
    draft.replace(path)

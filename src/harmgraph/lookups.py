"""A file of ``data/lookups`` → its rows, strictly: the columns it should have, no ragged row, lines for errors."""

from __future__ import annotations

import csv
import unicodedata
from collections.abc import Iterator
from pathlib import Path

from harmgraph.errors import BuildAborted


def rows(path: Path, columns: tuple[str, ...]) -> Iterator[tuple[int, dict[str, str]]]:
    """The rows of a lookup file with their line numbers; `BuildAborted` for other columns or a ragged row."""
    try:
        file = path.open(encoding="utf-8", newline="")
    except FileNotFoundError as cause:
        raise BuildAborted(f"{path} is missing; it needs at least its header {','.join(columns)}") from cause
    with file:
        reader = csv.DictReader(file, strict=True)
        if tuple(reader.fieldnames or ()) != columns:
            raise BuildAborted(f"{path}: columns {reader.fieldnames} should be {list(columns)}")
        for row in reader:
            if None in row or None in row.values():
                raise BuildAborted(f"{path}:{reader.line_num}: {row} does not have {len(columns)} cells")
            yield reader.line_num, row


def aliases_of(cell: str) -> tuple[str, ...]:
    """The names in a cell that separates them by ``|``."""
    return tuple(name.strip() for name in cell.split("|") if name.strip())


def label_key(label: str) -> str:
    """The form in which labels are compared: NFKC, case folded, white space (NBSP too) collapsed.

    >>> label_key(" Govt\\xa0- Police ") == label_key("govt - police")
    True
    """
    return " ".join(unicodedata.normalize("NFKC", label).casefold().split())

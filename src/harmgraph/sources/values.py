"""What CSV cells and JSON values hold → strings that RDF can hold, and the entries of a JSON file one by one.

Knows nothing of any source. A broken entry comes out as `Unreadable`, so that its neighbours are not lost; a file that
is cut off or no JSON at all raises `SnapshotUnreadable`.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from json import JSONDecoder
from pathlib import Path
from typing import Final

from harmgraph.errors import SnapshotUnreadable
from harmgraph.sources.aiaaic import tidy
from harmgraph.sources.base import Fault
from harmgraph.sources.tables import mended, read_text

_BREAK: Final = re.compile(r"\n\s*\n")
LONGEST: Final = 50_000
"""Characters of one value. The longest that the databases have are descriptions of a few thousand."""

REPEATED: Final = "(repeated keys)"
"""The key under which an object tells which keys it has twice; it keeps the last value of each."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One element of a JSON array or one line of JSON Lines, with where it stands."""

    position: str
    value: object


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A line that is no JSON: its beginning, and why."""

    position: str
    text: str
    reason: str


def fit(name: str, value: str) -> tuple[str, list[Fault]]:
    """The value without what RDF cannot hold and not longer than `LONGEST`, and what had to be done for that.

    >>> fit("title", "a\\x00b")[0]
    'a\\ufffdb'
    """
    faults = []
    if len(value) > LONGEST:
        message = f"has {len(value):,} characters, more than {LONGEST:,}; the first 1,000 are kept"
        value = value[:1_000]
        faults.append(Fault(name, mended(value[:80]), "oversized-value", message, "error"))
    text = mended(value)
    if text != value:
        message = "NUL, control characters or lone surrogates, which RDF cannot hold, were replaced by U+FFFD"
        faults.append(Fault(name, text[:80], "control-characters", message, "warning"))
    return text, faults


def paragraphs(text: str) -> str | None:
    """A narrative with one blank line between its paragraphs and single spaces in them; None for a blank one.

    >>> paragraphs("One\\nand two.\\r\\n\\r\\n Three. ")
    'One and two.\\n\\nThree.'
    """
    return "\n\n".join(filter(None, map(tidy, _BREAK.split(text)))) or None


def as_text(value: object) -> str:
    """A JSON value as a table writes it: a text as it is, null as nothing, a list or object as JSON.

    MongoDB's Extended JSON wraps numbers and identifiers in an object of one key, which is taken off.

    >>> as_text(True), as_text({"$numberInt": "5"}), as_text(["a"])
    ('True', '5', '["a"]')
    """
    while isinstance(value, dict) and len(value) == 1 and (name := next(iter(value))).startswith("$"):
        value = value[name]
    if value is None:
        return ""
    if not isinstance(value, list | dict):
        return str(value)
    try:
        return json.dumps(value, ensure_ascii=False)
    except RecursionError:
        return "(nested too deeply)"


def entries(path: Path) -> Iterator[Entry | Unreadable]:
    """The entries of a file that is a JSON array, one JSON object, or JSON Lines as mongoexport writes them."""
    text = read_text(path)
    start = _next(text, 0)
    if text[start : start + 1] == "[":
        yield from _elements(path, text, start + 1)
        return
    try:
        yield Entry("entry 1", _decode(text))
    except (ValueError, RecursionError):
        yield from _lines(text)


def _lines(text: str) -> Iterator[Entry | Unreadable]:
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            try:
                yield Entry(f"line {number}", _decode(line))
            except (ValueError, RecursionError) as error:
                yield Unreadable(f"line {number}", mended(line[:80]), f"is no JSON ({error})")


def _elements(path: Path, text: str, at: int) -> Iterator[Entry]:
    number = 0
    at = _next(text, at)
    while text[at : at + 1] != "]":
        number += 1
        try:
            value, at = _DECODER.raw_decode(text, at)
        except (ValueError, RecursionError) as error:
            line = text.count("\n", 0, at) + 1
            raise SnapshotUnreadable(
                f"{path}: entry {number}, which begins on line {line}: {error}; the file is cut off or damaged there,"
                " so fetch it again"
            ) from error
        yield Entry(f"entry {number}", value)
        at = _next(text, at)
        if text[at : at + 1] == ",":
            at = _next(text, at + 1)
        elif text[at : at + 1] != "]":
            raise SnapshotUnreadable(f"{path}: the list ends after entry {number} without ']'; fetch the file again")
    if _next(text, at + 1) < len(text):
        raise SnapshotUnreadable(f"{path}: the file goes on after its list of {number} entries; fetch the file again")


def _next(text: str, at: int) -> int:
    """The index of the first character at or after this one that is no white space of JSON."""
    while at < len(text) and text[at] in " \t\r\n":
        at += 1
    return at


def _decode(text: str) -> object:
    return _DECODER.decode(text)


def _object(pairs: Sequence[tuple[str, object]]) -> dict[str, object]:
    values = dict(pairs)
    if len(values) < len(pairs):
        times = Counter(name for name, _ in pairs)
        values[REPEATED] = sorted(name for name in times if times[name] > 1)
    return values


_DECODER: Final = JSONDecoder(object_pairs_hook=_object)

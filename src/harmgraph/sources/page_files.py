"""Files of AIAAIC pages → one title and one text each, and what could be seen of the page's identity on the way.

A page comes as ``.txt`` (title, then text), in a folder of them (with an optional ``INDEX.tsv`` of identifier, kind,
labels and address), or as a line of JSON Lines: {id, headline, raw}, and url where it is known.
"""

from __future__ import annotations

import csv
import json
import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from harmgraph.errors import SnapshotUnreadable
from harmgraph.sources.aiaaic import IDENTIFIER, is_address
from harmgraph.sources.base import Fault
from harmgraph.sources.tables import mended, read_text

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Page:
    """One page as found, before its text is cut up."""

    position: str
    title: str
    text: str
    identifier: str | None = None
    address: str | None = None
    faults: tuple[Fault, ...] = ()


def pages(path: Path) -> Iterator[Page]:
    """The pages at this path, in the order of lines or of file names; raises `SnapshotUnreadable`."""
    if path.is_dir():
        yield from _folder(path)
    elif path.suffix.lower() in {".jsonl", ".ndjson"}:
        yield from _lines(path)
    elif path.suffix.lower() == ".txt":
        yield _file(path, {})
    else:
        raise SnapshotUnreadable(f"{path}: pages come as .txt, a folder of .txt, or .jsonl of {{id, headline, raw}}")


def _folder(path: Path) -> Iterator[Page]:
    addresses = _index(path / "INDEX.tsv")
    for file in sorted(each for each in path.iterdir() if each.is_file()):
        if file.suffix.lower() == ".txt":
            yield _file(file, addresses)
        elif file.name not in {"INDEX.tsv", "snapshot.toml"} and not file.name.startswith("."):
            logger.warning("%s: not read, since it is neither a .txt page nor INDEX.tsv", file)


def _file(path: Path, addresses: Mapping[str, str]) -> Page:
    """A page in a file: its first line that is not blank is the title."""
    title, _, text = read_text(path).lstrip().partition("\n")
    match = IDENTIFIER.match(path.stem)
    return _fit(Page(path.name, title.strip(), text, match and match[0], addresses.get(path.stem)))


def _index(path: Path) -> dict[str, str]:
    """Identifier → address of the page, from lines of {id, kind, labels, address}."""
    if not path.exists():
        return {}
    addresses = {}
    for number, row in enumerate(csv.reader(read_text(path).splitlines(), "excel-tab"), start=1):
        if len(row) != 4 or not IDENTIFIER.fullmatch(row[0]) or not is_address(row[3]):
            raise SnapshotUnreadable(f"{path}:{number}: {row} should be an identifier, a kind, labels and an address")
        addresses[row[0]] = row[3]
    return addresses


def _lines(path: Path) -> Iterator[Page]:
    for number, line in enumerate(read_text(path).split("\n"), start=1):
        if line.strip():
            yield _fit(_from_json(f"line {number}", line))


def _from_json(position: str, line: str) -> Page:
    try:
        entry = json.loads(line)
    except (ValueError, RecursionError) as error:
        return _unreadable(position, line, f"is no JSON ({error})")
    if not isinstance(entry, dict) or not all(isinstance(entry.get(key), str) for key in ("headline", "raw")):
        return _unreadable(position, line, "is no JSON object with the strings headline and raw")
    identifier, address = entry.get("id"), entry.get("url")
    faults = [*_json_faults(entry)]
    return Page(
        position,
        entry["headline"],
        entry["raw"],
        identifier if isinstance(identifier, str) and IDENTIFIER.fullmatch(identifier) else None,
        address if isinstance(address, str) and is_address(address) else None,
        tuple(faults),
    )


def _json_faults(entry: Mapping[str, object]) -> Iterator[Fault]:
    for key, value in entry.items():
        if value is None:
            continue
        shown = value if isinstance(value, str) else json.dumps(value)
        if key == "id" and not (isinstance(value, str) and IDENTIFIER.fullmatch(value)):
            message = "should be AIAAIC and 3 or 4 digits; the page's address or title is used instead"
            yield Fault(key, shown, "bad-identifier", message, "warning")
        elif key == "url" and not (isinstance(value, str) and is_address(value)):
            yield Fault(key, shown, "not-an-address", "no valid http or https address; not used", "warning")
        elif key not in {"id", "url", "headline", "raw"}:
            message = "no rule reads this key; the page's text is in headline and raw"
            yield Fault(key, shown, "unread-field", message, "warning")


def _unreadable(position: str, line: str, why: str) -> Page:
    message = f"the line {why}; it is quarantined, so mend it or fetch the pages again"
    return Page(position, "", "", faults=(Fault("(line)", line[:80], "unreadable-line", message, "error"),))


def _fit(page: Page) -> Page:
    """The page without characters that RDF cannot hold."""
    title, text = mended(page.title), mended(page.text)
    faults = [fault._replace(field=mended(fault.field), value=mended(fault.value)[:200]) for fault in page.faults]
    if (title, text) != (page.title, page.text):
        message = "NUL, control characters or lone surrogates, which RDF cannot hold, were replaced by U+FFFD"
        faults.append(Fault("(page)", "", "control-characters", message, "warning"))
    return replace(page, title=title, text=text, faults=tuple(faults))

"""The text of one AIAAIC page → its pieces, in order and without a gap: nothing is interpreted and nothing lost.

The labels of a page are often run together (``Developer: VumacamCountry: South AfricaSector: …``), so inside the
block of labels they are looked for anywhere. Outside it, a narrative may well say "Purpose:", so there only the few
labels of the page's head and foot count, and only at the beginning of a line. Which labels form the block is
decided by their company: it is the longest run of labels without a paragraph between them.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, Literal

from harmgraph.vocabulary import label_key

Kind = Literal["narrative", "heading", "boilerplate", "label", "value", "stray", "link"]

SPELLINGS: Final[Mapping[str, tuple[str, ...]]] = {
    "Operator": ("Operator", "Operators", "Operator(s)", "DaOperator"),
    "Deployer": ("Deployer", "Deployers", "Deployer(s)"),
    "Developer": ("Developer", "Developers", "Developer(s)"),
    "System": ("System", "Systems", "System name", "System name(s)"),
    "Country": ("Country", "Countries", "Country(ies)", "Jurisdiction"),
    "Sector": ("Sector", "Sectors", "Sector(s)"),
    "Purpose": ("Purpose", "Purposes", "Purpose(s)"),
    "Technology": ("Technology", "Technologies", "Technology(ies)"),
    "Issue": ("Issue", "Issues", "Issue(s)", "Ethical issue", "Ethical issues"),
    "News trigger": ("News trigger", "News triggers", "News trigger(s)", "Media trigger", "Media trigger(s)"),
    "Transparency": ("Transparency", "Opacity", "Transaparency", "Transpa"),
    "External harm": ("External harm", "External harms"),
    "Internal impact": ("Internal impact", "Internal impacts"),
    "Consequence": ("Consequence", "Consequences"),
    "Response": ("Response", "Responses"),
    "Occurred": ("Occurred",),
    "Released": ("Released",),
    "Type": ("Type",),
    "Published": ("Published", "Page published"),
    "Last updated": ("Last updated", "Page updated"),
    "AIAAIC Repository ID": ("AIAAIC Repository ID", "AIAAIC ID"),
}
"""Canonical label → every spelling seen on a page, slips included."""

SLIPS: Final = frozenset({"DaOperator", "Transaparency", "Transpa", "Opacity"})
_HEAD_AND_FOOT: Final = frozenset({"Occurred", "Released", "Type", "Published", "Last updated", "AIAAIC Repository ID"})
_ACTORS: Final = frozenset({"Operator", "Deployer", "Developer"})

_BOILERPLATE: Final = frozenset(
    map(
        label_key,
        (
            "Can you improve this page?",
            "Share your insights with us",
            "Report incident",
            "Improve page",
            "Access database",
            "Assess database",
            "Search this site",
            "Embedded files",
            "Skip to main content",
            "Skip to navigation",
            "Copy heading link",
            "Google Sites",
            "Report abuse",
        ),
    )
)
_HEADING: Final = re.compile(r"(?i)\W*(?:What happened|Why it happened|What it means|Page info)\W*\n?")

_CANONICAL: Final = {spelling: label for label, spellings in SPELLINGS.items() for spelling in spellings}
_LABEL: Final = re.compile(
    rf"({'|'.join(map(re.escape, sorted(_CANONICAL, key=len, reverse=True)))})"
    # An emoji may stand behind the name; then a colon, or nothing else on the line (not the colon of "https://").
    r"(?:[ \t\xa0]*[^\w\s:;.,/'\"()-]{0,4}[ \t\xa0]*:(?!//)|[ \t\xa0]*[\u2600-\U0001faff]\ufe0f?[ \t\xa0\r]*(?=\n|\Z))"
)
_LINE: Final = re.compile(r"[^\n]*\n|[^\n]+")
_WORD: Final = re.compile(r"\S")
_INDENT: Final = 40


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of the text. ``label`` is the canonical label of a label, of its value, and of stray text below it."""

    kind: Kind
    text: str
    label: str = ""


@dataclass(frozen=True, slots=True)
class _Label:
    name: str
    start: int
    end: int
    begins_line: bool


def split(text: str) -> tuple[Piece, ...]:
    """The pieces of a page's text (without its title); joined they are the text again."""
    block = _block(text, _labels(text))
    if not block:
        return tuple(_lines(text, "narrative"))
    end = _line_end(text, block[-1].end)
    if not text[block[-1].end : end].strip() and _is_tall(text, block):
        end = _line_end(text, _next_word(text, end))
    return (
        *_lines(text[: block[0].start], "narrative"),
        *_block_pieces(text, block, end),
        *_lines(text[end:], "link"),
    )


def begins_with_label(text: str) -> bool:
    """Whether the text begins like a label: outside the block that is worth a look."""
    return _LABEL.match(text.lstrip()) is not None


def spelling_of(piece: Piece) -> str:
    """How the page spells the label that this piece is.

    >>> spelling_of(Piece("label", "Opacity:", "Transparency"))
    'Opacity'
    """
    match = _LABEL.match(piece.text)
    return match[1] if match else piece.label


def _labels(text: str) -> list[_Label]:
    """Everything that looks like a label, wherever it stands."""
    return [
        _Label(_CANONICAL[match[1]], match.start(), match.end(), _begins_line(text, match.start()))
        for match in _LABEL.finditer(text)
    ]


def _begins_line(text: str, at: int) -> bool:
    before = text[max(0, at - _INDENT) : at].rpartition("\n")
    return not before[2].strip() and (bool(before[1]) or at < _INDENT)


def _block(text: str, labels: Sequence[_Label]) -> list[_Label]:
    """The labels of the block: the run with most different labels, the last one of equals."""
    best: list[_Label] = []
    for run in map(_trimmed, _runs(text, labels)):
        names = {label.name for label in run}
        enough = len(names) > 1 or names & _ACTORS
        if enough and names - _HEAD_AND_FOOT and len(names) >= len({label.name for label in best}):
            best = run
    return best


def _runs(text: str, labels: Sequence[_Label]) -> Iterator[list[_Label]]:
    """Labels in sequence with at most a value and one stray line between them."""
    run = list(labels[:1])
    for before, label in pairwise(labels):
        lines = [line for line in text[before.end : label.start].split("\n") if line.strip()]
        if len(lines) > 2:
            yield run
            run = []
        run.append(label)
    if run:
        yield run


def _trimmed(run: Sequence[_Label]) -> list[_Label]:
    """The run from its first label at the beginning of a line, and without the page information that may follow it.

    Where the first label comes again later, it is a word of the narrative's last line.
    """
    left = Counter(label.name for label in run)
    start, end = 0, len(run)
    while start < end and (not run[start].begins_line or left[run[start].name] > 1):
        left[run[start].name] -= 1
        start += 1
    while end > start and run[end - 1].name in _HEAD_AND_FOOT:
        end -= 1
    return list(run[start:end])


def _block_pieces(text: str, block: Sequence[_Label], end: int) -> Iterator[Piece]:
    tall = _is_tall(text, block)
    for label, until in zip(block, [*(label.start for label in block[1:]), end], strict=True):
        yield Piece("label", text[label.start : label.end], label.name)
        value_end = min(_line_end(text, label.end), until)
        heading = not text[label.start : label.end].rstrip().endswith(":")
        if (tall or heading) and not text[label.end : value_end].strip():
            value_end = min(_line_end(text, _next_word(text, value_end)), until)
        yield Piece("value", text[label.end : value_end], label.name)
        if value_end < until:
            rest = text[value_end:until]
            yield Piece("stray" if rest.strip() else "value", rest, label.name)


def _is_tall(text: str, block: Sequence[_Label]) -> bool:
    """Whether values stand on the line below their label: so for at least two labels of the block."""
    return sum(_value_below(text, label, following) for label, following in pairwise(block)) > 1


def _value_below(text: str, label: _Label, following: _Label) -> bool:
    end = _line_end(text, label.end)
    return not text[label.end : end].strip() and bool(text[end : following.start].strip())


def _line_end(text: str, start: int) -> int:
    """The index behind the line that ``start`` stands in."""
    found = text.find("\n", start)
    return len(text) if found < 0 else found + 1


def _next_word(text: str, start: int) -> int:
    """The index of the first character at or after ``start`` that is not white space."""
    found = _WORD.search(text, start)
    return found.start() if found else len(text)


def _lines(text: str, kind: Kind) -> Iterator[Piece]:
    """Text before or behind the block, line by line: furniture of the page, page information, or ``kind``."""
    for line in _LINE.findall(text):
        if label_key(line) in _BOILERPLATE:
            yield Piece("boilerplate", line)
        elif _HEADING.fullmatch(line):
            yield Piece("heading", line)
        else:
            yield from _line(line, kind)


def _line(line: str, kind: Kind) -> Iterator[Piece]:
    """A line that may consist of labels of head or foot: ``Page infoType: IncidentPublished: May 2023``."""
    prefix = re.match(r"\s*(?:Page info\W*)?", line)
    start = prefix.end() if prefix else 0
    labels = [label for label in _labels(line) if label.name in _HEAD_AND_FOOT and label.start >= start]
    if not labels or labels[0].start > start:
        yield Piece(kind, line)
        return
    if start:
        yield Piece("heading", line[:start])
    for label, until in zip(labels, [*(label.start for label in labels[1:]), len(line)], strict=True):
        yield Piece("label", line[label.start : label.end], label.name)
        yield Piece("value", line[label.end : until], label.name)

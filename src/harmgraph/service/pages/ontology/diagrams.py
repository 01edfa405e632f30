"""The outline → class diagrams as geometry, which the template writes as SVG: all classes, and each with what it has.

No script, no inline style: places are attributes, colours are classes of the style sheet. Every diagram has its content
as text too, in the tables of the terms. Pure: asks nothing, writes no markup.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from pyoxigraph import NamedNode

from harmgraph.iris import HG, OWL, RDF, RDFS
from harmgraph.service.pages.ontology.outline import Outline
from harmgraph.service.terms import local_name

_ROW: Final = 24
_GAP: Final = 14
_PAD: Final = 10
_CHARACTER: Final = 7.3
"""Width of a character at 13 px, wider than the fonts of the style sheet need on average."""
_INDENT: Final = 46


Pair = tuple[NamedNode, NamedNode]
"""A property and the class at its other end."""
Run = tuple[NamedNode, Sequence[NamedNode]]
"""A class and the properties that lead to it, or from it."""


@dataclass(frozen=True, slots=True)
class Text:
    """A line of text that leads to the anchor, where there is one; ``role`` is a class of the style sheet."""

    x: float
    y: float
    text: str
    anchor: str = ""
    role: str = ""
    turn: str = "start"


@dataclass(frozen=True, slots=True)
class Box:
    """A class: its name, and below it a line each for what it has."""

    x: float
    y: float
    width: float
    height: float
    texts: tuple[Text, ...]
    role: str = ""


@dataclass(frozen=True, slots=True)
class Diagram:
    """What stands on the sheet; ``lines`` are the data of SVG paths, ``arrows`` those that end in a hollow triangle."""

    width: float
    height: float
    boxes: tuple[Box, ...]
    lines: tuple[str, ...]
    arrows: tuple[str, ...]
    texts: tuple[Text, ...] = ()
    description: str = ""


def hierarchy(outline: Outline) -> Diagram:
    """All classes, each indented under a class that it is narrower than, with those of other vocabularies beside it."""
    places: dict[NamedNode, tuple[float, float]] = {}
    boxes: list[Box] = []
    texts: list[Text] = []
    for row, (term, depth) in enumerate(_ordered(outline)):
        x, y = 2 + depth * _INDENT, 2 + row * (_ROW + _GAP)
        places[term] = (x, y)
        boxes.append(_box(outline, term, x, y))
        foreign = [outline.short(each) for each in outline.iris(term, RDFS.subClassOf) if each not in outline.classes]
        if foreign:
            right = x + boxes[-1].width + 10
            texts.append(Text(right, y + 17, f"⊑ {', '.join(foreign)}", role="soft"))
    arrows = tuple(
        _elbow(places[term], places[parent])
        for term in places
        for parent in outline.iris(term, RDFS.subClassOf)
        if parent in places
    )
    width = max([t.x + len(t.text) * _CHARACTER for t in texts] + [b.x + b.width for b in boxes])
    said = "; ".join(
        f"{outline.label(term)} is a kind of {_joined(outline.label(p) for p in parents)}"
        for term in outline.classes
        if (parents := [p for p in outline.iris(term, RDFS.subClassOf) if p in outline.classes])
    )
    height = len(places) * (_ROW + _GAP)
    return Diagram(round(width + 4), height, tuple(boxes), (), arrows, tuple(texts), said)


def neighbourhood(outline: Outline, term: NamedNode) -> Diagram | None:
    """The class in the middle, what leads to it on the left, what it leads to on the right; None where nothing does.

    What is inherited is not drawn again: the diagram of the broader class has it.
    """
    objects: list[Pair] = []
    values: list[Pair] = []
    sources: list[Pair] = []
    for each in outline.properties:
        ranges, domains = outline.iris(each, RDFS.range), outline.iris(each, RDFS.domain)
        is_literal = OWL.DatatypeProperty in outline.iris(each, RDF.type)
        if term in domains:
            target = ranges[0] if ranges else OWL.Thing
            (values if is_literal else objects).append((each, target))
        if term in ranges and term not in domains:
            sources.append((each, domains[0] if domains else OWL.Thing))
    if not objects and not values and not sources:
        return None
    objects.sort(key=lambda pair: outline.short(pair[1]))
    sources.sort(key=lambda pair: outline.short(pair[1]))
    return _drawn(outline, term, values, _runs(objects), _runs(sources))


def _drawn(
    outline: Outline, term: NamedNode, values: Sequence[Pair], objects: Sequence[Run], sources: Sequence[Run]
) -> Diagram:
    """Three columns of boxes, with a line for each property between two of them, and its name on the line."""
    left = _width(*(outline.short(kind) for kind, _ in sources), bold=True)
    middle = 2 + (left + _width(*_names(outline, sources)) + 20 if sources else 0)
    lines = [f"{outline.label(each)}: {outline.short(kind)}" for each, kind in values]
    width = max(_width(outline.short(term), bold=True), _width(*lines))
    right = middle + width + _width(*_names(outline, objects)) + 20
    inner = _ROW * (1 + len(lines)) + (6 if lines else 0)
    height = max(inner, _tall(objects), _tall(sources))
    texts = tuple(
        Text(middle + _PAD, 2 + _ROW * (place + 1) + 20, line, local_name(values[place][0].value))
        for place, line in enumerate(lines)
    )
    centre = _box(outline, term, middle, 2, width=width, height=height, role="centre", more=texts)
    drawn = [
        _column(outline, sources, x=2, width=left, lines=(2 + left, middle)),
        _column(outline, objects, x=right, width=0, lines=(middle + width, right)),
    ]
    boxes = (centre, *(box for column in drawn for box in column.boxes))
    far = max(box.x + box.width for box in boxes)
    said = [
        *(f"{outline.label(p)} leads to {outline.short(kind)}" for kind, properties in objects for p in properties),
        *(
            f"{outline.short(kind)} leads here by {outline.label(p)}"
            for kind, properties in sources
            for p in properties
        ),
        *(f"{line.replace(': ', ' is a ')}" for line in lines),
    ]
    paths = tuple(path for column in drawn for path in column.lines)
    names_on_lines = tuple(label for column in drawn for label in column.texts)
    return Diagram(round(far + 2), height + 4, boxes, paths, (), names_on_lines, "; ".join(said))


def _column(outline: Outline, runs: Sequence[Run], *, x: float, width: float, lines: tuple[float, float]) -> Diagram:
    """The boxes of one side, from the top, with their lines from one place to the other."""
    boxes, paths, labels = [], [], []
    begin, end = lines
    y = 2.0
    for kind, properties in runs:
        boxes.append(_box(outline, kind, x, y, width=width, height=_ROW * len(properties)))
        for each in properties:
            paths.append(f"M{begin:.0f} {y + 18:.0f}H{end:.0f}")
            name, anchor = outline.label(each), local_name(each.value)
            labels.append(Text((begin + end) / 2, y + 14, name, anchor, turn="middle"))
            y += _ROW
        y += _GAP
    return Diagram(0, y, tuple(boxes), tuple(paths), (), tuple(labels))


def _box(
    outline: Outline,
    term: NamedNode,
    x: float,
    y: float,
    *,
    width: float = 0,
    height: float = _ROW,
    role: str = "",
    more: tuple[Text, ...] = (),
) -> Box:
    name = outline.short(term)
    is_ours = term.value.startswith(HG.iri)
    text = Text(x + _PAD, y + 17, name, local_name(term.value) if is_ours else "", "name")
    width = width or _width(name, bold=True)
    return Box(
        round(x, 1), round(y, 1), round(width, 1), round(height, 1), (text, *more), role if is_ours else "foreign"
    )


def _ordered(outline: Outline) -> list[tuple[NamedNode, int]]:
    """The classes with their depths, each below one that it is narrower than.

    A class below two of them stands last below the first, and the second comes next, so that its arrow is short.
    """
    found: dict[NamedNode, int] = {}

    def parents(term: NamedNode) -> list[NamedNode]:
        return [p for p in outline.iris(term, RDFS.subClassOf) if p in outline.classes]

    def visit(term: NamedNode, depth: int) -> None:
        if term in found:
            return
        found[term] = depth
        for each in sorted(outline.narrower(term), key=lambda each: len(parents(each))):
            visit(each, depth + 1)
            for other in parents(each):
                if not parents(other):
                    waiting.insert(0, other)

    roots = [term for term in outline.classes if not parents(term)]
    waiting = sorted(
        roots, key=lambda term: (not outline.narrower(term), all(len(parents(n)) > 1 for n in outline.narrower(term)))
    )
    waiting += outline.classes  # those in a circle are below no root
    while waiting:
        visit(waiting.pop(0), 0)
    return list(found.items())


def _elbow(child: tuple[float, float], parent: tuple[float, float]) -> str:
    """From the left of a narrower class to the nearer edge of the broader one."""
    is_below = child[1] > parent[1]
    x, y = parent[0] + 18, parent[1] + (_ROW + 9 if is_below else -9)
    return f"M{child[0]:.0f} {child[1] + _ROW / 2:.0f}H{x:.0f}V{y:.0f}"


def _runs(pairs: Sequence[Pair]) -> Sequence[Run]:
    """The properties by the class at their other end."""
    found: dict[NamedNode, list[NamedNode]] = {}
    for each, kind in pairs:
        found.setdefault(kind, []).append(each)
    return list(found.items())


def _names(outline: Outline, runs: Sequence[Run]) -> list[str]:
    return [outline.label(each) for _, properties in runs for each in properties]


def _tall(runs: Sequence[Run]) -> float:
    return sum(_ROW * len(properties) + _GAP for _, properties in runs) - _GAP if runs else 0


def _width(*texts: str, bold: bool = False) -> float:
    return max(map(len, texts), default=0) * (_CHARACTER + 0.9 * bold) + 2 * _PAD


def _joined(names: Iterable[str]) -> str:
    return " and of ".join(names)

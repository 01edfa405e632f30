"""Taking any constraint out of the shapes, or changing its severity, must be noticed by some pair of files.

Each mutant is a part of the shapes graph less one triple, or less one member of a list, or with another severity. The
part is the shapes with a target that reach the changed one, with all that they refer to: no other shape can report
anything else than before. The fast engine runs it over all failing files at once, and over the conforming ones where
that showed no difference.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from typing import Final

from pyoxigraph import Triple
from shacl import Result

from harmgraph.iris import RDF, SH
from harmgraph.validation import ShapesGraph
from harmgraph.validation.engines import compiled
from harmgraph.validation.shapes import Node, n_triples

NOT_CONSTRAINING: Final = {
    SH[name]
    for name in (
        *("name", "description", "message", "severity"),
        *("path", "alternativePath", "inversePath", "zeroOrMorePath"),
        *("declare", "prefix", "namespace", "prefixes", "select"),
    )
}
"""What says how a shape is read and shown. Severities are changed, not removed: none means violation."""
TEXTS: Final = {SH[name] for name in ("name", "description", "message")}
LISTS: Final = {SH[name] for name in ("or", "in", "ignoredProperties", "alternativePath")}
REPORTING: Final = {SH.targetClass, SH.targetSubjectsOf, SH.targetObjectsOf, SH.targetNode}

Seen = Counter[tuple[str, str | None, str, str, str | None]]


def test_every_constraint_is_missed_when_it_is_taken_away(
    shapes: ShapesGraph, merged: Callable[[str], tuple[Triple, ...]]
) -> None:
    failing, conforming = (n_triples(merged(folder)).decode() for folder in ("invalid", "valid"))
    usual = _seen(shapes.triples, failing)
    assert sum(usual.values()) > sum(_seen(_core(shapes.triples), failing).values()) > 200
    assert _seen(shapes.triples, conforming) == Counter()
    # Names, descriptions and messages decide nothing; without them a mutant compiles faster.
    triples = tuple(triple for triple in shapes.triples if triple.predicate not in TEXTS)
    mutants = list(_mutants(triples))
    assert len(mutants) > 600
    parts = Parts(triples)
    assert sum((_seen(parts.of({root}), failing) for root in parts.roots), Counter()) == usual

    @cache
    def before(roots: frozenset[Node], core: bool) -> Seen:
        part = parts.of(roots)
        return _seen(_core(part) if core else part, failing)

    def noticed(mutant: Mutant) -> bool:
        roots = parts.reaching[mutant.taken.subject]
        part = mutant.applied(parts.of(roots))
        core = _core(part)
        return (
            # Most are noticed without the SPARQL constraints, which take half of the time.
            _seen(core, failing) != before(roots, True)
            or (len(core) < len(part) and _seen(part, failing) != before(roots, False))
            or _seen(part, conforming) != Counter()
        )

    with ThreadPoolExecutor() as pool:  # the engine releases the GIL
        unnoticed = [each.change for each, seen in zip(mutants, pool.map(noticed, mutants), strict=True) if not seen]
    assert unnoticed == []


@dataclass(frozen=True)
class Mutant:
    """A triple that is taken out of the shapes, and the one that is put in its place, if any."""

    change: str
    taken: Triple
    put: Triple | None = None

    def applied(self, triples: Iterable[Triple]) -> list[Triple]:
        """The triples after the change."""
        rest = [each for each in triples if each != self.taken]
        return rest if self.put is None else [*rest, self.put]


class Parts:
    """The shapes graph by the shapes that have a target."""

    def __init__(self, triples: tuple[Triple, ...]) -> None:
        self._stated: dict[Node, list[Triple]] = {}
        for triple in triples:
            self._stated.setdefault(triple.subject, []).append(triple)
        self.roots: Final[set[Node]] = {triple.subject for triple in triples if triple.predicate in REPORTING}
        self._reached: dict[Node, dict[Node, None]] = {root: self._from(root) for root in self.roots}
        self.reaching: Final[dict[Node, frozenset[Node]]] = {
            node: frozenset(root for root in self.roots if node in self._reached[root]) for node in self._stated
        }
        """The shapes with a target that refer to a node, directly or through others."""

    def of(self, roots: Collection[Node]) -> list[Triple]:
        """What is stated of these shapes and of all that they refer to, without the targets of those."""
        nodes = {node: None for root in roots for node in self._reached[root]}
        stated = (triple for node in nodes for triple in self._stated[node])
        return [each for each in stated if each.predicate not in REPORTING or each.subject in roots]

    def _from(self, root: Node) -> dict[Node, None]:
        found: dict[Node, None] = {}
        waiting = [root]
        while waiting:
            node = waiting.pop()
            if node not in found:
                found[node] = None
                waiting += [each.object for each in self._stated[node] if each.object in self._stated]
        return found


def _core(triples: Iterable[Triple]) -> list[Triple]:
    return [triple for triple in triples if triple.predicate not in (SH.sparql, SH.select, SH.prefixes)]


def _seen(shapes: Iterable[Triple], data: str) -> Seen:
    try:
        engine = compiled(ShapesGraph.of(shapes))
    except ValueError as refusal:  # a mutant that no engine takes is noticed, too
        return Counter([(str(refusal), None, "", "", None)])
    return Counter(
        # Blank nodes are numbered after those of the shapes, so their numbers say nothing.
        ("_:" if each.focus_node.startswith("_:") else each.focus_node, *_of_shape(each))
        for each in engine.validate_text(data, format="ntriples").results
    )


def _of_shape(result: Result) -> tuple[str | None, str, str, str | None]:
    return result.path, result.component, result.severity, result.source_shape


def _mutants(triples: tuple[Triple, ...]) -> Iterator[Mutant]:
    reporting = _reporting(triples)
    for triple in triples:
        if triple.predicate.value.startswith(SH.iri) and triple.predicate not in NOT_CONSTRAINING:
            yield Mutant(f"without {triple}", triple)
        if triple.predicate == SH.severity and triple.subject in reporting:
            other = SH.Warning if triple.object != SH.Warning else SH.Info
            yield Mutant(f"{triple} as {other}", triple, Triple(triple.subject, triple.predicate, other))
        if triple.predicate in LISTS:
            yield from _shortened(triples, triple)


def _shortened(triples: tuple[Triple, ...], head: Triple) -> Iterator[Mutant]:
    """Each member of the list left out in turn."""
    rest: dict[Node, Node] = {each.subject: each.object for each in triples if each.predicate == RDF.rest}
    first: dict[Node, Node] = {each.subject: each.object for each in triples if each.predicate == RDF.first}
    links = {each.object: each for each in triples if each.predicate == RDF.rest}
    links[head.object] = head
    cell = head.object
    while cell != RDF.nil:
        link = links[cell]
        bridged = Triple(link.subject, link.predicate, rest[cell])
        yield Mutant(f"{head} without {first[cell]}", link, bridged)
        cell = rest[cell]


def _reporting(triples: tuple[Triple, ...]) -> set[Node]:
    """The shapes whose own severity reaches a report: they have a target or are a property of one that has.

    A shape behind sh:node, sh:or, sh:not or sh:qualifiedValueShape only answers yes or no (SHACL §4.6, §4.7), and
    one without a constraint of its own has nothing to report.
    """
    found: set[Node] = {each.subject for each in triples if each.predicate in REPORTING}
    found |= {each.object for each in triples if each.predicate == SH.property and each.subject in found}
    silent = NOT_CONSTRAINING | REPORTING | {SH.property}
    constrained = {
        each.subject for each in triples if each.predicate.value.startswith(SH.iri) and each.predicate not in silent
    }
    return found & constrained

"""Taking any constraint out of the shapes, or changing its severity, must be noticed by some pair of files.

Each mutant is the shapes graph less one triple, or less one member of a list, or with another severity. The fast
engine runs it over all failing files at once, and over the conforming ones where that showed no difference.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from pyoxigraph import Triple

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
    usual, usual_core = _seen(shapes.triples, failing), _seen(_core(shapes.triples), failing)
    assert sum(usual.values()) > sum(usual_core.values()) > 200
    assert _seen(shapes.triples, conforming) == Counter()
    # Names, descriptions and messages decide nothing; without them a mutant compiles faster.
    mutants = list(_mutants(tuple(triple for triple in shapes.triples if triple.predicate not in TEXTS)))
    assert len(mutants) > 600

    def noticed(mutant: tuple[str, list[Triple]]) -> bool:
        _, triples = mutant
        return (
            # Most are noticed without the SPARQL constraints, which take half of the time.
            _seen(_core(triples), failing) != usual_core
            or _seen(triples, failing) != usual
            or _seen(triples, conforming) != Counter()
        )

    with ThreadPoolExecutor() as pool:  # the engine releases the GIL
        unnoticed = [change for (change, _), seen in zip(mutants, pool.map(noticed, mutants), strict=True) if not seen]
    assert unnoticed == []


def _core(triples: Iterable[Triple]) -> list[Triple]:
    return [triple for triple in triples if triple.predicate not in (SH.sparql, SH.select, SH.prefixes)]


def _seen(shapes: Iterable[Triple], data: str) -> Seen:
    try:
        engine = compiled(ShapesGraph.of(shapes))
    except ValueError as refusal:  # a mutant that no engine takes is noticed, too
        return Counter([(str(refusal), None, "", "", None)])
    return Counter(
        (each.focus_node, each.path, each.component, each.severity, each.source_shape)
        for each in engine.validate_text(data, format="ntriples").results
    )


def _mutants(triples: tuple[Triple, ...]) -> Iterator[tuple[str, list[Triple]]]:
    reporting = _reporting(triples)
    for triple in triples:
        others = [each for each in triples if each != triple]
        if triple.predicate.value.startswith(SH.iri) and triple.predicate not in NOT_CONSTRAINING:
            yield f"without {triple}", others
        if triple.predicate == SH.severity and triple.subject in reporting:
            other = SH.Warning if triple.object != SH.Warning else SH.Info
            yield f"{triple} as {other}", [*others, Triple(triple.subject, triple.predicate, other)]
        if triple.predicate in LISTS:
            yield from _shortened(triples, triple)


def _shortened(triples: tuple[Triple, ...], head: Triple) -> Iterator[tuple[str, list[Triple]]]:
    """The graph with each member of the list left out in turn."""
    rest: dict[Node, Node] = {each.subject: each.object for each in triples if each.predicate == RDF.rest}
    first: dict[Node, Node] = {each.subject: each.object for each in triples if each.predicate == RDF.first}
    links = {each.object: each for each in triples if each.predicate == RDF.rest}
    links[head.object] = head
    cell = head.object
    while cell != RDF.nil:
        link = links[cell]
        bridged = Triple(link.subject, link.predicate, rest[cell])
        yield f"{head} without {first[cell]}", [*(each for each in triples if each != link), bridged]
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

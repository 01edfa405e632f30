"""The terms of the outline → the HTML table of each, made by pyLODE.

pyLODE documents a whole ontology as one page, with a style sheet and a layout of its own. Here it makes the tables
alone, of a graph that holds besides what the shapes ask and which queries use a term; headings, anchors and layout are
the page's. ``docs/decisions/pylode-makes-the-tables-of-the-ontology.md`` says what of pyLODE is used, and what is not.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from html import escape
from typing import Any, Final

from dominate import tags
from markupsafe import Markup
from pyoxigraph import NamedNode
from rdflib import DCTERMS, Graph, Literal, URIRef
from rdflib import RDF as RDF_TERMS

from harmgraph.iris import HG, OWL, PREFIXES, RDFS, SKOS, Namespace
from harmgraph.service.pages.ontology import constraints, usage
from harmgraph.service.pages.ontology.outline import Outline
from harmgraph.service.pages.rendering import CONTROL
from harmgraph.service.terms import href, is_own, local_name

_ROWS: Final = Namespace("urn:harmgraph:documentation:")
"""Rows of a table that no property of the ontology gives."""
CLASS_ROWS: Final[Mapping[NamedNode, str]] = {
    RDFS.comment: "Comment",
    SKOS.scopeNote: "Scope",
    SKOS.editorialNote: "Editorial note",
    SKOS.example: "Example",
    RDFS.subClassOf: "Kind of",
    _ROWS.narrower: "Kinds of it",
    OWL.disjointWith: "Disjoint with",
    _ROWS.properties: "Has",
    _ROWS.valueOf: "Is value of",
    RDFS.seeAlso: "See also",
    _ROWS.constraint: "Constraints",
    _ROWS.query: "Queries",
}
PROPERTY_ROWS: Final[Mapping[NamedNode, str]] = {
    RDFS.comment: "Comment",
    SKOS.scopeNote: "Scope",
    SKOS.editorialNote: "Editorial note",
    SKOS.example: "Example",
    RDFS.domain: "Used of",
    RDFS.range: "Values",
    RDFS.subPropertyOf: "Narrower than",
    _ROWS.wider: "Wider than",
    OWL.inverseOf: "Inverse of",
    RDFS.seeAlso: "See also",
    _ROWS.constraint: "Constraints",
    _ROWS.query: "Queries",
}
_FOLDED: Final = 5
"""More constraints in one row than this are folded."""


def tables(outline: Outline, root: str) -> dict[str, Markup]:
    """The table of each class and property, by its local name."""
    graph = _graph(outline)
    found = _sections(graph, OWL.Class, CLASS_ROWS) | _sections(graph, OWL.ObjectProperty, PROPERTY_ROWS)
    return {name: Markup(_tidied(table, root).render(pretty=False)) for name, table in found.items()}


def _graph(outline: Outline) -> Graph:
    """What pyLODE is given: our terms alone, each as a class or a property, with a title for whatever it links to."""
    graph = Graph(bind_namespaces="none")
    for prefix, namespace in PREFIXES.items():
        graph.bind(prefix, namespace)
    for kind, terms, rows in (
        (OWL.Class, outline.classes, CLASS_ROWS),
        (OWL.ObjectProperty, outline.properties, PROPERTY_ROWS),
    ):
        for term in terms:
            _add(graph, term, RDF_TERMS.type, URIRef(kind.value))
            graph.set((URIRef(term.value), DCTERMS.title, Literal(outline.label(term))))
            for predicate in rows:
                for value in outline.objects(term, predicate):
                    if isinstance(value, NamedNode):
                        _link(graph, term, predicate, value.value, outline.short(value))
                    else:  # pyLODE takes no example and no address for Markdown
                        is_literal = predicate == SKOS.example or value.value.startswith("http")
                        text = visible(value.value) if is_literal else plain(value.value)
                        _add(graph, term, predicate, Literal(text))
            _derived(graph, outline, term)
    return graph


def _derived(graph: Graph, outline: Outline, term: NamedNode) -> None:
    """What the other terms, the shapes and the queries say of this one."""
    is_class = term in outline.classes
    for each in outline.classes if is_class else outline.properties:
        for predicate, row in ((RDFS.subClassOf, _ROWS.narrower), (RDFS.subPropertyOf, _ROWS.wider)):
            if term in outline.iris(each, predicate):
                _link(graph, term, row, each.value, outline.short(each))
        if term in outline.iris(each, OWL.disjointWith):  # stated of one of the two, true of both
            _link(graph, term, OWL.disjointWith, each.value, outline.short(each))
    for each in outline.properties if is_class else ():
        for predicate, row in ((RDFS.domain, _ROWS.properties), (RDFS.range, _ROWS.valueOf)):
            if term in outline.iris(each, predicate):
                _link(graph, term, row, each.value, outline.short(each))
    for asked in constraints.published().get(term, ()):
        sentence = f"**{plain(asked.name)}** {plain(asked.message)} *{asked.severity}*"
        _add(graph, term, _ROWS.constraint, Literal(sentence))
    for query in usage.of_class(outline, term) if is_class else usage.of_property(term):
        _link(graph, term, _ROWS.query, f"{_ROWS.query.value}{query.path}", query.title)


def _link(graph: Graph, term: NamedNode, predicate: NamedNode, target: str, title: str) -> None:
    _add(graph, term, predicate, URIRef(target))
    graph.set((URIRef(target), DCTERMS.title, Literal(title)))


def _add(graph: Graph, term: NamedNode, predicate: NamedNode | URIRef, value: URIRef | Literal) -> None:
    graph.add((URIRef(term.value), URIRef(str(getattr(predicate, "value", predicate))), value))


def visible(text: str) -> str:
    """The text with control characters named, which could make it look as if it said something else."""
    return CONTROL.sub(lambda match: f"U+{ord(match[0]):04X}", text)


def plain(text: str) -> str:
    r"""The text as Markdown that means just these characters: pyLODE reads texts as Markdown, which may hold HTML.

    >>> plain("a *b* <script>")
    'a \\*b\\* &lt;script&gt;'
    """
    return re.sub(r"([\\`*_{}\[\]()#+\-.!])", r"\\\1", escape(" ".join(visible(text).split()), quote=False))


def _sections(graph: Graph, kind: NamedNode, rows: Mapping[NamedNode, str]) -> dict[str, Any]:
    """The tables that pyLODE makes of the terms of this kind."""
    # The import of pyLODE 3.3.4 has the root logger write everything to standard error, unless it has a handler.
    silent = logging.NullHandler()
    logging.getLogger().addHandler(silent)
    try:
        from pylode.utils import section_html
    finally:
        logging.getLogger().removeHandler(silent)
    predicates = [URIRef(row.value) for row in rows]
    names = {URIRef(row.value): {"title": name, "description": "", "ont_title": ""} for row, name in rows.items()}
    anchors = {str(s): local_name(str(s)) for s in graph.subjects(RDF_TERMS.type, URIRef(kind.value))}
    section = section_html(
        "", graph, Graph(), (HG.iri,), URIRef(kind.value), predicates, {}, "terms", dict(anchors), names
    )
    return {entity["id"]: entity.children[1] for entity in section.children[1:]}


def _tidied(table: Any, root: str) -> Any:
    """The table with links that are ours, headers that say what they head, and long rows folded."""
    for row in table.children:
        heading, cell = row.children
        heading["scope"] = "row"
        if (link := next(iter(heading.get(tags.a)), None)) is not None:
            (name,) = link.children
            heading.clear()
            heading.add(str(name).capitalize())  # pyLODE writes Every Word With A Capital
            if link["href"] == _ROWS.constraint.value and len(cell.get(tags.li)) > _FOLDED:
                (values,) = cell.children
                cell.clear()
                cell.add(tags.details(tags.summary(f"{len(values.children)} constraints"), values))
    for mark in table.get(tags.sup):  # which kind a term is of stands in its heading
        mark.parent.remove(mark)
    for link in table.get(tags.a):
        _lead(link, root)
    return table


def _lead(link: Any, root: str) -> None:
    target = str(link["href"])
    if target.startswith(_ROWS.iri):
        link["href"] = root + target.removeprefix(_ROWS.query.value)
    elif not target.startswith("#"):
        place = href(target, root)
        if place is None:
            del link["href"]
        else:
            link["href"] = place
            if not is_own(target):
                link["rel"], link["class"] = "external noreferrer", "external"

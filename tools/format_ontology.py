"""Rewrites every ``ontology/**/*.ttl`` in one canonical, sorted form, with SKOS labels as the lookups have them.

    python tools/format_ontology.py [--check] [--root FOLDER]

The same triples always give the same bytes. Turtle comments do not survive: a reason belongs in ``rdfs:comment``
or ``skos:editorialNote``. In ``ontology/schemes/NAME.ttl`` the English alternative and hidden labels are those of
``data/lookups/NAME.csv`` and no others. ``--check`` writes nothing; it exits 1 and names the files that would change.
"""

from __future__ import annotations

import argparse
import csv
import re
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Final

import pyoxigraph
import rdflib
from rdflib import OWL, RDF, RDFS, SH, SKOS, XSD, BNode, Graph, Literal, URIRef
from rdflib.compare import to_canonical_graph
from rdflib.plugins.serializers.longturtle import LongTurtleSerializer
from rdflib.term import Node

from harmgraph.iris import BASE, concept_iri, scheme_iri
from harmgraph.vocabulary import label_key

PROJECT: Final = Path(__file__).resolve().parents[1]

# The literals written without quotes. rdflib writes more of them so, and 2.0E1 as 2e+01 and "1"^^xsd:boolean as true.
_PLAIN: Final = {XSD.boolean: re.compile("true|false"), XSD.integer: re.compile("-?(0|[1-9][0-9]*)")}
_HEADERS: Final = (OWL.Ontology, SKOS.ConceptScheme)


class OntologyFault(Exception):
    """A file that cannot be formatted: what is wrong, where, and the remedy."""


class CanonicalTurtle(LongTurtleSerializer):
    """rdflib's long Turtle, with subjects and objects in the order of their IRIs and no invented prefixes.

    rdflib 7.6 orders subjects by how often they are referred to, so that one new triple moves whole blocks.
    """

    def __init__(self, store: Graph) -> None:
        super().__init__(store)  # type: ignore[no-untyped-call]  # rdflib
        self.predicateOrder = [RDF.type, RDFS.label, SKOS.prefLabel, SKOS.altLabel, SKOS.hiddenLabel]
        self.predicateOrder += [SKOS.definition, RDFS.comment, SKOS.example]
        self.predicateOrder += [SH.name, SH.description, SH.message, SH.severity]

    def orderSubjects(self) -> list[Node]:  # noqa: N802  # rdflib's own name
        return sorted(self._subjects, key=self._rank)

    def sortProperties(self, properties: Mapping[Node, list[Node]]) -> list[Node]:  # noqa: N802  # rdflib's own name
        for objects in properties.values():
            objects.sort(key=_order)
        first = [predicate for predicate in self.predicateOrder if predicate in properties]
        return [*first, *sorted((p for p in properties if p not in first), key=_order)]

    def label(self, node: Node, position: int) -> str:
        if not isinstance(node, Literal):
            plain: str = super().label(node, position)  # type: ignore[no-untyped-call]  # rdflib
            return plain
        if node.datatype in _PLAIN and _PLAIN[node.datatype].fullmatch(node):
            return str(node)
        quoted: str = node._literal_n3(use_plain=False, qname_callback=self.get_pname)
        return quoted

    def get_pname(self, uri: Node, gen_prefix: bool = False) -> str | None:
        name: str | None = super().get_pname(uri, gen_prefix=False)  # type: ignore[no-untyped-call]  # rdflib
        return name

    def _rank(self, subject: Node) -> tuple[bool, bool, bool, str]:
        header = any((subject, RDF.type, kind) in self.store for kind in _HEADERS)
        return isinstance(subject, BNode), not header, not str(subject).startswith(BASE), str(subject)


_NAMES: Final = frozenset({"", "typo", "moved"})
"""The findings of labels that are names of their concept; a `broader` one ("CAD 602 fine") only falls under it."""


def _order(node: Node) -> tuple[bool, str, str]:
    return isinstance(node, BNode), str(node), node.n3()


@contextmanager
def _literals_as_written() -> Iterator[None]:
    # rdflib rewrites "01"^^xsd:integer to "1" as it parses, unless told not to.
    before, rdflib.NORMALIZE_LITERALS = rdflib.NORMALIZE_LITERALS, False
    try:
        yield
    finally:
        rdflib.NORMALIZE_LITERALS = before


def read(path: Path) -> Graph:
    """The graph of a Turtle file with the prefixes that the file declares, and only those."""
    graph = Graph(bind_namespaces="none")
    try:
        with _literals_as_written():
            graph.parse(path, publicID=BASE, format="turtle")
    except Exception as cause:  # rdflib raises bare exceptions of many kinds for bad Turtle
        raise OntologyFault(f"{path} is not Turtle: {cause}") from cause
    return graph


def turtle(graph: Graph) -> str:
    """The one canonical form of the graph; raises `OntologyFault` where writing would change a triple."""
    canonical = Graph(bind_namespaces="none")
    for triple in to_canonical_graph(graph):
        canonical.add(triple)
    for prefix, namespace in graph.namespaces():
        canonical.bind(prefix, namespace)
    serializer = CanonicalTurtle(canonical)
    serializer.roundtrip_prefixes = tuple(prefix for prefix, _ in graph.namespaces())  # unused ones too
    stream = BytesIO()
    with _literals_as_written():
        serializer.serialize(stream, encoding="utf-8")
    text = stream.getvalue().decode().strip() + "\n"
    if _dataset(text, "turtle") != _dataset(canonical.serialize(format="nt"), "nt"):
        raise OntologyFault("the canonical form would not say the same; look for an unusual literal or IRI")
    return text


def _dataset(text: str, extension: str) -> pyoxigraph.Dataset:
    rdf_format = pyoxigraph.RdfFormat.from_extension("ttl" if extension == "turtle" else extension)
    dataset = pyoxigraph.Dataset(pyoxigraph.parse(text, format=rdf_format))
    dataset.canonicalize(pyoxigraph.CanonicalizationAlgorithm.RDFC_1_0)
    return dataset


def formatted(path: Path, lookups: Path) -> str:
    """What the file should hold."""
    graph = read(path)
    lookup = lookups / f"{path.stem}.csv"
    if path.parent.name == "schemes" and lookup.exists():
        relabel(graph, path.stem, lookup)
    return turtle(graph)


def relabel(graph: Graph, scheme: str, lookup: Path) -> None:
    """Give the concepts of the scheme the lookup's labels: ``skos:hiddenLabel`` for typos, ``skos:altLabel`` else."""
    for kind in (SKOS.altLabel, SKOS.hiddenLabel):
        for subject, old in list(graph.subject_objects(kind)):
            if isinstance(old, Literal) and old.language in (None, "en"):
                graph.remove((subject, kind, old))
    for label, slug, finding in sorted(_own_labels(scheme, lookup)):
        concept = URIRef(concept_iri(scheme, slug).value)
        if (concept, SKOS.inScheme, URIRef(scheme_iri(scheme).value)) not in graph:
            raise OntologyFault(
                f"{lookup}: label {label!r} has target {scheme}/{slug}, which is no concept of"
                f" ontology/schemes/{scheme}.ttl; add the concept or correct the target"
            )
        known = {label_key(str(name)) for p in (SKOS.prefLabel, SKOS.altLabel) for name in graph.objects(concept, p)}
        if label_key(label) not in known:
            kind = SKOS.hiddenLabel if finding == "typo" else SKOS.altLabel
            graph.add((concept, kind, Literal(label, lang="en")))


def _own_labels(scheme: str, lookup: Path) -> Iterator[tuple[str, str, str]]:
    """Label, slug and finding of every label that is a name of exactly one concept, and one of this scheme."""
    with lookup.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, strict=True))
    targets: defaultdict[str, set[str]] = defaultdict(set)
    for row in rows:
        targets[label_key(row["label"])].add(row["target"])
    for row in rows:
        owner, _, slug = row["target"].partition("/")
        if owner == scheme and row["finding"] in _NAMES and len(targets[label_key(row["label"])]) == 1:
            yield " ".join(row["label"].split()), slug, row["finding"]


def main(arguments: list[str] | None = None) -> int:
    """The command line; the exit code."""
    parser = argparse.ArgumentParser(description="Format the ontology files.")
    parser.add_argument("--check", action="store_true", help="write nothing, name the files that would change")
    parser.add_argument("--root", type=Path, default=PROJECT, help="the checkout")
    options = parser.parse_args(arguments)
    code = 0
    for path in sorted((options.root / "ontology").rglob("*.ttl")):
        if path.parent.name in ("shapes", "inbox"):
            continue  # written by hand: their comments say why, and a rewrite would lose them
        try:
            text = formatted(path, options.root / "data" / "lookups")
        except OntologyFault as fault:
            print(f"{path.relative_to(options.root)}: {fault}", file=sys.stderr)
            code = 1
            continue
        if text != path.read_text(encoding="utf-8"):
            if options.check:
                code = 1
            else:
                path.write_text(text, encoding="utf-8")
            print(f"{'would format' if options.check else 'formatted'} {path.relative_to(options.root)}")
    return code


if __name__ == "__main__":
    sys.exit(main())

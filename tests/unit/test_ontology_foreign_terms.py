"""No term of another vocabulary is made up: not in the ontology, not in the shapes, not in code, not in queries.

Which terms a vocabulary has is in rdflib's closed namespaces and in ``tests/data/terms/*.txt``: after a first line
with the namespace and the file that the list was checked in, one local name a line.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import pytest
from rdflib import SH, SKOS, Graph, Literal, URIRef
from rdflib import namespace as rdf

from harmgraph import iris

ROOT: Final = Path(__file__).resolve().parents[2]
TERMS: Final = ROOT / "tests" / "data" / "terms"
WIKIDATA: Final = "http://www.wikidata.org/"
CLOSED: Final = (
    *(rdf.DC, rdf.DCAT, rdf.DCTERMS, rdf.FOAF, rdf.ORG, rdf.OWL, rdf.PROV, rdf.RDF, rdf.RDFS),
    *(rdf.SDO, rdf.SH, rdf.SKOS, rdf.TIME, rdf.VANN, rdf.VOID, rdf.XSD),
)

# Licences, data sets and ontologies as wholes: named, but no terms of a vocabulary.
NAMED_WHOLES: Final = re.compile(
    r"https://creativecommons\.org/(licenses|publicdomain)/|https://w3id\.org/(airo|dpv/risk)$"
    r"|http://www\.wikidata\.org/entity/Q[1-9][0-9]*$|http://semanticweb\.cs\.vu\.nl/2009/11/sem/$"
    # The documents that taxonomies of others were taken from.
    r"|https://(genai\.owasp\.org/resource|atlas\.mitre\.org|www\.nist\.gov/itl|github\.com/emmanuelgjr)/"
    r"|http://data\.europa\.eu/eli/reg/2024/1689/oj$"
)


def _lists() -> dict[str, frozenset[str]]:
    """Namespace → local names, from the term lists; the first line of each names namespace and source."""
    found = {}
    for path in sorted(TERMS.glob("*.txt")):
        head, *names = path.read_text(encoding="utf-8").splitlines()
        found[head.split()[1]] = frozenset(names)
    return found


LISTS: Final = _lists()


def is_defined(iri: str) -> bool:
    """Whether a foreign IRI is a term that its vocabulary defines, or names no term but a whole."""
    if iri.startswith(iris.BASE) or NAMED_WHOLES.match(iri):
        return True
    for namespace, names in LISTS.items():
        if iri.startswith(namespace) and iri.removeprefix(namespace) in names:
            return True
    return any(iri.startswith(str(ns)) and iri != str(ns) and URIRef(iri) in ns for ns in CLOSED)


@pytest.mark.parametrize(
    "iri",
    [
        "https://w3id.org/airo#Incident",  # AIRO 1.0 has no incident class
        "https://w3id.org/dpv/risk#incident",
        "http://schema.org/Event",  # schema.org's terms are under https here
        "http://www.w3.org/ns/prov#wasMadeBy",
        "https://example.org/vocabulary#term",
        "https://www.wikidata.org/entity/Q30",  # Wikidata's entities are under http
    ],
)
def test_a_made_up_term_is_recognised(iri: str) -> None:
    assert not is_defined(iri)


@pytest.mark.parametrize("path", sorted((ROOT / "ontology").rglob("*.ttl")), ids=lambda path: path.stem)
def test_no_ontology_file_uses_a_term_that_its_vocabulary_does_not_define(path: Path) -> None:
    nodes = {node for triple in Graph().parse(path) for node in triple}
    used = {node.datatype if isinstance(node, Literal) else node for node in nodes}
    assert {str(iri) for iri in used if isinstance(iri, URIRef) and not is_defined(str(iri))} == set()


def test_no_code_uses_a_term_that_its_vocabulary_does_not_define() -> None:
    namespaces = {name: value for name, value in vars(iris).items() if isinstance(value, iris.Namespace)}
    pattern = re.compile(rf"\b({'|'.join(namespaces)})(?:\.(?!iri\b)([A-Za-z]\w*)|\[\"([\w-]+)\"\])")
    used = {
        namespaces[name].iri + (attribute or item)
        for path in sorted((ROOT / "src").rglob("*.py"))
        for name, attribute, item in pattern.findall(path.read_text(encoding="utf-8"))
    }
    assert len(used) > 40
    assert {iri for iri in used if not is_defined(iri)} == set()


def test_no_query_constraint_or_example_uses_a_term_that_its_vocabulary_does_not_define() -> None:
    known = {prefix: ns for prefix, ns in iris.PREFIXES.items() if not ns.startswith((iris.BASE, WIKIDATA))}
    pattern = re.compile(rf"(?<![\w:/-])({'|'.join(known)}):([A-Za-z][\w-]*)")
    texts = [
        path.read_text(encoding="utf-8") for folder in ("queries", "src") for path in (ROOT / folder).rglob("*.rq")
    ]
    for path in (ROOT / "ontology").rglob("*.ttl"):
        graph = Graph().parse(path)
        texts += [str(text) for kind in (SH.select, SH.ask, SKOS.example) for text in graph.objects(None, kind)]
    lines = [line for text in texts for line in text.splitlines() if not line.lstrip().startswith("#")]
    used = {known[prefix] + local for line in lines for prefix, local in pattern.findall(line)}
    assert len(used) > 20
    assert {iri for iri in used if not is_defined(iri)} == set()


def test_every_prefix_of_a_foreign_vocabulary_can_be_checked() -> None:
    ours = tuple(prefix for prefix in iris.PREFIXES if iris.PREFIXES[prefix].startswith(iris.BASE))
    for prefix, namespace in iris.PREFIXES.items():
        if prefix not in (*ours, "wd", "wdt"):
            assert namespace in {*LISTS, *map(str, CLOSED)}, prefix

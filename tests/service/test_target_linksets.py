"""The links to one other data set: every one of the release, as link sets and as RDF, and in the catalogue."""

from __future__ import annotations

from collections.abc import Set
from typing import Final

import httpx
import pytest
from pyoxigraph import Literal, NamedNode, RdfFormat, Triple, parse
from requests.utils import parse_header_links

from harmgraph.iris import BASE, DCT, RDF, SKOS, VOID, WD
from harmgraph.service.linked_data.targets import TARGETS

from .conftest import Publication

WIKIDATA: Final = NamedNode(f"{BASE}catalog#linkset-wikidata")
ALL: Final = """SELECT DISTINCT ?s ?p ?o WHERE { GRAPH ?g { ?s ?p ?o }
  FILTER (STRSTARTS(STR(?s), "https://w3id.org/harmgraph/id/") && STRSTARTS(STR(?o), "%s"))
  FILTER (?p IN (skos:exactMatch, skos:closeMatch, skos:broadMatch, skos:narrowMatch, skos:relatedMatch, owl:sameAs,
    foaf:page)) }"""


def triples(response: httpx.Response, format: RdfFormat = RdfFormat.N_TRIPLES) -> set[Triple]:
    return {quad.triple for quad in parse(input=response.content, format=format)}


def asked(publication: Publication, target: str) -> set[tuple[str, str, str]]:
    """The links to the target by a query that was written apart."""
    query = ALL % TARGETS[target].space
    rows = publication.client.get("/sparql", params={"query": query, "format": "json"}).json()["results"]["bindings"]
    return {(row["s"]["value"], row["p"]["value"], row["o"]["value"]) for row in rows}


def plain(found: Set[Triple]) -> set[tuple[str, str, str]]:
    return {(t.subject.value, t.predicate.value, t.object.value) for t in found}  # type: ignore[union-attr]  # IRIs


@pytest.mark.parametrize("target", TARGETS)
def test_a_linkset_holds_every_link_to_its_target(publication: Publication, target: str) -> None:
    found = plain(triples(publication.client.get(f"/linkset/{target}.nt")))
    assert found == asked(publication, target)
    assert found or target in ("aiid", "avid")  # of which the example has nothing


@pytest.mark.parametrize("target", ["wikidata", "aiaaic"])
def test_every_format_says_the_same(publication: Publication, target: str) -> None:
    expected = asked(publication, target)
    turtle = publication.client.get(f"/linkset/{target}", headers={"Accept": "text/turtle"})
    assert plain(triples(turtle, RdfFormat.TURTLE)) == expected
    contexts = publication.client.get(f"/linkset/{target}").json()["linkset"]
    assert len({context["anchor"] for context in contexts}) == len(contexts)
    assert {
        (context["anchor"], relation, each["href"])
        for context in contexts
        for relation, targets in context.items()
        if relation != "anchor"
        for each in targets
    } == expected
    text = publication.client.get(f"/linkset/{target}.txt")
    assert text.headers["Content-Type"] == "application/linkset"
    links = parse_header_links(text.text.replace("\n", " "))
    assert {(link["anchor"], link["rel"], link["url"]) for link in links} == expected


def test_the_catalogue_and_void_describe_each_linkset(publication: Publication) -> None:
    for place in ("/catalog.nt", "/.well-known/void"):
        described = triples(publication.client.get(place, headers={"Accept": "application/n-triples"}))
        assert Triple(WIKIDATA, RDF.type, VOID.Linkset) in described
        assert Triple(WIKIDATA, VOID.subjectsTarget, NamedNode(f"{BASE}#dataset")) in described
        assert Triple(WIKIDATA, VOID.objectsTarget, NamedNode(f"{BASE}#wikidata")) in described
        assert Triple(NamedNode(f"{BASE}#wikidata"), VOID.uriSpace, Literal(WD.iri)) in described
        assert Triple(WIKIDATA, VOID.linkPredicate, SKOS.exactMatch) in described
        (dump,) = (t.object for t in described if t.subject == WIKIDATA and t.predicate == VOID.dataDump)
        assert isinstance(dump, NamedNode)
        held = triples(publication.client.get(dump.value.removeprefix(BASE)))
        (said,) = (t.object for t in described if t.subject == WIKIDATA and t.predicate == VOID.triples)
        assert isinstance(said, Literal)
        assert int(said.value) == len(held)
        licences = {t.object for t in described if t.subject == WIKIDATA and t.predicate == DCT.license}
        assert licences == {NamedNode("https://creativecommons.org/publicdomain/zero/1.0/")}
        assert not [t for t in described if t.subject == NamedNode(f"{BASE}catalog#linkset-avid")]  # it would be empty


@pytest.mark.parametrize("name", ["dbpedia", "wikidata.html", "wikidata.", "wikidata.nt.nt", "%00", ".nt"])
def test_an_unknown_linkset_is_not_found(publication: Publication, name: str) -> None:
    assert publication.client.get(f"/linkset/{name}").status_code in (400, 404)


def test_a_linkset_that_is_held_already_is_not_sent_again(publication: Publication) -> None:
    first = publication.client.get("/linkset/wikidata")
    assert "application/n-triples" in first.headers["Link"]
    assert (
        publication.client.get("/linkset/wikidata", headers={"If-None-Match": first.headers["ETag"]}).status_code == 304
    )
    refused = publication.client.get("/linkset/wikidata", headers={"Accept": "image/png"})
    assert refused.status_code == 406

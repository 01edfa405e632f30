"""JSON-LD documents: terms of one context, three forms, and the same graph as every other format."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyld import jsonld as pyld
from pyoxigraph import Literal, NamedNode, Quad, RdfFormat, Triple, parse
from rdflib import Graph
from rdflib.compare import isomorphic

from harmgraph.iris import BASE, DCT, HG, OWL, RDF, RDFS, XSD
from harmgraph.service.documents import jsonld

from .conftest import Publication

SEED = "/doc/incident/AIAAIC0850"
PATHS = (
    SEED,
    "/doc/record/aiaaic-page/2024-02/AIAAIC0850",
    "/doc/organisation/acme",
    "/doc/incident/AIID-412",
    "/ns",
    "/",
)


def refuse(url: str, _: object) -> Any:
    """Stands for the network: whatever asks for it fails."""
    raise AssertionError(f"a document made its reader fetch {url}")


def document(client: httpx.Client, path: str, profile: str | None = None) -> tuple[Any, str]:
    """The JSON-LD document in this form, and its content type."""
    accept = "application/ld+json" + (f';profile="{profile}"' if profile else "")
    response = client.get(path, headers={"Accept": accept})
    assert response.status_code == 200
    return response.json(), response.headers["Content-Type"]


def test_a_document_reads_like_plain_json(publication: Publication) -> None:
    found, content_type = document(publication.client, SEED)
    assert content_type == f'application/ld+json;profile="{jsonld.COMPACTED}"'
    assert found["id"] == f"{BASE}id/incident/AIAAIC0850"
    assert found["type"] == "Incident"
    assert found["label"] == {"en": "Ukraine use of Clearview AI facial recognition draws concerns"}
    assert f"{BASE}id/organisation/clearview-ai" in found["developer"]
    assert found["earliestDate"] == "2022-03-01"
    assert found["claim"]["text"]["en"].startswith("The company holds")
    assert found["claim"]["appearance"]["type"] == "Report" or found["reportedIn"]["type"] == "Report"
    organisations = {each["id"]: each for each in found["included"]}
    assert organisations[f"{BASE}id/organisation/clearview-ai"]["label"] == {"en": "Clearview AI"}


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("profile", jsonld.PROFILES)
def test_every_form_is_the_graph_of_the_turtle(publication: Publication, path: str, profile: str) -> None:
    expected = Graph().parse(data=publication.client.get(path, headers={"Accept": "text/turtle"}).text, format="turtle")
    found, content_type = document(publication.client, path, profile)
    assert content_type == f'application/ld+json;profile="{profile}"'
    text = json.dumps(found)
    assert isomorphic(Graph().parse(data=text, format="json-ld"), expected)
    nquads = pyld.to_rdf(found, {"format": "application/n-quads", "documentLoader": refuse})
    assert isomorphic(Graph().parse(data=nquads, format="nt"), expected)


def test_the_forms_are_what_their_names_say(publication: Publication) -> None:
    expanded, _ = document(publication.client, SEED, jsonld.EXPANDED)
    assert isinstance(expanded, list)
    assert all(":" in name or name.startswith("@") for node in expanded for name in node)
    flattened, _ = document(publication.client, SEED, jsonld.FLATTENED)
    assert set(flattened) == {"@context", "@graph"}
    assert len({node["id"] for node in flattened["@graph"]}) == len(flattened["@graph"])


@pytest.mark.parametrize(
    ("accept", "profile"),
    [
        ("application/ld+json", jsonld.COMPACTED),
        ('application/ld+json; profile="http://www.w3.org/ns/json-ld#expanded"', jsonld.EXPANDED),
        ("application/ld+json;profile=http://www.w3.org/ns/json-ld#flattened", jsonld.FLATTENED),
        ('application/ld+json;profile="http://example.org/p http://www.w3.org/ns/json-ld#flattened"', jsonld.FLATTENED),
        ('application/ld+json;profile="http://example.org/p"', jsonld.COMPACTED),
        (
            'application/ld+json;profile="http://www.w3.org/ns/json-ld#expanded";q=0.5, '
            'application/ld+json;profile="http://www.w3.org/ns/json-ld#flattened"',
            jsonld.FLATTENED,
        ),
        ("*/*", jsonld.COMPACTED),
        (None, jsonld.COMPACTED),
    ],
)
def test_the_profile_is_read_from_the_accept_header(accept: str | None, profile: str) -> None:
    assert jsonld.profile(accept) == profile


def test_each_form_has_an_etag_of_its_own(publication: Publication) -> None:
    tags = {}
    for profile in jsonld.PROFILES:
        accept = {"Accept": f'application/ld+json;profile="{profile}"'}
        tags[profile] = publication.client.get(SEED, headers=accept).headers["ETag"]
        again = publication.client.get(SEED, headers={**accept, "If-None-Match": tags[profile]})
        assert again.status_code == 304
    assert len(set(tags.values())) == 3


def test_the_context_is_published_for_good(publication: Publication) -> None:
    response = publication.client.get("/context/v1.jsonld")
    assert response.headers["Content-Type"] == "application/ld+json"
    assert "immutable" in response.headers["Cache-Control"]
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    published = response.json()["@context"]
    used, _ = document(publication.client, SEED)
    assert all(published[name] == definition for name, definition in used["@context"].items())


def test_the_context_never_changes(project: Path) -> None:
    # Whoever wrote JSON in these terms relies on them. A term that is wrong or missing needs contexts/v2.jsonld;
    # only until the first version of harmgraph is out may terms still be added here.
    text = (project / "src/harmgraph/service/contexts/v1.jsonld").read_bytes()
    assert hashlib.sha256(text).hexdigest() == "e92eeaad03e9303cfeae091c665b120780dc1e6e160f1d2f068c397a23ea6fa6"


def test_the_context_has_a_term_for_everything_in_the_ontology(quads: list[Quad]) -> None:
    kinds = (OWL.Class, OWL.ObjectProperty, OWL.DatatypeProperty)
    named = {
        q.subject.value
        for q in quads
        if q.predicate == RDF.type and q.object in kinds and isinstance(q.subject, NamedNode)
    }
    ours = {iri for iri in named if iri.startswith(HG.iri)} - {HG.matches.value}  # which stands in queries alone
    definitions = jsonld.terms().values()
    known = {each if isinstance(each, str) else each["@id"] for each in definitions if isinstance(each, str | dict)}
    assert len(ours) > 60
    assert ours <= known


IRIS = st.sampled_from(
    [
        *(HG.developer, HG.label, RDF.type, RDFS.label, DCT.title, DCT.source, XSD.date, DCT.date),
        *(
            NamedNode(iri)
            for iri in ("schema:x", "urn:a:b", "http://e.org/", "https://schema.org/", f"{HG.iri}a/b", "label:x")
        ),
        NamedNode(f"{BASE}id/field/x/y"),
        NamedNode("https://schema.org///x"),
    ]
)
LITERALS = st.one_of(
    st.builds(Literal, st.text(max_size=5)),
    st.builds(
        lambda text, language: Literal(text, language=language), st.text(max_size=5), st.sampled_from(["en", "de-at"])
    ),
    st.builds(lambda text, kind: Literal(text, datatype=kind), st.text(max_size=5), IRIS),
)
TRIPLES = st.builds(Triple, IRIS, IRIS, IRIS | LITERALS)


@given(st.lists(TRIPLES, max_size=12), st.none() | IRIS, st.sampled_from(jsonld.PROFILES))
def test_any_graph_comes_back_as_it_was(graph: list[Triple], first: NamedNode | None, profile: str) -> None:
    written = jsonld.write(sorted(set(graph), key=str), profile, first)
    assert {quad.triple for quad in parse(input=written, format=RdfFormat.JSON_LD)} == set(graph)

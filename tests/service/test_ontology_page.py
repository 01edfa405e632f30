"""The page of the ontology: every term under its anchor, with all that is said of it, in HTML that needs no script."""

from __future__ import annotations

import re
import subprocess
import sys
from html.parser import HTMLParser

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown import markdown
from pyoxigraph import Literal, NamedNode, Quad, Triple

from harmgraph.iris import HG, OWL, RDF, RDFS, SKOS
from harmgraph.service.pages.ontology import diagrams, usage
from harmgraph.service.pages.ontology.constraints import published
from harmgraph.service.pages.ontology.documentation import plain, visible
from harmgraph.service.pages.ontology.outline import Outline
from harmgraph.service.pages.ontology.page import page_of

VOID_TAGS = {"meta", "link", "input", "br", "path", "rect"}


class Read(HTMLParser):
    """What the tests ask of a page: elements with their attributes, and the text and links below each id."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.ids: list[str] = []
        self.texts: dict[str, str] = {}
        self.links: dict[str, list[str]] = {}
        self._open: list[tuple[str, str | None]] = []
        self.feed(page)
        assert self._open == [], "an element is not closed"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        identifier = dict(attrs).get("id")
        if identifier:
            self.ids.append(identifier)
        if tag not in VOID_TAGS:
            self._open.append((tag, identifier))
        for _, each in self._open:
            if each and tag == "a":
                self.links.setdefault(each, []).append(dict(attrs).get("href") or "")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID_TAGS:
            assert self._open.pop()[0] == tag

    def handle_data(self, data: str) -> None:
        for _, each in self._open:
            if each:
                self.texts[each] = self.texts.get(each, "") + data


@pytest.fixture(scope="module")
def page(client: httpx.Client) -> Read:
    """The page, read."""
    return Read(client.get("/ns", headers={"Accept": "text/html"}).text)


@pytest.fixture(scope="module")
def outline(quads: list[Quad]) -> Outline:
    """The ontology that is served."""
    return Outline({q.triple for q in quads if str(q.graph_name).endswith("graph/ontology>")})


def _one_line(text: str) -> str:
    return " ".join(text.split())


def test_every_term_stands_under_its_anchor_with_all_texts_of_it(page: Read, outline: Outline) -> None:
    terms = (*outline.classes, *outline.properties)
    assert len(terms) > 60
    for term in terms:
        told = _one_line(page.texts[term.value.removeprefix(HG.iri)])
        for predicate in (RDFS.label, SKOS.definition, RDFS.comment, SKOS.example, SKOS.scopeNote, SKOS.editorialNote):
            for text in outline.objects(term, predicate):
                assert _one_line(text.value) in told, (term, predicate)


def test_the_page_says_first_what_the_ontology_is(page: Read, outline: Outline) -> None:
    names = [name for name, _ in outline.about]
    assert names[:5] == ["Title", "Description", "Comment", "Version", "This version"]
    assert len(names) == len(set(names)) > 12
    assert "/ns/0.1.0" in [attributes.get("href") for _, attributes in page.elements]
    assert "0.1.0, 2026-11-24: first version." in outline.changes


def test_the_relations_of_a_term_lead_to_the_other_term(page: Read, outline: Outline) -> None:
    for term in (*outline.classes, *outline.properties):
        links = page.links[term.value.removeprefix(HG.iri)]
        for predicate in (RDFS.domain, RDFS.range, RDFS.subClassOf, RDFS.subPropertyOf, OWL.disjointWith):
            for other in outline.iris(term, predicate):
                is_ours = other.value.startswith(HG.iri)
                assert (f"#{other.value.removeprefix(HG.iri)}" if is_ours else other.value) in links, (term, other)
                if is_ours:  # and back again
                    assert f"#{term.value.removeprefix(HG.iri)}" in page.links[other.value.removeprefix(HG.iri)]


def test_every_constraint_of_a_term_is_told_with_it(page: Read, outline: Outline) -> None:
    constrained = [term for term in (*outline.classes, *outline.properties) if published().get(term)]
    assert len(constrained) > 40
    for term in constrained:
        told = _one_line(page.texts[term.value.removeprefix(HG.iri)])
        for constraint in published()[term]:
            assert constraint.message in told, term
    assert any("hg:deployer is the IRI" in each.message for each in published()[HG.deployer])
    assert any("hg:deployer is the IRI" in each.message for each in published()[HG.Incident])
    assert {each.severity for each in published()[HG.Incident]} == {"violation", "warning"}


def test_the_page_needs_no_script_and_no_style_of_its_own(page: Read) -> None:
    assert [tag for tag, _ in page.elements].count("h1") == 1
    assert {"style", "iframe", "object"}.isdisjoint(tag for tag, _ in page.elements)
    scripts = [attributes for tag, attributes in page.elements if tag == "script"]
    assert scripts == [{"type": "application/ld+json"}], "data, which run nowhere"
    assert [name for _, attributes in page.elements for name in attributes if re.match(r"style$|on", name)] == []


def test_no_anchor_stands_twice_and_none_is_missing(page: Read) -> None:
    assert len(page.ids) == len(set(page.ids))
    inner = {href[1:] for tag, attributes in page.elements if (href := attributes.get("href") or "").startswith("#")}
    assert len(inner) > 60
    assert inner - set(page.ids) == set()
    pointed = {
        word
        for _, attributes in page.elements
        for name in ("aria-labelledby", "aria-describedby")
        for word in (attributes.get(name) or "").split()
    }
    assert pointed - set(page.ids) == set()


def test_every_class_has_queries_that_run(client: httpx.Client, page: Read, outline: Outline) -> None:
    for term in outline.classes:
        queries = [href for href in page.links[term.value.removeprefix(HG.iri)] if href.startswith("/sparql?")]
        assert queries, term
        answer = client.get(queries[0], params={"format": "json"} | dict(httpx.URL(queries[0]).params))
        assert answer.status_code == 200, (term, answer.text)
        assert "thing" in answer.json()["head"]["vars"]
    rows = client.get("/sparql", params={"query": usage.listing(outline, HG.Incident), "format": "json"}).json()
    assert len({row["thing"]["value"] for row in rows["results"]["bindings"]}) == 10
    actors = client.get("/sparql", params={"query": usage.listing(outline, HG.Actor), "format": "json"}).json()
    assert actors["results"]["bindings"]  # which are organisations, and nobody says that they are actors


def test_the_competency_queries_of_a_term_are_those_that_use_it(client: httpx.Client, page: Read) -> None:
    assert "/sparql?example=03-deployer-and-developer-at-once" in page.links["deployer"]
    assert "/sparql?example=03-deployer-and-developer-at-once" not in page.links["harm"]
    examples = {href for hrefs in page.links.values() for href in hrefs if href.startswith("/sparql?example=")}
    assert len(examples) > 20
    assert {client.get(href, headers={"Accept": "text/html"}).status_code for href in examples} == {200}


def test_every_diagram_says_what_it_shows(page: Read, outline: Outline) -> None:
    drawn = [attributes for tag, attributes in page.elements if tag == "svg"]
    assert len(drawn) > 12
    for attributes in drawn:
        assert attributes["role"] == "group"  # not "img", which would hide the links in it
        assert page.texts[attributes["aria-labelledby"] or ""]
    told = page.texts["hierarchy-desc"]
    assert "incident is a kind of topic of a record" in told
    assert "country is a kind of party and of place" in told
    assert {f"#{each.value.removeprefix(HG.iri)}" for each in outline.classes} <= set(page.links["hierarchy-drawn"])
    assert "deployer leads to actor" in page.texts["Incident-diagram-desc"]


def test_nothing_of_a_diagram_lies_outside_it_or_on_another_box(outline: Outline) -> None:
    for drawn in (diagrams.hierarchy(outline), *(diagrams.neighbourhood(outline, each) for each in outline.classes)):
        if drawn is None:
            continue
        for box in drawn.boxes:
            assert 0 <= box.x <= box.x + box.width <= drawn.width
            assert 0 <= box.y <= box.y + box.height <= drawn.height
        for one in drawn.boxes:
            for other in drawn.boxes:
                beside = one.x + one.width <= other.x or other.x + other.width <= one.x
                assert one is other or beside or one.y + one.height <= other.y or other.y + other.height <= one.y


def test_hostile_texts_and_addresses_of_an_ontology_stay_texts() -> None:
    bad = "<script>alert(1)</script> [x](javascript:alert(2)) **b** <img src=x onerror=alert(3)>"
    triples = {
        Triple(HG.Bad, RDF.type, OWL.Class),
        Triple(HG.Bad, RDFS.label, Literal(bad)),
        *(Triple(HG.Bad, p, Literal(bad)) for p in (RDFS.comment, SKOS.definition, SKOS.example, SKOS.scopeNote)),
        Triple(HG.Bad, RDFS.seeAlso, NamedNode("javascript:alert(4)")),
        Triple(HG.Bad, RDFS.seeAlso, Literal('http://example.org/"onclick="alert(5)')),
        Triple(HG.Bad, RDFS.subClassOf, HG.Worse),
        Triple(HG.Worse, RDF.type, OWL.Class),
        Triple(HG.Worse, RDFS.subClassOf, HG.Bad),
    }
    made = page_of(triples, "")
    assert [entry.anchor for entry in made.classes] == ["Bad", "Worse"]
    read = Read(f'<div id="all">{made.classes[0].table}</div>')
    assert {tag for tag, _ in read.elements} <= {
        "div",
        "table",
        "tr",
        "th",
        "td",
        "p",
        "pre",
        "code",
        "a",
        "span",
        "ul",
        "li",
    }
    assert not [name for _, attributes in read.elements for name in attributes if name.startswith("on")]
    assert all(href.startswith(("/sparql?", "#", "http://", "")) for href in read.links["all"])
    assert not [href for href in read.links["all"] if "javascript" in href]
    assert _one_line(read.texts["all"]).count(bad) >= 3
    assert made.hierarchy is not None
    assert len(made.hierarchy.boxes) == 2  # though each is below the other


@given(st.text())
def test_a_text_comes_out_of_markdown_as_it_went_in(text: str) -> None:
    read = Read(f'<div id="all">{markdown(plain(text))}</div>')
    assert {tag for tag, _ in read.elements} <= {"div", "p"}
    assert _one_line(read.texts.get("all", "")) == _one_line(visible(text))


def test_making_the_page_leaves_the_log_as_it_is() -> None:
    code = (
        "import logging; from harmgraph.service.pages.ontology.page import page_of; page_of(set(), '');"
        "root = logging.getLogger(); print(root.level, root.handlers)"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout == f"{30} []\n"

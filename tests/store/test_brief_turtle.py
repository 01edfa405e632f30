"""Descriptions that are abbreviated as text are the bytes that the engine writes with the prefixes in use."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from pyoxigraph import BlankNode, Literal, NamedNode, Quad, RdfFormat, Store, Triple, serialize

from harmgraph.iris import BASE, HG, PREFIXES, RDF, XSD
from harmgraph.store.base import Query
from harmgraph.store.local.brief_turtle import abbreviated, brief_turtle, is_brief
from harmgraph.store.local.evaluation import answer
from harmgraph.store.local.writing import write_graph

from .test_evaluation import Page, written

S = NamedNode(f"{BASE}id/incident/S000007")
_LOCALS = (
    "",
    "a",
    "7",
    "A1_b-c",
    "-a",
    "a-",
    "a.b",
    "a.",
    ".a",
    "a/b",
    "a:b",
    "a%20b",
    "a~b",
    "é",
    "o'x",
    "a(b)",
)
_IRIS = (
    *(f"{PREFIXES[prefix]}{local}" for prefix in ("hg", "hgi", "xsd", "rdf") for local in _LOCALS),
    f"{PREFIXES['hgi']}a#b",
    "urn:x",
    "urn:x#y",
    "mailto:a@b.example",
    "https://w3id.org/harmgraph/",
    "http://a.example/a?b=c#d",
    "http://www.w3.org/1999/02/22-rdf-syntax-ns",
)
_TEXTS = (
    "",
    "a",
    ' a "b" ',
    "\\",
    '\\"',
    '"',
    "\t a ",
    "\n<s> a ",
    "^^",
    "a^^",
    "<",
    "x <http://a/> y",
    "^^<a>",
    "\0",
    "é",
    "@en",
)


def as_always(triples: list[Triple], **asked: int) -> bytes:
    """What `writing` makes of them."""
    page = Page()
    write_graph(triples, Query("", 1.0, **asked), RdfFormat.TURTLE, page)  # type: ignore[arg-type]  # numbers
    return page.text.encode()


def some_triples(seed: int) -> list[Triple]:
    """A few triples of what terms there are, most of them usual ones."""
    choice = random.Random(seed)
    usual = seed % 3

    def iri() -> NamedNode:
        if choice.random() < 0.4 * usual:
            return NamedNode(choice.choice(_IRIS))
        return choice.choice((S, HG.issue, HG.Incident, RDF.type, NamedNode("http://a.example/x")))

    def term() -> NamedNode | Literal | BlankNode:
        text = choice.choice(_TEXTS)
        match choice.randrange(8):
            case 0:
                return Literal(text, language="en")
            case 1:
                return Literal(text, datatype=iri())
            case 2:
                return Literal(choice.choice(("1", "1.5", "true", "01", "x")), datatype=XSD.integer)
            case 3:
                return Literal(text)
            case 4:
                return BlankNode("b")
            case _:
                return iri()

    found = []
    for _ in range(choice.randrange(12)):
        subject = BlankNode("b") if choice.random() < 0.1 else iri() if choice.random() < 0.5 else S
        predicate = RDF.type if choice.random() < 0.2 else iri()
        found.append(Triple(subject, predicate, term()))
    return found


def test_the_bytes_are_those_of_the_engine_or_there_are_none() -> None:
    brief = 0
    for seed in range(3_000):
        triples = some_triples(seed)
        page = abbreviated(serialize(triples, format=RdfFormat.TURTLE) or b"")
        assert page in (None, as_always(triples)), seed
        brief += page is not None
    assert brief > 800, "what is usual is abbreviated"


def test_a_triple_as_a_term_is_left_to_the_engine() -> None:
    triples = [Triple(S, HG.issue, Triple(S, RDF.type, HG.Incident))]
    assert abbreviated(serialize(triples, format=RdfFormat.TURTLE) or b"") is None


def test_every_description_of_a_release_is_the_same_either_way(release: Path) -> None:
    store = Store.read_only(str(release / "store"))
    for number in range(0, 2_000, 13):
        text = f"DESCRIBE <{BASE}id/incident/S{number:06}>"
        page = brief_turtle(store.query(text))  # type: ignore[arg-type]  # a description
        assert page == as_always(list(store.query(text)))  # type: ignore[arg-type]
        assert page == written(store, text).encode()


def test_no_namespace_is_within_another() -> None:
    """The engine would have two names to choose from."""
    namespaces = list(PREFIXES.values())
    assert not [(a, b) for a in namespaces for b in namespaces if a != b and b.startswith(a)]
    assert all(namespace.endswith(("/", "#")) for namespace in namespaces)


@pytest.mark.parametrize(
    ("query", "brief"),
    [
        (Query("PREFIX a: <http://a/> describe a:b", 1.0), True),
        (Query("DESCRIBE ?a { ?a ?b ?c }", 1.0), False),
        (Query("DESCRIBE <http://a/>", 1.0, graph_format="application/trig"), False),
        (Query("DESCRIBE <http://a/>", 1.0, max_rows=5), False),
        (Query("DESCRIBE <http://a/>", 1.0, max_bytes=5), False),
    ],
)
def test_only_descriptions_of_what_is_named_are_brief(query: Query, brief: bool) -> None:
    assert is_brief(query) is brief


@pytest.mark.parametrize("triples", [0, 1_500, 2_500])
def test_a_description_that_is_not_small_is_written_as_always(triples: int) -> None:
    store = Store()
    store.bulk_extend(Quad(S, HG.note, Literal(f"{number:5} " + "x" * 60)) for number in range(triples))
    text = f"DESCRIBE <{S.value}>"
    assert written(store, text).encode() == as_always(list(store.query(text)))  # type: ignore[arg-type]
    assert (brief_turtle(store.query(text)) is None) is (triples > 0)  # type: ignore[arg-type]


def test_a_string_with_an_iri_in_it_is_written_as_always() -> None:
    store = Store()
    store.add(Quad(S, HG.note, Literal(f"see <{S.value}>")))
    page = Page()
    answer(store, Query(f"DESCRIBE <{S.value}>", 1.0), page)  # type: ignore[arg-type]
    assert page.text.endswith(f'hgi:S000007 hg:note "see <{S.value}>" .\n')

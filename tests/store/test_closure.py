"""Paths to a concept are resolved where that gives the same answers, and nowhere else."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyoxigraph import Quad, QuerySolutions, RdfFormat, Store, parse

from harmgraph.iris import PREFIXES
from harmgraph.store.base import Query
from harmgraph.store.local.evaluation import answer
from harmgraph.store.query_text.closure import with_concepts

DECLARED = "".join(f"PREFIX {prefix}: <{iri}>\n" for prefix, iri in PREFIXES.items())
# Two ways from a narrower concept to a broader one, a circle, an incident without a technology, one with three.
TURTLE = """
hgc-technology:live skos:broader hgc-technology:face, hgc-technology:biometrics .
hgc-technology:face skos:broader hgc-technology:biometrics .
hgc-technology:biometrics skos:broader hgc-technology:face .
hgi:1 a hg:Incident ; hg:technology hgc-technology:live, hgc-technology:face, hgc-technology:chat ; hg:deployer hgo:a .
hgi:2 a hg:Incident ; hg:technology hgc-technology:biometrics ; hg:deployer hgo:b ; hg:developer hgo:a .
hgi:3 a hg:Incident ; hg:technology hgc-technology:chat ; hg:relatedIncident hgi:1 ; hg:deployer hgo:b .
hgi:4 a hg:Incident ; hg:relatedIncident hgi:2, hgi:3 .
"""
PATH = "?i hg:technology/skos:broader* hgc-technology:face"


@pytest.fixture(scope="module")
def store() -> Store:
    """The graph above, as default graph."""
    made = Store()
    made.extend(Quad(t.subject, t.predicate, t.object) for t in parse(DECLARED + TURTLE, format=RdfFormat.TURTLE))
    return made


def resolved(text: str) -> str:
    """The query with its paths resolved."""
    return with_concepts(text, None, lambda concept: [concept, "http://a/1"])


@pytest.mark.parametrize(
    "text",
    [
        f"SELECT ?i {{ {PATH} }}",
        f"SELECT ?i {{ {PATH} . ?i ?p ?o }}",
        f"SELECT ?i {{ {PATH} ; ?p ?o }}",
        "SELECT ?i { ?i a hg:Incident ; hg:technology / skos:broader * hgc-technology:face }",
        f"SELECT ?i {{ OPTIONAL {{ {PATH} }} }}",
        f"SELECT (COUNT(*) AS ?n) {{ {PATH} FILTER EXISTS {{ {PATH} }} }}",
    ],
)
def test_a_path_from_one_property_to_a_concept_is_resolved(text: str) -> None:
    written = resolved(text)
    assert "broader" not in written
    assert written.count("FILTER (?of") == text.count("broader")
    Store().query(written, prefixes=PREFIXES)


@pytest.mark.parametrize(
    "text",
    [
        f"SELECT * {{ {PATH} }}",
        f"SELECT DISTINCT * {{ {PATH} }}",
        f"SELECT (COUNT(DISTINCT *) AS ?n) {{ {PATH} }}",
        f"SELECT ?i FROM <http://a/> {{ {PATH} }}",
        f"SELECT ?i {{ GRAPH ?g {{ {PATH} }} }}",
        f"SELECT ?i {{ GRAPH ?g {{ {{ {PATH} }} }} }}",
        f"SELECT ?i {{ SERVICE SILENT <http://a/> {{ {PATH} }} }}",
        "SELECT ?i { ?i hg:technology/skos:broader* ?t }",
        "SELECT ?i { ?i hg:technology/skos:broader+ hgc-technology:face }",
        "SELECT ?i { ?t skos:broader* hgc-technology:face }",
        "SELECT ?i { ?i hg:technology/skos:broader* hgc-technology:face, hgc-technology:chat }",
        "SELECT ?i { ?i hg:issue|hg:technology/skos:broader* hgc-technology:face }",
        "SELECT ?i { ?i (hg:technology/skos:broader*) hgc-technology:face }",
        "SELECT ?i { ?i ^hg:technology/skos:broader* hgc-technology:face }",
        f"SELECT ?i {{ ?i rdfs:label '{PATH}' # {PATH}\n }}",
    ],
)
def test_whatever_has_another_shape_stays_as_it_is(text: str) -> None:
    assert resolved(text) == text


# Groups that hold the path in every place that a group can stand, combined at random.
_leaves = st.sampled_from(
    [
        PATH + " .",
        "?i a hg:Incident ; hg:technology/skos:broader* hgc-technology:biometrics ; hg:deployer ?o .",
        "?i hg:technology/skos:broader* hgc-technology:nowhere .",
        "?i hg:technology ?t .",
        "?i hg:relatedIncident ?j . ?j hg:technology/skos:broader* hgc-technology:chat .",
        "?i hg:deployer ?o .",
        "?j hg:developer ?o .",
        "FILTER (BOUND(?o))",
    ]
)


def _grown(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    several = st.lists(inner, min_size=1, max_size=3).map(" ".join)
    return st.one_of(
        several,
        several.map("OPTIONAL {{ {} }}".format),
        several.map("MINUS {{ {} }}".format),
        several.map("{{ {} }}".format),
        several.map("FILTER NOT EXISTS {{ {} }}".format),
        several.map("{{ SELECT ?i {{ {} }} }}".format),
        several.map("{{ SELECT ?i (COUNT(*) AS ?n) {{ {} }} GROUP BY ?i }}".format),
        st.tuples(several, several).map(lambda two: f"{{ {two[0]} }} UNION {{ {two[1]} }}"),
    )


@given(
    body=st.recursive(_leaves, _grown, max_leaves=8), head=st.sampled_from(["?i ?o", "DISTINCT ?i", "(COUNT(*) AS ?c)"])
)
@settings(max_examples=200, deadline=None)
def test_a_resolved_query_answers_what_the_query_does(store: Store, body: str, head: str) -> None:
    text = f"{DECLARED}SELECT {head} {{ {body} }}"
    try:
        plain = store.query(text)
    except SyntaxError:
        return  # one name for two things, as chance would have it
    assert isinstance(plain, QuerySolutions)
    expected = Counter("\t".join("" if term is None else str(term) for term in row) for row in plain)
    sink = Sink()
    answer(store, Query(text, 30, results_format="text/tab-separated-values"), sink)
    assert Counter(sink.rows()) == Counter({_as_written(row): n for row, n in expected.items()})


class Sink:
    """An answer that is kept."""

    truncated = False

    def __init__(self) -> None:
        self.media_type = ""
        self._data = bytearray()

    def write(self, data: bytes) -> int:
        """Take some bytes."""
        self._data += data
        return len(data)

    def flush(self) -> None:
        """Nothing."""

    def rows(self) -> list[str]:
        """The rows of a table in TSV."""
        return self._data.decode().split("\n")[1:-1]


def _as_written(row: str) -> str:
    """TSV writes integers short."""
    return row.split('"')[1] if row.startswith('"') else row

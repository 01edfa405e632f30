"""Other databases' taxonomies: the lookup, the schemes that it points into, and how these correspond to ours."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rdflib import RDF, SKOS, Graph, Literal, URIRef

from harmgraph.errors import BuildAborted
from harmgraph.iris import BASE, HG, SCHEMES, concept_iri
from harmgraph.lookups import rows
from harmgraph.model import Concept
from harmgraph.taxonomies import ReadValues, Taxonomies

PROJECT = Path(__file__).resolve().parents[2]
LOOKUP = PROJECT / "data" / "lookups" / "taxonomies.csv"
ONTOLOGY = PROJECT / "ontology"
NAMES = ("mit-risk", "cset-v0", "cset-v1", "gmf", "avid-sep", "avid-lifecycle", "avid-domain")
DEGREE = URIRef(HG.mappingDegree.value)
MATCHES = {
    SKOS.exactMatch: "direct",
    SKOS.broadMatch: "partial",
    SKOS.narrowMatch: "partial",
    SKOS.closeMatch: "approximate",
    SKOS.relatedMatch: "approximate",
}


@pytest.fixture(scope="module")
def taxonomies() -> Taxonomies:
    return Taxonomies(LOOKUP)


@cache
def graph(path: Path) -> Graph:
    return Graph().parse(path)


@cache
def concepts(scheme: str) -> frozenset[URIRef]:
    """The concepts that the scheme's file defines."""
    found = graph(ONTOLOGY / "schemes" / f"{scheme}.ttl").subjects(RDF.type, SKOS.Concept)
    return frozenset(concept for concept in found if isinstance(concept, URIRef))


def test_every_target_of_the_lookup_is_a_concept() -> None:
    known = {name: concepts(name) for name in NAMES}
    for line, row in rows(LOOKUP, ("taxonomy", "attribute", "value", "target")):
        if row["target"]:
            scheme, _, slug = row["target"].partition("/")
            assert scheme == row["taxonomy"], line
            assert URIRef(concept_iri(scheme, slug).value) in known[scheme], line


@pytest.mark.parametrize("name", NAMES)
def test_every_concept_is_defined_and_stands_in_its_scheme(name: str) -> None:
    scheme = graph(ONTOLOGY / "schemes" / f"{name}.ttl")
    for concept in concepts(name):
        assert str(concept).startswith(f"{BASE}id/concept/{name}/")
        assert len(list(scheme.objects(concept, SKOS.prefLabel))) == 1, concept
        assert len(str(scheme.value(concept, SKOS.definition))) > 10, concept
        above = set(scheme.objects(concept, SKOS.broader))
        assert bool(above) != ((concept, SKOS.topConceptOf, None) in scheme), concept
        assert above <= concepts(name), concept


@pytest.mark.parametrize("name", NAMES)
def test_every_top_concept_says_how_far_it_corresponds_to_ours(name: str) -> None:
    scheme, mapping = graph(ONTOLOGY / "schemes" / f"{name}.ttl"), graph(ONTOLOGY / "mappings" / f"{name}.ttl")
    for top in scheme.subjects(SKOS.topConceptOf, None):
        assert (top, DEGREE, None) in mapping, top
    for concept, degree in mapping.subject_objects(DEGREE):
        assert concept in concepts(name)
        assert degree in {Literal(word) for word in ("direct", "partial", "approximate", "unmapped")}


@pytest.mark.parametrize("name", NAMES)
def test_the_degree_agrees_with_the_matches(name: str) -> None:
    mapping = graph(ONTOLOGY / "mappings" / f"{name}.ttl")
    scheme = graph(ONTOLOGY / "schemes" / f"{name}.ttl")
    order = ["direct", "partial", "approximate", "unmapped"]
    for concept, degree in mapping.subject_objects(DEGREE):
        degrees = [word for match, word in MATCHES.items() if (concept, match, None) in mapping]
        below = scheme.transitive_subjects(SKOS.broader, concept)
        inherited = any((each, match, None) in mapping for each in below if each != concept for match in MATCHES)
        expected = min(degrees, key=order.index) if degrees else "partial" if inherited else "unmapped"
        assert str(degree) == expected, concept


@pytest.mark.parametrize("name", NAMES)
def test_mappings_lead_to_concepts_of_ours(name: str) -> None:
    ours = {concept for scheme in SCHEMES for concept in concepts(scheme)}
    mapping = graph(ONTOLOGY / "mappings" / f"{name}.ttl")
    for match in MATCHES:
        for concept, target in mapping.subject_objects(match):
            assert concept in concepts(name)
            assert target in ours, target
        # SKOS S46: what is the same is neither broader nor related.
        assert match == SKOS.exactMatch or not set(mapping.subject_objects(match)) & set(
            mapping.subject_objects(SKOS.exactMatch)
        )


def test_no_two_concepts_of_a_scheme_are_said_to_be_the_same_concept_of_ours() -> None:
    for name in NAMES:
        targets = [
            target for _, target in graph(ONTOLOGY / "mappings" / f"{name}.ttl").subject_objects(SKOS.exactMatch)
        ]
        assert len(set(targets)) == len(targets)


# --- Splitting ----------------------------------------------------------------------------------------------------


def table(folder: Path, *lines: str) -> Taxonomies:
    path = folder / "taxonomies.csv"
    path.write_text("\n".join(("taxonomy,attribute,value,target", *lines)) + "\n", encoding="utf-8")
    return Taxonomies(path)


def test_the_longest_permitted_value_wins(tmp_path: Path) -> None:
    found = table(tmp_path, "gmf,A,a,gmf/a", "gmf,A,b,gmf/b", 'gmf,A,"a, b",gmf/a-b', 'gmf,A,"a, b, c",gmf/a-b-c')
    assert [c.slug for c in found.read("gmf", "A", "a, b, a, a, b, c, b").concepts] == ["a-b", "a", "a-b-c", "b"]


def test_case_and_white_space_do_not_matter(tmp_path: Path) -> None:
    found = table(tmp_path, 'gmf,A,"One, two",gmf/one')
    assert found.read("gmf", "A", " ONE,\xa0 two ").concepts == (Concept("gmf", "one"),)


def test_free_text_stands_for_other_only_where_other_is_permitted(tmp_path: Path) -> None:
    found = table(tmp_path, "gmf,A,Other,gmf/other", "gmf,A,x,gmf/x", "gmf,B,x,gmf/x")
    read = found.read("gmf", "A", "x, Other:one thing, and another, x")
    assert [concept.slug for concept in read.concepts] == ["x", "other"]
    assert read.remarks == ("one thing, and another",)
    assert found.read("gmf", "B", "Other:one, x").unread == ("Other:one",)


def test_a_value_without_target_says_nothing(tmp_path: Path) -> None:
    found = table(tmp_path, "gmf,A,--,", "gmf,A,x,gmf/x")
    assert found.read("gmf", "A", "--") == ReadValues(())


def test_an_attribute_that_has_no_row_is_a_mistake_of_the_caller(taxonomies: Taxonomies) -> None:
    with pytest.raises(KeyError):
        taxonomies.read("gmf", "Known AI Mood", "x")


@pytest.mark.parametrize("line", ["gmf,A,x,issue/fairness", "gmf,A,x,gmf", "gmf,A,x,gmf/other"])
def test_a_contradictory_row_stops_the_run(tmp_path: Path, line: str) -> None:
    with pytest.raises(BuildAborted, match=r"taxonomies\.csv:3"):
        table(tmp_path, "gmf,A,x,gmf/x", line)


SPLIT = (
    ("cset-v0", "Harm Type"),
    ("cset-v1", "Harm Distribution Basis"),
    ("cset-v1", "Sector of Deployment"),
    ("gmf", "Known AI Technology"),
)


@given(data=st.data())
def test_any_joined_values_are_found_again(taxonomies: Taxonomies, data: st.DataObject) -> None:
    taxonomy, attribute = data.draw(st.sampled_from(SPLIT))
    permitted = sorted(taxonomies.permitted(taxonomy, attribute))
    chosen = data.draw(st.lists(st.sampled_from(permitted), max_size=6, unique=True))
    read = taxonomies.read(taxonomy, attribute, ", ".join(chosen))
    expected = [concept for value in chosen for concept in taxonomies.read(taxonomy, attribute, value).concepts]
    assert [*read.concepts] == list(dict.fromkeys(expected))
    assert read.unread == ()


@given(cell=st.text(st.sampled_from('race,sex Other:"[]{}\\\0'), max_size=60))
def test_nothing_of_a_cell_is_lost(taxonomies: Taxonomies, cell: str) -> None:
    read = taxonomies.read("cset-v0", "Harm Distribution Basis", cell)
    letters = {c for c in cell.casefold() if c.isalpha()}
    told = " ".join((*read.unread, *read.remarks, *(concept.slug for concept in read.concepts))).casefold()
    assert letters <= set(told)

"""The description of the real release: every number in it is what a query on the live store answers."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from pyoxigraph import Literal, NamedNode, QuerySolutions, Store

from harmgraph.dataset import DATASET, GRAPH
from harmgraph.iris import BASE, DCT, PREFIXES, RDF, SPDX, VOID, WD, mint
from harmgraph.store.releases.release import Release

NUMBERS = ("triples", "entities", "distinctSubjects", "distinctObjects", "properties", "classes")
Rows = dict[str, tuple[int, ...]]


@pytest.fixture(scope="module")
def store(real_release: Release) -> Store:
    return Store.read_only(str(real_release.path / "store"))


@pytest.fixture(scope="module")
def queries(project: Path) -> dict[str, str]:
    """The queries of the reference page, by the title in their first line."""
    page = (project / "docs" / "reference" / "dataset-description.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```sparql\n# ([^:\n]*:\w+|pattern of a source)[^\n]*\n(.*?)```", page, re.DOTALL)
    return dict(blocks)


def scope(dataset: NamedNode, queries: dict[str, str]) -> str:
    """The pattern whose triples the numbers of this data set are about."""
    if dataset == DATASET:
        return "?s ?p ?o"
    source = dataset.value.removeprefix(f"{BASE}id/dataset/")
    return queries["pattern of a source"].strip().replace("record/aiaaic-sheet/", f"record/{source}/")


def ask(store: Store, query: str) -> list[tuple[NamedNode | Literal, ...]]:
    solutions = store.query(query, prefixes=PREFIXES)
    assert isinstance(solutions, QuerySolutions)
    return [tuple(term for term in row if isinstance(term, NamedNode | Literal)) for row in solutions]


def datasets(store: Store) -> list[NamedNode]:
    """Everything described but Wikidata, which the release does not hold."""
    found = (q.subject for q in store.quads_for_pattern(None, RDF.type, VOID.Dataset, GRAPH))
    return sorted((d for d in found if isinstance(d, NamedNode) and d.value != f"{BASE}#wikidata"), key=str)


def is_snapshot(dataset: NamedNode) -> bool:
    return "/" in dataset.value.removeprefix(f"{BASE}id/dataset/").removeprefix(BASE)


def stated(store: Store, subject: NamedNode, *predicates: NamedNode) -> tuple[int, ...]:
    return tuple(
        int(q.object.value)
        for predicate in predicates
        for q in store.quads_for_pattern(subject, predicate, None, GRAPH)
        if isinstance(q.object, Literal)
    )


def parts(store: Store, dataset: NamedNode, kind: NamedNode, name: NamedNode, *numbers: NamedNode) -> Rows:
    found: Rows = {}
    for quad in store.quads_for_pattern(dataset, kind, None, GRAPH):
        assert isinstance(quad.object, NamedNode)
        (term,) = (q.object for q in store.quads_for_pattern(quad.object, name, None, GRAPH))
        assert isinstance(term, NamedNode)
        found[term.value] = stated(store, quad.object, *numbers)
    return found


def live(store: Store, query: str) -> Rows:
    return {key.value: tuple(int(number.value) for number in numbers) for key, *numbers in ask(store, query)}


def test_the_whole_and_each_source_and_snapshot_are_described(store: Store, real_release: Release) -> None:
    rows = real_release.facts["sources"]
    expected = {DATASET, *(mint("dataset", row["source"]) for row in rows)}
    expected |= {mint("dataset", row["source"], row["version"]) for row in rows}
    assert set(datasets(store)) == expected
    assert len(expected) == 1 + 3 + 4


@pytest.mark.parametrize("name", NUMBERS)
def test_each_number_of_the_whole_equals_the_live_count(store: Store, queries: dict[str, str], name: str) -> None:
    ((answer,),) = ask(store, queries[f"void:{name}"])
    assert stated(store, DATASET, VOID[name]) == (int(answer.value),)


def test_each_number_of_sources_and_snapshots_equals_the_live_count(store: Store, queries: dict[str, str]) -> None:
    """All numbers of one data set in one query, because each has to find the distinct triples of its graphs."""
    subsets = [dataset for dataset in datasets(store) if dataset != DATASET]
    for dataset in subsets:
        ((*answers,),) = ask(
            store,
            f"""SELECT (COUNT(*) AS ?triples) (COUNT(DISTINCT ?entity) AS ?entities) (COUNT(DISTINCT ?s) AS ?subjects)
            (COUNT(DISTINCT ?o) AS ?objects) (COUNT(DISTINCT ?p) AS ?properties) (COUNT(DISTINCT ?class) AS ?classes)
            WHERE {{
              {scope(dataset, queries)}
              BIND (IF(STRSTARTS(STR(?s), "{BASE}id/"), ?s, ?unbound) AS ?entity)
              BIND (IF(?p = rdf:type, ?o, ?unbound) AS ?class)
            }}""",
        )
        live_counts = dict(zip(NUMBERS, (int(each.value) for each in answers), strict=True))
        given = {name: number for name in NUMBERS for number in stated(store, dataset, VOID[name])}
        if is_snapshot(dataset):
            del live_counts["distinctObjects"]  # counted for the whole and each source only
        assert given == live_counts, dataset
        assert given["triples"] > 100
    assert len(subsets) == 3 + 4


def test_the_partitions_equal_the_live_counts_and_none_is_missing(store: Store, queries: dict[str, str]) -> None:
    compared = 0
    for dataset in datasets(store):
        classes = parts(store, dataset, VOID.classPartition, VOID["class"], VOID.entities)
        properties = parts(store, dataset, VOID.propertyPartition, VOID.property, VOID.triples, VOID.distinctSubjects)
        if is_snapshot(dataset):
            assert not classes and not properties
            continue
        pattern = scope(dataset, queries)
        assert classes == live(store, queries["void:classPartition"].replace("?s ?p ?o", pattern, 1))
        assert properties == live(store, queries["void:propertyPartition"].replace("?s ?p ?o", pattern, 1))
        compared += len(classes) + len(properties)
    assert compared > 250


def test_the_linksets_equal_the_live_counts(store: Store, queries: dict[str, str]) -> None:
    found: Rows = {}
    for quad in store.quads_for_pattern(None, RDF.type, VOID.Linkset, GRAPH):
        assert isinstance(quad.subject, NamedNode)
        (term,) = (q.object for q in store.quads_for_pattern(quad.subject, VOID.linkPredicate, None, GRAPH))
        assert isinstance(term, NamedNode)
        found[term.value] = stated(store, quad.subject, VOID.triples)
    assert found == live(store, queries["void:Linkset"])
    assert f"{PREFIXES['skos']}exactMatch" in found
    assert any(q.object == Literal(WD.iri) for q in store.quads_for_pattern(None, VOID.uriSpace, None, GRAPH))


def test_the_checksum_of_each_snapshot_is_one_step_away(store: Store, real_release: Release) -> None:
    for row in real_release.facts["sources"]:
        dataset = mint("dataset", row["source"], row["version"])
        (answer,) = ask(
            store,
            f"SELECT ?value WHERE {{ {dataset} {DCT.source} ?snapshot . ?snapshot {SPDX.checksum} ?checksum ."
            f" ?checksum {SPDX.checksumValue} ?value }}",
        )
        assert answer[0].value == row["checksum"]


def test_what_it_points_to_is_described_in_the_release(store: Store) -> None:
    for predicate in (DCT.publisher, DCT.source, VOID.exampleResource):
        targets = {q.object for q in store.quads_for_pattern(None, predicate, None, GRAPH)}
        assert targets
        for target in targets:
            assert isinstance(target, NamedNode)
            assert any(True for _ in store.quads_for_pattern(target, None, None, None)), target

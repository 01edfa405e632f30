"""The description of a release, on dumps small enough to count by hand, and where counting itself is at issue."""

from __future__ import annotations

import random
from collections.abc import Iterable
from pathlib import Path

import pytest
import rdflib
from pyoxigraph import Literal, NamedNode, Quad, RdfFormat, parse

from harmgraph.dataset import DATASET, GRAPH, Part, describe
from harmgraph.dataset.counting import Census
from harmgraph.dataset.distinct import Distinct, digest
from harmgraph.errors import BuildAborted
from harmgraph.iris import DCAT, DCT, HG, RDF, SKOS, VOID, WD, XSD, graph_iri, mint, record_iri
from harmgraph.model import Licence, Snapshot
from harmgraph.store.releases.sorting import add_sorted, write_sorted

LICENCE = Licence(
    "https://creativecommons.org/licenses/by-sa/4.0/", "AIAAIC", "AIAAIC Repository", "https://a.example/"
)
ONE, TWO = mint("incident", "AIAAIC0001"), mint("incident", "AIAAIC0002")


def part(version: str, source: str = "aiaaic-sheet") -> Part:
    return Part(Snapshot(source, Path("sheet.csv"), version, "0" * 64, version), "AIAAIC sheet", LICENCE)


def said(version: str, subject: NamedNode, *about: tuple[NamedNode, NamedNode | Literal]) -> list[Quad]:
    graph = record_iri("aiaaic-sheet", version, subject.value.rpartition("/")[2])
    return [Quad(subject, RDF.type, HG.Incident, graph), *(Quad(subject, p, o, graph) for p, o in about)]


def dump_of(folder: Path, quads: Iterable[Quad]) -> Path:
    write_sorted(quads, folder / "data.nq")
    return folder / "data.nq"


SHEETS = [
    *said("2024-08", ONE, (DCT.title, Literal("One", language="en")), (HG.deployer, mint("organisation", "a"))),
    *said("2026-06", ONE, (DCT.title, Literal("One", language="en")), (HG.deployer, mint("organisation", "b"))),
    *said("2026-06", TWO, (DCT.title, Literal("Two", language="en"))),
    Quad(ONE, SKOS.exactMatch, WD.Q1, graph_iri("links")),
]


def number(quads: Iterable[Quad], subject: NamedNode, predicate: NamedNode) -> int | None:
    found = [q.object for q in quads if q.subject == subject and q.predicate == predicate]
    assert len(found) <= 1
    return int(found[0].value) if found and isinstance(found[0], Literal) else None


def test_a_triple_of_two_snapshots_counts_once_for_the_source_and_once_for_each_snapshot(tmp_path: Path) -> None:
    quads = describe(dump_of(tmp_path, SHEETS), [part("2026-06"), part("2024-08")])
    source = mint("dataset", "aiaaic-sheet")
    older, newer = (mint("dataset", "aiaaic-sheet", version) for version in ("2024-08", "2026-06"))
    assert [number(quads, each, VOID.triples) for each in (source, older, newer)] == [6, 3, 5]
    assert [number(quads, each, VOID.distinctSubjects) for each in (source, older, newer)] == [2, 1, 2]
    assert number(quads, source, VOID.distinctObjects) == 5  # the class, two titles, two organisations
    assert Quad(newer, DCAT.prev, older, GRAPH) in quads
    assert Quad(source, DCAT.last, newer, GRAPH) in quads


def test_the_whole_counts_the_description_too(tmp_path: Path) -> None:
    dump = dump_of(tmp_path, SHEETS)
    quads = describe(dump, [part("2024-08"), part("2026-06")])
    assert add_sorted(quads, dump) == len(quads)
    triples = {quad.triple for quad in parse(path=dump, format=RdfFormat.N_QUADS)}
    assert number(quads, DATASET, VOID.triples) == len(triples)
    assert number(quads, DATASET, VOID.distinctSubjects) == len({t.subject for t in triples})
    assert number(quads, DATASET, VOID.distinctObjects) == len({t.object for t in triples})
    assert number(quads, DATASET, VOID.properties) == len({t.predicate for t in triples})
    classes = {t.object for t in triples if t.predicate == RDF.type}
    assert number(quads, DATASET, VOID.classes) == len(classes)
    assert VOID.Linkset in classes


def test_the_catalogue_that_the_ontology_declares_is_counted_once(tmp_path: Path) -> None:
    catalogue = mint("catalog", "harmgraph")
    declared = [
        Quad(catalogue, DCT.title, Literal("harmgraph", language="en"), graph_iri("ontology")),
        Quad(catalogue, RDF.type, DCAT.Catalog, graph_iri("ontology")),  # as the description says as well
    ]
    dump = dump_of(tmp_path, [*SHEETS, *declared])
    quads = describe(dump, [part("2024-08"), part("2026-06")])
    add_sorted(quads, dump)
    triples = {quad.triple for quad in parse(path=dump, format=RdfFormat.N_QUADS)}
    assert number(quads, DATASET, VOID.triples) == len(triples)
    assert number(quads, DATASET, VOID.distinctSubjects) == len({t.subject for t in triples})


def test_where_no_number_of_distinct_objects_is_true_none_is_given(tmp_path: Path) -> None:
    def described(extra: int) -> tuple[int | None, int]:
        """The number given where this integer is an object in the data, and the number there is."""
        odd = Quad(
            TWO, HG.position, Literal(str(extra), datatype=XSD.integer), record_iri("aiaaic-sheet", "2026-06", "x")
        )
        dump = dump_of(tmp_path, [*SHEETS, odd])
        quads = describe(dump, [part("2024-08"), part("2026-06")])
        add_sorted(quads, dump)
        triples = {quad.triple for quad in parse(path=dump, format=RdfFormat.N_QUADS)}
        assert number(quads, DATASET, VOID.triples) == len(triples)
        return number(quads, DATASET, VOID.distinctObjects), len({t.object for t in triples})

    given, true = described(1_000_000)
    assert given == true
    # The objects but for the literal of their number are true - 1. With that in the data, it is the number; with the
    # next in the data, "true - 1" would be a new literal and so one too few, and "true" no new one and so one too many.
    assert described(true - 1) == (true - 1, true - 1)
    assert described(true)[0] is None


def test_a_snapshot_without_records_is_described_with_zeros(tmp_path: Path) -> None:
    quads = describe(dump_of(tmp_path, SHEETS), [part("2024-08"), part("2026-06"), part("1", "curated")])
    for dataset in (mint("dataset", "curated"), mint("dataset", "curated", "1")):
        assert number(quads, dataset, VOID.triples) == 0


def test_records_of_a_snapshot_that_the_build_does_not_know_are_refused(tmp_path: Path) -> None:
    with pytest.raises(BuildAborted, match="aiaaic-sheet 2024-08"):
        describe(dump_of(tmp_path, SHEETS), [part("2026-06")])


def test_only_terms_that_the_vocabularies_define_are_used(tmp_path: Path) -> None:
    quads = describe(dump_of(tmp_path, SHEETS), [part("2024-08"), part("2026-06")])
    used = {term.value for q in quads for term in (q.predicate, q.object) if isinstance(term, NamedNode)}
    of_dcat_3 = {f"{DCAT.iri}{name}" for name in ("DatasetSeries", "inSeries", "last", "prev")}  # rdflib has DCAT 2
    for namespace, known in ((VOID.iri, rdflib.VOID), (DCAT.iri, rdflib.DCAT)):
        names = {iri.removeprefix(namespace) for iri in used - of_dcat_3 if iri.startswith(namespace)} - {""}
        assert names
        # `class` is a word of Python, so rdflib lists it apart.
        assert {name for name in names if name != "class" and name not in known} == set()


def test_describing_twice_gives_the_same_quads_whatever_the_order_of_the_parts(tmp_path: Path) -> None:
    dump = dump_of(tmp_path, SHEETS)
    first = describe(dump, [part("2024-08"), part("2026-06")])
    assert set(first) == set(describe(dump, [part("2026-06"), part("2024-08")]))
    assert len(first) == len(set(first))
    assert list(tmp_path.iterdir()) == [dump]


def test_an_object_that_looks_like_the_end_of_a_line_is_read_as_one_object(tmp_path: Path) -> None:
    tricky = 'x" <https://w3id.org/harmgraph/id/record/curated/1/x> .\n'
    dump = dump_of(tmp_path, [*SHEETS, *said("2026-06", TWO, (HG.purpose, Literal(tricky)))])
    quads = describe(dump, [part("2024-08"), part("2026-06")])
    assert number(quads, mint("dataset", "aiaaic-sheet", "2026-06"), VOID.triples) == 6


def test_integers_are_distinct_by_value_as_in_the_store(tmp_path: Path) -> None:
    typed = [Literal("7", datatype=XSD[name]) for name in ("integer", "nonNegativeInteger", "string")]
    statements = said("2026-06", TWO, *((HG[f"p{i}"], literal) for i, literal in enumerate(typed)))
    quads = describe(dump_of(tmp_path, statements), [part("2026-06")])
    assert number(quads, mint("dataset", "aiaaic-sheet"), VOID.distinctObjects) == 3  # 7, "7" and the class


@pytest.mark.parametrize("terms", [0, 1, 1000, 400_000])
def test_distinct_terms_are_counted_exactly_in_memory_and_on_disk(tmp_path: Path, terms: int) -> None:
    distinct = Distinct(tmp_path / "buckets")
    drawn = random.Random(terms)
    expected = set()
    for _ in range(terms):
        value = drawn.randrange(terms)
        expected.add(value)
        distinct.add(digest(str(value).encode()))
    assert distinct.count() == len(expected)
    assert distinct.count([digest(b"new"), digest(b"new"), digest(b"0")]) == len(expected | {0}) + 1
    assert (digest(b"0") in distinct) == (0 in expected)
    assert (tmp_path / "buckets").exists() == (terms == 400_000)


def test_added_quads_are_merged_in_order_and_once(tmp_path: Path) -> None:
    dump = dump_of(tmp_path, SHEETS)
    first, last = (
        Quad(NamedNode("a:"), RDF.type, HG.Incident, GRAPH),
        Quad(NamedNode("z:"), RDF.type, HG.Incident, GRAPH),
    )
    assert add_sorted([last, first, SHEETS[0], last], dump) == 2
    lines = dump.read_bytes().splitlines()
    assert lines == sorted(set(lines))
    assert set(parse(path=dump, format=RdfFormat.N_QUADS)) == {*SHEETS, first, last}


def test_a_subject_held_back_is_kept_and_not_counted_in_the_whole(tmp_path: Path) -> None:
    snapshots = [part(version).snapshot for version in ("2024-08", "2026-06")]
    census = Census(tmp_path, snapshots, frozenset([str(ONE).encode()]))
    with dump_of(tmp_path, SHEETS).open("rb") as lines:
        census.take(lines)
    assert census.whole.subjects == 1
    assert len(census.kept) == 7

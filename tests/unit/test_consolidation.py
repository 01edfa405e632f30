"""What several records say of one thing is concluded once: one label, one pair of bounds."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import permutations
from pathlib import Path

import pytest
from pyoxigraph import Literal, NamedNode, Quad

from harmgraph.consolidation import GRAPH, Consolidation, Rank
from harmgraph.iris import HG, RDFS, SKOS, XSD, mint
from harmgraph.model import Actor, Incident, Occurred, Place, System
from harmgraph.vocabulary import Vocabulary

SUBJECT = mint("incident", "X1")
OLD, NEW = (20, "2024-02", "X1"), (20, "2026-06", "X1")


@pytest.fixture(scope="module")
def vocabulary(project: Path) -> Vocabulary:
    return Vocabulary(project / "data" / "lookups")


def concluded(vocabulary: Vocabulary, records: Iterable[tuple[Incident, Rank]]) -> set[Quad]:
    consolidation = Consolidation(vocabulary)
    for incident, rank in records:
        consolidation.add(incident, rank)
    return set(consolidation.quads())


def objects(quads: set[Quad], predicate: NamedNode, subject: NamedNode = SUBJECT) -> set[str]:
    return {
        quad.object.value
        for quad in quads
        if quad.subject == subject and quad.predicate == predicate and isinstance(quad.object, Literal | NamedNode)
    }


def incident(title: str | None, occurred: str | None = None, **more: object) -> Incident:
    return Incident("X1", ("X1",), title, occurred=occurred and Occurred(occurred), **more)  # type: ignore[arg-type]  # test shorthand


def test_the_newest_title_is_the_label_and_the_others_are_kept(vocabulary: Vocabulary) -> None:
    records = [
        (incident("Old title"), OLD),
        (incident("New title"), NEW),
        (incident("Page title"), (10, "2026-09", "X1")),
    ]
    for order in permutations(records):
        quads = concluded(vocabulary, order)
        assert objects(quads, SKOS.prefLabel) == objects(quads, RDFS.label) == {"New title"}
        assert objects(quads, SKOS.altLabel) == {"Old title", "Page title"}


def test_a_curated_title_wins_over_every_sheet(vocabulary: Vocabulary) -> None:
    quads = concluded(vocabulary, [(incident("Sheet"), NEW), (incident("Curated"), (30, "2020", "X1"))])
    assert objects(quads, RDFS.label) == {"Curated"}


def test_bounds_are_concluded_once(vocabulary: Vocabulary) -> None:
    quads = concluded(vocabulary, [(incident("T", "2022"), OLD), (incident("T", "2022-03"), NEW)])
    assert objects(quads, HG.earliestDate) == {"2022-03-01"}
    assert objects(quads, HG.latestDate) == {"2022-03-31"}
    assert Quad(SUBJECT, HG.earliestDate, Literal("2022-03-01", datatype=XSD.date), GRAPH) in quads


def test_an_open_range_has_no_latest_date(vocabulary: Vocabulary) -> None:
    quads = concluded(vocabulary, [(incident("T", "2018/.."), OLD)])
    assert objects(quads, HG.earliestDate) == {"2018-01-01"}
    assert not objects(quads, HG.latestDate)


def test_an_incident_that_no_record_names_is_labelled_by_its_identifier(vocabulary: Vocabulary) -> None:
    assert objects(concluded(vocabulary, [(incident(None), OLD)]), RDFS.label) == {"X1"}


def test_the_country_of_a_region_is_a_jurisdiction_too(vocabulary: Vocabulary) -> None:
    place = Place("place", "US-ND", "North Dakota", "USA")
    quads = concluded(vocabulary, [(incident("T", jurisdictions=(place,)), OLD)])
    assert objects(quads, HG.jurisdiction) == {mint("country", "USA").value}


def test_an_uncurated_organisation_has_its_most_frequent_spelling(vocabulary: Vocabulary) -> None:
    spellings = ["Zzyzx labs", "Zzyzx Labs", "Zzyzx Labs"]
    records = [
        (incident("T", deployers=(Actor("zzyzx-labs", name),)), (20, str(n), "X1")) for n, name in enumerate(spellings)
    ]
    organisation = mint("organisation", "zzyzx-labs")
    quads = concluded(vocabulary, records)
    assert objects(quads, RDFS.label, organisation) == {"Zzyzx Labs"}
    assert objects(quads, SKOS.altLabel, organisation) == {"Zzyzx labs"}


def test_curated_aliases_are_further_names_whether_a_record_has_them_or_not(vocabulary: Vocabulary) -> None:
    bureau = "Federal Bureau of Investigation"
    records = [
        (
            incident(
                "T", deployers=(Actor("federal-bureau-of-investigation", bureau),), systems=(System("gpt-4", "GTP-4"),)
            ),
            OLD,
        )
    ]
    quads = concluded(vocabulary, records)
    organisation, system = mint("organisation", "federal-bureau-of-investigation"), mint("system", "gpt-4")
    assert "FBI" in objects(quads, SKOS.altLabel, organisation)
    assert bureau not in objects(quads, SKOS.altLabel, organisation)
    assert objects(quads, SKOS.prefLabel, system) == {"GPT-4"}
    assert {"GTP-4", "GPT 4"} <= objects(quads, SKOS.altLabel, system)


def test_the_owner_of_a_brand_is_in_the_graph_with_its_label(vocabulary: Vocabulary) -> None:
    quads = concluded(vocabulary, [(incident("T", deployers=(Actor("youtube", "YouTube"),)), OLD)])
    owners = objects(quads, HG.parentOrganisation, mint("organisation", "youtube"))
    assert owners
    for owner in owners:
        assert objects(quads, RDFS.label, NamedNode(owner))

"""What the slice adds to a release: names, codes, and owners that make no circle; and the release conforms."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import pytest
from pyoxigraph import Literal, NamedNode, Quad, RdfFormat, parse

from harmgraph.cli.arguments import PROJECT
from harmgraph.iris import DCT, HG, RDFS, SCHEMA, SKOS, WD, WDT, XSD, graph_iri, mint
from harmgraph.linking.dated import Dated
from harmgraph.linking.items import Item
from harmgraph.linking.judgements import Judgement
from harmgraph.linking.slice import write_slice
from harmgraph.linking.slice_statements import GRAPH, item_quads, slice_quads
from harmgraph.pipeline import Project, build
from harmgraph.sources.snapshot import take_snapshot
from harmgraph.store.releases.release import Releases
from harmgraph.vocabulary import Vocabulary

FIRST, SECOND, THIRD = (mint("organisation", slug) for slug in ("23andme", "404-media", "snap"))
"""Three organisations for which the lookup has no owner."""
SYSTEM = mint("system", "claude")


@pytest.fixture(scope="module")
def vocabulary() -> Vocabulary:
    found = PROJECT.vocabulary()
    owners = {slug: organisation.parent for slug in ("23andme", "404-media", "snap")
              if (organisation := found.organisation(slug)) is not None}  # fmt: skip
    assert owners == {"23andme": None, "404-media": None, "snap": None}
    return found


def judgement(thing: NamedNode, number: str, predicate: NamedNode = SKOS.exactMatch) -> Judgement:
    item = WD[number]
    return Judgement(thing, predicate, item, "semapv:MappingReview", 0.9, date(2026, 12, 1), "Ours", "Theirs", "seen")


LINKS = [judgement(FIRST, "Q1"), judgement(SECOND, "Q2"), judgement(THIRD, "Q3"), judgement(SYSTEM, "Q4")]


def said(vocabulary: Vocabulary, *items: Item, links: list[Judgement] = LINKS) -> set[Quad]:
    held = frozenset(each.subject for each in links)
    return set(slice_quads({item.asked: item for item in items}, links, vocabulary, held))


def test_names_in_other_languages_and_codes_are_added(vocabulary: Vocabulary) -> None:
    item = Item("Q1", "Q1", {"en": "Theirs", "ja": "ウェイモ", "de": "Ours", "mul": "W"}, lei=("5493",))
    assert said(vocabulary, item) == {
        Quad(FIRST, SKOS.altLabel, Literal("ウェイモ", language="ja"), GRAPH),
        Quad(FIRST, SCHEMA.leiCode, Literal("5493"), GRAPH),
    }


def test_parents_and_brands_become_owners_where_both_are_ours(vocabulary: Vocabulary) -> None:
    items = [Item("Q1", "Q1", parents=("Q2", "Q99"), owners=("Q3",)), Item("Q2", "Q2", brands=("Q3", "Q4"))]
    assert said(vocabulary, *items) == {
        Quad(FIRST, HG.parentOrganisation, SECOND, GRAPH),
        Quad(THIRD, HG.parentOrganisation, SECOND, GRAPH),
    }


def test_owners_make_no_circle(vocabulary: Vocabulary) -> None:
    items = [
        Item("Q1", "Q1", parents=("Q2",)),
        Item("Q2", "Q2", parents=("Q3",)),
        Item("Q3", "Q3", parents=("Q1", "Q3")),
    ]
    assert said(vocabulary, *items) == {
        Quad(FIRST, HG.parentOrganisation, SECOND, GRAPH),
        Quad(SECOND, HG.parentOrganisation, THIRD, GRAPH),
    }


def test_an_owner_of_the_lookup_stands(vocabulary: Vocabulary) -> None:
    youtube = mint("organisation", "youtube")
    links = [judgement(youtube, "Q1"), judgement(THIRD, "Q3")]
    assert said(vocabulary, Item("Q1", "Q1", parents=("Q3",)), links=links) == set()


def test_close_matches_and_items_that_are_gone_add_nothing(vocabulary: Vocabulary) -> None:
    gone = Item("Q1", "Q1", {"ja": "ウェイモ"}, missing=True)
    near = Item("Q2", "Q2", {"ja": "クルーズ"})
    links = [judgement(FIRST, "Q1"), judgement(SECOND, "Q2", SKOS.closeMatch)]
    assert said(vocabulary, gone, near, links=links) == set()


def test_items_stand_in_the_terms_of_wikidata_under_every_number_that_leads_to_them() -> None:
    items = {
        "Q4": Item(
            "Q5",
            "Q4",
            {"en": "Five", "mul": "V"},
            {"en": "number"},
            types=("Q10",),
            population=("4000000",),
            lei=("5493",),
        ),
        "Q6": Item("Q6", "Q6", {"en": "Gone"}, missing=True),
    }
    expected = set()
    for item in (WD.Q4, WD.Q5):
        expected |= {
            Quad(item, RDFS.label, Literal("Five", language="en"), GRAPH),
            Quad(item, RDFS.label, Literal("V", language="mul"), GRAPH),
            Quad(item, NamedNode("http://schema.org/description"), Literal("number", language="en"), GRAPH),
            Quad(item, WDT.P31, WD.Q10, GRAPH),
            Quad(item, WDT.P1082, Literal("4000000", datatype=XSD.decimal), GRAPH),
            Quad(item, WDT.P1278, Literal("5493"), GRAPH),
        }
    assert set(item_quads(items)) == expected


def test_a_build_reads_the_slice_and_the_release_conforms(tmp_path: Path) -> None:
    for folder in ("ontology", "data"):
        shutil.copytree(PROJECT.root / folder, tmp_path / folder)
    project = Project(tmp_path)
    items = [
        Item(
            "Q95",
            "Q95",
            {"en": "Google", "ja": "グーグル"},
            {"en": "American company"},
            parents=("Q20800404",),
            lei=("7ZW8QJWVPR4P1J1KQY45",),
            founders=("Q900000050",),
            chief_executives=(Dated("Q95-C-1", "Q900000050", "2001-07", "2011"),),
        ),
        Item("Q900000050", "Q900000050", {"en": "Ann Example"}),
        Item("Q20800404", "Q20800404", {"uk": "Алфавіт"}, brands=("Q95",)),
        Item(
            "Q212", "Q212", {"uk": "Україна"}, alpha3=("UKR",), memberships=(Dated("Q212-E-1", "Q1065", "1945-10-24"),)
        ),
        Item("Q1192867", "Q1192867", {"en": "face"}, articles={"en": "https://en.wikipedia.org/wiki/Face"}),
    ]
    write_slice(items, project.slice)
    curated = take_snapshot("curated", project.curated)
    release = build([curated], project, Releases(tmp_path / "releases"), lambda stage, done: None)
    quads = [*parse(path=release.dump, format=RdfFormat.N_QUADS)]
    added = {(quad.subject, quad.predicate, quad.object) for quad in quads if quad.graph_name == GRAPH}
    assert (mint("country", "UKR"), SKOS.altLabel, Literal("Україна", language="uk")) in added
    assert (WD.Q212, WDT.P298, Literal("UKR")) in added
    assert (WD.Q95, WDT.P112, WD.Q900000050) in added
    assert {quad.graph_name for quad in quads if WD.Q900000050 in (quad.subject, quad.object)} == {GRAPH}
    wikidata = [quad for quad in quads if str(quad.predicate).startswith(f"<{WDT.iri}")]
    assert {quad.graph_name for quad in wikidata} == {GRAPH}
    assert (mint("organisation", "google"), SKOS.altLabel, Literal("グーグル", language="ja")) in added
    licences = [quad.object for quad in quads if quad.subject == GRAPH and quad.predicate == DCT.license]
    assert licences == [NamedNode("https://creativecommons.org/publicdomain/zero/1.0/")]
    assert graph_iri("wikidata") == GRAPH

"""Who founded and leads a company, and of what a country is a member, with their time: from Wikidata to an answer."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from pyoxigraph import Literal, NamedNode, Quad, QuerySolutions, RdfFormat, Store
from tests.fetching.site import Site
from tests.linking.conftest import folder
from tests.linking.wikidata_site import API, World, articles, dated, entity
from tests.queries.conftest import DECLARED, TRIG
from typer.testing import CliRunner

from harmgraph.catalogue import called, catalogue, without_network
from harmgraph.cli import app
from harmgraph.errors import SnapshotUnreadable
from harmgraph.iris import PQ, PREFIXES, PS, SDO, WD, WDS, WDT, WIKIBASE, XSD, P
from harmgraph.linking.dated import Dated, read_dated
from harmgraph.linking.items import Item, read_item
from harmgraph.linking.slice import read_slice, write_slice
from harmgraph.linking.slice_statements import GRAPH, item_quads
from harmgraph.store.query_text.parameters import bound
from harmgraph.wikidata.client import Client
from harmgraph.wikidata.slicing import fetch_slice

DAY, MONTH, YEAR, DECADE = 11, 10, 9, 8


def chief(person: str, statement: str = "Q1$A-1", rank: str = "normal", **qualifiers: Any) -> dict[str, Any]:
    return dated("P169", person, statement, rank, **qualifiers)


@pytest.mark.parametrize(
    ("qualifiers", "ends"),
    [
        ({}, ("", "")),
        ({"P580": ("+2009-01-14", DAY), "P582": ("+2011-04-00", MONTH)}, ("2009-01-14", "2011-04")),
        ({"P580": ("+2009-00-00", YEAR), "P582": "novalue"}, ("2009", "")),
        ({"P580": ("+2009-03-04", YEAR)}, ("2009", "")),  # the month that stands there is not meant
        ({"P580": [("+2009-01-01", DAY), ("+2008-00-00", YEAR)]}, ("2008", "")),
        ({"P582": [("+2011-00-00", YEAR), ("+2012-05-00", MONTH)]}, ("", "2012-05")),
    ],
)
def test_a_statement_holds_from_its_first_start_to_its_last_end(
    qualifiers: dict[str, Any], ends: tuple[str, str]
) -> None:
    assert [*read_dated([chief("Q2", **qualifiers)])] == [Dated("Q1-A-1", "Q2", *ends)]


@pytest.mark.parametrize(
    "statement",
    [
        chief("Q2", P582="somevalue"),  # has left, and nobody knows when
        chief("Q2", P580="somevalue"),
        chief("Q2", P582=("+2010-00-00", DECADE)),
        chief("Q2", P580=("-0044-03-15", DAY)),
        chief("Q2", P580=("+2009-00-00", DAY)),
        chief("Q2", P580=[("+2009-01-01", DAY), "somevalue"]),
        chief("Q2", rank="deprecated"),
        chief("Q2", statement="Q1$<script>"),
        chief("nobody"),
        {**chief("Q2"), "mainsnak": {"snaktype": "somevalue", "property": "P169"}},
    ],
)
def test_what_says_nothing_of_any_day_is_left_out(statement: dict[str, Any]) -> None:
    kept = chief("Q3", "Q1$A-2")
    assert [*read_dated([statement, kept])] == [Dated("Q1-A-2", "Q3")]


def test_those_who_left_count_beside_the_one_whom_wikidata_prefers() -> None:
    former, present = chief("Q2", P582=("+2011-00-00", YEAR)), chief("Q3", "q1$A-2", "preferred")
    item = read_item("Q1", entity("Q1", "Acme", P169=(former, present), P112=("Q2", "Q4")))
    assert item.chief_executives == (Dated("Q1-A-1", "Q2", until="2011"), Dated("q1-A-2", "Q3"))
    assert item.founders == ("Q2", "Q4")


def test_only_wikipedias_have_articles() -> None:
    found = read_item(
        "Q1", entity("Q1", "Face") | articles(frwiki="Visage humain", ukwikivoyage="Face", eswikinews="x")
    )
    assert found.articles == {"fr": "https://fr.wikipedia.org/wiki/Visage%20humain"}
    broken = {"sitelinks": {"frwiki": {"url": "https://fr.wikipedia.org/wiki/a b"}, "ukwiki": {"title": "no address"}}}
    assert read_item("Q1", entity("Q1", "Face") | broken).articles == {}


def test_a_slice_keeps_what_holds_for_a_time(tmp_path: Path) -> None:
    item = Item(
        "Q1",
        "Q1",
        founders=("Q2",),
        chief_executives=(Dated("Q1-A-1", "Q2", "2009", "2011-04"), Dated("Q1-A-2", "Q3")),
        memberships=(Dated("Q1-A-3", "Q458", since="1993-11-01"),),
        articles={"fr": "https://fr.wikipedia.org/wiki/A"},
    )
    write_slice([item], tmp_path / "s.jsonl")
    assert read_slice(tmp_path / "s.jsonl") == {"Q1": item}
    assert '{"statement": "Q1-A-2", "value": "Q3"}' in (tmp_path / "s.jsonl").read_text()


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("chief_executives", '[{"statement": "Q1-A-1", "value": "Ann"}]', "'Ann' is no number of an item"),
        ("chief_executives", '[{"statement": "Q1 A", "value": "Q2"}]', "'Q1 A' is no identifier of a statement"),
        ("memberships", '[{"statement": "Q1-A", "value": "Q2", "until": "2011-13"}]', "'2011-13' is no date"),
        ("memberships", '[{"statement": "Q1-A", "value": "Q2", "to": "2011"}]', "'to'"),
        ("articles", '{"fr": "https://fr.example.org/wiki/A"}', "is no article of the Wikipedia in 'fr'"),
        ("articles", '{"uk": "https://fr.wikipedia.org/wiki/A"}', "is no article of the Wikipedia in 'uk'"),
    ],
)
def test_a_slice_whose_statements_cannot_be_rdf_is_refused(tmp_path: Path, key: str, value: str, said: str) -> None:
    file = tmp_path / "s.jsonl"
    file.write_text(f'{{"id": "Q1", "asked": "Q1", "{key}": {value}}}\n')
    with pytest.raises(SnapshotUnreadable, match=rf"s\.jsonl:1: is no item .*{said}"):
        read_slice(file)


def test_statements_and_articles_have_the_form_that_wikidata_gives_them() -> None:
    item = Item(
        "Q1",
        "Q1",
        founders=("Q2",),
        chief_executives=(Dated("Q1-A-1", "Q2", "2009", "2011-04"),),
        articles={"fr": "https://fr.wikipedia.org/wiki/A"},
    )
    statement, article = WDS["Q1-A-1"], NamedNode("https://fr.wikipedia.org/wiki/A")
    wiki = NamedNode("https://fr.wikipedia.org/")
    assert set(item_quads({"Q1": item})) == {
        Quad(WD.Q1, WDT.P112, WD.Q2, GRAPH),
        Quad(WD.Q1, P.P169, statement, GRAPH),
        Quad(statement, PS.P169, WD.Q2, GRAPH),
        Quad(statement, PQ.P580, Literal("2009-01-01T00:00:00Z", datatype=XSD.dateTime), GRAPH),
        Quad(statement, PQ.P582, Literal("2011-04-01T00:00:00Z", datatype=XSD.dateTime), GRAPH),
        Quad(article, SDO.about, WD.Q1, GRAPH),
        Quad(article, SDO.inLanguage, Literal("fr"), GRAPH),
        Quad(article, SDO.isPartOf, wiki, GRAPH),
        Quad(wiki, WIKIBASE.wikiGroup, Literal("wikipedia"), GRAPH),
    }


ANN, BEN, CAT, OWNER = "Q900000050", "Q900000051", "Q900000052", "Q900000053"
ACME, CLEARVIEW, GROUP = "Q900000001", "Q900000004", "Q900000005"
PRIVATE = {"P31": "Q5", "P17": "Q30", "P159": "Q900000011"}
"""What the little Wikidata knows of every person, and a slice must not."""
WORLD = World(
    entity(
        ACME,
        "Acme",
        P749=GROUP,
        P127=OWNER,
        P463=dated("P463", "Q900000060", "Q900000001$E-1", P580=("+2000-00-00", YEAR)),
        P169=(
            chief(ANN, "Q900000001$C-1", P580=("+2022-01-00", MONTH)),
            chief(BEN, "Q900000001$C-2", P582=("+2022-01-00", MONTH)),
        ),
    ),
    entity(CLEARVIEW, "Clearview AI", P112=(ANN, GROUP, "Q404"), P169=chief(ANN, P582=("+2019-04-01", DAY))),
    entity(GROUP, "Group", P112=CAT, P169=chief(CAT)),
    *(
        entity(number, name, "a person", ("nickname",), **PRIVATE)
        for number, name in ((ANN, "Ann Example"), (BEN, "Ben Example"), (CAT, "Cat Example"), (OWNER, "Owner"))
    ),
    entity(
        "Q142",
        "France",
        P298="FRA",
        P112=CAT,
        P463=(
            dated("P463", "Q458", "Q142$E-1", P580=("+1993-11-01", DAY)),
            dated("P463", "Q900000060", "Q142$E-2"),
        ),
    ),
    entity("Q900000040", "facial recognition") | articles(frwiki="Visage", ukwiki="Face", eowiki="V", frwikivoyage="V"),
    entity("Q900000011", "Boston"),
    entity("Q30", "United States"),
)
NUMBERS = {"organisation": {ACME, CLEARVIEW}, "place": {"Q142"}, "concept": {"Q900000040"}}


@pytest.fixture
def fetched(site: Site, tmp_path: Path) -> dict[str, Item]:
    with Client(site.at(API, WORLD.api), pause=0) as api:
        fetch_slice(api, NUMBERS, tmp_path / "items.jsonl")
    return read_slice(tmp_path / "items.jsonl")


def test_of_a_person_the_slice_has_the_labels_alone(fetched: dict[str, Item]) -> None:
    assert fetched[ANN] == Item(ANN, ANN, {"en": "Ann Example"})
    assert fetched[BEN] == Item(BEN, BEN, {"en": "Ben Example"})
    assert fetched[OWNER] == Item(OWNER, OWNER, {"en": "Owner"})
    assert "Q900000011" not in fetched  # where they are
    assert "Q5" not in fetched


def test_nothing_else_of_a_founder_or_chief_executive_is_asked_of_wikidata(
    fetched: dict[str, Item], site: Site
) -> None:
    asked = [parse_qs(urlsplit(target).query) for target, _ in site.asked]
    parts = {props for each in asked if {ANN, BEN} & set(each["ids"][0].split("|")) for props in each["props"]}
    assert parts == {"info|labels"}


def test_only_linked_organisations_have_founders_and_chief_executives(fetched: dict[str, Item]) -> None:
    assert fetched[CLEARVIEW].founders == (ANN, GROUP, "Q404")
    assert fetched[ACME].chief_executives == (
        Dated("Q900000001-C-1", ANN, since="2022-01"),
        Dated("Q900000001-C-2", BEN, until="2022-01"),
    )
    assert (fetched[GROUP].founders, fetched[GROUP].chief_executives) == ((), ())
    assert fetched["Q142"].founders == ()
    assert CAT not in fetched
    assert "Q404" not in fetched  # there is no such item


def test_only_places_have_memberships_and_only_concepts_articles(fetched: dict[str, Item]) -> None:
    assert fetched["Q142"].memberships == (Dated("Q142-E-1", "Q458", since="1993-11-01"),)  # the other has no year
    assert fetched[ACME].memberships == ()
    assert fetched["Q900000040"].articles == {
        "fr": "https://fr.wikipedia.org/wiki/Visage",
        "uk": "https://uk.wikipedia.org/wiki/Face",
    }


def test_a_link_to_a_person_is_still_found_wrong(site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HARMGRAPH_WIKIDATA_API_URL", site.at(API, WORLD.api))
    monkeypatch.setenv("COLUMNS", "500")
    links, file = folder(tmp_path / "links", ("hgo:waymo", f"wikidata:{ANN}", "Waymo")), tmp_path / "items.jsonl"
    assert CliRunner().invoke(app, ["link", "slice", "--links", str(links), "-o", str(file)]).exit_code == 0
    assert read_slice(file)[ANN] == Item(ANN, ANN, {"en": "Ann Example"}, types=("Q5",))
    done = CliRunner().invoke(app, ["link", "check", "--links", str(links), "--slice", str(file)])
    assert done.exit_code == 1
    assert f"retyped: {ANN} Ann Example is a human" in done.output


def test_what_the_command_fetches_answers_which_companies_a_person_led(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HARMGRAPH_WIKIDATA_API_URL", site.at(API, WORLD.api))
    links, file = tmp_path / "links", tmp_path / "items.jsonl"
    folder(
        links, ("hgo:acme", f"wikidata:{ACME}", "Acme"), ("hgo:clearview-ai", f"wikidata:{CLEARVIEW}", "Clearview AI")
    )
    done = CliRunner().invoke(app, ["link", "slice", "--links", str(links), "-o", str(file)])
    assert done.exit_code == 0, done.output
    store = Store()
    store.load(DECLARED + TRIG, format=RdfFormat.TRIG)
    store.extend(item_quads(read_slice(file)))
    store.update("INSERT { ?s ?p ?o } WHERE { GRAPH ?g { ?s ?p ?o } }")
    # One was in 2022-03, when she led Acme; Three in 2019-05, when she had left what she had founded.
    assert companies(store, "Ann Example") == [
        ("One", "Acme", "chief executive"),
        ("Three", "Clearview AI", "founder"),
    ]
    assert companies(store, "Ben Example") == [("Two", "Acme", "chief executive")]
    assert companies(store, "Cat Example") == []


def companies(store: Store, person: str) -> list[tuple[str, ...]]:
    text = without_network(bound(called("28", catalogue()).text, {"person": [person]}))
    found = store.query(text, prefixes=PREFIXES)
    assert isinstance(found, QuerySolutions)
    return [tuple(row[name].value for name in ("label", "companyLabel", "role")) for row in found]

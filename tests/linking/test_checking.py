"""Checks of the links: one finding for each way in which a link goes bad, none for the links that ship."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from pyoxigraph import NamedNode
from tests.fetching.site import Site
from tests.linking.conftest import folder
from tests.linking.wikidata_site import API, World, entity
from typer.testing import CliRunner, Result

from harmgraph.cli import app
from harmgraph.cli.arguments import PROJECT
from harmgraph.fetching.sidecar import Sidecar
from harmgraph.iris import SKOS, WD, mint
from harmgraph.linking.checking import Finding, check_gazetteer, check_items, check_judgements, positive
from harmgraph.linking.items import Item, read_item
from harmgraph.linking.judgements import Judgement, read_judgements
from harmgraph.linking.similar import read_gazetteer
from harmgraph.linking.slice import read_slice, write_slice
from harmgraph.vocabulary import Vocabulary

WAYMO, CRUISE, USA = mint("organisation", "waymo"), mint("organisation", "cruise"), mint("country", "USA")
NOW = Item("Q5", "Q5", {"en": "Waymo"}, {}, {}, types=("Q43229",), countries=("Q30",))


@pytest.fixture(scope="module")
def vocabulary() -> Vocabulary:
    return PROJECT.vocabulary()


def link(thing: NamedNode, number: str | None, label: str, predicate: NamedNode = SKOS.exactMatch) -> Judgement:
    item = WD[number] if number is not None else None
    return Judgement(thing, predicate, item, "semapv:MappingReview", 0.9, date(2026, 12, 1), label, label, "seen")


def kinds(findings: Iterable[Finding]) -> set[tuple[str, NamedNode]]:
    return {(each.kind, each.thing) for each in findings}


COUNTRY = link(USA, "Q30", "United States")


def test_the_links_that_ship_contradict_nothing(vocabulary: Vocabulary, shared_data: Path) -> None:
    judgements = read_judgements(PROJECT.judgements)
    entries = [*read_gazetteer(shared_data / "wikidata" / "organisations.csv")]
    assert len(positive(judgements)) > 550
    assert [*check_judgements(judgements, vocabulary), *check_gazetteer(judgements, vocabulary, entries)] == []


@pytest.mark.parametrize(
    ("judgements", "found"),
    [
        ([link(WAYMO, "Q5", "Waymo"), link(CRUISE, "Q5", "Cruise")], ("shared-item", CRUISE)),
        ([link(WAYMO, "Q5", "Waymo"), link(WAYMO, "Q6", "Waymo")], ("two-items", WAYMO)),
        ([link(WAYMO, "Q5", "Waymo"), link(WAYMO, None, "Waymo")], ("contradiction", WAYMO)),
        ([link(WAYMO, "Q5", "Waymo"), replace(link(WAYMO, "Q5", "Waymo"), negated=True)], ("contradiction", WAYMO)),
        ([link(WAYMO, "Q5x", "Waymo")], ("no-item", WAYMO)),
        ([link(mint("organisation", "nobody"), "Q5", "X")], ("unknown-thing", mint("organisation", "nobody"))),
    ],
)
def test_judgements_that_contradict_each_other_are_found(
    vocabulary: Vocabulary, judgements: list[Judgement], found: tuple[str, NamedNode]
) -> None:
    assert kinds(check_judgements(judgements, vocabulary)) == {found}


def test_a_close_match_shares_an_item_with_an_exact_one(vocabulary: Vocabulary) -> None:
    judgements = [link(WAYMO, "Q5", "Waymo"), link(CRUISE, "Q5", "Cruise", SKOS.closeMatch)]
    assert [*check_judgements(judgements, vocabulary)] == []


@pytest.mark.parametrize(
    ("item", "found"),
    [
        (NOW, set()),
        (Item("Q5", "Q5", missing=True), {"dead"}),
        (replace(NOW, id="Q7"), {"redirected"}),
        (replace(NOW, types=("Q5",)), {"retyped"}),
        (replace(NOW, types=("Q4167410",)), {"retyped"}),
        (replace(NOW, types=("Q1002697",)), {"retyped"}),  # a magazine, where it was an organisation
        (replace(NOW, labels={"en": "Wayfair"}), {"relabelled"}),
        (replace(NOW, labels={"en": "Waymo LLC", "de": "Weimo"}), set()),
        (replace(NOW, labels={"en": "Google cars"}, aliases={"en": ("Waymo",)}), set()),
        (replace(NOW, countries=("Q17",)), {"wrong-country"}),
        (replace(NOW, countries=("Q17", "Q30")), set()),
        (replace(NOW, countries=()), set()),
    ],
)
def test_what_has_become_of_an_item_is_found(vocabulary: Vocabulary, item: Item, found: set[str]) -> None:
    links = [link(WAYMO, "Q5", "Waymo"), COUNTRY]
    findings = [*check_items(links, vocabulary, {"Q5": item}, {"Q5": NOW})]
    assert {each.kind for each in findings} == found
    assert {each.thing for each in findings} <= {WAYMO}


def test_an_item_that_was_merged_into_the_item_of_another_thing_is_shared(vocabulary: Vocabulary) -> None:
    links = [link(WAYMO, "Q5", "Waymo"), link(CRUISE, "Q6", "Cruise")]
    items = {"Q5": NOW, "Q6": Item("Q5", "Q6", {"en": "Cruise"})}
    assert ("shared-item", CRUISE) in kinds(check_items(links, vocabulary, items))


def test_a_country_needs_the_item_with_its_code(vocabulary: Vocabulary) -> None:
    for codes, found in ((("USA",), set()), (("UMI",), {("wrong-country", USA)})):
        item = Item("Q30", "Q30", {"en": "United States"}, alpha3=codes)
        assert kinds(check_items([COUNTRY], vocabulary, {"Q30": item})) == found


def test_a_gazetteer_with_another_item_by_the_name_is_told(vocabulary: Vocabulary, tmp_path: Path) -> None:
    file = tmp_path / "items.csv"
    file.write_text("label,qid,aliases,confidence,evidence\nWaymo,Q6,,high,seen\nWayfair,Q5,,high,seen\n")
    found = kinds(check_gazetteer([link(WAYMO, "Q5", "Waymo")], vocabulary, read_gazetteer(file)))
    assert found == {("other-item", WAYMO), ("other-name", WAYMO)}


def test_of_the_statements_of_an_item_the_best_ranked_count() -> None:
    given = entity("Q5", "Waymo", P17=("Q30", "Q17", "Q142"), P297="US", P1278="549300")
    ranks = ("normal", "preferred", "deprecated")
    for statement, rank in zip(given["claims"]["P17"], ranks, strict=True):
        statement["rank"] = rank
    given["claims"]["P31"] = [{"mainsnak": {"snaktype": "somevalue"}, "rank": "normal"}]
    item = read_item("Q5", given)
    assert (item.countries, item.types, item.alpha2, item.lei) == (("Q17",), (), ("US",), ("549300",))


def test_a_slice_is_read_as_it_was_written(tmp_path: Path) -> None:
    items = [
        replace(NOW, aliases={"de": ("Weimo", "W")}, lei=("549300",), parents=("Q95",)),
        Item("Q10", "Q9"),
        Item("Q8", "Q8", missing=True),
    ]
    assert write_slice(items, tmp_path / "s.jsonl") == 3
    assert read_slice(tmp_path / "s.jsonl") == {item.asked: item for item in items}


@pytest.mark.parametrize(
    "line", ['{"id": "Q1", "asked"', '{"id": "Q1", "asked": "Q1", "colour": "red"}', "[]", '{"id": "Q1"}']
)
def test_a_slice_with_a_line_that_is_no_item_names_it(tmp_path: Path, line: str) -> None:
    file = tmp_path / "s.jsonl"
    file.write_text(f'{{"id": "Q1", "asked": "Q1"}}\n{line}\n')
    done = CliRunner().invoke(app, ["link", "check", "--slice", str(file)])
    assert done.exit_code == 2
    assert "s.jsonl:2: is no item" in done.output.replace("\n", "")


WORLD = World(
    entity("Q95", "Google", "company", P31="Q4830453", P17="Q30", P749="Q20800404"),
    entity("Q5", "Waymo", "company", ("Waymo LLC",), P31="Q4830453", P17="Q17", P749="Q95", P159="Q62"),
    entity("Q62", "San Francisco", "city"),
    entity("Q20800404", "Alphabet Inc.", "company"),
    entity("Q4830453", "business", P279="Q43229"),
    entity("Q43229", "organization", P279="Q43229"),
    redirects={"Q4": "Q5"},
)


def run(site: Site, monkeypatch: pytest.MonkeyPatch, *arguments: str) -> Result:
    monkeypatch.setenv("HARMGRAPH_WIKIDATA_API_URL", site.at(API, WORLD.api))
    monkeypatch.setenv("COLUMNS", "500")
    return CliRunner().invoke(app, ["link", *arguments], catch_exceptions=False)


def test_the_command_asks_wikidata_and_exits_with_1_for_an_error(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [("hgo:google", "wikidata:Q95", "Google"), ("hgo:waymo", "wikidata:Q4", "Waymo")]
    links = folder(
        tmp_path / "links", *rows, ("hgo:cruise", "wikidata:Q404", "Cruise"), ("country:USA", "wikidata:Q62", "X")
    )
    done = run(site, monkeypatch, "check", "--online", "--links", str(links))
    assert done.exit_code == 1
    assert "error: hgo:cruise: dead: Q404 Cruise does not exist any more" in done.output
    assert "error: hgo:waymo: redirected: Q4 redirects to Q5 Waymo; write that one" in done.output
    assert "warning: hgo:waymo: wrong-country: Q5 Waymo is of Q17, and data/lookups has USA" in done.output
    assert "hgo:google: redirected" not in done.output


def test_without_online_nothing_is_asked_and_the_links_that_ship_are_fine(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run(site, monkeypatch, "check").exit_code == 0
    assert site.asked == []


def test_the_slice_has_the_linked_items_and_whom_they_name_and_says_of_when_it_is(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    links = folder(tmp_path / "links", ("hgo:google", "wikidata:Q95", "Google"), ("hgo:waymo", "wikidata:Q5", "Waymo"))
    file = tmp_path / "kept" / "wikidata.jsonl"
    done = run(site, monkeypatch, "slice", "--links", str(links), "-o", str(file))
    assert done.exit_code == 0, done.output
    found = read_slice(file)
    assert set(found) == {
        "Q5",
        "Q62",
        "Q95",
        "Q20800404",
        "Q4830453",
        "Q43229",
    }  # and their class, and what it is below
    assert (found["Q5"].parents, found["Q5"].headquarters) == (("Q95",), ("Q62",))
    sidecar = Sidecar.of(file)
    assert sidecar is not None
    assert (sidecar.date, sidecar.licence) == (
        date.today().isoformat(),
        "https://creativecommons.org/publicdomain/zero/1.0/",
    )
    checked = run(site, monkeypatch, "check", "--links", str(links), "--slice", str(file))
    assert "warning: hgo:waymo: wrong-country: Q5 Waymo is of Q17, and data/lookups has USA" in checked.output
    assert checked.exit_code == 0


def test_a_slice_that_does_not_come_whole_leaves_the_one_of_before(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    links = folder(tmp_path / "links", ("hgo:google", "wikidata:Q95", "Google"))
    file = tmp_path / "wikidata.jsonl"
    run(site, monkeypatch, "slice", "--links", str(links), "-o", str(file))
    before = file.read_bytes()
    broken = World()
    monkeypatch.setattr(WORLD, "entities", broken.entities | {"Q95": {"labels": {}}})
    assert run(site, monkeypatch, "slice", "--links", str(links), "-o", str(file)).exit_code == 2
    assert file.read_bytes() == before

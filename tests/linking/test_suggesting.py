"""Suggestions from Wikidata: reconciliation, then search; what an item is decides; the command writes candidates."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import parse_qs

import pytest
from tests.fetching.conftest import HASTY
from tests.fetching.site import Answer, Answering, Asked, Site
from tests.linking.wikidata_site import API, SERVICE, World, entity, sent
from typer.testing import CliRunner, Result

from harmgraph.cli import app
from harmgraph.cli.arguments import PROJECT
from harmgraph.errors import LookupFailed
from harmgraph.iris import WD, mint
from harmgraph.linking.judgements import read_judgements
from harmgraph.linking.similar import Similar, Subject, Suggestion
from harmgraph.wikidata.client import Client
from harmgraph.wikidata.entities import items
from harmgraph.wikidata.suggesting import Online

# The numbers are of this little world, not of Wikidata.
WORLD = World(
    entity("Q901", "Clearview AI", "American company", ("Clearview",), P31="Q4830453", P17="Q30"),
    entity("Q902", "Clearview", "disambiguation page", P31="Q4167410"),
    entity("Q903", "Ministry of Defence of Ukraine", "ministry", ("MoD Ukraine",), P31="Q327333", P17="Q212"),
    entity("Q904", "Ministry of Defence", "ministry of the United Kingdom", P31="Q327333", P17="Q145"),
    entity("Q905", "Waymo LLC", "cars without drivers", ("Waymo",), P31="Q4830453", P17="Q30"),
    redirects={"Q800": "Q901"},
)
COUNTRIES = {"USA": "Q30", "UKR": "Q212", "GBR": "Q145"}
CLEARVIEW = Subject(mint("organisation", "clearview-ai"), "Clearview AI", ("Clearview AI", "Clearview"), "USA")
MINISTRY = Subject(
    mint("organisation", "ministry-of-defence-of-ukraine"),
    "Ministry of Defence of Ukraine",
    ("Ministry of Defence of Ukraine", "MoD Ukraine"),
    "UKR",
)
WAYMO = Subject(mint("organisation", "waymo"), "Waymo", ("Waymo",), "USA")


def suggested(site: Site, *subjects: Subject, service: Answer | Answering = WORLD.service) -> list[list[Suggestion]]:
    api, other = site.at(API, WORLD.api), site.at(SERVICE, service)
    with Client(api, None, patience=HASTY, pause=0) as entities, Client(other, None, patience=HASTY, pause=0) as names:
        return Online(names, entities, Similar([]), COUNTRIES).suggest(subjects)


def test_what_has_the_name_and_the_country_comes_first(site: Site) -> None:
    (clearview, ministry) = suggested(site, CLEARVIEW, MINISTRY)
    assert [(each.item, each.score) for each in clearview] == [(WD.Q901, 1.0)]
    assert (ministry[0].item, ministry[0].score) == (WD.Q903, 1.0)
    assert all(each.score < 0.8 for each in ministry[1:])
    assert "country UKR" in ministry[0].evidence
    assert "the service scores it 71" in ministry[0].evidence


def test_pages_that_only_tell_things_apart_are_no_candidates(site: Site) -> None:
    assert WD.Q902 not in {each.item for each in suggested(site, CLEARVIEW)[0]}


def test_the_country_is_asked_for_with_the_name(site: Site) -> None:
    suggested(site, MINISTRY)
    form = next(asked for path, asked in site.asked if asked[":method"] == "POST")
    assert json.loads(parse_qs(form[":body"])["queries"][0])["q0"] == {
        "query": "Ministry of Defence of Ukraine",
        "limit": 5,
        "type": "Q43229",
        "type_strict": "should",
        "properties": [{"pid": "P17", "v": {"id": "Q212"}}],
    }


@pytest.mark.parametrize(
    "service",
    [
        sent({"status": "error", "message": "SPARQL is busy"}),
        sent({"identifierSpace": "https://viaf.org/"}),
        sent({}, 404),
        Answer(b"<html>moved</html>"),
    ],
    ids=["error", "another space", "gone", "a page"],
)
def test_without_a_service_wikidata_is_searched(site: Site, service: Answer) -> None:
    (found,) = suggested(site, WAYMO, service=service)
    assert [(each.item, each.method) for each in found] == [(WD.Q905, "search")]


def test_a_thing_that_the_service_proposes_nothing_for_is_searched(site: Site) -> None:
    def service(asked: Asked) -> Answer:
        return WORLD.service(asked) if asked[":method"] == "GET" else sent({"q0": {"result": []}, "q1": {"error": "?"}})

    clearview, waymo = suggested(site, CLEARVIEW, WAYMO, service=service)
    assert {each.method for each in (*clearview, *waymo)} == {"search"}
    assert (clearview[0].item, waymo[0].item) == (WD.Q901, WD.Q905)


def test_names_go_ten_to_a_request_and_items_fifty(site: Site) -> None:
    suggested(site, *[WAYMO] * 25)
    assert sum(asked[":method"] == "POST" for _, asked in site.asked) == 3
    site.asked.clear()
    with Client(site.at(API, WORLD.api), None, patience=HASTY, pause=0) as api:
        assert len(items(api, (f"Q{number}" for number in range(1, 102)))) == 101
    assert len(site.asked) == 3


def test_items_that_moved_or_are_gone_are_told_from_others(site: Site) -> None:
    with Client(site.at(API, WORLD.api), None, patience=HASTY, pause=0) as api:
        found = items(api, ["Q800", "Q77", "Q905"])
    assert [(each.id, each.redirected, each.missing) for each in found.values()] == [
        ("Q901", True, False),
        ("Q77", False, True),
        ("Q905", False, False),
    ]


def test_an_answer_that_was_cut_short_is_completed(site: Site) -> None:
    """The API ends a large answer with a warning alone: here after three entities."""

    def short(asked: Asked) -> Answer:
        whole = json.loads(WORLD.api(asked).body)
        return sent({"entities": dict([*whole["entities"].items()][:3]), "warnings": {"result": "truncated"}})

    numbers = [f"Q{number}" for number in range(1, 11)]
    with Client(site.at(API, short), None, patience=HASTY, pause=0) as api:
        assert [*items(api, numbers)] == numbers
    assert len(site.asked) == 4


def test_proposals_without_a_number_of_an_item_are_left_out(site: Site) -> None:
    def service(asked: Asked) -> Answer:
        proposed = [{"id": number, "name": "Waymo", "score": "9"} for number in ("P31", "Q9 OR 1", "L5", None, "Q905")]
        return WORLD.service(asked) if asked[":method"] == "GET" else sent({"q0": {"result": proposed}})

    (found,) = suggested(site, WAYMO, service=service)
    assert [each.item for each in found] == [WD.Q905]


def test_an_answer_without_an_item_that_was_asked_for_is_not_taken(site: Site) -> None:
    with (
        Client(site.at(API, sent({"entities": {}})), None, patience=HASTY, pause=0) as api,
        pytest.raises(LookupFailed, match="leaves out Q905"),
    ):
        items(api, ["Q905"])


def run(site: Site, folder: Path, monkeypatch: pytest.MonkeyPatch, *arguments: str) -> Result:
    monkeypatch.setenv("HARMGRAPH_WIKIDATA_API_URL", site.at(API, WORLD.api))
    monkeypatch.setenv("HARMGRAPH_WIKIDATA_RECONCILIATION_URL", site.at(SERVICE, WORLD.service))
    common = ["-o", str(folder / "c.sssom.tsv"), "--cache", str(folder / "kept")]
    return CliRunner().invoke(app, ["link", *arguments, *common], catch_exceptions=False)


def test_the_command_writes_candidates_that_the_strict_reader_reads(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = run(site, tmp_path, monkeypatch, "suggest", "clearview-ai", "ministry-of-defence-of-ukraine", "--online")
    assert done.exit_code == 0, done.output
    found = read_judgements(tmp_path)
    assert {(each.subject, each.object) for each in found} >= {(CLEARVIEW.thing, WD.Q901), (MINISTRY.thing, WD.Q903)}
    assert not any(each.reviewed for each in found)
    assert all(each.comment and 0.5 <= each.confidence <= 1 for each in found)
    requests = len(site.asked)
    run(site, tmp_path, monkeypatch, "suggest", "clearview-ai", "ministry-of-defence-of-ukraine", "--online")
    assert len(site.asked) == requests  # all of it was kept


def test_nothing_leaves_this_machine_unless_online_is_asked_for(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run(site, tmp_path, monkeypatch, "suggest").exit_code == 0
    assert site.asked == []


def test_resolving_takes_what_is_in_most_incidents_with_what_was_looked_for_in_vain(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    records = f"curated={PROJECT.curated}"
    done = run(site, tmp_path, monkeypatch, "resolve", records, "--top", "12", "--online")
    assert done.exit_code == 0, done.output
    assert "Clearview AI (looked for, none found): Clearview AI Q901 1.00" in done.stdout
    found = {(each.subject, each.object): each for each in read_judgements(tmp_path)}
    assert " incidents; 'Clearview AI' and 'Clearview AI'" in found[CLEARVIEW.thing, WD.Q901].comment


def test_a_slug_that_no_lookup_has_is_refused(site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run(site, tmp_path, monkeypatch, "suggest", "no-such-thing").exit_code == 2

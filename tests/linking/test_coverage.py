"""Coverage: what counts as an occurrence, what as linked, and the bars on the newest sheet."""

from __future__ import annotations

import csv
import io
from datetime import date
from pathlib import Path

from pyoxigraph import Literal, Quad
from typer.testing import CliRunner

from harmgraph.cli import app
from harmgraph.cli.arguments import PROJECT
from harmgraph.cli.link_coverage import coverage_of, linked_owners
from harmgraph.iris import HG, RDF, SKOS, WD, graph_iri, mint, record_iri
from harmgraph.linking.coverage import Coverage, Share, counted, occurrences_of
from harmgraph.linking.judgements import read_judgements
from harmgraph.linking.similar import Suggestion
from harmgraph.linking.suggestion_file import write_suggestions
from harmgraph.model import Actor, Incident, Place, System

OPENAI, WAYMO, UKRAINE = mint("organisation", "openai"), mint("organisation", "waymo"), mint("country", "UKR")


def incident(local: str, *names: str, places: tuple[Place, ...] = ()) -> Incident:
    actors = tuple(Actor(name, name.title()) for name in names)
    return Incident(local, (local,), "A title", deployers=actors, developers=actors[:1], jurisdictions=places)


def coverage(*incidents: Incident) -> Coverage:
    found = Coverage({OPENAI, UKRAINE}, frozenset({WAYMO}))
    for each in incidents:
        for occurrence in occurrences_of("aiid", each):
            found.add(occurrence)
    return found


def test_who_deploys_and_develops_is_two_occurrences_and_one_name() -> None:
    (share,) = coverage(incident("AIID-1", "openai", "waymo")).shares()
    assert share == Share("aiid", "organisation", occurrences=3, linked=2, names=2, linked_names=1)
    assert (share.by_occurrence, share.by_name) == (2 / 3, 1 / 2)


def test_the_unlinked_come_by_the_number_of_their_incidents() -> None:
    found = coverage(incident("AIID-1", "cruise"), incident("AIID-2", "openai", "waymo"), incident("AIID-3", "waymo"))
    assert [(each.label, each.incidents, each.occurrences) for each in found.unlinked()] == [
        ("Waymo", 2, 3),
        ("Cruise", 1, 2),
    ]
    assert [each.looked_for for each in found.unlinked()] == [True, False]


def test_several_countries_not_named_are_nothing_to_link_and_are_counted_apart() -> None:
    multiple = Place("place", "multiple", "Several countries, not named")
    (share,) = coverage(incident("AIID-1", places=(Place("country", "UKR", "Ukraine"), multiple))).shares()
    assert (share.occurrences, share.linked, share.nowhere) == (1, 1, 1)


def test_a_label_that_no_lookup_reads_counts_as_an_unlinked_name() -> None:
    found = coverage(incident("AIID-1", places=(Place("country", "UKR", "Ukraine"),)))
    found.add_unread("aiid", "place", "Ruritania")
    found.add_unread("aiid", "place", "Ruritania")
    (share,) = found.shares()
    assert share == Share("aiid", "place", occurrences=3, linked=1, names=2, linked_names=1, unread=2)


def test_all_sources_together_count_a_name_once() -> None:
    found = coverage(incident("AIID-1", "openai"))
    for occurrence in occurrences_of("avid", incident("AVID-2022-1", "openai")):
        found.add(occurrence)
    assert [(each.source, each.occurrences, each.names) for each in found.shares()] == [
        ("aiid", 2, 1),
        ("avid", 2, 1),
        ("all", 4, 1),
    ]


def test_a_release_is_counted_as_its_records_are() -> None:
    """The dump has the statements of records, with the links and labels that were made of them, in any order."""
    one = incident("AIID-1", "openai", "waymo", places=(Place("country", "UKR", "Ukraine"),))
    graph = record_iri("aiid", "2026-02", "AIID-1")
    subject = mint("incident", "AIID-1")
    quads = [Quad(subject, RDF.type, HG.Incident, graph), Quad(OPENAI, SKOS.exactMatch, WD.Q1, graph_iri("links"))]
    for name, values in (("deployer", one.deployers), ("developer", one.developers)):
        quads += [Quad(subject, HG[name], mint("organisation", each.slug), graph) for each in values]
    quads += [Quad(subject, HG.jurisdiction, UKRAINE, graph), Quad(UKRAINE, SKOS.exactMatch, WD.Q212, graph)]
    # What harmgraph concludes is not counted again.
    quads.append(Quad(subject, HG.deployer, WAYMO, graph_iri("consolidation")))
    quads.append(Quad(WAYMO, SKOS.prefLabel, Literal("Waymo", language="en"), graph_iri("consolidation")))
    for ordered in (quads, quads[::-1]):
        found = counted(ordered, frozenset({WAYMO}))
        assert found.shares() == coverage(one).shares()
        assert found.unlinked() == coverage(one).unlinked()


def test_what_a_record_says_of_a_system_counts_for_the_incident() -> None:
    system = System("gpt", "GPT", (Actor("waymo", "Waymo"),))
    found = coverage(Incident("AIID-1", (), "A title", systems=(system,)))
    graph = record_iri("aiid", "2026-02", "AIID-1")
    quads = [
        Quad(mint("incident", "AIID-1"), HG.system, mint("system", "gpt"), graph),
        Quad(mint("system", "gpt"), HG.developer, WAYMO, graph),
        Quad(WAYMO, SKOS.prefLabel, Literal("Waymo"), graph),
        Quad(mint("system", "gpt"), SKOS.prefLabel, Literal("GPT"), graph),
    ]
    assert counted(quads, frozenset({WAYMO})).unlinked() == found.unlinked()


def test_the_newest_sheet_meets_the_bars(shared_data: Path) -> None:
    """97 % of the jurisdictions that are named and 45 % of the organisations, by occurrence."""
    sheet = shared_data / "aiaaic" / "aiaaic_incidents_2026-06.csv"
    found = coverage_of([f"aiaaic-sheet={sheet}"], PROJECT.vocabulary(), read_judgements(PROJECT.judgements))
    shares = {share.kind: share for share in found.shares()}
    assert shares["place"].by_occurrence >= 0.97
    assert shares["place"].occurrences > 2_400
    assert shares["organisation"].by_occurrence >= 0.45
    assert shares["organisation"].occurrences > 5_000
    top = found.unlinked(["organisation"])[:100]
    assert len(top) == 100
    assert {"Waymo", "Clearview AI"} <= {each.label for each in top[:5]}


def test_the_command_lists_the_unlinked_with_candidates(tmp_path: Path) -> None:
    gazetteer = tmp_path / "items.csv"
    gazetteer.write_text("label,qid,aliases,confidence,evidence\nEuropol,Q1,The Europol|EU police,high,a test\n")
    records = f"curated={PROJECT.curated}"
    done = CliRunner().invoke(
        app, ["link", "stats", records, "--csv", "--top", "500", "--gazetteer", str(gazetteer)], catch_exceptions=False
    )
    assert done.exit_code == 0
    rows = {(row["kind"], row["label"]): row for row in csv.DictReader(io.StringIO(done.stdout))}
    assert rows["organisation", "Clearview AI"]["looked_for"] == "yes"
    assert int(rows["organisation", "Clearview AI"]["incidents"]) >= 1
    assert any(" 0." in row["candidates"] or " 1." in row["candidates"] for row in rows.values())


def test_what_is_part_of_a_linked_organisation_says_so() -> None:
    vocabulary = PROJECT.vocabulary()
    found = linked_owners(vocabulary, read_judgements(PROJECT.judgements))
    assert found[WAYMO] == "part of Alphabet Inc. Q20800404"
    assert mint("organisation", "google") not in found  # it has an item of its own
    assert mint("organisation", "clearview-ai") not in found  # nobody owns it
    assert found[mint("system", "bing-chat")].startswith("part of Microsoft Q2283")


def test_the_candidates_of_a_file_are_shown_first(tmp_path: Path) -> None:
    file = tmp_path / "found.sssom.tsv"
    clearview = mint("organisation", "clearview-ai")
    found = [Suggestion(clearview, "Clearview AI", WD.Q901, "Clearview AI", 0.9, "search", "a test")]
    write_suggestions(found, file, date(2026, 12, 1))
    arguments = ["link", "stats", f"curated={PROJECT.curated}", "--csv", "--kind", "organisation", "--top", "20"]
    done = CliRunner().invoke(app, [*arguments, "--candidates", str(file)], catch_exceptions=False)
    rows = {row["iri"]: row["candidates"] for row in csv.DictReader(io.StringIO(done.stdout))}
    assert rows[clearview.value] == "Clearview AI Q901 0.90"


def test_an_unknown_kind_is_refused() -> None:
    done = CliRunner().invoke(app, ["link", "stats", "--kind", "person"])
    assert done.exit_code == 2

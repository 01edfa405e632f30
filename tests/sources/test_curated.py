"""Curated records: the file that ships, and every slip that a file can have."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from harmgraph.errors import SnapshotUnreadable
from harmgraph.model import Actor, Concept, Interpreted, Occurred, Place, Snapshot, System
from harmgraph.sources.curated import Curated
from harmgraph.vocabulary import Vocabulary

Written = Callable[[str, str | bytes], Snapshot]

HEAD = 'incident = "AIAAIC0001"\ntitle = "T"\nsources = ["aiaaic-sheet/AIAAIC0001"]\n'


def interpreted(snapshot: Snapshot, vocabulary: Vocabulary) -> Interpreted:
    (record,) = Curated().records(snapshot)
    return Curated().incident(record, vocabulary)


@pytest.fixture
def seed_record(project: Path, vocabulary: Vocabulary) -> Interpreted:
    path = project / "data" / "incidents" / "AIAAIC0850.toml"
    return interpreted(Snapshot("curated", path, "1", "0" * 64), vocabulary)


def test_everything_that_ships_is_read_without_a_problem(project: Path, vocabulary: Vocabulary) -> None:
    folder = Snapshot("curated", project / "data" / "incidents", "1", "0" * 64)
    results = [Curated().incident(record, vocabulary) for record in Curated().records(folder)]
    assert results
    assert [str(problem) for result in results for problem in result.problems] == []
    assert all(result.incident is not None for result in results)


def test_the_seed_has_claims_with_claimant_and_report(seed_record: Interpreted) -> None:
    assert seed_record.incident is not None
    claims = {claim.local.removeprefix("AIAAIC0850-"): claim for claim in seed_record.incident.claims}
    assert claims["use"].claimant == "Vice prime minister of Ukraine"
    assert isinstance(claims["use"].on_behalf_of, Place)
    assert claims["use"].on_behalf_of.code == "UKR"
    assert claims["use"].report is not None
    assert claims["use"].report.publisher == "Reuters"
    assert "ten billion" in claims["faces"].text
    assert claims["faces"].claimant == "Chief executive of Clearview AI"
    assert isinstance(claims["faces"].on_behalf_of, Actor)
    assert claims["not-to-russia"].claimant == Actor("clearview-ai", "Clearview AI")
    assert claims["wrong-identification"].concerns_harm == (Concept("harm", "wrongful-detention"),)


def test_the_seed_tells_of_potential_harm_in_march_2022(seed_record: Interpreted) -> None:
    incident = seed_record.incident
    assert incident is not None
    assert incident.occurred == Occurred("2022-03")
    assert Concept("realisation", "potential") in incident.concepts
    assert Concept("harm", "wrongful-detention") in incident.concepts
    assert [actor.slug for actor in incident.deployers] == ["ministry-of-defence-of-ukraine"]
    assert [system.developers for system in incident.systems] == [(Actor("clearview-ai", "Clearview AI"),)]
    assert [report.publisher for report in incident.reports] == ["Reuters", "Forbes", "MailOnline"]


def test_the_seed_names_another_system_in_its_description(seed_record: Interpreted) -> None:
    incident = seed_record.incident
    assert incident is not None
    assert incident.description is not None
    (mention,) = incident.mentions
    assert mention.thing == System("look-for-your-own", "Look for Your Own")
    assert incident.description[mention.start : mention.end] == mention.text == "Look for Your Own"


def test_no_private_person_is_named(seed_record: Interpreted) -> None:
    text = " ".join(seed_record.record.fields.values())
    assert not any(name in text for name in ("Fedorov", "Federov", "Ton-That", "Brewster"))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("incident = ", "Invalid value"),
        (HEAD + 'mood = "fine"', "key 'mood' is not known"),
        (HEAD.replace("title", "titel"), "key 'titel' is not known"),
        (HEAD.replace('title = "T"\n', ""), "key 'title' is missing"),
        (HEAD.replace("0001", "0002", 1), "key 'incident' is 'AIAAIC0002', but the file is named AIAAIC0001.toml"),
        (HEAD.replace('"T"', "5"), "key 'title' should be a text"),
        (HEAD + 'concepts = "harm/fraud"', "key 'concepts' should be a list of texts"),
        (HEAD + "concepts = [1]", "key 'concepts' should be a list of texts"),
        (HEAD + 'claims = ["x"]', "key 'claims' should be tables: [[claims]]"),
        (HEAD + '[[claims]]\nkey = "a"', "[[claims]] 1: key 'text' is missing"),
        (HEAD + '[[claims]]\nkey = "a"\ntext = "x"\nwho = "y"', "[[claims]] 1: key 'who' is not known"),
        (HEAD + '[[claims]]\nkey = "A b"\ntext = "x"', "[[claims]] 1: key 'A b' should be lower-case letters"),
        (HEAD + '[[claims]]\nkey = "a"\ntext = "x"\nreport = "r"', "claim 'a': report 'r' is none of [[reports]]"),
        (HEAD + '[[reports]]\nkey = "r"\n[[documents]]\nkey = "r"', "the report key 'r' stands twice"),
        (HEAD + '[[reports]]\nkey = "r"\nurl = "example.org"', "report 'r': 'example.org' is no http(s) address"),
        (HEAD + '[[reports]]\nkey = "r"\npublished = "May 2023"', "'May 2023' is no date as EDTF writes it"),
        (HEAD + 'occurred = "2022-13"', "'2022-13' is no date as EDTF writes it"),
        (HEAD + 'occurred = "2023/2022"', "'2023/2022' is no date as EDTF writes it"),
        (HEAD + 'pages = ["x"]', "key 'pages' holds 'x', no http(s) address"),
        (
            HEAD + '[[mentioned_systems]]\nslug = "a"\nlabel = "A"',
            "the description does not name the mentioned system 'A'",
        ),
        (
            HEAD + '[[claims]]\nkey = "a"\ntext = "x"\nclaimant = "y"\nclaimant_office = "z"',
            "claim 'a' has both claimant and claimant_office",
        ),
    ],
)
def test_a_slip_stops_the_run_with_file_key_and_remedy(written: Written, text: str, message: str) -> None:
    with pytest.raises(SnapshotUnreadable) as raised:
        list(Curated().records(written("AIAAIC0001.toml", text)))
    assert message in str(raised.value)
    assert "AIAAIC0001.toml" in str(raised.value)


@pytest.mark.parametrize("edtf", ["2022", "2022-03", "2022-03-14", "2022/2023", "2018/..", "../2018"])
def test_dates_are_edtf(written: Written, vocabulary: Vocabulary, edtf: str) -> None:
    result = interpreted(written("AIAAIC0001.toml", f'{HEAD}occurred = "{edtf}"'), vocabulary)
    assert result.incident is not None
    assert result.incident.occurred == Occurred(edtf)


def test_names_of_nothing_known_are_reported_and_left_out(written: Written, vocabulary: Vocabulary) -> None:
    text = (
        HEAD
        + 'concepts = ["harm/fraud", "mood/fine", "harm"]\njurisdictions = ["UKR", "XXX"]\ndeployers = ["no-such"]\n'
    )
    text += '[[claims]]\nkey = "a"\ntext = "x"\non_behalf_of = "somebody"\n'
    result = interpreted(written("AIAAIC0001.toml", text), vocabulary)
    assert result.incident is not None
    assert result.incident.concepts == (Concept("harm", "fraud"),)
    assert [place.code for place in result.incident.jurisdictions] == ["UKR"]
    assert {(problem.kind, problem.value, problem.severity) for problem in result.problems} == {
        ("unknown-name", name, "error") for name in ("mood/fine", "harm", "XXX", "no-such", "somebody")
    }


def test_a_report_with_an_address_has_the_name_that_all_sources_give_it(
    written: Written, vocabulary: Vocabulary
) -> None:
    text = HEAD + '[[reports]]\nkey = "r"\nurl = "https://example.org/a"\n[[reports]]\nkey = "s"\npublisher = "P"'
    result = interpreted(written("AIAAIC0001.toml", text), vocabulary)
    assert result.incident is not None
    assert [(report.local, report.url) for report in result.incident.reports] == [
        ("b5b10dd0429e69ac", "https://example.org/a"),
        ("AIAAIC0001-s", None),
    ]


@pytest.mark.parametrize("hidden", [b"\xed\xa0\x80", b"\xef\xbf\xbe"])
def test_a_character_that_rdf_cannot_hold_stops_the_run_with_its_line(written: Written, hidden: bytes) -> None:
    snapshot = written("AIAAIC0001.toml", HEAD.encode().replace(b'"T"', b'"T' + hidden + b'"'))
    with pytest.raises(SnapshotUnreadable, match=r"AIAAIC0001\.toml: line 2 holds a character that RDF cannot hold"):
        list(Curated().records(snapshot))


def test_a_folder_without_files_stops_the_run(tmp_path: Path) -> None:
    with pytest.raises(SnapshotUnreadable, match=r"no \.toml file"):
        list(Curated().records(Snapshot("curated", tmp_path, "1", "")))

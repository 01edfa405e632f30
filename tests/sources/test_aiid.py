"""The AI Incident Database: incidents, duplicates, both file formats, hostile input, and the real snapshot."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyoxigraph import NamedNode
from tests.sources.aiid_snapshots import (
    INCIDENT,
    MIT,
    csv_text,
    incident_row,
    interpreted,
    json_snapshot,
    kinds,
    snapshot,
)

from harmgraph.errors import SnapshotUnreadable
from harmgraph.iris import DCT, HG
from harmgraph.model import Interpreted, Occurred, Snapshot
from harmgraph.sources.aiid import Aiid
from harmgraph.sources.values import LONGEST
from harmgraph.triples import quads_of
from harmgraph.vocabulary import Vocabulary


def one(taken: Snapshot, vocabulary: Vocabulary) -> Interpreted:
    """The only record of a snapshot."""
    (outcome,) = interpreted(taken, vocabulary).values()
    return outcome


def test_an_incident_becomes_what_its_row_says(tmp_path: Path, vocabulary: Vocabulary) -> None:
    outcome = one(snapshot(tmp_path), vocabulary)
    assert outcome.record.local == "AIID-7"
    assert outcome.record.page == "https://incidentdatabase.ai/cite/7"
    incident = outcome.incident
    assert incident is not None
    assert (incident.local, incident.identifiers, incident.title) == ("AIID-7", ("AIID-7",), "Robot meets fence")
    assert incident.occurred == Occurred("2020-02-03")
    assert [actor.slug for actor in incident.deployers] == ["tesla"]
    assert [actor.slug for actor in incident.developers] == ["tesla"]
    assert incident.harmed == ("Pedestrians",)
    assert incident.pages == ("https://incidentdatabase.ai/cite/7",)
    assert outcome.problems == ()


def test_every_raw_string_of_an_incident_is_kept(tmp_path: Path, vocabulary: Vocabulary) -> None:
    assert dict(one(snapshot(tmp_path), vocabulary).record.fields) == dict(INCIDENT)


def test_the_database_vouches_for_no_allegation() -> None:
    assert Aiid.licence.assertion_status == "alleged"


def test_persons_groups_and_placeholders_become_no_organisation(tmp_path: Path, vocabulary: Vocabulary) -> None:
    slugs = '["unknown-deepfake-creators","youtube-users","@somebody","elon-musk","new-zealand","openai"]'
    outcome = one(snapshot(tmp_path, {"incidents.csv": csv_text(incident_row(deployer=slugs))}), vocabulary)
    assert outcome.incident is not None
    assert [actor.slug for actor in outcome.incident.deployers] == ["openai"]
    assert Counter(kinds(outcome)) == {
        "placeholder": 1,
        "user-group": 1,
        "private-individual": 2,
        "country-not-organisation": 1,
    }


def test_a_system_among_the_deployers_becomes_a_system(tmp_path: Path, vocabulary: Vocabulary) -> None:
    row = incident_row(deployer='["chatgpt"]', developer='["openai","chatgpt"]')
    outcome = one(snapshot(tmp_path, {"incidents.csv": csv_text(row)}), vocabulary)
    assert outcome.incident is not None
    assert outcome.incident.deployers == ()
    assert [system.slug for system in outcome.incident.systems] == ["chatgpt"]


def test_victims_are_not_named_as_harmed_parties(tmp_path: Path, vocabulary: Vocabulary) -> None:
    slugs = [
        "john-example",
        "family-of-jo-bloggs",
        "jo-bloggs's-family",
        "qwertina-xyzzy",
        "unknown",
        "school-children",
    ]
    row = incident_row(harmed=json.dumps([*slugs, "general-public-of-italy", "openai"]))
    outcome = one(snapshot(tmp_path, {"incidents.csv": csv_text(row)}), vocabulary)
    assert outcome.incident is not None
    assert outcome.incident.harmed == ("School Children", "General Public of Italy", "OpenAI")
    assert {*kinds(outcome)} == {"private-individual", "unclassified-party", "placeholder"}


@pytest.mark.parametrize("cell", ["tesla", "{}", '["tesla"', "null", "7"])
def test_a_cell_that_is_no_list_is_reported_and_the_rest_is_kept(
    tmp_path: Path, vocabulary: Vocabulary, cell: str
) -> None:
    outcome = one(snapshot(tmp_path, {"incidents.csv": csv_text(incident_row(deployer=cell))}), vocabulary)
    assert outcome.incident is not None
    assert outcome.incident.deployers == ()
    assert [actor.slug for actor in outcome.incident.developers] == ["tesla"]
    assert kinds(outcome) == ["unreadable-list"]


def test_an_entry_of_a_list_that_is_no_text_is_reported(tmp_path: Path, vocabulary: Vocabulary) -> None:
    row = incident_row(deployer='["tesla",null,{"a":1}]')
    outcome = one(snapshot(tmp_path, {"incidents.csv": csv_text(row)}), vocabulary)
    assert outcome.incident is not None
    assert [actor.slug for actor in outcome.incident.deployers] == ["tesla"]
    assert kinds(outcome) == ["unread-value"]


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({"incident_id": "seven"}, "bad-identifier"),
        ({"incident_id": ""}, "bad-identifier"),
        ({"incident_id": "-7"}, "bad-identifier"),
        ({"title": " "}, "no-title"),
    ],
)
def test_an_incident_that_nothing_names_is_quarantined(
    tmp_path: Path, vocabulary: Vocabulary, changes: dict[str, str], kind: str
) -> None:
    rows = csv_text(incident_row(**changes), incident_row(incident_id="8"))
    outcomes = list(interpreted(snapshot(tmp_path, {"incidents.csv": rows}), vocabulary).values())
    assert [outcome.incident is None for outcome in outcomes] == [True, False]
    assert kinds(outcomes[0]) == [kind]


def test_a_second_row_of_one_number_is_a_record_of_the_same_incident(tmp_path: Path, vocabulary: Vocabulary) -> None:
    rows = csv_text(incident_row(), incident_row(title="Fence meets robot"))
    outcomes = interpreted(snapshot(tmp_path, {"incidents.csv": rows}), vocabulary)
    assert [*outcomes] == ["AIID-7", "AIID-7~2"]
    second = outcomes["AIID-7~2"]
    assert second.incident is not None
    assert second.incident.local == "AIID-7"
    assert kinds(second) == ["duplicate-id"]


def test_a_classification_of_an_incident_in_quarantine_is_quarantined(tmp_path: Path, vocabulary: Vocabulary) -> None:
    incidents = csv_text(incident_row(title=""), incident_row(incident_id="8"))
    taken = snapshot(tmp_path, {"incidents.csv": incidents, "classifications_MIT.csv": csv_text(MIT)})
    outcome = interpreted(taken, vocabulary)["7-MIT"]
    assert outcome.incident is None
    assert kinds(outcome) == ["unknown-incident"]


def test_a_last_line_that_is_cut_off_is_quarantined_alone(tmp_path: Path, vocabulary: Vocabulary) -> None:
    text = csv_text(incident_row(), incident_row(incident_id="8"))
    outcomes = list(interpreted(snapshot(tmp_path, {"incidents.csv": text[:-20]}), vocabulary).values())
    assert [outcome.incident is None for outcome in outcomes] == [False, True]
    assert kinds(outcomes[1]) == ["ragged-row", "no-title"]


def test_a_row_with_a_broken_quotation_is_quarantined_alone(tmp_path: Path, vocabulary: Vocabulary) -> None:
    head, first, second = csv_text(incident_row(), incident_row(incident_id="8")).splitlines()
    text = "\n".join((head, first, '9,"cut off', second)) + "\n"
    outcomes = list(interpreted(snapshot(tmp_path, {"incidents.csv": text}), vocabulary).values())
    assert [outcome.incident is None for outcome in outcomes] == [False, True, False]
    assert "broken-row" in kinds(outcomes[1])


# --- Duplicates ---------------------------------------------------------------------------------------------------


def test_a_duplicate_gives_the_surviving_incident_its_number(tmp_path: Path, vocabulary: Vocabulary) -> None:
    taken = snapshot(
        tmp_path, {"duplicates.csv": csv_text({"duplicate_incident_number": "9", "true_incident_number": "7"})}
    )
    outcome = interpreted(taken, vocabulary)["9-duplicate"]
    assert outcome.incident is not None
    assert (outcome.incident.local, outcome.incident.title) == ("AIID-7", None)
    assert outcome.incident.identifiers == ("AIID-7", "AIID-9")
    assert Aiid().keys(outcome.record) == {"aiid:7"}
    assert list(Aiid().redirects(taken)) == [("AIID-9", "AIID-7")]


def test_a_duplicate_of_an_incident_that_is_not_there_is_quarantined(tmp_path: Path, vocabulary: Vocabulary) -> None:
    taken = snapshot(
        tmp_path, {"duplicates.csv": csv_text({"duplicate_incident_number": "9", "true_incident_number": "70"})}
    )
    outcome = interpreted(taken, vocabulary)["9-duplicate"]
    assert outcome.incident is None
    assert kinds(outcome) == ["unknown-incident"]


def test_redirects_lead_to_the_end_of_a_chain_and_out_of_no_circle(tmp_path: Path) -> None:
    pairs = [("1", "2"), ("2", "3"), ("4", "5"), ("5", "4"), ("6", "4"), ("8", "8"), ("x", "3")]
    rows = [{"duplicate_incident_number": one, "true_incident_number": other} for one, other in pairs]
    taken = snapshot(tmp_path, {"duplicates.csv": csv_text(*rows)})
    assert list(Aiid().redirects(taken)) == [("AIID-1", "AIID-3"), ("AIID-2", "AIID-3")]


# --- JSON ---------------------------------------------------------------------------------------------------------


def native(row: dict[str, str]) -> dict[str, object]:
    """The row as the database holds it: numbers, arrays and wrapped identifiers."""
    return {
        "_id": {"$oid": "000000000000000000000001"},
        "incident_id": {"$numberInt": row["incident_id"]},
        **{name: json.loads(text) if text.startswith("[") else text for name, text in row.items() if name[0] != "_"}
        | {"incident_id": {"$numberInt": row["incident_id"]}},
        "embedding": {"vector": [0.1, 0.2]},
        "editor_similar_incidents": [9, {"$numberInt": "8"}],
        "epoch_date_modified": 1_600_000_000,
    }


@pytest.mark.parametrize("form", ["array", "lines", "object"])
def test_json_says_what_csv_says(tmp_path: Path, vocabulary: Vocabulary, form: str) -> None:
    document = native(incident_row())
    written = {"array": [document], "lines": json.dumps(document) + "\n\n", "object": json.dumps(document, indent=1)}
    read = one(json_snapshot(tmp_path / "json", {"incidents.json": written[form]}), vocabulary).incident
    from_csv = one(snapshot(tmp_path / "csv"), vocabulary).incident
    assert read is not None
    assert from_csv is not None
    assert (read.title, read.description, read.occurred) == (from_csv.title, from_csv.description, from_csv.occurred)
    assert (read.deployers, read.developers, read.harmed) == (
        from_csv.deployers,
        from_csv.developers,
        from_csv.harmed,
    )
    assert read.modified == "2020-09-13"
    assert read.related == ("AIID-9",)


def test_what_the_database_computes_for_itself_is_not_kept(tmp_path: Path, vocabulary: Vocabulary) -> None:
    record = one(json_snapshot(tmp_path, {"incidents.json": [native(incident_row())]}), vocabulary).record
    assert "embedding" not in record.fields


def test_an_unknown_key_is_reported(tmp_path: Path, vocabulary: Vocabulary) -> None:
    document = {**native(incident_row()), "mood": "gloomy"}
    outcome = one(json_snapshot(tmp_path, {"incidents.json": [document]}), vocabulary)
    assert outcome.incident is not None
    assert [(problem.field, problem.value) for problem in outcome.problems if problem.kind == "unread-field"] == [
        ("mood", "gloomy")
    ]


def test_a_broken_line_is_quarantined_and_its_neighbours_stay(tmp_path: Path, vocabulary: Vocabulary) -> None:
    lines = [
        json.dumps(native(incident_row())),
        '{"incident_id": 8, ',
        json.dumps(native(incident_row(incident_id="9"))),
    ]
    outcomes = list(interpreted(json_snapshot(tmp_path, {"incidents.jsonl": "\n".join(lines)}), vocabulary).values())
    assert [outcome.incident and outcome.incident.local for outcome in outcomes] == ["AIID-7", None, "AIID-9"]
    assert kinds(outcomes[1]) == ["unreadable-line"]


def test_a_key_that_stands_twice_is_reported(tmp_path: Path, vocabulary: Vocabulary) -> None:
    text = json.dumps(native(incident_row()))[:-1] + ', "title": "Another"}'
    outcome = one(json_snapshot(tmp_path, {"incidents.json": text}), vocabulary)
    assert "unread-field" in kinds(outcome)


def test_a_document_without_a_needed_field_is_quarantined(tmp_path: Path, vocabulary: Vocabulary) -> None:
    document = native(incident_row())
    del document["title"]
    outcome = one(json_snapshot(tmp_path, {"incidents.json": [document]}), vocabulary)
    assert outcome.incident is None
    assert kinds(outcome) == ["missing-field"]


# --- Hostile input ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("files", "says"),
    [
        ({"incidents.csv": ""}, "is empty"),
        ({"incidents.csv": csv_text(INCIDENT).split("\n")[0] + "\n"}, "holds no incident"),
        ({"incidents.csv": csv_text({**INCIDENT, "Mood": "gloomy"})}, "Mood"),
        ({"incidents.csv": csv_text(INCIDENT).replace("title", "headline")}, "title"),
        ({"incidents.csv": '"incident_id"x,title\n8,a\n'}, "quotation mark"),
        ({"incidents.csv": b"\xff\xfe\x00"}, "UTF-16"),
        ({"incidents.csv": b"incident_id\n\xff"}, "UTF-8"),
        ({"incidents.json": "[]"}, "2 files named incidents"),
    ],
)
def test_a_file_that_is_not_what_its_name_says_stops_the_run(
    tmp_path: Path, vocabulary: Vocabulary, files: dict[str, str | bytes], says: str
) -> None:
    with pytest.raises(SnapshotUnreadable, match=says):
        interpreted(snapshot(tmp_path, files), vocabulary)


@pytest.mark.parametrize("text", ["[", '[{"incident_id": 7}', '[{"incident_id": 7} {}]', "[nonsense]", "[]{}"])
def test_an_array_that_is_cut_off_stops_the_run(tmp_path: Path, vocabulary: Vocabulary, text: str) -> None:
    with pytest.raises(SnapshotUnreadable, match=r"fetch (it|the file) again"):
        interpreted(json_snapshot(tmp_path, {"incidents.json": text}), vocabulary)


def test_utf_16_is_read(tmp_path: Path, vocabulary: Vocabulary) -> None:
    outcome = one(snapshot(tmp_path, {"incidents.csv": csv_text(INCIDENT).encode("utf-16")}), vocabulary)
    assert outcome.incident is not None


def test_a_cell_of_a_megabyte_quarantines_its_row_alone(tmp_path: Path, vocabulary: Vocabulary) -> None:
    rows = csv_text(incident_row(description="x" * 1_000_000), incident_row(incident_id="8"))
    outcomes = interpreted(snapshot(tmp_path, {"incidents.csv": rows}), vocabulary)
    assert [outcome.incident is None for outcome in outcomes.values()] == [True, False]
    assert "oversized-value" in [kind for outcome in outcomes.values() for kind in kinds(outcome)]
    assert all(len(value) <= LONGEST for outcome in outcomes.values() for value in outcome.record.fields.values())


def test_a_row_with_too_many_cells_is_quarantined_alone(tmp_path: Path, vocabulary: Vocabulary) -> None:
    head, row, _ = csv_text(INCIDENT).split("\n")
    text = "\n".join((head, row + ",surplus", row.replace(",7,", ",8,", 1)))
    outcomes = list(interpreted(snapshot(tmp_path, {"incidents.csv": text}), vocabulary).values())
    assert [outcome.incident is None for outcome in outcomes] == [True, False]
    assert kinds(outcomes[0]) == ["ragged-row"]


def test_markup_and_control_characters_stay_text(tmp_path: Path, vocabulary: Vocabulary) -> None:
    row = incident_row(title="<script>alert(1)</script>\x00", description="=cmd|' /C calc'!A0 \u202e javascript:x")
    outcome = one(snapshot(tmp_path, {"incidents.csv": csv_text(row)}), vocabulary)
    assert outcome.incident is not None
    assert outcome.incident.title == "<script>alert(1)</script>\ufffd"
    assert outcome.incident.description is not None
    assert outcome.incident.description.startswith("=cmd|")
    assert kinds(outcome) == ["control-characters"]


hostile = st.text(st.characters(codec=None, exclude_categories=()), max_size=30)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | hostile,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(hostile, inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cells=st.lists(st.sampled_from(sorted(INCIDENT)), min_size=1, unique=True), data=st.data())
def test_no_json_value_breaks_a_reading_or_loses_a_neighbour(
    tmp_path: Path, vocabulary: Vocabulary, cells: list[str], data: st.DataObject
) -> None:
    changed = {name: data.draw(values) for name in cells}
    documents = [{**INCIDENT, **changed}, {**INCIDENT, "incident_id": "12345"}]
    outcomes = interpreted(json_snapshot(tmp_path, {"incidents.json": documents}), vocabulary)
    assert len(outcomes) == 2
    (last,) = list(outcomes.values())[1:]
    assert last.incident is not None
    for outcome in outcomes.values():
        assert outcome.incident is not None or any(problem.severity == "error" for problem in outcome.problems)
        assert [*quads_of(outcome, "1")]


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(slugs=st.lists(hostile | st.text("ab.'&()!@-", min_size=1, max_size=20), max_size=4))
def test_any_slug_gives_valid_iris_or_a_problem(tmp_path: Path, vocabulary: Vocabulary, slugs: list[str]) -> None:
    row = incident_row(deployer=json.dumps(slugs), developer="[]", harmed="[]")
    outcome = one(snapshot(tmp_path, {"incidents.csv": csv_text(row)}), vocabulary)
    assert outcome.incident is not None
    named = [quad.object for quad in quads_of(outcome, "1") if quad.predicate == HG.deployer]
    assert all(isinstance(each, NamedNode) and not each.value.endswith("/organisation/") for each in named)
    blank = [slug for slug in slugs if not slug.strip()]
    if len(blank) < len(slugs):
        assert outcome.incident.deployers or outcome.incident.systems or outcome.problems


# --- The real snapshot --------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def real(shared_data: Path, vocabulary: Vocabulary) -> dict[str, Interpreted]:
    """All of the real snapshot."""
    return interpreted(Snapshot("aiid", shared_data / "aiid" / "snapshot_2026-02", "2026-02", "0" * 64), vocabulary)


def test_every_row_of_the_real_snapshot_is_interpreted(real: dict[str, Interpreted]) -> None:
    counted = Counter(local.partition("-")[2] if not local.startswith("AIID") else "incident" for local in real)
    assert counted == {
        "incident": 1367,
        "CSETv0": 100,
        "CSETv1": 214,
        "CSETv1_Annotator-1": 298,
        "CSETv1_Annotator-2": 106,
        "CSETv1_Annotator-3": 81,
        "GMF": 326,
        "MIT": 1242,
        "duplicate": 13,
    }
    assert [local for local, outcome in real.items() if outcome.incident is None] == []


def test_every_deployer_and_developer_of_the_real_snapshot_has_been_reviewed(real: dict[str, Interpreted]) -> None:
    fields = {"Alleged deployer of AI system", "Alleged developer of AI system"}
    problems = [problem for outcome in real.values() for problem in outcome.problems if problem.field in fields]
    expected = {"placeholder", "user-group", "private-individual", "country-not-organisation"}
    assert {problem.kind for problem in problems} == expected


def test_no_quotation_from_a_report_is_kept_of_the_real_snapshot(real: dict[str, Interpreted]) -> None:
    names = {name for outcome in real.values() for name in outcome.record.fields}
    assert not [name for name in names if "Snippet" in name or "Notes" in name or "Discussion" in name]
    values = [value for outcome in real.values() for value in outcome.record.fields.values()]
    assert not [value for value in values if "Snippet Text:" in value]


def test_redirects_of_the_real_snapshot_follow_the_chain(shared_data: Path) -> None:
    taken = Snapshot("aiid", shared_data / "aiid" / "snapshot_2026-02", "2026-02", "0" * 64)
    redirects = dict(Aiid().redirects(taken))
    assert len(redirects) == 13
    assert redirects["AIID-342"] == redirects["AIID-88"] == "AIID-1057"
    assert redirects["AIID-637"] == "AIID-112"


def test_all_quads_of_the_real_snapshot_can_be_made(real: dict[str, Interpreted]) -> None:
    titles = sum(quad.predicate == DCT.title for outcome in real.values() for quad in quads_of(outcome, "2026-02"))
    assert titles == 1367

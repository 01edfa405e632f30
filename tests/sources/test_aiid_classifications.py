"""Classifications of the AI Incident Database: splitting at commas, drafts, and what must not be kept."""

from __future__ import annotations

import csv
import json
from collections import Counter
from pathlib import Path

import pytest
from tests.sources.aiid_snapshots import INCIDENT, MIT, csv_text, interpreted, json_snapshot, kinds, snapshot

from harmgraph.errors import SnapshotUnreadable
from harmgraph.iris import HG, concept_iri
from harmgraph.model import Concept, Interpreted, Occurred, Snapshot
from harmgraph.provenance import record_provenance
from harmgraph.sources.aiid import Aiid
from harmgraph.sources.aiid_classifications import ATTRIBUTES, COLUMNS, DROPPED
from harmgraph.triples import quads_of
from harmgraph.vocabulary import Vocabulary

CSETV1 = {
    "Namespace": "CSETv1",
    "Incident ID": "7",
    "Published": "True",
    "Estimated Date": "False",
    **dict.fromkeys(sorted(COLUMNS["cset-v1"] - {"AI System (2)", "Clear link to Technology (2)"}), ""),
}
CSETV1["Estimated Date"] = "False"


def classified(folder: Path, vocabulary: Vocabulary, row: dict[str, str], name: str = "") -> Interpreted:
    """What one classification says of `INCIDENT`."""
    namespace = name or row["Namespace"]
    taken = snapshot(folder, {f"classifications_{namespace}.csv": csv_text(row)})
    return interpreted(taken, vocabulary)[f"7-{namespace}"]


def slugs(concepts: tuple[Concept, ...]) -> list[str]:
    return [concept.slug for concept in concepts]


def test_a_classification_speaks_of_its_incident_and_gives_it_no_title(tmp_path: Path, vocabulary: Vocabulary) -> None:
    outcome = classified(tmp_path, vocabulary, dict(MIT))
    assert outcome.incident is not None
    assert (outcome.incident.local, outcome.incident.identifiers, outcome.incident.title) == (
        "AIID-7",
        ("AIID-7",),
        None,
    )
    assert slugs(outcome.incident.concepts) == [
        "risk-domain-7-ai-system-safety-failures-and-limitations",
        "risk-subdomain-7-3-lack-of-capability-or-robustness",
        "entity-ai",
        "timing-post-deployment",
        "intent-unintentional",
    ]
    assert outcome.problems == ()
    assert Aiid().keys(outcome.record) == {"aiid:7"}


@pytest.mark.parametrize("published", ["False", "", "maybe"])
def test_what_is_not_published_is_a_draft_and_no_classification(
    tmp_path: Path, vocabulary: Vocabulary, published: str
) -> None:
    outcome = classified(tmp_path, vocabulary, {**MIT, "Published": published})
    assert outcome.incident is not None
    assert outcome.incident.concepts == ()
    assert len(outcome.incident.draft_concepts) == 5
    predicates = {quad.predicate for quad in quads_of(outcome, "1")}
    assert HG.draftClassification in predicates
    assert HG.classification not in predicates
    quads = record_provenance(outcome, snapshot(tmp_path), Aiid.title, Aiid.licence)
    assert concept_iri("assertion-status", "draft") in {quad.object for quad in quads}


def test_a_single_annotators_work_is_a_draft_though_marked_as_published(tmp_path: Path, vocabulary: Vocabulary) -> None:
    row = {**CSETV1, "Namespace": "CSETv1_Annotator-1", "Deployed": "yes", "Location Country (two letters)": "US"}
    outcome = classified(tmp_path, vocabulary, row)
    assert outcome.incident is not None
    assert slugs(outcome.incident.draft_concepts) == ["deployed-yes"]
    assert outcome.incident.concepts == ()
    assert outcome.incident.jurisdictions == ()


@pytest.mark.parametrize(
    ("attribute", "cell", "expected"),
    [
        (
            "Harm Distribution Basis",
            "race, nation of origin, citizenship, immigrant status, sex",
            ["race", "nation-of-origin-citizenship-immigrant-status", "sex"],
        ),
        (
            "Harm Distribution Basis",
            "familial status (e.g., having or not having children) or pregnancy, age",
            ["familial-status-or-pregnancy", "age"],
        ),
        (
            "Sector of Deployment",
            "Arts, entertainment and recreation, professional, scientific and technical activities",
            ["arts-entertainment-and-recreation", "professional-scientific-and-technical-activities"],
        ),
        ("Tangible Harm", "no tangible harm, near-miss, or issue", ["no-tangible-harm-near-miss-or-issue"]),
        ("Infrastructure Sectors", '["transportation", "nuclear  "]', ["transportation", "nuclear"]),
    ],
)
def test_a_cell_is_split_where_its_permitted_values_end(
    tmp_path: Path, vocabulary: Vocabulary, attribute: str, cell: str, expected: list[str]
) -> None:
    outcome = classified(tmp_path, vocabulary, {**CSETV1, attribute: cell})
    assert outcome.incident is not None
    prefix = attribute.lower().replace(" ", "-")
    assert slugs(outcome.incident.concepts) == [f"{prefix}-{slug}" for slug in expected]
    assert outcome.problems == ()


def test_what_is_no_permitted_value_is_reported_and_the_rest_is_kept(tmp_path: Path, vocabulary: Vocabulary) -> None:
    outcome = classified(tmp_path, vocabulary, {**CSETV1, "Harm Distribution Basis": "race, shoe size, big, sex"})
    assert outcome.incident is not None
    assert slugs(outcome.incident.concepts) == ["harm-distribution-basis-race", "harm-distribution-basis-sex"]
    assert [(problem.kind, problem.value) for problem in outcome.problems] == [("unmapped-value", "shoe size, big")]


def test_published_places_and_exact_dates_are_facts(tmp_path: Path, vocabulary: Vocabulary) -> None:
    row = {
        **CSETV1,
        "Location Country (two letters)": "US",
        "Location State/Province (two letters)": "CA",
        "Date of Incident Year": "2000",
        "Date of Incident Month": "6",
        "Date of Incident Day": " ",
    }
    outcome = classified(tmp_path, vocabulary, row)
    assert outcome.incident is not None
    assert [place.code for place in outcome.incident.jurisdictions] == ["US-CA"]
    assert outcome.incident.occurred == Occurred("2000-06")


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({"Location Country (two letters)": "Ca"}, "unmapped-label"),
        (
            {"Location Country (two letters)": "US", "Location State/Province (two letters)": "CA; NV"},
            "unmapped-region",
        ),
        ({"Date of Incident Year": "2021", "Date of Incident Month": "13"}, "unreadable-date"),
        ({"Date of Incident Year": "12"}, "unreadable-date"),
    ],
)
def test_a_place_or_date_that_no_rule_reads_is_reported(
    tmp_path: Path, vocabulary: Vocabulary, changes: dict[str, str], kind: str
) -> None:
    assert kinds(classified(tmp_path, vocabulary, {**CSETV1, **changes})) == [kind]


def test_an_estimated_date_is_not_used(tmp_path: Path, vocabulary: Vocabulary) -> None:
    row = {**CSETV1, "Date of Incident Year": "2021", "Estimated Date": "True"}
    outcome = classified(tmp_path, vocabulary, row)
    assert outcome.incident is not None
    assert outcome.incident.occurred is None


def test_a_column_that_stands_twice_is_read_twice(tmp_path: Path, vocabulary: Vocabulary) -> None:
    head, row, _ = csv_text({**CSETV1, "AI System": "yes"}).split("\n")
    taken = snapshot(tmp_path, {"classifications_CSETv1.csv": f"{head},AI System\n{row},no\n"})
    outcome = interpreted(taken, vocabulary)["7-CSETv1"]
    assert outcome.incident is not None
    assert slugs(outcome.incident.concepts) == ["ai-system-yes", "ai-system-intangible-no"]


def test_quotations_and_names_leave_no_trace(tmp_path: Path, vocabulary: Vocabulary) -> None:
    row = {**CSETV1, "Entities": "Jane Example", "AI Tangible Harm Level Notes": "A quotation", "Annotator": "005"}
    outcome = classified(tmp_path, vocabulary, row)
    assert not {"Jane Example", "A quotation", "005"} & {*outcome.record.fields.values()}
    assert outcome.problems == ()


def test_a_taxonomy_that_nobody_knows_quarantines_its_rows(tmp_path: Path, vocabulary: Vocabulary) -> None:
    row = {"Namespace": "CSETv9", "Incident ID": "7", "Published": "True", "Secret Notes": "A quotation"}
    outcome = classified(tmp_path, vocabulary, row)
    assert outcome.incident is None
    assert kinds(outcome) == ["unknown-taxonomy"]
    assert "A quotation" not in outcome.record.fields.values()


def test_an_unknown_column_stops_the_run(tmp_path: Path, vocabulary: Vocabulary) -> None:
    with pytest.raises(SnapshotUnreadable, match="Mood"):
        classified(tmp_path, vocabulary, {**MIT, "Mood": "gloomy"})


@pytest.mark.parametrize("identifier", ["", "x", "8"])
def test_a_classification_of_no_incident_here_is_quarantined(
    tmp_path: Path, vocabulary: Vocabulary, identifier: str
) -> None:
    taken = snapshot(tmp_path, {"classifications_MIT.csv": csv_text({**MIT, "Incident ID": identifier})})
    (outcome,) = [each for local, each in interpreted(taken, vocabulary).items() if local != "AIID-7"]
    assert outcome.incident is None
    assert [problem.severity for problem in outcome.problems] == ["error"]


def test_json_documents_and_flat_objects_say_the_same(tmp_path: Path, vocabulary: Vocabulary) -> None:
    flat = {**MIT, "Incident ID": 7, "Published": True}
    attributes = [{"short_name": name, "value_json": json.dumps(MIT[name])} for name in ATTRIBUTES["mit-risk"]]
    document = {
        "_id": {"$oid": "1"},
        "namespace": "MIT",
        "publish": True,
        "incidents": [{"$numberInt": "7"}],
        "notes": "A note",
        "attributes": attributes,
    }
    incidents = {"incidents.json": [dict(INCIDENT)]}
    expected = classified(tmp_path / "csv", vocabulary, dict(MIT)).incident
    for number, entry in enumerate((flat, document)):
        taken = json_snapshot(tmp_path / str(number), {**incidents, "classifications.json": [entry]})
        outcome = interpreted(taken, vocabulary)["7-MIT"]
        assert outcome.incident == expected
        assert outcome.problems == ()


def test_the_adapter_and_the_lookup_have_the_same_attributes(vocabulary: Vocabulary) -> None:
    for taxonomy, attributes in ATTRIBUTES.items():
        assert {*attributes} == {*vocabulary.taxonomies.attributes(taxonomy)}
        assert not COLUMNS[taxonomy] & DROPPED[taxonomy]


def test_the_real_classifications_are_split_without_a_rest(shared_data: Path, vocabulary: Vocabulary) -> None:
    folder = shared_data / "aiid" / "snapshot_2026-02"
    outcomes = interpreted(Snapshot("aiid", folder, "2026-02", "0" * 64), vocabulary)
    unread = [
        problem.value for each in outcomes.values() for problem in each.problems if problem.kind == "unmapped-value"
    ]
    assert unread == ["Europe and Northern America"]
    concepts = Counter[str]()
    drafts = Counter[str]()
    for outcome in outcomes.values():
        if outcome.incident is not None:
            concepts.update(concept.scheme for concept in outcome.incident.concepts)
            drafts.update(concept.scheme for concept in outcome.incident.draft_concepts)
    assert concepts == {"mit-risk": 6210, "cset-v0": 1277, "cset-v1": 6634, "gmf": 304}
    assert drafts == {"cset-v0": 121, "cset-v1": 15604, "gmf": 1832}


def test_every_listed_value_of_the_real_cells_is_found_again(shared_data: Path, vocabulary: Vocabulary) -> None:
    """Put together again, the values of a cell are the cell: nothing is swallowed by a longer value."""
    folder = shared_data / "aiid" / "snapshot_2026-02"
    checked = 0
    for name, taxonomy in (("CSETv0", "cset-v0"), ("CSETv1", "cset-v1"), ("GMF", "gmf"), ("MIT", "mit-risk")):
        with (folder / f"classifications_{name}.csv").open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                for attribute in ATTRIBUTES[taxonomy]:
                    permitted = vocabulary.taxonomies.permitted(taxonomy, attribute)
                    cell = row.get(attribute, "")
                    read = vocabulary.taxonomies.read(taxonomy, attribute, cell)
                    if cell and not read.unread and not read.remarks:
                        checked += 1
                        rest = " ".join(cell.casefold().split())
                        for value in sorted(permitted, key=len, reverse=True):
                            rest = rest.replace(value, "")
                        assert rest.strip(" ,") == "", (attribute, cell)
    assert checked > 14_000

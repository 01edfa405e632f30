"""The AI Vulnerability Database: reports, vulnerabilities, the form that is checked, and the real entries."""

from __future__ import annotations

import copy
import json
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harmgraph.errors import SnapshotUnreadable
from harmgraph.model import Concept, Interpreted, Snapshot
from harmgraph.sources.avid import Avid
from harmgraph.triples import quads_of
from harmgraph.vocabulary import Vocabulary

REPORT: Mapping[str, Any] = {
    "data_type": "AVID",
    "data_version": "0.2",
    "metadata": {"report_id": "AVID-2023-R9001"},
    "affects": {
        "developer": ["OpenAI"],
        "deployer": ["OpenAI", "n/a"],
        "artifacts": [{"type": "System", "name": "ChatGPT"}],
    },
    "problemtype": {
        "classof": "LLM Evaluation",
        "type": "Measurement",
        "description": {"lang": "eng", "value": "The model spells badly"},
    },
    "metrics": [{"name": "spelling", "value": 0.5}],
    "references": [{"type": "source", "label": "A study", "url": "https://example.org/study"}],
    "description": {"lang": "eng", "value": "It was asked\nto spell.\n\nIt did not."},
    "impact": {
        "avid": {
            "vuln_id": "AVID-2023-V901",
            "risk_domain": ["Performance"],
            "sep_view": ["P0204: Accuracy", "P0402: Physical Safety"],
            "lifecycle_view": ["L05: Evaluation"],
            "taxonomy_version": "0.2",
        },
        "cvss": {"baseScore": 2.5},
    },
    "credit": [{"lang": "eng", "value": "Jane Example"}],
    "reported_date": "2023-01-13",
}


def changed(path: str, value: object) -> dict[str, Any]:
    """`REPORT` with the value at this path replaced."""
    entry = copy.deepcopy(dict(REPORT))
    *way, last = path.split("/")
    place = entry
    for name in way:
        place = place[name]
    place[last] = value
    return entry


def read(folder: Path, vocabulary: Vocabulary, *entries: object) -> list[Interpreted]:
    """What is made of these entries, each in a file of its own; a text is written as it stands."""
    for number, entry in enumerate(entries):
        file = folder / "reports" / "2023" / f"{number}.json"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(entry if isinstance(entry, str) else json.dumps(entry), encoding="utf-8")
    source = Avid()
    taken = Snapshot("avid", folder, "1", "0" * 64)
    return [source.incident(record, vocabulary) for record in source.records(taken)]


def kinds(outcome: Interpreted) -> list[str]:
    return [problem.kind for problem in outcome.problems]


def test_a_report_becomes_what_it_says(tmp_path: Path, vocabulary: Vocabulary) -> None:
    (outcome,) = read(tmp_path, vocabulary, REPORT)
    incident = outcome.incident
    assert incident is not None
    assert (incident.local, incident.identifiers, incident.title) == (
        "AVID-2023-R9001",
        ("AVID-2023-R9001",),
        "The model spells badly",
    )
    assert incident.description == "It was asked to spell.\n\nIt did not."
    assert incident.published == "2023-01-13"
    assert [actor.slug for actor in incident.deployers] == ["openai"]
    assert [(system.slug, [each.slug for each in system.developers]) for system in incident.systems] == [
        ("chatgpt", ["openai"])
    ]
    assert incident.concepts == (
        Concept("kind", "demonstration"),
        Concept("avid-domain", "performance"),
        Concept("avid-sep", "p0204"),
        Concept("avid-sep", "p0402"),
        Concept("avid-lifecycle", "l05"),
    )
    assert incident.related == ("AVID-2023-V901",)
    assert [report.url for report in incident.reports] == ["https://example.org/study"]
    assert incident.pages == ("https://avidml.org/database/avid-2023-r9001/",)
    assert kinds(outcome) == ["placeholder"]


def test_the_names_of_those_given_credit_are_not_kept(tmp_path: Path, vocabulary: Vocabulary) -> None:
    (outcome,) = read(tmp_path, vocabulary, REPORT)
    assert not [value for value in outcome.record.fields.values() if "Jane Example" in value]


def test_an_incident_of_aiid_is_known_by_its_class_and_one_address(tmp_path: Path, vocabulary: Vocabulary) -> None:
    cited = [{"label": "Incident 6", "url": "https://incidentdatabase.ai/cite/6"}]
    taken = {**changed("problemtype/classof", "AIID Incident"), "references": cited}
    mentioned = {**REPORT, "references": cited, "metadata": {"report_id": "AVID-2023-R9002"}}
    doubtful = {**taken, "metadata": {"report_id": "AVID-2023-R9003"}}
    doubtful["references"] = [*cited, {"label": "", "url": "https://incidentdatabase.ai/cite/7"}]
    keys = [Avid().keys(outcome.record) for outcome in read(tmp_path, vocabulary, taken, mentioned, doubtful)]
    assert keys == [{"avid:AVID-2023-R9001", "aiid:6"}, {"avid:AVID-2023-R9002"}, {"avid:AVID-2023-R9003"}]


def test_an_entry_of_the_cve_list_has_its_identifier(tmp_path: Path, vocabulary: Vocabulary) -> None:
    nvd = [{"label": "NVD entry", "url": "https://www.cve.org/CVERecord?id=CVE-2021-29532"}]
    (outcome,) = read(tmp_path, vocabulary, {**changed("problemtype/classof", "CVE Entry"), "references": nvd})
    assert outcome.incident is not None
    assert outcome.incident.identifiers == ("AVID-2023-R9001", "CVE-2021-29532")
    assert Avid().keys(outcome.record) == {"avid:AVID-2023-R9001", "cve:CVE-2021-29532"}


def test_a_vulnerability_is_related_to_its_reports(tmp_path: Path, vocabulary: Vocabulary) -> None:
    entry = {
        **changed("impact/avid/vuln_id", None),
        "metadata": {"vuln_id": "AVID-2023-V901"},
        "reports": [{"report_id": "AVID-2023-R9001", "type": "Advisory", "name": "x"}, {"report_id": "?"}],
        "published_date": "2023-02-01",
        "last_modified_date": "2023-03-01",
        "credit": None,
    }
    (outcome,) = read(tmp_path, vocabulary, entry)
    assert outcome.incident is not None
    assert outcome.incident.related == ("AVID-2023-R9001",)
    assert (outcome.incident.published, outcome.incident.modified) == ("2023-02-01", "2023-03-01")
    assert "bad-identifier" in kinds(outcome)


def test_neither_an_account_nor_a_system_becomes_an_organisation(tmp_path: Path, vocabulary: Vocabulary) -> None:
    affects = {
        "developer": ["jane-example42"],
        "deployer": ["Spelling Checker X"],
        "artifacts": [{"type": "System", "name": "Spelling Checker X"}],
    }
    (outcome,) = read(tmp_path, vocabulary, changed("affects", affects))
    assert outcome.incident is not None
    assert outcome.incident.developers == outcome.incident.deployers == ()
    assert [system.label for system in outcome.incident.systems] == ["Spelling Checker X"]
    assert kinds(outcome) == ["account-name", "system-not-organisation"]


@pytest.mark.parametrize(
    ("path", "value", "kind"),
    [
        ("mood", "gloomy", "unread-field"),
        ("affects/owner", "x", "unread-field"),
        ("affects/developer", "OpenAI", "wrong-type"),
        ("affects", ["OpenAI"], "wrong-type"),
        ("description/value", 7, "wrong-type"),
        ("reported_date", 20230113, "wrong-type"),
        ("reported_date", "last week", "unreadable-date"),
        ("affects/developer", ["OpenAI", None], "unread-value"),
        ("affects/artifacts", ["ChatGPT"], "unread-value"),
        ("impact/avid/sep_view", ["P9999: Novelty"], "unmapped-value"),
        ("references", [{"label": "x", "url": "javascript:alert(1)"}], "not-an-address"),
    ],
)
def test_what_does_not_fit_the_form_is_reported_and_the_rest_is_kept(
    tmp_path: Path, vocabulary: Vocabulary, path: str, value: object, kind: str
) -> None:
    (outcome,) = read(tmp_path, vocabulary, changed(path, value))
    assert outcome.incident is not None
    assert outcome.incident.title == "The model spells badly"
    assert kind in kinds(outcome)


@pytest.mark.parametrize(
    ("entry", "kind"),
    [
        ("{", "unreadable-file"),
        ("[]{}", "unreadable-file"),
        ("7", "unreadable-file"),
        ("[[]]", "unreadable-file"),
        ("\ufeff" + "[" * 100_000, "unreadable-file"),
        (changed("metadata/report_id", "AVID-R1"), "bad-identifier"),
        (changed("metadata/report_id", None), "bad-identifier"),
        (changed("metadata", []), "bad-identifier"),
        (changed("problemtype/description/value", " "), "no-title"),
        (changed("problemtype", None), "no-title"),
        (changed("description/value", "x" * 1_000_000), "oversized-value"),
    ],
)
def test_an_entry_that_cannot_stand_is_quarantined_alone(
    tmp_path: Path, vocabulary: Vocabulary, entry: object, kind: str
) -> None:
    other = changed("metadata/report_id", "AVID-2023-R9009")
    first, second = read(tmp_path, vocabulary, entry, other)
    assert first.incident is None
    assert kind in kinds(first)
    assert second.incident is not None


def test_a_file_that_is_no_text_is_quarantined_alone(tmp_path: Path, vocabulary: Vocabulary) -> None:
    (tmp_path / "reports").mkdir()
    (tmp_path / "reports" / "broken.json").write_bytes(b"\xff\x00\xff")
    outcomes = read(tmp_path, vocabulary, REPORT)
    assert sorted(outcome.incident is None for outcome in outcomes) == [False, True]


def test_a_second_entry_of_one_identifier_is_a_record_of_the_same_incident(
    tmp_path: Path, vocabulary: Vocabulary
) -> None:
    _, second = read(tmp_path, vocabulary, REPORT, REPORT)
    assert second.incident is not None
    assert (second.record.local, second.incident.local) == ("AVID-2023-R9001~2", "AVID-2023-R9001")
    assert "duplicate-id" in kinds(second)


def test_markup_stays_text(tmp_path: Path, vocabulary: Vocabulary) -> None:
    payload = "<img src=x onerror=alert(1)>\u202e\x00"
    (outcome,) = read(tmp_path, vocabulary, changed("description/value", payload))
    assert outcome.incident is not None
    assert outcome.incident.description == "<img src=x onerror=alert(1)>\u202e\ufffd"


def test_a_folder_without_an_entry_stops_the_run(tmp_path: Path, vocabulary: Vocabulary) -> None:
    with pytest.raises(SnapshotUnreadable, match=r"holds no \.json file"):
        read(tmp_path, vocabulary)


hostile = st.text(st.characters(codec=None, exclude_categories=()), max_size=20)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | hostile,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(hostile, inner, max_size=3),
    max_leaves=6,
)
PATHS = (
    *("affects", "affects/developer", "affects/artifacts", "problemtype", "problemtype/classof", "references"),
    *("description", "description/value", "impact", "impact/avid", "impact/avid/sep_view", "impact/avid/vuln_id"),
    *("metadata", "metadata/report_id", "reports", "reported_date", "metrics", "credit", "data_type", "new key"),
)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(path=st.sampled_from(PATHS), value=values)
def test_no_json_value_breaks_a_reading_or_loses_a_neighbour(
    tmp_path: Path, vocabulary: Vocabulary, path: str, value: object
) -> None:
    outcomes = read(tmp_path, vocabulary, changed(path, value), changed("metadata/report_id", "AVID-2023-R9009"))
    assert outcomes[-1].incident is not None
    for outcome in outcomes:
        assert outcome.incident is not None or any(problem.severity == "error" for problem in outcome.problems)
        assert [*quads_of(outcome, "1")] or not outcome.record.fields


# --- The real entries ---------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def real(shared_data: Path, vocabulary: Vocabulary) -> list[Interpreted]:
    """All of the real entries."""
    source = Avid()
    taken = Snapshot("avid", shared_data / "avid", "1", "0" * 64)
    return [source.incident(record, vocabulary) for record in source.records(taken)]


def test_every_real_entry_is_interpreted(real: list[Interpreted]) -> None:
    assert Counter(outcome.record.local[10] for outcome in real) == {"R": 316, "V": 40}
    assert [outcome.record.local for outcome in real if outcome.incident is None] == []


def test_every_real_value_of_the_taxonomy_is_a_concept(real: list[Interpreted]) -> None:
    concepts = Counter(
        concept.scheme for outcome in real if outcome.incident is not None for concept in outcome.incident.concepts
    )
    assert concepts == {"kind": 356, "avid-sep": 377, "avid-lifecycle": 366, "avid-domain": 337}
    assert "unmapped-value" not in {kind for outcome in real for kind in kinds(outcome)}
    assert "unread-field" not in {kind for outcome in real for kind in kinds(outcome)}


def test_eighteen_real_vulnerabilities_are_incidents_of_aiid(real: list[Interpreted]) -> None:
    keys = [key for outcome in real for key in Avid().keys(outcome.record)]
    assert Counter(key.partition(":")[0] for key in keys) == {"avid": 356, "cve": 181, "aiid": 18}
    assert len(set(keys)) == len(keys)

"""The files of genai-incidents when they are hostile, cut off, or not what they say: nothing of the rest is lost."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from pyoxigraph import RdfFormat, parse, serialize

from harmgraph.errors import SnapshotUnreadable
from harmgraph.model import Interpreted, Snapshot, SourceRecord
from harmgraph.provenance import record_provenance
from harmgraph.sources import genai_file
from harmgraph.sources.genai_incidents import GenaiIncidents
from harmgraph.triples import quads_of
from harmgraph.vocabulary import Vocabulary

SOURCE: Final = GenaiIncidents()
GOOD: Final[dict[str, Any]] = {"id": "INC-00001", "title": "A title", "date": "2024", "description": "A text."}

Written = Callable[[str, str | bytes], Snapshot]


def records(written: Written, *entries: object) -> list[SourceRecord]:
    snapshot = written("incidents.min.json", json.dumps({"incidents": entries}))
    return list(SOURCE.records(snapshot))


def as_rdf(interpreted: Interpreted, snapshot: Snapshot) -> None:
    """Write all that is said of the record, and read it back: what RDF cannot hold fails here."""
    quads = [
        *quads_of(interpreted, "1"),
        *record_provenance(interpreted, snapshot, SOURCE.title, SOURCE.licence),
    ]
    for rdf_format in (RdfFormat.N_QUADS, RdfFormat.TRIG):
        written = serialize(quads, format=rdf_format)
        assert written is not None
        assert set(parse(written, format=rdf_format)) == set(quads)


@pytest.mark.parametrize(
    ("entry", "kind"),
    [
        (None, "wrong-type"),
        (["id"], "wrong-type"),
        ("INC-00002", "wrong-type"),
        ({**GOOD, "id": 2}, "wrong-type"),
        ({**GOOD, "id": "INC-2"}, "bad-identifier"),
        ({**GOOD, "id": "../../etc/passwd"}, "bad-identifier"),
        ({**GOOD, "id": ""}, "missing-field"),
        ({**GOOD, "title": " \n"}, "missing-field"),
        ({**GOOD, "title": ["a"]}, "wrong-type"),
        ({**GOOD, "tags": "deepfake"}, "wrong-type"),
        ({**GOOD, "tags": [1]}, "wrong-type"),
        ({**GOOD, "year": True}, "wrong-type"),
        ({**GOOD, "year": "2024"}, "wrong-type"),
        ({**GOOD, "content_license": "MIT"}, "wrong-type"),
        ({**GOOD, "description": "x" * 1_000_001}, "oversized-value"),
        ({**GOOD, "tags": ["x" * 1_000_001]}, "oversized-value"),
    ],
)
def test_an_entry_of_the_wrong_form_is_quarantined_and_the_next_one_stands(
    written: Written, vocabulary: Vocabulary, entry: object, kind: str
) -> None:
    bad, good = (SOURCE.incident(each, vocabulary) for each in records(written, entry, {**GOOD, "id": "INC-00009"}))
    assert bad.incident is None
    assert kind in {problem.kind for problem in bad.problems if problem.severity == "error"}
    assert SOURCE.keys(bad.record) == frozenset()
    assert good.incident is not None
    assert good.incident.local == "INC-00009"


def test_a_number_too_long_for_python_costs_its_entry_only(written: Written, vocabulary: Vocabulary) -> None:
    text = json.dumps({"incidents": [{**GOOD, "year": 0}, {**GOOD, "id": "INC-00002"}]})
    snapshot = written("incidents.min.json", text.replace('"year": 0', '"year": ' + "9" * 5_000))
    bad, good = (SOURCE.incident(record, vocabulary) for record in SOURCE.records(snapshot))
    assert [problem.kind for problem in bad.problems] == ["wrong-type"]
    assert good.incident is not None


def test_control_characters_in_texts_lists_and_names_are_replaced_and_reported(
    written: Written, vocabulary: Vocabulary
) -> None:
    hostile = {**GOOD, "title": "a\x00b", "tags": ["c\ud800d"], "content\x01": "x"}
    (record,) = records(written, hostile)
    interpreted = SOURCE.incident(record, vocabulary)
    assert interpreted.incident is not None
    assert (interpreted.incident.title, interpreted.incident.keywords) == ("a\ufffdb", ("c\ufffdd",))
    assert [problem.kind for problem in record.problems] == ["control-characters", "control-characters", "unread-field"]


def test_markup_and_formulas_are_text_and_stay_as_they_are(written: Written, vocabulary: Vocabulary) -> None:
    for text in ("<script>alert(1)</script>", '=HYPERLINK("http://x")', "\u202egnp.exe", "'; DROP GRAPH <x>; --"):
        (record,) = records(written, {**GOOD, "title": text, "description": text, "affected": text, "tags": [text]})
        incident = SOURCE.incident(record, vocabulary).incident
        assert incident is not None
        assert (incident.title, incident.description, incident.affected) == (text, text, text)
        assert incident.keywords == (text,)


def test_a_second_entry_of_one_identifier_is_kept_as_a_record_of_its_own(
    written: Written, vocabulary: Vocabulary
) -> None:
    first, second = records(written, GOOD, {**GOOD, "title": "Another title"})
    assert (first.local, second.local) == ("INC-00001", "INC-00001~2")
    incident = SOURCE.incident(second, vocabulary).incident
    assert incident is not None
    assert incident.local == "INC-00001"
    assert [problem.kind for problem in second.problems] == ["duplicate-id"]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("", "is no JSON"),
        ('{"incidents": [{"id": "INC-00001"', "is no JSON"),
        ("[" * 100_000, "nested too deep"),
        ("<!DOCTYPE html><title>Not found</title>", "is no JSON"),
        ('"incidents"', "no list 'incidents'"),
        ("{}", "no list 'incidents'"),
        ('{"incidents": []}', "no list 'incidents'"),
        ('{"incident_count": 2, "retracted_count": 0, "incidents": [{}]}', "claims 2 that stand and 0 retracted"),
        (b"\xff\xfe\x00", "no UTF-16"),
        (b"\x80", "no UTF-8"),
    ],
)
def test_a_file_that_is_not_the_corpus_stops_the_run(written: Written, content: str | bytes, says: str) -> None:
    with pytest.raises(SnapshotUnreadable, match=says):
        list(SOURCE.records(written("incidents.min.json", content)))


def test_utf_16_with_its_mark_is_read(written: Written) -> None:
    (record,) = SOURCE.records(written("incidents.min.json", json.dumps([GOOD]).encode("utf-16")))
    assert record.fields["title"] == "A title"


def test_a_folder_without_the_corpus_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SnapshotUnreadable, match="holds neither"):
        list(genai_file.read("genai-incidents", tmp_path))


@pytest.mark.parametrize(
    "deprecations",
    [
        [],
        {"deprecations": {}},
        {"deprecations": [{"from": "INC-1", "into": None, "reason": "x"}]},
        {"deprecations": [{"from": "INC-00001", "into": 2, "reason": "x"}]},
        {"deprecations": [{"from": "INC-00001", "into": [None], "reason": "x"}]},
        {"deprecations": [{"from": "INC-00001", "into": None}]},
        {"deprecations": [{"from": "INC-00001", "into": None, "reason": "x", "date": "yesterday"}]},
    ],
)
def test_a_file_of_deprecations_of_another_form_stops_the_run(written: Written, deprecations: object) -> None:
    snapshot = written("incidents.min.json", json.dumps([GOOD]))
    written("id_deprecations.json", json.dumps(deprecations))
    with pytest.raises(SnapshotUnreadable, match="id_deprecations"):
        list(SOURCE.redirects(snapshot))


@pytest.mark.parametrize("manifest", ["{}", "[]", '{"version": "../x", "built_at": 3}'])
def test_a_manifest_that_says_nothing_useful_gives_no_edition(written: Written, manifest: str) -> None:
    snapshot = written("build_manifest.json", manifest)
    assert genai_file.edition(snapshot.path.parent) == (None, None)


JSON: Final = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(st.characters()), inner, max_size=4),
    max_leaves=12,
)
NAMES: Final = st.sampled_from(
    [
        *(
            "id",
            "title",
            "date",
            "severity",
            "attack_vector",
            "owasp_llm",
            "mitre_atlas",
            "cve_ids",
            "tags",
            "affected",
        ),
        *("primary_reference", "description", "content_license", "status", "references", "source_ids", "aiid_id"),
        *("rejected_cve_ids", "quality_tier", "shoe_size"),
    ]
)
ENTRIES: Final = st.fixed_dictionaries(
    {"id": st.sampled_from(["INC-00001", "INC-00002", "x", ""]) | st.text(), "title": st.text(st.characters())},
) | st.dictionaries(NAMES | st.text(st.characters()), JSON | st.lists(st.text(st.characters()), max_size=3))


@given(entries=st.lists(ENTRIES | JSON, min_size=1, max_size=3))
@example(
    entries=[{"id": "INC-00001", "title": "\x00", "tags": ["\ud800", "juris-\x00"], "\x00": {"a": [float("nan")]}}]
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=150)
def test_no_entry_crashes_the_reader_and_whatever_stands_is_rdf(
    written: Written, vocabulary: Vocabulary, entries: list[object]
) -> None:
    snapshot = written("incidents.min.json", json.dumps([GOOD, *entries]))
    interpreted = [SOURCE.incident(record, vocabulary) for record in SOURCE.records(snapshot)]
    assert len(interpreted) == len(entries) + 1
    assert interpreted[0].incident is not None
    assert len({each.record.local for each in interpreted}) == len(interpreted)
    for each in interpreted:
        SOURCE.keys(each.record)
        if each.incident is None and each.tombstone is None:
            assert any(problem.severity == "error" and problem.message for problem in each.problems)
        as_rdf(each, snapshot)


@given(text=st.text(st.characters()) | st.binary())
@example(text='{"incidents": [' * 3)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=100)
def test_any_file_is_read_or_refused_with_a_reason(written: Written, text: str | bytes) -> None:
    content = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
    try:
        list(SOURCE.records(written("incidents.min.json", content)))
    except SnapshotUnreadable as refused:
        assert "incidents.min.json" in str(refused)

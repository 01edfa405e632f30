"""AIAAIC pages: the three ways they come in, which incident they tell of, and what they say."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyoxigraph import Literal

from harmgraph.errors import SnapshotUnreadable
from harmgraph.model import Interpreted, Occurred, Snapshot, SourceRecord
from harmgraph.sources.aiaaic import known_titles, names_of
from harmgraph.sources.aiaaic_page import AiaaicPage
from harmgraph.sources.curated import Curated
from harmgraph.vocabulary import Vocabulary

Written = Callable[[str, str | bytes], Snapshot]

BLOCK = "Operator: OpenAI\nDeveloper: OpenAI\nCountry: USA\nSector: Technology\nTechnology: Chatbot\nIssue: Ethics"
PAGE = f"A title\n\nA narrative.\n{BLOCK}\nTransparency: Black box"


def records(snapshot: Snapshot, **known: str) -> list[SourceRecord]:
    return list(AiaaicPage(known_titles(known.items())).records(snapshot))


def kinds(record: SourceRecord | Interpreted) -> list[str]:
    return [problem.kind for problem in record.problems]


def line(**entry: object) -> str:
    return json.dumps(entry) + "\n"


def interpreted(written: Written, vocabulary: Vocabulary, page: str) -> Interpreted:
    (record,) = records(written("AIAAIC1234.txt", page))
    return AiaaicPage().incident(record, vocabulary)


def test_the_seed_page_is_read_in_full(seed: Snapshot, project: Path, vocabulary: Vocabulary) -> None:
    curated = Snapshot("curated", project / "data" / "incidents", "1", "0" * 64)
    incidents = [Curated().incident(record, vocabulary).incident for record in Curated().records(curated)]
    known = known_titles(pair for incident in incidents if incident for pair in names_of(incident))
    source = AiaaicPage(known)
    (record,) = source.records(seed)
    result = source.incident(record, vocabulary)
    incident = result.incident
    assert incident is not None
    assert (incident.local, incident.identifiers) == ("AIAAIC0850", ("AIAAIC0850",))
    assert incident.title == "Ukraine war Clearview AI prisoner facial recognition"
    assert incident.occurred == Occurred("2022-03")
    assert [(actor.slug, actor.label) for actor in incident.deployers] == [
        ("ministry-of-defence-of-ukraine", "Ministry of Defence of Ukraine")
    ]
    assert incident.deployers[0].label.isascii()
    assert record.fields["Operator"] == "Ministry of Defen\N{CYRILLIC SMALL LETTER ES}e of Ukraine"
    assert [actor.slug for actor in incident.developers] == ["clearview-ai"]
    assert [place.code for place in incident.jurisdictions] == ["UKR"]
    assert incident.purposes == ("Identify combatants",)
    assert sorted((concept.scheme, concept.slug) for concept in incident.concepts) == [
        ("issue", "accuracy-reliability"),
        ("issue", "dual-use"),
        ("issue", "ethics-values"),
        ("sector", "government-defence"),
        ("technology", "facial-recognition"),
        ("transparency", "black-box"),
        ("transparency", "governance"),
    ]
    assert [(problem.kind, problem.field) for problem in result.problems] == [("look-alike-letters", "Operator")]
    assert incident.description is not None
    assert "Vkontakte" in incident.description
    assert "Share your insights" not in incident.description
    assert "Operator" not in incident.description
    assert "\xa0" not in incident.description


def test_without_known_titles_the_page_has_its_slug(seed: Snapshot) -> None:
    (record,) = records(seed)
    assert record.local == "ukraine-war-clearview-ai-prisoner-facial-recognition"


@pytest.mark.parametrize(
    "title",
    [
        "A Title",
        "a  title!",
        "\N{LEFT SINGLE QUOTATION MARK}A title\N{RIGHT SINGLE QUOTATION MARK}",
        "A\xa0title\u200b",
    ],
)
def test_a_known_title_is_recognised_however_it_is_set(written: Written, title: str) -> None:
    (record,) = records(written("page.txt", PAGE), **{title: "AIAAIC0850"})
    assert record.local == "AIAAIC0850"


def test_a_title_of_two_incidents_names_neither() -> None:
    assert known_titles([("A", "AIAAIC0001"), ("a", "AIAAIC0002"), ("B", "AIAAIC0003"), ("b", "AIAAIC0003")]) == {
        "b": "AIAAIC0003"
    }


def test_titles_of_other_databases_are_not_used() -> None:
    assert known_titles([("A", "AIID-412"), ("", "AIAAIC0001"), ("—", "AIAAIC0001")]) == {}


@pytest.mark.parametrize(
    ("name", "content", "local"),
    [
        ("AIAAIC0850.txt", PAGE, "AIAAIC0850"),
        ("AIAAIC063 copy.txt", PAGE, "AIAAIC063"),
        ("page.txt", PAGE + "\nAIAAIC Repository ID: AIAAIC1999", "AIAAIC1999"),
        ("page.txt", PAGE, "a-title"),
        ("page.txt", f"北京 & Co\n{BLOCK}\nTransparency: Privacy", "beijing-co"),
        ("a.jsonl", line(id="AIAAIC0850", headline="A title", raw=BLOCK), "AIAAIC0850"),
        ("a.jsonl", line(url="https://example.org/known", headline="x", raw=BLOCK), "AIAAIC0777"),
        ("a.jsonl", line(headline="A title", raw=BLOCK), "a-title"),
        ("a.jsonl", line(id=None, headline="A title", raw=BLOCK), "a-title"),
    ],
)
def test_identifiers_come_from_name_label_address_or_title(
    written: Written, name: str, content: str, local: str
) -> None:
    (record,) = records(written(name, content), **{"https://example.org/known": "AIAAIC0777"})
    assert (record.local, kinds(record)) == (local, [])


def test_a_title_without_letters_still_gets_a_stable_name(written: Written) -> None:
    (first,) = records(written("page.txt", "???\n\nText."))
    (again,) = records(written("page.txt", "???\n\nText."))
    assert first.local.startswith("page-")
    assert first.local == again.local


def test_a_folder_is_read_with_the_addresses_of_its_index(written: Written, tmp_path: Path) -> None:
    written("pages/AIAAIC0002.txt", PAGE)
    written("pages/AIAAIC0001.txt", PAGE)
    written("pages/INDEX.tsv", "AIAAIC0001\tIncident\tOperator\thttps://example.org/a\n")
    found = records(Snapshot("aiaaic-page", tmp_path / "pages", "1", ""))
    assert [(record.local, record.page, record.position) for record in found] == [
        ("AIAAIC0001", "https://example.org/a", "AIAAIC0001.txt"),
        ("AIAAIC0002", None, "AIAAIC0002.txt"),
    ]


@pytest.mark.parametrize("row", ["AIAAIC0001", "x\tIncident\tOperator\thttps://e.org/", "AIAAIC0001\ta\tb\tno address"])
def test_a_wrong_index_stops_the_run_with_its_line(written: Written, tmp_path: Path, row: str) -> None:
    written("pages/AIAAIC0001.txt", PAGE)
    written("pages/INDEX.tsv", row + "\n")
    with pytest.raises(SnapshotUnreadable, match=r"INDEX\.tsv:1: .* should be an identifier, a kind, labels"):
        records(Snapshot("aiaaic-page", tmp_path / "pages", "1", ""))


def test_two_pages_of_one_incident_are_two_records_of_it(written: Written, vocabulary: Vocabulary) -> None:
    entry = line(id="AIAAIC0850", headline="A title", raw=BLOCK)
    first, second = records(written("a.jsonl", entry + entry))
    assert (first.local, kinds(first)) == ("AIAAIC0850", [])
    assert (second.local, kinds(second)) == ("AIAAIC0850~2", ["duplicate-id"])
    incident = AiaaicPage().incident(second, vocabulary).incident
    assert incident is not None
    assert incident.local == "AIAAIC0850"


@pytest.mark.parametrize(
    "bad",
    [
        "{",
        "[]",
        '"text"',
        "{}",
        '{"headline": 1, "raw": ""}',
        '{"headline": "x"}',
        "[" * 100_000,
        '{"id": "AIAAIC0850", "he',
    ],
)
def test_an_unreadable_line_is_quarantined_and_the_rest_goes_on(
    written: Written, vocabulary: Vocabulary, bad: str
) -> None:
    first, second = records(written("a.jsonl", bad + "\n" + line(headline="A title", raw=BLOCK)))
    assert (kinds(first), first.position, kinds(second)) == (["unreadable-line"], "line 1", [])
    assert AiaaicPage().incident(first, vocabulary).incident is None


def test_keys_that_nobody_reads_are_reported(written: Written) -> None:
    (record,) = records(written("a.jsonl", line(headline="A title", raw=BLOCK, mood="fine", id=7, url="ftp://x")))
    assert kinds(record) == ["unread-field", "bad-identifier", "not-an-address"]


def test_lone_surrogates_are_replaced_and_reported(written: Written) -> None:
    (record,) = records(written("a.jsonl", '{"headline": "A \\ud800 title", "raw": "T\\u0000"}'))
    assert record.fields["Title"] == "A \ufffd title"
    assert kinds(record)[0] == "control-characters"


@pytest.mark.parametrize("name", ["a.csv", "a.html", "a"])
def test_other_files_are_refused(written: Written, name: str) -> None:
    with pytest.raises(SnapshotUnreadable, match=r"pages come as \.txt"):
        records(written(name, PAGE))


def test_a_snapshot_without_pages_stops_the_run(written: Written, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for snapshot in (written("a.jsonl", "\n"), Snapshot("aiaaic-page", tmp_path / "empty", "1", "")):
        with pytest.raises(SnapshotUnreadable, match="holds no page"):
            records(snapshot)


def test_a_page_without_a_title_is_quarantined(written: Written, vocabulary: Vocabulary) -> None:
    (record,) = records(written("a.jsonl", line(id="AIAAIC0850", headline=" ", raw=BLOCK)))
    assert kinds(record) == ["no-title"]
    assert AiaaicPage().incident(record, vocabulary).incident is None


@pytest.mark.parametrize("text", ["", "Only a narrative.", "Only a narrative, cut off in the mid"])
def test_a_page_without_a_block_keeps_title_and_narrative_and_says_so(
    written: Written, vocabulary: Vocabulary, text: str
) -> None:
    result = interpreted(written, vocabulary, f"A title\n\n{text}")
    assert result.incident is not None
    assert (result.incident.title, result.incident.description) == ("A title", text or None)
    assert kinds(result) == ["label-block", *(["truncated-value"] if text.endswith("mid") else [])]


def test_a_narrative_is_paragraphs_without_furniture(written: Written, vocabulary: Vocabulary) -> None:
    page = f"A title\nReport incident\nWhat happened 🔔\nOne\xa0 line.\r\n\n \nAnother.\n{BLOCK}"
    result = interpreted(written, vocabulary, page)
    assert result.incident is not None
    assert result.incident.description == "One line.\n\nAnother."


@pytest.mark.parametrize("label", ["Opacity", "Transaparency", "Transpa"])
def test_a_misspelt_label_is_read_and_reported(written: Written, vocabulary: Vocabulary, label: str) -> None:
    result = interpreted(written, vocabulary, PAGE.replace("Transparency", label))
    assert result.incident is not None
    assert ("transparency", "black-box") in [(each.scheme, each.slug) for each in result.incident.concepts]
    assert [(problem.kind, problem.value) for problem in result.problems] == [("label-variant", label)]


def test_a_label_twice_is_one_list_and_reported(written: Written, vocabulary: Vocabulary) -> None:
    result = interpreted(written, vocabulary, PAGE + "\nIssue: Safety")
    assert result.record.fields["Issue"] == "Ethics; Safety"
    assert kinds(result) == ["repeated-label"]


def test_stray_text_and_far_labels_are_reported(written: Written, vocabulary: Vocabulary) -> None:
    page = PAGE.replace("Country: USA", "See below\nCountry: USA") + "\n\nOne.\n\nTwo.\n\nThree.\n\nPurpose: Lost"
    result = interpreted(written, vocabulary, page)
    assert result.record.fields["Unlabelled text"] == "See below"
    assert [kind for kind in kinds(result) if kind != "link-without-address"] == ["stray-text", "label-outside-block"]


def test_a_value_cut_off_is_reported_and_not_guessed(written: Written, vocabulary: Vocabulary) -> None:
    result = interpreted(written, vocabulary, f"A title\n\nText.\n{BLOCK}; Se")
    assert result.incident is not None
    assert [each.slug for each in result.incident.concepts if each.scheme == "issue"] == ["ethics-values"]
    assert [(problem.kind, problem.value) for problem in result.problems] == [
        ("unmapped-label", "Se"),
        ("truncated-value", "Se"),
    ]


def test_an_unmapped_value_in_the_middle_is_not_called_cut_off(written: Written, vocabulary: Vocabulary) -> None:
    result = interpreted(written, vocabulary, PAGE.replace("Issue: Ethics", "Issue: Se"))
    assert kinds(result) == ["unmapped-label"]


def test_a_page_that_ends_too_early_is_reported(written: Written, vocabulary: Vocabulary) -> None:
    result = interpreted(written, vocabulary, "A title\n\nText.\nOperator: OpenAI\nDeveloper: OpenAI\nCountry: USA")
    assert [(problem.kind, problem.field) for problem in result.problems] == [("truncated-value", "Country")]


def test_links_become_reports_and_known_titles_related_incidents(written: Written, vocabulary: Vocabulary) -> None:
    page = (
        f"{PAGE}\nOpenAI website\nhttps://example.org/a\nhttps://example.org/a\nhttps://example.org/b|c\n"
        "Another incident\nA title\nPage infoType: IncidentPublished: May 2023Last updated: June 2023"
    )
    source = AiaaicPage(known_titles([("Another incident", "AIAAIC0002"), ("A title", "AIAAIC1234")]))
    (record,) = source.records(written("AIAAIC1234.txt", page))
    result = source.incident(record, vocabulary)
    assert result.incident is not None
    assert [(report.url, len(report.local)) for report in result.incident.reports] == [("https://example.org/a", 16)]
    assert result.incident.related == ("AIAAIC0002",)
    assert (result.incident.published, result.incident.modified) == ("2023-05", "2023-06")
    assert [(problem.kind, problem.value) for problem in result.problems] == [
        ("link-without-address", "OpenAI website; https://example.org/b|c")
    ]


def test_a_newer_page_gives_system_trigger_and_harms(written: Written, vocabulary: Vocabulary) -> None:
    page = (
        "A title\nText.\nSystem 🤖\nChatGPT\nDeployer: OpenAI\nDeveloper: OpenAI\nCountry: USA\nSector: Technology\n"
        "News trigger: Litigation\nExternal harm: Privacy loss\nInternal impact: Litigation\nPage published: May 2024"
    )
    result = interpreted(written, vocabulary, page)
    assert result.incident is not None
    assert [(system.slug, len(system.developers)) for system in result.incident.systems] == [("chatgpt", 1)]
    assert [actor.slug for actor in result.incident.deployers] == ["openai"]
    assert {"news-trigger", "harm", "consequence"} <= {concept.scheme for concept in result.incident.concepts}
    assert kinds(result) == []


@settings(deadline=None)
@given(st.lists(st.sampled_from(PAGE.split("\n")) | st.text(st.characters(codec="utf-8"), max_size=20), max_size=12))
def test_any_text_is_a_record_that_rdf_can_hold(vocabulary: Vocabulary, lines: list[str]) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "AIAAIC1234.txt"
        path.write_bytes("\n".join(lines).encode())
        (record,) = records(Snapshot("aiaaic-page", path, "1", ""))
    for value in record.fields.values():
        assert not any(c < " " and c not in "\t\n\r" for c in value)
        assert Literal(value).value == value
    result = AiaaicPage().incident(record, vocabulary)
    assert (result.incident is None) == ("no-title" in kinds(result))

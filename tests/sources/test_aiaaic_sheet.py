"""The AIAAIC sheet: header generations, rows in every state, and what the columns mean."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyoxigraph import NamedNode

from harmgraph.errors import SnapshotUnreadable
from harmgraph.model import Concept, Interpreted, Occurred, Snapshot, SourceRecord
from harmgraph.sources.aiaaic import is_address
from harmgraph.sources.aiaaic_sheet import SPELLINGS, AiaaicSheet
from harmgraph.vocabulary import Vocabulary, label_key

Written = Callable[[str, str | bytes], Snapshot]

# Header, and sub-header where there is one, of every generation.
_HARMS = "Individual|Societal|Environmental"
_IMPACTS = "Strategic/reputational|Operational|Financial|Legal/regulatory"
_GENERATIONS = {
    "2023": (
        "AIAAIC ID#|Title|Type|Released|Occurred|Country(s)|Sector(s)|Operator(s)|Developer(s)|System name(s)"
        "|Technology(ies)|Purpose(s)|Media trigger(s)|Risks(s)|Transparency|Summary/links",
        None,
    ),
    "2024-02": (
        "AIAAIC ID#|Headline/title|Type|Released|Occurred|Country(ies)|Sector(s)|Deployer(s)|Developer(s)"
        "|System name(s)|Technology(ies)|Purpose(s)|Media trigger(s)|Risks(s)|Transparency|External harms|||"
        "Internal harms||||Description/links",
        "|" * 15 + f"{_HARMS}|{_IMPACTS}|",
    ),
    "2024-03": (
        "AIAAIC ID#|Headline/title|Type|Released|Occurred|Country(ies)|Sector(s)|Deployer(s)|Developer(s)"
        "|System name(s)|Technology(ies)|Purpose(s)|Media trigger(s)|Issue(s)|Transparency"
        "|External harms Individual|External harms Societal|External harms Environmental"
        "|Internal harms Strategic/reputational|Internal harms Operational|Internal harms Financial"
        "|Internal harms Legal/regulatory|Description/links",
        None,
    ),
    "2025-12": (
        "AIAAIC ID#|Headline|Occurred|Country(ies)|Sector(s)|Deployer(s)|Developer(s)|System name(s)"
        "|Technology(ies)|Purpose(s)|News trigger(s)|Issue(s)|External harms|||Internal impacts||||Summary/links",
        "|" * 12 + f"{_HARMS}|{_IMPACTS}|",
    ),
    "2026": (
        "AIAAIC ID#|Headline|Occurred|Deployer|Developer|System name|Technology|Purpose|News trigger (taxonomy)"
        "|Ethical issue (taxonomy)|Impacted area||External harm (taxonomy)|||Consequence (taxonomy)"
        "|Response (taxonomy)|Summary/links|",
        "|" * 10 + "Jurisdiction|Sector|Individual|Societal |Environmental||||",
    ),
}
GENERATIONS = {
    name: (header.split("|"), below.split("|") if below is not None else None)
    for name, (header, below) in _GENERATIONS.items()
}


def sheet(header: Sequence[str], *rows: Sequence[str], banner: bool = True) -> str:
    text = io.StringIO()
    csv.writer(text).writerows([*([["AIAAIC Repository (beta)"]] if banner else []), header, *rows])
    return text.getvalue()


def small(*rows: Sequence[str]) -> str:
    """A sheet of three columns."""
    return sheet(["AIAAIC ID#", "Headline", "Occurred"], *rows)


def records(snapshot: Snapshot) -> list[SourceRecord]:
    return list(AiaaicSheet().records(snapshot))


def kinds(record: SourceRecord | Interpreted) -> list[str]:
    return [problem.kind for problem in record.problems]


def interpreted(written: Written, vocabulary: Vocabulary, **cells: str) -> Interpreted:
    """What a row says whose columns are named by the keys of `SPELLINGS`, with spaces as underscores."""
    values = {"identifier": "AIAAIC1234", "title": "A title", **{key.replace("_", " "): v for key, v in cells.items()}}
    header = [SPELLINGS[column][0] for column in values]
    (record,) = records(written("a.csv", sheet(header, list(values.values()))))
    return AiaaicSheet().incident(record, vocabulary)


@pytest.mark.parametrize("generation", GENERATIONS)
@pytest.mark.parametrize("banner", [True, False])
def test_every_generation_of_the_header_is_known(written: Written, generation: str, banner: bool) -> None:
    header, below = GENERATIONS[generation]
    cells = ["AIAAIC1234", "A title", *(f"value {at}" for at in range(2, len(header)))]
    cells[-1] = cells[-1] if header[-1] else ""
    rows = [cells] if below is None else [below, cells]
    (record,) = records(written("a.csv", sheet(header, *rows, banner=banner)))
    assert list(record.fields.values()) == [cell for cell in cells if cell]
    spellings = {name for names in SPELLINGS.values() for name in names}
    assert set(record.fields) <= spellings
    assert record.problems == ()


def test_columns_are_found_by_name_in_any_order(written: Written, vocabulary: Vocabulary) -> None:
    header, below = GENERATIONS["2026"]
    assert below is not None
    (first,) = records(written("a.csv", sheet(header, below, _numbered(header))))
    # "Impacted area" and "External harm" stand over several sub-headers, so they move as groups.
    order = [15, 16, 17, 12, 13, 14, 10, 11, *range(9, -1, -1), 18]
    moved = [[row[at] for at in order] for row in (header, below, _numbered(header))]
    (second,) = records(written("b.csv", sheet(moved[0], *moved[1:])))
    assert dict(second.fields) == dict(first.fields)


def _numbered(header: Sequence[str]) -> list[str]:
    return ["AIAAIC1234", "A title", *map(str, range(2, len(header) - 1)), ""]


def test_field_names_keep_header_and_sub_header_of_the_sheet(written: Written) -> None:
    header, below = GENERATIONS["2024-02"]
    assert below is not None
    (record,) = records(written("a.csv", sheet(header, below, _numbered(header))))
    assert record.fields["External harms / Societal"] == "16"
    assert record.fields["Internal harms / Legal/regulatory"] == "21"


def test_white_space_and_case_of_a_header_do_not_matter(written: Written) -> None:
    (record,) = records(
        written("a.csv", sheet([" aiaaic id#", "HEADLINE\xa0", "Occurred \n"], ["AIAAIC123", "T", "2022"]))
    )
    assert dict(record.fields) == {"AIAAIC ID#": "AIAAIC123", "Headline": "T", "Occurred": "2022"}


@pytest.mark.parametrize(
    ("header", "message"),
    [
        (["AIAAIC ID#", "Headline", "Severity"], "row 2: column C is headed 'Severity', which no known generation"),
        (
            ["AIAAIC ID#", "Headline", "Sector", "Sector(s)"],
            "column D is headed 'Sector(s)', but column C holds the sector",
        ),
        (["AIAAIC ID#", "Occurred"], "no column is headed 'Headline' or 'Headline/title' or 'Title'"),
        (["AIAAIC ID#", "Headline", "External harms"], "column A is headed 'AIAAIC ID# / AIAAIC1234'"),
        (["Number", "Headline"], "none of the first 10 rows has a cell 'AIAAIC ID#'"),
    ],
)
def test_an_unknown_header_stops_the_run_with_column_and_remedy(
    written: Written, header: list[str], message: str
) -> None:
    with pytest.raises(SnapshotUnreadable) as raised:
        records(written("a.csv", sheet(header, ["AIAAIC1234", "A title", "x", "y"][: len(header)])))
    assert message in str(raised.value)
    assert "SPELLINGS" in str(raised.value) or "remove one" in str(raised.value) or "fetch" in str(raised.value)


@pytest.mark.parametrize("content", ["", "\n\n", small(), small(["", "", ""], ["  ", "\xa0", ""])])
def test_a_sheet_without_rows_stops_the_run(written: Written, content: str) -> None:
    with pytest.raises(SnapshotUnreadable):
        records(written("a.csv", content))


def test_blank_rows_are_skipped_and_rows_keep_their_numbers(written: Written) -> None:
    found = records(written("a.csv", small(["AIAAIC123", "T", ""], ["", "", ""], [], ["AIAAIC1234", "U", "2022"])))
    assert [(record.local, record.position) for record in found] == [("AIAAIC123", "row 3"), ("AIAAIC1234", "row 6")]


@pytest.mark.parametrize("identifier", ["", "AIAAIC12", "AIAAIC12345", "aiaaic1234", "1234", "AIAAIC 1234"])
def test_a_row_without_a_valid_identifier_is_quarantined(
    written: Written, vocabulary: Vocabulary, identifier: str
) -> None:
    (record, _) = records(written("a.csv", small([identifier, "T", "2022"], ["AIAAIC1234", "U", ""])))
    assert (record.local, kinds(record)) == ("row-3", ["bad-identifier"])
    assert AiaaicSheet().incident(record, vocabulary).incident is None


def test_a_row_without_a_headline_is_quarantined(written: Written, vocabulary: Vocabulary) -> None:
    (record,) = records(written("a.csv", small(["AIAAIC1234", " ", "2022"])))
    assert (record.local, kinds(record)) == ("AIAAIC1234", ["no-title"])
    result = AiaaicSheet().incident(record, vocabulary)
    assert (result.incident, kinds(result)) == (None, ["no-title"])


def test_a_repeated_identifier_gives_two_records_of_one_incident(written: Written, vocabulary: Vocabulary) -> None:
    first, second = records(written("a.csv", small(["AIAAIC2094", "T", "2025"], ["AIAAIC2094", "T", ""])))
    assert (first.local, kinds(first)) == ("AIAAIC2094", [])
    assert (second.local, kinds(second)) == ("AIAAIC2094~2", ["duplicate-id"])
    incidents = [AiaaicSheet().incident(record, vocabulary).incident for record in (first, second)]
    assert [incident and incident.local for incident in incidents] == ["AIAAIC2094", "AIAAIC2094"]


def test_a_row_cut_off_is_reported_and_read_as_far_as_it_goes(written: Written, vocabulary: Vocabulary) -> None:
    found = records(written("a.csv", small(["AIAAIC123", "T", "2022"])[:-8] + "\nAIAAIC1234,U"))
    assert kinds(found[-1]) == ["ragged-row"]
    incident = AiaaicSheet().incident(found[-1], vocabulary).incident
    assert incident is not None
    assert (incident.title, incident.occurred) == ("U", None)


def test_a_row_with_more_cells_than_the_header_is_quarantined(written: Written, vocabulary: Vocabulary) -> None:
    (record,) = records(written("a.csv", small(["AIAAIC1234", "T", "2022", "", "x"])))
    assert kinds(record) == ["ragged-row"]
    assert AiaaicSheet().incident(record, vocabulary).incident is None


def test_blank_cells_beyond_the_header_do_no_harm(written: Written) -> None:
    (record,) = records(written("a.csv", small(["AIAAIC1234", "T", "2022", "", " "])))
    assert record.problems == ()


def test_a_value_in_a_column_without_a_header_is_reported(written: Written, vocabulary: Vocabulary) -> None:
    content = sheet(["AIAAIC ID#", "Headline", ""], ["AIAAIC1234", "T", "2022"], ["AIAAIC1235", "U", ""])
    first, second = records(written("a.csv", content))
    assert (first.fields.get("Column C"), second.fields.get("Column C")) == ("2022", None)
    assert kinds(AiaaicSheet().incident(first, vocabulary)) == ["unread-field"]


def test_nul_and_control_characters_are_replaced_and_reported(written: Written) -> None:
    (record,) = records(written("a.csv", small(["AIAAIC1234", "A\0B\x1b", "2022"])))
    assert record.fields["Headline"] == "A\ufffdB\ufffd"
    assert kinds(record) == ["control-characters"]


def test_an_oversized_cell_quarantines_its_row_only(written: Written, vocabulary: Vocabulary) -> None:
    first, second = records(written("a.csv", small(["AIAAIC123", "x" * 1_000_000, ""], ["AIAAIC1234", "T", ""])))
    assert (len(first.fields["Headline"]), kinds(first), kinds(second)) == (1_000, ["oversized-value"], [])
    assert AiaaicSheet().incident(first, vocabulary).incident is None


def test_a_row_with_a_broken_quotation_is_quarantined_alone(written: Written, vocabulary: Vocabulary) -> None:
    sheet = small(["AIAAIC0001", "A", ""], ["AIAAIC0002", "B", ""])
    head, _, last = sheet.rstrip("\r\n").rpartition("\n")
    found = records(written("a.csv", f'{head}\nAIAAIC0009,"cut off\n{last}\n'))
    assert [each.local for each in found] == ["AIAAIC0001", "AIAAIC0009", "AIAAIC0002"]
    assert "broken-row" in kinds(found[1])
    assert [AiaaicSheet().incident(each, vocabulary).incident is None for each in found] == [False, True, False]


def test_a_workbook_is_read_like_the_csv(written: Written, vocabulary: Vocabulary) -> None:
    header, below = GENERATIONS["2026"]
    assert below is not None
    book = openpyxl.Workbook()
    book.active.append(["Read me first"])
    incidents = book.create_sheet("Incidents")
    for row in (["Incidents"], header, below, ["AIAAIC1234", "A title", 2022.0, None, "OpenAI"]):
        incidents.append(row)
    incidents.merge_cells("K2:L2")
    content = io.BytesIO()
    book.save(content)
    (record,) = records(written("a.xlsx", content.getvalue()))
    result = AiaaicSheet().incident(record, vocabulary)
    assert result.incident is not None
    assert (result.incident.occurred, record.position) == (Occurred("2022"), "row 4")
    assert [actor.slug for actor in result.incident.developers] == ["openai"]


def test_a_float_for_a_year_is_that_year(written: Written, vocabulary: Vocabulary) -> None:
    result = interpreted(written, vocabulary, occurred="2022.0")
    assert result.incident is not None
    assert result.incident.occurred == Occurred("2022")


def test_an_unreadable_date_is_reported_and_no_date_is_stated(written: Written, vocabulary: Vocabulary) -> None:
    result = interpreted(written, vocabulary, occurred="USA")
    assert result.incident is not None
    assert result.incident.occurred is None
    assert [(problem.kind, problem.field, problem.value) for problem in result.problems] == [
        ("unreadable-date", "Occurred", "USA")
    ]


def test_columns_become_the_properties_of_their_facet(written: Written, vocabulary: Vocabulary) -> None:
    result = interpreted(
        written,
        vocabulary,
        kind="Incident",
        jurisdiction="UK; USA",
        sector="Govt - police",
        technology="Facial recognition",
        news_trigger="Litigation",
        issue="Ethics",
        transparency="Black box",
        individual_harm="Privacy loss",
        consequence="Litigation",
        response="System update",
        purpose="Identify criminals; Increase speed, safety",
    )
    assert result.incident is not None
    assert {concept.scheme for concept in result.incident.concepts} == {
        *("kind", "sector", "technology", "news-trigger", "issue", "transparency", "harm", "consequence", "response")
    }
    assert [place.code for place in result.incident.jurisdictions] == ["GBR", "USA"]
    assert result.incident.purposes == ("Identify criminals", "Increase speed, safety")
    assert kinds(result) == []


def test_an_unmapped_label_is_reported_with_its_lookup_and_never_filed_under_other(
    written: Written, vocabulary: Vocabulary
) -> None:
    result = interpreted(written, vocabulary, issue="Ethics; Phlogiston leakage", strategic_impact="Phlogiston loss")
    assert result.incident is not None
    assert [concept.scheme for concept in result.incident.concepts] == ["issue"]
    assert [(problem.kind, problem.value) for problem in result.problems] == [
        ("unmapped-label", "Phlogiston leakage"),
        ("unmapped-label", "Phlogiston loss"),
    ]
    assert "data/lookups/issue.csv" in result.problems[0].message


def test_a_value_in_the_wrong_column_goes_where_it_belongs_and_is_reported(
    written: Written, vocabulary: Vocabulary
) -> None:
    result = interpreted(written, vocabulary, sector="USA")
    assert result.incident is not None
    assert [place.code for place in result.incident.jurisdictions] == ["USA"]
    assert result.incident.concepts == ()
    assert [(problem.kind, problem.severity) for problem in result.problems] == [("shifted", "warning")]


def test_a_typo_is_mended_and_said_so(written: Written, vocabulary: Vocabulary) -> None:
    result = interpreted(written, vocabulary, transparency="Back box")
    assert result.incident is not None
    assert result.incident.concepts == (Concept("transparency", "black-box"),)
    assert [(problem.kind, problem.severity) for problem in result.problems] == [("typo", "info")]


def test_what_an_actor_did_is_no_shift_among_internal_harms(written: Written, vocabulary: Vocabulary) -> None:
    result = interpreted(written, vocabulary, operational_impact="System update", legal_impact="Litigation")
    assert result.incident is not None
    assert {concept.scheme for concept in result.incident.concepts} == {"response", "consequence"}
    assert kinds(result) == []


def test_a_lone_system_is_tied_to_the_lone_developer_of_its_row(written: Written, vocabulary: Vocabulary) -> None:
    result = interpreted(written, vocabulary, developer="NtechLab", system="FindFace")
    assert result.incident is not None
    ((system,), developers) = result.incident.systems, result.incident.developers
    assert len(developers) == 1
    assert system.developers == developers


def test_a_lone_system_is_not_tied_to_several_developers(written: Written, vocabulary: Vocabulary) -> None:
    result = interpreted(written, vocabulary, developer="Clearview AI; NtechLab", system="FindFace")
    assert result.incident is not None
    assert [system.developers for system in result.incident.systems] == [()]


def test_several_systems_are_tied_to_nobody(written: Written, vocabulary: Vocabulary) -> None:
    result = interpreted(written, vocabulary, developer="OpenAI; Midjourney", system="ChatGPT; Midjourney")
    assert result.incident is not None
    assert [system.developers for system in result.incident.systems] == [(), ()]


def test_the_release_date_of_a_system_is_ignored_by_name(written: Written, vocabulary: Vocabulary) -> None:
    result = interpreted(written, vocabulary, released="2019")
    assert result.incident is not None
    assert (result.incident.occurred, result.incident.published, kinds(result)) == (None, None, [])


@pytest.mark.parametrize(
    ("cell", "pages", "problems"),
    [
        ("https://example.org/a-b_c?d=e&f=%20#g", 1, 0),
        ("http://münchen.example/straße", 1, 0),
        ("https://example.org/a  ", 1, 0),
        ("https://example.org/a; https://example.org/b", 2, 0),
        ("https://example.org/a https://example.org/a", 1, 0),
        ("See https://example.org/a", 1, 1),
        ("javascript:alert(1)", 0, 1),
        ("ftp://example.org/", 0, 1),
        ("https://user@example.org/", 0, 1),
        ("https://example.org/a|b", 0, 1),
        ("https://example.org/%zz", 0, 1),
        ("https://example.org/[a]", 0, 1),
        ('https://example.org/"><script>', 0, 1),
        ("https:///a", 0, 1),
    ],
)
def test_only_valid_addresses_become_pages(
    written: Written, vocabulary: Vocabulary, cell: str, pages: int, problems: int
) -> None:
    result = interpreted(written, vocabulary, links=cell)
    assert result.incident is not None
    assert (len(result.incident.pages), kinds(result)) == (pages, ["not-an-address"] * problems)


@given(st.text(st.sampled_from("aZ9é北-._~:/?#[]@!$&'()*+,;=%20 \"<>|\\^`{}\ue000\u200b"), max_size=30))
def test_every_accepted_address_is_an_iri(rest: str) -> None:
    address = f"https://e.org{rest}"
    if is_address(address):
        assert NamedNode(address).value == address


def test_every_spelling_of_a_header_stands_for_one_column() -> None:
    keys = [label_key(name) for names in SPELLINGS.values() for name in names]
    assert len(keys) == len(set(keys))


CELLS = st.sampled_from(
    ["AIAAIC1234", "AIAAIC ID#", "Headline", "Occurred", "External harms", "Individual", "", "x", "\0"]
)


@settings(deadline=None)
@given(
    st.lists(st.lists(CELLS | st.text(max_size=5), max_size=5), max_size=6),
    st.sampled_from(["", "AIAAIC ID#,Headline,Sector\n"]),
    st.integers(0, 40),
)
def test_any_csv_gives_records_or_an_error_of_ours(rows: list[list[str]], head: str, cut: int) -> None:
    text = io.StringIO(newline="")
    csv.writer(text).writerows(rows)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "a.csv"
        path.write_bytes((head + text.getvalue())[: -cut or None].encode("utf-8", "surrogatepass"))
        try:
            found = records(Snapshot("aiaaic-sheet", path, "1", ""))
        except SnapshotUnreadable as error:
            assert str(path) in str(error)
            return
    assert found
    assert len({record.local for record in found}) == len(found)

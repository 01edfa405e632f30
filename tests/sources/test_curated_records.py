"""The curated records against what they were written from: nothing invented, nothing copied, every record named there.

The real data are read here without any adapter, so that a fault of one cannot hide a fault of a record.
"""

from __future__ import annotations

import csv
import importlib.util
import json
import re
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Final

import pytest
from pyoxigraph import Literal

from harmgraph.errors import SnapshotUnreadable
from harmgraph.iris import DCT, HG, XSD, mint
from harmgraph.model import Concept, Incident, Interpreted, Outcome, Snapshot
from harmgraph.sources.curated import Curated
from harmgraph.triples import quads_of
from harmgraph.vocabulary import Vocabulary

Written = Callable[[str, str | bytes], Snapshot]

RUN: Final = 8
"""So many words in a row, the same as a source has them, are no longer our own."""
SCALES: Final = {1_000: "k|thousand", 1_000_000: "m|mn|million", 1_000_000_000: "b|bn|billion"}
KNOWN_NAMES: Final = {"James Webb", "Lee Luda"}
"""A telescope and a chatbot, which bear names like a person's."""


@pytest.fixture(scope="module")
def results(project: Path, vocabulary: Vocabulary) -> tuple[Interpreted, ...]:
    """All curated records, interpreted."""
    folder = Snapshot("curated", project / "data" / "incidents", "1", "0" * 64)
    return tuple(Curated().incident(record, vocabulary) for record in Curated().records(folder))


@pytest.fixture(scope="module")
def incidents(results: tuple[Interpreted, ...]) -> tuple[Incident, ...]:
    return tuple(result.incident for result in results if result.incident is not None)


@pytest.fixture(scope="module")
def texts(shared_data: Path) -> Mapping[str, str]:
    """``source/record`` → all that the source says in it, in every snapshot; skips without genai-incidents."""
    if importlib.util.find_spec("genai_incidents") is None:
        pytest.skip("the package genai-incidents is not installed")
    return _all_texts(shared_data)


def test_there_are_a_hundred_records_and_no_problem(results: tuple[Interpreted, ...]) -> None:
    assert len(results) >= 105
    assert [str(problem) for result in results for problem in result.problems] == []
    assert all(result.incident is not None for result in results)


def test_a_record_bears_the_id_of_aiaaic_if_that_is_among_its_sources_else_that_of_aiid(
    incidents: tuple[Incident, ...],
) -> None:
    for incident in incidents:
        ids = [source.partition("/")[2] for source in incident.derived_from]
        aiaaic = {each for each in ids if each.startswith("AIAAIC")}
        assert (aiaaic or set(ids)) >= {incident.local}, incident.local
        assert len(aiaaic) <= 1, f"{incident.local}: two entries of AIAAIC are two incidents"
        assert len(set(ids)) == len(ids) - sum(each.startswith("aiaaic-page/") for each in incident.derived_from)


def test_no_source_record_belongs_to_two_incidents(incidents: tuple[Incident, ...]) -> None:
    seen: dict[str, str] = {}
    for incident in incidents:
        for source in incident.derived_from:
            assert seen.setdefault(source, incident.local) == incident.local, source


def test_every_source_record_exists(incidents: tuple[Incident, ...], texts: Mapping[str, str]) -> None:
    named = {source for incident in incidents for source in incident.derived_from}
    assert len(named) > 300
    assert {source for source in named if source not in texts} == set()


def test_every_related_incident_exists(incidents: tuple[Incident, ...], texts: Mapping[str, str]) -> None:
    known = {source.partition("/")[2] for source in texts}
    related = {other for incident in incidents for other in incident.related}
    assert related
    assert related - known == set()


def test_no_sentence_is_a_source_s(incidents: tuple[Incident, ...], texts: Mapping[str, str]) -> None:
    ours = {run: incident.local for incident in incidents for text in _ours(incident) for run in _runs(text)}
    assert len(ours) > 3_000
    theirs = {run for text in texts.values() for run in _runs(text)}
    assert {f"{local}: {' '.join(run)}" for run, local in ours.items() if run in theirs} == set()


def test_every_description_is_one_or_two_sentences(incidents: tuple[Incident, ...]) -> None:
    for incident in incidents:
        if incident.local != "AIAAIC0850":  # the record that the project began from tells more
            assert incident.description is not None
            assert 1 <= len(re.findall(r"[.!?](?:\s|$)", incident.description)) <= 2, incident.local
            assert len(incident.description) < 420, incident.local


def test_no_text_names_a_person(incidents: tuple[Incident, ...], project: Path) -> None:
    given = {name.casefold() for name in (project / "data/lookups/given-names.csv").read_text("utf-8").split("\n")[1:]}
    found = {
        f"{incident.local}: {match[0]}"
        for incident in incidents
        for text in _ours(incident)
        for match in re.finditer(r"\b([A-Z]\w+) [A-Z]\w+", text)
        if match[1].casefold() in given and match[0] not in KNOWN_NAMES
    }
    assert found == set()


def test_every_amount_stands_in_the_record_that_states_it(
    incidents: tuple[Incident, ...], texts: Mapping[str, str]
) -> None:
    outcomes = [outcome for incident in incidents for outcome in incident.outcomes if outcome.amount is not None]
    assert len(outcomes) > 35
    assert [each.local for each in outcomes if not _states(texts[each.source], each.amount or Decimal())] == []


def test_every_year_of_an_outcome_stands_in_the_record_that_states_it(
    incidents: tuple[Incident, ...], texts: Mapping[str, str]
) -> None:
    dated = [outcome for incident in incidents for outcome in incident.outcomes if outcome.date is not None]
    assert len(dated) > 30
    assert [each.local for each in dated if (each.date or "")[:4] not in texts[each.source]] == []


def test_every_year_of_an_incident_stands_in_one_of_its_records(
    incidents: tuple[Incident, ...], texts: Mapping[str, str]
) -> None:
    for incident in incidents:
        said = " ".join(texts[source] for source in incident.derived_from)
        years = re.findall(r"\d{4}", incident.occurred.edtf) if incident.occurred else []
        assert [year for year in years if year not in said] == [], incident.local


def test_they_are_spread_over_countries_technologies_harms_and_decades(incidents: tuple[Incident, ...]) -> None:
    countries = {place.within or place.code for each in incidents for place in each.jurisdictions}
    of_scheme = {
        scheme: {concept.slug for each in incidents for concept in each.concepts if concept.scheme == scheme}
        for scheme in ("technology", "harm", "sector", "issue", "realisation")
    }
    assert len({code for code in countries if len(code) == 3}) >= 15
    assert len(of_scheme["technology"]) >= 15
    assert len(of_scheme["harm"]) >= 30
    assert len(of_scheme["sector"]) >= 20
    assert of_scheme["realisation"] >= {"realised", "potential", "near-miss"}
    years = sorted(int(each.occurred.edtf[:4]) for each in incidents if each.occurred)
    assert years[0] < 1990
    assert years[-1] >= 2025


def test_the_kind_of_an_outcome_is_a_facet_of_its_incident_too(incidents: tuple[Incident, ...]) -> None:
    outcomes = [(incident, outcome) for incident in incidents for outcome in incident.outcomes]
    assert len(outcomes) > 100
    assert all(outcome.kind in incident.concepts for incident, outcome in outcomes)


def test_an_outcome_becomes_a_node_with_amount_currency_and_source(results: tuple[Interpreted, ...]) -> None:
    fined = next(result for result in results if result.record.local == "AIAAIC1615")
    quads = list(quads_of(fined, "1"))
    node = mint("outcome", "AIAAIC1615-fine")
    said = {quad.predicate: quad.object for quad in quads if quad.subject == node}
    assert (mint("incident", "AIAAIC1615"), HG.outcome, node) in {(q.subject, q.predicate, q.object) for q in quads}
    assert said[HG.outcomeKind] == mint("concept", "consequence", "fine")
    assert said[HG.amount] == Literal("20000000", datatype=XSD.decimal)
    assert said[HG.currency] == Literal("EUR")
    assert said[HG.imposedBy] == mint("organisation", "cnil")
    assert said[DCT.date] == Literal("2022-10", datatype=XSD.gYearMonth)
    assert said[DCT.source] == Literal("genai-incidents/INC-05113")


HEAD: Final = 'incident = "AIAAIC0001"\ntitle = "T"\nsources = ["aiaaic-sheet/AIAAIC0001"]\n'
OUTCOME: Final = (
    '[[outcomes]]\nkey = "fine"\nkind = "consequence/fine"\nwhat = "A fine."\nsource = "aiaaic-sheet/AIAAIC0001"\n'
)


def test_an_outcome_is_read_as_written(written: Written, vocabulary: Vocabulary) -> None:
    text = HEAD + OUTCOME + 'amount = "1.50"\ncurrency = "EUR"\ndate = "2022-03"\nbody = "cnil"\n'
    incident = _only(written("AIAAIC0001.toml", text), vocabulary).incident
    assert incident is not None
    cnil = vocabulary.organisation("cnil")
    assert cnil is not None
    fine, local, source = Concept("consequence", "fine"), "AIAAIC0001-fine", "aiaaic-sheet/AIAAIC0001"
    assert incident.outcomes == (
        Outcome(local, fine, "A fine.", source, Decimal("1.50"), "EUR", "2022-03", cnil.actor),
    )
    assert incident.concepts == (fine,)


def test_an_outcome_whose_kind_is_a_harm_is_reported_and_left_out(written: Written, vocabulary: Vocabulary) -> None:
    text = HEAD + OUTCOME.replace("consequence/fine", "harm/fraud")
    result = _only(written("AIAAIC0001.toml", text), vocabulary)
    assert [(problem.field, problem.value) for problem in result.problems] == [("outcomes", "harm/fraud")]
    assert result.incident is not None
    assert result.incident.outcomes == ()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (HEAD.replace("aiaaic-sheet/", ""), "write source/record"),
        (HEAD + OUTCOME.replace("AIAAIC0001", "AIAAIC0002"), "none of 'sources'"),
        (HEAD + OUTCOME + 'amount = "20"\n', "come together"),
        (HEAD + OUTCOME + 'currency = "EUR"\n', "come together"),
        (HEAD + OUTCOME + 'amount = "20 m"\ncurrency = "EUR"\n', "should be digits"),
        (HEAD + OUTCOME + 'amount = "20"\ncurrency = "Euro"\n', "ISO 4217"),
        (HEAD + OUTCOME + 'date = "March"\n', "no date as EDTF"),
        (HEAD + OUTCOME + OUTCOME, "stands twice"),
        (HEAD + OUTCOME.replace('what = "A fine."\n', ""), "'what' is missing"),
        (HEAD + OUTCOME + 'fined = "x"\n', "'fined' is not known"),
    ],
)
def test_a_slip_in_an_outcome_stops_with_its_place(written: Written, text: str, message: str) -> None:
    with pytest.raises(SnapshotUnreadable, match=rf"AIAAIC0001\.toml.*{re.escape(message)}"):
        list(Curated().records(written("AIAAIC0001.toml", text)))


def _only(snapshot: Snapshot, vocabulary: Vocabulary) -> Interpreted:
    (record,) = Curated().records(snapshot)
    return Curated().incident(record, vocabulary)


def _ours(incident: Incident) -> Iterator[str]:
    """The texts that we wrote."""
    yield incident.title or ""
    yield incident.description or ""
    yield from (outcome.text for outcome in incident.outcomes)
    yield from (claim.text for claim in incident.claims)


def _runs(text: str) -> Iterator[tuple[str, ...]]:
    words = re.findall(r"\w+", text.casefold())
    yield from (tuple(words[start : start + RUN]) for start in range(len(words) - RUN + 1))


def _states(text: str, amount: Decimal) -> bool:
    """Whether the number stands in the text: 26700000000, 26,700,000,000 or 26.7 billion."""
    written = {f"{amount}", f"{amount:,}"}
    patterns = [rf"(?<![\d.,]){re.escape(number)}(?![\d]|[.,]\d)" for number in written]
    for scale, names in SCALES.items():
        number = f"{(amount / scale).normalize():f}"
        patterns.append(rf"(?<![\d.,]){re.escape(number)}\s?(?:{names})\b")
    return any(re.search(pattern, text, re.IGNORECASE) for pattern in patterns)


@cache
def _all_texts(folder: Path) -> dict[str, str]:
    found: dict[str, str] = {}
    for source, local, text in _records(folder):
        key = f"{source}/{local}"
        found[key] = f"{found.get(key, '')}\n{text}"
    return found


def _records(folder: Path) -> Iterator[tuple[str, str, str]]:
    csv.field_size_limit(1 << 24)
    for sheet in sorted((folder / "aiaaic").glob("*.csv")):
        with sheet.open(encoding="utf-8", newline="") as file:
            yield from (("aiaaic-sheet", row[0], "\n".join(row)) for row in csv.reader(file) if row and row[0])
    with (folder / "aiaaic" / "pages_2024-02.jsonl").open(encoding="utf-8") as file:
        for page in map(json.loads, file):
            yield "aiaaic-page", page["id"], page["raw"]
    for page_file in (folder / "aiaaic" / "pages").glob("*.txt"):
        yield "aiaaic-page", page_file.stem, page_file.read_text("utf-8")
    with (folder / "aiid" / "snapshot_2026-02" / "incidents.csv").open(encoding="utf-8", newline="") as file:
        yield from (("aiid", f"AIID-{row['incident_id']}", "\n".join(row.values())) for row in csv.DictReader(file))
    for document in (folder / "avid").glob("*/*/*.json"):
        yield "avid", document.stem, document.read_text("utf-8")
    yield from _genai_incidents()


def _genai_incidents() -> Iterator[tuple[str, str, str]]:
    found = importlib.util.find_spec("genai_incidents")
    assert found is not None
    assert found.origin is not None
    data = json.loads((Path(found.origin).parent / "data" / "incidents.min.json").read_text("utf-8"))
    for entry in data["incidents"]:
        yield "genai-incidents", entry["id"], json.dumps(entry, ensure_ascii=False)

"""Similar names: what is spelled alike is a candidate, what only shares common words is none, and nothing is linked."""

from __future__ import annotations

from pathlib import Path

import pytest

from harmgraph.cli.arguments import PROJECT
from harmgraph.errors import BuildAborted
from harmgraph.iris import WD, mint
from harmgraph.linking.judgements import read_judgements
from harmgraph.linking.similar import LEAST, Entry, Similar, Subject, judged_entries, read_gazetteer, subjects

HEADER = "label,qid,aliases,confidence,evidence\n"
COMMON = [f"{city} Police Department" for city in ("Detroit", "Denver", "Houston", "Austin")] + ["Apple Pay", "Apple"]
ENTRIES = [
    Entry(WD.Q1, "Clearview AI", ("Clearview AI",), "organisation", "USA"),
    Entry(WD.Q2, "Dallas Police Department", ("Dallas Police Department",), "organisation", "USA"),
    Entry(WD.Q3, "Apple Inc.", ("Apple Inc.", "Apple"), "organisation"),
    Entry(WD.Q4, "NASA", ("NASA",), "organisation"),
    Entry(WD.Q5, "Claude", ("Claude",), "system"),
]


def suggested(name: str, kind: str = "organisation", country: str | None = None) -> dict[str, float]:
    similar = Similar(ENTRIES, COMMON)
    subject = Subject(mint(kind, "x"), name, (name,), country)
    return {each.item_label: each.score for each in similar.suggest(subject)}


@pytest.mark.parametrize("name", ["Clearview AI, Inc.", "The CLEARVIEW A.I.", "AI Clearview"])
def test_legal_forms_case_and_order_make_no_difference(name: str) -> None:
    assert suggested(name) == {"Clearview AI": 1.0}


@pytest.mark.parametrize("name", ["Cleerview AI", "Clearviev AI", "Clearvieew AI"])
def test_a_misspelling_is_a_candidate(name: str) -> None:
    assert LEAST <= suggested(name)["Clearview AI"] < 1


@pytest.mark.parametrize("name", ["Dayton Police Department", "NSA", "Appen", "Apples and Pears Greengrocers"])
def test_what_shares_common_words_or_a_few_letters_is_none(name: str) -> None:
    assert suggested(name) == {}


def test_things_of_another_kind_are_none() -> None:
    assert suggested("Claude") == {}
    assert suggested("Claude", "system") == {"Claude": 1.0}


def test_another_country_counts_against_a_candidate() -> None:
    assert suggested("Clearview AI", country="UKR") == {"Clearview AI": 0.8}


def test_the_ministry_of_another_country_is_below_certainty() -> None:
    vocabulary = PROJECT.vocabulary()
    judgements = read_judgements(PROJECT.judgements)
    everything = [*subjects(vocabulary)]
    similar = Similar(judged_entries(judgements, vocabulary), (name for each in everything for name in each.names))
    ministry = next(each for each in everything if each.thing == mint("organisation", "ministry-of-defence-of-ukraine"))
    found = similar.suggest(ministry, least=0.4)
    assert found
    assert all(each.score < 0.8 and "ours UKR" in each.evidence for each in found)


def test_a_gazetteer_leaves_out_what_has_no_number_or_no_evidence(tmp_path: Path) -> None:
    file = tmp_path / "items.csv"
    file.write_text(f"{HEADER}Waymo,Q7,Waymo LLC|Google cars,high,seen\nCruise,,,high,\nSnap,Q8,,low,\n")
    (entry,) = read_gazetteer(file)
    assert (entry.item, entry.names) == (WD.Q7, ("Waymo", "Waymo LLC", "Google cars"))
    assert entry.evidence == "evidence high: seen"


@pytest.mark.parametrize(
    ("text", "complaint"), [("label,qid\nA,Q1\n", "lacks aliases"), (f"{HEADER}A,P31,,high,\n", "'P31' is no item")]
)
def test_a_malformed_gazetteer_names_what_is_amiss(tmp_path: Path, text: str, complaint: str) -> None:
    file = tmp_path / "items.csv"
    file.write_text(text)
    with pytest.raises(BuildAborted, match=complaint):
        list(read_gazetteer(file))

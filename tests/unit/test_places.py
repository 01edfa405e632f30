"""Places: the labels of jurisdictions, what needs no row, and the coverage of the real sheets and pages."""

from __future__ import annotations

import csv
import json
import re
from collections import Counter
from pathlib import Path

import pycountry
import pytest

from harmgraph.errors import BuildAborted
from harmgraph.model import Place
from harmgraph.vocabulary import Mapped, Vocabulary

SHEETS = ("incidents_2026-06.csv", "sheet_2024-02_raw.csv", "sheet_2024-03_raw.csv", "sheet_2024-08_raw.csv")


@pytest.fixture(scope="module")
def vocabulary(project: Path) -> Vocabulary:
    return Vocabulary(project / "data" / "lookups")


def codes(mapped: Mapped | None) -> list[str]:
    assert mapped is not None
    return [target.code for target in mapped.targets if isinstance(target, Place)]


@pytest.mark.parametrize(
    ("label", "expected"),
    [
        ("USA", ["USA"]),
        ("us", ["USA"]),
        ("S Korea", ["KOR"]),
        ("South\xa0Korea", ["KOR"]),
        ("Türkiye", ["TUR"]),
        ("Turkey", ["TUR"]),
        ("Kosovo", ["XKX"]),
        ("Taiwan", ["TWN"]),
        ("Rep. Ireland", ["IRL"]),
        ("UAE/Dubai", ["AE-DU"]),
        ("UAE - Abu Dhabi", ["AE-AZ"]),
        ("UK - Scotland", ["GB-SCT"]),
        ("North Dakota", ["US-ND"]),
        ("Ontario", ["CA-ON"]),
        ("EU - Hungary", ["EU", "HUN"]),
        ("USA, EU, UK, Australia", ["USA", "EU", "GBR", "AUS"]),
        ("Burkino Faso", ["BFA"]),
        ("Global", ["global"]),
        ("Multiple", ["multiple"]),
        ("Canary Islands", ["ES-CN"]),
        ("Zanzibar", ["zanzibar"]),
        ("F", []),
        ("2024", []),
    ],
)
def test_spellings_of_the_sources_mean_places(vocabulary: Vocabulary, label: str, expected: list[str]) -> None:
    assert codes(vocabulary.mapped("jurisdiction", label)) == expected


def test_every_name_of_iso_3166_1_needs_no_row(vocabulary: Vocabulary) -> None:
    for country in pycountry.countries:
        for attribute in ("name", "common_name", "official_name"):
            if (name := getattr(country, attribute, None)) is not None:
                assert codes(vocabulary.mapped("jurisdiction", name)) == [country.alpha_3], name


def test_every_label_of_a_place_needs_no_row(vocabulary: Vocabulary) -> None:
    taken = {"Georgia"}  # the country has the name, so the state needs "Georgia (USA)" or the like
    for place in vocabulary.places:
        if place.label not in taken:
            assert codes(vocabulary.mapped("jurisdiction", place.label)) == [place.code]


def test_a_name_of_a_country_and_a_region_means_the_country(vocabulary: Vocabulary) -> None:
    assert codes(vocabulary.mapped("jurisdiction", "Georgia")) == ["GEO"]


def test_labels_of_countries_are_readable(vocabulary: Vocabulary) -> None:
    labels = {place.code: place.label for place in vocabulary.places if place.kind == "country"}
    assert [labels[code] for code in ("TWN", "KOR", "TUR", "RUS", "PSE")] == [
        "Taiwan", "South Korea", "Türkiye", "Russia", "Palestine",
    ]  # fmt: skip
    assert not [label for label in labels.values() if "," in label and "Saint" not in label]


def test_regions_lie_in_a_country_that_exists(vocabulary: Vocabulary) -> None:
    countries = {place.code for place in vocabulary.places if place.kind == "country"}
    within = {place.code: place.within for place in vocabulary.places if place.kind == "place" and place.within}
    assert set(within.values()) <= countries
    assert sum(country == "USA" for country in within.values()) == 51
    subdivisions = {each.code for each in pycountry.subdivisions}
    assert {code for code in within if re.match("[A-Z]{2}-", code)} <= subdivisions


def jurisdictions(shared_data: Path) -> Counter[str]:
    found: Counter[str] = Counter()
    for name in SHEETS:
        with (shared_data / "aiaaic" / f"aiaaic_{name}").open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.reader(file))
        columns = [
            number for row in rows[:3] for number, cell in enumerate(row) if re.match("Jurisdiction|Country", cell)
        ]
        for row in rows:
            if re.fullmatch(r"AIAAIC\d+\s*", row[0]):
                found.update(label for column in columns for label in map(str.strip, row[column].split(";")) if label)
    return found


def test_every_jurisdiction_of_the_real_sheets_is_mapped(vocabulary: Vocabulary, shared_data: Path) -> None:
    found = jurisdictions(shared_data)
    assert found.total() > 7_500
    assert [label for label in found if vocabulary.mapped("jurisdiction", label) is None] == []
    meaningless = sum(count for label, count in found.items() if not codes(vocabulary.mapped("jurisdiction", label)))
    assert meaningless / found.total() < 0.001


def test_the_countries_of_the_real_pages_are_mapped(vocabulary: Vocabulary, shared_data: Path) -> None:
    lines = (shared_data / "aiaaic" / "pages_2024-02.jsonl").read_text(encoding="utf-8").splitlines()
    fields = (re.search(r"Country: *([^\n]*?) *(?:Sector|Purpose|\n|$)", json.loads(line)["raw"]) for line in lines)
    labels = [label.strip() for field in fields if field for label in re.split(";", field[1]) if label.strip()]
    unmapped = [label for label in labels if vocabulary.mapped("jurisdiction", label) is None]
    assert len(labels) > 500
    assert len(unmapped) / len(labels) < 0.005, unmapped


def test_a_mention_rule_without_its_place_stops_the_build(project: Path, tmp_path: Path) -> None:
    for path in (project / "data" / "lookups").glob("*.csv"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    (tmp_path / "mentions.csv").write_text("label,target,rule,note\nRussian,,demonym,\n")
    with pytest.raises(BuildAborted, match=r"mentions\.csv:2: 'Russian'"):
        Vocabulary(tmp_path)

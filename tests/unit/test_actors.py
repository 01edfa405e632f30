"""Cells of deployers and developers: the organisations they name, and why the rest is none."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from harmgraph.actors import ReadActors
from harmgraph.errors import BuildAborted
from harmgraph.organisations import person_label, read_not_organisations, read_organisations
from harmgraph.systems import SystemRegister
from harmgraph.vocabulary import Vocabulary

ORGANISATIONS = "slug,label,kind,country,parent,aliases\n"
SHEETS = (
    "aiaaic_incidents_2026-06.csv",
    "aiaaic_sheet_2024-02_raw.csv",
    "aiaaic_sheet_2024-03_raw.csv",
    "aiaaic_sheet_2024-08_raw.csv",
)


@pytest.fixture(scope="module")
def vocabulary(project: Path) -> Vocabulary:
    return Vocabulary(project / "data" / "lookups")


def slugs(read: ReadActors) -> list[str]:
    return [actor.slug for actor in read.actors]


def kinds(read: ReadActors) -> list[str]:
    return [finding.kind for finding in read.findings]


def test_a_cyrillic_letter_is_folded_and_said(vocabulary: Vocabulary) -> None:
    read = vocabulary.actors("Ministry of Defenсe of Ukraine")
    assert [(actor.slug, actor.label) for actor in read.actors] == [
        ("ministry-of-defence-of-ukraine", "Ministry of Defence of Ukraine")
    ]
    (finding,) = read.findings
    assert finding.kind == "look-alike-letters"
    assert finding.value == "Ministry of Defenсe of Ukraine"  # the source's own string, U+0441 and all


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("Clearview AI", ["clearview-ai"]),
        ("Clearview AI, Inc.", ["clearview-ai"]),
        ("OpenAI; xAI ;OpenAI", ["openai", "xai"]),
        ("Ministry of Defense of Ukraine", ["ministry-of-defence-of-ukraine"]),
        ("MoD Ukraine", ["ministry-of-defence-of-ukraine"]),
        ("Los Angeles Police Department (LAPD)", ["los-angeles-police-department"]),
        ("LAPD", ["los-angeles-police-department"]),
        ("UK Home Office", ["home-office"]),
        ("US Department of Energy", ["united-states-department-of-energy"]),
        ("Tiktok", ["tiktok"]),
        ("VK", ["vkontakte"]),
        ("Alphabet/Google/YouTube", ["youtube"]),
        ("Meta/Facebook", ["facebook"]),
        ("Ahold Delhaize/GIANT/MARTIN'S", ["the-giant-company"]),
        ("G/O Media/Gizmodo", ["gizmodo"]),
        ("Oosto/AnyVision Interactive Technologies", ["oosto"]),
        ("Volaris Group/Equivant/Northpointe", ["equivant"]),
        ("Luka Inc/Replika", ["luka"]),
        (
            "Ministry of Housing, Communities and Local Government",
            ["ministry-of-housing-communities-and-local-government"],
        ),
        ("", []),
    ],
)
def test_names_of_curated_organisations_resolve(vocabulary: Vocabulary, cell: str, expected: list[str]) -> None:
    assert slugs(vocabulary.actors(cell)) == expected


@pytest.mark.parametrize(
    ("cell", "expected", "finding"),
    [
        (
            "Adaria Vending Services/University of Waterloo",
            ["adaria-vending-services", "university-of-waterloo"],
            "joint-names",
        ),
        ("Danaide/NtechLab", ["danaide", "ntechlab"], "joint-names"),
        ("Google, Anthropic, Meta, Mistral", ["google", "anthropic", "meta-platforms", "mistral-ai"], "comma-list"),
        ("Alphabet/Google, Telegram", ["google", "telegram"], "comma-list"),
        ("Google/Brand That Nobody Knows", ["brand-that-nobody-knows"], None),
        ("Smith, Jones and Brown Widgets", ["smith-jones-and-brown-widgets"], "comma-in-name"),
        ("Anonymous/pseudonymous", [], "placeholder"),
        ("Unclear/unknown", [], "placeholder"),
        ("Multiple", [], "placeholder"),
        ("https://example.org/page", [], "placeholder"),
        ("X users", [], "user-group"),
        ("Radnor High School student", [], "user-group"),
        ("@SomebodyOnline", [], "private-individual"),
        ("Jane Example", [], "unresolved-person"),
        ("Jane Example, Xyz Sampleton, Qwe Testman", [], "unresolved-person"),
        ("Aadhaar", [], "system-not-organisation"),
        ("New Zealand", [], "country-not-organisation"),
        ("Ministry of Defence", [], "ambiguous"),
        ("Ministry of the Interior", [], "ambiguous"),
        ("!?;", [], "placeholder"),
    ],
)
def test_what_is_no_plain_name_gives_a_finding(
    vocabulary: Vocabulary, cell: str, expected: list[str], finding: str | None
) -> None:
    read = vocabulary.actors(cell)
    assert slugs(read) == expected
    assert set(kinds(read)) == ({finding} if finding else set())


@pytest.mark.parametrize("cell", ["Mps", "Delta", "Leonardo", "Presto", "Persona", "Frontier", "Linear"])
def test_near_misses_resolve_to_no_curated_organisation(vocabulary: Vocabulary, cell: str) -> None:
    (actor,) = vocabulary.actors(cell).actors
    assert actor.label == cell
    assert vocabulary.organisation(actor.slug) is None


def test_an_uncurated_organisation_is_minted_without_a_finding(vocabulary: Vocabulary) -> None:
    read = vocabulary.actors("Ministry of Foreign Affairs of Kenya; Zorblax Widgets (ZW)")
    assert slugs(read) == ["ministry-of-foreign-affairs-of-kenya", "zorblax-widgets"]
    assert read.findings == ()


def test_a_name_with_the_slug_of_a_curated_organisation_says_so(vocabulary: Vocabulary) -> None:
    read = vocabulary.actors("AT T")
    assert slugs(read) == ["at-t"]
    assert kinds(read) == ["same-slug"]


def test_an_owner_that_stands_behind_its_brand_too_is_named_in_its_own_right(vocabulary: Vocabulary) -> None:
    read = vocabulary.actors("Google/Brand That Nobody Knows/Google")
    assert [actor.slug for actor in read.actors] == ["brand-that-nobody-knows", "google"]
    assert [owner.slug for owner in read.owners] == ["google"]


def test_brand_and_owner_are_joined_in_the_register(vocabulary: Vocabulary) -> None:
    youtube = vocabulary.organisation("youtube")
    assert youtube is not None and youtube.parent == "google"
    google = vocabulary.organisation("google")
    assert google is not None and google.parent == "alphabet"


def test_every_name_of_a_curated_organisation_resolves_to_it(vocabulary: Vocabulary) -> None:
    for organisation in vocabulary.organisations:
        for name in (organisation.label, *organisation.aliases):
            assert vocabulary.organisation_named(name) == organisation, name


def test_no_curated_name_is_also_taken_for_something_else(vocabulary: Vocabulary) -> None:
    for organisation in vocabulary.organisations:
        read = vocabulary.actors(organisation.label.replace(";", ","))
        assert slugs(read) == [organisation.slug], organisation.label


def test_persons_are_listed_by_hash_only(project: Path) -> None:
    with (project / "data" / "lookups" / "not-organisations.csv").open(encoding="utf-8", newline="") as file:
        persons = [row for row in csv.DictReader(file) if row["is"] == "person"]
    assert len(persons) > 300
    assert all(row["label"].startswith("sha256:") and len(row["label"]) == 23 for row in persons)
    assert all(not row["note"] for row in persons)


def test_a_person_listed_by_hash_is_recognised(tmp_path: Path) -> None:
    (tmp_path / "organisations.csv").write_text(ORGANISATIONS)
    (tmp_path / "not.csv").write_text(f"label,is,note\n{person_label('Xyzzy Example')},person,\n")
    known = read_organisations(tmp_path / "organisations.csv", frozenset())
    assert read_not_organisations(tmp_path / "not.csv", known) == {person_label("xyzzy  EXAMPLE"): "person"}


@pytest.mark.parametrize(
    ("rows", "line", "says"),
    [
        ("acme,Acme,company,,,\nacme,Acme Two,company,,,\n", 3, "stands already in line 2"),
        ("acme,Acme,company,,,Foo\nbest,Best,company,,,foo\n", 3, "'foo' is a name of acme too"),
        ("acme,Acme,company,,best,\n", 2, "parent 'best'"),
        ("acme,Acme,company,,best,\nbest,Best,company,,acme,\n", 2, "circle of owners"),
        ("acme,Acme,firm,,,\n", 2, "kind 'firm'"),
        ("acme,Acme,company,USX,,\n", 2, "country 'USX'"),
        ("Acme Inc,Acme,company,,,\n", 2, "slug 'Acme Inc'"),
        ("acme,???,company,,,\n", 2, "label '???'"),
        ("acme,Acme,company,,\n", 2, "6 cells"),
    ],
)
def test_a_contradictory_register_stops_the_build_and_names_the_line(
    tmp_path: Path, rows: str, line: int, says: str
) -> None:
    path = tmp_path / "organisations.csv"
    path.write_text(ORGANISATIONS + rows)
    with pytest.raises(BuildAborted) as caught:
        read_organisations(path, frozenset({"USA"}))
    assert f"{path}:{line}: " in str(caught.value)
    assert says in str(caught.value)


def test_a_name_cannot_be_an_organisation_and_none(tmp_path: Path) -> None:
    (tmp_path / "organisations.csv").write_text(ORGANISATIONS + "acme,Acme,company,,,\n")
    known = read_organisations(tmp_path / "organisations.csv", frozenset())
    (tmp_path / "not.csv").write_text("label,is,note\nACME,system,\n")
    with pytest.raises(BuildAborted, match=r"not\.csv:2: 'ACME' is a name of acme"):
        read_not_organisations(tmp_path / "not.csv", known)


def test_systems_are_split_resolved_and_minted(vocabulary: Vocabulary) -> None:
    read = vocabulary.systems("Claude, Gemini, GPT-4, Llama 2, Mixtral; Zorblax 9000 (ZX); ChatGPT; Chat GPT")
    assert [system.slug for system in read.systems] == [
        "claude",
        "gemini",
        "gpt-4",
        "llama-2",
        "mixtral",
        "zorblax-9000",
        "chatgpt",
    ]
    assert all(system.developers == () for system in read.systems)  # only the record says who made it
    assert vocabulary.system("Correctional Offender Management Profiling for Alternative Sanctions (COMPAS)") == (
        vocabulary.system("COMPAS")
    )


@pytest.mark.parametrize("name", ["Unclear/unknown", "Facial recognition system", "Chatbot", "Generative AI", "-", ""])
def test_placeholders_and_sorts_of_things_are_no_system(vocabulary: Vocabulary, name: str) -> None:
    assert vocabulary.system(name) is None


def test_a_system_of_an_unknown_developer_stops_the_build(tmp_path: Path) -> None:
    path = tmp_path / "systems.csv"
    path.write_text("slug,label,developer,aliases\nthing,Thing,acme,\n")
    with pytest.raises(BuildAborted, match=r"systems\.csv:2: developer 'acme'"):
        SystemRegister(path, {})


def cells(shared_data: Path) -> Iterator[str]:
    """Every cell of deployers and developers in the four real sheets."""
    for name in SHEETS:
        with (shared_data / "aiaaic" / name).open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.reader(file))
        header = next(row for row in rows if row and row[0].startswith("AIAAIC ID"))
        columns = [number for number, label in enumerate(header) if label.startswith(("Deployer", "Developer"))]
        for row in rows:
            if row and row[0].startswith("AIAAIC") and row[0][6:].strip().isdigit():
                yield from (row[column] for column in columns)


def test_the_register_covers_the_real_sheets(vocabulary: Vocabulary, shared_data: Path) -> None:
    found: Counter[str] = Counter()
    uncurated: Counter[str] = Counter()
    for cell in cells(shared_data):
        read = vocabulary.actors(cell)
        for slug in slugs(read):
            curated = vocabulary.organisation(slug) is not None
            found["curated" if curated else "uncurated"] += 1
            uncurated[slug] += not curated
        found.update(kinds(read))
    actors = found["curated"] + found["uncurated"]
    assert actors > 11_000
    assert found["curated"] / actors > 0.99, found
    assert found["unresolved-person"] == found["unreadable-name"] == found["same-slug"] == 0
    assert found["private-individual"] > 700
    assert found["placeholder"] > 290
    assert found["user-group"] > 60


def test_names_that_must_stay_unlinked_are_no_linked_organisation(
    vocabulary: Vocabulary, project: Path, shared_data: Path
) -> None:
    with (project / "data" / "links" / "organisations.sssom.tsv").open(encoding="utf-8") as file:
        rows = [line.split("\t") for line in file if line.startswith("hgo:")]
    items = {row[0].removeprefix("hgo:"): row[3].removeprefix("wikidata:") for row in rows if "Q" in row[3]}
    with (shared_data / "wikidata" / "gold_dev.csv").open(encoding="utf-8", newline="") as file:
        gold = list(csv.DictReader(file))
    right = 0
    for row in gold:
        mention = row["mention"].replace("-", " ") if "AIID" in row["source"] else row["mention"]
        linked = {items[slug] for slug in slugs(vocabulary.actors(mention)) if slug in items}
        expected = set(filter(None, row["qids"].split("|")))
        assert linked <= expected, (row["mention"], linked)
        right += bool(linked)
    assert right > 75

"""Slugs of entities: the reviewed table, the rules for the rest, and readable names."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from harmgraph.errors import BuildAborted
from harmgraph.iris import mint, slug_of
from harmgraph.lookups import rows
from harmgraph.slugs import IS, SlugRegister, readable
from harmgraph.vocabulary import Vocabulary

LOOKUPS = Path(__file__).resolve().parents[2] / "data" / "lookups"
TABLE = LOOKUPS / "aiid-entities.csv"


@pytest.fixture(scope="module")
def vocabulary() -> Vocabulary:
    return Vocabulary(LOOKUPS)


@pytest.fixture(scope="module")
def slugs(vocabulary: Vocabulary) -> SlugRegister:
    return vocabulary.slugs


@pytest.mark.parametrize(
    ("slug", "name"),
    [
        ("department-for-work-and-pensions-(dwp)", "Department for Work and Pensions (DWP)"),
        ("st.-rose-dominican-hospital", "St. Rose Dominican Hospital"),
        ("the-good-guys", "The Good Guys"),
        ("my_handy_design", "My Handy Design"),
        ("university-of-michigan-(ann-arbor)", "University of Michigan (Ann Arbor)"),
        ("", ""),
    ],
)
def test_a_slug_is_made_readable(slug: str, name: str) -> None:
    assert readable(slug) == name


@pytest.mark.parametrize(
    ("slug", "organisation"),
    [
        ("tesla", "tesla"),
        ("department-for-work-and-pensions-(dwp)", "department-for-work-and-pensions"),
        ("x-(twitter)", "twitter"),
        ("nypd", "new-york-city-police-department"),
        ("mcdonald's", "mcdonald-s"),
        ("pak-'n'-save", "pak-nsave"),
        ("character.ai", "character-ai"),
        ("texas-aandm-university", "texas-a-m-university"),
        ("kandl-gates-llp", "k-l-gates"),
    ],
)
def test_a_slug_of_a_known_organisation_is_that_organisation(slugs: SlugRegister, slug: str, organisation: str) -> None:
    assert [actor.slug for actor in slugs.read([slug]).actors] == [organisation]


@pytest.mark.parametrize(
    ("slug", "kind"),
    [
        ("unknown", "placeholder"),
        ("unknown-scammers-impersonating-somebody", "placeholder"),
        ("unnamed-male-student", "placeholder"),
        ("scammers-impersonating-somebody", "group"),
        ("youtube-users", "group"),
        ("hackers", "group"),
        ("@somebody", "person"),
        ("soviet-union", "country"),
        ("openai", None),
    ],
)
def test_what_is_no_organisation_is_told_apart(slugs: SlugRegister, slug: str, kind: str | None) -> None:
    assert slugs.kind(slug) == kind
    assert bool(slugs.read([slug]).actors) == (kind is None)


@pytest.mark.parametrize("slug", ["donald-trump", "Donald--Trump", "donald_trump"])
def test_a_person_is_known_by_any_spelling_and_never_named(slugs: SlugRegister, slug: str) -> None:
    read = slugs.read([slug])
    assert (read.actors, read.systems) == ((), ())
    assert [finding.kind for finding in read.findings] in (["private-individual"], ["unresolved-person"])


def test_a_slug_that_nobody_has_reviewed_is_taken_by_its_words_and_reported(slugs: SlugRegister) -> None:
    read = slugs.read(["acme-widgets-(awx)"])
    assert [(actor.slug, actor.label) for actor in read.actors] == [("acme-widgets", "Acme Widgets")]
    assert "unreviewed-name" in [finding.kind for finding in read.findings]


def test_an_unreviewed_slug_that_looks_like_a_person_is_not_minted(slugs: SlugRegister) -> None:
    assert slugs.read(["john-qwertinson"]).actors == ()


@pytest.mark.parametrize("slug", ["qure.ai", "pak-'n'-save", "lvmh-&-co", "a-(b)-!-@-c", "北京-police", "o’neil"])
def test_any_character_gives_a_valid_iri(slugs: SlugRegister, slug: str) -> None:
    for actor in slugs.read([slug]).actors:
        assert re.fullmatch(
            r"https://[\w.]+/harmgraph/id/organisation/[a-z0-9-]+", mint("organisation", actor.slug).value
        )


# --- The table ----------------------------------------------------------------------------------------------------


def test_the_table_names_no_person() -> None:
    for line, row in rows(TABLE, ("slug", "is", "target")):
        assert (row["is"] == "person") == row["slug"].startswith("sha256:"), line


def test_every_row_of_the_table_does_what_it_says(slugs: SlugRegister, vocabulary: Vocabulary) -> None:
    seen = dict.fromkeys(IS, 0)
    known = {system.slug for system in vocabulary.known_systems}
    for line, row in rows(TABLE, ("slug", "is", "target")):
        seen[row["is"]] += 1
        if row["is"] == "person":
            continue
        read = slugs.read([row["slug"]])
        assert len(read.actors) == (row["is"] == "organisation"), line
        assert len(read.systems) == (row["is"] == "system"), line
        for actor in read.actors:
            assert vocabulary.organisation(actor.slug) or actor.slug == slug_of(actor.label) != "", line
        for system in read.systems:
            assert system.slug in known or system.slug == slug_of(system.label) != "", line
    assert seen["person"] > 200
    assert seen["organisation"] > 400


@pytest.mark.parametrize("line", ["a,hero,", "a,group,b", "acme,system,c"])
def test_a_contradictory_row_stops_the_run(tmp_path: Path, line: str) -> None:
    for name in LOOKUPS.glob("*.csv"):
        (tmp_path / name.name).write_bytes(name.read_bytes())
    (tmp_path / "aiid-entities.csv").write_text(f"slug,is,target\nacme,organisation,Acme\n{line}\n", encoding="utf-8")
    with pytest.raises(BuildAborted, match=r"aiid-entities\.csv:3"):
        assert Vocabulary(tmp_path).slugs

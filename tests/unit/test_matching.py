"""Mentions and what they name: the gold standard, the names of one ministry, fields, and text of any kind."""

from __future__ import annotations

import csv
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harmgraph.background import background
from harmgraph.iris import mint
from harmgraph.linking.judgements import read_judgements
from harmgraph.linking.matching import COLUMNS, FIELDS, Match, Matcher, field_of
from harmgraph.pipeline import Project

PROJECT = Project(Path(__file__).resolve().parents[2])
UKRAINE = "https://w3id.org/harmgraph/id/organisation/ministry-of-defence-of-ukraine"


@pytest.fixture(scope="module")
def matcher() -> Matcher:
    return _matcher()


@cache
def _matcher() -> Matcher:
    vocabulary = PROJECT.vocabulary()
    return Matcher(vocabulary, read_judgements(PROJECT.judgements), background(PROJECT.ontology, vocabulary))


def items(matches: list[Match]) -> set[str]:
    return {match.cells("")[2] for match in matches} - {""}


def test_the_gold_standard_is_met_and_what_must_stay_unlinked_does(matcher: Matcher, shared_data: Path) -> None:
    """Precision ≥ .99 and recall ≥ .95 over items; an item of the mention counts once."""
    right = wrong = missed = 0
    for row in _gold(shared_data):
        found = items(matcher.match(row["mention"], "deployer"))
        expected = set(filter(None, row["qids"].split("|")))
        if row["kind"] != "LINK":
            assert not found, row["mention"]
        right += len(found & expected)
        wrong += len(found - expected)
        one_is_enough = row["mode"] == "any" and found & expected
        missed += 0 if one_is_enough else len(expected - found)
    assert right / (right + wrong) >= 0.99
    assert right / (right + missed) >= 0.95


def _gold(shared_data: Path) -> Iterator[dict[str, str]]:
    with (shared_data / "wikidata" / "gold_dev.csv").open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


@pytest.mark.parametrize(
    "name",
    [
        "Ministry of Defenсe of Ukraine",  # U+0441
        "Ministry of Defence of Ukraine",
        "MoD Ukraine",
        "Ukrainian Ministry of Defence",
    ],
)
def test_the_names_of_the_ukrainian_ministry_are_one_organisation(matcher: Matcher, name: str) -> None:
    (match,) = matcher.match(name, "deployer")
    assert match.iri is not None
    assert match.iri.value == UKRAINE
    judged = {each.subject: each.object for each in read_judgements(PROJECT.judgements) if each.holds}
    assert match.item == judged[match.iri]  # none, as long as nobody has found one


def test_a_ministry_without_its_country_goes_to_review(matcher: Matcher) -> None:
    assert matcher.match("Ministry of Defence", "deployer") == [Match(None, "review")]


def test_an_owner_is_linked_as_what_the_mention_is_part_of(matcher: Matcher) -> None:
    rows = [match.cells("Alphabet/Waymo")[2:5] for match in matcher.match("Alphabet/Waymo", "deployer")]
    assert rows == [("", "", "name"), ("Q20800404", "dct:isPartOf", "owner")]


def test_the_field_decides_what_a_mention_can_be(matcher: Matcher) -> None:
    assert items(matcher.match("Georgia", "jurisdiction")) == {"Q230"}
    assert items(matcher.match("Georgia", "deployer")) == set()
    assert items(matcher.match("ChatGPT", "system")) == {"Q115564437"}


def test_a_slug_of_the_ai_incident_database_is_read_as_one(matcher: Matcher) -> None:
    assert items(matcher.match("nypd", "deployer/developer slug")) == {"Q328473"}
    assert items(matcher.match("nypd", "deployer")) == {"Q328473"}


def test_every_jurisdiction_of_a_list_is_linked(matcher: Matcher) -> None:
    assert items(matcher.match("UK; USA", "Country(ies)")) == {"Q145", "Q30"}


def test_a_candidate_and_a_negative_judgement_give_no_item() -> None:
    vocabulary = PROJECT.vocabulary()
    subject = mint("organisation", "openai")
    (judgement,) = (each for each in read_judgements(PROJECT.judgements) if each.subject == subject)

    def found(**changes: object) -> set[str]:
        return items(Matcher(vocabulary, [replace(judgement, **changes)], ()).match("OpenAI", "developer"))  # type: ignore[arg-type]  # the fields of a Judgement

    assert found() == {"Q21708200"}
    assert found(negated=True) == set()
    assert found(justification="semapv:LexicalSimilarityThresholdMatching") == set()


def test_an_unknown_field_is_an_error() -> None:
    with pytest.raises(KeyError):
        field_of("colour")


@given(mention=st.text(max_size=60), field=st.sampled_from(FIELDS))
def test_any_text_is_matched_or_says_why_not(mention: str, field: str) -> None:
    found = _matcher().match(mention, field)
    assert found
    assert all(match.method and (match.item is None or match.predicate is not None) for match in found)


def test_the_command_reads_and_writes_csv() -> None:
    asked = 'mention,field\n"Amazon, Inc.",deployer\nunknown,developer\nFrance,colour\n'
    command = [sys.executable, "-m", "harmgraph", "link", "match"]
    done = subprocess.run(command, input=asked, capture_output=True, text=True, check=True, cwd=PROJECT.root)
    rows = list(csv.reader(done.stdout.splitlines()))
    assert tuple(rows[0]) == COLUMNS
    assert [row[2] for row in rows[1:]] == ["Q3884", "", ""]
    assert "line 4: field 'colour' is none of" in done.stderr


def test_a_header_that_lacks_a_column_is_named() -> None:
    command = [sys.executable, "-m", "harmgraph", "link", "match"]
    done = subprocess.run(command, input="name\nx\n", capture_output=True, text=True, cwd=PROJECT.root)
    assert done.returncode == 2
    assert "lacks field, mention" in done.stderr

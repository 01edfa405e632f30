"""Our gold standard of mentions: what it holds, and that the links meet their bars on the part that is for tests."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from benchmarks.gold import Mention, bootstrap, judged, outcomes, read_gold, total, wilson
from benchmarks.linking import OURS, gazetteer, main, matcher, ours, same, similar
from rapidfuzz import fuzz

from harmgraph.iris import BASE
from harmgraph.linking.matching import FIELDS, field_of
from harmgraph.linking.similar import read_gazetteer

find = cache(ours)


def rows() -> Iterator[dict[str, str]]:
    with OURS.open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def test_it_holds_more_than_three_hundred_distinct_mentions_in_two_parts() -> None:
    mentions = {(row["mention"], row["field"]): row["part"] for row in rows()}
    assert len(mentions) == len(list(rows())) == 507
    assert set(mentions.values()) == {"development", "test"}
    assert abs(2 * sum(part == "test" for part in mentions.values()) - len(mentions)) < 30
    assert {field for _, field in mentions} <= set(FIELDS)


def test_every_row_says_where_it_is_from_and_how_it_was_checked() -> None:
    for row in rows():
        assert row["record"].partition("/")[2], row
        assert row["checked"] in ("name", "record"), row
        items = list(filter(None, row["qids"].split("|")))
        assert (row["kind"] == "LINK") == bool(items) == bool(row["evidence"]), row
        assert len(row["iris"].split("|")) == len(row["evidence"].split("; ")) == max(len(items), 1), row
        assert "low" not in row["evidence"]


def test_every_number_of_an_organisation_has_evidence(shared_data: Path) -> None:
    evidenced = {entry.item.value for entry in read_gazetteer(shared_data / "wikidata" / "organisations.csv")}
    for row in rows():
        if row["field"] in ("organisation", "slug"):
            for number in filter(None, row["qids"].split("|")):
                assert f"http://www.wikidata.org/entity/{number}" in evidenced, row


@pytest.mark.parametrize("part", ["development", "test"])
def test_links_are_right_and_few_are_missed(part: str) -> None:
    gold = read_gold(OURS, part)
    whole = total(outcomes(gold, find()))
    assert whole.precision >= 0.99
    assert whole.recall >= 0.90
    assert whole.right > 60


def test_what_has_no_item_is_never_linked() -> None:
    for mention in read_gold(OURS):
        assert mention.items or not find()(mention), mention


def test_the_things_of_ours_are_the_right_ones() -> None:
    for row in rows():
        found = {match.iri.value for match in matcher().match(row["mention"], field_of(row["field"])) if match.iri}
        expected = {f"{BASE}id/{iri}" for iri in row["iris"].split("|") if iri}
        assert expected & found if row["mode"] == "any" and expected else expected <= found, row["mention"]


def test_an_item_of_several_is_enough_where_the_standard_says_so() -> None:
    one, several = (mention for mention in read_gold(OURS) if mention.text in ("Alphabet Google", "ByteDance/TikTok"))
    assert one.one_is_enough
    assert judged(one, {"Q95"}).missed == 0
    assert judged(several, {"Q48938223"}).missed == 1
    assert judged(several, {"Q1"}).wrong == 1


def test_intervals_hold_the_share_and_stay_within_0_and_1() -> None:
    assert [round(bound, 3) for bound in wilson(81, 100)] == [0.722, 0.875]  # worked out by hand
    assert wilson(5, 5)[1] == 1
    assert wilson(0, 0) == (0, 1)
    each = outcomes(read_gold(OURS, "test"), lambda mention: {"Q95"})
    low, high = bootstrap(each)
    assert 0 <= low <= total(each).f1 <= high <= 1


def test_the_benchmark_says_why_it_leaves_the_others_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["linking", str(OURS), "--gazetteers", str(tmp_path / "none")])
    main()
    shown = capsys.readouterr()
    assert "gold_mentions.csv, test: 258 mentions" in shown.out
    assert shown.out.count("| harmgraph link match | 1.000") == 2
    assert "there is no folder" in shown.err


def test_matchers_by_similarity_get_the_items_of_the_field_and_the_parts_of_a_mention(tmp_path: Path) -> None:
    items = tmp_path / "items.csv"
    items.write_text("label,qid,aliases,confidence\nAcme,Q1,Acme Corp|ACME,high\nBeta,Q2,,medium\nNEC,Q3,,low\n")
    known = {"organisation": gazetteer(items)}
    assert set(known["organisation"].items) == {"Q1", "Q2"}  # a number of low confidence is none
    both = Mention("acme corp./Beta", "organisation", frozenset({"Q1", "Q2"}), one_is_enough=False)
    assert same(known)(both) == {"Q1", "Q2"}
    slip = Mention("Acme Corq; NEC", "organisation", frozenset({"Q1"}), one_is_enough=False)
    assert same(known)(slip) == set()
    assert similar(known, fuzz.token_sort_ratio)(slip) == set()  # eight of nine letters are 0.89
    assert similar(known, fuzz.token_sort_ratio)(both) == {"Q1", "Q2"}

"""Mentions in a narrative: what is found, where, and what is left alone."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harmgraph.linking.gazetteer import fold, mentions
from harmgraph.model import Mention, Place
from harmgraph.vocabulary import Vocabulary

VOCABULARY = Vocabulary(Path(__file__).resolve().parents[2] / "data" / "lookups")
SAMPLES = [
    "Clearview AI",
    "the New York Times",
    "Russia",
    "US",
    " ",
    ". ",
    "’s ",
    "Meta",
    "é",
    "İ",
    "с",
    "\xa0",
    "Vkontakte",
]


def local(mention: Mention) -> str:
    return mention.thing.code if isinstance(mention.thing, Place) else mention.thing.slug


def found(text: str) -> list[str]:
    return [local(mention) for mention in mentions(text, VOCABULARY)]


def test_the_page_the_project_began_from(shared_data: Path) -> None:
    text = (shared_data / "aiaaic" / "pages" / "ukraine-war-clearview-ai.txt").read_text(encoding="utf-8")
    mentioned = mentions(text, VOCABULARY)
    assert {
        "UKR",
        "RUS",
        "reuters",
        "vkontakte",
        "forbes",
        "clearview-ai",
        "the-new-york-times",
        "telegram",
        "mailonline",
    }.issubset(map(local, mentioned))
    assert {"look-for-your-own", "united-states-department-of-energy"} <= set(map(local, mentioned))
    assert "Russia" in {mention.text for mention in mentioned}
    assert "fedorov" not in " ".join(map(local, mentioned))


@given(st.lists(st.one_of(st.sampled_from(SAMPLES), st.text(max_size=6))).map("".join))
def test_offsets_are_those_of_the_given_text_and_never_overlap(text: str) -> None:
    end = 0
    for mention in mentions(text, VOCABULARY):
        assert text[mention.start : mention.end] == mention.text
        assert mention.start >= end
        end = mention.end


@given(st.text())
def test_folding_keeps_every_offset(text: str) -> None:
    assert len(fold(text)) == len(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("told the New York Times that", ["the-new-york-times"]),  # not New York
        ("The New York Times Company sued", ["the-new-york-times-company"]),
        ("in New Mexico, New Jersey, Northern Ireland", ["US-NM", "US-NJ", "GB-NIR"]),  # not Mexico, Jersey, Ireland
        ("the US Department of Energy said", ["united-states-department-of-energy"]),
        ("Ukraine’s war", ["UKR"]),
        ("the Ministry of Defenсe of Ukraine", ["ministry-of-defence-of-ukraine"]),
        ("a US-based company, ByteDance/TikTok", ["USA", "bytedance", "tiktok"]),
        ("the social network VKontakte (VK)", ["vkontakte", "vkontakte"]),
        ("Condé\xa0Nast and Conde Nast", ["conde-nast", "conde-nast"]),
        ("TikTok, Tiktok and TIKTOK", ["tiktok", "tiktok", "tiktok"]),
        ("the Guardian and The Guardian", ["the-guardian", "the-guardian"]),
        ("made by Midjourney", ["midjourney"]),
    ],
)
def test_the_longest_name_is_found_as_it_is_written(text: str, expected: list[str]) -> None:
    assert found(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "let us and the eu decide",  # acronyms are capitals
        "a guardian angel, scale ai, new york times",
        "Apple pie. Target audiences. Meta analysis.",  # only at the start of sentences
        "Time and Signal and Liberty",
        "Jordan Example and Chad Sampleton",
        "Georgia on my mind",  # country or state
        "https://www.facebook.com/google, me@google.com, @OpenAI, #Tesla, nytimes.com/reuters/x",
        "Reutersville, Metaverse, Ukrainebased",
        "translated from English, French, and Portuguese",
        "she answered in Russian",
        "Native American tribes and African American users",
        "a kiwi, a chihuahua and a china cup",
        "Tim Cruise and Jasper Ford",
    ],
)
def test_what_only_looks_like_a_name_is_left_alone(text: str) -> None:
    assert found(text) == []


def test_a_common_word_counts_at_the_start_of_a_sentence_if_the_text_has_it_elsewhere() -> None:
    assert found("Apple refused. The iPhone maker Apple said so.") == ["apple", "apple"]


def test_a_demonym_means_its_country() -> None:
    (mention,) = mentions("It identified Russian soldiers.", VOCABULARY)
    assert (local(mention), mention.text) == ("RUS", "Russian")


def test_the_real_pages_take_a_few_milliseconds_each(shared_data: Path) -> None:
    lines = (shared_data / "aiaaic" / "pages_2024-02.jsonl").read_text(encoding="utf-8").splitlines()
    pages = [json.loads(line)["raw"] for line in lines]
    mentions("warm up", VOCABULARY)
    began = time.perf_counter()
    count = sum(len(mentions(page, VOCABULARY)) for page in pages)
    assert count > 4_000
    assert (time.perf_counter() - began) / len(pages) < 0.02  # measured: 0.001 to 0.002 s

"""The shapes that mentions have, each with variations: what is one thing in many spellings, and what must not be it."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from harmgraph.background import background
from harmgraph.linking.judgements import read_judgements
from harmgraph.linking.matching import Match, Matcher
from harmgraph.pipeline import Project

PROJECT = Project(Path(__file__).resolve().parents[2])


@cache
def matcher() -> Matcher:
    vocabulary = PROJECT.vocabulary()
    return Matcher(vocabulary, read_judgements(PROJECT.judgements), background(PROJECT.ontology, vocabulary))


def match(mention: str, field: str = "deployer") -> list[Match]:
    return matcher().match(mention, field)


def things(mention: str, field: str = "deployer") -> set[str]:
    """The names in the IRIs of what the mention names."""
    return {each.iri.value.rpartition("/")[2] for each in match(mention, field) if each.iri is not None}


def items(mention: str, field: str = "deployer") -> set[str]:
    return {each.cells("")[2] for each in match(mention, field)} - {""}


SAME = {
    "ministry-of-defence-of-ukraine": """
        Ministry of Defenсe of Ukraine|Ukrainian MoD|Ukraine MoD|MoD of Ukraine|Ministry of Defence (Ukraine)
        Ministry of Defense, Ukraine|Ministry of Defence (MoD) of Ukraine|Ukrainian Defence Ministry
        Ukraine's Ministry of Defense|the Ukrainian ministry of defence""",
    "ministry-of-defence-of-the-united-kingdom": """
        UK MoD|British MoD|Ministry of Defence (UK)|Ministry of Defence, United Kingdom|MoD UK
        United Kingdom Ministry of Defence""",
    "ministry-of-defence-of-the-russian-federation": """
        Russia's Ministry of Defence|Russian MoD|Ministry of Defence (Russia)|Russian defense ministry""",
    "ministry-of-justice-of-the-united-kingdom": "British Ministry of Justice|UK MoJ|Ministry of Justice, UK",
    "home-office": "UK Home Office|Home Office (UK)|British Home Office|Home Office, United Kingdom|U.K. Home Office",
    "united-states-department-of-defense": """
        US DoD|U.S. Department of Defense|Department of Defense (US)|American Department of Defense|Pentagon
        United States Defense Department""",
    "federal-police-of-germany": "German Federal Police|Federal Police (Germany)|Federal Police, Germany|Bundespolizei",
    "metropolitan-police-service": """
        Met Police|London Metropolitan Police|Metropolitan Police (London)|Metropolitan Police, UK|MPS
        Metropolitan Police Service (MPS)""",
    "chicago-police-department": "Chicago PD|Chicago Police Dept.|Chicago Police Department (CPD)|chicago police dept",
    "new-york-city-police-department": "NYPD|NYPD (New York Police Department)|New York Police Dept|New York City PD",
    "university-of-washington": "Univ. of Washington|The University of Washington|University of Washington, USA",
    "hugging-face": "HuggingFace|Hugging Face, Inc.|hugging face|huggingface",
    "tiktok": "Tik Tok|TikTok|Tiktok",
    "ford": "Ford Motor Company|Ford Motor Co.|Ford",
    "openai": "OpenAI LP|OpenAI, L.L.C.|Open AI|openai.com",
    "microsoft": "Micrоsoft|MICROSOFT CORP.|Microsoft\u200b|Ｍｉｃｒｏｓｏｆｔ",
}
"""A thing → names of it, by lines and ``|``."""


@pytest.mark.parametrize(
    ("thing", "name"),
    [(thing, text) for thing in SAME for name in SAME[thing].replace("\n", "|").split("|") if (text := name.strip())],
)
def test_one_thing_is_found_in_each_of_its_spellings(thing: str, name: str) -> None:
    assert things(name) == {thing}


@pytest.mark.parametrize(
    "name",
    [
        "Ministry of Defence",
        "MoD",
        "Defence Ministry",
        "Ministry of Justice",
        "Department of Defense (DoD)",
        "Federal Police",
        "Government",
    ],
)
def test_a_body_that_many_countries_have_goes_to_review(name: str) -> None:
    assert match(name) == [Match(None, "review")]


@pytest.mark.parametrize(
    "name",
    [
        "Israeli Ministry of Defence",
        "Ministry of Justice (France)",
        "Metropolitan Police (Buenos Aires)",
        "Home Office (Ireland)",
        "Brazilian Federal Police",
        "ICE (Department of Homeland Security)",
        "HSBC UK",
        "Deloitte (Kenya) Trust",
        "Volkswagen Group of America",
        "Apple Daily",
        "Mps",
        "Washington University",
        "Amazn",
        "Goggle",
        "Meta4",
        "Government of Ukraine",
    ],
)
def test_another_thing_is_not_linked_by_a_name_that_is_nearly_the_same(name: str) -> None:
    assert items(name) == set()


@pytest.mark.parametrize(
    "name",
    [
        "X users",
        "Google employees",
        "Individual",
        "Scammers",
        "unknown",
        "Multiple",
        "N/A",
        '["n/a"]',
        "[]",
        "Elon Musk",
    ],
)
def test_users_placeholders_and_persons_name_nothing(name: str) -> None:
    assert things(name) == set()


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("OpenAI; xAI", {"openai", "xai"}),
        ("OpenAI, xAI", {"openai", "xai"}),
        ("OpenAI and xAI", {"openai", "xai"}),
        ("Google, Anthropic, Meta and OpenAI", {"google", "anthropic", "meta-platforms", "openai"}),
        ("Google & Apple", {"google", "apple"}),
        ('["openai", "microsoft"]', {"openai", "microsoft"}),
        ("Department of Health and Social Care", {"department-of-health-and-social-care"}),
        ("Alphabet/Google/YouTube", {"youtube", "google", "alphabet"}),
        ("Marks and Starbucks", {"marks-and-starbucks"}),  # one part is unknown: it may be one name
    ],
)
def test_a_list_is_split_where_each_part_is_known(name: str, expected: set[str]) -> None:
    assert things(name) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("California, USA", {"Q99"}),
        ("USA/California", {"Q99"}),
        ("US - Texas", {"Q1439"}),
        ("UAE/Dubai", {"Q613"}),
        ("Georgia", {"Q230"}),
        ("Georgia, USA", set()),  # the state, or two countries
        ("UK, US", {"Q145", "Q30"}),
        ("Germany and France", {"Q183", "Q142"}),
        ("Belgium/Netherlands", {"Q31", "Q29999"}),
        ("Ukrаine", {"Q212"}),
        ("Québec", {"Q176"}),
        ("U.K", {"Q145"}),
        ("FR", {"Q142"}),
        ("GBR", {"Q145"}),
        ("CA", set()),  # Canada, or California
        ("Chnia", set()),
        ("Multiple", set()),
    ],
)
def test_places_are_read_with_what_they_lie_in(name: str, expected: set[str]) -> None:
    assert items(name, "jurisdiction") == expected


def test_the_country_of_a_town_is_where_it_lies_and_not_the_town() -> None:
    assert [each.cells("")[2:5] for each in match("Leeds, UK", "jurisdiction")] == [("Q145", "dct:isPartOf", "within")]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("LLMs", {"Q115305900"}),
        ("large language model (LLM)", {"Q115305900"}),
        ("Machine-learning", {"Q2539"}),
        ("ML", {"Q2539"}),
        ("ml", set()),
        ("Natural language processing (NLP)", {"Q30642"}),
        ("Machine learning, Deep learning", {"Q2539", "Q197536"}),
        ("Deepfakes", {"Q49473179"}),
        ("Drones", {"Q484000"}),
        ("AI", {"Q11660"}),
    ],
)
def test_labels_of_technologies_may_be_spelled_otherwise(name: str, expected: set[str]) -> None:
    assert items(name, "technology") == expected


@pytest.mark.parametrize("name", ["ChatGPT", "OpenAI ChatGPT", "OpenAI's ChatGPT", "OpenAI/ChatGPT", "Chat GPT"])
def test_a_system_is_found_with_its_developer_before_it(name: str) -> None:
    assert things(name, "system") == {"chatgpt"}


def test_a_system_of_another_version_is_another_system() -> None:
    assert items("Llama 2", "system") == items("Stable Diffusion XL", "system") == set()


def test_lists_of_systems_are_split_where_each_is_known() -> None:
    assert things("ChatGPT, Claude and Gemini", "system") == {"chatgpt", "claude", "gemini"}
    assert things("Search and Rescue Engine", "system") == {"search-and-rescue-engine"}

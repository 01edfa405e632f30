"""The competency queries answer what was worked out by hand on a small graph with the usual traps in it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from pyoxigraph import Literal, QuerySolutions, Store

from harmgraph.catalogue import catalogue
from harmgraph.iris import PREFIXES
from harmgraph.store.query_text.parameters import bound, declared

THIRD = "0.333333333333333333"
EXPECTED = {
    "01-a-technology-in-a-country-and-a-period": [("Two", "2021-01-01"), ("One", "2022-03-01", "2022-03-31")],
    "02-incidents-by-year-and-technology": [
        ("2019", "Facial recognition", "1", "0"),
        ("2021", "Chatbot", "1", "1"),
        ("2021", "Facial recognition", "1", "1"),
        ("2022", "Chatbot", "1", "1"),
        ("2022", "Facial recognition", "1", "0"),
        ("2022", "Live facial recognition", "1", "0"),
    ],
    "03-deployer-and-developer-at-once": [("Acme", "1", THIRD), ("Clearview AI", "1", THIRD)],
    "04-who-deploys-a-developers-systems": [("Gamma", "1")],
    "05-leading-deployers-and-developers": [
        ("Acme", "deployer", "2"),
        ("Acme", "developer", "1"),
        ("Beta", "developer", "1"),
        ("Clearview AI", "deployer", "1"),
        ("Clearview AI", "developer", "1"),
        ("Gamma", "deployer", "1"),
    ],
    "06-harm-feared-and-harm-done": [
        ("Discrimination", "Realised", "1"),
        ("Physical harm", "Realised", "2"),
        ("Wrongful detention", "Potential", "1"),
    ],
    # Physical harm and privacy meet once, where chance would have them meet 1.5 times: they are not listed.
    "07-harms-and-issues-together": [
        ("Discrimination", "Accuracy", "1", "2"),
        ("Physical harm", "Accuracy", "2", "2"),
        ("Suicide", "Privacy", "1", "1" + THIRD[1:]),
        ("Wrongful detention", "Privacy", "1", "1" + THIRD[1:]),
    ],
    "08-who-is-harmed-and-how": [
        ("Patients", "Health", "Physical harm", "1"),
        ("Residents", "Police", "Wrongful detention", "1"),
    ],
    "09-a-deployer-and-no-answer": [("Two", "Acme")],
    "10-responses-to-a-harm": [("Public apology", "Clearview AI", "1"), ("Public apology", "Gamma", "1")],
    "11-years-until-the-law": [("Four", "1", "2"), ("One", "1", "1")],
    "12-claims-of-those-involved": [("It works.", "Acme", "1"), ("Not ours.", "Clearview AI", "0")],
    "13-where-records-disagree": [("One", "2022"), ("One", "2022-03")],
    "14-black-boxes-of-governments": [("One", "Acme"), ("Three", "Clearview AI"), ("Three", "Gamma")],
    "15-criteria-of-the-oecd": [
        ("1", "title", "1"),
        ("2", "description", "2"),
        ("5", "date", "2"),
        ("6", "country", "4"),
        ("7", "supporting materials", "2"),
        ("8", "system", "3"),
        ("9", "organisations", "3"),
        ("11", "harm", "4"),
        ("14", "stakeholders", "2"),
        ("17", "industry", "3"),
        ("25", "task", "1"),
        ("27", "actions taken", "2"),
    ],
    "16-branches-of-a-serious-incident": [
        ("a", "Physical harm"),
        ("a", "Suicide"),
        ("a", "Physical harm"),
        ("c", "Wrongful detention"),
        ("c", "Wrongful detention"),
        ("c", "Discrimination"),
    ],
    "17-biometrics-of-police-and-army": [
        ("One", "Police", "Facial recognition"),
        ("One", "Police", "Live facial recognition"),
    ],
    "18-systems-with-several-deployers": [("Seer", "3", "3")],
    "19-what-made-it-news": [("Health", "User complaint", "1")],
    "20-one-report-alone": [("news.example.org", "1", "0.5")],
    "21-data-scraped-from-the-web": [("One",)],
    "22-named-but-not-where-it-happened": [("Four", "United States"), ("One", "Russia"), ("Two", "Russia")],
    "23-the-history-of-a-statement": [
        ("Acme", "Page (2024-02)", "line 1", "2024-02"),
        ("Gamma", "Sheet (2026-06)", "2026-06-01"),
    ],
    "31-the-latest-incidents": [
        ("Four", "2022-12-31"),
        ("Four", "2022-12-31"),
        ("One", "2022-03-01"),
        ("Two", "2021-01-01"),
        ("Three", "2019-05-01"),
        ("Three", "2019-05-01"),
    ],
    "32-incidents-by-country-and-year": [
        ("France", "2022", "1"),
        ("United States", "2019", "1"),
        ("United States", "2021", "1"),
        ("United States", "2022", "1"),
    ],
    "33-incidents-of-an-organisation-by-name": [("Three", "deployer"), ("Three", "developer")],
    "34-what-comes-with-a-technology": [
        ("Biometrics", "Privacy", "3"),
        ("Facial recognition", "Privacy", "3"),
        ("Chatbot", "Accuracy", "2"),
        ("Biometrics", "Accuracy", "1"),
        ("Chatbot", "Privacy", "1"),
        ("Facial recognition", "Accuracy", "1"),
        ("Live facial recognition", "Privacy", "1"),
    ],
    "35-owners-by-our-own-records": [("France", "2"), ("United States", "1")],
    "36-who-deploys-a-technology": [("Acme", "2"), ("Clearview AI", "1"), ("Gamma", "1")],
}


def test_every_query_has_an_answer_worked_out_by_hand(project: Path) -> None:
    assert {path.stem for path in (project / "queries" / "competency").glob("*.rq")} == set(EXPECTED)


@pytest.mark.parametrize("name", EXPECTED)
def test_a_competency_query_gives_the_rows_worked_out_by_hand(project: Path, store: Store, name: str) -> None:
    text = (project / "queries" / "competency" / f"{name}.rq").read_text(encoding="utf-8")
    assert re.match(r"# title: .+\n# question: .+\?\n", text)
    answer = store.query(text, prefixes=PREFIXES)
    assert isinstance(answer, QuerySolutions)
    literals = [tuple(term.value for term in row if isinstance(term, Literal)) for row in answer]
    assert literals == EXPECTED[name]


def test_each_parameter_that_is_declared_stands_in_its_query() -> None:
    queries = [query for query in catalogue() if declared(query.text)]
    assert len(queries) >= 8
    for query in queries:
        bound(query.text, {name: [default] for name, default in declared(query.text).items()})

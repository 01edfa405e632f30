"""The competency queries answer what was worked out by hand on a small graph with the usual traps in it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from pyoxigraph import Literal, QuerySolutions, RdfFormat, Store

from harmgraph.iris import PREFIXES

# The traps: two records disagree about the date of One and repeat its harm; Acme and Clearview AI have two roles; a
# narrower technology has two paths upwards; Two has no end; the year of Four is not certain; Three has two deployers;
# Europe is no country; AIAAIC0850 is known from two versions that name different deployers.
TRIG = """
GRAPH <https://example.org/r1> {
  hgi:I1 a hg:Incident ; hg:deployer hgo:acme ; hg:developer hgo:acme ; hg:occurred "2022"^^xsd:gYear ;
    dct:title "First"@en ; dct:description "Faces were Scraped from the web."@en ; hg:jurisdiction country:USA ;
    hg:technology hgc-technology:live, hgc-technology:facial-recognition ; hg:sector hgc-sector:government-police ;
    hg:issue hgc-issue:privacy ; hg:harm hgc-harm:wrongful-detention ; hg:affectedName "Residents"@en ;
    hg:realisation hgc-realisation:potential ; hg:transparencyConcern hgc-transparency:black-box ;
    hg:system <https://example.org/seer>, <https://example.org/twin> ; schema:mentions country:RUS, country:USA ;
    hg:response hgc-response:public-apology ; hg:reportedIn <https://example.org/rep1>, <https://example.org/rep2> ;
    hg:claim <https://example.org/c1>, <https://example.org/c2> ;
    hg:outcome <https://example.org/o1>, <https://example.org/o2>, <https://example.org/o3> .
  hgi:I2 a hg:Incident ; hg:deployer hgo:acme ; hg:developer hgo:beta ; hg:occurred "2021/.."^^edtf:EDTF ;
    dct:description "Photographs of patients were lost."@en ; hg:jurisdiction country:USA ;
    hg:technology hgc-technology:facial-recognition, hgc-technology:chatbot ; hg:sector hgc-sector:health ;
    hg:issue hgc-issue:privacy, hgc-issue:accuracy ; hg:harm hgc-harm:physical-harm ;
    hg:realisation hgc-realisation:realised ; hg:harmedPartyName "Patients"@en ; hg:affectedName "Patients"@en ;
    hg:system <https://example.org/seer>, <https://example.org/twin> ; schema:mentions country:RUS ;
    hg:newsTrigger hgc-news-trigger:user-complaint ; hg:reportedIn <https://example.org/rep3> ;
    foaf:page <https://example.org/page> . }
GRAPH <https://example.org/r2> {
  hgi:I1 a hg:Incident ; hg:deployer hgo:acme ; hg:occurred "2022-03"^^xsd:gYearMonth ; dct:title "One"@en ;
    hg:harm hgc-harm:wrongful-detention . }
GRAPH <https://example.org/r3> {
  hgi:I3 a hg:Incident ; hg:deployer hgo:gamma, hgo:clearview-ai ; hg:developer hgo:clearview-ai ;
    hg:jurisdiction country:USA ; hg:technology hgc-technology:facial-recognition ; hg:sector hgc-sector:government ;
    hg:issue hgc-issue:privacy ; hg:harm hgc-harm:suicide ; hg:transparencyConcern hgc-transparency:black-box ;
    hg:system <https://example.org/seer> ; hg:response hgc-response:public-apology ;
    hg:consequence hgc-consequence:fine ; hg:claim <https://example.org/c3> .
  hgi:I4 a hg:Incident ; hg:jurisdiction country:FRA, <https://example.org/europe> ; hg:purpose "Help"@en ;
    hg:technology hgc-technology:chatbot ; hg:issue hgc-issue:accuracy ; hg:realisation hgc-realisation:realised ;
    hg:harm hgc-harm:physical-harm, hgc-harm:discrimination ; schema:mentions country:USA ;
    hg:outcome <https://example.org/o4> . }
GRAPH <https://example.org/r4> { hgi:AIAAIC0850 hg:deployer hgo:acme . }
GRAPH <https://example.org/r5> { hgi:AIAAIC0850 hg:deployer hgo:gamma . }
GRAPH <https://example.org/more> {
  <https://example.org/c1> schema:text "It works."@en ; hg:claimant hgo:acme ;
    schema:appearance <https://example.org/rep1> .
  <https://example.org/c2> schema:text "It does not."@en ; hg:onBehalfOf hgo:gamma .
  <https://example.org/c3> schema:text "Not ours."@en ; hg:onBehalfOf hgo:clearview-ai .
  <https://example.org/o1> hg:outcomeKind hgc-consequence:fine ; dct:date "2023-05"^^xsd:gYearMonth .
  <https://example.org/o2> hg:outcomeKind hgc-consequence:fine ; dct:date "2024"^^xsd:gYear .
  <https://example.org/o3> hg:outcomeKind hgc-response:public-apology ; dct:date "2022-04-01"^^xsd:date .
  <https://example.org/o4> hg:outcomeKind hgc-consequence:fine ; dct:date "2024"^^xsd:gYear .
  <https://example.org/rep1> schema:url <https://www.example.com/a> .
  <https://example.org/rep2> schema:url <https://news.example.org/b> .
  <https://example.org/rep3> schema:url <https://news.example.org/c> . }
GRAPH <https://example.org/provenance> {
  <https://example.org/r4> rdfs:label "Page (2024-02)"@en ; hg:position "line 1" ;
    prov:wasDerivedFrom <https://example.org/s1> .
  <https://example.org/s1> dct:issued "2024-02"^^xsd:gYearMonth .
  <https://example.org/r5> rdfs:label "Sheet (2026-06)"@en ; prov:wasDerivedFrom <https://example.org/s2> .
  <https://example.org/s2> dct:issued "2026-06-01"^^xsd:date . }
GRAPH <https://example.org/bounds> {
  hgi:I1 hg:earliestDate "2022-03-01"^^xsd:date ; hg:latestDate "2022-03-31"^^xsd:date .
  hgi:I2 hg:earliestDate "2021-01-01"^^xsd:date .
  hgi:I3 hg:earliestDate "2019-05-01"^^xsd:date ; hg:latestDate "2019-05-31"^^xsd:date .
  hgi:I4 hg:earliestDate "2022-12-31"^^xsd:date ; hg:latestDate "2023-01-01"^^xsd:date . }
GRAPH <https://example.org/schemes> {
  hgc-technology:facial-recognition rdfs:label "Facial recognition"@en ; skos:broader hgc-technology:biometrics .
  hgc-technology:live rdfs:label "Live facial recognition"@en ;
    skos:broader hgc-technology:facial-recognition, hgc-technology:biometrics .
  hgc-technology:biometrics rdfs:label "Biometrics"@en .
  hgc-technology:facial-recognition skos:inScheme <https://w3id.org/harmgraph/id/scheme/technology> .
  hgc-technology:live skos:inScheme <https://w3id.org/harmgraph/id/scheme/technology> .
  hgc-technology:chatbot skos:inScheme <https://w3id.org/harmgraph/id/scheme/technology> .
  hgc-technology:chatbot rdfs:label "Chatbot"@en .
  hgc-sector:government rdfs:label "Government"@en .
  hgc-sector:government-police rdfs:label "Police"@en ; skos:broader hgc-sector:government .
  hgc-sector:health rdfs:label "Health"@en .
  hgc-issue:privacy rdfs:label "Privacy"@en . hgc-issue:accuracy rdfs:label "Accuracy"@en .
  hgc-harm:physical-harm rdfs:label "Physical harm"@en .
  hgc-harm:loss-of-life skos:broader hgc-harm:physical-harm .
  hgc-harm:suicide rdfs:label "Suicide"@en ; skos:broader hgc-harm:loss-of-life .
  hgc-harm:wrongful-detention rdfs:label "Wrongful detention"@en ; skos:broader hgc-harm:rights-loss .
  hgc-harm:discrimination rdfs:label "Discrimination"@en ; skos:broader hgc-harm:rights-loss .
  hgc-realisation:potential rdfs:label "Potential"@en . hgc-realisation:realised rdfs:label "Realised"@en .
  hgc-response:public-apology rdfs:label "Public apology"@en .
  hgc-consequence:fine skos:inScheme <https://w3id.org/harmgraph/id/scheme/consequence> .
  hgc-news-trigger:user-complaint rdfs:label "User complaint"@en . }
GRAPH <https://example.org/labels> {
  hgo:acme rdfs:label "Acme"@en . hgo:beta rdfs:label "Beta"@en . hgo:gamma rdfs:label "Gamma"@en .
  hgo:clearview-ai rdfs:label "Clearview AI"@en .
  <https://example.org/seer> rdfs:label "Seer"@en . <https://example.org/twin> rdfs:label "Twin"@en .
  country:USA a hg:Country ; rdfs:label "United States"@en . country:FRA a hg:Country ; rdfs:label "France"@en .
  country:RUS a hg:Country ; rdfs:label "Russia"@en . <https://example.org/europe> rdfs:label "Europe"@en .
  hgi:I1 rdfs:label "One"@en . hgi:I2 rdfs:label "Two"@en .
  hgi:I3 rdfs:label "Three"@en . hgi:I4 rdfs:label "Four"@en . }
"""
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
}


@pytest.fixture(scope="module")
def store() -> Store:
    """The graph, with its default graph as the merge of the others."""
    made = Store()
    made.load("".join(f"PREFIX {p}: <{iri}>\n" for p, iri in PREFIXES.items()) + TRIG, format=RdfFormat.TRIG)
    made.update("INSERT { ?s ?p ?o } WHERE { GRAPH ?g { ?s ?p ?o } }")
    return made


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

"""The small graph of the competency queries, with the usual traps in it: as a store, and as a release."""

from __future__ import annotations

from pathlib import Path

import pytest
from pyoxigraph import RdfFormat, Store, parse

from harmgraph.iris import PREFIXES
from harmgraph.store.preparing import prepare
from harmgraph.store.releases.release import Releases

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
GRAPH <https://example.org/links> {
  hgo:acme a hg:Organisation ; hg:country country:USA ; skos:exactMatch wd:Q900000001 .
  hgo:beta a hg:Organisation ; skos:exactMatch wd:Q900000002 .
  hgo:gamma a hg:Organisation ; hg:country country:USA ; skos:exactMatch wd:Q900000003 .
  hgo:clearview-ai a hg:Organisation ; hg:country country:USA ; skos:exactMatch wd:Q900000004 .
  hgo:acme hg:parentOrganisation hgo:group . hgo:group a hg:Organisation ; hg:country country:FRA .
  country:USA skos:exactMatch wd:Q30 . country:FRA skos:exactMatch wd:Q142 .
  hgc-technology:facial-recognition skos:exactMatch wd:Q900000040 .
  hgc-technology:chatbot skos:exactMatch wd:Q900000041 . }
"""
DECLARED = "".join(f"PREFIX {prefix}: <{iri}>\n" for prefix, iri in PREFIXES.items())


@pytest.fixture(scope="session")
def store() -> Store:
    """The graph, with its default graph as the merge of the others."""
    made = Store()
    made.load(DECLARED + TRIG, format=RdfFormat.TRIG)
    made.update("INSERT { ?s ?p ?o } WHERE { GRAPH ?g { ?s ?p ?o } }")
    return made


@pytest.fixture(scope="session")
def releases(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a release of the graph."""
    folder = tmp_path_factory.mktemp("releases")
    with Releases(folder).draft() as draft:
        draft.write_dump(parse(DECLARED + TRIG, format=RdfFormat.TRIG))
        prepare(draft.path)
        draft.publish({"built": "2026-01-01T00:00:00Z"})
    return folder

"""A small release whose measurements can be worked out by hand, in a store and as files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from pyoxigraph import RdfFormat, parse

from harmgraph.iris import PREFIXES
from harmgraph.quality import measured
from harmgraph.store.releases.loading import load_disk
from harmgraph.store.releases.release import Releases

# One is told by three records, two of "a", one of "b": of its dates, 2022 holds 2022-03; its deployers have one value
# in common, its countries none. The two records of Two name different years, a state and its country, a technology and
# a narrower one. Three is of no record, but of a graph of harmgraph's own, which is no source.
TRIG = """
GRAPH <https://w3id.org/harmgraph/id/record/a/1/I1> {
  hgi:I1 a hg:Incident ; hg:occurred "2022"^^xsd:gYear ; hg:deployer hgo:acme, hgo:beta ; hg:jurisdiction country:USA ;
    dct:description "One."@en ; hg:incidentKind hgc-kind:incident . }
GRAPH <https://w3id.org/harmgraph/id/record/a/2/I1> {
  hgi:I1 a hg:Incident ; hg:occurred "2022-03"^^xsd:gYearMonth ; hg:deployer hgo:acme ; hg:jurisdiction country:USA . }
GRAPH <https://w3id.org/harmgraph/id/record/b/1/I1> {
  hgi:I1 a hg:Incident ; hg:jurisdiction country:FRA ; hg:incidentKind hgc-kind:incident . }
GRAPH <https://w3id.org/harmgraph/id/record/b/1/I2> {
  hgi:I2 a hg:Incident ; hg:occurred "2021-05-06"^^xsd:date ; foaf:page <https://example.org/2> ;
    hg:jurisdiction country:USA ; hg:technology hgc-technology:face . }
GRAPH <https://w3id.org/harmgraph/id/record/b/2/I2> {
  hgi:I2 a hg:Incident ; hg:occurred "2020"^^xsd:gYear ; hg:jurisdiction <https://example.org/michigan> ;
    hg:technology hgc-technology:biometrics . }
GRAPH <https://w3id.org/harmgraph/id/graph/consolidation> {
  hgi:I3 a hg:Incident ; hg:deployer hgo:beta .
  <https://example.org/michigan> hg:within country:USA . hgc-technology:face skos:broader hgc-technology:biometrics .
  hgi:I1 hg:jurisdiction country:DEU .
  hgo:acme a hg:Organisation ; hg:country country:USA ; skos:exactMatch wd:Q1 .
  hgo:beta a hg:Organisation ; skos:exactMatch <https://example.org/beta> . }
"""
REPORT = """
@prefix sh: <http://www.w3.org/ns/shacl#> . @prefix hgs: <https://w3id.org/harmgraph/shapes#> .
@prefix r: <https://w3id.org/harmgraph/id/graph/validation#> . @prefix hgi: <https://w3id.org/harmgraph/id/incident/> .
r:1 a sh:ValidationResult ; sh:focusNode hgi:I1 ; sh:sourceShape hgs:actor ; sh:resultSeverity sh:Warning ;
  sh:resultMessage "No actor."@en .
r:2 a sh:ValidationResult ; sh:focusNode hgi:I2 ; sh:sourceShape hgs:actor ; sh:resultSeverity sh:Warning ;
  sh:resultMessage "No actor."@en .
r:3 a sh:ValidationResult ; sh:focusNode hgi:I2 ; sh:sourceShape hgs:old ; sh:resultSeverity sh:Info ;
  sh:resultMessage "Old."@en .
"""
PROBLEMS = [
    {
        "source": "a",
        "record": "I1",
        "field": "Date",
        "value": "20??",
        "kind": "odd",
        "message": "m",
        "severity": "warning",
    },
    {
        "source": "a",
        "record": "I8",
        "field": "Date",
        "value": "x",
        "kind": "odd",
        "message": "m",
        "severity": "warning",
    },
    {
        "source": "b",
        "record": "I9",
        "field": "row",
        "value": "<script>alert(1)</script>",
        "kind": "broken",
        "message": "cannot be read",
        "severity": "error",
    },
]
FACTS: dict[str, Any] = {
    "built": "2026-01-01T00:00:00+00:00",
    "incidents": 3,
    "quads": 21,
    "sources": [
        {"source": "a", "version": "1", "read": 1, "new": 1, "merged": 0, "withdrawn": 0, "quarantined": 0},
        {"source": "b", "version": "1", "read": 3, "new": 1, "merged": 1, "withdrawn": 0, "quarantined": 1},
    ],
}


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The release as a folder, without its measurements."""
    declared = "".join(f"PREFIX {prefix}: <{iri}>\n" for prefix, iri in PREFIXES.items())
    with Releases(tmp_path_factory.mktemp("releases")).draft() as draft:
        draft.write_dump(parse(declared + TRIG, format=RdfFormat.TRIG))
        load_disk(draft.dump, draft.path / "store")
        (draft.path / "report.ttl").write_text(REPORT)
        (draft.path / "problems.jsonl").write_text("".join(json.dumps(each) + "\n" for each in PROBLEMS))
        return draft.publish(FACTS).path


@pytest.fixture(scope="session")
def found(folder: Path) -> dict[str, Any]:
    """What is measured of it."""
    return measured(folder, FACTS)

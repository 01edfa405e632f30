"""Measurements against what was worked out by hand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from pyoxigraph import Literal, RdfFormat, Store, serialize
from typer.testing import CliRunner

from harmgraph.cli import app
from harmgraph.iris import BASE
from harmgraph.quality import dqv, read
from harmgraph.quality.metrics import COMPARED, COVERAGE


@pytest.mark.parametrize(
    ("name", "count", "of"),
    [
        ("dated", 2, 3),
        ("described", 1, 3),
        ("placed", 2, 3),
        ("with-deployer", 2, 3),
        ("with-developer", 0, 3),
        ("with-evidence", 1, 3),
        ("to-the-month", 2, 2),
        ("to-the-day", 1, 2),
        ("linked-organisations", 1, 2),
        ("linked-systems", 0, 0),
        ("linked-incidents", 1, 3),
        ("organisations-in-a-country", 1, 2),
    ],
)
def test_coverage_counts_each_thing_once(found: dict[str, Any], name: str, count: int, of: int) -> None:
    (each,) = [each for each in found["coverage"] if each["name"] == name]
    assert (each["count"], each["of"]) == (count, of)


def test_each_source_is_measured_by_what_its_own_records_say(found: dict[str, Any]) -> None:
    by_source = {each["name"]: each.get("by_source") for each in found["coverage"]}
    assert by_source["dated"] == {"a": {"count": 1, "of": 1}, "b": {"count": 1, "of": 2}}
    assert by_source["with-deployer"] == {"a": {"count": 1, "of": 1}, "b": {"count": 0, "of": 2}}
    assert by_source["linked-organisations"] is None


def test_records_disagree_where_they_share_no_value(found: dict[str, Any]) -> None:
    counts = {each["name"]: (each["count"], each["of"]) for each in found["disagreements"]}
    assert counts["jurisdiction"] == (1, 2)  # the USA twice, and France; a state agrees with its country
    assert counts["technology"] == (0, 1)
    assert counts["deployer"] == (0, 1)
    assert counts["kind"] == (0, 1)
    assert counts["occurred"] == (1, 2)  # 2022 holds 2022-03; 2020 does not hold 2021-05-06
    (dates,) = [each for each in found["disagreements"] if each["name"] == "occurred"]
    assert dates["examples"] == [f"{BASE}id/incident/I2"]


def test_findings_are_counted_by_kind_and_shape(found: dict[str, Any]) -> None:
    kinds = [(each["source"], each["kind"], each["severity"], each["count"]) for each in found["problems"]["kinds"]]
    assert kinds == [("a", "odd", "warning", 2), ("b", "broken", "error", 1)]
    assert [(each["record"], each["message"]) for each in found["problems"]["left_out"]] == [("I9", "cannot be read")]
    validation = found["validation"]
    assert (validation["Violation"], validation["Warning"], validation["Info"]) == (0, 2, 1)
    assert [(each["shape"], each["count"]) for each in validation["shapes"]] == [("actor", 2), ("old", 1)]
    assert validation["shapes"][0]["examples"] == [f"{BASE}id/incident/I1", f"{BASE}id/incident/I2"]


def test_every_metric_has_a_name_of_its_own_and_is_measured(found: dict[str, Any]) -> None:
    assert [each["name"] for each in found["coverage"]] == [metric.name for metric in COVERAGE]
    assert len({metric.name for metric in COVERAGE}) == len(COVERAGE)
    assert [each["name"] for each in found["disagreements"]] == [compared.name for compared in COMPARED]


def dqv_store(found: dict[str, Any]) -> Store:
    store = Store()
    store.load(serialize(dqv.triples(found), format=RdfFormat.N_TRIPLES), format=RdfFormat.N_TRIPLES)
    return store


def test_dqv_has_the_value_on_the_data_set_and_on_each_source(found: dict[str, Any]) -> None:
    question = """PREFIX dqv: <http://www.w3.org/ns/dqv#>
      SELECT ?on ?value { ?m a dqv:QualityMeasurement ; dqv:computedOn ?on ; dqv:value ?value ;
        dqv:isMeasurementOf <https://w3id.org/harmgraph/quality#metric-dated> } ORDER BY ?on"""
    rows = [(row["on"].value, row["value"].value) for row in dqv_store(found).query(question)]  # type: ignore[union-attr]
    assert rows == [
        (f"{BASE}#dataset", "0.6667"),
        (f"{BASE}id/dataset/a", "1"),
        (f"{BASE}id/dataset/b", "0.5"),
    ]


@pytest.mark.parametrize(
    "fault",
    [
        # What DQV wants of each: one metric, one value, something that it was computed on, a dimension of each metric.
        "?m a dqv:QualityMeasurement FILTER NOT EXISTS { ?m dqv:isMeasurementOf ?x . ?x a dqv:Metric }",
        "?m a dqv:QualityMeasurement FILTER NOT EXISTS { ?m dqv:computedOn ?x . ?x dqv:hasQualityMeasurement ?m }",
        "?m dqv:value ?v, ?w FILTER(?v != ?w)",
        "?m a dqv:Metric FILTER NOT EXISTS { ?m dqv:inDimension ?x . ?x a dqv:Dimension ; skos:definition ?text }",
        "?m dqv:isMeasurementOf/dqv:expectedDataType ?type ; dqv:value ?v FILTER(DATATYPE(?v) != ?type)",
    ],
)
def test_dqv_is_whole(found: dict[str, Any], fault: str) -> None:
    prefixes = "PREFIX dqv: <http://www.w3.org/ns/dqv#> PREFIX skos: <http://www.w3.org/2004/02/skos/core#> "
    assert not list(dqv_store(found).query(f"{prefixes} SELECT ?m {{ {fault} }}"))  # type: ignore[arg-type]


def test_a_share_of_nothing_is_left_out(found: dict[str, Any]) -> None:
    assert not [t for t in dqv.triples(found) if "measurement-linked-systems" in str(t.subject)]
    assert Literal("2 of 3", language="en") in {t.object for t in dqv.triples(found)}


def test_the_command_measures_a_release_that_carries_no_measurements(
    folder: Path, found: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HARMGRAPH_RELEASES", str(folder.parent))
    assert read(folder) is None
    printed = CliRunner().invoke(app, ["quality", "--format", "json"])
    assert printed.exit_code == 0 and json.loads(printed.stdout) == found
    table = CliRunner().invoke(app, ["quality", folder.name])
    assert "incidents with a date" in table.stdout and "66.7 %" in table.stdout
    assert CliRunner().invoke(app, ["quality", "--format", "ttl"]).stdout.startswith("@prefix")
    assert CliRunner().invoke(app, ["quality", "--format", "xls"]).exit_code == 2
    assert CliRunner().invoke(app, ["quality", "0000"]).exit_code == 2

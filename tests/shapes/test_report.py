"""What a report says, and that it says the same of every RDF format: run on small data in files, as the commands do."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from pyoxigraph import BlankNode, Literal, NamedNode, Quad, RdfFormat, parse, serialize

from harmgraph.errors import SnapshotUnreadable
from harmgraph.iris import BASE, PREFIXES, PROV, RDF, SH
from harmgraph.validation import Report, validate, validate_reference

RECORD = BASE + "id/record/aiaaic-sheet/2026-06/AIAAIC0850"
OTHER = BASE + "id/record/aiaaic-page/2024-02/AIAAIC0850"
DATA = f"""
<{RECORD}> {{ hgi:AIAAIC0850 a hg:Incident ; dct:identifier "AIAAIC0850" ; dct:title "A title"@en ;
  hg:issue hgc-issue:one ; hg:deployer "Ministry of\\u001B[31m Defence" ; hg:jurisdiction country:UKR . }}
<{OTHER}> {{ hgi:AIAAIC0850 a hg:Incident ; hg:deployer hgo:acme ; hg:purpose "Identify" . }}
<{BASE}id/graph/provenance> {{ <{BASE}id/record/test/1/base> foaf:primaryTopic hgi:AIAAIC0850 . }}
<{BASE}id/graph/consolidation> {{ hgi:AIAAIC0850 skos:prefLabel "A title"@en ; rdfs:label "A title"@en . }}
"""
PROLOGUE = "".join(f"PREFIX {prefix}: <{iri}>\n" for prefix, iri in PREFIXES.items())


@pytest.fixture(scope="module")
def quads() -> list[Quad]:
    return list(parse(PROLOGUE + DATA, format=RdfFormat.TRIG))


@pytest.fixture(scope="module")
def background() -> list[Quad]:
    path = Path(__file__).parent / "background.ttl"
    return list(parse(path=path, format=RdfFormat.TURTLE))


@pytest.fixture
def report(tmp_path: Path, quads: list[Quad], background: list[Quad], shapes_folder: Path) -> Report:
    return validate(_written(tmp_path / "data.nq", quads), shapes_folder, background)


def _written(path: Path, quads: list[Quad]) -> Path:
    known = RdfFormat.from_extension(path.suffix[1:])
    assert known is not None
    serialize(quads if known.supports_datasets else (quad.triple for quad in quads), output=path, format=known)
    return path


def test_the_verdict_counts_by_severity(report: Report) -> None:
    assert (report.violations, report.warnings, report.infos) == (3, 1, 0)
    assert report.summary() == "3 violations, 1 warnings, 0 hints"
    assert [result.severity for result in report.results] == ["Violation"] * 3 + ["Warning"]


def test_a_line_names_severity_thing_field_value_message_record_and_shape(report: Report) -> None:
    purpose = next(line for line in report.lines() if "hgs:purpose" in line)
    assert purpose == (
        "Violation: hgi:AIAAIC0850: purpose: 'Identify': An hg:purpose is a text with a language tag."
        " (in record/aiaaic-page/2024-02/AIAAIC0850; hgs:purpose)"
    )


def test_control_characters_of_a_source_do_not_reach_the_terminal(report: Report) -> None:
    assert any("\\x1b[31m" in line for line in report.lines())
    assert not any("\x1b" in line for line in report.lines())


def test_a_long_value_is_cut(tmp_path: Path, shapes_folder: Path) -> None:
    data = tmp_path / "long.ttl"
    data.write_text(PROLOGUE + f'hgi:a hg:purpose "{"long " * 1000}" .\n')
    assert all(len(line) < 400 for line in validate(data, shapes_folder).lines())


def test_a_result_is_located_in_the_record_that_states_it(report: Report) -> None:
    places = {result.field: [graph.value for graph in result.graphs] for result in report.results}
    assert places["deployer"] == [RECORD]
    assert places["purpose"] == [OTHER]


def test_a_missing_statement_is_located_in_the_graphs_that_speak_of_the_thing(report: Report) -> None:
    missing = next(result for result in report.results if result.component == "MinCount")
    assert [graph.value for graph in missing.graphs] == [BASE + "id/graph/consolidation", OTHER, RECORD]


def test_results_are_counted_by_shape(report: Report) -> None:
    assert ("hgs:deployer", "Violation", 2) in [each[:3] for each in report.by_shape()]


@pytest.mark.parametrize("extension", ["nq", "nt", "ttl", "trig", "rdf", "jsonld"])
def test_every_format_gives_the_same_results(
    extension: str, report: Report, tmp_path: Path, quads: list[Quad], background: list[Quad], shapes_folder: Path
) -> None:
    found = validate(_written(tmp_path / f"data.{extension}", quads), shapes_folder, background)
    # A format without named graphs cannot say which record it was.
    assert [replace(each, graphs=()) for each in found.results] == [replace(each, graphs=()) for each in report.results]
    assert all(each.graphs for each in found.results) == (extension in {"nq", "trig", "jsonld"})


def test_both_engines_give_equal_reports(
    report: Report, tmp_path: Path, quads: list[Quad], background: list[Quad], shapes_folder: Path
) -> None:
    reference = validate_reference(_written(tmp_path / "again.nq", quads), shapes_folder, background)
    assert reference.results == report.results
    assert (report.engine, reference.engine) == ("shacl", "pyshacl")


def test_the_report_as_rdf_has_each_result_and_no_blank_node(report: Report) -> None:
    triples = [quad.triple for quad in parse(report.to_turtle(), format=RdfFormat.TURTLE)]
    results = {t.subject for t in triples if t.predicate == RDF.type and t.object == SH.ValidationResult}
    assert len(results) == len(report.results)
    assert {t.object for t in triples if t.predicate == SH.result} == results
    assert not [t for t in triples if isinstance(t.subject, BlankNode) or isinstance(t.object, BlankNode)]
    for name in ("focusNode", "resultSeverity", "sourceShape", "sourceConstraintComponent", "resultMessage"):
        assert {t.subject for t in triples if t.predicate == SH[name]} == results
    assert NamedNode(RECORD) in {t.object for t in triples if t.predicate == PROV.wasDerivedFrom}


def test_the_same_data_give_the_same_report_to_the_byte(
    report: Report, tmp_path: Path, quads: list[Quad], background: list[Quad], shapes_folder: Path
) -> None:
    again = validate(_written(tmp_path / "again.nq", quads), shapes_folder, background)
    assert again.to_turtle() == report.to_turtle()


def test_conforming_data_give_an_empty_report(shapes_folder: Path) -> None:
    report = validate(Path(__file__).parent / "background.ttl", shapes_folder)
    assert (report.results, list(report.lines())) == ((), [])
    triples = [quad.triple for quad in parse(report.to_turtle(), format=RdfFormat.TURTLE)]
    assert [str(triple.object) for triple in triples if triple.predicate == SH.conforms] == [str(Literal(True))]


@pytest.mark.parametrize(
    ("name", "text", "place"),
    [
        ("broken.ttl", '<urn:a> <urn:b> "c" .\n<urn:a> <urn:b> oops .\n', ":2:"),
        ("broken.nq", '<urn:a> <urn:b> "c" .\n<urn:a> "b" <urn:c> .\n', ":2:9"),
        ("broken.trig", "<urn:g> {\n<urn:a> <urn:b>\n", ":"),
        ("broken.jsonld", '{"@id": "urn:a",\n "urn:b": }', ":2:"),
        ("broken.rdf", "<rdf:RDF>\n<oops>\n</rdf:RDF>", ":"),
    ],
)
def test_a_syntax_error_names_file_line_and_column(
    name: str, text: str, place: str, tmp_path: Path, background: list[Quad], shapes_folder: Path
) -> None:
    path = tmp_path / name
    path.write_text(text)
    for known in ([], background):
        with pytest.raises(SnapshotUnreadable) as caught:
            validate(path, shapes_folder, known)
        assert str(caught.value).startswith(f"{path}{place}")


def test_a_file_of_no_rdf_format_is_refused(tmp_path: Path, shapes_folder: Path) -> None:
    path = tmp_path / "incidents.csv"
    path.write_text("id,title\n")
    with pytest.raises(SnapshotUnreadable, match=r"\.csv extension stands for no RDF format; name the file \.nq"):
        validate(path, shapes_folder)


@pytest.mark.parametrize("name", ["missing.nq", "missing.ttl"])
def test_a_missing_file_is_refused(name: str, tmp_path: Path, shapes_folder: Path, background: list[Quad]) -> None:
    for known in ([], background):
        with pytest.raises(SnapshotUnreadable, match="missing"):
            validate(tmp_path / name, shapes_folder, known)

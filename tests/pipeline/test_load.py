"""`harmgraph load`: any RDF files become a release that answers like any other."""

from __future__ import annotations

import bz2
import gzip
import lzma
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest
from pyoxigraph import (
    BlankNode,
    CanonicalizationAlgorithm,
    Dataset,
    NamedNode,
    Quad,
    RdfFormat,
    Store,
    Triple,
    parse,
    serialize,
)
from typer.testing import CliRunner

from harmgraph.cli import app
from harmgraph.errors import DoesNotConform, SnapshotUnreadable
from harmgraph.importing import load
from harmgraph.iris import BASE
from harmgraph.pipeline import Project, conformance
from harmgraph.store.releases.rdf_files import RdfFile
from harmgraph.store.releases.release import Release, Releases
from harmgraph.store.releases.text_index import TextIndex

from .conftest import silent

TURTLE = """@prefix : <http://e.example/> . @prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
:a :list ( 1 "two"@en-GB "3"^^xsd:decimal [ :deep _:x ] ) ; :p _:x , <rel#é> , <../up> .
:a :p "line\\nend\\r\\t\\"" , '''\\u2028''' .
_:x :says <<( :a :p _:x )>> ; :value 1.0e0 , 01 , true , "x"^^:own .
"""


def written(folder: Path, name: str, text: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def loaded(folder: Path, *files: RdfFile) -> Release:
    return load(files, Releases(folder / "releases"), silent)


def dump_of(release: Release) -> list[Quad]:
    return list(parse(path=str(release.dump), format=RdfFormat.N_QUADS))


def canonical(quads: list[Quad]) -> Dataset:
    dataset = Dataset(Quad(quad.subject, quad.predicate, quad.object) for quad in quads)
    dataset.canonicalize(CanonicalizationAlgorithm.UNSTABLE)
    return dataset


def test_what_was_loaded_is_found_by_its_words(tmp_path: Path) -> None:
    text = '<http://e.example/a> <http://www.w3.org/2000/01/rdf-schema#label> "An odd\\nlabel"@en .'
    release = loaded(tmp_path, RdfFile.of(written(tmp_path, "one.nt", text)))
    index = TextIndex.open(release.path / "text")
    assert index is not None
    assert [hit.iri for hit in index.search('"odd label"', None)] == ["http://e.example/a"]


def test_a_file_goes_to_the_graph_of_its_name_with_its_blank_nodes(tmp_path: Path) -> None:
    path = written(tmp_path, "odd name é.ttl", TURTLE)
    release = loaded(tmp_path, RdfFile.of(path))
    graph = NamedNode(path.as_uri())
    quads = dump_of(release)
    assert {quad.graph_name for quad in quads} == {graph}
    wanted = list(parse(TURTLE, format=RdfFormat.TURTLE, base_iri=path.as_uri()))
    assert canonical(quads) == canonical(wanted)
    assert release.dump.read_bytes().splitlines() == sorted(release.dump.read_bytes().splitlines())
    assert Releases(tmp_path / "releases").current().id == release.id
    assert release.facts["files"][0]["quads"] == release.facts["quads"] == len(wanted)


def test_the_same_files_are_the_same_release(tmp_path: Path) -> None:
    files = [RdfFile.of(written(tmp_path, name, TURTLE), "http://g.example/") for name in ("a.ttl", "b.ttl")]
    first = loaded(tmp_path / "one", *files).dump.read_bytes()
    assert first == loaded(tmp_path / "two", *files).dump.read_bytes()


def test_blank_nodes_of_two_files_are_two_and_those_of_two_graphs_of_one_file_are_one(tmp_path: Path) -> None:
    one = written(tmp_path, "one.nq", "_:b <http://e/p> <http://e/o> .\n_:b <http://e/p> <http://e/o> <http://e/g> .\n")
    two = written(tmp_path, "two.nt", "_:b <http://e/p> <http://e/o> .\n")
    release = loaded(tmp_path, RdfFile.of(one), RdfFile.of(two))
    subjects = {(q.graph_name.value, q.subject) for q in dump_of(release) if isinstance(q.graph_name, NamedNode)}
    assert {graph for graph, _ in subjects} == {one.as_uri(), two.as_uri(), "http://e/g"}
    assert len({subject for _, subject in subjects}) == 2
    store = Store.read_only(str(release.path / "store"))
    assert len(list(store.quads_for_pattern(None, None, None, None))) == 5, "two in the default graph, each once"
    joined = store.query("ASK { ?b <http://e/p> ?o GRAPH <http://e/g> { ?b <http://e/p> ?o } }")
    assert bool(joined), "a blank node is the same one in its graph and in the default graph"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("g.trig", "@prefix : <http://e/> . :s :about _:g . _:g { :a :b _:g . }"),
        ("g.nq", "<http://e/s> <http://e/about> _:g .\n<http://e/a> <http://e/b> _:g _:g .\n"),
        (
            "g.jsonld",
            '[{"@id":"http://e/s","http://e/about":{"@id":"_:g"}},'
            '{"@id":"_:g","@graph":[{"@id":"http://e/a","http://e/b":{"@id":"_:g"}}]}]',
        ),
    ],
)
def test_a_blank_node_that_names_a_graph_becomes_an_iri_wherever_it_stands(
    tmp_path: Path, name: str, text: str
) -> None:
    release = loaded(tmp_path, RdfFile.of(written(tmp_path, name, text), "http://file.example/"))
    quads = dump_of(release)
    graph = NamedNode("http://file.example/#graph-1")
    assert {quad.graph_name for quad in quads} == {NamedNode("http://file.example/"), graph}
    assert {quad.object for quad in quads} == {graph}


@pytest.mark.parametrize("form", ["nt", "ttl", "rdf", "jsonld", "nq", "trig"])
def test_every_format_says_the_same(tmp_path: Path, form: str) -> None:
    text = "<http://e/s> <http://e/p> _:b . _:b <http://e/p> 'x'@en, '1'^^<http://www.w3.org/2001/XMLSchema#integer> ."
    triples = [quad.triple for quad in parse(text, format=RdfFormat.TURTLE)]
    rdf_format = RdfFormat.from_extension(form)
    assert rdf_format is not None
    page = serialize(triples, format=rdf_format)
    assert page is not None
    release = loaded(tmp_path, RdfFile.of(written(tmp_path, f"x.{form}", page)))
    assert canonical(dump_of(release)) == canonical(list(parse(text, format=RdfFormat.TURTLE)))


@pytest.mark.parametrize(
    ("suffix", "compress"),
    [("gz", gzip.compress), ("bz2", bz2.compress), ("xz", lzma.compress)],
)
def test_compressed_files_are_read(tmp_path: Path, suffix: str, compress: object) -> None:
    assert callable(compress)
    path = written(tmp_path, f"x.ttl.{suffix}", compress(TURTLE.encode()))
    assert loaded(tmp_path, RdfFile.of(path)).facts["quads"] == 20
    cut = written(tmp_path, f"cut.ttl.{suffix}", path.read_bytes()[:-12])
    with pytest.raises(SnapshotUnreadable, match=r"cut\.ttl"):
        loaded(tmp_path, RdfFile.of(cut))


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("x.ttl", "<http://e/a> <http://e/b> 1 .\n<http://e/a> <http://e/b c> 1 .", "line 2, column 14.*Turtle"),
        ("x.nt", "<http://e/a> <http://e/b> <rel> .", "line 1, column 27.*N-Triples"),
        ("x.nq", b'<http://e/a> <http://e/b> "\xff" .', "line 1, column 28.*UTF-8"),
        ("x.rdf", "<a>\n<b></a>", "line 2, column 6"),
        ("x.jsonld", '{"@id":', "line 1, column 8.*JSON-LD"),
        ("x.jsonld", '{"@context":"http://127.0.0.1:9/c","a":1}', "remote @context.*nothing is fetched"),
        ("x.ttl.gz", "not gzip", "cannot be read"),
        ("x.csv", "a,b", "'csv' stands for no RDF format.*--format"),
    ],
)
def test_an_unreadable_file_names_the_place_and_leaves_the_release(
    tmp_path: Path, name: str, text: str | bytes, message: str
) -> None:
    before = loaded(tmp_path, RdfFile.of(written(tmp_path, "good.ttl", TURTLE)))
    with pytest.raises(SnapshotUnreadable, match=message) as caught:
        loaded(tmp_path, RdfFile.of(written(tmp_path, name, text)))
    assert name in str(caught.value)
    releases = Releases(tmp_path / "releases")
    assert releases.current().id == before.id
    assert not list(releases.root.glob(".draft-*"))


def test_the_command_names_graphs_in_three_ways(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HARMGRAPH_RELEASES", str(tmp_path / "releases"))
    monkeypatch.chdir(tmp_path)
    for name in ("a.ttl", "b.ttl", "c=d.ttl"):
        written(tmp_path, name, "<s> <p> <o> .")
    result = CliRunner().invoke(app, ["load", "http://x.example/?q=1=a.ttl", "b.ttl", "c=d.ttl"])
    assert result.exit_code == 0, result.output
    quads = dump_of(Releases(tmp_path / "releases").current())
    at = {quad.graph_name.value: quad.subject for quad in quads if isinstance(quad.graph_name, NamedNode)}
    assert set(at) == {"http://x.example/?q=1", *((tmp_path / name).as_uri() for name in ("b.ttl", "c=d.ttl"))}
    assert at["http://x.example/?q=1"] == NamedNode("http://x.example/s"), "the graph is the base"
    again = CliRunner().invoke(app, ["load", "--graph", "http://g.example/", "--base", "http://b.example/", "b.ttl"])
    assert again.exit_code == 0, again.output
    s, p, o = (NamedNode(f"http://b.example/{name}") for name in "spo")
    assert dump_of(Releases(tmp_path / "releases").current()) == [Quad(s, p, o, NamedNode("http://g.example/"))]
    failed = CliRunner().invoke(app, ["load", "--graph", "no iri", "b.ttl"])
    assert failed.exit_code == 2
    assert "'no iri' is not an absolute IRI" in failed.output
    assert CliRunner().invoke(app, ["load", "missing.ttl"]).exit_code == 2


def test_the_shapes_judge_only_where_they_are_asked(tmp_path: Path, harmgraph_project: Project) -> None:
    path = written(tmp_path, "x.ttl", f"<{BASE}id/incident/X> a <{BASE}ns#Incident> .")
    releases = Releases(tmp_path / "releases")
    with pytest.raises(DoesNotConform, match="violation"):
        load([RdfFile.of(path)], releases, silent, lambda dump: conformance(dump, harmgraph_project))
    assert not (releases.root / "current").exists()
    assert load([RdfFile.of(path)], releases, silent).facts["incidents"] == 1


def test_a_load_that_is_killed_leaves_the_old_release(tmp_path: Path) -> None:
    before = loaded(tmp_path, RdfFile.of(written(tmp_path, "good.ttl", TURTLE)))
    big = written(tmp_path, "big.nt", "".join(f"<http://e/{n}> <http://e/p> _:b{n} .\n" for n in range(300_000)))
    environment = {**os.environ, "HARMGRAPH_RELEASES": str(tmp_path / "releases")}
    command = [sys.executable, "-m", "harmgraph", "load", str(big)]
    with subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL) as process:
        end = time.monotonic() + 30
        while not list((tmp_path / "releases").glob(".draft-*/*")) and time.monotonic() < end:
            time.sleep(0.02)
        process.kill()
        assert process.wait() == -signal.SIGKILL
    releases = Releases(tmp_path / "releases")
    assert releases.current().id == before.id
    after = loaded(tmp_path, RdfFile.of(big))
    assert after.facts["quads"] == 300_000
    assert not list(releases.root.glob(".draft-*")), "what the killed one left is gone"


EVIL = f"""@prefix hg: <{BASE}ns#> . @prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
<{BASE}id/thing/x> a _:class , hg:Odd ; rdfs:label _:notALabel , "x"@en ; hg:list (1 2 <<( hg:a hg:b _:c )>>) ;
  hg:p [ hg:q [] ] ; <http://e.example/no-name/> "3"^^<http://e.example/own> .
_:class a owl:Class ; rdfs:label "nameless" .
hg:Odd a owl:Class ; rdfs:label _:notALabel .
[] hg:p <{BASE}id/thing/x> .
<http://e.example/s> rdfs:label "elsewhere" .
"""


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> object:
    """`harmgraph serve` over two loaded files that know nothing of harmgraph's model."""
    folder = tmp_path_factory.mktemp("loaded")
    files = [
        RdfFile.of(written(folder, "odd.ttl", EVIL), "http://g.example/odd"),
        RdfFile.of(written(folder, "plain.ttl", TURTLE), "http://g.example/plain"),
    ]
    load(files, Releases(folder / "releases"), silent)
    environment = {**os.environ, "HARMGRAPH_RELEASES": str(folder / "releases")}
    command = [sys.executable, "-m", "harmgraph", "serve", "--port", "0"]
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        found = ""
        for line in process.stderr:
            if " on http://" in line:
                found = line.split(" on ")[1].strip().rstrip("/")
                break
        assert found
        yield found
        process.terminate()
        process.stderr.close()


PAGES = ("/", "/incidents", "/organisations", "/systems", "/countries", "/sparql", "/ns", "/healthz")
PATHS = ("/id/thing/x", "/doc/thing/x", "/doc/thing/x.ttl", "/doc/thing/y", "/doc/thing/x?by=hg:p")
ACCEPTS = ("text/html", "text/turtle", "application/ld+json", "application/rdf+xml", "application/n-triples")


@pytest.mark.parametrize("accept", ACCEPTS)
@pytest.mark.parametrize("path", [*PAGES, *PATHS])
def test_no_page_fails_over_a_graph_that_is_not_ours(address: str, path: str, accept: str) -> None:
    answer = httpx.get(address + path, headers={"Accept": accept}, follow_redirects=True)
    assert answer.status_code < 500, answer.text


def test_the_start_page_shows_the_graphs(address: str) -> None:
    page = httpx.get(address, headers={"Accept": "text/html"}).text
    assert "http://g.example/odd" in page
    assert "http://g.example/plain" in page
    assert "facial" not in page


def test_a_graph_is_chosen_by_the_protocol(address: str) -> None:
    question = {"query": "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }", "format": "csv"}
    number = [
        int(httpx.get(f"{address}/sparql", params={**question, "default-graph-uri": graphs}).text.split()[1])
        for graphs in (["http://g.example/plain"], ["http://g.example/plain", "http://g.example/odd"], [])
    ]
    assert number[0] == 20
    assert number[1] == number[2] > 20
    named = {"query": "SELECT DISTINCT ?g { GRAPH ?g { ?s ?p ?o } }", "format": "csv"}
    answer = httpx.get(f"{address}/sparql", params={**named, "named-graph-uri": "http://g.example/odd"})
    assert answer.text.split() == ["g", "http://g.example/odd"]


def test_blank_nodes_come_out_of_a_query_as_they_went_in(address: str) -> None:
    query = """CONSTRUCT { ?s ?p ?o } {
      GRAPH <http://g.example/plain> { ?s ?p ?o FILTER(!isTRIPLE(?o) && ?p != <http://e.example/value>) }
    }"""
    accept = {"Accept": "application/n-triples"}
    answer = httpx.get(f"{address}/sparql", params={"query": query}, headers=accept)
    plain = list(parse(TURTLE, format=RdfFormat.TURTLE, base_iri="http://g.example/plain"))
    # The engine keeps the value of a number, not how it was written ("01"), so numbers are left out.
    value = NamedNode("http://e.example/value")
    wanted = [quad for quad in plain if not isinstance(quad.object, Triple) and quad.predicate != value]
    assert any(isinstance(quad.subject, BlankNode) for quad in wanted)
    assert canonical(list(parse(answer.content, format=RdfFormat.N_TRIPLES))) == canonical(wanted)

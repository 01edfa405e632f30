"""The index of text finds what a look at every text finds, ranks it, and answers within SPARQL."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from pyoxigraph import RdfFormat, parse

from harmgraph.errors import QueryRefused
from harmgraph.store.releases import text_index
from harmgraph.store.releases.text_index import NAMES, TEXTS, TextIndex

from .conftest import Served

QUADS = """
<http://a/1> <http://www.w3.org/2000/01/rdf-schema#label> "Caf\\u00e9 M\\u00fcller's camera"@en <http://g/1> .
<http://a/1> <http://purl.org/dc/terms/description> "It watched the door. \\"Why?\\", they asked."@en <http://g/1> .
<http://a/1> <http://purl.org/dc/terms/description> "It watched the door. \\"Why?\\", they asked."@en <http://g/2> .
<http://a/2> <http://www.w3.org/2000/01/rdf-schema#label> "Door"@en <http://g/1> .
<http://a/3> DCT "A door, a camera and a long list of other things that they sell."@en <http://g/1> .
<http://a/4> DCT "\\u041a\\u0430\\u043c\\u0435\\u0440\\u0430 https://example.org/door"@uk <http://g/1> .
<http://a/5> <http://example.org/other> "A camera that no index knows."@en <http://g/1> .
_:b <http://purl.org/dc/terms/description> "A camera without an IRI."@en <http://g/1> .
""".replace("DCT", "<http://purl.org/dc/terms/description>")


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> TextIndex:
    """An index of a few texts."""
    folder = tmp_path_factory.mktemp("text")
    (folder / "data.nq").write_text(QUADS.lstrip(), encoding="utf-8")
    assert text_index.make(folder / "data.nq", folder / "text") == 4
    opened = TextIndex.open(folder / "text")
    assert opened is not None
    return opened


def found(index: TextIndex, text: str, most: int | None = None) -> str:
    """The last characters of the IRIs found, the best first."""
    return "".join(hit.iri[-1] for hit in index.search(text, most))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("CAMERA", "13"),
        ("cafe muller", "1"),
        ("Müller", "1"),
        ("door camera", "13"),  # over two properties of one thing
        ("door camera list", "3"),
        ('"the door"', "1"),
        ("door -camera", "24"),
        ("list OR müller", "13"),
        ("КАМЕРА", "4"),
        ("https://example.org/door", "4"),
        ("cameras", ""),
        ("unknown:door", ""),
    ],
)
def test_a_text_finds_the_things_that_hold_its_words(index: TextIndex, text: str, expected: str) -> None:
    assert sorted(found(index, text)) == sorted(expected)


def test_a_name_counts_more_than_a_narrative_and_a_short_text_more_than_a_long_one(index: TextIndex) -> None:
    assert found(index, "door").startswith("2")
    assert found(index, "camera") == "13"


def test_the_best_so_many_are_the_first_of_all(index: TextIndex) -> None:
    assert found(index, "door", 2) == found(index, "door")[:2]


@pytest.mark.parametrize("text", ["", " ?! ", "*", "(door", "door AND", '"door'])
def test_a_text_that_is_no_query_is_refused_by_name(index: TextIndex, text: str) -> None:
    with pytest.raises(QueryRefused) as refusal:
        index.search(text, None)
    assert repr(text) in str(refusal.value)


def test_more_hits_than_a_query_takes_are_refused(index: TextIndex, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text_index, "MOST", 2)
    with pytest.raises(QueryRefused, match="more than 2 things: add a word"):
        index.search("door", None)
    assert len(index.search("door", 2)) == 2


def words_of(release: Path) -> dict[str, set[str]]:
    """The words of each thing of a release, by a plain look at its dump."""
    words: dict[str, set[str]] = {}
    for quad in parse(path=release / "data.nq", format=RdfFormat.N_QUADS):
        if quad.predicate in {*NAMES, *TEXTS}:
            words.setdefault(str(quad.subject), set()).update(re.findall(r"\w+", quad.object.value.lower()))
    return words


@pytest.mark.parametrize("text", ["police face", "incident 77", "bank camera school police face car name failed model"])
def test_a_query_over_the_endpoint_answers_what_a_look_at_every_text_does(
    served: Served, release: Path, text: str
) -> None:
    query = f'SELECT ?s {{ ?s a hg:Incident ; hg:matches "{text}" }}'
    answered = served.ask(query, results_format="text/tab-separated-values").decode().split("\n")[1:-1]
    expected = {thing for thing, words in words_of(release).items() if words >= set(text.split())}
    assert sorted(answered) == sorted(expected)
    assert answered


def test_a_query_ranks_by_the_score(served: Served) -> None:
    query = 'SELECT ?s ?n { (?s ?n) hg:matches ("police" 5) } ORDER BY DESC(?n)'
    rows = json.loads(served.ask(query))["results"]["bindings"]
    scores = [float(row["n"]["value"]) for row in rows]
    assert len(scores) == 5
    assert scores == sorted(scores, reverse=True)


def test_what_is_wrong_with_a_query_is_told_of_the_text_as_it_was_written(served: Served) -> None:
    with pytest.raises(QueryRefused, match="at line 1, column 48"):
        served.ask('SELECT ?s { ?s hg:matches "police" . ?s ?p ?o %')
    with pytest.raises(QueryRefused, match="has no word"):
        served.ask('SELECT ?s { ?s hg:matches "?" }')


def test_a_release_without_an_index_says_so(serve: Callable[..., Served], release: Path, tmp_path: Path) -> None:
    old = shutil.copytree(release, tmp_path / "old", ignore=shutil.ignore_patterns("text", "SHA256SUMS", "SIZES"))
    with pytest.raises(QueryRefused, match="no index of text"):
        serve(old).ask('SELECT ?s { ?s hg:matches "police" }')

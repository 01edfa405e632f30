"""Each pair of files against both engines: nothing for the conforming one, exactly what its head says for the other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest
from pyoxigraph import RdfFormat, Triple, parse

from harmgraph.validation import Result, ShapesGraph
from harmgraph.validation.engines import compiled, reference_report
from harmgraph.validation.report_graph import results_of
from harmgraph.validation.shapes import n_triples

HERE = Path(__file__).parent
INVALID = sorted((HERE / "invalid").glob("*.ttl"))
VALID = sorted((HERE / "valid").glob("*.ttl"))

Findings = Counter[tuple[str, str, str, str]]
Run = Callable[[Iterable[Triple]], Findings]


@pytest.fixture(scope="module")
def fast(shapes: ShapesGraph, findings: Callable[[Iterable[Result]], Findings]) -> Run:
    engine = compiled(shapes)

    def run(triples: Iterable[Triple]) -> Findings:
        report = engine.validate_text(n_triples(triples).decode(), format="ntriples").serialize("ntriples")
        return findings(results_of(_triples(report.encode()), shapes))

    return run


@pytest.fixture(scope="module")
def reference(shapes: ShapesGraph, findings: Callable[[Iterable[Result]], Findings]) -> Run:
    return lambda triples: findings(results_of(_triples(reference_report(shapes, n_triples(triples))), shapes))


def _triples(report: bytes) -> Iterable[Triple]:
    return (quad.triple for quad in parse(report, format=RdfFormat.N_TRIPLES))


@pytest.mark.parametrize("path", VALID, ids=lambda path: path.stem)
def test_a_conforming_file_gives_no_result(path: Path, fast: Run, triples_of: Any) -> None:
    assert fast((*triples_of(HERE / "background.ttl"), *triples_of(path))) == Counter()


@pytest.mark.parametrize("path", INVALID, ids=lambda path: path.stem)
def test_a_failing_file_gives_exactly_the_results_in_its_head(
    path: Path, fast: Run, triples_of: Any, expected: Callable[[Path], Findings]
) -> None:
    assert fast((*triples_of(HERE / "background.ttl"), *triples_of(path))) == expected(path)


def test_every_failing_file_expects_something_and_has_a_conforming_twin(
    expected: Callable[[Path], Findings],
) -> None:
    assert [path.name for path in INVALID] == [path.name for path in VALID]
    assert [path.name for path in INVALID if not expected(path)] == []


def test_the_failing_files_merged_give_the_results_of_each(
    fast: Run, merged: Callable[[str], tuple[Triple, ...]], expected: Callable[[Path], Findings]
) -> None:
    assert fast(merged("invalid")) == sum((expected(path) for path in INVALID), Counter())


def test_the_reference_engine_finds_the_same_in_all_failing_files(
    fast: Run, reference: Run, merged: Callable[[str], tuple[Triple, ...]]
) -> None:
    assert reference(merged("invalid")) == fast(merged("invalid"))


def test_the_conforming_files_merged_give_nothing(fast: Run, merged: Callable[[str], tuple[Triple, ...]]) -> None:
    assert fast(merged("valid")) == Counter()


@pytest.mark.slow  # half a minute, most of which pySHACL parses SPARQL
def test_the_reference_engine_finds_nothing_in_the_conforming_files(
    reference: Run, merged: Callable[[str], tuple[Triple, ...]]
) -> None:
    assert reference(merged("valid")) == Counter()

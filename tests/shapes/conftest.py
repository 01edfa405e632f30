"""The pairs of files beside this one: ``valid/x.ttl`` conforms, ``invalid/x.ttl`` says in its head what it breaks.

Every file is a few triples on IRIs of its own, read together with ``background.ttl``. So all files of one kind can
also be merged and give exactly the results of each: that is how the slow engine and the many mutants see them all.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path

import pytest
from pyoxigraph import BlankNode, NamedNode, RdfFormat, Triple, parse

from harmgraph.validation.report import Result, compact
from harmgraph.validation.shapes import ShapesGraph

HERE = Path(__file__).parent

Finding = tuple[str, str, str, str]
"""Focus node, path, component, severity, as the head of a failing file writes them; a blank node is ``_:``."""


@pytest.fixture(scope="session")
def shapes_folder(project: Path) -> Path:
    """Where the shapes are."""
    return project / "ontology" / "shapes"


@pytest.fixture(scope="session")
def shapes(shapes_folder: Path) -> ShapesGraph:
    """The shapes graph as it is."""
    return ShapesGraph.read(shapes_folder)


@pytest.fixture(scope="session")
def triples_of() -> Callable[[Path], tuple[Triple, ...]]:
    """Reads a Turtle file; blank nodes of different files stay apart."""
    return _triples


@pytest.fixture(scope="session")
def merged() -> Callable[[str], tuple[Triple, ...]]:
    """All files of a folder, ``valid`` or ``invalid``, with the background."""
    return _merged


@pytest.fixture(scope="session")
def expected() -> Callable[[Path], Counter[Finding]]:
    """What the head of a failing file says that engines must find."""
    return _expected


@pytest.fixture(scope="session")
def findings() -> Callable[[Iterable[Result]], Counter[Finding]]:
    """Results in the words of the heads."""
    return lambda results: Counter(map(_finding, results))


@cache
def _triples(path: Path) -> tuple[Triple, ...]:
    return tuple(quad.triple for quad in parse(path=path, format=RdfFormat.TURTLE, rename_blank_nodes=True))


@cache
def _merged(folder: str) -> tuple[Triple, ...]:
    files = [HERE / "background.ttl", *sorted((HERE / folder).glob("*.ttl"))]
    return tuple(triple for file in files for triple in _triples(file))


def _expected(path: Path) -> Counter[Finding]:
    found: Counter[Finding] = Counter()
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("# expect: "):
            focus, result_path, component, severity = line.removeprefix("# expect: ").split(" ")
            found[compact(focus), result_path, component, severity] += 1
    return found


def _finding(result: Result) -> Finding:
    focus = result.focus_node
    assert isinstance(focus, NamedNode | BlankNode)
    shown = compact(f"<{focus.value}>") if isinstance(focus, NamedNode) else "_:"
    return shown, compact(result.path) if result.path else "-", result.component, result.severity

"""Both engines on real records that were damaged at random: failing files show one fault at a time, these show many.

Only a sample: pySHACL parses a SPARQL constraint anew for each focus node and takes seconds for some dozen incidents.
"""

from __future__ import annotations

import io
import random
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Final

import pytest
from pyoxigraph import Literal, NamedNode, Quad, RdfFormat, parse, serialize

from harmgraph import pipeline
from harmgraph.background import background as known_to_all
from harmgraph.iris import HG, RDF, SKOS, XSD
from harmgraph.sources.snapshot import take_snapshot
from harmgraph.validation import Report, validate, validate_reference

ROWS: Final = 40
FAULTS: Final = 150
BOUNDS: Final = (HG.earliestDate, HG.latestDate)


@pytest.fixture(scope="module")
def real(project: Path, shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Quad]:
    """What the first rows of the real sheet say."""
    folder = tmp_path_factory.mktemp("sheet")
    sheet, out = folder / "aiaaic_incidents_2026-06.csv", folder / "out.nq"
    with (shared_data / "aiaaic" / sheet.name).open(encoding="utf-8") as lines:
        sheet.write_text("".join(islice(lines, ROWS)), encoding="utf-8")
    snapshot = take_snapshot("aiaaic-sheet", sheet)
    pipeline.convert(snapshot, pipeline.Project(project), out, io.StringIO(), lambda stage, count: None)
    return list(parse(path=out, format=RdfFormat.N_QUADS))


@pytest.fixture(scope="module")
def background(project: Path, real: list[Quad]) -> list[Quad]:
    """The ontology's classes, and those concepts and places that the records name."""
    here = pipeline.Project(project)
    quads = list(known_to_all(here.ontology, here.vocabulary()))
    named = {quad.object for quad in real}
    kinds = {quad.subject for quad in quads if quad.predicate == RDF.type and quad.object != SKOS.Concept}
    wanted = (named | kinds) - {
        quad.subject for quad in quads if quad.object == HG.Country and quad.subject not in named
    }
    return [quad for quad in quads if quad.subject in wanted]


@pytest.mark.slow
def test_both_engines_find_the_same_in_damaged_real_records(
    real: list[Quad], background: list[Quad], project: Path, tmp_path: Path
) -> None:
    data, shapes = tmp_path / "damaged.nq", project / "ontology" / "shapes"
    serialize(_damaged(real, random.Random(20261)), output=data, format=RdfFormat.N_QUADS)
    fast, reference = validate(data, shapes, background), validate_reference(data, shapes, background)
    assert fast.violations > FAULTS / 2
    assert len({result.component for result in fast.results}) >= 8
    assert _findings(fast) == _findings(reference)


def _findings(report: Report) -> Counter[tuple[str, ...]]:
    return Counter(
        (str(each.focus_node), each.path or "", each.component, each.severity, str(each.source_shape))
        for each in report.results
    )


def _damaged(quads: list[Quad], chance: random.Random) -> Iterator[Quad]:
    """The quads with some dropped, some with another object, some twice with different ones.

    Left out is what rdflib rewrites while it reads, so that it sees other data: the lexical forms of numbers,
    booleans and dates with a time zone. And what it orders though it cannot be compared: a year with a date.
    """
    spoilt = set(chance.sample(range(len(quads)), FAULTS))
    for number, quad in enumerate(quads):
        if number not in spoilt:
            yield quad
            continue
        fault: Callable[[Quad, random.Random], list[Quad]] = chance.choice((_dropped, _other_object, _twice, _renamed))
        yield from fault(quad, chance)


def _dropped(quad: Quad, chance: random.Random) -> list[Quad]:
    return []


def _twice(quad: Quad, chance: random.Random) -> list[Quad]:
    return [quad, *_other_object(quad, chance)]


def _renamed(quad: Quad, chance: random.Random) -> list[Quad]:
    return [Quad(quad.subject, NamedNode(quad.predicate.value + "s"), quad.object, quad.graph_name)]


def _other_object(quad: Quad, chance: random.Random) -> list[Quad]:
    others = (
        Literal("Ministry of Defenсe", language="en"),
        Literal("a plain string"),
        Literal("1987", datatype=XSD.gYear if quad.predicate not in BOUNDS else XSD.string),
        Literal("2087-01-01", datatype=XSD.date),
        Literal("spring 2022", datatype=XSD.gYearMonth),
        NamedNode("https://example.org/elsewhere"),
        quad.subject,
    )
    return [Quad(quad.subject, quad.predicate, chance.choice(others), quad.graph_name)]

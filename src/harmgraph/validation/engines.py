"""The two SHACL engines behind one answer: the `shacl` package (Rust) for builds, pySHACL as the reference.

Either engine's report is read as RDF, so the same code makes a `Report` of both. The only module that imports them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import shacl
from pyoxigraph import Quad, RdfFormat, Triple, parse

from harmgraph.errors import HarmgraphError, SnapshotUnreadable
from harmgraph.validation.locating import located
from harmgraph.validation.merging import merged, quads_in, write_merged
from harmgraph.validation.report import Report
from harmgraph.validation.report_graph import results_of
from harmgraph.validation.shapes import ShapesGraph, n_triples


def validate(data: Path, shapes: Path, background: Iterable[Quad] = ()) -> Report:
    """What the fast engine finds in an RDF file of any format, as the merge of its graphs with the background.

    The background is what the data speak of without stating it: the ontology, the schemes, the places. A build's
    dump holds them already. Raises `SnapshotUnreadable` with line and column where the file is broken.
    """
    graph = ShapesGraph.read(shapes)
    with merged(data, background) as file:
        found = _fast(compiled(graph), file, data)
    return _report(found, graph, data, "shacl")


def validate_graph(triples: Iterable[Triple], shapes: ShapesGraph, engine: shacl.Shapes) -> Report:
    """What the fast engine, `compiled` from the shapes before, finds in a graph that is small and in memory."""
    found = engine.validate_text(n_triples(triples).decode(), format="ntriples").serialize("ntriples")
    report = (quad.triple for quad in parse(found.encode(), format=RdfFormat.N_TRIPLES))
    return Report(tuple(results_of(report, shapes)), "shacl")


def validate_reference(data: Path, shapes: Path, background: Iterable[Quad] = ()) -> Report:
    """What pySHACL finds in the same merge. Far slower, and it changes rdflib in the whole process."""
    graph = ShapesGraph.read(shapes)
    out = BytesIO()
    write_merged(out, background, data)
    quads = parse(out.getvalue(), format=RdfFormat.N_QUADS)
    found = reference_report(graph, n_triples(quad.triple for quad in quads))
    return _report(found, graph, data, "pyshacl")


def compiled(shapes: ShapesGraph) -> shacl.Shapes:
    """The shapes as the fast engine holds them: immutable, so one serves any number of runs and threads."""
    return shacl.Shapes.from_text(shapes.n_triples(), format="ntriples")


def reference_report(shapes: ShapesGraph, data: bytes, meta_shacl: bool = False) -> bytes:
    """pySHACL's report graph on N-Triples, as N-Triples; ``meta_shacl`` checks the shapes themselves first."""
    import pyshacl  # patches rdflib when it loads shapes, so only those who ask for the reference pay for that
    import rdflib

    from harmgraph.validation.asked_often import AskedOften

    try:
        _, report, _ = pyshacl.validate(
            AskedOften().parse(data=data, format="nt"),
            shacl_graph=rdflib.Graph().parse(data=shapes.n_triples(), format="nt"),
            meta_shacl=meta_shacl,
        )
    except pyshacl.errors.ReportableRuntimeError as cause:
        raise HarmgraphError(f"pySHACL refuses the shapes: {cause}") from cause
    if not isinstance(report, rdflib.Graph):  # pySHACL returns, not raises, a ValidationFailure
        raise HarmgraphError(f"pySHACL could not validate: {report}")
    return report.serialize(format="nt", encoding="utf-8")


def _fast(shapes: shacl.Shapes, file: Path, data: Path) -> bytes:
    try:
        return shapes.validate_file(str(file)).serialize("ntriples").encode()
    except (ValueError, OSError) as cause:
        for _ in quads_in(data):  # the same parser, but its errors carry line and column of the file itself
            pass
        raise SnapshotUnreadable(f"{data}: {cause}") from cause


def _report(graph: bytes, shapes: ShapesGraph, data: Path, engine: str) -> Report:
    triples = (quad.triple for quad in parse(graph, format=RdfFormat.N_TRIPLES))
    results = results_of(triples, shapes)
    return Report(tuple(replace(result, graphs=graphs) for result, graphs in located(results, data)), engine)

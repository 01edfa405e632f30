"""The whole flow on the real sheet and pages: counted, conforming, repeatable, and safe when it fails."""

from __future__ import annotations

import csv
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import pytest
from pyoxigraph import BlankNode, DefaultGraph, Literal, NamedNode, Quad, RdfFormat, Store, parse

from harmgraph.errors import BuildAborted, DoesNotConform
from harmgraph.iris import BASE, HG, RDF, XSD, concept_iri, mint, record_iri
from harmgraph.model import Snapshot
from harmgraph.pipeline import Project, build
from harmgraph.sources.snapshot import take_snapshot
from harmgraph.store.releases.release import Release, Releases
from harmgraph.validation import validate

from .conftest import silent

SEED = mint("incident", "AIAAIC0850")
SHEET = record_iri("aiaaic-sheet", "2026-06", "AIAAIC0850")
PAGE = record_iri(
    "aiaaic-page", "1233e2a0a284", "AIAAIC0850"
)  # no date in the name: the version is the checksum's start


@pytest.fixture(scope="module")
def quads(real_release: Release) -> set[Quad]:
    return set(parse(path=real_release.dump, format=RdfFormat.N_QUADS))


def test_every_record_read_is_new_merged_or_quarantined(real_release: Release) -> None:
    for row in real_release.facts["sources"]:
        assert row["read"] == row["new"] + row["merged"] + row["quarantined"]
    read = {(row["source"], row["version"]): row["read"] for row in real_release.facts["sources"]}
    # 2,244 rows below the header, one of them blank; 547 pages.
    assert (read["aiaaic-sheet", "2026-06"], read["aiaaic-page", "2024-02"]) == (2243, 547)


def test_every_row_of_the_sheet_is_an_incident_or_a_problem(real_release: Release, shared_data: Path) -> None:
    with (shared_data / "aiaaic" / "aiaaic_incidents_2026-06.csv").open(newline="", encoding="utf-8") as file:
        wanted = {row[0] for row in csv.reader(file) if row and row[0].startswith("AIAAIC") and row[0][6:].isdigit()}
    incidents = {
        quad.subject.value.rpartition("/")[2]
        for quad in parse(path=real_release.dump, format=RdfFormat.N_QUADS)
        if quad.predicate == RDF.type and quad.object == HG.Incident and isinstance(quad.subject, NamedNode)
    }
    problems = [json.loads(line) for line in (real_release.path / "problems.jsonl").read_text().splitlines()]
    quarantined = {problem["record"] for problem in problems if problem["severity"] == "error"}
    assert wanted - incidents == {"AIAAIC0184"} == quarantined & wanted  # a row with an id and nothing else
    assert "duplicate-id" in {problem["kind"] for problem in problems if problem["record"] == "AIAAIC2094~2"}


def test_page_and_sheet_speak_of_one_incident_in_graphs_of_their_own(quads: set[Quad]) -> None:
    assert {SHEET, PAGE} <= {quad.graph_name for quad in quads if quad.subject == SEED}
    year, month = Literal("2022", datatype=XSD.gYear), Literal("2022-03", datatype=XSD.gYearMonth)
    assert Quad(SEED, HG.occurred, year, SHEET) in quads
    assert Quad(SEED, HG.occurred, month, PAGE) in quads


def test_the_seed_page_is_read_in_full(quads: set[Quad]) -> None:
    said = {(quad.predicate, quad.object) for quad in quads if quad.subject == SEED and quad.graph_name == PAGE}
    expected = {
        (HG.deployer, mint("organisation", "ministry-of-defence-of-ukraine")),
        (HG.developer, mint("organisation", "clearview-ai")),
        (HG.jurisdiction, mint("country", "UKR")),
        (HG.sector, concept_iri("sector", "government-defence")),
        (HG.technology, concept_iri("technology", "facial-recognition")),
        *((HG.issue, concept_iri("issue", slug)) for slug in ("accuracy-reliability", "dual-use", "ethics-values")),
        *((HG.transparencyConcern, concept_iri("transparency", slug)) for slug in ("governance", "black-box")),
    }
    assert expected <= said


def test_there_are_no_blank_nodes(quads: set[Quad]) -> None:
    assert not any(isinstance(node, BlankNode) for quad in quads for node in (quad.subject, quad.object))


def test_every_statement_stands_in_a_named_graph_that_has_a_licence(quads: set[Quad]) -> None:
    licensed = {quad.subject for quad in quads if quad.predicate == NamedNode("http://purl.org/dc/terms/license")}
    assert {quad.graph_name for quad in quads} <= licensed


def test_the_default_graph_is_the_merge_as_a_set(real_release: Release, quads: set[Quad]) -> None:
    store = Store.read_only(str(real_release.path / "store"))
    merged = sum(1 for _ in store.quads_for_pattern(None, None, None, DefaultGraph()))
    assert merged == len({quad.triple for quad in quads})


def test_two_builds_are_equal_byte_for_byte(
    harmgraph_project: Project, snapshots: list[Snapshot], real_release: Release, tmp_path: Path
) -> None:
    again = build(list(reversed(snapshots)), harmgraph_project, Releases(tmp_path), silent)
    assert again.dump.read_bytes() == real_release.dump.read_bytes()
    assert again.id == real_release.id


def test_the_release_conforms(real_release: Release, harmgraph_project: Project) -> None:
    assert validate(real_release.dump, harmgraph_project.shapes).violations == 0


@pytest.mark.slow
def test_all_four_sheets_and_the_pages_build_together(
    harmgraph_project: Project, shared_data: Path, snapshots: list[Snapshot], tmp_path: Path
) -> None:
    older = [take_snapshot("aiaaic-sheet", path) for path in (shared_data / "aiaaic").glob("aiaaic_sheet_*.csv")]
    assert len(older) == 3
    release = build([*snapshots, *older], harmgraph_project, Releases(tmp_path), silent)
    # 2,245 of the sheets and pages, and 14 of the 16 curated ones that AIAAIC lacks: two were judged to be AIAAIC's.
    assert release.facts["incidents"] == 2259


def test_data_that_do_not_conform_leave_the_old_release_and_the_report(
    harmgraph_project: Project, tmp_path: Path, project: Path
) -> None:
    releases = Releases(tmp_path / "releases")
    curated = [take_snapshot("curated", harmgraph_project.curated)]
    served = build(curated, harmgraph_project, releases, silent)
    broken = tmp_path / "checkout"
    for folder in ("ontology", "data"):
        (broken / folder).parent.mkdir(exist_ok=True)
        subprocess.run(["cp", "-r", str(project / folder), str(broken / folder)], check=True)
    scheme = broken / "ontology" / "schemes" / "technology.ttl"
    scheme.write_text(scheme.read_text().replace("skos:inScheme", "skos:note"), encoding="utf-8")
    with pytest.raises(DoesNotConform, match="violations"):
        build(curated, Project(broken), releases, silent)
    assert releases.current().id == served.id
    assert (releases.root / "failed" / "report.ttl").stat().st_size > 0


def test_two_snapshots_under_one_version_are_refused_with_the_remedy(
    harmgraph_project: Project, tmp_path: Path, shared_data: Path
) -> None:
    sheet = shared_data / "aiaaic" / "aiaaic_incidents_2026-06.csv"
    copy = tmp_path / "copy_2026-06.csv"
    copy.write_bytes(sheet.read_bytes())
    both = [take_snapshot("aiaaic-sheet", path) for path in (sheet, copy)]
    with pytest.raises(BuildAborted, match=r"snapshot\.toml"):
        build(both, harmgraph_project, Releases(tmp_path / "releases"), silent)


@pytest.fixture
def builder(tmp_path: Path, shared_data: Path) -> list[str]:
    """A build of the first rows of a real sheet: all stages of one, in half of the time."""
    sheet = tmp_path / "aiaaic_sheet_2024-02_raw.csv"
    with (
        (shared_data / "aiaaic" / sheet.name).open(newline="", encoding="utf-8") as rows,
        sheet.open("w", newline="", encoding="utf-8") as first,
    ):
        csv.writer(first).writerows(islice(csv.reader(rows), 300))
    return [str(Path(sys.executable).parent / "harmgraph"), "build", f"aiaaic-sheet={sheet}"]


@pytest.mark.slow
def test_kill_minus_nine_at_random_moments_leaves_the_old_release_serving(
    tmp_path: Path, builder: list[str], shared_data: Path
) -> None:
    environment = {**os.environ, "HARMGRAPH_RELEASES": str(tmp_path / "releases")}
    seed = f"aiaaic-page={shared_data / 'aiaaic' / 'pages' / 'ukraine-war-clearview-ai.txt'}"
    subprocess.run([*builder[:2], seed], env=environment, check=True, capture_output=True)
    started = time.monotonic()
    subprocess.run(
        builder, env=environment | {"HARMGRAPH_RELEASES": str(tmp_path / "timed")}, check=True, capture_output=True
    )
    whole = time.monotonic() - started
    releases = Releases(tmp_path / "releases")
    served, moments, killed = releases.current().id, random.Random(20261124), 0
    for _ in range(60):
        if killed == 20:
            break
        started = time.monotonic()
        process = subprocess.Popen(builder, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            process.wait(moments.uniform(0.2, whole))
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.wait()
            killed += 1
        else:  # the machine has less to do than when one was timed
            whole = min(whole, time.monotonic() - started)
        current = releases.current()
        assert _is_whole(current)
        if current.id != served:  # that one got through: go back and go on
            releases.switch(served)
    assert killed == 20
    subprocess.run(builder, env=environment, check=True, capture_output=True)
    assert releases.current().id != served
    assert not list(_leftovers(releases.root))


def _is_whole(release: Release) -> bool:
    store = Store.read_only(str(release.path / "store"))
    return any(True for _ in store.quads_for_pattern(None, RDF.type, HG.Incident, None)) and release.dump.exists()


def _leftovers(root: Path) -> Iterator[Path]:
    return root.glob(".draft-*")


def test_every_iri_of_ours_is_minted_under_the_base(quads: set[Quad]) -> None:
    for quad in quads:
        if isinstance(quad.subject, NamedNode) and "harmgraph" in quad.subject.value:
            assert quad.subject.value.startswith(BASE)

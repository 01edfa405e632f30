"""What two snapshots, releases or files say differently: the real sheets of 2024-08 and 2026-06, and small dumps."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest
from pyoxigraph import Literal, NamedNode, Quad, RdfFormat, Triple, parse

from harmgraph.diff import Difference, Side, compare, find_side, write
from harmgraph.diff.sides import things
from harmgraph.errors import LookupFailed, SnapshotUnreadable
from harmgraph.iris import BASE, DCT, FOAF, HG, RDF, SKOS, graph_iri, mint, record_iri
from harmgraph.pipeline import Project, build
from harmgraph.sources.snapshot import take_snapshot
from harmgraph.store.releases.release import Releases
from harmgraph.store.releases.sorting import write_sorted

from .conftest import silent

OLD, NEW = "aiaaic-sheet@2024-08", "aiaaic-sheet@2026-06"
ONE = mint("incident", "AIAAIC0001")


# --- The real sheets -----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def releases(harmgraph_project: Project, shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Releases:
    """Two releases: one with the older sheet alone, and the current one with both."""
    releases = Releases(tmp_path_factory.mktemp("releases"))
    curated = take_snapshot("curated", harmgraph_project.curated)
    sheets = [
        take_snapshot("aiaaic-sheet", shared_data / "aiaaic" / name)
        for name in ("aiaaic_sheet_2024-08_raw.csv", "aiaaic_incidents_2026-06.csv")
    ]
    build([curated, sheets[0]], harmgraph_project, releases, silent)
    build([curated, *sheets], harmgraph_project, releases, silent)
    return releases


@pytest.fixture(scope="module")
def sheets(releases: Releases) -> tuple[Side, Side]:
    return find_side(OLD, releases), find_side(NEW, releases)


@pytest.fixture(scope="module")
def differences(sheets: tuple[Side, Side]) -> list[Difference]:
    return list(compare(*sheets))


def statements(side: Side) -> set[Triple]:
    """All that the side's record graphs say of anything but the records, by the parser rather than by lines."""
    return {
        quad.triple
        for quad in parse(path=side.dump, format=RdfFormat.N_QUADS)
        if isinstance(quad.graph_name, NamedNode)
        and quad.graph_name.value.startswith(side.graphs)
        and isinstance(quad.subject, NamedNode)
        and not quad.subject.value.startswith(f"{BASE}id/record/")
    }


@pytest.fixture(scope="module")
def said_by(sheets: tuple[Side, Side]) -> tuple[frozenset[Triple], frozenset[Triple]]:
    """All statements of the old sheet and of the new one."""
    return frozenset(statements(sheets[0])), frozenset(statements(sheets[1]))


def headlines(file: Path) -> dict[str, str]:
    """Identifier → headline, read without any code of ours; of two rows of one identifier, neither."""
    with file.open(newline="", encoding="utf-8") as rows:
        named = [(row[0].strip(), " ".join(row[1].split())) for row in csv.reader(rows) if row]
    once = {name for name, _ in named if [other for other, _ in named].count(name) == 1}
    return {name: title for name, title in named if name in once and name.startswith("AIAAIC") and title}


def changed(differences: Iterable[Difference], **wanted: object) -> set[str]:
    return {
        d.thing.value.rpartition("/")[2]
        for d in differences
        if d.kind == "incident" and all(getattr(d, name) == value for name, value in wanted.items())
    }


def test_changed_headlines_are_changes_of_label_and_not_new_incidents(
    differences: list[Difference], shared_data: Path
) -> None:
    old = headlines(shared_data / "aiaaic" / "aiaaic_sheet_2024-08_raw.csv")
    new = headlines(shared_data / "aiaaic" / "aiaaic_incidents_2026-06.csv")
    expected = {name for name in old.keys() & new.keys() if old[name] != new[name]}
    assert len(expected) == 400
    assert changed(differences, label_changed=True) == expected
    assert expected.isdisjoint(changed(differences, change="added") | changed(differences, change="removed"))


def test_incidents_of_one_sheet_only_are_new_or_gone(differences: list[Difference]) -> None:
    assert len(changed(differences, change="added")) == 573
    assert changed(differences, change="removed") == {"AIAAIC0195", "AIAAIC0371"}
    gone = next(d for d in differences if d.thing == mint("incident", "AIAAIC0195"))
    assert gone.records_removed == ("aiaaic-sheet AIAAIC0195",)


def test_identifiers_that_came_to_name_another_incident_are_marked(differences: list[Difference]) -> None:
    marked = changed(differences, possibly_another=True)
    assert len(marked) == 30
    assert {"AIAAIC0321", "AIAAIC0104", "AIAAIC1215"} <= marked  # one of YouTube, now one of Clearview AI; …
    assert marked <= changed(differences, label_changed=True)
    assert "AIAAIC0850" not in marked  # its headline changed, and both name Clearview AI


def test_the_summary_counts_what_was_written(sheets: tuple[Side, Side]) -> None:
    out = io.StringIO()
    summary = write(*sheets, "summary", out)
    assert (summary.labels, summary.possibly_another) == (400, 30)
    assert summary.of("incident") == {"added": 573, "removed": 2, "changed": 1657}
    assert "573 added, 2 removed, 1,657 changed; 400 labels changed, 30 of them" in out.getvalue()


def test_text_shows_a_changed_label_with_prefixes(sheets: tuple[Side, Side], differences: list[Difference]) -> None:
    out = io.StringIO()
    write(*sheets, "text", out)
    lines = out.getvalue().splitlines()
    assert lines[:2] == [f"--- {OLD}", f"+++ {NEW}"]
    start = next(number for number, line in enumerate(lines) if line.startswith("~ hgi:AIAAIC0321 "))
    assert lines[start + 1].strip() == "possibly another incident: its titles and addresses have no word in common"
    assert any(line.startswith('    label changed: "YouTube') for line in lines[start : start + 6])
    assert sum(line[:2] in ("+ ", "- ", "~ ") for line in lines) == len(differences)


def test_json_is_one_document_that_says_the_same(sheets: tuple[Side, Side], differences: list[Difference]) -> None:
    out = io.StringIO()
    write(*sheets, "json", out)
    document = json.loads(out.getvalue())
    assert (document["old"], document["new"]) == (OLD, NEW)
    assert [each["resource"] for each in document["differences"]] == [d.thing.value for d in differences]
    assert sum(each["labelChanged"] for each in document["differences"]) == 400 == document["summary"]["labelsChanged"]
    assert document["summary"]["counts"]["incident"] == {"added": 573, "removed": 2, "changed": 1657}


@pytest.mark.parametrize("form", ["nquads", "trig"])
def test_rdf_is_what_was_removed_and_what_was_added_in_two_graphs(
    sheets: tuple[Side, Side], said_by: tuple[frozenset[Triple], frozenset[Triple]], form: str
) -> None:
    out = io.StringIO()
    write(*sheets, form, out)
    formats = {"nquads": RdfFormat.N_QUADS, "trig": RdfFormat.TRIG}
    quads = set(parse(input=out.getvalue(), format=formats[form]))
    before, after = said_by
    assert {q.triple for q in quads if q.graph_name == mint("diff", OLD, NEW, "removed")} == before - after
    assert {q.triple for q in quads if q.graph_name == mint("diff", OLD, NEW, "added")} == after - before
    assert sum(q.predicate == SKOS.changeNote for q in quads) == 30


def test_the_patch_makes_the_new_statements_of_the_old_ones(
    sheets: tuple[Side, Side], said_by: tuple[frozenset[Triple], frozenset[Triple]]
) -> None:
    out = io.StringIO()
    write(*sheets, "patch", out)
    first, *rows, last = out.getvalue().splitlines()
    assert (first, last) == ("TX .", "TC .")
    patched = set(said_by[0])
    for row in rows:
        (quad,) = parse(input=row[2:], format=RdfFormat.N_TRIPLES)
        (patched.remove if row[0] == "D" else patched.add)(quad.triple)
    assert patched == said_by[1]


def test_releases_are_compared_by_id_or_the_beginning_of_one(releases: Releases) -> None:
    current = releases.current()
    (older,) = [release for release in releases.all() if release.id != current.id]
    new = find_side("current", releases)
    assert new == find_side(current.id, releases)
    assert find_side(older.id[:6], releases).dump == older.dump
    differences = list(compare(find_side(older.id, releases), new))
    assert changed(differences) == incidents_that_differ(statements(find_side(older.id, releases)), statements(new))
    # The later release holds the sheet of 2024-08 as well, so nothing is gone and no title was replaced.
    assert not changed(differences, change="removed")
    assert not changed(differences, label_changed=True)
    assert len(changed(differences)) > 1000


def incidents_that_differ(old: Iterable[Triple], new: Iterable[Triple]) -> set[str]:
    subjects = {triple.subject for triple in set(old) ^ set(new)}
    incidents = {s.value for s in subjects if isinstance(s, NamedNode) and s.value.startswith(f"{BASE}id/incident/")}
    return {incident.rpartition("/")[2] for incident in incidents}


def test_a_snapshot_of_another_release_is_named_with_the_release(releases: Releases) -> None:
    (older,) = [release for release in releases.all() if release.id != releases.current().id]
    here, there = find_side(OLD, releases), find_side(f"{older.id}/{OLD}", releases)
    assert here.dump != there.dump
    assert list(compare(here, there)) == []


@pytest.mark.parametrize(
    ("selector", "message"),
    [
        ("aiaaic-sheet@2024-09", r"no snapshot 'aiaaic-sheet@2024-09'; it has curated@.*aiaaic-sheet@2024-08"),
        ("0" * 16, "no release '0000000000000000'"),
        ("", "no release ''"),
        ("no-such-file.nq", "no such file"),
    ],
)
def test_what_is_not_there_is_named_with_what_is(releases: Releases, selector: str, message: str) -> None:
    with pytest.raises(LookupFailed, match=message):
        find_side(selector, releases)


# --- Small dumps ---------------------------------------------------------------------------------------------


def said(version: str, *about: tuple[NamedNode, NamedNode | Literal], source: str = "aiaaic-sheet") -> list[Quad]:
    graph = record_iri(source, version, "AIAAIC0001")
    return [
        Quad(ONE, RDF.type, HG.Incident, graph),
        Quad(graph, mint("field", source, "headline"), Literal(f"raw {version}"), graph),
        Quad(graph, HG.position, Literal(f"line {version}"), graph_iri("provenance")),
        *(Quad(ONE, predicate, term, graph) for predicate, term in about),
    ]


def side(folder: Path, name: str, quads: Iterable[Quad]) -> Side:
    write_sorted(quads, folder / name)
    return Side(name, folder / name)


def title(text: str) -> tuple[NamedNode, Literal]:
    return DCT.title, Literal(text, language="en")


def page(slug: str) -> tuple[NamedNode, NamedNode]:
    return FOAF.page, NamedNode(f"https://www.example.org/incidents/{slug}")


def test_another_version_position_or_raw_string_is_no_difference(tmp_path: Path) -> None:
    old, new = side(tmp_path, "a.nq", said("1", title("One"))), side(tmp_path, "b.nq", said("2", title("One")))
    assert list(compare(old, new)) == []
    out = io.StringIO()
    write(old, new, "text", out)
    assert out.getvalue() == "--- a.nq\n+++ b.nq\n\nno difference\n"


def test_a_property_is_added_removed_or_changed_value_by_value(tmp_path: Path) -> None:
    a, b, c = (mint("organisation", name) for name in "abc")
    old = side(tmp_path, "a.nq", said("1", (HG.deployer, a), (HG.deployer, b), (HG.occurred, Literal("2020"))))
    new = side(tmp_path, "b.nq", said("2", (HG.deployer, b), (HG.deployer, c), title("One")))
    (difference,) = compare(old, new)
    assert {change.property: (change.removed, change.added) for change in difference.changes} == {
        HG.deployer: ((a,), (c,)),
        HG.occurred: ((Literal("2020"),), ()),
        DCT.title: ((), (Literal("One", language="en"),)),
    }
    assert not difference.label_changed  # there was none before


def test_a_record_that_vanishes_is_named_though_the_incident_stays(tmp_path: Path) -> None:
    both = [*said("1", title("One")), *said("1", title("One"), source="aiaaic-page")]
    old, new = side(tmp_path, "a.nq", both), side(tmp_path, "b.nq", said("2", title("One")))
    (difference,) = compare(old, new)
    assert (difference.change, difference.changes) == ("changed", ())
    assert difference.records_removed == ("aiaaic-page AIAAIC0001",)
    (back,) = compare(new, old)
    assert back.records_added == ("aiaaic-page AIAAIC0001",)


@pytest.mark.parametrize(
    ("before", "after", "another"),
    [
        ((title("YouTube censorship"),), (title("Clearview scrapes faces"),), True),
        ((title("YouTube censorship"),), (title("Censorship by Google"),), False),
        ((title("AI system used by police"),), (title("The algorithm of the AI system"),), True),  # words of all titles
        ((title("YouTube censorship"), page("censorship")), (title("Google"), page("youtube")), False),
        ((title("Défense bot"),), (title("Defence robots"),), False),  # as names are compared
        ((title("One"), title("Two")), (title("Two"),), False),
        ((), (title("One"),), False),
        ((title("One"),), (), False),
    ],
)
def test_an_incident_is_possibly_another_if_titles_and_addresses_share_no_word(
    tmp_path: Path,
    before: tuple[tuple[NamedNode, NamedNode | Literal], ...],
    after: tuple[tuple[NamedNode, NamedNode | Literal], ...],
    another: bool,
) -> None:
    (difference,) = compare(side(tmp_path, "a.nq", said("1", *before)), side(tmp_path, "b.nq", said("2", *after)))
    assert difference.possibly_another is another


def test_hostile_text_cannot_steer_the_terminal(tmp_path: Path) -> None:
    hostile = "\x1b[2J\u202egpj.exe\r\n+ hgi:forged \x9b1m <b>"
    old = side(tmp_path, "a.nq", said("1", title("One"), (HG.purpose, Literal("x"))))
    new = side(tmp_path, "b.nq", said("2", title(hostile), (HG.purpose, Literal(hostile))))
    out = io.StringIO()
    write(old, new, "text", out)
    assert all(character.isprintable() or character == "\n" for character in out.getvalue())
    assert not any(line.startswith("+ hgi:forged") for line in out.getvalue().splitlines())
    document = io.StringIO()
    write(old, new, "json", document)
    (change,) = [
        s for s in json.loads(document.getvalue())["differences"][0]["statements"] if "purpose" in s["property"]
    ]
    assert change["added"] == [{"type": "literal", "value": hostile}]


def test_the_terms_of_json_are_those_of_sparql_results(tmp_path: Path) -> None:
    year = Literal("2020", datatype=NamedNode("http://www.w3.org/2001/XMLSchema#gYear"))
    values = (title("One"), (HG.occurred, year), (HG.deployer, mint("organisation", "a")))
    out = io.StringIO()
    write(side(tmp_path, "a.nq", said("1")), side(tmp_path, "b.nq", said("2", *values)), "json", out)
    added = [s["added"][0] for s in json.loads(out.getvalue())["differences"][0]["statements"]]
    assert added == [
        {"type": "literal", "value": "One", "xml:lang": "en"},
        {"type": "uri", "value": f"{BASE}id/organisation/a"},
        {"type": "literal", "value": "2020", "datatype": "http://www.w3.org/2001/XMLSchema#gYear"},
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"", "has no graph"),
        (b"<a:> <b:> <c:> .\n", "line 1: .* is no statement of N-Quads in a graph"),  # N-Triples
        (b"<a:> <b:> <c:> <d:> .\n", "has no graph"),  # of a record
        (b"not RDF\n", "line 1"),
        (b"# a comment\n\n<a:> <b:>\n", "line 3"),
        (b"<z:> <b:> <c:> <%b1/1/1> .\n<a:> <b:> <c:> <%b1/1/1> .\n", "not sorted; .*LC_ALL=C sort"),
    ],
)
def test_a_file_that_cannot_be_compared_is_refused_with_the_remedy(tmp_path: Path, text: bytes, message: str) -> None:
    file = tmp_path / "a.nq"
    file.write_bytes(text.replace(b"%b", f"{BASE}id/record/".encode()))
    with pytest.raises(SnapshotUnreadable, match=message):
        list(things(Side("a.nq", file)))


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("a.nq", "a.nq", "--exit-code"), 0),
        (("a.nq", "b.nq"), 0),
        (("a.nq", "b.nq", "--exit-code"), 1),
        (("a.nq", "no-such-release"), 2),
        (("a.nq", "b.nq", "--format", "xml"), 2),
    ],
)
def test_the_exit_code_tells_of_differences_only_when_asked(
    tmp_path: Path, arguments: tuple[str, ...], code: int
) -> None:
    side(tmp_path, "a.nq", said("1", title("One")))
    side(tmp_path, "b.nq", said("2", title("Two")))
    program = Path(sys.executable).parent / "harmgraph"
    environment = {**os.environ, "HARMGRAPH_RELEASES": str(tmp_path)}
    run = subprocess.run([program, "diff", *arguments], cwd=tmp_path, env=environment, capture_output=True, check=False)
    assert run.returncode == code, run.stderr.decode()
    if code < 2:
        assert run.stdout.decode().startswith("--- a.nq\n+++ ")


def test_a_file_is_preferred_to_a_release_and_needs_no_releases(tmp_path: Path) -> None:
    file = tmp_path / "x@1.nq"
    file.write_bytes(b"")
    assert find_side(str(file), Releases(tmp_path / "none")) == Side(str(file), file)


def test_comparing_is_repeatable_byte_for_byte(tmp_path: Path) -> None:
    values = [(HG.issue, mint("concept", "issue", str(number))) for number in range(50)]
    old, new = side(tmp_path, "a.nq", said("1", *values[:30])), side(tmp_path, "b.nq", said("2", *values[20:]))
    for form in ("text", "json", "nquads", "trig", "patch"):
        first, second = io.StringIO(), io.StringIO()
        write(old, new, form, first)
        write(old, new, form, second)
        assert first.getvalue() == second.getvalue()

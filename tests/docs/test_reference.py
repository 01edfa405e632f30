"""The reference names every setting and every command there is, and nothing that is not."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import pytest
from pyoxigraph import Quad, RdfFormat, parse
from tools.documentation import commands

from harmgraph.cli import app
from harmgraph.errors import HarmgraphError
from harmgraph.iris import HG, OWL, RDF
from harmgraph.quality.dqv import DIMENSIONS
from harmgraph.service.openapi import description
from harmgraph.service.problems import PROBLEMS
from harmgraph.settings import Settings
from harmgraph.sources import SOURCES


def headings(page: Path) -> set[str]:
    return set(re.findall(r"^## (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE))


def test_each_setting_has_a_heading(project: Path) -> None:
    names = {f"HARMGRAPH_{setting.name.upper()}" for setting in fields(Settings)}
    assert headings(project / "docs" / "reference" / "settings.md") == names


def test_each_default_stands_in_the_reference(project: Path) -> None:
    text = (project / "docs" / "reference" / "settings.md").read_text(encoding="utf-8")
    for setting in fields(Settings):
        section = text.split(f"## HARMGRAPH_{setting.name.upper()}\n")[1].split("\n## ")[0]
        assert (
            f"`{setting.default}`".removesuffix(".0`") in section.replace(".0`", "`")
            or f"`{setting.default:g}`" in section
        )


def test_each_setting_has_a_help_sentence() -> None:
    assert all(setting.metadata["help"].endswith(".") for setting in fields(Settings))


@pytest.mark.parametrize("source", SOURCES)
def test_each_source_is_described(project: Path, source: str) -> None:
    assert f"`{source}`" in (project / "docs" / "reference" / "sources.md").read_text(encoding="utf-8")


def test_a_setting_that_does_not_fit_names_itself_and_its_default() -> None:
    with pytest.raises(HarmgraphError, match=r"HARMGRAPH_QUERY_TIMEOUT='soon'.*30"):
        Settings.from_environment({"HARMGRAPH_QUERY_TIMEOUT": "soon"})


def test_settings_are_read_from_the_environment() -> None:
    settings = Settings.from_environment({"HARMGRAPH_PORT": "9000", "HARMGRAPH_RELEASES": "/tmp/x", "PORT": "1"})
    assert (settings.port, settings.releases) == (9000, Path("/tmp/x"))


def test_the_readme_names_only_commands_that_exist(project: Path) -> None:
    known = {command.name or command.callback.__name__ for command in app.registered_commands if command.callback}
    known |= {group.name for group in app.registered_groups if group.name}
    used = set(
        re.findall(r"^\.venv/bin/harmgraph (\w+)", (project / "README.md").read_text(encoding="utf-8"), re.MULTILINE)
    )
    assert used and used <= known


def test_the_page_of_commands_is_what_help_says(project: Path) -> None:
    assert (project / "docs" / "reference" / "cli.md").read_text(encoding="utf-8") == commands.page()


def test_the_page_of_commands_has_every_command_and_option(project: Path) -> None:
    import typer.main

    text = (project / "docs" / "reference" / "cli.md").read_text(encoding="utf-8")
    found = dict(commands.commands(typer.main.get_command(app)))
    assert {"harmgraph build", "harmgraph link review", "harmgraph releases prune", "harmgraph quality"} <= set(found)
    for name, command in found.items():
        section = text.split(f"\n## {name}\n")[1].split("\n## ")[0]
        assert command.help and " ".join(command.help.split()).replace("|", "\\|") in section, name
        for parameter in command.params:
            assert all(f"`{option}`" in section for option in parameter.opts if option.startswith("-")), name
            assert parameter.help, f"{name}: {parameter.name} has no help"
    assert str(project) not in text


def test_each_path_of_the_service_stands_in_the_reference(project: Path) -> None:
    text = (project / "docs" / "reference" / "http.md").read_text(encoding="utf-8")
    paths = description("harmgraph", "0", "")["paths"]
    assert len(paths) > 30
    # A path stands there whole up to what varies in it; of those of the Reconciliation Service, the last part does.
    ends = {}
    for path in paths:
        fixed = path.split("{")[0].rstrip("-/") or "/"
        ends[path] = f"/{fixed.rpartition('/')[2]}" if path.startswith("/reconcile/") else fixed
    assert [path for path, end in ends.items() if not re.search(rf"`[^`\n]*{re.escape(end)}", text)] == []


def test_each_term_of_the_ontology_stands_in_the_reference(project: Path) -> None:
    text = (project / "docs" / "reference" / "ontology.md").read_text(encoding="utf-8")
    graph = list(parse(path=str(project / "ontology" / "harmgraph.ttl"), format=RdfFormat.TURTLE))
    kinds = {OWL.Class, OWL.ObjectProperty, OWL.DatatypeProperty, RDF.Property}
    terms = {
        quad.subject.value.removeprefix(HG.iri)
        for quad in graph
        if quad.predicate == RDF.type and quad.object in kinds and str(quad.subject).startswith(f"<{HG.iri}")
    }
    assert len(terms) > 50
    assert [term for term in sorted(terms) if not re.search(rf"`(?:hg:)?{term}`", text)] == []
    classes = sum(Quad(HG[term], RDF.type, OWL.Class) in graph for term in terms)
    assert f"({classes} classes, {len(terms) - classes} properties)" in text


def test_each_kind_of_problem_stands_in_the_reference(project: Path) -> None:
    text = (project / "docs" / "reference" / "http.md").read_text(encoding="utf-8")
    assert [p.status for p in PROBLEMS.values() if f"| {p.status} |" not in text] == []


def test_each_measure_stands_in_the_reference(project: Path) -> None:
    text = (project / "docs" / "reference" / "data-quality.md").read_text(encoding="utf-8")
    assert [name for name in DIMENSIONS if f"| {name} |" not in text] == []

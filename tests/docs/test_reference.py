"""The reference names every setting and every command there is, and nothing that is not."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import pytest

from harmgraph.errors import HarmgraphError
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
    from harmgraph.cli import app

    known = {command.name or command.callback.__name__ for command in app.registered_commands if command.callback}
    known |= {group.name for group in app.registered_groups if group.name}
    used = set(
        re.findall(r"^\.venv/bin/harmgraph (\w+)", (project / "README.md").read_text(encoding="utf-8"), re.MULTILINE)
    )
    assert used and used <= known

"""Arguments of the command line → snapshots, folders and settings that the pipeline takes."""

from __future__ import annotations

from pathlib import Path

import typer

from harmgraph.model import Snapshot
from harmgraph.pipeline import Project
from harmgraph.settings import Settings
from harmgraph.sources import SOURCES
from harmgraph.sources.genai_incidents import installed_snapshot
from harmgraph.sources.snapshot import take_snapshot
from harmgraph.store.releases.release import Releases

PROJECT = Project(Path(__file__).resolve().parents[3])


def folder_of_releases() -> Releases:
    return Releases(Settings.from_environment().releases)


def given_snapshots(arguments: list[str]) -> list[Snapshot]:
    """The snapshots that the arguments name; without any, what is installed."""
    installed = installed_snapshot()
    if not arguments:
        return [] if installed is None else [installed]
    if "genai-incidents" in arguments and installed is None:
        raise typer.BadParameter("genai-incidents is not installed; install harmgraph[genai] or give =PATH")
    return [installed if each == "genai-incidents" and installed else _snapshot_of(each) for each in arguments]


def _snapshot_of(argument: str) -> Snapshot:
    name, separator, path = argument.partition("=")
    if not separator:
        raise typer.BadParameter(f"{argument!r} should be SOURCE=PATH, SOURCE one of {', '.join(SOURCES)}")
    return take_snapshot(known_source(name), Path(path))


def known_source(name: str) -> str:
    if name not in SOURCES:
        raise typer.BadParameter(f"there is no source {name!r}; there are {', '.join(SOURCES)}")
    return name

"""The command that says how good the data of the current release are."""

from __future__ import annotations

import json
import sys
from typing import Annotated, Any, Final

import typer
from pyoxigraph import RdfFormat, serialize
from rich.table import Table

from harmgraph import quality as measurements
from harmgraph.cli.arguments import folder_of_releases
from harmgraph.cli.console import out, outcome
from harmgraph.quality import dqv
from harmgraph.quality.metrics import COMPARED, COVERAGE, percent

FORMATS: Final = ("table", "json", "ttl")


def quality(
    release: Annotated[str | None, typer.Argument(metavar="[RELEASE]", help="A release; else the current one.")] = None,
    form: Annotated[str, typer.Option("--format", "-f", help=f"One of {', '.join(FORMATS)}.")] = "table",
) -> None:
    """Print what was measured of a release: coverage, disagreements, findings. An older release is measured now."""
    if form not in FORMATS:
        raise typer.BadParameter(f"there is no format {form!r}; there are {', '.join(FORMATS)}")
    with outcome():
        releases = folder_of_releases()
        chosen = releases.current() if release is None else releases.named(release)
        found = measurements.read(chosen.path) or measurements.measured(chosen.path, chosen.facts)
        if form == "json":
            out.print_json(json.dumps(found))
        elif form == "ttl":
            serialize(dqv.triples(found), sys.stdout.buffer, RdfFormat.TURTLE, prefixes={"dqv": dqv.DQV.iri})
        else:
            _print(chosen.id, found)


def _print(release: str, found: dict[str, Any]) -> None:
    shares = Table("what", "share", "count", box=None, title=f"release {release}")
    labels = {metric.name: metric.label for metric in COVERAGE}
    labels |= {compared.name: f"records that disagree about the {compared.label}" for compared in COMPARED}
    for each in (*found["coverage"], *found["disagreements"]):
        if each["of"]:
            count = f"{each['count']:,} of {each['of']:,}"
            shares.add_row(labels.get(each["name"], each["name"]), percent(each["count"], each["of"]), count)
    out.print(shares)
    findings = Table("finding", "where", "severity", "count", box=None)
    for each in found["validation"]["shapes"]:
        findings.add_row(each["shape"], "shapes", each["severity"], f"{each['count']:,}")
    for each in found["problems"]["kinds"]:
        findings.add_row(each["kind"], each["source"], each["severity"], f"{each['count']:,}")
    out.print(findings)

"""`harmgraph inbox` as a maintainer uses it, over a small release, with hostile suggestions in it."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from pyoxigraph import Literal, NamedNode
from tests.service.conftest import model_quads, publish
from typer.testing import CliRunner, Result

from harmgraph.cli import app
from harmgraph.inbox.drafting import draft
from harmgraph.inbox.folder import Inbox
from harmgraph.inbox.suggestion import Suggestion
from harmgraph.iris import DCT, FOAF, HG, concept_iri, mint
from harmgraph.sources.curated_format import read_curated
from harmgraph.store.releases.loading import load_disk

from .conftest import CORRECTION, INCIDENT, NAME, kept_triples

HOSTILE = "\x1b[31mred\x1b]0;title\x07 [bold]x[/bold] \u202eback\x9b2J\r\nrelease      all is well"
SECOND = "2026-12-02-aaaaaaaaaaaaaaaa"

Run = Callable[..., Result]


@pytest.fixture(scope="module")
def releases(tmp_path_factory: pytest.TempPathFactory, project: Path) -> Path:
    """A release of the RDF model's example."""
    folder = tmp_path_factory.mktemp("releases")
    release = publish(folder, dict.fromkeys(model_quads(project)), "2026-01-01T00:00:00Z")
    load_disk(release.dump, release.path / "store")
    return folder


@pytest.fixture
def run(inbox: Inbox, releases: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs `harmgraph inbox …` over an inbox with two suggestions."""
    monkeypatch.setenv("HARMGRAPH_INBOX", str(inbox.folder))
    monkeypatch.setenv("HARMGRAPH_RELEASES", str(releases))
    inbox.keep(NAME, kept_triples())
    hostile = replace(CORRECTION, text=HOSTILE, creator="\x1b[2JJo", proposal=None, statement=None)
    inbox.keep(SECOND, kept_triples(hostile, SECOND))
    return lambda *arguments: CliRunner().invoke(app, ["inbox", *arguments])


def test_the_list_has_a_line_for_each_in_a_pipe(run: Run) -> None:
    lines = run("list").stdout.splitlines()
    assert [line.split("\t")[:4] for line in lines] == [
        ["new", NAME, "correction", "incident/AIAAIC0850"],
        ["new", SECOND, "correction", "incident/AIAAIC0850"],
    ]


def test_the_list_is_json_and_can_be_filtered(run: Run) -> None:
    assert run("reject", SECOND, "--reviewer", "Ann", "--reason", "spam").exit_code == 0
    listed = {state: json.loads(run("list", "--state", state, "--format", "json").stdout) for state in ("new", "all")}
    assert [each["name"] for each in listed["new"]] == [NAME]
    assert [(each["name"], each["state"]) for each in listed["all"]] == [(NAME, "new"), (SECOND, "rejected")]
    assert listed["all"][1]["reviews"][0]["note"] == "spam"


def test_a_suggestion_is_shown_with_what_the_release_says(run: Run) -> None:
    shown = run("show", NAME).stdout
    for expected in (
        CORRECTION.text,
        '"2022-04"',
        "https://example.org/report",
        "Jo Bloggs",
        "says         so, in record/",
    ):
        assert expected in shown
    told = json.loads(run("show", NAME, "-f", "json").stdout)
    assert told["release"]["sayers"] and told["release"]["label"].startswith("Ukraine")
    assert told["statement"]["predicate"] == str(HG.occurred)


def test_what_a_stranger_wrote_does_not_command_the_terminal(run: Run) -> None:
    for arguments in (("list",), ("show", SECOND), ("show", SECOND, "-f", "json")):
        text = run(*arguments).stdout
        assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e]", text.replace("\t", "")), arguments
    shown = run("show", SECOND).stdout
    assert "<U+001B>[31mred" in shown and "[bold]x[/bold]" in shown and "<U+202E>back" in shown
    assert len(re.findall(r"^release ", shown, re.MULTILINE)) == 1, "a line of the text passes for one of ours"


def test_an_accepted_correction_is_drafted_as_a_curated_record(run: Run, inbox: Inbox) -> None:
    result = run("accept", NAME, "--reviewer", "orcid:0000-0002-1825-0097", "--note", "from\nApril")
    assert result.exit_code == 0, result.output
    path = inbox.folder / "accepted" / f"{NAME}.toml"
    record = path.with_name("AIAAIC0850.toml")
    path.rename(record)
    values = read_curated(record)
    assert values["incident"] == "AIAAIC0850" and values["occurred"] == "2022-04"
    assert values["sources"] and all("curated/" not in each for each in values["sources"])
    assert "# Evidence: https://example.org/report\n# Note: from April\n" in record.read_text()


def test_one_that_proposes_nothing_is_accepted_without_a_draft(run: Run, inbox: Inbox) -> None:
    result = run("accept", SECOND, "--reviewer", "Ann")
    assert result.exit_code == 0 and "no record was drafted" in result.output
    assert not list(inbox.folder.rglob("*.toml"))


def test_a_decision_can_be_undone(run: Run) -> None:
    run("accept", NAME, "--reviewer", "Ann")
    assert run("accept", NAME, "--reviewer", "Ann").exit_code == 2
    assert run("undo", NAME, "--reviewer", "Ann").exit_code == 0
    assert NAME in run("list").stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("show", "nothing"), "harmgraph inbox list has the names"),
        (("reject", NAME, "--reviewer", "Ann", "--reason", " "), "needs its reason"),
        (("accept", NAME, "--reviewer", ""), "who decides"),
        (("list", "--state", "lost"), "there is no state"),
        (("list", "--format", "xml"), "there is no format"),
    ],
)
def test_a_slip_is_told_with_its_remedy(run: Run, arguments: tuple[str, ...], said: str) -> None:
    result = run(*arguments)
    assert result.exit_code == 2 and said in " ".join(result.output.replace("│", " ").split())


def test_without_an_inbox_or_a_release_it_says_so(run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HARMGRAPH_RELEASES", str(tmp_path / "none"))
    result = run("show", NAME)
    assert result.exit_code == 0 and "what the release says is not known" in result.output
    assert CORRECTION.text in result.stdout
    accepted = run("accept", NAME, "--reviewer", "Ann")
    assert accepted.exit_code == 0 and "undo and accept again" in accepted.output
    monkeypatch.setenv("HARMGRAPH_INBOX", "off")
    assert "set HARMGRAPH_INBOX" in run("list").output


def test_a_broken_file_does_not_hide_the_others(run: Run, inbox: Inbox) -> None:
    (inbox.folder / "new" / f"{NAME}.ttl").write_text("<a")
    result = run("list")
    assert result.exit_code == 0 and SECOND in result.stdout and f"{NAME}.ttl" in result.stderr


RECORDS = ("https://w3id.org/harmgraph/id/record/aiid/2026-06/412", "https://w3id.org/harmgraph/id/graph/x")


def proposing(predicate: NamedNode, value: NamedNode | Literal) -> Suggestion:
    """A correction of a property."""
    return replace(CORRECTION, name=NAME, statement=(INCIDENT, predicate, Literal("old")), proposal=value)


@pytest.mark.parametrize(
    ("suggestion", "expected"),
    [
        (proposing(DCT.title, Literal('A "title"\n# x = 1')), {"title": 'A "title"\n# x = 1'}),
        (proposing(HG.deployer, mint("organisation", "acme")), {"deployers": ["acme"]}),
        (proposing(HG.jurisdiction, mint("country", "UKR")), {"jurisdictions": ["UKR"]}),
        (proposing(HG.technology, concept_iri("technology", "robotics")), {"concepts": ["technology/robotics"]}),
        (proposing(FOAF.page, NamedNode("https://example.org/p")), {"pages": ["https://example.org/p"]}),
        (proposing(HG.deployer, Literal("Acme")), None),
        (proposing(HG.deployer, mint("country", "UKR")), None),
        (proposing(DCT.title, NamedNode("https://example.org/")), None),
        (replace(CORRECTION, proposal=None), None),
        (replace(CORRECTION, about=mint("organisation", "acme")), None),
    ],
)
def test_a_draft_states_what_is_proposed_or_there_is_none(
    suggestion: Suggestion, expected: dict[str, object] | None
) -> None:
    text = draft(replace(suggestion, text=HOSTILE), "Old", RECORDS, HOSTILE)
    if expected is None:
        assert text is None
    else:
        assert text is not None
        values = tomllib.loads(text)
        assert values == {"incident": "AIAAIC0850", "title": "Old", "sources": ["aiid/412"]} | expected


def test_a_suggestion_about_the_quads_of_a_release_is_asked_safely(run: Run, inbox: Inbox) -> None:
    injected = Literal('"> } ; DROP ALL #\n\\')
    third = "2026-12-03-bbbbbbbbbbbbbbbb"
    inbox.keep(third, kept_triples(replace(CORRECTION, statement=(INCIDENT, HG.occurred, injected)), third))
    told = json.loads(run("show", third, "-f", "json").stdout)
    assert told["release"]["sayers"] == [] and told["release"]["values"]

"""`harmgraph query` as people run it: over the current release, and over an endpoint."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from harmgraph.catalogue import catalogue
from harmgraph.cli import app


@pytest.fixture
def ask(releases: Path) -> Any:
    """Runs the command with these arguments."""
    runner = CliRunner()
    environment = {"HARMGRAPH_RELEASES": str(releases), "COLUMNS": "200"}

    def run(*arguments: str, **given: Any) -> Result:
        return runner.invoke(app, ["query", *arguments], env=environment, **given)

    return run


def test_without_a_name_all_queries_are_listed_with_their_questions_and_parameters(ask: Any) -> None:
    listed = ask().stdout
    for query in catalogue():
        assert f"{query.name}" in listed
        assert query.question in listed
    assert "--param country=country:USA" in listed


@pytest.mark.parametrize("name", ["4", "04", "who-deploys-a-developers-systems", "04-who-deploys-a-developers-systems"])
def test_a_query_is_called_by_its_number_or_its_name(ask: Any, name: str) -> None:
    answer = ask(name)
    assert answer.stderr == ""
    assert (answer.exit_code, answer.stdout.splitlines()[1:]) == (
        0,
        ["https://w3id.org/harmgraph/id/organisation/gamma,Gamma,1"],
    )


def test_parameters_change_the_answer(ask: Any) -> None:
    by_country = ask("1", "--param", "country=FRA")
    by_technology = ask("1", "-p", "technology=chatbot", "-p", "from=2021-01-01")
    assert by_country.stdout.splitlines()[1:] == []
    assert [row.split(",")[1] for row in by_technology.stdout.splitlines()[1:]] == ["Two"]


def test_a_variable_is_a_parameter_too(ask: Any) -> None:
    answer = ask("6", "-p", 'harmLabel="Physical harm"@en')
    assert answer.stdout.splitlines()[1:] == ["Physical harm,Realised,2"]


def test_a_file_and_standard_input_are_answered(ask: Any, tmp_path: Path) -> None:
    file = tmp_path / "own.rq"
    file.write_text("ASK { ?i hg:deployer hgo:acme }", encoding="utf-8")
    assert ask(str(file)).stdout.strip() == "true"
    assert ask("-", input="ASK { ?i hg:deployer hgo:nobody }").stdout.strip() == "false"


def test_formats_are_those_of_the_endpoint(ask: Any, tmp_path: Path) -> None:
    assert len(json.loads(ask("4", "--format", "json").stdout)["results"]["bindings"]) == 1
    assert "Gamma" in ask("4", "-f", "table").stdout
    file = tmp_path / "graph.rq"
    file.write_text("CONSTRUCT WHERE { ?i hg:deployer hgo:gamma }", encoding="utf-8")
    assert "hg:deployer" in ask(str(file)).stdout
    assert "<https://w3id.org/harmgraph/ns#deployer>" in ask(str(file), "-f", "nt").stdout
    refused = ask(str(file), "-f", "csv")
    assert (refused.exit_code, "text/turtle" in refused.stderr) == (2, True)


def test_showing_a_query_asks_nothing(ask: Any) -> None:
    shown = ask("23", "--show", "-p", "incident=I1", "--endpoint", "http://127.0.0.1:9/sparql").stdout
    assert "<https://w3id.org/harmgraph/id/incident/I1> hg:deployer ?deployer" in shown


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("nothing",), "there is no query 'nothing'"),
        (("4", "-p", "developer"), "should be NAME=TERM"),
        (("1", "-p", "from=soon"), "from=soon is no xsd:date"),
        (("4", "-f", "pdf"), "there is no format 'pdf'"),
        (("4", "--endpoint", "here"), "is not the address of an endpoint"),
    ],
)
def test_what_cannot_be_done_is_said(ask: Any, arguments: tuple[str, ...], message: str) -> None:
    answer = ask(*arguments)
    assert answer.exit_code == 2
    assert message in answer.stderr


def test_an_endpoint_is_asked_by_the_protocol(ask: Any, scripted: Any) -> None:
    row = {"label": {"type": "literal", "value": "Beta"}, "incidents": {"type": "literal", "value": "3"}}
    scripted.sends(json.dumps({"head": {"vars": ["label", "incidents"]}, "results": {"bindings": [row]}}).encode())
    answer = ask("4", "-p", "developer=Acme", "--endpoint", scripted.address, "-f", "json")
    assert (answer.exit_code, answer.stderr) == (0, "")
    assert json.loads(answer.stdout)["results"]["bindings"] == [row]
    assert '?developer rdfs:label "Acme"@en' in scripted.asked[-1]
    assert "PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>" in scripted.asked[-1]


def test_the_credentials_of_the_store_are_kept_from_another_endpoint(
    ask: Any, scripted: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[str | None] = []

    def refuse(handler: Any) -> None:
        sent.append(handler.headers["Authorization"])
        handler.send_response(401)
        handler.send_header("WWW-Authenticate", "Basic")
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    scripted.script = refuse
    monkeypatch.setenv("HARMGRAPH_STORE_USER", "ann")
    monkeypatch.setenv("HARMGRAPH_STORE_PASSWORD", "secret")
    assert ask("4", "--endpoint", scripted.address).exit_code == 2
    assert sent and not any(sent)


def test_nothing_is_left_running(releases: Path) -> None:
    program = [sys.executable, "-m", "harmgraph", "query", "4"]
    environment = {**os.environ, "HARMGRAPH_RELEASES": str(releases)}
    done = subprocess.run(program, env=environment, capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[1:] == ["https://w3id.org/harmgraph/id/organisation/gamma,Gamma,1"]

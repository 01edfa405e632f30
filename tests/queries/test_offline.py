"""The federated queries without a network: Wikidata's part from a slice in the release, against answers by hand.

The items are those of `test_federated`, as the slice keeps them: the best-ranked values, without qualifiers. So there
are no memberships with their years (26), no founders and chief executives (28) and no articles (30).
"""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from pyoxigraph import RdfFormat, parse
from tests.queries.conftest import DECLARED, TRIG
from typer.testing import CliRunner

from harmgraph.catalogue import catalogue, without_network
from harmgraph.cli import app
from harmgraph.linking.items import Item
from harmgraph.linking.slice import read_slice, write_slice
from harmgraph.linking.slice_statements import item_quads
from harmgraph.store.releases.loading import load_disk
from harmgraph.store.releases.release import Releases


def item(number: int, english: str = "", **values: object) -> Item:
    """An item that is made up, with a label in English unless it has others."""
    name = f"Q{number}"
    return Item(name, name, {"en": english} if english else {}, **values)  # type: ignore[arg-type]  # fields of an Item


ACME, BETA, GAMMA, CLEARVIEW = 900000001, 900000002, 900000003, 900000004
# Acme belongs to a group whose owner sits in France; Gamma is in two countries; Clearview AI is in another one than
# ours; a class is below another one; a label is in a language that nobody asked for.
ITEMS = (
    item(ACME, "Acme", countries=("Q30",), parents=("Q900000005",), headquarters=("Q900000011",)),
    item(900000005, "Group", owners=("Q900000006",)),
    item(900000006, "Owner", headquarters=("Q900000010",)),
    item(
        BETA,
        "Beta",
        countries=("Q30",),
        headquarters=("Q900000011",),
        exchanges=("Q900000020",),
        lei=("LEI-BETA",),
    ),
    item(GAMMA, "Gamma", countries=("Q30", "Q145"), headquarters=("Q900000011",), types=("Q900000030",)),
    item(
        CLEARVIEW,
        "Clearview AI",
        countries=("Q145",),
        headquarters=("Q900000012",),
        types=("Q900000031",),
        exchanges=("Q900000020",),
        ror=("ROR-CLEAR",),
    ),
    item(900000010, "Lyon", countries=("Q142",)),
    item(900000011, "Boston", countries=("Q30",)),
    item(900000012, "Leeds", countries=("Q145",)),
    item(900000020, "Some Exchange"),
    item(900000030, "city police", superclasses=("Q732717",)),
    item(30, "United States", population=("4000000",)),
    item(142, "France", population=("2000000",)),
    Item(
        "Q900000040",
        "Q900000040",
        {"fr": "reconnaissance faciale", "uk": "розпізнавання облич", "de": "Gesicht"},
        superclasses=("Q900000042",),
    ),
    item(900000042, "recognition", superclasses=("Q177765",)),
    Item("Q900000041", "Q900000041", {"fr": "robot conversationnel"}),
)
PARAMETERS = {27: ["--param", "least=1"]}
EXPECTED = {
    24: [("France", "2"), ("United States", "1")],
    25: [("law enforcement", "United States", "1")],
    26: [("United States", "3", "0.75", "0"), ("France", "1", "0.5", "0")],
    27: [("Beta", "1", "Some Exchange", "LEI-BETA", ""), ("Clearview AI", "1", "Some Exchange", "", "ROR-CLEAR")],
    29: [("Clearview AI", "United States")],
    30: [
        (label, language, name)
        for label in ("One", "Three", "Two")
        for language, name in (("fr", "reconnaissance faciale"), ("uk", "розпізнавання облич"))
    ],
}
SHOWN = {
    29: ("label", "countryLabel"),
    30: ("label", "language", "name"),
}
"""The columns that are compared, where not all are."""


@pytest.fixture(scope="module")
def sliced(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a release that has the slice in it, read from a file as a build reads it."""
    folder, kept = tmp_path_factory.mktemp("sliced"), tmp_path_factory.mktemp("slice") / "items.jsonl"
    write_slice(ITEMS, kept)
    with Releases(folder).draft() as draft:
        ours = parse(DECLARED + TRIG, format=RdfFormat.TRIG)
        draft.write_dump(quad for part in (ours, item_quads(read_slice(kept))) for quad in part)
        load_disk(draft.dump, draft.path / "store")
        draft.publish({"built": "2026-01-01T00:00:00Z"})
    return folder


@pytest.mark.parametrize("number", EXPECTED)
def test_a_federated_query_is_answered_from_the_slice(
    sliced: Path, number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HARMGRAPH_RELEASES", str(sliced))
    monkeypatch.setenv("HARMGRAPH_FEDERATION", "http://127.0.0.1:9/sparql")  # where nothing answers
    arguments = ["query", str(number), "--offline", "--format", "csv", *PARAMETERS.get(number, [])]
    done = CliRunner().invoke(app, arguments, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    columns = SHOWN.get(number) or tuple(rows[0])
    assert [tuple(row[name] for name in columns) for row in rows] == EXPECTED[number]


def test_every_federated_query_can_be_asked_without_a_network() -> None:
    for query in catalogue():
        if query.kind == "federated":
            assert "SERVICE" in query.text
            assert "SERVICE" not in without_network(query.text)
            assert "GRAPH <https://w3id.org/harmgraph/id/graph/wikidata>" in without_network(query.text)


def test_without_a_slice_there_is_no_answer_and_no_error(releases: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HARMGRAPH_RELEASES", str(releases))
    done = CliRunner().invoke(app, ["query", "24", "--offline", "--format", "csv"], catch_exceptions=False)
    assert (done.exit_code, done.stdout.strip()) == (0, "countryLabel,incidents")

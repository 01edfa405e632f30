"""The federated queries without a network: Wikidata's part from a slice in the release, against answers by hand.

The items are those of `test_federated`, as the slice keeps them: the best-ranked values, memberships and chief
executives with their time, and of persons the labels alone.
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
from harmgraph.linking.dated import Dated
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
ANN, BEN, UNION = "Q900000050", "Q900000051", "Q900000060"
# Acme belongs to a group whose owner sits in France; Gamma is in two countries; Clearview AI is in another one than
# ours; a class is below another one; a label is in a language that nobody asked for. Of the incidents, One (Acme) was
# in 2022-03, Two (Acme, Beta) from 2021-01-01 and Three (Gamma, Clearview AI) in 2019-05. Ann leads Acme since 2022 and
# Beta, both at once, and had left Clearview AI, which she founded, a month before Three. Ben left Acme when she came,
# leads Clearview AI since the very day of Three, and founded Gamma with her.
ITEMS = (
    item(
        ACME,
        "Acme",
        countries=("Q30",),
        parents=("Q900000005",),
        headquarters=("Q900000011",),
        chief_executives=(Dated("Q900000001-C-1", ANN, "2022"), Dated("Q900000001-C-2", BEN, "2015-04", "2022")),
    ),
    item(900000005, "Group", owners=("Q900000006",)),
    item(900000006, "Owner", headquarters=("Q900000010",)),
    item(
        BETA,
        "Beta",
        countries=("Q30",),
        headquarters=("Q900000011",),
        exchanges=("Q900000020",),
        lei=("LEI-BETA",),
        chief_executives=(Dated("Q900000002-C-1", ANN),),
    ),
    item(
        GAMMA,
        "Gamma",
        countries=("Q30", "Q145"),
        headquarters=("Q900000011",),
        types=("Q900000030",),
        founders=(ANN, BEN),
    ),
    item(
        CLEARVIEW,
        "Clearview AI",
        countries=("Q145",),
        headquarters=("Q900000012",),
        types=("Q900000031",),
        exchanges=("Q900000020",),
        ror=("ROR-CLEAR",),
        founders=(ANN,),
        chief_executives=(
            Dated("Q900000004-C-1", ANN, until="2019-04"),
            Dated("Q900000004-C-2", BEN, since="2019-05-01"),
        ),
    ),
    Item(ANN, ANN, {"en": "Ann Example"}),
    Item(BEN, BEN, {"en": "Ben Example"}),
    item(900000010, "Lyon", countries=("Q142",)),
    item(900000011, "Boston", countries=("Q30",)),
    item(900000012, "Leeds", countries=("Q145",)),
    item(900000020, "Some Exchange"),
    item(900000030, "city police", superclasses=("Q732717",)),
    item(30, "United States", population=("4000000",), memberships=(Dated("Q30-E-1", UNION, "1950"),)),
    item(
        142,
        "France",
        population=("2000000",),
        memberships=(Dated("Q142-E-1", "Q458", "1993-11-01", "2023"), Dated("Q142-E-2", "Q458", "2023-02")),
    ),
    Item(
        "Q900000040",
        "Q900000040",
        {"fr": "reconnaissance faciale", "uk": "розпізнавання облич", "de": "Gesicht"},
        superclasses=("Q900000042",),
        articles={"fr": "https://fr.wikipedia.org/wiki/Visage", "de": "https://de.wikipedia.org/wiki/Gesicht"},
    ),
    item(900000042, "recognition", superclasses=("Q177765",)),
    Item("Q900000041", "Q900000041", {"fr": "robot conversationnel"}),
)
ANSWERS: tuple[tuple[int, tuple[str, ...], list[tuple[str, ...]]], ...] = (
    (24, (), [("France", "2"), ("United States", "1")]),
    (25, (), [("law enforcement", "United States", "1")]),
    (26, (), [("United States", "3", "0.75", "0"), ("France", "1", "0.5", "1")]),
    (
        27,
        ("least=1",),
        [("Beta", "1", "Some Exchange", "LEI-BETA", ""), ("Clearview AI", "1", "Some Exchange", "", "ROR-CLEAR")],
    ),
    (
        28,
        ("person=Ann Example",),
        [
            ("One", "Acme", "chief executive"),
            ("Three", "Clearview AI", "founder"),
            ("Three", "Gamma", "founder"),
            ("Two", "Beta", "chief executive"),
        ],
    ),
    (
        28,
        ("person=Ben Example",),
        [
            ("Three", "Clearview AI", "chief executive"),
            ("Three", "Gamma", "founder"),
            ("Two", "Acme", "chief executive"),
        ],
    ),
    (28, ("person=Cat Example",), []),
    (29, (), [("Clearview AI", "United States")]),
    (
        30,
        (),
        [
            (label, *found)
            for label in ("One", "Three", "Two")
            for found in (
                ("fr", "reconnaissance faciale", "https://fr.wikipedia.org/wiki/Visage"),
                ("uk", "розпізнавання облич", ""),
            )
        ],
    ),
)
SHOWN = {
    28: ("label", "companyLabel", "role"),
    29: ("label", "countryLabel"),
    30: ("label", "language", "name", "article"),
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


@pytest.mark.parametrize(("number", "parameters", "expected"), ANSWERS)
def test_a_federated_query_is_answered_from_the_slice(
    sliced: Path,
    number: int,
    parameters: tuple[str, ...],
    expected: list[tuple[str, ...]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HARMGRAPH_RELEASES", str(sliced))
    monkeypatch.setenv("HARMGRAPH_FEDERATION", "http://127.0.0.1:9/sparql")  # where nothing answers
    given = [word for each in parameters for word in ("--param", each)]
    arguments = ["query", str(number), "--offline", "--format", "csv", *given]
    done = CliRunner().invoke(app, arguments, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    columns = SHOWN.get(number) or tuple(rows[0])
    assert [tuple(row[name] for name in columns) for row in rows] == expected


def test_every_federated_query_has_an_answer_from_the_slice() -> None:
    assert {query.number for query in catalogue() if query.kind == "federated"} == {number for number, _, _ in ANSWERS}


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

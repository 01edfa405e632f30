"""The federated queries answer what was worked out by hand, with an endpoint on loopback in the place of Wikidata's.

That endpoint is another service of ours over a few statements in the form of Wikidata's, with items that are made up.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pyoxigraph import RdfFormat, parse
from tests.service.conftest import Served

from harmgraph.catalogue import called, catalogue
from harmgraph.iris import PREFIXES
from harmgraph.settings import Settings
from harmgraph.store.base import Query
from harmgraph.store.local.embedded import EmbeddedStore
from harmgraph.store.query_text.parameters import bound
from harmgraph.store.releases.release import Releases

WIKIDATA = "https://query.wikidata.org/sparql"

# The traps: Acme belongs to a group elsewhere; Gamma is in two countries; Clearview AI is in another one than ours;
# France left the union at the day of its incident, and the United States are in another union; one has two roles, and
# its years as chief executive end; she left another company at an unknown time, and a third she never led; an article
# is no Wikipedia's; a label is in a language that nobody asked for.
OTHERS = """
PREFIX p: <http://www.wikidata.org/prop/>
PREFIX ps: <http://www.wikidata.org/prop/statement/>
PREFIX pq: <http://www.wikidata.org/prop/qualifier/>
PREFIX wds: <http://www.wikidata.org/entity/statement/>
PREFIX sdo: <http://schema.org/>
PREFIX wikibase: <http://wikiba.se/ontology#>
"""
SLICE = """
wd:Q900000001 wdt:P17 wd:Q30 ; wdt:P749 wd:Q900000005 ; wdt:P159 wd:Q900000011 ; p:P169 wds:chief1 .
wd:Q900000002 p:P169 wds:chief3 . wd:Q900000003 p:P169 wds:chief4 .
wd:Q900000005 wdt:P127 wd:Q900000006 . wd:Q900000006 wdt:P159 wd:Q900000010 .
wd:Q900000002 wdt:P17 wd:Q30 ; wdt:P159 wd:Q900000011 ; wdt:P414 wd:Q900000020 ; wdt:P1278 "LEI-BETA" .
wd:Q900000003 wdt:P17 wd:Q30, wd:Q145 ; wdt:P159 wd:Q900000011 ; wdt:P31 wd:Q900000030 .
wd:Q900000004 wdt:P17 wd:Q145 ; wdt:P159 wd:Q900000012 ; wdt:P31 wd:Q900000031 ; wdt:P414 wd:Q900000020 ;
  wdt:P6782 "ROR-CLEAR" ; wdt:P112 wd:Q900000050 ; p:P169 wds:chief2 .
wd:Q900000010 wdt:P17 wd:Q142 . wd:Q900000011 wdt:P17 wd:Q30 . wd:Q900000012 wdt:P17 wd:Q145 .
wd:Q900000020 rdfs:label "Some Exchange"@en, "Une bourse"@fr .
wd:Q900000030 wdt:P279 wd:Q732717 .
wd:Q30 wdt:P1082 4000000.0 ; p:P463 wds:union1 . wd:Q142 wdt:P1082 2000000.0 ; p:P463 wds:union2 .
wd:Q30 p:P463 wds:union3, wds:union4 .
wds:union3 ps:P463 wd:Q458 ; wikibase:rank wikibase:DeprecatedRank ; pq:P580 "1950-01-01T00:00:00Z"^^xsd:dateTime .
wds:union4 ps:P463 wd:Q458 ; pq:P580 "1950-01-01T00:00:00Z"^^xsd:dateTime ;
  pq:P582 <http://www.wikidata.org/.well-known/genid/2> .
wds:union1 ps:P463 wd:Q900000060 ; pq:P580 "1950-01-01T00:00:00Z"^^xsd:dateTime .
wds:union2 ps:P463 wd:Q458 ; pq:P580 "1993-11-01T00:00:00Z"^^xsd:dateTime ;
  pq:P582 "2023-01-01T00:00:00Z"^^xsd:dateTime .
wd:Q900000050 rdfs:label "Ann Example"@en . wd:Q900000051 rdfs:label "Ann Other"@en .
wds:chief1 ps:P169 wd:Q900000050 ; pq:P580 "2022-01-01T00:00:00Z"^^xsd:dateTime .
wds:chief2 ps:P169 wd:Q900000050 ; pq:P582 "2019-04-01T00:00:00Z"^^xsd:dateTime .
wds:chief3 ps:P169 wd:Q900000050 ; pq:P582 <http://www.wikidata.org/.well-known/genid/1> .
wds:chief4 ps:P169 wd:Q900000050 ; wikibase:rank wikibase:DeprecatedRank .
wd:Q900000040 wdt:P279 wd:Q900000042 ; rdfs:label "reconnaissance faciale"@fr, "розпізнавання облич"@uk, "face"@de .
wd:Q900000042 wdt:P279 wd:Q177765 . wd:Q900000041 rdfs:label "robot conversationnel"@fr .
<https://fr.example.org/wiki/Face> sdo:about wd:Q900000040 ; sdo:inLanguage "fr" ;
  sdo:isPartOf <https://fr.example.org/> .
<https://uk.example.org/wiki/Face> sdo:about wd:Q900000040 ; sdo:inLanguage "uk" ;
  sdo:isPartOf <https://uk.example.org/> .
<https://fr.example.org/> wikibase:wikiGroup "wikipedia" . <https://uk.example.org/> wikibase:wikiGroup "wikivoyage" .
"""
PARAMETERS = {"27-listed-developers": {"least": ["1"]}, "28-companies-of-a-person": {"person": ["Ann Example"]}}
CONFLICT = "http://www.wikidata.org/entity/Q145"
EXPECTED = {
    "24-where-the-owners-are": [("France", "2"), ("United States", "1")],
    "25-ministries-police-and-armed-forces": [("law enforcement", "United States", "1")],
    "26-incidents-per-million-inhabitants": [("United States", "3", "0.75", "0"), ("France", "1", "0.5", "1")],
    "27-listed-developers": [
        ("Beta", "1", "Some Exchange", "LEI-BETA"),
        ("Clearview AI", "1", "Some Exchange", "ROR-CLEAR"),
    ],
    "28-companies-of-a-person": [("One", "Acme", "chief executive"), ("Three", "Clearview AI", "founder")],
    "29-countries-that-disagree": [("Clearview AI", "United States", CONFLICT)],
    "30-technologies-in-other-languages": [
        (label, *name)
        for label in ("One", "Three", "Two")
        for name in (("fr", "reconnaissance faciale"), ("uk", "розпізнавання облич"))
    ],
}


@pytest.fixture(scope="module")
def wikidata(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The endpoint in the place of Wikidata's."""
    prefixes = "".join(f"PREFIX {prefix}: <{iri}>\n" for prefix, iri in PREFIXES.items())
    quads = parse(f"{prefixes}{OTHERS}GRAPH <https://example.org/wikidata> {{ {SLICE} }}", format=RdfFormat.TRIG)
    with Served(tmp_path_factory.mktemp("wikidata"), quads, Settings(store="memory", workers=1)) as served:
        yield served


@pytest.fixture(scope="module")
def rows(releases: Path, wikidata: Served) -> Iterator[Callable[[str], list[dict[str, str]]]]:
    """Answers a query of ours from our graph and that endpoint."""
    address = f"{wikidata.address}/sparql"
    configuration = Settings(store="disk", federation=address, workers=1)
    with asyncio.Runner() as runner:
        store = runner.run(EmbeddedStore.open(Releases(releases).current().path, configuration))

        async def read(text: str) -> bytes:
            return await (await store.query(Query(text.replace(WIKIDATA, address), 30))).read()

        def ask(text: str) -> list[dict[str, str]]:
            found = json.loads(runner.run(read(text)))["results"]["bindings"]
            return [{name: term["value"] for name, term in row.items() if term["type"] != "uri"} for row in found]

        yield ask
        runner.run(store.close())


def test_every_federated_query_has_an_answer_worked_out_by_hand() -> None:
    assert {query.name for query in catalogue() if query.kind == "federated"} == set(EXPECTED)


def test_the_thirty_questions_have_their_queries() -> None:
    assert set(range(1, 31)) <= {query.number for query in catalogue()}


@pytest.mark.parametrize("name", EXPECTED)
def test_a_federated_query_gives_the_rows_worked_out_by_hand(
    rows: Callable[[str], list[dict[str, str]]], name: str
) -> None:
    query = called(name, catalogue())
    assert re.match(r"# title: .+\n# question: .+\?\n", query.text)
    assert WIKIDATA in query.text
    found = rows(bound(query.text, PARAMETERS.get(name, {})))
    assert [tuple(row.values()) for row in found] == EXPECTED[name]


def test_an_endpoint_is_never_asked_for_everything(releases: Path, scripted: object) -> None:
    """Each query sends the values of its own items, or names what it looks for."""
    from tests.conftest import Scripted

    assert isinstance(scripted, Scripted)
    scripted.sends(b'{"head": {"vars": []}, "results": {"bindings": []}}')
    configuration = Settings(store="disk", federation=scripted.address, workers=1)

    async def ask_all() -> None:
        store = await EmbeddedStore.open(Releases(releases).current().path, configuration)
        for query in catalogue():
            if query.kind == "federated":
                text = bound(query.text, PARAMETERS.get(query.name, {})).replace(WIKIDATA, scripted.address)
                await (await store.query(Query(text, 30))).read()
        await store.close()

    asyncio.run(ask_all())
    assert len(scripted.asked) == len(EXPECTED)
    for asked in scripted.asked:
        assert re.search(r"VALUES \(\?item\) \{|VALUES \(\?class \?item\) \{|rdfs:label \"Ann Example\"@en", asked), (
            asked
        )

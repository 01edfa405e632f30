"""A real server on loopback over a real store, which holds the example of ``docs/reference/rdf-model.md``, the
ontology, and some incidents made up to be awkward.
"""

from __future__ import annotations

import asyncio
import re
import socket
import threading
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import httpx
import pytest
import uvicorn
from fastapi import FastAPI
from pyoxigraph import Literal, NamedNode, Quad, RdfFormat, parse

from harmgraph.iris import (
    DCT,
    FOAF,
    HG,
    PREFIXES,
    RDF,
    RDFS,
    SKOS,
    SPDX,
    XSD,
    concept_iri,
    graph_iri,
    mint,
    record_iri,
)
from harmgraph.service.app import create_app
from harmgraph.service.running.server import web_server
from harmgraph.settings import Settings
from harmgraph.store.columns import files as columns
from harmgraph.store.opening import open_store
from harmgraph.store.releases import text_index
from harmgraph.store.releases.loading import load_memory
from harmgraph.store.releases.release import Release, Releases

from .published import NEWER, OLDER, described, older

HOSTILE = '<script>alert("x")</script> & \u202egnirts'
ODD_NAMES = {
    "o'neil-&-sons-(uk)": "O'Neil & Sons (UK)",
    "o.reilly.ttl": "O.Reilly, with a name that ends like a suffix",
    "o.reilly": "O.Reilly",
    "crédit": "Crédit",
    "acme": "Acme",
}


def model_quads(project: Path) -> Iterator[Quad]:
    """The TriG example of the RDF model."""
    page = (project / "docs" / "reference" / "rdf-model.md").read_text("utf-8")
    prefixes = "".join(f"PREFIX {p}: <{iri}>\n" for p, iri in {**PREFIXES, "spdx": SPDX.iri}.items())
    for block in re.findall(r"```trig\n(.*?)```", page, flags=re.DOTALL):
        yield from parse(input=prefixes + block, format=RdfFormat.TRIG)


def ontology_quads(project: Path) -> Iterator[Quad]:
    """The ontology and the schemes in their graphs."""
    folder = project / "ontology"
    schemes = ((path, "schemes") for path in sorted(folder.glob("schemes/*.ttl")))
    for path, graph in [(folder / "harmgraph.ttl", "ontology"), *schemes]:
        for quad in parse(path=str(path), format=RdfFormat.TURTLE):
            yield Quad(quad.subject, quad.predicate, quad.object, graph_iri(graph))


def awkward_quads() -> Iterator[Quad]:
    """A second record of the example's incident, hostile text, odd names, and 120 incidents of one organisation."""
    record = record_iri("aiaaic-sheet", "2026-06", "AIAAIC0850")
    consolidation = graph_iri("consolidation")
    yield from _second_record(record)
    seed = mint("incident", "AIAAIC0850")
    yield Quad(mint("incident", "INC-05349"), DCT.isReplacedBy, seed, consolidation)
    withdrawn = mint("incident", "INC-00004")
    yield Quad(withdrawn, RDF.type, HG.Tombstone, consolidation)
    yield Quad(withdrawn, HG.retractionReason, Literal("out of scope", language="en"), consolidation)
    yield Quad(withdrawn, DCT.isReplacedBy, seed, consolidation)
    hostile = mint("incident", "AIID-412")
    yield Quad(hostile, RDF.type, HG.Incident, record)
    yield Quad(hostile, DCT.description, Literal(HOSTILE, language="en"), record)
    yield Quad(hostile, FOAF.page, NamedNode("javascript:alert(1)"), record)
    yield Quad(hostile, FOAF.page, NamedNode("https://example.org/a?b=%22c&d=e"), record)
    for predicate in (RDFS.label, SKOS.prefLabel):
        yield Quad(hostile, predicate, Literal(HOSTILE, language="en"), consolidation)
    for name, label in ODD_NAMES.items():
        organisation = mint("organisation", name)
        yield Quad(organisation, RDF.type, HG.Organisation, consolidation)
        yield Quad(organisation, RDFS.label, Literal(label, language="en"), consolidation)
        yield Quad(hostile, HG.developer, organisation, record)
    for number in range(120):
        incident = mint("incident", f"TEST-{number:04}")
        yield Quad(incident, RDF.type, HG.Incident, record)
        yield Quad(incident, HG.deployer, mint("organisation", "acme"), record)
        yield Quad(incident, HG.technology, concept_iri("technology", "facial-recognition"), record)
        yield Quad(incident, RDFS.label, Literal(f"Synthetic incident {number}", language="en"), consolidation)
        bound = Literal(f"20{number % 25:02}-01-01", datatype=XSD.date)
        yield Quad(incident, HG.earliestDate, bound, consolidation)


def _second_record(record: NamedNode) -> Iterator[Quad]:
    provenance = graph_iri("provenance")
    seed = mint("incident", "AIAAIC0850")
    yield Quad(seed, RDF.type, HG.Incident, record)
    yield Quad(seed, HG.occurred, Literal("2022", datatype=XSD.gYear), record)
    yield Quad(seed, HG.deployer, mint("organisation", "ministry-of-defence-of-ukraine"), record)
    yield Quad(seed, HG.issue, concept_iri("issue", "dual-use"), record)
    yield Quad(record, RDF.type, HG.SourceRecord, provenance)
    yield Quad(record, RDFS.label, Literal("AIAAIC sheet, AIAAIC0850 (2026-06)", language="en"), provenance)
    yield Quad(record, DCT.license, NamedNode("https://creativecommons.org/licenses/by-sa/4.0/"), provenance)
    yield Quad(record, FOAF.primaryTopic, seed, provenance)


@pytest.fixture(scope="session")
def quads(project: Path) -> list[Quad]:
    """What the store holds, each statement in its named graph."""
    return list(dict.fromkeys([*model_quads(project), *ontology_quads(project), *awkward_quads()]))


def publish(releases: Path, quads: Iterable[Quad], built: str) -> Release:
    """A release of these quads, which is the current one from then on."""
    with Releases(releases).draft() as draft:
        draft.write_dump(quads)
        text_index.make(draft.dump, draft.path / "text")
        columns.make(load_memory(draft.dump), draft.path / "columns")
        return draft.publish({"built": built})


class Served:
    """A service over these quads on loopback, in a thread with an event loop of its own."""

    def __init__(
        self, releases: Path, quads: Iterable[Quad], settings: Settings, built: str = "2026-01-01T00:00:00Z"
    ) -> None:
        self.release = publish(releases, quads, built)
        inbox = str(releases.with_name(f"{releases.name}-inbox")) if settings.inbox == "auto" else settings.inbox
        self.settings = replace(settings, releases=releases, inbox=inbox)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.address = f"http://127.0.0.1:{self.port}"
        self.app: FastAPI | None = None
        self._server: uvicorn.Server | None = None
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()))

    async def _serve(self) -> None:
        store = await open_store(self.settings)
        self.app = create_app(store, self.settings)
        self._server = web_server(self.app)
        await self._server.serve(sockets=[self._listener])

    def __enter__(self) -> Served:
        self._thread.start()
        while self._server is None or not self._server.started:
            assert self._thread.is_alive(), "the server did not start"
            time.sleep(0.01)
        return self

    def __exit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.should_exit = True
        self._thread.join(20)
        assert not self._thread.is_alive(), "the server did not stop"


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory, quads: list[Quad]) -> Iterator[Served]:
    """The service that most tests ask."""
    settings = Settings(store="memory", workers=2, inbox_rate=0)  # tests that are made at random send very many
    with Served(tmp_path_factory.mktemp("releases"), quads, settings) as each:
        yield each


@pytest.fixture(scope="session")
def client(served: Served) -> Iterator[httpx.Client]:
    """A client that does not follow redirects and sends no ``Accept`` of its own."""
    with httpx.Client(base_url=served.address, timeout=30) as each:
        del each.headers["Accept"]
        yield each


@dataclass(frozen=True)
class Publication:
    """A service over the newer of two releases, a client for it, and both releases, the newer first."""

    served: Served
    client: httpx.Client
    releases: tuple[Release, Release]


@pytest.fixture(scope="session")
def publication(tmp_path_factory: pytest.TempPathFactory, quads: list[Quad]) -> Iterator[Publication]:
    """What the tests of publishing ask."""
    releases, folder = tmp_path_factory.mktemp("published"), tmp_path_factory.mktemp("described")
    before = publish(releases, described(older(quads), folder), OLDER)
    settings = Settings(store="memory", workers=2)
    with (
        Served(releases, described(quads, folder), settings, NEWER) as server,
        httpx.Client(base_url=server.address, timeout=30) as client,
    ):
        del client.headers["Accept"]
        yield Publication(server, client, (server.release, before))

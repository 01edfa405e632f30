"""The event stream of record versions: a client that follows its pages gets every version, with all that it says."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest
from pyoxigraph import Literal, NamedNode, Quad, RdfFormat, parse

from harmgraph.iris import DCT, HG, RDF, mint, record_iri
from harmgraph.service.linked_data import ldes
from harmgraph.service.linked_data.ldes import LDES, STREAM, TREE
from harmgraph.settings import Settings

from .conftest import Publication, Served


def walk(client: httpx.Client) -> list[set[Quad]]:
    """Every page of the stream, found as a TREE client does."""
    found = []
    address: str | None = str(client.build_request("GET", "/ldes").url)
    while address is not None:
        response = client.get(address)
        assert response.status_code == 200
        quads = set(parse(input=response.content, format=RdfFormat.TRIG))
        assert any((q.subject, q.predicate, q.object) == (STREAM, RDF.type, LDES.EventStream) for q in quads)
        found.append(quads)
        relations = {q.object for q in quads if (q.subject, q.predicate) == (NamedNode(address), TREE.relation)}
        following = [q.object for q in quads if q.subject in relations and q.predicate == TREE.node]
        assert len(following) <= 1
        address = following[0].value if following and isinstance(following[0], NamedNode) else None
    return found


def test_a_member_comes_with_what_it_says_in_its_graph(publication: Publication) -> None:
    (page,) = walk(publication.client)
    dump = set(parse(path=str(publication.releases[0].dump), format=RdfFormat.N_QUADS))
    records = {q.subject for q in dump if q.predicate == RDF.type and q.object == HG.SourceRecord}
    assert {q.object for q in page if (q.subject, q.predicate) == (STREAM, TREE.member)} == records
    assert {q for q in dump if q.graph_name in records} <= page
    assert {q for q in dump if q.subject in records} <= page


def test_every_version_is_in_one_page(tmp_path: Path) -> None:
    records = [record_iri("aiaaic-sheet", f"2026-{month:02}", f"X{n:03}") for month in (5, 6) for n in range(125)]
    quads = [Quad(record, RDF.type, HG.SourceRecord, mint("graph", "provenance")) for record in records]
    quads += [Quad(mint("incident", "X"), DCT.title, Literal(record.value[-4:]), record) for record in records]
    with (
        Served(tmp_path, quads, Settings(store="memory", workers=1)) as server,
        httpx.Client(base_url=server.address, timeout=30) as client,
    ):
        pages = walk(client)
        members = [q.object for page in pages for q in page if q.predicate == TREE.member]
        assert len(pages) == 3
        assert sorted(map(str, members)) == sorted(map(str, records))
        assert client.get("/ldes?page=4").status_code == 404
        assert 'rel="next"' in client.get("/ldes").headers["Link"]


@pytest.mark.parametrize("media_type", [f.media_type for f in ldes.FORMATS])
def test_the_stream_comes_in_every_format(publication: Publication, media_type: str) -> None:
    response = publication.client.get("/ldes", headers={"Accept": media_type})
    assert response.headers["Content-Type"].partition(";")[0] == media_type
    quads = set(parse(input=response.content, format=RdfFormat.from_media_type(media_type)))
    assert any(q.predicate == TREE.member for q in quads)
    held = {"Accept": media_type, "If-None-Match": response.headers["ETag"]}
    assert publication.client.get("/ldes", headers=held).status_code == 304

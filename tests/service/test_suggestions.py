"""The inbox and the form over HTTP: discovery, each status, what is kept, and that nothing of it is ever shown."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyoxigraph import Quad, RdfFormat, parse

from harmgraph.errors import TooManySuggestions
from harmgraph.inbox.folder import Inbox
from harmgraph.inbox.reading import MEDIA_TYPES
from harmgraph.inbox.terms import LDP, MESSAGE_LIMIT
from harmgraph.iris import HG, RDF
from harmgraph.service.suggestions.rates import Rates
from harmgraph.settings import Settings

from .conftest import HOSTILE, Publication, Served

LD = {"Content-Type": "application/ld+json"}
THING = "https://w3id.org/harmgraph/id/incident/AIAAIC0850"
FORM = "/improve/incident/AIAAIC0850"
ANNOTATION: dict[str, Any] = {
    "@context": "http://www.w3.org/ns/anno.jsonld",
    "type": "Annotation",
    "motivation": "commenting",
    "body": {"type": "TextualBody", "value": "Known elsewhere as well.", "language": "en"},
    "target": THING,
}
FILLED = {"kind": "correction", "text": "It was in April.", "language": "en", "statement": "", "website": ""}


@pytest.fixture(scope="module")
def open_inbox(tmp_path_factory: pytest.TempPathFactory, quads: list[Quad]) -> Iterator[Served]:
    """A service with an inbox of its own, without a limit of suggestions in an hour."""
    with Served(
        tmp_path_factory.mktemp("suggestions"), quads, Settings(store="memory", workers=1, inbox_rate=0)
    ) as served:
        yield served


@pytest.fixture(scope="module")
def sender(open_inbox: Served) -> Iterator[httpx.Client]:
    """A client of that service."""
    with httpx.Client(base_url=open_inbox.address, timeout=30) as client:
        yield client


@pytest.fixture
def inbox(open_inbox: Served) -> Inbox:
    """What that service keeps."""
    return Inbox(Path(open_inbox.settings.inbox))


@pytest.fixture
def limited(tmp_path: Path, quads: list[Quad]) -> Iterator[Callable[..., httpx.Client]]:
    """Starts a service with these settings and gives a client of it."""
    running: list[Served] = []
    clients: list[httpx.Client] = []

    def start(**given: Any) -> httpx.Client:
        served = Served(tmp_path / f"r{len(running)}", quads, Settings(store="memory", workers=1, **given))
        running.append(served.__enter__())
        clients.append(httpx.Client(base_url=served.address, timeout=30))
        return clients[-1]

    yield start
    for client in clients:
        client.close()
    for each in running:
        each.__exit__()


def post(client: httpx.Client, **changes: Any) -> httpx.Response:
    """Send the annotation, with these changes, to the inbox."""
    return client.post("/inbox", content=json.dumps({**ANNOTATION, **changes}), headers=LD)


def names(inbox: Inbox) -> set[str]:
    """The names of all that waits for review."""
    return set(inbox.names("new"))


def statement_key(page: str, text: str) -> str:
    """The value of the option with this text."""
    found = re.search(rf'<option value="([0-9a-f]{{16}})"[^>]*>{re.escape(text)}</option>', page)
    assert found is not None, page
    return found[1]


def test_a_document_leads_to_the_inbox(sender: httpx.Client) -> None:
    for suffix in ("ttl", "html"):
        link = sender.get(f"/doc/incident/AIAAIC0850.{suffix}").headers["Link"]
        assert f'</inbox>; rel="{LDP.inbox.value}"' in link
    assert "ldp#inbox" not in sender.get("/doc/incident/AIAAIC0850.ttl").text, "the graph is of the release"


def test_the_inbox_is_a_container_that_lists_nothing(sender: httpx.Client) -> None:
    assert post(sender).status_code == 201
    response = sender.get("/inbox", headers={"Accept": "application/ld+json"})
    assert response.status_code == 200 and response.headers["Content-Type"].startswith("application/ld+json")
    triples = {quad.triple for quad in parse(response.content, format=RdfFormat.JSON_LD)}
    assert {(t.subject.value, t.predicate, t.object) for t in triples} == {
        (f"{str(sender.base_url).rstrip('/')}/inbox", RDF.type, LDP.Container)
    }
    assert LDP.constrainedBy.value in response.headers["Link"]


def test_options_say_what_may_be_posted_from_any_site(sender: httpx.Client) -> None:
    preflight = {"Origin": "https://elsewhere.example", "Access-Control-Request-Method": "POST"}
    response = sender.options("/inbox", headers=preflight)
    assert response.headers["Accept-Post"].split(", ") == list(MEDIA_TYPES)
    assert "POST" in response.headers["Access-Control-Allow-Methods"]
    assert "Content-Type" in response.headers["Access-Control-Allow-Headers"]
    assert response.headers["Access-Control-Allow-Origin"] == "*"


@pytest.mark.parametrize(
    ("media_type", "body"),
    [
        ("application/ld+json", json.dumps(ANNOTATION)),
        ('application/ld+json; profile="http://www.w3.org/ns/anno.jsonld"; charset=utf-8', json.dumps(ANNOTATION)),
        (
            "text/turtle",
            f"""@prefix oa: <http://www.w3.org/ns/oa#> .
                [] a oa:Annotation ; oa:motivatedBy oa:editing ; oa:bodyValue "x" ; oa:hasTarget <{THING}> .""",
        ),
    ],
)
def test_a_notification_is_kept_and_not_shown(sender: httpx.Client, inbox: Inbox, media_type: str, body: str) -> None:
    before = names(inbox)
    response = sender.post("/inbox", content=body, headers={"Content-Type": media_type})
    assert response.status_code == 201, response.text
    (name,) = names(inbox) - before
    assert response.headers["Location"] == f"{str(sender.base_url).rstrip('/')}/inbox/{name}"
    assert inbox.suggestion("new", name).thing.value == THING
    assert sender.get(response.headers["Location"]).status_code == 403
    assert sender.get("/inbox/2026-01-01-0000000000000000").status_code == 403, "nor is it told whether there is one"


REFUSED: dict[str, tuple[int, str, bytes]] = {
    "no JSON": (400, "application/ld+json", b"{"),
    "no UTF-8": (400, "application/ld+json", b"\xff\xfe{}"),
    "no annotation": (400, "application/ld+json", b"{}"),
    "a context elsewhere": (400, "application/ld+json", b'{"@context":"http://127.0.0.1:1/c","type":"Annotation"}'),
    "no Turtle": (400, "text/turtle", b"<a> <b> "),
    "too long": (413, "application/ld+json", b" " * (MESSAGE_LIMIT + 1)),
    "RDF/XML": (415, "application/rdf+xml", b"<rdf:RDF/>"),
    "plain JSON": (415, "application/json", json.dumps(ANNOTATION).encode()),
    "another charset": (415, "text/turtle; charset=latin-1", b""),
    "no media type": (415, "", b""),
    "against the shapes": (422, "application/ld+json", json.dumps({**ANNOTATION, "motivation": "oa:liking"}).encode()),
    "an unknown thing": (422, "application/ld+json", json.dumps({**ANNOTATION, "target": f"{THING}x"}).encode()),
    "another site": (422, "application/ld+json", json.dumps({**ANNOTATION, "target": "https://x.example/"}).encode()),
}


@pytest.mark.parametrize(("status", "media_type", "body"), REFUSED.values(), ids=REFUSED)
def test_what_is_wrong_is_refused_with_problem_details(
    sender: httpx.Client, inbox: Inbox, status: int, media_type: str, body: bytes
) -> None:
    before = names(inbox)
    headers = {"Content-Type": media_type} if media_type else {}
    response = sender.post("/inbox", content=body, headers={**headers, "Accept": "*/*"})
    assert response.status_code == status, response.text
    assert response.headers["Content-Type"] == "application/problem+json"
    problem = response.json()
    assert problem["status"] == status and problem["detail"]
    if status == 422:
        assert all({"focusNode", "path", "message"} <= each.keys() for each in problem["violations"])
        assert "oa#" in problem["violations"][0]["path"]
    if status == 415:
        assert response.headers["Accept-Post"].split(", ") == list(MEDIA_TYPES)
    assert names(inbox) == before


def test_a_compressed_body_is_refused(sender: httpx.Client) -> None:
    response = sender.post("/inbox", content=b"x", headers={**LD, "Content-Encoding": "gzip"})
    assert response.status_code == 415


def test_context_and_shapes_are_published(sender: httpx.Client) -> None:
    context = sender.get("/context/suggestion.jsonld")
    assert context.headers["Content-Type"] == "application/ld+json" and "hasTarget" in context.text
    assert "hgs:Suggestion a sh:NodeShape" in sender.get("/shapes/suggestion.ttl").text
    again = sender.get("/context/suggestion.jsonld", headers={"If-None-Match": context.headers["ETag"]})
    assert again.status_code == 304


def test_one_client_may_send_so_many_and_others_go_on(limited: Callable[..., httpx.Client], tmp_path: Path) -> None:
    client = limited(inbox_client_rate=2)
    mine, other = {"X-Forwarded-For": "203.0.113.7"}, {"X-Forwarded-For": "203.0.113.8"}
    sent = [client.post("/inbox", json=ANNOTATION, headers={**LD, **mine}) for _ in range(3)]
    assert [each.status_code for each in sent] == [201, 201, 429]
    assert 3500 < int(sent[-1].headers["Retry-After"]) <= 3600
    assert sent[-1].json()["type"].endswith("#too-many-suggestions")
    assert client.post("/inbox", json=ANNOTATION, headers={**LD, **other}).status_code == 201
    kept = [path for path in tmp_path.rglob("r0-inbox/**/*") if path.is_file()]
    assert len(kept) == 4 and "203.0.113" not in "".join(path.read_text() for path in kept)


def test_who_has_to_wait_gets_back_what_was_written(limited: Callable[..., httpx.Client]) -> None:
    client = limited(inbox_client_rate=1, inbox_count=2)
    headers = {"X-Forwarded-For": "203.0.113.7", "Accept": "text/html"}
    assert client.post(FORM, data=FILLED, headers=headers).status_code == 303
    late = client.post(FORM, data={**FILLED, "text": "Written with care."}, headers=headers)
    assert late.status_code == 429 and "Written with care.</textarea>" in late.text
    assert post(client).status_code == 201
    full = client.post(FORM, data={**FILLED, "text": "With more care."}, headers={"Accept": "text/html"})
    assert full.status_code == 503 and "With more care.</textarea>" in full.text


def test_all_together_may_send_so_many(limited: Callable[..., httpx.Client]) -> None:
    client = limited(inbox_rate=2)
    answers = [post(client) for _ in range(3)]
    assert [each.status_code for each in answers] == [201, 201, 429]
    assert int(answers[-1].headers["Retry-After"]) > 3500


def test_a_full_or_closed_inbox_says_so(limited: Callable[..., httpx.Client]) -> None:
    full = limited(inbox_count=1)
    assert [post(full).status_code for _ in range(2)] == [201, 503]
    assert post(full).json()["type"].endswith("#inbox-full") and "Retry-After" in post(full).headers
    closed = limited(inbox="off")
    for response in (post(closed), closed.get("/inbox"), closed.get(FORM), closed.post(FORM, data=FILLED)):
        assert response.status_code == 503 and response.json()["type"].endswith("#inbox-closed")
    assert "ldp#inbox" not in closed.get("/doc/incident/AIAAIC0850.ttl").headers["Link"]
    assert "improve" not in closed.get("/doc/incident/AIAAIC0850.html").text


def test_a_folder_that_cannot_be_written_is_a_503_and_the_cause_stays_in_the_log(
    limited: Callable[..., httpx.Client], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("")
    response = post(limited(inbox=str(tmp_path / "file")))
    assert response.status_code == 503 and response.json()["type"].endswith("#inbox-broken")
    assert str(tmp_path) not in response.text and str(tmp_path) in caplog.text


def test_no_space_left_is_507(
    limited: Callable[..., httpx.Client], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = limited()

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("harmgraph.inbox.folder.os.fsync", full)
    response = post(client)
    assert response.status_code == 507 and "Retry-After" in response.headers
    monkeypatch.undo()
    assert post(client).status_code == 201


def test_clients_are_forgotten_after_an_hour_and_there_is_an_end_to_them() -> None:
    now = [0.0]
    rates = Rates(1, clock=lambda: now[0])
    rates.count("203.0.113.1")
    with pytest.raises(TooManySuggestions):
        rates.count("203.0.113.1")
    for number in range(20_000):
        rates.count(f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}")
    assert len(rates._sent) == 10_000
    now[0] = 3601
    rates.count("10.0.0.1")
    assert len(rates._sent) == 1
    for _ in range(5):
        rates.count("127.0.0.1")


def test_the_form_keeps_the_same_annotation(sender: httpx.Client, inbox: Inbox) -> None:
    page = sender.get(FORM, params={"property": "hg:occurred"})
    assert page.status_code == 200 and page.headers["Cache-Control"] == "no-store"
    assert re.search(r"<option value=\"[0-9a-f]{16}\" selected>Occurred: ", page.text)
    before = names(inbox)
    sent = {
        **FILLED,
        "statement": statement_key(page.text, "Occurred: March 2022"),
        "text": "In April.\r\nSee there.",
        "proposal": f"{str(sender.base_url).rstrip('/')}/doc/incident/AIAAIC0850",
        "evidence": "https://example.org/report",
        "creator": "Jo",
    }
    response = sender.post(FORM, data=sent)
    assert response.status_code == 303
    (name,) = names(inbox) - before
    found = inbox.suggestion("new", name)
    assert found.kind == "correction" and found.text == "In April.\nSee there." and found.language == "en"
    assert found.statement is not None and found.statement[1] == HG.occurred
    assert found.statement[2].value == "2022-03"
    assert found.proposal is not None and found.proposal.value == THING
    assert found.creator == "Jo"
    thanks = sender.get(response.headers["Location"])
    assert name in thanks.text and 'href="/doc/incident/AIAAIC0850"' in thanks.text


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"text": " "}, "text"),
        ({"text": "x" * 5001}, "text"),
        ({"kind": "praise"}, "kind"),
        ({"statement": "0" * 16}, "statement"),
        ({"proposal": "2022"}, "statement"),
        ({"evidence": "javascript:alert(1)"}, "evidence"),
        ({"evidence": "https://a b"}, "evidence"),
        ({"creator": "jo@example.org"}, "creator"),
        ({"language": "xx"}, "language"),
        ({"website": "https://spam.example/"}, "website"),
    ],
)
def test_a_form_that_is_wrong_comes_back_with_what_was_written(
    sender: httpx.Client, inbox: Inbox, change: dict[str, str], field: str
) -> None:
    before = names(inbox)
    sent = {**FILLED, "text": f"kept {HOSTILE}", **change}
    response = sender.post(FORM, data=sent, headers={"Accept": "text/html"})
    assert response.status_code == 422
    assert f'<a href="#{field}">' in response.text and f'id="{field}-fault"' in response.text
    assert "<script>alert" not in response.text
    if change.keys() != {"text"}:
        assert "kept &lt;script&gt;alert(" in response.text
    assert names(inbox) == before


def test_the_form_of_a_hostile_thing_shows_text(sender: httpx.Client) -> None:
    page = sender.get("/improve/incident/AIID-412").text
    assert "<script>" not in page and "U+202E" in page
    assert sender.get("/thanks?suggestion=%3Cscript%3E&about=%22%3E%3Cscript%3E").text.count("<script") == 0


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://[::1"}, 403),
        ({"Sec-Fetch-Site": "same-origin", "Origin": "https://behind.example"}, 303),
        ({"Sec-Fetch-Site": "none"}, 303),
        ({}, 303),
    ],
)
def test_a_form_is_taken_from_our_own_pages_alone(sender: httpx.Client, headers: dict[str, str], status: int) -> None:
    assert sender.post(FORM, data=FILLED, headers=headers).status_code == status


@pytest.mark.parametrize(
    ("path", "status"), [("/improve/incident/NOTHING", 404), ("/improve/incident/INC-05349", 301), ("/improve/", 404)]
)
def test_only_what_is_there_can_be_improved(sender: httpx.Client, path: str, status: int) -> None:
    assert sender.get(path).status_code == status


def test_a_form_in_another_format_is_refused(sender: httpx.Client) -> None:
    assert sender.post(FORM, json=FILLED).status_code == 415
    assert (
        sender.post(
            FORM, content=b"text=%ff", headers={"Content-Type": "application/x-www-form-urlencoded"}
        ).status_code
        == 400
    )
    assert sender.post(FORM, data={**FILLED, "text": "x" * 100_000}).status_code == 413


def test_each_outcome_is_counted(limited: Callable[..., httpx.Client]) -> None:
    client = limited()
    post(client), post(client, motivation="none"), client.post("/inbox", content=b"{", headers=LD)
    client.post(FORM, data=FILLED)
    counted = dict(
        re.findall(r'^harmgraph_suggestions_total\{outcome="([\w-]+)"\} ([\d.]+)$', client.get("/metrics").text, re.M)
    )
    assert counted["kept"] == "2.0" and counted["refused"] == counted["malformed"] == "1.0"
    assert counted["full"] == "0.0"


def test_a_page_of_the_past_cannot_be_improved(publication: Publication) -> None:
    memento = publication.client.get(f"/memento/{publication.releases[1].id}/doc/incident/AIAAIC0850.html")
    if memento.status_code == 404:
        timemap = publication.client.get("/timemap/doc/incident/AIAAIC0850").text
        place = re.findall(r"<([^>]+)>; ?rel=\"[^\"]*memento", timemap)[0]
        memento = publication.client.get(place, headers={"Accept": "text/html"})
    assert memento.status_code == 200 and "/improve/" not in memento.text
    assert "ldp#inbox" not in memento.headers["Link"]
    assert "/improve/incident/AIAAIC0850" in publication.client.get("/doc/incident/AIAAIC0850.html").text


def test_the_same_release_with_and_without_an_inbox_has_other_tags(
    limited: Callable[..., httpx.Client], sender: httpx.Client
) -> None:
    with_inbox, without = (each.get("/doc/incident/AIAAIC0850.html") for each in (sender, limited(inbox="off")))
    assert with_inbox.headers["ETag"] != without.headers["ETag"]


FIELDS = st.fixed_dictionaries(
    {},
    optional={
        name: st.text(st.characters(codec="utf-8"), max_size=30)
        for name in ("kind", "text", "statement", "language", "proposal", "evidence", "creator", "website")
    },
)


@given(FIELDS)
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
def test_any_form_is_kept_or_comes_back(sender: httpx.Client, fields: dict[str, str]) -> None:
    response = sender.post(FORM, data={**FILLED, **fields}, headers={"Accept": "text/html"})
    assert response.status_code in (303, 422), response.text


@given(st.binary(max_size=300), st.sampled_from(MEDIA_TYPES))
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
def test_any_body_is_kept_or_refused(sender: httpx.Client, body: bytes, media_type: str) -> None:
    response = sender.post("/inbox", content=body, headers={"Content-Type": media_type})
    assert response.status_code in (201, 400, 422), response.text

"""The documentation as the service sends it: every link and anchor leads somewhere, and nothing offends the policy."""

from __future__ import annotations

from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urldefrag, urljoin

import httpx
import pytest
from tools.documentation.building import build
from tools.documentation.reading import Broken

from harmgraph.service.http import conditional
from harmgraph.service.pages import manual


@pytest.fixture(scope="module")
def site(project: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The documentation, built, in the place where the service looks for it."""
    folder = tmp_path_factory.mktemp("site") / "manual"
    build(project / "docs", folder, project / "src" / "harmgraph" / "service" / "static")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(manual, "FOLDER", folder)
        yield folder


class Seen(HTMLParser):
    """What a page has that a test wants to know."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.loaded: list[str] = []
        self.ids: list[str] = []
        self.offences: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.offences += [f"<{tag} {name}>" for name in given if name == "style" or name.startswith("on")]
        if tag in ("style", "script", "iframe", "object", "embed", "base"):
            self.offences.append(f"<{tag}>")
        if identifier := given.get("id"):
            self.ids.append(identifier)
        if tag == "a" and (href := given.get("href")):
            self.links.append(href)
        if tag in ("img", "link") and (loaded := given.get("src") or given.get("href")):
            self.loaded.append(loaded)


def pages(site: Path) -> dict[str, Seen]:
    """Every page by its path below ``/docs/``."""
    return {
        file.relative_to(site).as_posix(): Seen(file.read_text(encoding="utf-8"))
        for file in sorted(site.rglob("*.html"))
    }


def test_every_link_and_anchor_leads_somewhere(site: Path, client: httpx.Client) -> None:
    seen = pages(site)
    assert len(seen) > 40
    answers: dict[str, int] = {}
    for name, page in seen.items():
        for href in {*page.links, *page.loaded}:
            address, fragment = urldefrag(urljoin(f"{client.base_url}/docs/{name}", href))
            if not address.startswith(str(client.base_url)):
                continue
            if address not in answers:
                answers[address] = client.get(address, headers={"Accept": "text/html"}).status_code
            assert answers[address] in (200, 301, 303), f"{name}: {href} gives {answers[address]}"
            target = address.partition("/docs/")[2]
            if fragment and target in seen:
                assert fragment in seen[target].ids, f"{name}: {href} names no part of {target}"


def test_no_page_needs_more_than_the_strict_policy_allows(site: Path, client: httpx.Client) -> None:
    for name, page in pages(site).items():
        assert page.offences == [], name
        assert len(page.ids) == len(set(page.ids)), f"{name} has an id twice"
        for loaded in page.loaded:
            assert not loaded.startswith(("http", "//", "data:")), f"{name} loads {loaded}"
    policy = client.get("/docs/").headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "script-src" not in policy


def test_a_page_has_a_strong_etag_and_is_not_sent_twice(site: Path, client: httpx.Client) -> None:
    first = client.get("/docs/reference/http.html", headers={"Accept-Encoding": "gzip"})
    assert (first.status_code, first.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert first.headers["Content-Encoding"] == "gzip"
    again = client.get("/docs/reference/http.html", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert client.head("/docs/reference/http.html").headers["Content-Length"]


def test_other_pages_keep_their_tags_when_the_documentation_is_built_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("harmgraph.service.http.conditional.resources.files", lambda _: tmp_path)
    (tmp_path / "app.py").write_text("1")
    without = conditional.fingerprint()
    (tmp_path / conditional.MANUAL).mkdir()
    (tmp_path / conditional.MANUAL / "index.html").write_text("1")
    first = conditional.fingerprint()
    (tmp_path / conditional.MANUAL / "index.html").write_text("2")
    assert conditional.fingerprint() == first != without
    (tmp_path / "app.py").write_text("2")
    assert conditional.fingerprint() != first


def test_the_address_without_a_slash_leads_to_the_index(site: Path, client: httpx.Client) -> None:
    plain = client.get("/docs")
    behind = client.get("/docs", headers={"X-Forwarded-Prefix": "/graph"})
    assert (plain.status_code, plain.headers["Location"]) == (301, "/docs/")
    assert behind.headers["Location"] == "/graph/docs/"


@pytest.mark.parametrize(
    "path", ["none.html", "reference", "../app.py", "..%2fapp.py", "%00", "a" * 5_000, "/etc/passwd"]
)
def test_what_is_no_page_is_not_found(site: Path, client: httpx.Client, path: str) -> None:
    answer = client.get(f"/docs/{path}", headers={"Accept": "text/html"})
    assert answer.status_code == 404 and "import annotations" not in answer.text


def test_every_other_page_leads_to_the_documentation(site: Path, client: httpx.Client) -> None:
    assert 'href="/docs/"' in client.get("/", headers={"Accept": "text/html"}).text


def test_where_nothing_is_built_the_page_says_how_to(
    client: httpx.Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(manual, "FOLDER", tmp_path / "manual")
    answer = client.get("/docs/", headers={"Accept": "text/html"})
    assert answer.status_code == 404 and "make docs" in answer.text
    assert 'href="/docs/"' not in answer.text


INDEX = "# Docs\n\n## All\n\n- [One](one.md): the only one.\n"


@pytest.mark.parametrize(
    ("index", "one", "fault"),
    [
        (INDEX, "# One\n\n[gone](two.md)\n", r"one\.md, line 3: the link to two\.md leads nowhere"),
        (INDEX, "# One\n\n[gone](#two)\n", r"one\.html: #two names a heading"),
        (INDEX, "# One\n\n[up](index.md#three)\n", r"index\.html#three names a heading"),
        (INDEX, "One\n", r"one\.md has no heading"),
        (INDEX, "# One\n\n```nonsense\n1\n```\n", r"no lexer is called 'nonsense'"),
        ("# Docs\n\n## All\n\n- [Two](two.md)\n", "# One\n", r"there is no two\.md(.|\n)*one\.md is not listed"),
        (INDEX + "- [Again](one.md)\n", "# One\n", r"lists one\.md twice"),
    ],
)
def test_a_fault_in_a_page_stops_the_build(tmp_path: Path, project: Path, index: str, one: str, fault: str) -> None:
    docs = tmp_path / "docs"
    docs.mkdir()
    (docs / "index.md").write_text(index)
    (docs / "one.md").write_text(one)
    with pytest.raises(Broken, match=fault):
        build(docs, tmp_path / "site", project / "src" / "harmgraph" / "service" / "static")
    assert not (tmp_path / "site").exists()


def test_raw_html_is_shown_and_names_of_pages_become_links(tmp_path: Path, project: Path) -> None:
    docs = tmp_path / "docs"
    docs.mkdir()
    (docs / "index.md").write_text(INDEX)
    (docs / "one.md").write_text("# One\n\n<script>alert(1)</script>\n\nSee `index.md`, not [`two.md`](index.md).\n")
    build(docs, tmp_path / "site", project / "src" / "harmgraph" / "service" / "static")
    text = (tmp_path / "site" / "one.html").read_text()
    assert "<script>" not in text and "&lt;script&gt;" in text
    assert '<a href="index.html"><code>index.md</code></a>' in text
    assert '<a href="index.html"><code>two.md</code></a>' in text

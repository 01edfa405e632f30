"""Accept headers and suffixes → formats."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harmgraph.service.http.negotiation import (
    GRAPHS,
    HTML,
    RESULTS,
    Format,
    content_type,
    named,
    negotiate,
    split_suffix,
)

DOCUMENT = (*GRAPHS, HTML)
CHROMIUM = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"
RDFLIB = "text/turtle, application/rdf+xml, application/n-triples;q=0.9, */*;q=0.1"


@pytest.mark.parametrize(
    ("accept", "chosen"),
    [
        (None, "ttl"),
        ("", "ttl"),
        ("*/*", "ttl"),
        ("not a header;;", "ttl"),
        (CHROMIUM, "html"),
        (RDFLIB, "ttl"),
        ("text/html", "html"),
        ("TEXT/HTML", "html"),
        ("text/*", "ttl"),
        ("application/*", "jsonld"),
        ("text/turtle;q=0.1, application/ld+json", "jsonld"),
        ("text/turtle;q=0.5, application/ld+json;q=0.9", "jsonld"),
        ("text/html, text/turtle", "ttl"),
        ("text/turtle;q=0, */*", "jsonld"),
        ("text/*;q=0.9, text/turtle;q=0.1, application/rdf+xml;q=0.5", "html"),
        ("*/*;q=0.5, application/n-triples;q=0", "ttl"),
        ("text/turtle;charset=UTF-8", "ttl"),
        ("application/n-triples;version=1.2, text/html;q=0.1", "nt"),
        ('application/ld+json;profile="http://www.w3.org/ns/json-ld#compacted";q=0.9, text/turtle;q=0.1', "jsonld"),
        ("application/json", "jsonld"),
        ("image/png", None),
        ("text/turtle;q=0", None),
        ("*/*;q=0", None),
    ],
)
def test_a_document_comes_in_the_format_that_is_wanted_most(accept: str | None, chosen: str | None) -> None:
    choice = negotiate(accept, DOCUMENT)
    assert (choice.format.name if choice else None) == chosen


@pytest.mark.parametrize(
    ("accept", "sent"),
    [
        ("application/json", "application/json"),
        ("text/xml", "text/xml;charset=utf-8"),
        ("text/csv", "text/csv;charset=utf-8"),
        ("*/*", "application/sparql-results+json"),
        ("application/sparql-results+xml, application/json;q=0.5", "application/sparql-results+xml;charset=utf-8"),
    ],
)
def test_results_are_sent_under_the_media_type_that_was_asked_for(accept: str, sent: str) -> None:
    choice = negotiate(accept, RESULTS)
    assert choice is not None
    assert choice.content_type == sent


def test_accept_q0_excludes_a_format() -> None:
    assert negotiate("text/turtle;q=0, text/*;q=0.5", GRAPHS) is None


_QUALITY = st.integers(0, 1000).map(lambda thousandths: thousandths / 1000)
_RANGE = st.sampled_from([*(f.media_type for f in DOCUMENT), "text/*", "application/*", "*/*", "image/png", "image/*"])


def _expected(ranges: dict[str, float], formats: tuple[Format, ...]) -> str | None:
    """RFC 9110 §12.5.1 spelled out: the most specific range that matches gives a type its quality."""
    best: tuple[float, str] | None = None
    for each in formats:
        family = each.media_type.partition("/")[0]
        quality = next((ranges[r] for r in (each.media_type, f"{family}/*", "*/*") if r in ranges), 0.0)
        if quality > 0 and (best is None or quality > best[0]):
            best = (quality, each.name)
    return best[1] if best else None


@given(st.dictionaries(_RANGE, _QUALITY, min_size=1), st.randoms())
def test_any_accept_header_is_read_as_the_rfc_says(ranges: dict[str, float], order: object) -> None:
    plain = tuple(Format(f.name, f.media_type, f.label) for f in DOCUMENT)  # without aliases
    items = list(ranges.items())
    order.shuffle(items)  # type: ignore[attr-defined]  # hypothesis types its Random loosely
    choice = negotiate(", ".join(f"{r};q={q:.3f}" for r, q in items), plain)
    assert (choice.format.name if choice else None) == _expected(ranges, plain)


@given(st.text(max_size=60))
def test_no_accept_header_raises(accept: str) -> None:
    choice = negotiate(accept, DOCUMENT)
    assert choice is None or choice.format in DOCUMENT


@pytest.mark.parametrize(
    ("path", "split"),
    [
        ("incident/X.ttl", ("incident/X", "ttl")),
        ("organisation/o.reilly.html", ("organisation/o.reilly", "html")),
        ("incident/X", None),
        ("incident/X.exe", None),
        ("incident/.ttl", None),
        (".ttl", None),
    ],
)
def test_a_suffix_names_a_format(path: str, split: tuple[str, str] | None) -> None:
    found = split_suffix(path, DOCUMENT)
    assert (found and (found[0], found[1].name)) == split


def test_every_format_has_a_name_of_its_own() -> None:
    for formats in (RESULTS, DOCUMENT):
        assert len({f.name for f in formats}) == len(formats)
        assert all(named(f.name, formats) is not None for f in formats)


def test_json_says_no_charset_and_text_does() -> None:
    assert content_type("application/ld+json") == "application/ld+json"
    assert content_type("text/turtle") == "text/turtle;charset=utf-8"

"""What is sent becomes triples, and of those is kept what a suggestion is made of: no more, whatever is sent."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pyoxigraph import RdfFormat, serialize

from harmgraph.errors import SuggestionFailed, SuggestionMalformed
from harmgraph.inbox.checking import check
from harmgraph.inbox.keeping import kept
from harmgraph.inbox.reading import MEDIA_TYPES, read
from harmgraph.inbox.suggestion import suggestion_of, triples_of
from harmgraph.inbox.terms import CONTEXT, MESSAGE_LIMIT

from .conftest import CORRECTION, DOCUMENT, INCIDENT, NAME, NOW, kept_triples

ANNOTATION: dict[str, Any] = {
    "@context": "http://www.w3.org/ns/anno.jsonld",
    "id": "https://elsewhere.example/anno/1",
    "type": "Annotation",
    "motivation": "editing",
    "creator": {
        "id": "mailto:jo@example.org",
        "type": "Person",
        "name": "Jo Bloggs",
        "email": "mailto:jo@example.org",
        "foaf:mbox": {"id": "mailto:jo@example.org"},
        "foaf:accountName": "jo@example.org",
    },
    "generator": {"id": "https://client.example/203.0.113.9"},
    "body": [
        {"type": "TextualBody", "value": "The ministry said so in April.", "language": "en", "format": "text/plain"},
        {"type": "Statement", "purpose": "editing", "object": "2022-04"},
    ],
    "target": {
        "type": "SpecificResource",
        "source": DOCUMENT.value,
        "selector": {
            "type": "Statement",
            "subject": INCIDENT.value,
            "predicate": "hg:occurred",
            "object": {"@value": "2022-03", "@type": "xsd:gYearMonth"},
        },
    },
    "evidence": "https://example.org/report",
}


def test_an_annotation_in_json_is_the_suggestion_that_it_says() -> None:
    triples = kept(read(json.dumps(ANNOTATION).encode(), "application/ld+json"), NAME, NOW)
    found = suggestion_of(triples, NAME)
    expected = suggestion_of(kept_triples(), NAME)
    assert found == expected
    assert found.statement == CORRECTION.statement
    check(triples)


def test_the_example_of_the_reference_is_what_it_says(project: Path) -> None:
    page = (project / "docs" / "reference" / "suggestions.md").read_text("utf-8")
    example = re.search(r"```json\n(.*?)```", page, re.DOTALL)
    assert example is not None
    triples = kept(read(example[1].encode(), "application/ld+json"), NAME, NOW)
    check(triples)
    assert suggestion_of(triples, NAME) == suggestion_of(kept_triples(), NAME)


def test_the_longest_body_of_contexts_is_read_in_no_time() -> None:
    many = [*["http://www.w3.org/ns/anno"] * 1000, {"x": "http://www.w3.org/ns/oa#bodyValue"}]
    nested: dict[str, Any] = {"x": "end"}
    for _ in range(6):
        nested = {"@context": many[-140:], "target": nested}
    for body in ({**ANNOTATION, "@context": many}, {**ANNOTATION, "body": nested}):
        text = json.dumps(body).encode()
        assert len(text) < MESSAGE_LIMIT
        began = time.monotonic()
        kept(read(text, "application/ld+json"), NAME, NOW)
        assert time.monotonic() - began < 5


def test_what_the_form_makes_is_read_back_from_every_format() -> None:
    for media_type in MEDIA_TYPES:
        rdf_format = RdfFormat.from_media_type(media_type)
        assert rdf_format is not None
        body = serialize(triples_of(CORRECTION), format=rdf_format)
        assert body is not None
        found = suggestion_of(kept(read(body, media_type), NAME, NOW), NAME)
        assert (found.text, found.statement, found.proposal) == (
            CORRECTION.text,
            CORRECTION.statement,
            CORRECTION.proposal,
        )


def test_neither_an_address_nor_anything_else_of_the_sender_is_kept() -> None:
    triples = kept(read(json.dumps(ANNOTATION).encode(), "application/ld+json"), NAME, NOW)
    text = "\n".join(map(str, triples))
    assert "Jo Bloggs" in text
    for private in ("jo@example.org", "mailto", "203.0.113.9", "elsewhere.example"):
        assert private not in text


@pytest.mark.parametrize("context", ["http://www.w3.org/ns/anno.jsonld", CONTEXT, ["http://www.w3.org/ns/anno.jsonld"]])
def test_contexts_that_ship_here_are_known_by_name(context: object) -> None:
    body = json.dumps({**ANNOTATION, "@context": context}).encode()
    assert len(read(body, "application/ld+json")) > 10


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"@context": "http://127.0.0.1:9/context"}, "none is fetched"),
        ({"@context": ["http://www.w3.org/ns/anno.jsonld", "https://example.org/c"]}, "example.org/c"),
        ({"@context": {"@import": "https://example.org/c"}}, "@import"),
        ({"target": {"@context": "https://example.org/deep", "source": "x"}}, "example.org/deep"),
        ({"@context": {"@vocab": "http://www.w3.org/ns/oa#", "body": {"@context": "https://example.org/s"}}}, "/s'"),
        ({"body": [[[[[[[[[[[[[[[[[["deep"]]]]]]]]]]]]]]]]]]}, "levels"),
        ({"type": "Person"}, "0 resources"),
        ({"body": float("nan")}, "no number of JSON"),
    ],
)
def test_what_cannot_be_read_is_refused_with_the_reason(change: dict[str, Any], said: str) -> None:
    with pytest.raises(SuggestionMalformed, match=said):
        kept(read(json.dumps({**ANNOTATION, **change}).encode(), "application/ld+json"), NAME, NOW)


def test_two_annotations_are_refused() -> None:
    body = b"@prefix oa: <http://www.w3.org/ns/oa#> . [] a oa:Annotation . [] a oa:Annotation ."
    with pytest.raises(SuggestionMalformed, match="2 resources"):
        kept(read(body, "text/turtle"), NAME, NOW)


def test_an_address_of_the_service_is_meant_as_the_thing() -> None:
    sent = {**ANNOTATION, "target": "http://localhost:8000/doc/incident/AIAAIC0850"}
    triples = kept(read(json.dumps(sent).encode(), "application/ld+json"), NAME, NOW, ("http://localhost:8000",))
    assert suggestion_of(triples, NAME).about == DOCUMENT


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(["\ud800", "_:b", "mailto:x", "en"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from([*ANNOTATION, "value", "source", "selector", "@value", "@id", "@type", "@list", "@graph"]),
            inner,
            max_size=3,
        )
    ),
    max_leaves=10,
)


@given(st.dictionaries(st.sampled_from([k for k in ANNOTATION if k not in ("@context", "type")]), VALUES, max_size=4))
@settings(max_examples=400, deadline=None)
def test_an_annotation_of_any_shape_is_kept_whole_or_refused(change: dict[str, Any]) -> None:
    _kept_or_refused(json.dumps({**ANNOTATION, **change}).encode(), "application/ld+json")


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode), st.sampled_from(MEDIA_TYPES))
@example(b"[" * 30_000, "application/ld+json")
@example(b"[" * 30_000, "text/turtle")
@example(b"(" * 30_000, "text/turtle")
@example(b'{"a":' * 5_000, "application/ld+json")
@example(b'"\\ud800"', "application/ld+json")
@settings(max_examples=400, deadline=None)
def test_any_bytes_are_kept_whole_or_refused(body: bytes, media_type: str) -> None:
    _kept_or_refused(body, media_type)


def _kept_or_refused(body: bytes, media_type: str) -> None:
    try:
        triples = kept(read(body, media_type), NAME, NOW)
        check(triples)
    except SuggestionFailed as refusal:
        assert str(refusal)
    else:
        found = suggestion_of(triples, NAME)
        assert found.text.strip() and found.about.value.startswith("https://w3id.org/harmgraph/")

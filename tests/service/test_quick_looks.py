"""What is done to the text of every query takes a quick look first, which must see what the long one does."""

from __future__ import annotations

from urllib.parse import parse_qsl

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from starlette.exceptions import HTTPException

from harmgraph.service.http import caching
from harmgraph.service.http.clients import counted_client
from harmgraph.service.http.forms import pairs
from harmgraph.store.query_text.service_clauses import federates
from harmgraph.store.query_text.tokens import decode_codepoints, normalised, tokens

PIECES = (
    "SELECT",
    " ",
    "  ",
    "\n",
    "\t",
    "\xa0",
    "# a",
    "<urn:a#b>",
    "'x  y'",
    '"# "',
    "{",
    "}",
    "?now",
    "NoW()",
    "1RAND()",
)
MORE = (
    "uuid",
    "StrUUID",
    "bnode",
    "construct",
    "CONSTRUCT {",
    "_:b",
    "[]",
    "Service",
    r"\u0053ERVICE",
    r"\u004eow",
    "ſ",
    "İ",
)
texts = st.lists(st.sampled_from((*PIECES, *MORE)), max_size=8).map("".join)


@given(st.one_of(texts, st.text(max_size=30)))
@example(" SELECT * ")
@example("SELECT\t*")
@example("SELECT #")
@settings(max_examples=500)
def test_white_space_becomes_what_the_tokens_say(text: str) -> None:
    if "\\u" in text or "\\U" in text:
        assert normalised(text) == text
        return
    parts = [" " if token.kind in ("space", "comment") else token.text for token in tokens(text)]
    spaced = "".join(part for place, part in enumerate(parts) if part != " " or parts[place - 1 : place] != [" "])
    assert normalised(text) == spaced.strip()


@given(st.one_of(texts, st.text(max_size=30)))
@example("SELECT (UUİD() AS ?x) {}")
@example("Construct { _:b ?p ?o } WHERE { ?s ?p ?o }")
@settings(max_examples=1000)
def test_what_depends_on_time_or_chance_is_seen_at_once(text: str) -> None:
    decoded = normalised(decode_codepoints(text))
    fully = federates(text) or any(each.search(decoded) for each in (caching._VOLATILE, caching._FRESH_NODES))
    assert caching.is_volatile(text) is fully


encoded = st.text("ab&=+;%C3A9fzquery", max_size=20).map(lambda text: f"query={text}".encode())


@given(st.one_of(encoded, st.binary(max_size=20)))
@example(b"query=a+b%2Bc%C3%A9")
@example(b"query=")
@example(b"=")
@example(b"qu+ery=x")
@example(b"query=\xc3%A9")
@settings(max_examples=500)
def test_one_parameter_is_read_as_many_are(raw: bytes) -> None:
    try:
        expected = parse_qsl(raw.decode(), keep_blank_values=True, errors="strict")
    except UnicodeDecodeError:
        with pytest.raises(HTTPException) as refused:
            pairs(raw, "the query string")
        assert refused.value.status_code == 400
    else:
        assert pairs(raw, "the query string") == expected


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "127.8.9.1", "::ffff:127.0.0.1", None, "", "unix:"])
def test_this_machine_counts_as_no_client(host: str | None) -> None:
    assert counted_client(host) is None

"""A parameter is one RDF term wherever it comes to stand, whatever was given for it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyoxigraph import Store

from harmgraph.errors import QueryRefused
from harmgraph.iris import PREFIXES
from harmgraph.store.query_text.parameters import bound
from harmgraph.store.query_text.tokens import significant

DECLARES = """# parameter: country = country:USA
# parameter: name = "Acme"@en
# parameter: day = "2020-01-01"^^xsd:date
# parameter: word = "scraped"
SELECT ?i { ?i hg:jurisdiction country:USA ; rdfs:label "Acme"@en , country:USAX
  FILTER (?d > "2020-01-01"^^xsd:date && CONTAINS(?t, "scraped")) }"""
FREE = "SELECT ?i ?x { ?i hg:issue ?x OPTIONAL { ?i hg:harm ?h } } ORDER BY ?i VALUES ?i { hgi:I1 }"
COUNTRY = PREFIXES["country"]

FOR_DECLARED = {
    "a name in the namespace of the default": ("country", "GBR", f"jurisdiction <{COUNTRY}GBR>"),
    "a prefixed name": ("country", "hgo:acme", f"jurisdiction <{PREFIXES['hgo']}acme>"),
    "an IRI": ("country", "https://a.example/x", "jurisdiction <https://a.example/x>"),
    "an IRI in brackets": ("country", "<urn:x>", "jurisdiction <urn:x>"),
    "a local name with odd letters": ("country", "a b;c".replace(" ", "("), f"jurisdiction <{COUNTRY}a%28b;c>"),
    "a text in the language of the default": ("name", 'O"Neil\n}', r'label "O\"Neil\n}"@en'),
    "a text in another language": ("name", '"Soci\\u00e9t\\u00e9"@fr', 'label "Société"@fr'),
    "a date": ("day", "2024-02-29", '> "2024-02-29"^^<http://www.w3.org/2001/XMLSchema#date>'),
    "a plain string": ("word", "hgo:acme", 'CONTAINS(?t, "hgo:acme")'),
}
FOR_VARIABLES = {
    "hgc-issue:privacy": f"<{PREFIXES['hgc-issue']}privacy>",
    "<urn:x>": "<urn:x>",
    "7": '"7"^^<http://www.w3.org/2001/XMLSchema#integer>',
    "0.5": '"0.5"^^<http://www.w3.org/2001/XMLSchema#decimal>',
    "true": '"true"^^<http://www.w3.org/2001/XMLSchema#boolean>',
    "Acme": '"Acme"',
    '"Acme"@en': '"Acme"@en',
    '"2022"^^xsd:gYear': '"2022"^^<http://www.w3.org/2001/XMLSchema#gYear>',
    "unknown:x": '"unknown:x"',
}


@pytest.mark.parametrize(("name", "value", "wanted"), FOR_DECLARED.values(), ids=FOR_DECLARED)
def test_a_declared_term_is_replaced_by_one_of_its_kind(name: str, value: str, wanted: str) -> None:
    text = bound(DECLARES, {name: [value]})
    assert wanted in text
    assert "country:USAX" in text
    Store().query(text, prefixes=PREFIXES)


@pytest.mark.parametrize(("value", "term"), FOR_VARIABLES.items())
def test_a_variable_is_bound_to_what_the_value_looks_like(value: str, term: str) -> None:
    text = bound(FREE, {"?x": [value]})
    assert f"}} VALUES ?x {{ {term} }} }} ORDER BY" in text
    Store().query(text, prefixes=PREFIXES)


def test_several_values_of_a_variable_are_alternatives() -> None:
    assert "VALUES ?x { <urn:a> <urn:b> }" in bound(FREE, {"x": ["<urn:a>", "<urn:b>"]})


def test_the_pattern_of_a_query_that_is_one_sub_select_is_joined_as_a_whole() -> None:
    text = bound("CONSTRUCT { ?i a hg:X } WHERE { SELECT ?i { ?i a ?t } LIMIT 5 }", {"i": ["hgi:I1"]})
    assert "WHERE {{ SELECT ?i { ?i a ?t } LIMIT 5 }" in text
    Store().query(text, prefixes=PREFIXES)


def test_a_comment_at_the_end_does_not_swallow_the_values() -> None:
    text = bound("SELECT * {\n  ?i a ?t # all }\n}", {"i": ["<urn:x>"]})
    assert [token.text for token in significant(text)][-6:] == ["VALUES", "?i", "{", "<urn:x>", "}", "}"]


REFUSED = {
    "no such name": (FREE, "y", "1", r"no parameter 'y': there are \?h, \?i, \?x"),
    "a variable of a sub-select alone": ("SELECT ?i { { SELECT ?i { ?i a ?t } } }", "t", "1", "no parameter 't'"),
    "no pattern": ("DESCRIBE hgi:I1", "x", "1", "no pattern"),
    "no date": (DECLARES, "day", "2023-02-30", "day=2023-02-30 is no xsd:date"),
    "no IRI": (DECLARES, "country", "the moon", "country=the moon is no IRI; write it like country:USA"),
    "an IRI that goes on": (DECLARES, "country", "<urn:x> } #>", "not a valid IRI"),
    "a name that goes on": (DECLARES, "country", "country:x> } #", "not a valid IRI"),
    "a literal that goes on": (DECLARES, "name", '"x"@en } #', "is no literal"),
    "a literal of an unknown type": (FREE, "x", '"x"^^odd:type', "is no literal"),
    "an IRI of a variable that goes on": (FREE, "x", "<urn:x> } INSERT {", "not a valid IRI|is no"),
}


@pytest.mark.parametrize(("text", "name", "value", "message"), REFUSED.values(), ids=REFUSED)
def test_what_does_not_fit_is_refused_with_the_remedy(text: str, name: str, value: str, message: str) -> None:
    with pytest.raises(QueryRefused, match=message):
        bound(text, {name: [value]})


@given(value=st.text(max_size=40) | st.text(alphabet="<>\"'\\{}#@^:.? \nxSELECT", max_size=20))
@pytest.mark.parametrize(("text", "name"), [(DECLARES, "country"), (DECLARES, "name"), (FREE, "x")])
def test_no_value_can_be_anything_but_one_term(text: str, name: str, value: str) -> None:
    try:
        made = bound(text, {name: [value]})
    except QueryRefused:
        return
    plain = bound(text, {name: ["<urn:x>" if name != "name" else '"x"@en']})
    kinds = [token.kind for token in significant(made) if token.kind not in ("string", "iri", "language", "name")]
    expected = [token.kind for token in significant(plain) if token.kind not in ("string", "iri", "language", "name")]
    assert [kind for kind in kinds if kind != "other"] == [kind for kind in expected if kind != "other"]
    Store().query(made, prefixes=PREFIXES)

"""Text patterns are found wherever a triple may stand, and the term is left alone where it is only talked about."""

from __future__ import annotations

import pytest
from pyoxigraph import Store

from harmgraph.errors import QueryRefused
from harmgraph.iris import HG, PREFIXES
from harmgraph.store.query_text.text_patterns import refuse_matches, with_hits
from harmgraph.store.releases.text_index import Hit

IRI = f"<{HG.matches.value}>"
TWO = "{ SELECT DISTINCT ?s { VALUES ?s { <http://a/1> <http://a/2> } } }"
SCORED = "{ SELECT DISTINCT ?s ?n { VALUES (?s ?n) { (<http://a/1> 2.000000e+00) (<http://a/2> 1.000000e+00) } } }"

REPLACED = {
    "alone": ('SELECT * { ?s hg:matches "face" }', f"SELECT * {{ {TWO} }}"),
    "with a full stop": ('SELECT * { ?s hg:matches "face" . ?s ?p ?o }', f"SELECT * {{ {TWO} . ?s ?p ?o }}"),
    "first of several verbs": (
        'SELECT * { ?s hg:matches "face" ; a hg:Incident ; ?p ?o }',
        f"SELECT * {{ {TWO} ?s  a hg:Incident ; ?p ?o }}",
    ),
    "between verbs": (
        'SELECT * { ?s a hg:Incident ; hg:matches "face" ; ?p ?o . }',
        f"SELECT * {{ ?s a hg:Incident  . {TWO} ?s  ?p ?o . }}",
    ),
    "last of several verbs": (
        'SELECT * { ?s a hg:Incident ; hg:matches "face" ; . ?s ?p ?o }',
        f"SELECT * {{ ?s a hg:Incident  . {TWO} . ?s ?p ?o }}",
    ),
    "after a name that a full stop ends": (
        'SELECT * { ?s a hg:Incident. ?s hg:matches "face" }',
        f"SELECT * {{ ?s a hg:Incident. {TWO} }}",
    ),
    "after a collection": (
        'SELECT * { ?s ?p (1 2.5) ; hg:matches "face" }',
        f"SELECT * {{ ?s ?p (1 2.5)  . {TWO} }}",
    ),
    "after a blank node": (
        'SELECT * { ?s ?p [ ?q 2.5 ; ?r ?t ] ; hg:matches "face" }',
        f"SELECT * {{ ?s ?p [ ?q 2.5 ; ?r ?t ]  . {TWO} }}",
    ),
    "after a filter": (
        'SELECT * { ?s ?p ?o FILTER (?o > (1 + 2)) ?s hg:matches "face" }',
        f"SELECT * {{ ?s ?p ?o FILTER (?o > (1 + 2)) {TWO} }}",
    ),
    "after values": (
        'SELECT * { VALUES (?p) { (hg:issue) } ?s hg:matches "face" }',
        f"SELECT * {{ VALUES (?p) {{ (hg:issue) }} {TWO} }}",
    ),
    "optional": (
        'SELECT * { ?i ?p ?s OPTIONAL { ?s hg:matches "face" } }',
        f"SELECT * {{ ?i ?p ?s OPTIONAL {{ {TWO} }} }}",
    ),
    "in a sub-select": (
        'SELECT * { { SELECT ?s { ?s hg:matches "face" } } }',
        f"SELECT * {{ {{ SELECT ?s {{ {TWO} }} }} }}",
    ),
    "in a filter": (
        'SELECT * { ?s ?p ?o FILTER NOT EXISTS { ?s hg:matches "face" } }',
        f"SELECT * {{ ?s ?p ?o FILTER NOT EXISTS {{ {TWO} }} }}",
    ),
    "in a graph": ('SELECT * { GRAPH ?g { ?s hg:matches "face" } }', f"SELECT * {{ GRAPH ?g {{ {TWO} }} }}"),
    "behind a template": (
        'CONSTRUCT { ?s hg:matches "face" } WHERE { ?s hg:matches "face" }',
        f'CONSTRUCT {{ ?s hg:matches "face" }} WHERE {{ {TWO} }}',
    ),
    "full IRI": (f'SELECT * {{ ?s {IRI} "face" }}', f"SELECT * {{ {TWO} }}"),
    "relative IRI": ('BASE <https://w3id.org/harmgraph/> SELECT * { ?s <ns#matches> "face" }', None),
    "another prefix": (f'PREFIX x: <{HG.iri}> SELECT * {{ ?s x:matches "face" }}', None),
    "no white space": ('SELECT*{?s hg:matches"face"}', f"SELECT*{{{TWO}}}"),
    "other quotation marks": ("SELECT * { ?s hg:matches '''face''' }", f"SELECT * {{ {TWO} }}"),
    "escapes in the text": (r'SELECT * { ?s hg:matches "\u0066ace" }', f"SELECT * {{ {TWO} }}"),
    "comments between": ('SELECT * { ?s # "one"\n hg:matches # ; two\n "face" }', f"SELECT * {{ {TWO} }}"),
    "the best": ('SELECT * { ?s hg:matches ("face" 2) }', f"SELECT * {{ {TWO} }}"),
    "with a score": ('SELECT * { (?s ?n) hg:matches "face" }', f"SELECT * {{ {SCORED} }}"),
    "the best with a score": (
        'SELECT * { ?a ?b ?c . (?s ?n) hg:matches ("face" 2) . }',
        f"SELECT * {{ ?a ?b ?c . {SCORED} . }}",
    ),
    "dollar variable": ('SELECT * { $s hg:matches "face" }', f"SELECT * {{ {TWO.replace('?s', '$s')} }}"),
}

LEFT = {
    "in a string": """SELECT * { ?s rdfs:label '?s hg:matches "face"' }""",
    "in a comment": 'SELECT * { ?s ?p ?o # ?s hg:matches "face"\n }',
    "in a long string": 'SELECT * { ?s rdfs:label """?s hg:matches "face" .""" }',
    "as subject": "SELECT * { hg:matches rdfs:label ?l }",
    "as subject of a variable": "SELECT * { hg:matches ?p ?o }",
    "as subject after a filter": "SELECT * { ?p a ?c FILTER (?c > 1) hg:matches ?p ?o }",
    "as object": "SELECT * { ?s ?p hg:matches }",
    "in a filter": "SELECT * { ?s ?p ?o FILTER (?p = hg:matches || ?p != hg:matches) }",
    "in values": 'SELECT * { VALUES ?p { hg:issue hg:matches "face" } ?s ?p ?o }',
    "in rows of values": 'SELECT * { VALUES (?p ?n) { (hg:matches "face") } ?s ?p ?o }',
    "described": "DESCRIBE hg:matches",
    "template": 'CONSTRUCT { ?s hg:matches "face" } WHERE { ?s ?p ?o }',
    "a prefix that means another": 'PREFIX hg: <http://a/> SELECT * { ?s hg:matches "face" }',
    "a longer name": 'SELECT * { ?s hg:matchesNot "face" }',
}

REFUSED = {
    "variable object": ("SELECT * { ?s hg:matches ?o }", "an object that is neither"),
    "language": ('SELECT * { ?s hg:matches "face"@en }', "'@en' after its text"),
    "datatype": ('SELECT * { ?s hg:matches "face"^^xsd:string }', "'^^' after its text"),
    "two objects": ('SELECT * { ?s hg:matches "face", "camera" }', "',' after its text"),
    "IRI subject": ('SELECT * { hgi:AIAAIC0850 hg:matches "face" }', "a subject that is no variable"),
    "blank node": ('SELECT * { ?i ?p [ hg:matches "face" ] }', "a subject that is no variable"),
    "behind an IRI": ('SELECT * { hgi:AIAAIC0850 ?p ?o ; hg:matches "face" }', "a subject that is no variable"),
    "three in a list": ('SELECT * { (?s ?n ?m) hg:matches "face" }', "a subject that is no variable"),
    "one variable twice": ('SELECT * { (?s ?s) hg:matches "face" }', "a subject that is no variable"),
    "verb after a score": (
        'SELECT * { (?s ?n) hg:matches "face" ; ?p ?o }',
        "a semicolon after a pattern with a score",
    ),
    "none wanted": ('SELECT * { ?s hg:matches ("face" 0) }', "an object that is neither"),
    "too many wanted": ('SELECT * { ?s hg:matches ("face" 50001) }', "an object that is neither"),
    "path": ('SELECT * { ?s hg:deployer/hg:matches "face" }', "a property path"),
    "alternative": ('SELECT * { ?s (hg:matches|rdfs:label) "face" }', "a property path"),
    "inverse": ("SELECT * { ?s ^hg:matches ?o }", "a property path"),
    "short form": ('CONSTRUCT WHERE { ?s hg:matches "face" }', "the short form CONSTRUCT WHERE"),
}


def two(words: str, most: int | None) -> list[Hit]:
    """What a search for "face" finds."""
    assert words == "face"
    assert most in {None, 2}
    return [Hit("http://a/1", 2.0), Hit("http://a/2", 1.0)]


@pytest.mark.parametrize("name", REPLACED)
def test_a_pattern_is_replaced_where_it_stands(name: str) -> None:
    text, expected = REPLACED[name]
    written = with_hits(text, None, two)
    assert written == (expected or text[: text.index("?s")] + TWO + " }")
    for each in (text, written):
        Store().query(each, prefixes=PREFIXES)  # both are SPARQL


@pytest.mark.parametrize("name", LEFT)
def test_the_term_is_left_alone_where_it_is_no_verb(name: str) -> None:
    assert with_hits(LEFT[name], None, two) == LEFT[name]


@pytest.mark.parametrize("name", REFUSED)
def test_another_form_is_refused_with_the_forms_that_there_are(name: str) -> None:
    text, reason = REFUSED[name]
    with pytest.raises(QueryRefused) as refusal:
        with_hits(text, None, two)
    assert reason in str(refusal.value)
    assert "(?thing ?score) hg:matches" in str(refusal.value)


def test_two_patterns_are_both_replaced() -> None:
    written = with_hits('SELECT * { ?s hg:matches "face" . OPTIONAL { ?s hg:matches ("face" 2) } }', None, two)
    assert written == f"SELECT * {{ {TWO} . OPTIONAL {{ {TWO} }} }}"


def test_a_store_without_an_index_refuses_the_pattern_alone() -> None:
    refuse_matches(LEFT["in a string"], None, "no index here")
    with pytest.raises(QueryRefused, match="no index here"):
        refuse_matches('SELECT * { ?s hg:matches "face" }', None, "no index here")

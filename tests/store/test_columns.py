"""Whatever columns answer, the engine answers as well: the same solutions, the same number of times."""

from __future__ import annotations

import gc
import subprocess
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st
from pyoxigraph import Literal, NamedNode, Quad, QuerySolutions, Store

from harmgraph.iris import BASE, PREFIXES, XSD
from harmgraph.store.columns import expressions, files, selecting, tables
from harmgraph.store.columns.expressions import Calculator
from harmgraph.store.columns.files import Columns
from harmgraph.store.columns.selecting import with_columns

EX = "https://example.org/"
DECLARATIONS = f"PREFIX : <{EX}>\n"
PROPERTIES = ("p", "q", "r")
DATA = """
    :a :p :b, :c ; :q "one"@en, 1, 2.50 ; :date "2020-05-01"^^xsd:date ; a :T .
    :b :p :c ; :q "one", 1.0 ; :date "2021-05-01"^^xsd:date ; a :T .
    :c :p :d ; :r :a, :b ; a :T, :U . :d :p :a ; :q "zwei"@de, "a \\"quoted\\" text\\nin lines" .
    :x :up :y . :y :up :z . :z :up :y . :w :up :w .
    :a :kind :x . :b :kind :y . :c :kind :z, :w . :d :self :d ; :r [] .
    :a :large 9223372036854775807, -9223372036854775807 ; :size 0e0, "-0"^^xsd:double .
    :a :at "2020-01-01T00:00:00Z"^^xsd:dateTime, "2020-01-01T01:00:00+01:00"^^xsd:dateTime .
"""


def columns_of(store: Store, folder: Path) -> Columns:
    """The columns of a store's default graph."""
    files.make(store, folder)
    opened = Columns.open(folder)
    assert opened is not None
    return opened


def store_of(turtle: str) -> Store:
    """A store with this in its default graph."""
    store = Store()
    store.update(f"{DECLARATIONS} INSERT DATA {{ {turtle} }}", prefixes=PREFIXES)
    return store


def answer(store: Store, text: str) -> Counter[tuple[str | None, ...]]:
    """The solutions of a query and how often each comes."""
    found = store.query(text, prefixes=PREFIXES, base_iri=BASE)
    assert isinstance(found, QuerySolutions)
    return Counter(tuple(None if term is None else str(term) for term in solution) for solution in found)


@pytest.fixture(scope="module")
def store() -> Store:
    """A small graph."""
    return store_of(DATA)


@pytest.fixture(scope="module")
def columns(store: Store, tmp_path_factory: pytest.TempPathFactory) -> Columns:
    """Its columns."""
    return columns_of(store, tmp_path_factory.mktemp("columns") / "columns")


ANSWERED = [
    "SELECT ?o (COUNT(?s) AS ?n) { ?s :p ?o } GROUP BY ?o",
    "SELECT (COUNT(*) AS ?n) { ?s :p ?o ; :q ?v }",
    "SELECT (COUNT(*) AS ?n) (COUNT(DISTINCT ?s) AS ?m) { ?s :p :nowhere ; :q ?v }",
    "SELECT ?none (COUNT(?s) AS ?n) { ?s :p :nowhere ; :q ?v } GROUP BY ?none",
    "SELECT ?v (COUNT(DISTINCT ?s) AS ?n) { ?s :q ?v } GROUP BY ?v ORDER BY DESC(COUNT(DISTINCT ?s)) ?v",
    "SELECT ?o (COUNT(?s) AS ?n) { ?s :p ?o } GROUP BY ?o HAVING (COUNT(?s) > 1) (?o != :d)",
    "SELECT ?o (COUNT(?s) * 2 + COUNT(DISTINCT ?s) AS ?n) { ?s :p ?o } GROUP BY ?o",
    "SELECT ?y (COUNT(?s) AS ?n) { ?s :date ?d BIND (YEAR(?d) AS ?y) } GROUP BY ?y",
    "SELECT ?y (COUNT(?s) AS ?n) { ?s :date ?d } GROUP BY (YEAR(?d) AS ?y)",
    "SELECT ?y (COUNT(?s) AS ?n) { ?s :q ?d BIND (YEAR(?d) AS ?y) } GROUP BY ?y",
    "SELECT DISTINCT ?s ?o { ?s :kind/:up* ?o }",
    "SELECT DISTINCT ?s { ?s :kind/:up* :y . ?s a :T }",
    "SELECT DISTINCT ?o { :a :p/:p/:p ?o }",
    "SELECT ?s ?o { ?s :kind/:up* ?o } ORDER BY ?s",
    "SELECT ?s ?o { ?s :p|:r ?o . ?o :q ?v } ORDER BY ?s",
    "SELECT ?s ?n { ?s :q 1 ; :kind ?n } ORDER BY ?s",
    "SELECT ?s ?n { ?s :q 01.0 ; :kind ?n } ORDER BY ?s",
    "SELECT ?s ?n { ?s :q 'zwei'@DE ; :p ?n } ORDER BY ?s",
    "SELECT ?s ?t ?d { ?s a ?t OPTIONAL { ?s :date ?d } } ORDER BY ?s",
    "SELECT ?d (COUNT(?s) AS ?n) (COUNT(?d) AS ?m) { ?s :p ?t OPTIONAL { ?s :date ?d } } GROUP BY ?d",
    "SELECT ?s ?t { ?s a ?t OPTIONAL { ?s :date ?d } FILTER (!BOUND(?d) || YEAR(?d) > 2020) } ORDER BY ?s",
    "SELECT ?s ?o { ?s :p ?o FILTER NOT EXISTS { ?o :date ?d } } ORDER BY ?s",
    "SELECT ?s ?o { ?s :p ?o FILTER EXISTS { ?o :q ?v . ?v :none ?w } } ORDER BY ?s",
    "SELECT ?s ?o { ?s :p ?o FILTER NOT EXISTS { :x :up :y } } ORDER BY ?s",
    "SELECT ?s ?o { ?s :p ?o . FILTER (?s != ?o && ?unknown) } ORDER BY ?s",
    "SELECT ?x ?v ?w { VALUES (?x ?w) { (:a 1) (:b UNDEF) (:a 1) } ?x :q ?v } ORDER BY ?x",
    "SELECT ?s ?v (COUNT(?s) AS ?n) { VALUES ?v { :p :r } ?s ?v ?o } GROUP BY ?s ?v",
    "SELECT ?s ?v ?o { VALUES ?v { :p :none } ?s ?v ?o . ?s a :T } ORDER BY ?s",
    "SELECT ?s { ?s :self ?s . ?s :p ?o } ORDER BY ?s",
    "SELECT ?s ?n { ?s a :U { SELECT ?s (COUNT(?o) AS ?n) { ?s :p ?o } GROUP BY ?s } } ORDER BY ?s",
    "SELECT ?s ?all { ?s a :U { SELECT (COUNT(?o) AS ?all) { ?t :p ?o } } } ORDER BY ?s",
    "SELECT ?s ?n { GRAPH ?g { ?s a :U } { SELECT ?s (COUNT(?o) AS ?n) { ?s :p ?o } GROUP BY ?s } }",
    "SELECT ?n (SAMPLE(?n) AS ?m) { { SELECT ?s (COUNT(?o) AS ?n) { ?s :p ?o } GROUP BY ?s } } GROUP BY ?n",
    "SELECT ?s ?o { { ?s :p ?o } { ?o :p ?s2 FILTER (?s2 = :a) } } ORDER BY ?s",
    "SELECT ?b { _:x :p ?b . _:x :q 1 } ORDER BY ?b",
    "SELECT ?s (STR(?o) AS ?text) { ?s :p ?o ; :q ?v } ORDER BY ?s ?text LIMIT 3 OFFSET 0",
    "SELECT DISTINCT (STR(?o) AS ?text) { ?s :p ?o ; :q ?v } ORDER BY ?text",
    "SELECT ?s (COUNT(?o) AS ?n) WHERE { ?s :p ?o } GROUP BY ?s ORDER BY DESC(?n) ?s LIMIT 2 OFFSET 1",
    "SELECT ?o (COUNT(?v) AS ?n) { :a :p ?o OPTIONAL { ?o :q ?v } } GROUP BY ?o",
    "SELECT ?s (COUNT(DISTINCT ?o) AS ?n) { ?s :q ?o ; :q ?o } GROUP BY ?s",
    "SELECT ?s ?t (COUNT(*) AS ?n) { ?s :p ?o . ?t :p ?o FILTER (STR(?s) < STR(?t)) } GROUP BY ?s ?t",
    "SELECT ?s (COUNT(*) AS ?n) { ?s :p ?o . ?t :r ?u } GROUP BY ?s",
    "SELECT # COUNT\n ?o (COUNT(?s) # {\n AS ?n) { ?s :p ?o FILTER (?o # )\n != :a) # .\n } GROUP BY # x\n ?o # y",
    "BASE <https://example.org/> SELECT ?o (COUNT(?s) AS ?n) { ?s <p> ?o FILTER (?o != <a>) } GROUP BY ?o",
    "SELECT ?o (MIN(?y) AS ?first) (MAX(?d) AS ?last) { ?s :p ?o ; :date ?d BIND (YEAR(?d) AS ?y) } GROUP BY ?o",
    "SELECT (SUM(?l) AS ?n) (AVG(?l) AS ?m) { ?s :p ?o ; :q ?v BIND (STRLEN(STR(?o)) + STRLEN(STR(?v)) AS ?l) }",
    "SELECT ?o (SUM(DISTINCT ?y) AS ?n) (COUNT(*) AS ?m) { ?s :p ?o ; :date ?d BIND (YEAR(?d) AS ?y) } GROUP BY ?o",
    "SELECT ?o (MIN(?s) AS ?n) { ?s :p ?o ; :q ?v } GROUP BY ?o HAVING (MAX(?o) != :a)",
    "SELECT ?o (COUNT(?s)IN(1,2) AS ?n) { ?s :p ?o } GROUP BY ?o",
    "SELECT ?o { ?s :p ?o } GROUP BY ?o ORDER BY COUNT(?s)LIMIT 9",
    "SELECT ?b ?v { _:x :p ?b . BIND (1 AS ?z) _:x :q ?v } ORDER BY ?b",
]
"""Queries that are answered, of which at least some part is."""

LEFT = [
    "SELECT DISTINCT ?s { ?s :p ?o }",
    "SELECT DISTINCT * { ?s :p ?o ; :q ?v }",
    "ASK { ?s :p ?o } # COUNT",
    "SELECT REDUCED ?s { ?s :p ?o ; :q ?v } ORDER BY ?s",
    "CONSTRUCT { ?s :n ?n } { SELECT ?s (COUNT(?o) AS ?n) { ?s :p ?o ; :q ?v } GROUP BY ?s }",
    "SELECT (COUNT(*) AS ?n) { ?s :p ?o . ?x :up* :nowhere }",
    "SELECT (COUNT(*) AS ?n) { VALUES ?x { :a :nowhere } ?x :up* ?y }",
    "SELECT ?s (COUNT(?o) AS ?n) " + "{ " * 60 + "?s :p ?o ; :q ?v" + " }" * 60 + " GROUP BY ?s",
    "SELECT ?s (SUM(?v) AS ?n) { ?s :p ?o ; :q ?v } GROUP BY ?s",  # of text, too
    "SELECT ?s (MIN(?v) AS ?n) { ?s :p ?o ; :q ?v } GROUP BY ?s",
    "SELECT (MIN(?v) AS ?n) { ?s :none ?v }",
    "SELECT (SUM(?l) AS ?n) { ?s :p ?o OPTIONAL { ?o :date ?d BIND (YEAR(?d) AS ?l) } }",
    "SELECT ?o (SAMPLE(?s) AS ?n) { ?s :p ?o } GROUP BY ?o",
    "SELECT ?o (GROUP_CONCAT(?s) AS ?n) { ?s :p ?o } GROUP BY ?o",
    "SELECT ?o (COUNT(DISTINCT *) AS ?n) { ?s :p ?o } GROUP BY ?o",
    "SELECT ?o (COUNT(STR(?s)) AS ?n) { ?s :p ?o } GROUP BY ?o",
    "SELECT ?o (COUNT(?s) AS ?n) (RAND() AS ?r) { ?s :p ?o } GROUP BY ?o",
    "SELECT ?g (COUNT(?s) AS ?n) { GRAPH ?g { ?s :p ?o } } GROUP BY ?g",
    "SELECT ?o (COUNT(?s) AS ?n) FROM :g { ?s :p ?o } GROUP BY ?o",
    "SELECT ?v (COUNT(?s) AS ?n) { ?s ?v ?o } GROUP BY ?v",
    "SELECT ?o (COUNT(?s) AS ?n) { ?s :up* ?o } GROUP BY ?o",
    "SELECT ?o (COUNT(?s) AS ?n) { ?s :up+ ?o } GROUP BY ?o",
    "SELECT ?o (COUNT(?s) AS ?n) { ?s ^:up ?o } GROUP BY ?o",
    "SELECT ?o (COUNT(?s) AS ?n) { ?s :p [ :q ?o ] } GROUP BY ?o",
    "SELECT ?o (COUNT(?s) AS ?n) { ?s :p ?o MINUS { ?s :q 1 } } GROUP BY ?o",
    "SELECT ?o (COUNT(?s) AS ?n) { { ?s :p ?o } UNION { ?s :r ?o } } GROUP BY ?o",
    "SELECT (COUNT(*) AS ?n) { << :a :p :b >> :q ?o . ?o :r ?v }",
    "SELECT (COUNT(*) AS ?n) { ?s :p (1 2) ; :q ?v }",
    "SELECT ?s ?d { ?s :p ?o OPTIONAL { ?s :date ?d } ?t :date ?d } ORDER BY ?s",
    "SELECT ?o (COUNT(?s) AS ?n) { ?s :r ?o } GROUP BY ?o",  # one of them is a blank node
    "SELECT ?s (COUNT(?o) AS ?n) { ?s :p ?o } GROUP BY ?s VALUES ?s { :a }",
    "SELECT ?s (COUNT(?o) AS ?n) { ?s :p ?o FILTER (EXISTS { ?o :q 1 } || ?o = :d) } GROUP BY ?s",
    "SELECT (COUNT(*) AS ?n) { ?s :q ?v , ?w FILTER (?v<?w&&?w>?v) }",  # in which <…> is no IRI
    "SELECT (COUNT(*) AS ?n) { ?s :q ?v , ?w FILTER(?v<?w)FILTER(?w>?v) }",
    "SELECT (1<COUNT(?s)&&COUNT(?v)>0 AS ?n) { ?s :p ?o ; :q ?v }",
    "SELECT ?t (COUNT(?s) AS ?n) { ?s :p ?o ; :q ?v BIND (TRIPLE(?s, :p, ?o) AS ?t) } GROUP BY ?t",
    "SELECT (COUNT(*) AS ?n) { ?s :p ?o { ?o :q ?v FILTER NOT EXISTS { ?s :kind :x } } }",  # which has ?s from outside
    "SELECT (MIN(?v) AS ?n) { ?s :size ?v ; :kind ?k }",  # two terms of one value
    "SELECT (MAX(?v) AS ?n) { ?s :at ?v ; :kind ?k }",
    "SELECT DISTINCT ?s { ?s :p ?o ; :q ?v } LIMIT 2",  # at which the engine stops
    "DESCRIBE :count",
    "SELECT ?o (COUNT(*) AS ?n) { ?s :p ?o ; :q ?v } GROUP BY (STR(?s) AS ?v) ?o",
    "SELECT (SUM(?v) AS ?n) { ?s :large ?v ; :p ?o }",  # which overflows, depending on the order
]
"""Queries that are left to the engine as they are."""


@pytest.mark.parametrize("query", ANSWERED)
def test_what_columns_answer_the_engine_answers_too(store: Store, columns: Columns, query: str) -> None:
    """Same solutions, same multiplicities."""
    text = DECLARATIONS + query
    rewritten = with_columns(text, BASE, columns)
    assert rewritten != text, "left to the engine"
    assert answer(store, rewritten) == answer(store, text), rewritten


@pytest.mark.parametrize("query", LEFT)
def test_what_columns_do_not_know_stays_as_it_is(store: Store, columns: Columns, query: str) -> None:
    """And the engine understands it, so that what is left is no mistake of the test."""
    text = DECLARATIONS + query
    assert with_columns(text, BASE, columns) == text
    store.query(text, prefixes=PREFIXES)


def test_escapes_of_codepoints_are_read_wherever_they_stand(store: Store, columns: Columns) -> None:
    """As the store does with the whole text, where the engine does not."""
    query = DECLARATIONS + r"SELECT ?o (COUNT(?s) AS ?n) { ?s \u003Ap ?o FILTER (?o != \u003Aa) } GROUP BY ?o"
    expected = answer(store, query.replace(r"\u003A", ":"))
    assert answer(store, with_columns(query, BASE, columns)) == expected


def test_a_function_that_does_not_exist_is_left_to_the_engine(columns: Columns) -> None:
    """Which says so."""
    query = DECLARATIONS + "SELECT ?s (COUNT(?o) AS ?n) { ?s :p ?o FILTER (<urn:unknown>(?o)) } GROUP BY ?s"
    assert with_columns(query, BASE, columns) == query


def test_a_join_of_too_many_rows_is_left_to_the_engine(columns: Columns, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows are counted before they are made."""
    text = DECLARATIONS + "SELECT (COUNT(*) AS ?n) { ?a :p ?b . ?c :q ?d }"
    assert with_columns(text, BASE, columns) != text
    monkeypatch.setattr(tables, "MOST", 10)
    assert with_columns(text, BASE, columns) == text


def test_tables_that_grow_step_by_step_are_bounded_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """Such as the ends of a path, of which no step has too many."""
    table = tables.Table.of({"start": np.arange(3, dtype=np.int32)})
    assert tables.stacked([table, table]).length == 6
    monkeypatch.setattr(tables, "MOST", 5)
    with pytest.raises(tables.TooLarge):
        tables.stacked([table, table])


def test_too_many_solutions_are_left_to_the_engine(columns: Columns, monkeypatch: pytest.MonkeyPatch) -> None:
    """To pass them on would take longer than to find them."""
    text = DECLARATIONS + "SELECT ?a ?b { ?a :p ?b . ?c :q ?d } ORDER BY ?a"
    assert with_columns(text, BASE, columns) != text
    monkeypatch.setattr(selecting, "_ROWS", 10)
    assert with_columns(text, BASE, columns) == text


def test_many_expressions_are_left_to_the_engine(columns: Columns, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each is evaluated for up to 30,000 combinations of terms; a query may have hundreds."""
    text = f"{DECLARATIONS} SELECT (COUNT(*) AS ?n) {{ ?s :p ?o {'FILTER (?s != ?o) ' * 20} }}"
    assert with_columns(text, BASE, columns) != text
    monkeypatch.setattr(expressions, "_MOST", 40)
    assert with_columns(text, BASE, columns) == text


def test_constants_are_read_without_the_declarations_of_the_query() -> None:
    """Which are long where somebody wants to make it slow, and so are tables of constants."""
    calculator = Calculator("PREFIX as: <urn:long> that nobody reads", None)
    assert calculator.canonical(f'"01"^^<{XSD.integer.value}>') == f'"1"^^<{XSD.integer.value}>'


def test_a_worker_which_opens_no_files_reads_a_host_beyond_ascii() -> None:
    """For which urllib imports a module."""
    script = f"""
from harmgraph.store.local.isolation import open_nothing_more
from harmgraph.store.query_text.prologue import Prologue
from harmgraph.store.query_text.tokens import significant
open_nothing_more()
print(ascii(Prologue("{EX}").iri(significant("<//ex\u00e4mple.org/p>")[0])))
"""
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert ended.stdout == "'https://ex\\xe4mple.org/p'\n", ended.stderr


def test_no_tables_stay_in_memory_while_the_engine_evaluates(columns: Columns) -> None:
    """Neither those of a clause that was answered nor those of one that was given up half-way."""
    clause = "SELECT ?s (COUNT(?o) AS ?n) {{ {{ SELECT ?s ?o {{ ?s :p ?o ; :q ?v }} }} {} }} GROUP BY ?s"
    gc.collect()
    gc.disable()
    try:
        before = sum(isinstance(each, tables.Table) for each in gc.get_objects())
        for rest in ("", "OPTIONAL { ?s :date ?d } ?t :date ?d"):
            with_columns(DECLARATIONS + clause.format(rest), BASE, columns)
        assert sum(isinstance(each, tables.Table) for each in gc.get_objects()) == before
    finally:
        gc.enable()


def test_terms_are_numbered_in_order_and_found_again(columns: Columns) -> None:
    """By the bytes of their notation."""
    terms = [columns.term(number) for number in range(len(columns))]
    assert terms == sorted(set(terms), key=str.encode)
    assert [columns.number(term) for term in terms] == list(range(len(terms)))
    assert columns.number("<https://example.org/not-there>") is None
    assert columns.number("") is None and columns.number("\uffff") is None


@pytest.mark.parametrize("name", ["ends.npy", "terms.bin", "by_object.npy", "predicates.npy"])
def test_columns_that_cannot_be_read_are_none(store: Store, tmp_path: Path, name: str) -> None:
    """The release is served without them."""
    columns_of(store, tmp_path / "columns")
    (tmp_path / "columns" / name).unlink()
    assert Columns.open(tmp_path / "columns") is None
    (tmp_path / "columns" / name).write_bytes(b"")
    assert Columns.open(tmp_path / "columns") is None


def test_an_empty_graph_has_no_columns(tmp_path: Path) -> None:
    """There is nothing to map."""
    assert files.make(Store(), tmp_path / "columns") == 0
    assert Columns.open(tmp_path / "columns") is None


NODES = st.sampled_from([NamedNode(f"{EX}{name}") for name in "abcdef"])
VALUES = st.one_of(
    NODES,
    st.integers(0, 3).map(Literal),
    st.sampled_from([Literal("x"), Literal("x", language="en"), Literal("1.50"), Literal(1.5), Literal(True)]),
)
QUADS = st.lists(
    st.builds(lambda s, p, o: Quad(s, NamedNode(EX + p), o), NODES, st.sampled_from(PROPERTIES), VALUES),
    min_size=1,
    max_size=40,
)
VARIABLES = st.sampled_from(["?a", "?b", "?c", "?d"])
TERMS = st.one_of(VARIABLES, VARIABLES, VARIABLES, st.sampled_from([":a", ":b", "1", '"x"', '"x"@en', "01", "1.50"]))
SUBJECTS = st.one_of(VARIABLES, VARIABLES, st.sampled_from([":a", ":b"]))
PATHS = st.sampled_from([":p", ":q", ":r", ":p/:q", ":p*", ":p/:q*", ":p|:q", ":p/:p/:r", ":none"])
TRIPLES = st.lists(st.builds("{} {} {}".format, SUBJECTS, PATHS, TERMS), min_size=1, max_size=3).map(" . ".join)
EXPRESSIONS = st.sampled_from(
    ["?a = ?b", "?a != ?c", "?b > 1", "BOUND(?c)", "isIRI(?a) || ?b = 1", "STRLEN(STR(?a)) > 22", "?a IN (:a, :b, 1)"]
)
ELEMENTS = st.one_of(
    st.builds("FILTER ({})".format, EXPRESSIONS),
    st.builds("FILTER NOT EXISTS {{ {} }}".format, TRIPLES),
    st.builds("FILTER EXISTS {{ {} }}".format, TRIPLES),
    st.builds("OPTIONAL {{ {} }}".format, TRIPLES),
    st.sampled_from(["BIND (STR(?a) AS ?e)", "BIND (?b + 1 AS ?e)", "BIND (IF(BOUND(?c), ?c, 0) AS ?e)"]),
    st.sampled_from(["VALUES ?a { :a :b :a }", "VALUES (?b ?c) { (1 :a) (:b UNDEF) }", "VALUES ?b { 1 2 '1' }"]),
    st.builds("{{ SELECT ?a (COUNT(?f) AS ?n) {{ {} . ?a :p ?f }} GROUP BY ?a }}".format, TRIPLES),
    st.builds("{{ SELECT DISTINCT ?b ?c {{ {} }} }}".format, TRIPLES),
    TRIPLES,
)
PATTERNS = st.tuples(TRIPLES, st.lists(ELEMENTS, max_size=3)).map(lambda both: " . ".join((both[0], *both[1])))
QUERIES = st.one_of(
    st.builds("SELECT ?a ?b (COUNT(?c) AS ?x) (COUNT(*) AS ?y) {{ {} }} GROUP BY ?a ?b".format, PATTERNS),
    st.builds("SELECT (COUNT(DISTINCT ?a) AS ?x) (COUNT(?d) AS ?y) {{ {} }}".format, PATTERNS),
    st.builds("SELECT ?d (COUNT(DISTINCT ?b) AS ?x) {{ {} }} GROUP BY ?d HAVING (COUNT(?a) > 1)".format, PATTERNS),
    st.builds("SELECT ?a (SUM(?b) AS ?x) (MIN(?b) AS ?y) {{ {} }} GROUP BY ?a".format, PATTERNS),
    st.builds("SELECT (AVG(?b) AS ?x) (MAX(?a) AS ?y) {{ {} }}".format, PATTERNS),
    st.builds("SELECT DISTINCT ?a ?d {{ {} }} ORDER BY ?a".format, PATTERNS),
    st.builds("SELECT ?a ?b ?c ?e {{ {} }} ORDER BY ?b".format, PATTERNS),
)


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(quads=QUADS, query=QUERIES)
def test_any_query_over_any_graph_is_answered_as_the_engine_answers_it(
    quads: list[Quad], query: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """What is not understood stays as it is, which is right as well."""
    store = Store()
    store.extend(quads)
    text = DECLARATIONS + query
    columns = columns_of(store, tmp_path_factory.mktemp("columns") / "columns")
    rewritten = with_columns(text, BASE, columns)
    event("answered" if rewritten != text else "left")
    try:
        expected = answer(store, text)
    except SyntaxError:  # such as a BIND to a variable that is in use
        event("refused")
        return
    assert answer(store, rewritten) == expected, "\n".join((text, rewritten, *map(str, quads)))

"""The mixed traffic of the soak: requests of every kind whose right answers are known beforehand, and runaways.

For `soak.py`. The right answers are recorded from the idle service. Every query has a part that changes nothing but
the key of the result cache, so that the same answer can be asked for anew.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import quote, urlencode, urlsplit

from benchmarks.connection import Connection

CSV = "text/csv"
TURTLE = "text/turtle"
DOCUMENT_FORMATS = (TURTLE, "application/ld+json", "application/rdf+xml", "text/html", "application/n-triples")
WEIGHTS = {
    "lookup": 60,
    "describe": 10,
    "document": 10,
    "select": 8,
    "search": 4,
    "aggregate": 3,
    "export": 3,
    "page": 2,
}
"""Of a hundred ordinary requests."""

SELECTS = (
    "SELECT ?i ?d {{ ?i hg:occurred ?d . {fresh} }} LIMIT 10",
    "SELECT ?i ?t {{ ?i a hg:Incident ; dct:title ?t . {fresh} }} LIMIT 20",
    "SELECT DISTINCT ?t {{ ?i hg:technology ?t . {fresh} }} LIMIT 10",
    "SELECT ?i ?o {{ ?i hg:deployer ?o OPTIONAL {{ ?i hg:developer ?d }} {fresh} }} LIMIT 25",
)
AGGREGATES = (
    "SELECT (COUNT(*) AS ?n) {{ ?i a hg:Incident . {fresh} }}",
    "SELECT ?c (COUNT(?i) AS ?n) {{ ?i hg:jurisdiction ?c . {fresh} }} GROUP BY ?c ORDER BY DESC(?n) ?c LIMIT 50",
    "SELECT ?o (COUNT(DISTINCT ?i) AS ?n) {{ ?i hg:deployer ?o . {fresh} }} GROUP BY ?o ORDER BY DESC(?n) ?o LIMIT 20",
    "SELECT ?t (COUNT(*) AS ?n) {{ ?i hg:issue ?t . {fresh} }} GROUP BY ?t ORDER BY DESC(?n) ?t LIMIT 50",
)
EXPORT = "SELECT ?i ?p ?o {{{{ ?i a hg:Incident ; ?p ?o . {{fresh}} }}}} LIMIT 1000 OFFSET {}"
WORDS = ("police", "bank", "face", "school", "car", "model")
SEARCH = 'SELECT ?s ?l {{{{ ?s a hg:Incident ; rdfs:label ?l FILTER CONTAINS(LCASE(?l), "{}") {{fresh}} }}}} LIMIT 20'

ALL = "?a ?b ?c . ?d ?e ?f"
RUNAWAYS = {
    "cross product, counted": f"SELECT (COUNT(*) AS ?n) {{ {ALL} . ?g ?h ?i }}",
    "cross product, sent": f"SELECT * {{ {ALL} }}",
    "cross product, as a graph": f"CONSTRUCT {{ ?a ?e ?f }} {{ {ALL} }}",
    "cross product, hashed": f"SELECT (MAX(SHA512(CONCAT(STR(?c), STR(?f)))) AS ?m) {{ {ALL} }}",
    "sort of a cross product": f"SELECT * {{ {ALL} }} ORDER BY ?f DESC(?c)",
    "sort by a text": f"SELECT ?a ?c {{ {ALL} }} ORDER BY DESC(CONCAT(STR(?c), STR(?f))) ?a",
    "distinct of everything": f"SELECT (COUNT(DISTINCT *) AS ?n) {{ {ALL} }}",
    "GROUP_CONCAT of everything": 'SELECT (GROUP_CONCAT(CONCAT(STR(?a), STR(?c), STR(?f)); SEPARATOR="|") AS ?x) '
    f"{{ {ALL} }}",
    "deep path": "SELECT (COUNT(*) AS ?n) { ?a (hg:issue|^hg:issue|hg:technology|^hg:technology)+ ?b . "
    "?b (hg:jurisdiction|^hg:jurisdiction)* ?c . ?c (!hg:none|!^hg:none)* ?d }",
    "path over everything": "SELECT (COUNT(*) AS ?n) { ?a (!hg:none|!^hg:none)* ?b . ?b (!hg:none)* ?c }",
    "regex bomb": f'SELECT (COUNT(*) AS ?n) {{ {ALL} FILTER REGEX(CONCAT(STR(?c), STR(?f)), "(a*)*(x+x+)+y", "i") }}',
    "regex bomb, counted": f'SELECT (COUNT(*) AS ?n) {{ {ALL} FILTER REGEX(STR(?c), "(.{{0,60}}e){{0,30}}z{{9}}") }}',
}
EVERYTHING = "SELECT * { ?s ?p ?o }"
"""An answer so large that a client can leave in its middle."""


@dataclass(frozen=True, slots=True)
class Question:
    """A request whose answer is known: ``template`` has a ``{fresh}`` in it if it is a query."""

    kind: str
    accept: str
    path: str = ""
    template: str = ""

    def target(self, number: int) -> str:
        """What to ask for; another number is the same question to all but the result cache."""
        if self.path:
            return self.path
        return sparql(self.template.format(fresh=f"FILTER(1 < {number})"))


def sparql(text: str, **parameters: object) -> str:
    """The target of a query."""
    return "/sparql?" + urlencode({"query": text, **parameters})


class Mix:
    """Draws ordinary requests by their weights, each with the digest of its right answer."""

    def __init__(self, answers: dict[Question, str], chance: random.Random) -> None:
        self._answers = answers
        self._chance = chance
        self._fresh = itertools.count(1_000_000)
        by_kind: dict[str, list[Question]] = {}
        for question in answers:
            by_kind.setdefault(question.kind, []).append(question)
        self._by_kind = by_kind
        self._kinds = [kind for kind in WEIGHTS if kind in by_kind]
        self._weights = [WEIGHTS[kind] for kind in self._kinds]

    def draw(self, kind: str | None = None, *, fresh: bool | None = None) -> tuple[Question, str, str]:
        """A question, its target and the digest of its answer; half of the queries are new to the result cache."""
        if kind is None:
            (kind,) = self._chance.choices(self._kinds, self._weights)
        question = self._chance.choice(self._by_kind[kind])
        if fresh is None:
            fresh = self._chance.random() < 0.5
        return question, question.target(next(self._fresh) if fresh else 2), self._answers[question]


async def record(connection: Connection, things: int, chance: random.Random) -> Mix:
    """The mix over this service, whose answers are recorded now, while nobody else asks.

    Raises RuntimeError for a request that is not answered with 200, or 303.
    """
    answers: dict[Question, str] = {}
    for question in await _questions(connection, things, chance):
        reply = await connection.ask(question.target(2), question.accept)
        if reply.status not in (200, 303) or not reply.whole:
            raise RuntimeError(f"{question} was answered with {reply.status}: {reply.head[:500]!r}")
        answers[question] = reply.digest
    return Mix(answers, chance)


async def _questions(connection: Connection, things: int, chance: random.Random) -> list[Question]:
    listed = await _column(connection, "SELECT ?i { ?i a hg:Incident } ORDER BY ?i")
    incidents = chance.sample(listed, min(things, len(listed)))
    organisations = await _column(connection, f"SELECT ?o {{ ?o a hg:Organisation }} ORDER BY ?o LIMIT {things}")
    return [
        *_lookups(incidents),
        *(Question("describe", TURTLE, template=f"DESCRIBE <{iri}> {{{{ {{fresh}} }}}}") for iri in incidents),
        *_documents(incidents[: things // 4], organisations[: things // 8]),
        *(Question("select", accept, template=each) for each in SELECTS for accept in (CSV, "application/json")),
        *(Question("search", CSV, template=SEARCH.format(word)) for word in WORDS),
        *(Question("aggregate", CSV, template=each) for each in AGGREGATES),
        *(Question("export", CSV, template=EXPORT.format(1000 * n)) for n in range(max(1, things // 10))),
        *(Question("page", "text/html", path=path) for path in ("/", "/incidents", "/organisations", "/countries")),
    ]


def _lookups(iris: list[str]) -> Iterator[Question]:
    for iri in iris:
        yield Question("lookup", "application/json", template=f"ASK {{{{ <{iri}> a hg:Incident . {{fresh}} }}}}")
        yield Question("lookup", "text/boolean", template=f"ASK {{{{ <{iri}> a hg:Country . {{fresh}} }}}}")
        yield Question("lookup", CSV, template=f"SELECT ?p ?o {{{{ <{iri}> ?p ?o . {{fresh}} }}}}")
        yield Question("lookup", CSV, template=f"SELECT ?l {{{{ <{iri}> rdfs:label ?l . {{fresh}} }}}}")


def _documents(incidents: list[str], organisations: list[str]) -> Iterator[Question]:
    for iri in incidents:
        for accept in DOCUMENT_FORMATS:
            yield Question("document", accept, path=_path(iri, "doc"))
        yield Question("document", TURTLE, path=_path(iri, "id"))
    for iri in organisations:
        yield Question("document", TURTLE, path=_path(iri, "doc"))


def _path(iri: str, place: str) -> str:
    return quote(urlsplit(iri).path.replace("/harmgraph/id/", f"/{place}/", 1), safe="/%:@!$&'()*+,;=~")


async def _column(connection: Connection, text: str) -> list[str]:
    """The IRIs of a table of one column that is small enough to be shown whole, or the first of them."""
    reply = await connection.ask(sparql(text), CSV)
    return [line for line in reply.head.decode().split("\r\n")[1:-1] if line.startswith("http")]

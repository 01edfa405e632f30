"""The slice of Wikidata → what it adds to our organisations, systems and places, in the graph ``wikidata``.

Names in other languages, codes of legal entities, and who belongs to whom where both are ours. Only exact matches
count, and only of things that the release holds. What the lookups say stands; nothing here contradicts it. And the
items themselves in Wikidata's own terms, so that a query with its SERVICE clause taken off needs no network.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Set
from typing import Final
from urllib.parse import urlsplit

from pyoxigraph import Literal, NamedNode, Quad

from harmgraph.iris import HG, PQ, PS, RDFS, SCHEMA, SDO, SKOS, WD, WDS, WDT, WIKIBASE, XSD, P, graph_iri, mint
from harmgraph.linking.checking import number_of, positive
from harmgraph.linking.coverage import kind_of
from harmgraph.linking.dated import Dated, day
from harmgraph.linking.items import DATED, PROPERTIES, Item, is_number
from harmgraph.linking.judgements import Judgement
from harmgraph.vocabulary import Vocabulary

GRAPH: Final = graph_iri("wikidata")


def slice_quads(
    items: Mapping[str, Item], judgements: Iterable[Judgement], vocabulary: Vocabulary, held: Set[NamedNode]
) -> Iterator[Quad]:
    """What the slice says of the held things, each statement once."""
    exact = [each for each in positive(judgements) if each.predicate == SKOS.exactMatch and each.subject in held]
    things = {number_of(each): each.subject for each in exact if kind_of(each.subject) == "organisation"}
    for each in exact:
        item = items.get(number_of(each))
        if item is None or item.missing or item.is_never is not None:
            continue
        yield from _names(each, item)
        for code in item.lei:
            yield Quad(each.subject, SCHEMA.leiCode, Literal(code), GRAPH)
    for child, parent in _hierarchy(items, things, vocabulary):
        yield Quad(child, HG.parentOrganisation, parent, GRAPH)


def item_quads(items: Mapping[str, Item]) -> Iterator[Quad]:
    """The items as Wikidata has them: texts, ``wd:Q95 wdt:P17 wd:Q30`` of the best rank, and what holds for a time."""
    for asked, item in sorted(items.items()):
        if item.missing:
            continue
        for subject in {WD[asked]: None, WD[item.id]: None}:  # a link may still lead to a number that redirects
            for language, label in sorted(item.labels.items()):
                yield Quad(subject, RDFS.label, Literal(label, language=language), GRAPH)
            for language, text in sorted(item.descriptions.items()):
                yield Quad(subject, SDO.description, Literal(text, language=language), GRAPH)
            for number, name in PROPERTIES.items():
                for value in getattr(item, name):
                    yield Quad(subject, WDT[number], _term(number, value), GRAPH)
            for number, name in DATED.items():
                for dated in getattr(item, name):
                    yield from _dated(subject, number, dated)
            for language, address in sorted(item.articles.items()):
                yield from _article(subject, language, address)


def _dated(subject: NamedNode, number: str, dated: Dated) -> Iterator[Quad]:
    """The statement as a resource with its qualifiers; a year or month stands for its first day, as at Wikidata."""
    statement = WDS[dated.statement]
    yield Quad(subject, P[number], statement, GRAPH)
    yield Quad(statement, PS[number], WD[dated.value], GRAPH)
    for qualifier, end in (("P580", dated.since), ("P582", dated.until)):
        if end:
            yield Quad(statement, PQ[qualifier], Literal(f"{day(end)}T00:00:00Z", datatype=XSD.dateTime), GRAPH)


def _article(subject: NamedNode, language: str, address: str) -> Iterator[Quad]:
    article, wiki = NamedNode(address), NamedNode(f"https://{urlsplit(address).hostname}/")
    yield Quad(article, SDO.about, subject, GRAPH)
    yield Quad(article, SDO.inLanguage, Literal(language), GRAPH)
    yield Quad(article, SDO.isPartOf, wiki, GRAPH)
    yield Quad(wiki, WIKIBASE.wikiGroup, Literal("wikipedia"), GRAPH)


def _term(number: str, value: str) -> NamedNode | Literal:
    if is_number(value):
        return WD[value]
    return Literal(value, datatype=XSD.decimal) if number == "P1082" else Literal(value)


def _names(each: Judgement, item: Item) -> Iterator[Quad]:
    """Labels in languages other than English, whose names are the lookups'."""
    for language, label in sorted(item.labels.items()):
        if language not in ("en", "mul") and label not in (each.subject_label, each.object_label):
            yield Quad(each.subject, SKOS.altLabel, Literal(label, language=language), GRAPH)


def _hierarchy(
    items: Mapping[str, Item], things: Mapping[str, NamedNode], vocabulary: Vocabulary
) -> list[tuple[NamedNode, NamedNode]]:
    """Who belongs to whom, by parent (P749) or brand (P1716): where the lookup names no owner, and never in a circle.

    Owners (P127) are left out: a fund that holds shares is no parent.
    """
    above: defaultdict[NamedNode, set[NamedNode]] = defaultdict(set)
    for organisation in vocabulary.organisations:
        if organisation.parent is not None:
            above[mint("organisation", organisation.slug)].add(mint("organisation", organisation.parent))
    settled = frozenset(above)
    found: list[tuple[NamedNode, NamedNode]] = []
    for number, thing in sorted(things.items()):
        if (item := items.get(number)) is None:
            continue
        pairs = [(thing, things[parent]) for parent in item.parents if parent in things]
        pairs += [(things[brand], thing) for brand in item.brands if brand in things]
        for child, parent in pairs:
            if child not in settled and parent not in above[child] and child not in _upwards(parent, above):
                above[child].add(parent)
                found.append((child, parent))
    return found


def _upwards(thing: NamedNode, above: Mapping[NamedNode, set[NamedNode]]) -> set[NamedNode]:
    """The thing and everything above it."""
    seen, waiting = {thing}, [thing]
    while waiting:
        new = above.get(waiting.pop(), set()) - seen
        seen |= new
        waiting += sorted(new, key=lambda each: each.value)
    return seen

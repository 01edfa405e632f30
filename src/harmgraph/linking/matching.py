"""A mention in a field of a source → the things of ours that it names, and the items of Wikidata that these are.

Names are read as in a build: they resolve exactly or not at all, a field's type decides what its mentions can be, and
only reviewed judgements give an item. Labels may be spelled more freely (`harmgraph.linking.labels`). What is not
linked says why.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from pyoxigraph import NamedNode, Quad

from harmgraph.iris import DCT, SKOS, WD, curie, mint
from harmgraph.linking.judgements import Judgement
from harmgraph.linking.labels import Labels
from harmgraph.model import Actor, System
from harmgraph.names import Finding, split_list, word_set
from harmgraph.vocabulary import Vocabulary

_SLUG: Final = re.compile(r"[^\sA-Z;/]+")
_WIKIDATA: Final = WD.iri
_SAME: Final = (SKOS.exactMatch, SKOS.closeMatch)


@dataclass(frozen=True, slots=True)
class Match:
    """What a mention, or a part of it, names.

    ``iri`` is None where it names nothing that gets an IRI, and ``item`` where no judgement links the thing.
    ``method`` says how the thing was found, or why there is none; ``confidence`` is the judgement's, 0 without one.
    """

    iri: NamedNode | None
    method: str
    item: NamedNode | None = None
    predicate: NamedNode | None = None
    confidence: float = 0.0

    def cells(self, mention: str) -> tuple[str, str, str, str, str, str]:
        """The match as a row of `COLUMNS`."""
        return (
            mention,
            self.iri.value if self.iri else "",
            self.item.value.removeprefix(_WIKIDATA) if self.item else "",
            curie(self.predicate.value) if self.predicate else "",
            self.method,
            f"{self.confidence:g}" if self.item else "",
        )


COLUMNS: Final = ("mention", "iri", "qid", "predicate", "method", "confidence")


class Matcher:
    """The reading of mentions with one vocabulary and its judgements."""

    def __init__(self, vocabulary: Vocabulary, judgements: Iterable[Judgement], background: Iterable[Quad]) -> None:
        """``background`` holds the schemes, which say themselves what their concepts match."""
        self._vocabulary = vocabulary
        self._linked: dict[NamedNode, list[Match]] = {}
        for each in judgements:
            if each.holds and each.object is not None:
                self._link(each.subject, each.predicate, each.object, each.confidence)
        known = list(background)
        self._labels = Labels(vocabulary, known)
        for quad in known:
            if quad.predicate in _SAME and isinstance(quad.subject, NamedNode) and isinstance(quad.object, NamedNode):
                self._link(quad.subject, quad.predicate, quad.object, 1.0)

    def _link(self, thing: NamedNode, predicate: NamedNode, item: NamedNode, confidence: float) -> None:
        if item.value.startswith(_WIKIDATA):
            self._linked.setdefault(thing, []).append(Match(thing, "", item, predicate, confidence))

    def match(self, mention: str, field: str) -> list[Match]:
        """Everything that the mention names as a value of this field; raises KeyError for a field that is none."""
        found: Iterable[Match]
        match field_of(field):
            case "organisation":
                found = (match for each in _entries(mention) for match in self._organisations(each))
            case "slug":
                found = (match for each in _entries(mention) for match in self._slugs(each))
            case "system":
                found = self._systems(mention)
            case facet:
                found = self._labels_of(facet, mention)
        return list(dict.fromkeys(found)) or [Match(None, "placeholder")]

    def _organisations(self, mention: str) -> Iterator[Match]:
        known = self._vocabulary.organisation_named(mention) is not None
        if not known and _SLUG.fullmatch(mention.strip()):  # as the AI Incident Database writes them
            yield from self._slugs(mention)
            return
        read = self._vocabulary.actors(mention)
        yield from self._actors(read.actors)
        for owner in read.owners:
            for match in self._matches(mint("organisation", owner.slug), "owner"):
                # The mention names what the owner owns, so the owner's item is not the mention's own.
                yield replace(match, predicate=DCT.isPartOf if match.item else None)
        if not read.actors:
            yield from _nothing(read.findings)

    def _slugs(self, mention: str) -> Iterator[Match]:
        read = self._vocabulary.slugs.read([mention.strip()])
        yield from self._actors(read.actors)
        yield from self._named_systems(read.systems)
        if not read.actors and not read.systems:
            yield from _nothing(read.findings)

    def _systems(self, mention: str) -> Iterator[Match]:
        read = self._vocabulary.systems(mention)
        yield from self._named_systems(read.systems)
        if not read.systems:
            yield from _nothing(read.findings)

    def _labels_of(self, facet: str, mention: str) -> Iterator[Match]:
        whole = self._vocabulary.mapped(facet, mention)
        for part in [mention] if whole is not None else split_list(mention):
            for thing, method in self._labels.read(facet, part):
                if thing is None:
                    yield Match(None, method)
                for match in self._matches(thing, method) if thing is not None else ():
                    # A town's country is where it lies, and not the town.
                    within = method == "within" and match.item is not None
                    yield replace(match, predicate=DCT.isPartOf) if within else match

    def _actors(self, actors: Iterable[Actor]) -> Iterator[Match]:
        for actor in actors:
            curated = self._vocabulary.organisation(actor.slug) is not None
            yield from self._matches(mint("organisation", actor.slug), "name" if curated else "minted")

    def _named_systems(self, systems: Iterable[System]) -> Iterator[Match]:
        for system in systems:
            yield from self._matches(mint("system", system.slug), "system")

    def _matches(self, thing: NamedNode, method: str) -> list[Match]:
        """The thing with each item that it is linked to, or alone."""
        return [replace(link, method=method) for link in self._linked.get(thing, [Match(thing, method)])]


def _entries(mention: str) -> list[str]:
    """The entries of a list in JSON, as two of the sources write their cells; else the mention as it is."""
    if not mention.lstrip().startswith("["):
        return [mention]
    try:
        entries = json.loads(mention)
    except (ValueError, RecursionError):
        return [mention]
    return [each for each in entries if isinstance(each, str)]


def _nothing(findings: Iterable[Finding]) -> Iterator[Match]:
    """Why a mention names nothing; a body that many countries have is one for review."""
    for finding in findings:
        if finding.severity == "info" and finding.kind in ("look-alike-letters", "comma-list"):
            continue
        yield Match(None, "review" if finding.kind == "ambiguous" else finding.kind)


def field_of(name: str) -> str:
    """The field that this is a name of, as sources and gold standards write them; KeyError for none.

    >>> field_of("AIAAIC-2026:Deployer"), field_of("Country(ies)"), field_of("deployer/developer slug")
    ('organisation', 'jurisdiction', 'slug')
    """
    words = set(re.findall(r"[a-z]+", name.rpartition(":")[2].casefold()))
    for field, names in _FIELD_NAMES.items():
        if words & names:
            return field
    raise KeyError(name)


_FIELD_NAMES: Final[Mapping[str, frozenset[str]]] = {
    "slug": word_set("slug slugs"),
    "organisation": word_set(
        "deployer deployers developer developers operator operators provider organisation organization actor owner"
    ),
    "jurisdiction": word_set("jurisdiction jurisdictions country countries place location region"),
    "technology": word_set("technology technologies"),
    "issue": word_set("issue issues"),
    "sector": word_set("sector sectors"),
    "system": word_set("system systems product model"),
}
FIELDS: Final = tuple(_FIELD_NAMES)
"""What a mention may be a value of."""

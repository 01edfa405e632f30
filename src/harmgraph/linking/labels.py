"""A mention in a field of labels → the concepts or places that it names, even as no source has spelled it yet.

A build reads labels as the lookups have them and reports every other one. A mention of somebody else's may also
differ in accents, punctuation, look-alike letters and number, or be the acronym of a label; and places come with what
they lie in: "California, USA". Nothing is compared by similarity, and what could be two things is left for review.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

import pycountry
from pyoxigraph import Literal, NamedNode, Quad

from harmgraph import names
from harmgraph.iris import SCHEMES, SKOS, concept_iri, mint
from harmgraph.linking.coverage import kind_of
from harmgraph.model import Concept, Place
from harmgraph.vocabulary import Target, Vocabulary

Read = list[tuple[NamedNode | None, str]]
"""Things with the way in which each was found; or None with the reason why there is none."""

_NAMES: Final = frozenset({SKOS.prefLabel, SKOS.altLabel, SKOS.hiddenLabel})
_ACRONYM: Final = re.compile(r"(.*\S)\s*\(([\w/-]{2,9})\)")
_LIST: Final = re.compile(r"\s*,\s*(?:and\s+)?|\s*/\s*|\s+(?:and|&)\s+", re.IGNORECASE)
_IN: Final = re.compile(r"\s*[,/]\s*|\s+[-–]\s+")
_CODE: Final = re.compile(r"[A-Z]{2,3}")
_STATES: Final = frozenset(
    each.code.removeprefix("US-") for each in pycountry.subdivisions if each.code.startswith("US-")
)


class Labels:
    """What labels mean in every facet, by the forms in which they are compared."""

    def __init__(self, vocabulary: Vocabulary, background: Iterable[Quad]) -> None:
        """``background`` holds the schemes with the labels that their concepts have themselves."""
        self._vocabulary = vocabulary
        self._loose: dict[str, dict[str, frozenset[NamedNode]]] = {}
        self._acronyms: dict[str, dict[str, frozenset[NamedNode]]] = {}
        for facet in (*SCHEMES, "jurisdiction"):
            for label, mapped in vocabulary.labels(facet).items() if facet in vocabulary.facets else ():
                self._add(facet, label, frozenset(map(iri_of_target, mapped.targets)))
        for quad in background:
            if quad.predicate in _NAMES and isinstance(quad.subject, NamedNode) and isinstance(quad.object, Literal):
                facet = kind_of(quad.subject)
                if facet in SCHEMES and _key(quad.object.value) not in self._loose.get(facet, {}):
                    self._add(facet, quad.object.value, frozenset({quad.subject}))
        self._inside = {(p.within, names.key(p.label)): p for p in vocabulary.places if p.within is not None}

    def read(self, facet: str, mention: str) -> Read:
        """What this mention names as a value of the facet."""
        if (whole := self._targets(facet, mention)) is not None:
            return [(target, "label") for target in whole]
        if facet == "jurisdiction" and (places := self._places(mention)):
            return places
        parts = [part for part in _LIST.split(mention) if part]
        each = [self._targets(facet, part) for part in parts]
        if len(parts) > 1 and all(targets for targets in each):
            return [(target, "label") for targets in each for target in targets or ()]
        return [(None, "unmapped")]

    def _add(self, facet: str, label: str, targets: frozenset[NamedNode]) -> None:
        loose, acronyms = self._loose.setdefault(facet, {}), self._acronyms.setdefault(facet, {})
        _note(loose, _key(label), targets)
        if (match := _ACRONYM.fullmatch(label)) is not None and len(targets) == 1:
            _note(loose, _key(match[1]), targets)
            for acronym in match[2].split("/"):
                _note(acronyms, acronym.casefold(), targets)

    def _targets(self, facet: str, mention: str) -> list[NamedNode] | None:
        """The targets of one label, which may be none at all; None where it is not known or could be two things."""
        if (mapped := self._vocabulary.mapped(facet, mention)) is not None:
            return [iri_of_target(target) for target in mapped.targets]
        found = self._loose.get(facet, {}).get(_key(mention))
        if found is None and (short := mention.strip().removesuffix("s")).isupper():
            found = self._acronyms.get(facet, {}).get(short.casefold())
        if found is None and (match := _ACRONYM.fullmatch(mention)) is not None and match[2].isupper():
            found = self._loose.get(facet, {}).get(_key(match[1]))
        return sorted(found, key=lambda each: each.value) if found else None

    def _places(self, mention: str) -> Read:
        """A code, or a place with the country that it lies in, in either order; empty for anything else."""
        if _CODE.fullmatch(mention.strip()):
            return self._code(mention.strip())
        parts = [part for part in _IN.split(mention) if part]
        places = [self._place(part) for part in parts]
        countries = {place for place in places if place is not None and place.kind == "country"}
        for at in (len(parts) - 1, 0):  # "Texas, USA" and "USA - Texas"
            if len(parts) > 1 and (country := places[at]) is not None and country.kind == "country":
                others = [part for number, part in enumerate(parts) if number != at]
                inside = [self._inside.get((country.code, names.key(part))) for part in others]
                if any(inside):
                    if len(countries) > 1:  # the country Georgia, or the state?
                        return [(None, "review")]
                    return [(iri_of_target(place), "label") for place in inside if place is not None]
                if len(countries) == 1 and not any(self._place(part) for part in others):
                    return [(iri_of_target(country), "within")]
        return []

    def _place(self, name: str) -> Place | None:
        """The one place of this name."""
        mapped = self._vocabulary.mapped("jurisdiction", name)
        if mapped is not None and len(mapped.targets) == 1 and isinstance(place := mapped.targets[0], Place):
            return place
        return None

    def _code(self, code: str) -> Read:
        country = pycountry.countries.get(alpha_2=code) or pycountry.countries.get(alpha_3=code)
        if country is None:
            return []
        if code in _STATES:  # CA is Canada, and California
            return [(None, "review")]
        return [(iri_of_target(self._vocabulary.place(country.alpha_3)), "code")]


def iri_of_target(target: Target) -> NamedNode:
    """The IRI of what a label means."""
    if isinstance(target, Concept):
        return concept_iri(target.scheme, target.slug)
    return mint(target.kind, target.code)


def _note(known: dict[str, frozenset[NamedNode]], key: str, targets: frozenset[NamedNode]) -> None:
    """Take this meaning of a key; a key with two meanings has none."""
    if key:
        known[key] = targets if known.get(key, targets) == targets else frozenset()


def _key(label: str) -> str:
    """The key of a label, its last word in the singular.

    >>> _key("Large-language Models") == _key("large language model")
    True
    """
    words = names.key(label).split()
    if words and len(words[-1]) > 3 and words[-1].endswith("s") and not words[-1].endswith(("ss", "is", "us")):
        words[-1] = words[-1][:-1]
    return " ".join(words)

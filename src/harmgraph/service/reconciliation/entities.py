"""The release's answer to ``queries/reconcilable.rq`` → the things that can be reconciled, each with all its names.

Reads every name, identifier and property value once for each release; `harmgraph.service.reconciliation.index` makes
them findable. Other names that an incident had (``dct:isReplacedBy``) become identifiers of the incident of now.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from sys import intern
from typing import Final

from pyoxigraph import Literal, NamedNode, RdfFormat, parse

from harmgraph.iris import BASE, DCT, HG, RDF, RDFS, SKOS, WD
from harmgraph.service.reconciliation.countries import other_codes, other_names
from harmgraph.service.reconciliation.schema import PROPERTIES, TYPES, Type

SPACE: Final = f"{BASE}id/"
"""The identifier space: an entity's IRI is this and its identifier."""

_OF_CLASS: Final = {each.iri: each for each in TYPES.values()}
_FACTS: Final = {each.iri: each.id for each in reversed(PROPERTIES.values()) if not each.inverse}
_LABEL: Final = RDFS.label.value
_OTHER_LABEL: Final = SKOS.altLabel.value
_REPLACED: Final = DCT.isReplacedBy.value
_KINDS: Final = frozenset({RDF.type.value, SKOS.inScheme.value})
_IDENTIFYING: Final = frozenset({DCT.identifier.value, HG.alpha2.value, HG.alpha3.value})


@dataclass(slots=True)
class Entity:
    """A thing with its names, the label first, and what is known of it: property → identifiers or literals.

    ``type`` is None of things that are only values of others, like sectors and regions.
    """

    id: str
    type: Type | None = None
    names: list[str] = field(default_factory=list)
    identifiers: set[str] = field(default_factory=set)
    facts: dict[str, list[str]] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The label, or the identifier of what has none."""
        return self.names[0] if self.names else self.id

    @property
    def iri(self) -> str:
        """The IRI."""
        return SPACE + self.id


def read(graph: bytes) -> dict[str, Entity]:
    """The entities of an N-Triples document, by identifier."""
    found: dict[str, Entity] = {}
    replaced: dict[str, str] = {}
    for quad in parse(input=graph, format=RdfFormat.N_TRIPLES):
        subject, value = quad.subject, quad.object
        if isinstance(subject, NamedNode) and isinstance(value, NamedNode | Literal):
            name = intern(subject.value)
            if quad.predicate.value == _REPLACED:
                replaced[name] = value.value
                continue
            entity = found.get(name)
            if entity is None:
                entity = found[name] = Entity(name.removeprefix(SPACE))
            _tell(entity, quad.predicate.value, value)
    for old, new in replaced.items():
        found.pop(old, None)
        if (successor := found.get(_final(new, replaced))) is not None:
            successor.identifiers.add(_local(old))
    named = {each.id: each for iri, each in found.items() if each.names and iri.startswith(SPACE)}
    for entity in named.values():
        entity.names[1:] = sorted(entity.names[1:])  # a graph has no order, answers have
        local = _local(entity.id)
        entity.identifiers.add(local)
        if entity.type is TYPES["Country"]:
            entity.names.extend(name for name in other_names(local) if name not in entity.names)
            entity.identifiers.update(other_codes(local))
        for values in entity.facts.values():
            values.sort()
    return named


def _tell(entity: Entity, predicate: str, value: NamedNode | Literal) -> None:
    """Add one statement to what is known of the entity."""
    text = value.value
    if predicate == _LABEL:
        entity.names.insert(0, text)
    elif predicate == _OTHER_LABEL:
        entity.names.append(text)
    elif predicate in _KINDS:
        entity.type = _OF_CLASS.get(text, entity.type)
    else:
        if predicate in _IDENTIFYING:
            entity.identifiers.add(text)
        key = _FACTS[predicate]
        if key == "wikidata":
            if not text.startswith(WD.iri):
                return
            text = text.removeprefix(WD.iri)
        elif text.startswith(SPACE):
            text = intern(text.removeprefix(SPACE))
        entity.facts.setdefault(key, []).append(text)


def _final(name: str, replaced: Mapping[str, str]) -> str:
    """What the name leads to in the end; where names lead to each other, any of them."""
    seen = {name}
    while (following := replaced.get(name)) is not None and following not in seen:
        name = following
        seen.add(name)
    return name


def _local(name: str) -> str:
    return name.rpartition("/")[2]


def description(entity: Entity, entities: Mapping[str, Entity]) -> str:
    """A line that tells the thing apart from its namesakes."""
    first = {key: entity.facts.get(key, [])[:3] for key in ("jurisdiction", "deployer", "developer", "country")}
    parts: list[str] = []
    if (definition := entity.facts.get("definition")) and definition[0]:
        parts.append(definition[0])
    if year := _years(entity):
        parts.append(year)
    parts.extend(_listed(first[key], entities) for key in ("jurisdiction", "country") if first[key])
    parts.extend(
        f"{PROPERTIES[key].name.lower()}: {_listed(first[key], entities)}"
        for key in ("deployer", "developer")
        if first[key]
    )
    return "; ".join(parts)


def _listed(names: Iterable[str], entities: Mapping[str, Entity]) -> str:
    return ", ".join(entities[name].name if name in entities else name for name in names)


def _years(entity: Entity) -> str:
    bounds = [entity.facts[key][0][:4] for key in ("earliestDate", "latestDate") if entity.facts.get(key)]
    return "–".join(dict.fromkeys(bounds))

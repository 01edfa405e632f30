"""The beginning of a name → the entities, types and properties it may become, for fields that complete what is typed.

An identifier comes first, then names that begin like this, then names with these words, then names that are alike.
"""

from __future__ import annotations

from itertools import chain

from harmgraph.service.pages.rendering import visible
from harmgraph.service.reconciliation.entities import Entity, description
from harmgraph.service.reconciliation.index import NameIndex
from harmgraph.service.reconciliation.queries import ReconciliationQuery
from harmgraph.service.reconciliation.schema import PROPERTIES, TYPES, Property, Type
from harmgraph.service.reconciliation.scoring import reconcile

_ENOUGH = 200
"""How many suggestions there are at most, over all pages that a client turns."""


def entities(index: NameIndex, prefix: str, types: tuple[Type, ...], cursor: int, limit: int) -> list[Entity]:
    """The entities for this prefix, ``limit`` of them after the first ``cursor``."""
    enough = min(cursor + limit, _ENOUGH) if not types else _ENOUGH
    found = {
        each.id: each
        for each in chain(index.identified(prefix), index.beginning(prefix, enough), index.completed(prefix, enough))
    }
    if len(found) < enough:
        alike = reconcile(index, ReconciliationQuery(prefix, types or None, limit=limit))
        found |= {each.entity.id: each.entity for each in alike if each.entity.id not in found}
    fitting = [each for each in found.values() if each.type is not None and (not types or each.type in types)]
    return fitting[cursor : cursor + limit]


def entity(index: NameIndex, each: Entity) -> dict[str, object]:
    """An entity as a suggestion."""
    notable = [each.type.reference] if each.type is not None else []
    return {
        "id": each.id,
        "name": each.name,
        "description": description(each, index.entities)[:300],
        "notable": notable,
    }


def types(prefix: str) -> list[dict[str, object]]:
    """The types for this prefix."""
    return [
        {**each.reference, "description": each.description}
        for each in TYPES.values()
        if _begins(prefix, each.id, each.name, each.plural, each.iri)
    ]


def properties(prefix: str) -> list[dict[str, object]]:
    """The properties for this prefix."""
    return [
        {**each.reference, "description": property_description(each)}
        for each in PROPERTIES.values()
        if _begins(prefix, each.id, each.name, each.iri)
    ]


def property_description(each: Property) -> str:
    """Of what the property is, and what its values are."""
    of = ", ".join(TYPES[name].plural for name in each.types) if len(each.types) < len(TYPES) else "everything"
    return f"of {of}" + (f"; values are {TYPES[each.values].plural}" if each.values else "")


def flyout(identifier: str, name: str, text: str) -> dict[str, str]:
    """The small preview of something that is suggested."""
    html = f'<p style="font-size: 0.8em; color: black;"><b>{visible(name)}</b><br>{visible(text)}</p>'
    return {"id": identifier, "html": html}


def _begins(prefix: str, *names: str) -> bool:
    """Whether one of the names, or a word of one, begins like this."""
    wanted = prefix.strip().casefold()
    words = [word for name in names for word in (name, *name.split())]
    return any(word.casefold().startswith(wanted) for word in words)

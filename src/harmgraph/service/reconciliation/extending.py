"""A data extension query → the values of its properties, from the store, as cells of a table.

The index knows names; values come from the store, which has every one of them. A thing of ours becomes a reconciled
cell, an item of Wikidata one that Wikidata's own reconciliation service knows.
"""

from __future__ import annotations

from typing import Final

from pyoxigraph import Literal, NamedNode

from harmgraph.iris import WD, XSD
from harmgraph.service.questions import Questions
from harmgraph.service.reconciliation.entities import SPACE, Entity
from harmgraph.service.reconciliation.index import NameIndex
from harmgraph.service.reconciliation.queries import ExtensionQuery, Wanted
from harmgraph.service.reconciliation.schema import PROPERTIES, TYPES, Property
from harmgraph.service.terms import Term

Cell = dict[str, str | int | float]

_WIKIDATA_SERVICE: Final = "https://wikidata.reconci.link/en/api"
_NUMBERS: Final = {XSD.integer: "int", XSD.decimal: "float", XSD.double: "float", XSD.float: "float"}


async def extended(
    index: NameIndex, questions: Questions, query: ExtensionQuery
) -> tuple[list[dict[str, object]], dict[str, dict[str, list[Cell]]]]:
    """The columns, and the cells by entity and property; an entity nobody knows has none."""
    known = {name: entity for name in query.ids if (entity := entity_of(index, name)) is not None}
    rows: dict[str, dict[str, list[Cell]]] = {name: {} for name in query.ids}
    for wanted in query.properties:
        values = await _values(questions, wanted.property, list(dict.fromkeys(each.iri for each in known.values())))
        for name in query.ids:
            terms = values.get(known[name].iri, []) if name in known else []
            rows[name][wanted.property.id] = _cells(index, wanted, terms, known.get(name))
    return [_column(each) for each in query.properties], rows


def entity_of(index: NameIndex, name: str) -> Entity | None:
    """The entity with this identifier, also one that it had before, or of its source, or its IRI."""
    found = index.identified(name)
    return found[0] if len(found) == 1 else None


def proposed(type_id: str | None, limit: int) -> list[dict[str, str]]:
    """The properties that things of this type have, or all."""
    fitting = [each.reference for each in PROPERTIES.values() if type_id is None or type_id in each.types]
    return fitting[:limit]


async def _values(questions: Questions, property_: Property, iris: list[str]) -> dict[str, list[Term]]:
    if not iris:
        return {}
    name = "values_inverse" if property_.inverse else "values"
    rows = await questions.rows(name, these=[NamedNode(iri) for iri in iris], predicate=NamedNode(property_.iri))
    values: dict[str, list[Term]] = {}
    for row in rows:
        values.setdefault(row["this"].value, []).append(row["value"])
    return values


def _column(wanted: Wanted) -> dict[str, object]:
    column: dict[str, object] = dict(wanted.property.reference)
    if wanted.count or wanted.content != "entity":
        return column
    if wanted.property.values is not None:
        column["type"] = TYPES[wanted.property.values].reference
    if wanted.property.kind == "item":
        column["service"] = _WIKIDATA_SERVICE
    return column


def _cells(index: NameIndex, wanted: Wanted, terms: list[Term], entity: Entity | None) -> list[Cell]:
    cells = [cell for term in terms if (cell := _cell(index, wanted, term, entity)) is not None]
    cells.sort(key=lambda cell: str(cell.get("name") or next(iter(cell.values()))).casefold())
    if wanted.count:
        return [{"int": len(cells)}] if entity is not None else []
    return cells[: wanted.limit] if wanted.limit else cells


def _cell(index: NameIndex, wanted: Wanted, term: Term, entity: Entity | None) -> Cell | None:
    if isinstance(term, Literal):
        return _literal(term)
    if wanted.property.kind == "item":
        if not term.value.startswith(WD.iri):
            return None
        identifier, name = term.value.removeprefix(WD.iri), entity.name if entity is not None else ""
    elif term.value.startswith(SPACE):
        identifier = term.value.removeprefix(SPACE)
        name = index.entities[identifier].name if identifier in index.entities else identifier
    else:
        return {"str": term.value}
    if wanted.content == "entity":
        return {"id": identifier, "name": name or identifier}
    return {"str": name if wanted.content == "name" else identifier}


def _literal(term: Literal) -> Cell:
    if term.datatype == XSD.date and len(term.value) == 10:  # the API has no dates without a time
        return {"date": f"{term.value}T00:00:00Z"}
    kind = _NUMBERS.get(term.datatype)
    try:
        match kind:
            case "int":
                return {"int": int(term.value)}
            case "float":
                return {"float": float(term.value)}
    except ValueError:  # not in the lexical space: as it is
        pass
    return {"str": term.value}

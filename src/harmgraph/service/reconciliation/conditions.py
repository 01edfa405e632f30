"""A condition of a reconciliation query → the entities of which it is true, and how well it is true of one of them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from rapidfuzz import fuzz

from harmgraph.names import key
from harmgraph.service.reconciliation.entities import Entity
from harmgraph.service.reconciliation.index import NameIndex, fact, page_key
from harmgraph.service.reconciliation.queries import Condition

IDENTIFYING: Final = frozenset({"identifier", "wikidata", "page", "alpha2", "alpha3"})
"""Properties that name a thing by themselves."""
_LIKENESS: Final = 85.0
"""How alike the names of a property's values are to count."""
_DATE: Final = re.compile(r"(1[89]\d\d|20\d\d)(?:-(0[1-9]|1[0-2])(?:-([0-3]\d))?)?")


def facts_of(index: NameIndex, condition: Condition) -> Iterable[str]:
    """What the index knows entities by that the condition is true of."""
    if condition.quantifier == "none" or condition.property.inverse:
        return
    for value in condition.values:
        if condition.property.kind == "date":
            if (date := _DATE.search(value)) is not None:
                yield fact(condition.property.id, date[1])
            continue
        for thing in [*index.identified(value), *index.exact.get(key(value), ())][:5]:
            yield fact(condition.property.id, thing.id)


def having(index: NameIndex, condition: Condition) -> Iterable[Entity]:
    """Some entities with one of the values."""
    for value in condition.values:
        if condition.property.id in IDENTIFYING:
            yield from index.identified(value)
            continue
        for thing in [*index.identified(value), *index.exact.get(key(value), ())]:
            yield from index.by_value.get((condition.property.id, thing.id), ())[:1000]


def agreement(index: NameIndex, entity: Entity, condition: Condition) -> float | None:
    """How well the entity's values are those wanted, from 0 to 1; None where it has none to compare."""
    values = _values(index, entity, condition)
    if not values:
        return 1.0 if condition.quantifier == "none" else None
    scores = [max(_same_value(index, condition, wanted, value) for value in values) for wanted in condition.values]
    match condition.quantifier:
        case "all":
            return min(scores)
        case "none":
            return 1.0 - max(scores)
        case _:
            return max(scores)


def _values(index: NameIndex, entity: Entity, condition: Condition) -> list[str]:
    name = condition.property.id
    if name == "identifier":
        return sorted(entity.identifiers)
    if condition.property.kind == "date":
        return [value for each in ("earliestDate", "latestDate") for value in entity.facts.get(each, ())]
    if condition.property.inverse:
        forward = {"deployerOf": "deployer", "developerOf": "developer", "incident": "system"}[name]
        return [each.id for each in index.by_value.get((forward, entity.id), ())]
    return entity.names[1:] if name == "altLabel" else entity.facts.get(name, [])


def _same_value(index: NameIndex, condition: Condition, wanted: str, value: str) -> float:
    if condition.property.kind == "date":
        return _same_date(wanted, value)
    if condition.property.id == "page":
        return float(page_key(wanted) == page_key(value))
    other = index.entities.get(value)
    if other is None:
        return float(wanted.casefold() == value.casefold() or wanted.rpartition("/")[2] == value)
    if any(each is other for each in index.identified(wanted)):
        return 1.0
    likeness = max(fuzz.token_sort_ratio(key(wanted), key(name)) for name in other.names)
    return likeness / 100 if likeness >= _LIKENESS else 0.0


def _same_date(wanted: str, value: str) -> float:
    """1 for the same date as far as both are known, less for one nearby.

    >>> _same_date("2022", "2022-03-01"), _same_date("2022-05", "2022-03-01"), _same_date("2019", "2022-03-01")
    (1.0, 0.75, 0.0)
    """
    mine, theirs = _DATE.search(wanted), _DATE.match(value)
    if mine is None or theirs is None:
        return 0.0
    if mine[1] != theirs[1]:
        return 0.5 if abs(int(mine[1]) - int(theirs[1])) == 1 else 0.0
    return 1.0 if mine[2] in (None, theirs[2]) else 0.75

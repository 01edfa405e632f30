"""A reconciliation query and its candidates → scores from 0 to 100 with their features, and whether one is safe.

A score is the likeness of the names, moved up or down by the properties. ``match`` is true of one candidate at most:
its name is exactly the text's by `harmgraph.names.key`, or the text is an identifier of it; that is so of no other one
of the types asked for; and no property speaks against it. Nothing that is only alike is ever a match.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from rapidfuzz import fuzz, process

from harmgraph.names import clean, is_acronym, key, key_without_legal_form
from harmgraph.service.reconciliation.conditions import IDENTIFYING, agreement, facts_of, having
from harmgraph.service.reconciliation.entities import Entity
from harmgraph.service.reconciliation.index import NameIndex
from harmgraph.service.reconciliation.queries import ReconciliationQuery
from harmgraph.service.reconciliation.schema import PROPERTIES

_EXACT: Final = 100.0
_WITHOUT_LEGAL_FORM: Final = 97.0
_OTHER_CASE: Final = 90.0
_INITIALS: Final = 75.0
_ALIKE: Final = 95.0
"""The most that a name which is only alike gets."""
_LEAST: Final = 35.0
"""Candidates below are not worth looking at."""
_WEIGHT: Final = 12.0
"""How far one property moves the score, up or down."""
_OTHER_TYPE: Final = 0.7
_TOLD: Final = 90.0
_UNTOLD: Final = 0.35
"""How much of its likeness a name loses that has none of the words that tell something."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """An entity as an answer to one query. ``type_fits`` is None where no type was asked for."""

    entity: Entity
    score: float
    name_score: float
    exact: bool
    identified: bool
    type_fits: bool | None
    properties: tuple[tuple[str, float], ...]
    match: bool = False

    @property
    def features(self) -> list[dict[str, object]]:
        """What the score is made of."""
        features: dict[tuple[str, str], float | bool] = {
            ("name", "Likeness of the names"): round(self.name_score, 1),
            ("exact_name", "Same name"): self.exact,
            ("identifier", "Named by an identifier"): self.identified,
        }
        if self.type_fits is not None:
            features["type", "Of a type asked for"] = self.type_fits
        for each, value in self.properties:  # one property may be asked for twice, features are unique
            features[f"property_{each}", PROPERTIES[each].name] = round(value, 2)
        return [{"id": each, "name": name, "value": value} for (each, name), value in features.items()]


def reconcile(index: NameIndex, query: ReconciliationQuery) -> list[Candidate]:
    """The candidates for the query, best first."""
    if query.types is not None and not query.types:
        return []
    identified = index.identified(query.text) if query.text else []
    found = identified or _found(index, query)
    names = {} if identified else _name_scores(index, query.text, found)
    if query.text and not identified and not query.conditions:
        found = [each for each in found if names[each.id][0] >= _LEAST]
    known = {each.id for each in identified}
    candidates = [
        each
        for entity in found
        if (each := _candidate(index, query, entity, *names.get(entity.id, (0.0, False)), entity.id in known))
    ]
    candidates.sort(key=lambda each: (-each.score, each.type_fits is False, each.entity.id))
    return _decided(candidates)[: query.limit]


def _found(index: NameIndex, query: ReconciliationQuery) -> list[Entity]:
    """What the name leads to; what the properties lead to where there is no name, or they name it."""
    found: dict[str, Entity] = {}
    for condition in query.conditions:
        if condition.quantifier != "none" and (not query.text or condition.property.id in IDENTIFYING):
            found |= {each.id: each for each in having(index, condition)}
    if query.text:
        facts = [each for condition in query.conditions for each in facts_of(index, condition)]
        found |= {each.id: each for each in index.candidates(query.text, query.types or (), facts)}
        if query.types and query.strictness == "should" and not found:
            found |= {each.id: each for each in index.candidates(query.text, (), facts)}
    return list(found.values())


def _name_scores(index: NameIndex, text: str, found: Sequence[Entity]) -> dict[str, tuple[float, bool]]:
    """How alike the best name of each entity is, and whether it is the same."""
    wanted, plain = key(text), clean(text)
    without_form, joined = key_without_legal_form(text), wanted.replace(" ", "")
    names = [(entity, name) for entity in found for name in index.keys[entity.id]]
    alike = _alike(wanted, [name for _, name in names])
    weights = index.weights(without_form)
    scores: dict[str, tuple[float, bool]] = {}
    for (entity, name), score in zip(names, alike, strict=True):
        exact = name == wanted and bool(wanted)
        if exact:
            exact = _same_case(plain, entity)
            score = _EXACT if exact else _OTHER_CASE
        elif name == without_form or index.short.get(name) == wanted:
            score = _WITHOUT_LEGAL_FORM
        elif name.replace(" ", "") == joined:  # "chat gpt"
            score = _ALIKE
        elif entity.type is not None:
            score = _telling(score, name, weights[entity.type.id])
        scores[entity.id] = max(scores.get(entity.id, (0.0, False)), (score, exact))
    for entity in index.by_initials.get(wanted, ()) if is_acronym(plain) else ():
        if entity.id in scores:
            scores[entity.id] = max(scores[entity.id], (_INITIALS, False))
    return scores


def _telling(score: float, name: str, weights: dict[str, float]) -> float:
    """The likeness, less where the name lacks words that tell much: "Uber Technologies" is not "SN Technologies".

    A name that consists of telling words alone gets what they tell. Words that no name has may be slips: they count
    for nothing here.
    """
    total = sum(weights.values())
    if not total:
        return score
    words = set(name.split())
    told = sum(weight for word, weight in weights.items() if word in words) / total
    within = _TOLD * told if words <= weights.keys() else 0.0
    return max(within, score * (1 - _UNTOLD * (1 - told)))


def _same_case(text: str, entity: Entity) -> bool:
    """False where the name that is meant is an acronym, and the text another word: "Mps" is not the MPS."""
    acronyms = [name for name in map(clean, entity.names) if is_acronym(name) and key(name) == key(text)]
    return not acronyms or text in acronyms or text.isupper()


def _alike(wanted: str, names: Sequence[str]) -> list[float]:
    """How alike the names are to the one that is wanted: by letters, by words in any order, and by words shared."""
    by_letters, by_words, by_shared = (
        {number: score for _, score, number in process.extract(wanted, names, scorer=scorer, limit=None)}
        for scorer in (fuzz.ratio, fuzz.token_sort_ratio, fuzz.token_set_ratio)
    )
    return [min(_ALIKE, max(by_letters[n], by_words[n], (by_words[n] + by_shared[n]) / 2)) for n in range(len(names))]


def _candidate(
    index: NameIndex, query: ReconciliationQuery, entity: Entity, name_score: float, exact: bool, identified: bool
) -> Candidate | None:
    """The entity as a candidate; None where the query rules it out or it is too far from it."""
    fits = _fits(query, entity)
    if entity.type is None or (fits is False and query.strictness != "should"):
        return None
    values: list[tuple[str, float]] = []
    for condition in query.conditions:
        value = agreement(index, entity, condition)
        if condition.required and (value or 0.0) < 0.5:
            return None
        if value is not None:
            values.append((condition.property.id, value))
    if query.text:
        base = _EXACT if identified else name_score
        score = base + sum((value - 0.5) * 2 * _WEIGHT for _, value in values)
        if not identified and not exact:
            score = min(score, _ALIKE + 4)
        named = any(value == 1.0 and name in IDENTIFYING for name, value in values)
        if score < _LEAST and not named:
            return None
    else:
        score = 100 * sum(value for _, value in values) / len(query.conditions)
        named = any(value == 1.0 and name in IDENTIFYING for name, value in values)
    score = max(0.0, min(100.0, score)) * (_OTHER_TYPE if fits is False else 1.0)
    identified = identified or (named and not query.text)
    return Candidate(entity, round(score, 2), name_score, exact, identified, fits, tuple(values))


def _fits(query: ReconciliationQuery, entity: Entity) -> bool | None:
    """Whether the entity is of a type that was asked for; of all of them, if all are asked for."""
    if query.types is None:
        return None
    if query.strictness == "all":
        return all(each == entity.type for each in query.types)
    return entity.type in query.types


def _decided(candidates: list[Candidate]) -> list[Candidate]:
    """The same, with the one that is a match marked, if there is one."""
    sure = [each for each in candidates if (each.exact or each.identified) and each.type_fits is not False]
    if len(sure) != 1 or any(value < 0.5 for _, value in sure[0].properties):
        return candidates
    return [replace(each, match=True) if each is sure[0] else each for each in candidates]

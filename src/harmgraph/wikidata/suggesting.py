"""Things without an item → suggestions from Wikidata, in three steps that each make up for the one before.

The reconciliation service is asked for all of them; search for those that it proposed nothing for, or when it fails;
the entity API for every number that came back, since what an item is decides whether it can be meant. The score is
ours (how alike the names are, and whether the countries agree), so that it means the same whoever proposed the item.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from harmgraph.errors import FetchFailed, LookupFailed
from harmgraph.iris import WD
from harmgraph.linking.items import Item
from harmgraph.linking.similar import OTHER_COUNTRY, Similar, Subject, Suggestion
from harmgraph.wikidata.client import Client
from harmgraph.wikidata.entities import items, search
from harmgraph.wikidata.reconciliation import Hit, Query, Reconciliation

logger = logging.getLogger(__name__)

TYPES: Final[Mapping[str, str]] = {"organisation": "Q43229", "system": "Q7397"}
"""Kind of ours → the class that a service should prefer: organisation, software."""
LEAST: Final = 0.5
"""Lower than offline, for here the country and the type of each candidate are known."""
_LONGEST: Final = 110
"""How much of a description is shown."""


@dataclass(frozen=True, slots=True)
class _Proposal:
    number: str
    method: str
    said: str


class Online:
    """Wikidata as a gazetteer. ``countries`` are the items of countries by their alpha-3 codes."""

    def __init__(self, service: Client | None, api: Client, names: Similar, countries: Mapping[str, str]) -> None:
        """``service`` is None where there is no reconciliation service; ``names`` knows how common each word is."""
        self._service = Reconciliation(service) if service is not None else None
        self._api = api
        self._names = names
        self._countries = countries
        self._codes = {number: code for code, number in countries.items()}

    def suggest(
        self, subjects: Sequence[Subject], most: int = 5, progress: Callable[[int], None] = lambda _: None
    ) -> list[list[Suggestion]]:
        """For each subject the items that it may be, the best first."""
        proposals = self._reconciled(subjects)
        for number, subject in enumerate(subjects):
            proposals[number] = proposals[number] or self._searched(subject)
            progress(number + 1)
        known = items(self._api, (each.number for found in proposals for each in found))
        return [self._ranked(subject, found, known, most) for subject, found in zip(subjects, proposals, strict=True)]

    def _reconciled(self, subjects: Sequence[Subject]) -> list[list[_Proposal]]:
        if self._service is None:
            return [[] for _ in subjects]
        queries = [
            Query(each.label, TYPES.get(each.kind, ""), self._countries.get(each.country or "", ""))
            for each in subjects
        ]
        try:
            found = self._service.hits(queries)
        except (LookupFailed, FetchFailed) as failure:
            logger.warning("%s; Wikidata is searched instead", failure)
            return [[] for _ in subjects]
        return [[_Proposal(hit.id, "reconciliation", _said(hit)) for hit in hits] for hits in found]

    def _searched(self, subject: Subject) -> list[_Proposal]:
        """By the label, then by further names until one finds something."""
        for name in subject.names:
            try:
                numbers = search(self._api, name)
            except LookupFailed as failure:
                logger.warning("%s; %r is left out", failure, name)
                continue
            if numbers:
                return [_Proposal(number, "search", f"found by {name!r}") for number in numbers]
        return []

    def _ranked(
        self, subject: Subject, found: Iterable[_Proposal], known: Mapping[str, Item], most: int
    ) -> list[Suggestion]:
        best: dict[str, Suggestion] = {}
        for proposal in found:
            item = known[proposal.number]
            if item.missing or item.is_never is not None:
                continue
            suggestion = self._suggestion(subject, proposal, item)
            before = best.get(item.id)
            if suggestion.score >= LEAST and (before is None or suggestion.score > before.score):
                best[item.id] = suggestion
        return sorted(best.values(), key=lambda each: (-each.score, each.item.value))[:most]

    def _suggestion(self, subject: Subject, proposal: _Proposal, item: Item) -> Suggestion:
        likeness, ours, theirs = max(
            ((self._names.likeness(mine, other), mine, other) for mine in subject.names for other in item.names),
            default=(0.0, subject.label, item.label),
            key=lambda each: each[0],  # of names that are equally alike the first: labels before aliases
        )
        said = [f"{ours!r} and {theirs!r}", proposal.said]
        codes = sorted(self._codes.get(number, number) for number in item.countries)
        if codes:
            said.append(f"country {', '.join(codes)}")
        if subject.country and codes and subject.country not in codes:
            said[-1] += f", ours {subject.country}"
            likeness *= OTHER_COUNTRY
        if item.types:
            said.append(f"type {', '.join(item.types[:4])}")
        if item.redirected:
            said.append(f"{item.asked} redirects to it")
        if item.description:
            said.append(item.description[:_LONGEST])
        return Suggestion(
            subject.thing, subject.label, WD[item.id], item.label, round(likeness, 3), proposal.method, "; ".join(said)
        )


def _said(hit: Hit) -> str:
    return f"the service scores it {hit.score:g}" + (" and is certain" if hit.match else "")

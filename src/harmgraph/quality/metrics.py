"""What is measured: coverage metrics with the pattern that each counts, and properties that records may disagree about.

A coverage metric is a share: of the things that fit one pattern, those that fit another too. The patterns are the
definition; the queries in ``queries/`` only count.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

Dimension = Literal["completeness", "linkage", "precision"]
"""What a coverage metric is evidence of; a dqv:Dimension each."""


@dataclass(frozen=True, slots=True)
class Coverage:
    """The share of ``things`` that ``pattern`` holds of. ``?x`` is the thing."""

    name: str
    label: str
    dimension: Dimension
    things: str
    pattern: str
    by_source: bool = False
    """Whether it is counted for the incidents of each source too; the pattern is then one that a record states."""


@dataclass(frozen=True, slots=True)
class Compared:
    """A property whose values in two records of one incident are compared."""

    name: str
    label: str
    predicate: str
    same: str = "?left = ?right"
    """When two values agree: as a filter over ``?left`` and ``?right``."""


# One date holds another, 2022 2022-03; one place lies within another; one concept is narrower than another. Intervals
# and uncertain dates are given the benefit of the doubt.
_SAME_DATE: Final = (
    "STRSTARTS(STR(?left), STR(?right)) || STRSTARTS(STR(?right), STR(?left)) "
    "|| DATATYPE(?left) = edtf:EDTF || DATATYPE(?right) = edtf:EDTF"
)
_SAME_PLACE: Final = "EXISTS { ?left hg:within* ?right } || EXISTS { ?right hg:within* ?left }"
_SAME_CONCEPT: Final = "EXISTS { ?left skos:broader* ?right } || EXISTS { ?right skos:broader* ?left }"

_INCIDENT: Final = "?x a hg:Incident ."
_WIKIDATA: Final = "skos:exactMatch ?item . FILTER(STRSTARTS(STR(?item), STR(wd:)))"
_DAY: Final = "?x hg:occurred ?date . FILTER(DATATYPE(?date) = xsd:date)"
_MONTH: Final = "?x hg:occurred ?date . FILTER(DATATYPE(?date) IN (xsd:date, xsd:gYearMonth))"


def _incidents(name: str, label: str, pattern: str) -> Coverage:
    return Coverage(name, label, "completeness", _INCIDENT, pattern, by_source=True)


COVERAGE: Final = (
    _incidents("dated", "incidents with a date", "?x hg:occurred ?value ."),
    _incidents("described", "incidents with a narrative", "?x dct:description ?value ."),
    _incidents("placed", "incidents with a country or place", "?x hg:jurisdiction ?value ."),
    _incidents("with-deployer", "incidents with a deployer that is known by name", "?x hg:deployer ?value ."),
    _incidents("with-developer", "incidents with a developer that is known by name", "?x hg:developer ?value ."),
    _incidents("with-system", "incidents with an AI system that is known by name", "?x hg:system ?value ."),
    _incidents("with-technology", "incidents with a technology", "?x hg:technology ?value ."),
    _incidents("with-sector", "incidents with a sector", "?x hg:sector ?value ."),
    _incidents("with-harm", "incidents with a harm", "?x hg:harm ?value ."),
    _incidents("classified", "incidents with a classification in any taxonomy", "?x hg:classification ?value ."),
    _incidents("with-evidence", "incidents with a page or a report to read", "?x foaf:page|hg:reportedIn ?value ."),
    Coverage("to-the-month", "dated incidents whose month is known", "precision", "?x hg:occurred ?any .", _MONTH),
    Coverage("to-the-day", "dated incidents whose day is known", "precision", "?x hg:occurred ?any .", _DAY),
    Coverage(
        "linked-organisations",
        "organisations linked to Wikidata",
        "linkage",
        "?x a hg:Organisation .",
        f"?x {_WIKIDATA}",
    ),
    Coverage("linked-systems", "AI systems linked to Wikidata", "linkage", "?x a hg:AISystem .", f"?x {_WIKIDATA}"),
    Coverage("linked-countries", "countries linked to Wikidata", "linkage", "?x a hg:Country .", f"?x {_WIKIDATA}"),
    Coverage(
        "linked-incidents",
        "incidents with a deployer or developer linked to Wikidata",
        "linkage",
        _INCIDENT,
        f"?x hg:deployer|hg:developer ?actor . ?actor {_WIKIDATA}",
    ),
    Coverage(
        "organisations-in-a-country",
        "organisations whose country is known",
        "completeness",
        "?x a hg:Organisation .",
        "?x hg:country ?value .",
    ),
)
"""Every coverage metric, in the order of the page."""

COMPARED: Final = (
    Compared("occurred", "date", "hg:occurred", _SAME_DATE),
    Compared("jurisdiction", "country or place", "hg:jurisdiction", _SAME_PLACE),
    Compared("deployer", "deployer", "hg:deployer"),
    Compared("developer", "developer", "hg:developer"),
    Compared("system", "AI system", "hg:system"),
    Compared("technology", "technology", "hg:technology", _SAME_CONCEPT),
    Compared("sector", "sector", "hg:sector", _SAME_CONCEPT),
    Compared("kind", "kind of incident", "hg:incidentKind"),
)
"""The properties about which records of one incident are compared."""


def percent(count: int, of: int) -> str:
    """A share in words; never 100 % where one is missing, nor 0 % where there is one.

    >>> percent(15577, 15581), percent(1, 15581), percent(0, 3), percent(1, 3), percent(0, 0)
    ('99.9 %', '0.1 %', '0 %', '33.3 %', '–')
    """
    if not of:
        return "–"
    if count in (0, of):
        return "0 %" if not count else "100 %"
    return f"{min(99.9, max(0.1, 100 * count / of)):.1f} %"

"""Statements of Wikidata with the time for which they hold, in the JSON of its API → what harmgraph reads of them.

Who led a company, and of what a country was a member, is asked as of the day of an incident. So all that are not
deprecated count here, not the best-ranked ones alone: those are what holds today.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

NUMBER: Final = re.compile(r"Q[1-9][0-9]*", re.ASCII)
_STATEMENT: Final = re.compile(r"[Qq][1-9][0-9]*-[0-9A-Fa-f-]{1,40}", re.ASCII)
_DATE: Final = re.compile(r"[0-9]{4}(?:-[0-9]{2}){0,2}", re.ASCII)
_TIME: Final = re.compile(r"\+([0-9]{4})-([0-9]{2})-([0-9]{2})T", re.ASCII)
_START, _END = "P580", "P582"
_YEAR, _MONTH = 9, 10
"""Precisions of Wikibase; below are decades and the like, above are days."""


@dataclass(frozen=True, slots=True)
class Dated:
    """A statement: its identifier, its value, and from when until when it holds, as exactly as that is known.

    Without ``since`` or ``until`` that end is open. Raises `ValueError` for what would be no IRI or date in RDF.
    """

    statement: str
    value: str
    since: str = ""
    until: str = ""

    def __post_init__(self) -> None:
        if not _STATEMENT.fullmatch(self.statement):
            raise ValueError(f"{self.statement!r} is no identifier of a statement")
        if not NUMBER.fullmatch(self.value):
            raise ValueError(f"{self.value!r} is no number of an item")
        for end in (self.since, self.until):
            if end and not _is_date(end):
                raise ValueError(f"{end!r} is no date, month or year")


def read_dated(statements: Any) -> Iterator[Dated]:
    """Those of an item's statements of one property that have an item as their value, and ends that are known.

    Whoever left at an unknown time has left: such a statement says nothing of any one day, and is left out.
    """
    for each in statements:
        match each:
            case {"rank": "deprecated"}:
                continue
            case {"id": str(name), "mainsnak": {"snaktype": "value", "datavalue": {"value": {"id": str(value)}}}}:
                statement = name.replace("$", "-", 1)  # as its IRI has it
                ends = _ends(each.get("qualifiers"))
                if ends is not None and _STATEMENT.fullmatch(statement) and NUMBER.fullmatch(value):
                    yield Dated(statement, value, *ends)


def day(end: str) -> str:
    """The first day of a date that may be a month or a year, which is what Wikidata's RDF has for it.

    >>> day("2011-04"), day("2011")
    ('2011-04-01', '2011-01-01')
    """
    return end + "-01" * (2 - end.count("-"))


def _ends(qualifiers: Any) -> tuple[str, str] | None:
    """The first start and the last end; None where one is not known. There may be several of each in one statement."""
    if not isinstance(qualifiers, Mapping):  # PHP writes an empty object as []
        return "", ""
    starts = [_date(snak) for snak in qualifiers.get(_START, ()) if snak.get("snaktype") != "novalue"]
    ends = [_date(snak) for snak in qualifiers.get(_END, ()) if snak.get("snaktype") != "novalue"]
    if "" in starts or "" in ends:
        return None
    return min(starts, key=day, default=""), max(ends, key=day, default="")


def _date(snak: Any) -> str:
    match snak:
        case {"snaktype": "value", "datavalue": {"value": {"time": str(time), "precision": int(precision)}}}:
            if precision >= _YEAR and (found := _TIME.match(time)) is not None:
                end = "-".join(found.groups()[: {_YEAR: 1, _MONTH: 2}.get(precision, 3)])
                return end if _is_date(end) else ""
    return ""


def _is_date(text: str) -> bool:
    if not _DATE.fullmatch(text):
        return False
    try:
        date.fromisoformat(day(text))
    except ValueError:
        return False
    return True

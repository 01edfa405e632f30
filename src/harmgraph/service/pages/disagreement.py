"""The facts of a page about which its records disagree → a table: one row for each, one column for each record.

Takes what `harmgraph.service.pages.views` has settled; a record without a value says nothing, so its cell is empty.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from harmgraph.service.pages.shown import Page, Source, Value

MOST_COLUMNS: Final = 8


@dataclass(frozen=True, slots=True)
class Row:
    """A property with what each record says; ``href`` leads to what it means."""

    name: str
    href: str | None
    cells: tuple[tuple[Value, ...], ...]


@dataclass(frozen=True, slots=True)
class SideBySide:
    """The records that say something of what they disagree about, and what they say."""

    sources: tuple[Source, ...]
    rows: tuple[Row, ...]


def side_by_side(page: Page) -> SideBySide | None:
    """The table; None where no two records disagree."""
    differing = [fact for fact in page.facts if fact.differs]
    sayers = {number for fact in differing for value in fact.values for number in value.sayers}
    sources = tuple(each for each in page.sources if each.is_record and each.number in sayers)[:MOST_COLUMNS]
    if not sources:
        return None
    rows = (
        Row(fact.name, fact.href, tuple(_said_by(fact.values, source.number) for source in sources))
        for fact in differing
    )
    return SideBySide(sources, tuple(rows))


def _said_by(values: tuple[Value, ...], number: int) -> tuple[Value, ...]:
    return tuple(replace(value, sayers=()) for value in values if number in value.sayers)

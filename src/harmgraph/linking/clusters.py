"""Names of incidents and the keys they bear → disjoint sets of what is one, never two ids of one database in a set.

The union-find behind `harmgraph.linking.identity`, and what it needs to know of the ids of each database.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Final

DATABASES: Final[Mapping[str, re.Pattern[str]]] = {
    "aiaaic": re.compile(r"AIAAIC\d+"),
    "aiid": re.compile(r"AIID-\d+"),
    "avid": re.compile(r"AVID-\d{4}-[RV]?\d+"),
    "genai-incidents": re.compile(r"INC-\d+"),
    "oecd-aim": re.compile(r"OECD-AIM-[\w-]+"),
}
"""What the ids of each database look like; the first of these databases that knows an incident names it."""
COLLECTIONS: Final = frozenset({"genai-incidents"})
"""Databases that take entries over from others, so that two of their ids may be of one incident."""
_ORDER: Final = tuple(DATABASES)


def database_of(local: str) -> str | None:
    """The database that the id is of; None for the slug of a page without an id, and for a key.

    >>> database_of("AIID-412"), database_of("uber-self-driving-crash")
    ('aiid', None)
    """
    return next((name for name, pattern in DATABASES.items() if pattern.fullmatch(local)), None)


def exclusive(local: str) -> str | None:
    """The database that the id is of, if that database records an incident under one id only."""
    database = database_of(local)
    return None if database in COLLECTIONS else database


def rank(local: str) -> tuple[int, int, str]:
    """The order of names: by database, then the lower number; a slug last, for titles and addresses change."""
    database = database_of(local)
    number = re.search(r"\d+$", local)
    place = len(_ORDER) if database is None else _ORDER.index(database)
    return place, int(number[0]) if database is not None and number is not None else 0, local


class Clusters:
    """Disjoint sets of names and keys, no two ids of one database in a set unless the database or a person says so."""

    def __init__(self) -> None:
        self._parent: dict[str, str] = {}
        self._ids: dict[str, dict[str, str]] = {}
        """Root → database → the id of it, of which a set may get no second one."""

    def find(self, node: str) -> str:
        parent = self._parent
        if node not in parent:
            parent[node] = node
            database = exclusive(node)
            self._ids[node] = {database: node} if database is not None else {}
        while parent[node] != node:
            parent[node] = node = parent[parent[node]]
        return node

    def join(self, one: str, other: str, *, within: bool = False) -> bool:
        """Unite the sets of two nodes; False where that would bring two ids of one database together."""
        root, joined = sorted((self.find(one), self.find(other)))
        if root == joined:
            return True
        ids, more = self._ids[root], self._ids[joined]
        if not within and not ids.keys().isdisjoint(more):
            return False
        self._parent[joined] = root
        self._ids[root] = {**more, **ids}
        del self._ids[joined]
        return True

    def names(self, node: str) -> tuple[str, ...]:
        return tuple(self._ids[self.find(node)].values())

    def sets(self) -> Iterator[list[str]]:
        members: defaultdict[str, list[str]] = defaultdict(list)
        for node in self._parent:
            members[self.find(node)].append(node)
        yield from (each for each in members.values() if len(each) > 1)

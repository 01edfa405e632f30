"""``organisations.csv`` and ``not-organisations.csv`` → the curated organisations, and the names that are none.

Read strictly: a slug is used once, an owner exists, a name belongs to one organisation. What a name in a source
means is decided in `harmgraph.actors`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from harmgraph import names
from harmgraph.errors import BuildAborted
from harmgraph.iris import slug_of
from harmgraph.lookups import aliases_of, rows
from harmgraph.model import Actor

KINDS: Final = (
    "armed-forces",
    "company",
    "court",
    "government",
    "hospital",
    "international-organisation",
    "media",
    "non-profit",
    "other-organisation",
    "platform",
    "police",
    "political-party",
    "research-lab",
    "school",
    "university",
)
"""What a curated organisation may be; ``platform`` is an online service that sources name like a company."""

IS_NOT: Final = ("placeholder", "group", "person", "system", "country")
"""What a name in ``not-organisations.csv`` may be instead."""


@dataclass(frozen=True, slots=True)
class Organisation:
    """A row of ``organisations.csv``. ``country`` is alpha-3, ``parent`` the slug of the owner."""

    slug: str
    label: str
    kind: str
    country: str | None
    parent: str | None
    aliases: tuple[str, ...]

    @property
    def actor(self) -> Actor:
        return Actor(self.slug, self.label)


@dataclass(frozen=True, slots=True)
class Organisations:
    """The curated organisations by slug, and by the key of each name with that name."""

    by_slug: dict[str, Organisation]
    by_key: dict[str, tuple[Organisation, str]]


def person_label(name: str) -> str:
    """How ``not-organisations.csv`` lists a person without naming one: the start of the SHA-256 of the key.

    >>> person_label("Jane Example") == person_label("jane  example")
    True
    """
    return "sha256:" + hashlib.sha256(names.key(name).encode()).hexdigest()[:16]


def read_organisations(path: Path, countries: frozenset[str]) -> Organisations:
    """All rows; `BuildAborted` names the line that contradicts another one or itself."""
    numbered = list(_numbered(path, countries))
    by_slug = {each.slug: each for _, each in numbered}
    by_key: dict[str, tuple[Organisation, str]] = {}
    for line, each in numbered:
        _check_owners(path, line, each, by_slug)
        for name in (each.label, *each.aliases):
            before, _ = by_key.setdefault(names.key(name), (each, name))
            if before is not each:
                raise BuildAborted(f"{path}:{line}: {name!r} is a name of {before.slug} too; take it from one of them")
    return Organisations(by_slug, by_key)


def _numbered(path: Path, countries: frozenset[str]) -> Iterator[tuple[int, Organisation]]:
    lines: dict[str, int] = {}
    for line, row in rows(path, ("slug", "label", "kind", "country", "parent", "aliases")):
        slug, country, parent = row["slug"], row["country"] or None, row["parent"] or None
        each = Organisation(slug, row["label"], row["kind"], country, parent, aliases_of(row["aliases"]))
        for fault in _faults(each, countries):
            raise BuildAborted(f"{path}:{line}: {fault}")
        if slug in lines:
            raise BuildAborted(f"{path}:{line}: slug {slug!r} stands already in line {lines[slug]}; slugs are unique")
        lines[slug] = line
        yield line, each


def _faults(each: Organisation, countries: frozenset[str]) -> Iterator[str]:
    if slug_of(each.slug) != each.slug or not each.slug:
        yield f"slug {each.slug!r} should be lower-case words joined by hyphens, as {slug_of(each.label)!r}"
    if each.kind not in KINDS:
        yield f"kind {each.kind!r} is none of {', '.join(KINDS)}"
    if each.country is not None and each.country not in countries:
        yield f"country {each.country!r} is no alpha-3 code of ISO 3166-1 or places.csv"
    if not names.key(each.label):
        yield f"label {each.label!r} has no letter or digit"


def _check_owners(path: Path, line: int, each: Organisation, known: dict[str, Organisation]) -> None:
    seen = [each.slug]
    while each.parent is not None:
        if each.parent not in known:
            raise BuildAborted(f"{path}:{line}: parent {each.parent!r} is no slug of this file; add its row")
        if each.parent in seen:
            raise BuildAborted(f"{path}:{line}: {' → '.join([*seen, each.parent])} is a circle of owners")
        seen.append(each.parent)
        each = known[each.parent]


def read_not_organisations(path: Path, organisations: Organisations) -> dict[str, str]:
    """Key of a name, or label of a person, → what it is."""
    found: dict[str, str] = {}
    for line, row in rows(path, ("label", "is", "note")):
        if row["is"] not in IS_NOT:
            raise BuildAborted(f"{path}:{line}: {row['is']!r} is none of {', '.join(IS_NOT)}")
        label = row["label"] if row["label"].startswith("sha256:") else names.key(row["label"])
        if label in organisations.by_key:
            slug = organisations.by_key[label][0].slug
            raise BuildAborted(f"{path}:{line}: {row['label']!r} is a name of {slug} in organisations.csv; choose one")
        if found.setdefault(label, row["is"]) != row["is"]:
            raise BuildAborted(f"{path}:{line}: {row['label']!r} stands already as {found[label]}; choose one")
    return found

"""A list of entity slugs, as the AI Incident Database has them → organisations and systems, and why the rest is none.

``aiid-entities.csv`` says what slugs are, from a review of every deployer and developer of one snapshot. A slug that it
lacks is an organisation only by the exact name of a curated one, or by what `harmgraph.actors` makes of its words.
Persons, groups of people and placeholders never become one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from harmgraph import name_shapes, names
from harmgraph.actors import Register
from harmgraph.errors import BuildAborted, Severity
from harmgraph.iris import slug_of
from harmgraph.lookups import rows
from harmgraph.model import Actor, System
from harmgraph.names import Finding
from harmgraph.organisations import person_label
from harmgraph.systems import SystemRegister

IS: Final = ("organisation", "system", "group", "person", "placeholder", "country")
"""What a slug may be."""

_NO_ACTOR: Final[dict[str, tuple[str, Severity, str]]] = {
    "placeholder": ("placeholder", "info", "names nobody"),
    "group": ("user-group", "info", "people with something in common are no organisation"),
    "person": ("private-individual", "info", "persons are not minted"),
    "country": ("country-not-organisation", "warning", "is a country, not a body of it"),
}
_NOBODY: Final = names.word_set("unknown unidentified unnamed unspecified unclear anonymous various multiple several")
_PEOPLE_FIRST: Final = names.word_set(
    "scammer scammers user users developers researchers students individuals operators employees supporters"
    " fraudsters criminals people suspects victims"
)
_PEOPLE_LAST: Final = names.word_set(
    "accounts actors channels companies creators criminals developers drivers hackers influencers networks operators"
    " organizations researchers scammers spreaders students supporters users"
)
_PERSON_FINDINGS: Final = frozenset({"private-individual", "unresolved-person"})
_SMALL: Final = names.word_set("a an and at by for from in into of on or the to with de del della di du et la le y")
_ACRONYM: Final = re.compile(r"\(([a-z0-9]{2,6})\)")


@dataclass(frozen=True, slots=True)
class ReadSlugs:
    """What a list of slugs names, in its order and each once, and what else there is to say of it."""

    actors: tuple[Actor, ...]
    systems: tuple[System, ...]
    findings: tuple[Finding, ...]


@dataclass(slots=True)
class _Reading:
    actors: dict[Actor, None] = field(default_factory=dict)
    systems: dict[System, None] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Row:
    kind: str
    target: str


def readable(slug: str) -> str:
    """The slug as a name: hyphens to spaces, capitals but for small words, acronyms in parentheses.

    >>> readable("department-for-work-and-pensions-(dwp)"), readable("qure.ai")
    ('Department for Work and Pensions (DWP)', 'Qure.ai')
    """
    words = names.clean(slug.replace("-", " ").replace("_", " ")).split()
    return " ".join(_word(word, first=at == 0) for at, word in enumerate(words))


def _word(word: str, *, first: bool) -> str:
    if (match := _ACRONYM.fullmatch(word)) is not None:
        return f"({match[1].upper()})"
    if word in _SMALL and not first:
        return word
    head = len(word) - len(word.lstrip("(\"'"))
    return word[:head] + word[head : head + 1].upper() + word[head + 1 :]


class SlugRegister:
    """What is known of slugs. Immutable once loaded; `BuildAborted` for a contradictory row."""

    def __init__(self, path: Path, register: Register, systems: SystemRegister) -> None:
        self._register = register
        self._systems = systems
        self._rows: dict[str, _Row] = {}
        for line, row in rows(path, ("slug", "is", "target")):
            if row["is"] not in IS:
                raise BuildAborted(f"{path}:{line}: {row['is']!r} is none of {', '.join(IS)}")
            if row["target"] and row["is"] not in ("organisation", "system"):
                raise BuildAborted(f"{path}:{line}: only an organisation or a system has a target")
            if row["slug"] in self._rows:
                raise BuildAborted(f"{path}:{line}: {row['slug']!r} stands already above; take one of the two out")
            self._rows[row["slug"]] = _Row(row["is"], row["target"])
        self._known_systems = {
            names.key(name): each.system for each in systems.systems.values() for name in (each.label, *each.aliases)
        }

    def read(self, slugs: Iterable[str]) -> ReadSlugs:
        """What these slugs name, one by one."""
        reading = _Reading()
        for slug in dict.fromkeys(slugs):
            self._one(slug, reading)
        return ReadSlugs(tuple(reading.actors), tuple(reading.systems), tuple(reading.findings))

    def kind(self, slug: str) -> str | None:
        """What a slug is that is neither organisation nor system, None where nothing says so."""
        if (row := self._row(slug)) is not None:
            return row.kind if row.kind in _NO_ACTOR else None
        words = slug.casefold().split("-")
        if slug.startswith("@"):
            return "person"
        if words[0] in _NOBODY or name_shapes.is_placeholder(slug):
            return "placeholder"
        if words[0] in _PEOPLE_FIRST or (len(words) > 1 and words[-1] in _PEOPLE_LAST):
            return "group"
        return None

    def is_known(self, slug: str) -> bool:
        """Whether somebody has looked at this slug, or it is the name of a curated organisation or system."""
        return self._row(slug) is not None or self._named(slug) is not None

    def is_person_like(self, slug: str) -> bool:
        """Whether an unlisted slug, which no curated name is, looks like the name of a person."""
        if self.is_known(slug):
            return False
        return any(finding.kind in _PERSON_FINDINGS for finding in self._register.read(readable(slug)).findings)

    def _row(self, slug: str) -> _Row | None:
        # The key knows neither hyphens nor parentheses, so a person is found under any spelling of the slug.
        return self._rows.get(slug) or self._rows.get(person_label(slug))

    def _one(self, slug: str, reading: _Reading) -> None:
        row = self._row(slug)
        if row is not None and row.kind == "organisation":
            reading.actors[self._organisation(slug, row.target)] = None
        elif row is not None and row.kind == "system":
            reading.systems[self._system(slug, row.target)] = None
        elif row is None and isinstance(named := self._named(slug), Actor):
            reading.actors[named] = None
        elif row is None and isinstance(named, System):
            reading.systems[named] = None
        elif (kind := self.kind(slug)) is not None:
            name, severity, message = _NO_ACTOR[kind]
            reading.findings.append(Finding(name, slug, message, severity))
        else:
            self._unlisted(slug, reading)

    def _named(self, slug: str) -> Actor | System | None:
        """The curated organisation or system whose name the slug is, word for word."""
        name = names.clean(slug.replace("-", " ").replace("_", " "))
        organisation = self._register.resolve(name) or self._register.resolve(readable(slug))
        if organisation is None and len(name) <= 6 and name.isalpha():
            organisation = self._register.resolve(name.upper())  # a slug has no capitals, an acronym has
        return organisation.actor if organisation is not None else self._known_systems.get(names.key(name))

    def _organisation(self, slug: str, target: str) -> Actor:
        if (curated := self._register.organisations.get(target)) is not None:
            return curated.actor
        label = target or readable(slug)
        named = self._register.resolve(label)
        return named.actor if named is not None else Actor(slug_of(label), label)

    def _system(self, slug: str, target: str) -> System:
        if (curated := self._systems.systems.get(target)) is not None:
            return curated.system
        label = target or readable(slug)
        return System(slug_of(label), label)

    def _unlisted(self, slug: str, reading: _Reading) -> None:
        read = self._register.read(readable(slug))
        reading.actors |= dict.fromkeys(read.actors)
        reading.findings += read.findings
        if read.actors:
            message = "data/lookups/aiid-entities.csv has no line for it; taken for an organisation by its words"
            reading.findings.append(Finding("unreviewed-name", slug, message, "info"))

"""A cell of "Deployer" or "Developer" → the organisations it names, and why the rest of it is none.

`Register` holds ``organisations.csv``, ``not-organisations.csv`` and ``given-names.csv``. A name resolves only to
an organisation that it names exactly, after the normalisation of `harmgraph.names`; any other name of an
organisation is minted as it stands. Persons, groups of users, placeholders and systems never become actors: each
gives a `Finding`. How a cell is split is told in ``docs/reference/actor-names.md``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import compress
from pathlib import Path
from typing import Final

from harmgraph import name_shapes, names
from harmgraph.bodies import Bodies, spells_out
from harmgraph.errors import Severity
from harmgraph.iris import slug_of
from harmgraph.lookups import rows
from harmgraph.model import Actor
from harmgraph.names import Finding
from harmgraph.organisations import Organisation, person_label, read_not_organisations, read_organisations

_IS_NOT: Final[dict[str, tuple[str, Severity, str]]] = {
    "placeholder": ("placeholder", "info", "names nobody"),
    "group": ("user-group", "info", "people with a product or place in common are no organisation"),
    "person": ("private-individual", "info", "persons are not minted"),
    "system": ("system-not-organisation", "warning", "is a system or product; nobody is named as its maker"),
    "country": ("country-not-organisation", "warning", "is a country or place, not a body of it"),
}


_AND: Final = re.compile(r"\s*,\s*(?:and\s+)?|\s+(?:and|&|\+)\s+")


@dataclass(frozen=True, slots=True)
class ReadActors:
    """The organisations that a cell names, in its order and each once, and what else there is to say of it.

    ``owners`` are those that it names only to say whose a brand is: Alphabet in "Alphabet/Google".
    """

    actors: tuple[Actor, ...]
    findings: tuple[Finding, ...]
    owners: tuple[Actor, ...] = ()


@dataclass(slots=True)
class _Reading:
    actors: dict[Actor, None] = field(default_factory=dict)
    owners: dict[Actor, None] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)

    def note(self, kind: str, value: str, message: str, severity: Severity = "warning") -> None:
        self.findings.append(Finding(kind, value, message, severity))


class Register:
    """What is known of the names of organisations. Immutable once loaded; `BuildAborted` for a contradictory row."""

    def __init__(
        self, lookups: Path, countries: frozenset[str], place_keys: frozenset[str], country_keys: Mapping[str, str]
    ) -> None:
        """``country_keys`` has the alpha-3 code by the key of every name and adjective of a country."""
        known = read_organisations(lookups / "organisations.csv", countries)
        self.organisations = known.by_slug
        self._named = known.by_key
        self._bodies = Bodies(known.by_slug, country_keys)
        self._compact = _by_compact_name(known.by_slug.values())
        self._owners = {each.parent for each in known.by_slug.values() if each.parent is not None}
        self._not = read_not_organisations(lookups / "not-organisations.csv", known)
        self._given_names = frozenset(
            names.key(row["label"]) for _, row in rows(lookups / "given-names.csv", ("label",))
        )
        self._place_keys = place_keys

    def resolve(self, name: str) -> Organisation | None:
        """The curated organisation that this is a name of: as it stands, without its legal form, its acronym in
        parentheses, the US or UK before it, a public body's country, or with its words joined otherwise."""
        bare, aside = names.without_parenthesis(name)
        if (found := self._spelled(name)) is not None:
            return found
        if aside and (found := self._spelled(bare)) is not None and self._says(found, aside):
            return found
        if aside and spells_out(bare, aside) and (found := self._spelled(aside)) is not None:
            return found
        if (found := self._of_country(bare)) is not None and self._says(found, aside):
            return found
        return self._bodies.resolve(name) or self._compact.get(names.compact(name))

    def _spelled(self, name: str) -> Organisation | None:
        return self._exactly(name) or self._exactly(names.key_without_legal_form(name))

    def _says(self, found: Organisation, aside: str) -> bool:
        return self._bodies.agrees(found, aside) or self._spelled(aside) is found

    def read(self, cell: str) -> ReadActors:
        """What a cell says, ``;`` separating."""
        reading = _Reading()
        for entry in names.split_list(cell):
            name, folded = names.fold_look_alikes(names.clean(entry))
            if folded:
                message = f"read as {name!r}: letters of another script look like Latin ones"
                reading.note("look-alike-letters", entry, message, "info")
            self._entry(name, reading)
        return ReadActors(tuple(reading.actors), tuple(reading.findings), tuple(reading.owners))

    def _entry(self, name: str, reading: _Reading) -> None:
        if self._settled(name, reading) or self._listed(name, reading) or self._owned(name, reading):
            return
        if name_shapes.is_person_like(name, self._given_names):
            reading.note("unresolved-person", name, "looks like a person's name, so it is not minted; if it is an"
                         " organisation add it to organisations.csv")  # fmt: skip
        elif name_shapes.is_generic_body(name) and not self._names_place(name):
            reading.note("ambiguous", name, "many countries have such a body, so it is not minted; add the full"
                         " name as an alias in organisations.csv")  # fmt: skip
        else:
            self._mint(name, reading)

    def _settled(self, name: str, reading: _Reading) -> bool:
        """Take a name that is known as a whole for what it is."""
        if (organisation := self.resolve(name)) is not None:
            reading.actors[organisation.actor] = None
            reading.owners |= self._named_owners(name, organisation)
            return True
        if (is_not := self._is_not(name)) is None:
            return False
        kind, severity, message = _IS_NOT[is_not]
        reading.note(kind, name, message, severity)
        return True

    def _named_owners(self, name: str, organisation: Organisation) -> dict[Actor, None]:
        """The owners of an organisation that its own name says: Alphabet in "Alphabet/Google", a name of Google."""
        above = {*self._owners_of(organisation)}
        parts = filter(None, map(self.resolve, name.split("/")[:-1]))
        return {part.actor: None for part in parts if part.slug in above}

    def _is_not(self, name: str) -> str | None:
        """What a name is that is no organisation's, from the lookup or from its shape."""
        listed = self._not.get(names.key(name)) or self._not.get(person_label(name))
        if listed is not None:
            return listed
        if name_shapes.is_placeholder(name) or "://" in name:
            return "placeholder"
        if name.startswith("@"):
            return "person"
        return "group" if name_shapes.is_user_group(name) else None

    def _knows(self, name: str) -> bool:
        return self.resolve(name) is not None or self._is_not(name.strip()) is not None

    def _listed(self, name: str, reading: _Reading) -> bool:
        """Split at commas, but only where each part is known: a comma is part of many names."""
        parts = names.longest_runs(name.split(","), ",", self._knows)
        if len(parts) == 1 or not all(map(self._is_safe, parts)):
            if self._joined(name, reading):
                return True
            if len(parts) == 1:
                return False
        if all(self._is_safe(part) for part in parts):
            reading.note("comma-list", name, f"read as a list of {len(parts)}; the source separates by ';'", "info")
            for part in parts:
                self._entry(part, reading)
        elif all(map(name_shapes.is_person_shaped, parts)) and any(self._is_person(part) for part in parts):
            reading.note("unresolved-person", name, "looks like a list of persons, who are not minted")
        else:
            return False
        return True

    def _joined(self, name: str, reading: _Reading) -> bool:
        """Split at "and" and "&", too, but only where every part is an organisation that the register has."""
        parts = _AND.split(name)
        known = [self.resolve(part) for part in parts]
        if len(parts) == 1 or None in known:
            return False
        reading.note("joint-names", name, f"read as {len(parts)} names, each of which the register knows", "info")
        for part in parts:
            self._settled(part, reading)
        return True

    def _is_safe(self, part: str) -> bool:
        return self._is_person(part) or all(map(self._knows, names.longest_runs(part.split("/"), "/", self._knows)))

    def _is_person(self, name: str) -> bool:
        return name_shapes.is_person_like(name, self._given_names) or self._is_not(name) == "person"

    def _owned(self, name: str, reading: _Reading) -> bool:
        """Read ``/`` as owner and brand where the register knows the owner, and else as several names."""
        parts = names.longest_runs(name.split("/"), "/", self._knows)
        if len(parts) == 1 or not all(any(map(str.isalpha, part)) for part in parts):
            return False
        owns = [self._is_owner(part, brand) for part, brand in zip(parts, (*parts[1:], ""), strict=True)]
        kept = [part for part, is_owner in zip(parts, owns, strict=True) if not is_owner]
        if len(kept) > 1:
            reading.note("joint-names", name, f"'/' read as several names ({', '.join(kept)}): the register knows no"
                         " owner among them")  # fmt: skip
        for part in kept:
            self._entry(part, reading)
        for part in compress(parts, owns):
            if (owner := self.resolve(part)) is not None:
                reading.owners |= {owner.actor: None, **self._named_owners(part, owner)}
        return True

    def _is_owner(self, name: str, brand: str) -> bool:
        owner, owned = self.resolve(name), self.resolve(brand)
        if owner is None or not brand:
            return False
        if owned is None:
            return owner.slug in self._owners and not self._is_not(brand)
        return owner == owned or owner.slug in self._owners_of(owned)

    def _owners_of(self, organisation: Organisation) -> Iterator[str]:
        while organisation.parent is not None:
            yield organisation.parent
            organisation = self.organisations[organisation.parent]

    def _mint(self, name: str, reading: _Reading) -> None:
        bare, within = names.without_parenthesis(name)
        label = bare if names.is_acronym(within) else name
        slug = slug_of(label)
        if not slug or len(label) > 120:
            reading.note("unreadable-name", name, "is not the name of an organisation; kept as text only")
            return
        if (same := self.organisations.get(slug)) is not None:
            reading.note("same-slug", name, f"read as {same.label!r}, whose slug it has; add it as an alias")
            reading.actors[same.actor] = None
            return
        if "," in label:
            reading.note("comma-in-name", name, "taken for one name, as not all parts are known", "info")
        reading.actors[Actor(slug, label)] = None

    def _names_place(self, name: str) -> bool:
        words = names.key(name).split()
        return any(
            " ".join(words[start:end]) in self._place_keys
            for start in range(len(words))
            for end in range(start + 1, min(start + 5, len(words)) + 1)
        )

    def _exactly(self, name: str) -> Organisation | None:
        entry = self._named.get(names.key(name))
        if entry is None or (names.is_acronym(entry[1]) and any(map(str.islower, name)) and entry[1] != entry[0].label):
            return None
        return entry[0]

    def _of_country(self, name: str) -> Organisation | None:
        match = re.fullmatch(r"(US|U\.S\.|UK|U\.K\.) (.+)", name)
        if match is None or (found := self._exactly(match[2])) is None:
            return None
        return found if found.country == {"US": "USA", "UK": "GBR"}[match[1].replace(".", "")] else None


def _by_compact_name(organisations: Iterable[Organisation]) -> dict[str, Organisation]:
    """Organisations by the letters of their names alone, where those are of one organisation only."""
    found: dict[str, set[str]] = {}
    known = list(organisations)
    for each in known:
        for name in (each.label, *each.aliases):
            if not names.is_acronym(name):
                found.setdefault(names.compact(name), set()).add(each.slug)
    by_slug = {each.slug: each for each in known}
    return {letters: by_slug[min(slugs)] for letters, slugs in found.items() if letters and len(slugs) == 1}

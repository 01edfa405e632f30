"""The reviewed knowledge that interpretation needs: source label → concept or place, name → organisation or system.

Read once from ``data/lookups/*.csv`` (and from ISO 3166 in the package pycountry) into dictionaries, then passed
down. It decides nothing by similarity: a label that no person has mapped is unmapped, and the adapter reports it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final, Literal

import pycountry

from harmgraph import names
from harmgraph.actors import ReadActors, Register
from harmgraph.errors import BuildAborted
from harmgraph.iris import SCHEMES
from harmgraph.lookups import label_key as label_key  # adapters take it from here
from harmgraph.lookups import rows
from harmgraph.model import Concept, Place, System
from harmgraph.organisations import Organisation
from harmgraph.slugs import SlugRegister
from harmgraph.systems import KnownSystem, ReadSystems, SystemRegister
from harmgraph.taxonomies import Taxonomies

Target = Concept | Place

MENTION_RULES: Final = ("alias", "demonym", "never", "mid-sentence", "alone")
"""What a row of ``mentions.csv`` may say of a name; `harmgraph.linking.gazetteer` tells what each means."""


@dataclass(frozen=True, slots=True)
class Mapped:
    """What a label means: its targets (none where the label says nothing, as "Unknown") and the reviewer's remark."""

    targets: tuple[Target, ...]
    finding: str = ""


@dataclass(frozen=True, slots=True)
class MentionRule:
    """A row of ``mentions.csv``: how a name is to be found in running text, and the place it means, if it is one's."""

    label: str
    rule: str
    place: Place | None


class Vocabulary:
    """All lookups of one checkout. Immutable once loaded."""

    def __init__(self, lookups: Path) -> None:
        self.lookups = lookups
        self._places = dict(_places(lookups / "places.csv"))
        self._facets = {path.stem: self._read_facet(path) for path in _facet_files(lookups)}
        self._add_place_names()
        countries = frozenset(code for code, place in self._places.items() if place.kind == "country")
        self.mention_rules = tuple(self._mention_rules(lookups / "mentions.csv"))
        self._register = Register(
            lookups, countries, frozenset(map(names.key, self.place_names)), dict(self._country_keys())
        )
        self._systems = SystemRegister(lookups / "systems.csv", self._register.organisations)

    def mapped(self, facet: str, label: str) -> Mapped | None:
        """What the label means as a value of this facet, or None where nobody has mapped it.

        ``facet`` is a scheme or ``jurisdiction``. A target may belong to another facet: the sources shift
        columns now and then, and then ``finding`` says so. For ``jurisdiction`` the labels of places.csv and the
        names of ISO 3166-1 (common, official, and the plain one) need no row of their own.
        """
        return self._facets[facet].get(label_key(label))

    def place(self, code: str) -> Place:
        """The place with this code; KeyError for an unknown one."""
        return self._places[code]

    @property
    def places(self) -> tuple[Place, ...]:
        """Every place there is, by code."""
        return tuple(self._places[code] for code in sorted(self._places))

    @cached_property
    def place_names(self) -> dict[str, Place]:
        """Every name of a place that ISO 3166-1 or places.csv has, with the place; the label of a country wins."""
        found: dict[str, Place] = {}
        for place in sorted(self._places.values(), key=lambda each: each.kind):
            found.setdefault(place.label, place)
        for country in pycountry.countries:
            for attribute in ("name", "common_name", "official_name"):
                if (name := getattr(country, attribute, None)) is not None:
                    found.setdefault(name, self._places[country.alpha_3])
        return found

    def actors(self, cell: str) -> ReadActors:
        """The organisations that a cell of deployers or developers names, and why the rest of it is none."""
        return self._register.read(cell)

    def organisation(self, slug: str) -> Organisation | None:
        """The curated organisation with this slug."""
        return self._register.organisations.get(slug)

    def organisation_named(self, name: str) -> Organisation | None:
        """The curated organisation that this is a name of, exactly but for case, accents, legal form and the like."""
        return self._register.resolve(name)

    @property
    def organisations(self) -> tuple[Organisation, ...]:
        """Every curated organisation, in the order of its file."""
        return tuple(self._register.organisations.values())

    def system(self, name: str) -> System | None:
        """The system of this one name; None for a placeholder or a name that only says what sort of thing it is."""
        return self._systems.resolve(name)

    def systems(self, cell: str) -> ReadSystems:
        """The systems that a cell names."""
        return self._systems.read(cell)

    def known_system(self, slug: str) -> KnownSystem | None:
        """The curated system with this slug."""
        return self._systems.systems.get(slug)

    @property
    def known_systems(self) -> tuple[KnownSystem, ...]:
        """Every curated system, in the order of its file."""
        return tuple(self._systems.systems.values())

    @cached_property
    def slugs(self) -> SlugRegister:
        """What the entity slugs of the AI Incident Database mean."""
        return SlugRegister(self.lookups / "aiid-entities.csv", self._register, self._systems)

    @cached_property
    def taxonomies(self) -> Taxonomies:
        """The permitted values of other databases' taxonomies."""
        return Taxonomies(self.lookups / "taxonomies.csv")

    @property
    def facets(self) -> tuple[str, ...]:
        """What labels may be values of: the schemes with a lookup, and ``jurisdiction``."""
        return tuple(self._facets)

    def labels(self, facet: str) -> dict[str, Mapped]:
        """All labels of a facet by `label_key`."""
        return dict(self._facets[facet])

    @cached_property
    def checksum(self) -> str:
        """SHA-256 over all lookup files: with the snapshots' checksums it says what a release was made of."""
        digest = hashlib.sha256()
        for path in sorted(self.lookups.glob("*.csv")):
            digest.update(path.name.encode() + b"\0" + path.read_bytes())
        return digest.hexdigest()

    def _read_facet(self, path: Path) -> dict[str, Mapped]:
        found: dict[str, Mapped] = {}
        for line, row in rows(path, ("label", "target", "finding")):
            key = label_key(row["label"])
            before = found.get(key, Mapped(()))
            target = (self._target(path, line, row["target"]),) if row["target"] else ()
            found[key] = Mapped(before.targets + target, before.finding or row["finding"])
        return found

    def _add_place_names(self) -> None:
        """Let names of places be jurisdictions without a row; a row of jurisdiction.csv wins."""
        labels = self._facets.get("jurisdiction")
        if labels is not None:
            for name, place in self.place_names.items():
                labels.setdefault(label_key(name), Mapped((place,)))

    def _country_keys(self) -> Iterator[tuple[str, str]]:
        """The keys of all names and adjectives of countries, as jurisdictions and narratives have them."""
        for label, mapped in self._facets.get("jurisdiction", {}).items():
            if len(mapped.targets) == 1 and isinstance(place := mapped.targets[0], Place) and place.kind == "country":
                yield names.key(label), place.code
        for rule in self.mention_rules:
            if rule.place is not None and rule.place.kind == "country":
                yield names.key(rule.label), rule.place.code
        for name, place in self.place_names.items():
            if place.kind == "country":
                yield names.key(name), place.code

    def _mention_rules(self, path: Path) -> Iterator[MentionRule]:
        for line, row in rows(path, ("label", "target", "rule", "note")):
            if row["rule"] not in MENTION_RULES:
                raise BuildAborted(f"{path}:{line}: rule {row['rule']!r} is none of {', '.join(MENTION_RULES)}")
            place = self._target(path, line, row["target"]) if row["target"] else None
            if isinstance(place, Concept) or (place is None) != (row["rule"] not in ("alias", "demonym")):
                raise BuildAborted(f"{path}:{line}: {row['label']!r}: alias and demonym need a place, and only they")
            yield MentionRule(row["label"], row["rule"], place)

    def _target(self, path: Path, line: int, text: str) -> Target:
        scheme, _, slug = text.partition("/")
        if scheme == "place" and slug in self._places:
            return self._places[slug]
        if scheme in SCHEMES and slug:
            return Concept(scheme, slug)
        raise BuildAborted(
            f"{path}:{line}: target {text!r} is neither place/CODE of places.csv or ISO 3166 nor scheme/slug"
            f" of {', '.join(SCHEMES)}"
        )


def _facet_files(lookups: Path) -> Iterator[Path]:
    for facet in (*SCHEMES, "jurisdiction", "genai-tags"):
        path = lookups / f"{facet}.csv"
        if path.exists():
            yield path


def _places(path: Path) -> Iterator[tuple[str, Place]]:
    """The countries of ISO 3166-1 (package pycountry), then the overrides, regions and scopes of places.csv."""
    for country in pycountry.countries:
        label = getattr(country, "common_name", country.name)
        yield country.alpha_3, Place("country", country.alpha_3, label)
    for _, row in rows(path, ("code", "kind", "label", "within")):
        kind: Literal["country", "place"] = "country" if row["kind"] == "country" else "place"
        yield row["code"], Place(kind, row["code"], row["label"], row["within"] or None)

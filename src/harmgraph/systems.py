"""A cell of "System name" → the AI systems, products and data sets that it names.

``systems.csv`` holds the well-known ones with their aliases; any other name is minted as it stands. A placeholder,
or a name that says only what sort of thing it is ("Facial recognition system"), is no system.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from harmgraph import name_shapes, names
from harmgraph.errors import BuildAborted
from harmgraph.iris import slug_of
from harmgraph.lookups import aliases_of, rows
from harmgraph.model import System
from harmgraph.names import Finding
from harmgraph.organisations import Organisation

_GENERIC: Final = names.word_set(
    "ai algorithm algorithms and app application artificial assistant audio automated bot bots camera cameras chatbot"
    " chatbots classifier computer content data database dataset deep deepfake deepfakes detection detector drone"
    " drones face facial fake generated generation generative generator image intelligence language large learning llm"
    " machine model models moderation music network neural platform prediction pricing recognition recommendation"
    " robot robots search software speech synthetic system systems technology text to tool tools video vision voice"
    " website"
)


_LIST: Final = re.compile(r"\s*,\s*(?:and\s+)?|\s+(?:and|&)\s+")


@dataclass(frozen=True, slots=True)
class KnownSystem:
    """A row of ``systems.csv``. ``developer`` is the slug of an organisation."""

    slug: str
    label: str
    developer: str | None
    aliases: tuple[str, ...]

    @property
    def system(self) -> System:
        """Without developers: those are only what a record itself says."""
        return System(self.slug, self.label)


@dataclass(frozen=True, slots=True)
class ReadSystems:
    """The systems that a cell names, in its order and each once, and what else there is to say of it."""

    systems: tuple[System, ...]
    findings: tuple[Finding, ...]


class SystemRegister:
    """What is known of the names of systems. Immutable once loaded; `BuildAborted` for a contradictory row."""

    def __init__(self, path: Path, organisations: dict[str, Organisation]) -> None:
        self.systems: dict[str, KnownSystem] = {}
        self._named: dict[str, KnownSystem] = {}
        for line, row in rows(path, ("slug", "label", "developer", "aliases")):
            each = KnownSystem(row["slug"], row["label"], row["developer"] or None, aliases_of(row["aliases"]))
            if slug_of(each.slug) != each.slug or not each.slug or each.slug in self.systems:
                raise BuildAborted(f"{path}:{line}: slug {each.slug!r} is no slug or stands already above")
            if each.developer is not None and each.developer not in organisations:
                raise BuildAborted(f"{path}:{line}: developer {each.developer!r} is no slug of organisations.csv")
            self.systems[each.slug] = each
            for name in (each.label, *each.aliases):
                if (before := self._named.setdefault(names.key(name), each)) is not each:
                    raise BuildAborted(f"{path}:{line}: {name!r} is a name of {before.slug} too; take it from one")
        self._of_developers = _with_developers(self.systems.values(), organisations)
        self._compact = {compact: each for name, each in self._named.items() if (compact := names.compact(name))}

    def read(self, cell: str) -> ReadSystems:
        """What a cell says, ``;`` separating, and ``,`` or "and" where each part is a known system."""
        found: dict[System, None] = {}
        findings: list[Finding] = []
        for entry in names.split_list(cell):
            name, folded = names.fold_look_alikes(names.clean(entry))
            if folded:
                message = f"read as {name!r}: letters of another script look like Latin ones"
                findings.append(Finding("look-alike-letters", entry, message, "info"))
            for part in self._parts(name):
                if (system := self.resolve(part)) is not None:
                    found[system] = None
                else:
                    findings.append(Finding("placeholder", part, "names no system in particular", "info"))
        return ReadSystems(tuple(found), tuple(findings))

    def resolve(self, name: str) -> System | None:
        """The system of this one name, minted where it is not known; None for a placeholder or a sort of thing."""
        bare, within = names.without_parenthesis(name)
        if (known := self._known(name) or self._known(bare)) is not None:
            return known.system
        words = names.key(name).split()
        if name_shapes.is_placeholder(name) or not words or "://" in name or _GENERIC.issuperset(words):
            return None
        label = names.clean(bare if names.is_acronym(within) else name)
        slug = slug_of(label)
        if (same := self.systems.get(slug)) is not None:
            return same.system
        return System(slug, label) if slug else None

    def _known(self, name: str) -> KnownSystem | None:
        """The curated system of this name, alone or with its developer before it, and with its words joined or not."""
        key = names.key(name)
        of_developer = self._of_developers.get(names.key(name.replace("'s ", " ")))
        return self._named.get(key) or of_developer or self._compact.get(key.replace(" ", ""))

    def _parts(self, name: str) -> tuple[str, ...]:
        if self._known(name) is not None:
            return (name,)
        parts = tuple(_LIST.split(name))
        return parts if all(self._known(part) is not None for part in parts) else (name,)


def _with_developers(
    systems: Iterable[KnownSystem], organisations: Mapping[str, Organisation]
) -> dict[str, KnownSystem]:
    """Systems by the key of a name with one of their developer before it: "OpenAI ChatGPT"."""
    found: dict[str, KnownSystem] = {}
    for each in systems:
        if each.developer is not None:
            developer = organisations[each.developer]
            for maker in (developer.label, *developer.aliases):
                for name in (each.label, *each.aliases):
                    found.setdefault(names.key(f"{maker} {name}"), each)
    return found

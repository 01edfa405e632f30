"""Rows of the store → an index of incidents by year, country, technology and the like, which counts in microseconds.

Every value has the set of its incidents as the bits of one integer; the incidents are numbered from the newest on, so
the order of bits is the order by date. One index is made for each release, in a thread; nothing here asks the store.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from harmgraph.iris import BASE, HG

Cells = Mapping[str, str]
"""One solution: variable → the value of its term, whatever its kind."""
Choice = Mapping[str, frozenset[str]]
"""What is chosen: the name of a facet → keys of its values, of which an incident must have one."""


@dataclass(frozen=True, slots=True)
class Facet:
    """A respect in which incidents differ; the key of a value is what follows ``base`` in its IRI."""

    name: str
    label: str
    base: str
    properties: tuple[str, ...] = ()
    is_listed: bool = True
    """Whether the search page shows it before anybody asks for it."""


def _concepts(name: str, label: str, property_: str) -> Facet:
    return Facet(name, label, f"{BASE}id/concept/{name}/", (HG[property_].value,))


FACETS: Final = {
    facet.name: facet
    for facet in (
        Facet("year", "Year", ""),
        _concepts("kind", "Kind", "incidentKind"),
        Facet("country", "Country", f"{BASE}id/country/", (HG.jurisdiction.value,)),
        _concepts("technology", "Technology", "technology"),
        _concepts("issue", "Issue", "issue"),
        _concepts("sector", "Sector", "sector"),
        _concepts("harm", "Harm", "harm"),
        Facet("organisation", "Organisation", f"{BASE}id/organisation/", (HG.deployer.value, HG.developer.value)),
        Facet("deployer", "Deployer", f"{BASE}id/organisation/", (HG.deployer.value,), is_listed=False),
        Facet("developer", "Developer", f"{BASE}id/organisation/", (HG.developer.value,), is_listed=False),
        Facet("source", "Source", f"{BASE}id/source/"),
    )
}
"""By name, in the order in which pages show them."""


@dataclass(frozen=True, slots=True)
class Incident:
    """What a list shows of an incident; ``date`` is the bound that it began on at the earliest, or empty."""

    iri: str
    label: str
    date: str


@dataclass(frozen=True, slots=True)
class Column:
    """One facet: the incidents of each value as bits, broader concepts with those of the narrower ones.

    ``stated`` has for each incident the keys that its records state, ``labels`` what the values are called.
    """

    bits: Mapping[str, int]
    stated: Sequence[tuple[str, ...]]
    labels: Mapping[str, str]

    def label(self, key: str) -> str:
        """What the value is called; its key where nobody says."""
        return self.labels.get(key, key)


@dataclass(frozen=True, slots=True)
class Counted:
    """A value of a facet with the number of incidents that have it."""

    key: str
    label: str
    count: int


class FacetIndex:
    """All incidents of a release, newest first, and the facets by which they are chosen and counted."""

    def __init__(self, incidents: Sequence[Incident], columns: Mapping[str, Column]) -> None:
        self.incidents = incidents
        self.columns = columns
        self.all = (1 << len(incidents)) - 1
        self._positions = {incident.iri: position for position, incident in enumerate(incidents)}

    def stating(self, name: str) -> dict[str, int]:
        """The incidents whose records state each value themselves, rather than a narrower one."""
        holders: dict[str, list[int]] = {}
        for position, keys in enumerate(self.columns[name].stated):
            for key in keys:
                holders.setdefault(key, []).append(position)
        return {key: bits_of(found, len(self.incidents)) for key, found in holders.items()}

    def position(self, iri: str) -> int | None:
        """The number of an incident; None for what is none."""
        return self._positions.get(iri)

    def chosen(self, choice: Choice, among: int | None = None, *, without: str = "") -> int:
        """The incidents among these that have one of the chosen values of every facet, ``without`` one facet."""
        found = self.all if among is None else among
        for name, keys in choice.items():
            if name != without and keys:
                bits = self.columns[name].bits
                union = 0
                for key in keys:
                    union |= bits.get(key, 0)
                found &= union
        return found

    def counts(self, name: str, among: int) -> list[Counted]:
        """The values of a facet that incidents among these have, the most frequent first; years from the latest on."""
        column = self.columns[name]
        found = [
            Counted(key, column.label(key), count)
            for key, bits in column.bits.items()
            if (count := (bits & among).bit_count())
        ]
        if name == "year":
            return sorted(found, key=lambda value: value.key, reverse=True)
        return sorted(found, key=lambda value: (-value.count, value.label.casefold(), value.key))

    def ranked(self, iris: Iterable[str], among: int) -> list[int]:
        """The numbers of those incidents that are among these, in the order given."""
        held = among.to_bytes(len(self.incidents) // 8 + 1, "little")
        positions = (self._positions.get(iri) for iri in iris)
        return [p for p in positions if p is not None and held[p >> 3] >> (p & 7) & 1]


def bits_of(positions: Iterable[int], size: int) -> int:
    """These numbers, each below ``size``, as the bits of one integer."""
    held = bytearray(size // 8 + 1)
    for position in positions:
        held[position >> 3] |= 1 << (position & 7)
    return int.from_bytes(held, "little")


def positions_of(bits: int) -> Iterator[int]:
    """The inverse of `bits_of`, from the lowest on.

    >>> list(positions_of(0b1011))
    [0, 1, 3]
    """
    digits = f"{bits:b}"[::-1]
    position = digits.find("1")
    while position >= 0:
        yield position
        position = digits.find("1", position + 1)


def build(
    incidents: Iterable[Cells],
    statements: Iterable[Cells],
    sources: Iterable[Cells],
    labels: Iterable[Cells],
    broader: Iterable[Cells],
) -> FacetIndex:
    """The index of what the queries ``facet*.rq`` answer."""
    by_iri = {row["incident"]: Incident(row["incident"], row["label"], row.get("date", "")) for row in incidents}
    ordered = sorted(by_iri.values(), key=lambda incident: (incident.label, incident.iri))
    ordered.sort(key=lambda incident: incident.date, reverse=True)
    positions = {incident.iri: position for position, incident in enumerate(ordered)}
    said: dict[str, dict[int, set[str]]] = {name: {} for name in FACETS}
    by_property: dict[str, list[Facet]] = {}
    for facet in FACETS.values():
        for property_ in facet.properties:
            by_property.setdefault(property_, []).append(facet)
    rows = [(row["incident"], facet, row["value"]) for row in statements for facet in by_property[row["property"]]]
    rows += [(row["incident"], FACETS["source"], row["source"]) for row in sources]
    rows += [(incident.iri, FACETS["year"], incident.date[:4]) for incident in ordered if incident.date]
    for iri, facet, value in rows:
        if (position := positions.get(iri)) is not None and value.startswith(facet.base):
            said[facet.name].setdefault(position, set()).add(value.removeprefix(facet.base))
    names: dict[str, str] = {}
    for row in labels:
        names.setdefault(row["value"], row["label"])
    wider: dict[str, set[str]] = {}
    for row in broader:
        wider.setdefault(row["narrower"], set()).add(row["broader"])
    return FacetIndex(ordered, {name: _column(FACETS[name], said[name], len(ordered), names, wider) for name in FACETS})


def _column(
    facet: Facet, said: Mapping[int, set[str]], size: int, names: Mapping[str, str], wider: Mapping[str, set[str]]
) -> Column:
    holders: dict[str, set[int]] = {}
    closed: dict[str, frozenset[str]] = {}
    for position, keys in said.items():
        for key in keys:
            if key not in closed:
                closed[key] = _closure(facet, key, wider)
            for each in closed[key]:
                holders.setdefault(each, set()).add(position)
    bits = {key: bits_of(found, size) for key, found in holders.items()}
    stated = [tuple(sorted(said[position])) if position in said else () for position in range(size)]
    return Column(bits, stated, {key: names[facet.base + key] for key in bits if facet.base + key in names})


def _closure(facet: Facet, key: str, wider: Mapping[str, set[str]]) -> frozenset[str]:
    """The key itself and those of all broader concepts of the facet, each once, so that a cycle does no harm."""
    found, open_ = set(), [facet.base + key]
    while open_:
        iri = open_.pop()
        if iri not in found:
            found.add(iri)
            open_ += wider.get(iri, ())
    return frozenset(iri.removeprefix(facet.base) for iri in found if iri.startswith(facet.base))

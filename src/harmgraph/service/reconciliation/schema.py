"""What can be reconciled and what is known of it: the types and properties that clients see, by short identifiers.

The identifiers are local names of our ontology; ``Technology`` and ``Issue`` stand for the concepts of these schemes,
which have no class of their own. Whatever else names a type or a property (IRI, short form, plural) is understood.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from harmgraph.iris import DCT, FOAF, HG, SCHEMA, SKOS, curie, scheme_iri

Kind = Literal["thing", "text", "date", "item"]
"""What a property's values are: things of ours, text or numbers, dates, or items of Wikidata."""


@dataclass(frozen=True, slots=True)
class Type:
    """A type of thing: ``iri`` is its class, or its concept scheme."""

    id: str
    name: str
    plural: str
    iri: str
    description: str

    @property
    def reference(self) -> dict[str, str]:
        """The type as responses show it."""
        return {"id": self.id, "name": self.name}


@dataclass(frozen=True, slots=True)
class Property:
    """A property of things of these types. ``inverse`` is true of one that other things state of them."""

    id: str
    name: str
    iri: str
    kind: Kind
    types: tuple[str, ...]
    values: str | None = None
    """The type of the values, where they have one."""
    inverse: bool = False
    description: str = ""

    @property
    def reference(self) -> dict[str, str]:
        """The property as responses show it."""
        return {"id": self.id, "name": self.name}


TYPES: Final = {
    each.id: each
    for each in (
        Type(
            "Incident", "Incident", "incidents", HG.Incident.value, "An event, or a controversy, in which AI did harm"
        ),
        Type(
            "Organisation",
            "Organisation",
            "organisations",
            HG.Organisation.value,
            "A company, authority or other body that deploys or develops AI",
        ),
        Type("AISystem", "AI system", "systems", HG.AISystem.value, "A product or system that uses AI"),
        Type("Country", "Country", "countries", HG.Country.value, "A country of ISO 3166-1"),
        Type("Technology", "Technology", "technologies", scheme_iri("technology").value, "A technique or capability"),
        Type("Issue", "Issue", "issues", scheme_iri("issue").value, "What is at stake, like accuracy or privacy"),
    )
}
"""Every type, the default ones of the manifest in their order."""

_INCIDENT: Final = ("Incident",)
_ACTOR: Final = ("Organisation",)
_CONCEPTS: Final = ("Technology", "Issue")
_ALL: Final = tuple(TYPES)

PROPERTIES: Final = {
    each.id: each
    for each in (
        Property("deployer", "Deployer", HG.deployer.value, "thing", _INCIDENT, "Organisation"),
        Property("developer", "Developer", HG.developer.value, "thing", ("Incident", "AISystem"), "Organisation"),
        Property("system", "AI system", HG.system.value, "thing", _INCIDENT, "AISystem"),
        Property("jurisdiction", "Jurisdiction", HG.jurisdiction.value, "thing", _INCIDENT, "Country"),
        Property("earliestDate", "Earliest date", HG.earliestDate.value, "date", _INCIDENT),
        Property("latestDate", "Latest date", HG.latestDate.value, "date", _INCIDENT),
        Property("technology", "Technology", HG.technology.value, "thing", _INCIDENT, "Technology"),
        Property("issue", "Issue", HG.issue.value, "thing", _INCIDENT, "Issue"),
        Property("sector", "Sector", HG.sector.value, "thing", _INCIDENT),
        Property("harm", "Harm", HG.harm.value, "thing", _INCIDENT),
        Property("country", "Country", HG.country.value, "thing", _ACTOR, "Country"),
        Property(
            "parentOrganisation", "Parent organisation", HG.parentOrganisation.value, "thing", _ACTOR, "Organisation"
        ),
        Property("deployerOf", "Deployer in", HG.deployer.value, "thing", _ACTOR, "Incident", inverse=True),
        Property("developerOf", "Developer in", HG.developer.value, "thing", _ACTOR, "Incident", inverse=True),
        Property("incident", "Incident with this system", HG.system.value, "thing", ("AISystem",), "Incident", True),
        Property("broader", "Broader", SKOS.broader.value, "thing", _CONCEPTS),
        Property("definition", "Definition", SKOS.definition.value, "text", _CONCEPTS),
        Property("alpha2", "ISO 3166-1 alpha-2", HG.alpha2.value, "text", ("Country",)),
        Property("alpha3", "ISO 3166-1 alpha-3", HG.alpha3.value, "text", ("Country",)),
        Property("description", "Description", DCT.description.value, "text", _INCIDENT),
        Property("identifier", "Identifier", DCT.identifier.value, "text", _INCIDENT),
        Property("page", "Web page", FOAF.page.value, "text", _INCIDENT),
        Property("mentions", "Mentions", SCHEMA.mentions.value, "thing", _INCIDENT),
        Property("altLabel", "Also called", SKOS.altLabel.value, "text", _ALL),
        Property("wikidata", "Wikidata item", SKOS.exactMatch.value, "item", _ALL),
    )
}
"""Every property, those that tell things apart best first."""


def _names(each: Type | Property) -> set[str]:
    short = curie(each.iri)
    names = {each.id, each.name}
    if isinstance(each, Type):
        names |= {each.plural, each.iri, short}
    elif not each.inverse:
        names |= {each.iri, short, short.partition(":")[2]}
    return {name.casefold() for name in names}


_TYPE_NAMES: Final = {name: each for each in TYPES.values() for name in _names(each)}
_PROPERTY_NAMES: Final = {
    **{name: each for each in reversed(PROPERTIES.values()) for name in _names(each)},
    "date": PROPERTIES["earliestDate"],
    "year": PROPERTIES["earliestDate"],
    "url": PROPERTIES["page"],
    "qid": PROPERTIES["wikidata"],
}


def type_named(name: str) -> Type | None:
    """The type with this identifier, IRI, label or plural, whatever its case.

    >>> type_named("organisations").id, type_named("hg:Incident").id, type_named("Q5") is None
    ('Organisation', 'Incident', True)
    """
    return _TYPE_NAMES.get(name.strip().casefold())


def property_named(name: str) -> Property | None:
    """The property with this identifier, IRI or label, whatever its case.

    >>> property_named("hg:deployer").id, property_named("Year").id
    ('deployer', 'earliestDate')
    """
    return _PROPERTY_NAMES.get(name.strip().casefold())

"""How pages put things: names of properties of other vocabularies, their order, and dates as people write them."""

from __future__ import annotations

import calendar
import re
from typing import Final

TERMS: Final = {
    "dct:title": "Title",
    "dct:identifier": "Identifier",
    "dct:description": "Description",
    "dct:source": "Original",
    "dct:license": "Licence",
    "dct:rightsHolder": "Rights holder",
    "dct:bibliographicCitation": "Cite as",
    "dct:issued": "Published",
    "dct:modified": "Changed",
    "dct:date": "Date",
    "dct:publisher": "Publisher",
    "dct:isVersionOf": "Version of",
    "dct:isPartOf": "Part of",
    "dct:references": "Refers to",
    "foaf:page": "Web page",
    "foaf:homepage": "Home page",
    "foaf:primaryTopic": "About",
    "foaf:isPrimaryTopicOf": "Document",
    "itsrdf:taIdentRef": "Thing named",
    "nif:anchorOf": "Text",
    "nif:beginIndex": "From character",
    "nif:endIndex": "To character",
    "owl:sameAs": "Same as",
    "prov:wasDerivedFrom": "Derived from",
    "prov:wasGeneratedBy": "Made by",
    "prov:wasAttributedTo": "Attributed to",
    "prov:wasAssociatedWith": "Carried out by",
    "prov:used": "Used",
    "rdf:type": "Kind",
    "rdfs:label": "Label",
    "rdfs:comment": "Comment",
    "rdfs:domain": "Used of",
    "rdfs:range": "Values",
    "rdfs:subClassOf": "Kind of",
    "rdfs:subPropertyOf": "Narrower than",
    "rdfs:seeAlso": "See also",
    "rdfs:isDefinedBy": "Defined by",
    "schema:appearance": "Appears in",
    "schema:mentions": "Mentions",
    "schema:text": "Text",
    "schema:url": "Web address",
    "skos:altLabel": "Also called",
    "skos:broader": "Broader",
    "skos:narrower": "Narrower",
    "skos:related": "Related",
    "skos:closeMatch": "Close match",
    "skos:exactMatch": "Exact match",
    "skos:broadMatch": "Broader match",
    "skos:narrowMatch": "Narrower match",
    "skos:relatedMatch": "Related match",
    "skos:definition": "Definition",
    "skos:scopeNote": "Scope",
    "skos:example": "Example",
    "skos:hiddenLabel": "Source spelling",
    "skos:inScheme": "In scheme",
    "skos:prefLabel": "Name",
    "skos:topConceptOf": "Top concept of",
    "skos:hasTopConcept": "Top concepts",
    "foaf:Agent": "Party",
    "foaf:Document": "Document",
    "owl:Ontology": "Ontology",
    "prov:Activity": "Activity",
    "prov:Entity": "Graph",
    "prov:SoftwareAgent": "Software",
    "rdf:Property": "Property",
    "schema:Claim": "Claim",
    "schema:DataCatalog": "Catalogue",
    "skos:Concept": "Concept",
    "skos:ConceptScheme": "Concept scheme",
    "http://spdx.org/rdf/terms#Checksum": "Checksum",
    "http://spdx.org/rdf/terms#checksum": "Checksum",
    "http://spdx.org/rdf/terms#algorithm": "Algorithm",
    "http://spdx.org/rdf/terms#checksumValue": "Value",
}
"""Labels of properties and classes where the release has none: those of vocabularies that harmgraph only uses."""

INVERSES: Final = {
    "dct:isPartOf": "Has part",
    "dct:isReplacedBy": "Other names",
    "dct:isVersionOf": "Versions",
    "dct:license": "Licensed so",
    "dct:publisher": "Published",
    "dct:rightsHolder": "Holds the rights in",
    "foaf:primaryTopic": "Records about this",
    "hg:claim": "Claimed of",
    "hg:claimant": "Claims made",
    "hg:country": "Seated here",
    "hg:jurisdiction": "Incidents here",
    "hg:onBehalfOf": "Claims on its behalf",
    "hg:imposedBy": "Imposed",
    "hg:outcome": "Outcome of",
    "hg:parentOrganisation": "Owns",
    "hg:relatedIncident": "Related from",
    "hg:reportedIn": "Reports on",
    "hg:system": "Incidents with this system",
    "hg:within": "Lies within this",
    "prov:used": "Used by",
    "prov:wasDerivedFrom": "Derived from this",
    "prov:wasGeneratedBy": "Made",
    "prov:wasAssociatedWith": "Carried out",
    "prov:wasAttributedTo": "Answers for",
    "schema:appearance": "Claims that appear here",
    "schema:mentions": "Mentioned in",
    "skos:broader": "Narrower",
    "skos:inScheme": "Concepts",
    "skos:topConceptOf": "Top concepts",
}
"""How a property reads from the other end."""

LICENCES: Final = {
    "https://creativecommons.org/licenses/by-sa/4.0/": "CC BY-SA 4.0",
    "https://creativecommons.org/licenses/by/4.0/": "CC BY 4.0",
    "https://creativecommons.org/publicdomain/zero/1.0/": "CC0 1.0",
    "https://www.apache.org/licenses/LICENSE-2.0": "Apache 2.0",
}

_ORDER: Final = """
    skos:definition rdfs:comment hg:occurred hg:deployer hg:developer hg:system hg:jurisdiction
    hg:sector hg:purpose hg:technology hg:issue hg:transparencyConcern hg:harm hg:realisation hg:incidentKind
    hg:newsTrigger hg:consequence hg:response hg:outcomeKind hg:amount hg:currency hg:imposedBy
    hg:claimant hg:claimantName hg:onBehalfOf hg:concernsHarm
    schema:appearance hg:country hg:parentOrganisation hg:publisherName dct:date schema:mentions
    hg:relatedIncident hg:earliestDate hg:latestDate skos:altLabel dct:title dct:identifier foaf:page
""".split()  # noqa: SIM905  # a list of one line each is four times as long

_MONTHS: Final = tuple(calendar.month_name)  # by number; English, since nothing here sets a locale


def rank(short: str) -> int:
    """The place of a property among the facts of a page; those without one come last."""
    return _ORDER.index(short) if short in _ORDER else len(_ORDER)


def inverse(short: str, label: str) -> str:
    """How the property reads from its object: "is developer of" where nothing better is known."""
    plain = label if label[:2].isupper() else label[:1].lower() + label[1:]
    return INVERSES.get(short) or f"Is {plain} of"


def spelled_out(name: str) -> str:
    """A term's local name as words.

    >>> spelled_out("transparencyConcern")
    'Transparency concern'
    """
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name).replace("-", " ").split()
    return " ".join([words[0][:1].upper() + words[0][1:], *(w if w.isupper() else w.lower() for w in words[1:])])


def capitalised(label: str) -> str:
    """The label as it stands at the start of a line: "AI system" and "deployer" both begin with a capital."""
    return label[:1].upper() + label[1:]


def shortened(text: str, length: int = 160) -> str:
    """The text, cut at a word where it is too long for a name."""
    return text if len(text) <= length else text[:length].rsplit(" ", 1)[0] + " …"


def readable(value: str, datatype: str) -> str:
    """A literal as people write it: dates in words, everything else as it is.

    >>> readable("2022-03", "http://www.w3.org/2001/XMLSchema#gYearMonth")
    'March 2022'
    >>> readable("2018/..", "http://id.loc.gov/datatypes/edtf/EDTF")
    'since 2018'
    """
    kind = datatype.rpartition("#")[2].rpartition("/")[2]
    if kind in ("gYearMonth", "date"):
        return _day(value)
    if kind == "EDTF":
        first, _, last = value.partition("/")
        if last == "..":
            return f"since {_day(first)}"
        return f"until {_day(last)}" if first == ".." else f"{_day(first)} to {_day(last)}" if last else _day(first)
    return value


def _day(value: str) -> str:
    found = re.fullmatch(r"(-?\d{4})(?:-(0[1-9]|1[0-2]))?(?:-(\d\d))?", value)
    if found is None or found[2] is None:
        return value
    day = f"{int(found[3])} " if found[3] else ""
    return f"{day}{_MONTHS[int(found[2])]} {found[1]}"

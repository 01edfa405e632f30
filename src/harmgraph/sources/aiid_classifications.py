"""A classification of an AI Incident Database incident → concepts of CSETv0, CSETv1, GMF or the MIT risk domains.

Only what a taxonomy lets annotators choose from becomes a concept. Published classifications go to ``concepts``; those
of single annotators, and those that the database marks as not published, are drafts. A draft says nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Final

import pycountry

from harmgraph.model import Concept, Occurred, Place
from harmgraph.sources.base import Fields
from harmgraph.vocabulary import Vocabulary

TAXONOMY: Final[Mapping[str, str]] = {"CSETv0": "cset-v0", "CSETv1": "cset-v1", "GMF": "gmf", "MIT": "mit-risk"}
"""What the database calls a taxonomy → the scheme that holds it."""

_NAMESPACE: Final = re.compile(r"(CSETv0|CSETv1|GMF|MIT)(_Annotator-\d{1,3})?")

ATTRIBUTES: Final[Mapping[str, tuple[str, ...]]] = {
    "cset-v0": (
        *("Near Miss", "Intent", "Severity", "Harm Type", "Lives Lost", "Harm Distribution Basis"),
        *("Infrastructure Sectors", "Sector of Deployment", "Public Sector Deployment", "Nature of End User"),
        *("Level of Autonomy", "Relevant AI functions", "Physical System", "Problem Nature"),
    ),
    "cset-v1": (
        *("Physical Objects", "Entertainment Industry", "Report, Test, or Study of data", "Deployed"),
        *("Producer Test in Controlled Conditions", "Producer Test in Operational Conditions"),
        *("User Test in Controlled Conditions", "User Test in Operational Conditions", "Harm Domain", "Tangible Harm"),
        *("AI System", "Clear link to technology", "AI Harm Level", "Impact on Critical Services", "Rights Violation"),
        "There is a potentially identifiable specific entity that experienced the harm",
        *("Involving Minor", "Detrimental Content", "Protected Characteristic", "Harm Distribution Basis"),
        *("Special Interest Intangible Harm", "AI System (2)", "Clear link to Technology (2)"),
        *("Harmed Class of Entities", "Annotator’s AI special interest intangible harm assessment"),
        *("Multiple AI Interaction", "Embedded", "Location Region", "Infrastructure Sectors", "Sector of Deployment"),
        *("Public Sector Deployment", "Autonomy Level", "Intentional Harm"),
    ),
    "gmf": tuple(
        f"{certainty} AI {kind}"
        for certainty in ("Known", "Potential")
        for kind in ("Goal", "Technology", "Technical Failure")
    ),
    "mit-risk": ("Risk Domain", "Risk Subdomain", "Entity", "Timing", "Intent"),
}
"""The attributes with values to choose from, as data/lookups/taxonomies.csv has them."""

_ISO: Final = re.compile(r"([12]\d{3})(?:-(\d{2})(?:-(\d{2}))?)?", re.ASCII)
_PLACE: Final = ("Location Country (two letters)", "Location State/Province (two letters)")
_DATE: Final = ("Date of Incident Year", "Date of Incident Month", "Date of Incident Day", "Estimated Date")

_IGNORED: Final[Mapping[str, tuple[str, ...]]] = {
    # Kept as raw strings: how far the annotation has got, and what annotators wrote instead of choosing.
    "cset-v0": (
        *("Annotation Status", "Quality Control", "Beginning Date", "Ending Date", "Location", "Technology Purveyor"),
        *("Financial Cost", "Laws Implicated", "Data Inputs", "System Developer", "AI Techniques", "AI Applications"),
    ),
    "cset-v1": (
        *("Incident Number", "Annotation Status", "Quality Control", "Location City", "Operating Conditions"),
        *("Lives Lost", "Injuries", "Estimated Harm Quantities", "Data Inputs", "Physical System Type", "AI Task"),
        "AI tools and methods",
    ),
    "gmf": (),
    "mit-risk": (),
}

DROPPED: Final[Mapping[str, frozenset[str]]] = {
    # Never kept, not even as raw strings: quotations from news reports, which the licence of the database excepts;
    # names of persons; and the numbers by which the annotators are known.
    "cset-v0": frozenset(
        {"Annotator", "Reviewer", "Full Description", "Short Description", "Named Entities", "AI System Description"}
    ),
    "cset-v1": frozenset(
        {
            *("Annotator", "Peer Reviewer", "Entities", "AI System Description", "AI Tangible Harm Level Notes"),
            *("Notes (special interest intangible harm)", "Notes (AI special interest intangible harm)"),
            "Notes (Environmental and Temporal Characteristics)",
            "Notes (Characterizing Entities and the Harm)",
            *("Notes ( Tangible Harm Quantities Information)", "Notes (Information about AI System)"),
            "Notes (AI Functionality and Techniques)",
        }
    ),
    "gmf": frozenset(
        f"{attribute} {text}" for attribute in ATTRIBUTES["gmf"] for text in ("Snippets", "Classification Discussion")
    ),
    "mit-risk": frozenset(),
}

COLUMNS: Final[Mapping[str, frozenset[str]]] = {
    taxonomy: frozenset((*attributes, *_IGNORED[taxonomy], *(_PLACE + _DATE if taxonomy == "cset-v1" else ())))
    for taxonomy, attributes in ATTRIBUTES.items()
}
"""Every column of a taxonomy that is kept."""


def taxonomy_of(namespace: str) -> str | None:
    """The scheme of a namespace such as ``CSETv1`` or ``CSETv1_Annotator-1``, None for one that no rule reads."""
    match = _NAMESPACE.fullmatch(namespace)
    return TAXONOMY[match[1]] if match else None


def field_name(namespace: str, column: str) -> str:
    """The name of a field of a classification: two taxonomies call different things by one name.

    >>> field_name("CSETv1_Annotator-1", "Harm Distribution Basis")
    'CSETv1 / Harm Distribution Basis'
    """
    return f"{namespace.partition('_')[0]} / {column}"


class Classification:
    """What one classification says; what was amiss is reported to its ``fields``."""

    def __init__(self, namespace: str, fields: Fields, vocabulary: Vocabulary) -> None:
        self.fields = fields
        self._namespace = namespace
        self._taxonomy = taxonomy_of(namespace) or ""
        self._vocabulary = vocabulary
        self.draft = self._is_draft()
        self.concepts = self._concepts()
        self.jurisdictions: tuple[Place, ...] = ()
        self.occurred: Occurred | None = None
        if self._taxonomy == "cset-v1":
            place, occurred = self._place(), self._date()
            if not self.draft:
                self.jurisdictions, self.occurred = place, occurred
        for column in ("Namespace", "Incident ID", "_id", "reports", *_IGNORED[self._taxonomy]):
            fields.ignore(self._field(column))

    def _field(self, column: str) -> str:
        return field_name(self._namespace, column)

    def _is_draft(self) -> bool:
        """Whether it is one annotator's work or marked as not published; so is one that does not say."""
        name = self._field("Published")
        published = self.fields.pop(name)
        if published not in ("True", "False"):
            self.fields.report(name, published, "bad-flag", "should be True or False; taken for a draft")
        return "_" in self._namespace or published != "True"

    def _concepts(self) -> tuple[Concept, ...]:
        found: dict[Concept, None] = {}
        for attribute in ATTRIBUTES[self._taxonomy]:
            name = self._field(attribute)
            read = self._vocabulary.taxonomies.read(self._taxonomy, attribute, self.fields.pop(name))
            found |= dict.fromkeys(read.concepts)
            for remark in read.remarks:
                message = "free text in place of a value of the list; read as 'Other' and kept as text"
                self.fields.report(name, remark, "free-text-value", message, "info")
            for value in read.unread:
                message = "is no permitted value; add a line to data/lookups/taxonomies.csv if it has become one"
                self.fields.report(name, value, "unmapped-value", message)
        return tuple(found)

    def _place(self) -> tuple[Place, ...]:
        country_field, state_field = map(self._field, _PLACE)
        country, state = self.fields.pop(country_field), self.fields.pop(state_field)
        if not country:
            return ()
        place = self._country(country)
        if place is None:
            message = "is neither a code of ISO 3166-1 nor a name of a country; kept as text only"
            self.fields.report(country_field, country, "unmapped-label", message)
            return ()
        if not state or place.code != "USA":
            return (place,)  # only the states of the USA are places of their own here
        try:
            return (self._vocabulary.place(f"US-{state}"),)
        except KeyError:
            message = "no place of data/lookups/places.csv has this code; the country is used"
            self.fields.report(state_field, state, "unmapped-region", message, "info")
            return (place,)

    def _country(self, text: str) -> Place | None:
        if re.fullmatch("[A-Z]{2}", text) and (found := pycountry.countries.get(alpha_2=text)) is not None:
            return self._vocabulary.place(found.alpha_3)
        mapped = self._vocabulary.mapped("jurisdiction", text) if len(text) != 2 or text.isupper() else None
        targets = mapped.targets if mapped is not None else ()
        return next((each for each in targets if isinstance(each, Place)), None)

    def _date(self) -> Occurred | None:
        """The date, unless it is an estimate."""
        year, month, day, estimated = (self.fields.pop(self._field(column)) for column in _DATE)
        if not year or estimated != "False":
            return None
        text = "-".join(filter(None, (year, month.zfill(2) if month else "", day.zfill(2) if month and day else "")))
        try:
            return _occurred(text)
        except ValueError as error:
            self.fields.report(self._field(_DATE[0]), text, "unreadable-date", f"{error}; not used")
            return None


def _occurred(text: str) -> Occurred:
    """A year, month or day in ISO 8601. `harmgraph.dates` would take 2000-06 for a possible range of years."""
    match = _ISO.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is no year, month or day")
    date(int(match[1]), int(match[2] or 1), int(match[3] or 1))  # raises ValueError for one that does not exist
    return Occurred(text)

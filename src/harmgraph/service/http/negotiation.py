"""An ``Accept`` header, a ``?format=`` or a suffix → the format to answer in, by the rules of RFC 9110 §12.5.1.

webob matches the media ranges (specificity, q, q=0, wildcards); here stand the formats, their preference and
the names by which people and older clients call them. Knows nothing of requests or of the store's engine.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from starlette.requests import Request
from webob.acceptparse import create_accept_header


@dataclass(frozen=True, slots=True)
class Format:
    """A format the service answers in; ``name`` is both its suffix in URLs and its short name in ``?format=``."""

    name: str
    media_type: str
    label: str
    aliases: tuple[str, ...] = ()
    """Media types that some clients ask for instead; answered under the very type that was asked for."""


@dataclass(frozen=True, slots=True)
class Choice:
    """The outcome of negotiation: a format, the media type to send it as, and how much the client wants it."""

    format: Format
    media_type: str
    quality: float = 1.0
    profile: str | None = None
    """Of JSON-LD: the form of the document, as an IRI."""

    @property
    def content_type(self) -> str:
        """The value of ``Content-Type``: text and XML say that they are UTF-8, JSON and N-Triples always are."""
        parameter = f';profile="{self.profile}"' if self.profile is not None else ""
        return content_type(self.media_type) + parameter


HTML: Final = Format("html", "text/html", "HTML")
PROBLEM: Final = Format("json", "application/problem+json", "Problem details", ("application/json",))
TURTLE: Final = Format("ttl", "text/turtle", "Turtle", ("application/x-turtle",))
JSON_LD: Final = Format("jsonld", "application/ld+json", "JSON-LD", ("application/json",))
N_TRIPLES: Final = Format("nt", "application/n-triples", "N-Triples")
RDF_XML: Final = Format("rdf", "application/rdf+xml", "RDF/XML", ("application/xml", "text/xml"))
N_QUADS: Final = Format("nq", "application/n-quads", "N-Quads", ("text/x-nquads",))
TRIG: Final = Format("trig", "application/trig", "TriG", ("application/x-trig",))

_RESULTS_JSON: Final = Format("json", "application/sparql-results+json", "JSON", ("application/json",))
_RESULTS_XML: Final = Format("xml", "application/sparql-results+xml", "XML", ("application/xml", "text/xml"))
RESULTS: Final = (
    _RESULTS_JSON,
    _RESULTS_XML,
    Format("csv", "text/csv", "CSV"),
    Format("tsv", "text/tab-separated-values", "TSV"),
)
"""SPARQL results formats of tables, the server's preference first."""

CITATIONS: Final = (
    Format("bib", "application/x-bibtex", "BibTeX"),
    Format("ris", "application/x-research-info-systems", "RIS"),
    Format("json", "application/vnd.citationstyles.csl+json", "CSL-JSON"),
)
"""Formats of citations."""

BOOLEANS: Final = (_RESULTS_JSON, _RESULTS_XML, Format("bool", "text/boolean", "Boolean"))
"""SPARQL results formats of booleans, the server's preference first."""

DOCUMENTS: Final = (TURTLE, JSON_LD, N_TRIPLES, RDF_XML)
"""Graph formats of documents, the server's preference first: Turtle answers ``*/*``."""

QUADS: Final = (TRIG, N_QUADS)
"""Formats of documents that keep apart which named graph says what; for those who ask for them by name."""

GRAPHS: Final = (*DOCUMENTS, N_QUADS, TRIG)
"""Graph formats of query answers; in the last two, too, the triples are in the default graph."""

# RFC 9110 has a range with a parameter match only a type with the same one. All that is sent is UTF-8, a JSON-LD
# profile is a wish, not a demand (RFC 6906 §3.1), and the version of RDF or SPARQL (1.2) says what the client can
# read: with these gone, `text/turtle;charset=UTF-8` matches.
_NO_MATTER: Final = re.compile(
    r';\s*(?:charset="?utf-?8"?|(?:profile|version)=(?:"[^"]*"|[^;,\s"]+))(?=\s*(?:[;,]|$))', re.IGNORECASE
)


def accept_header(request: Request) -> str | None:
    """All ``Accept`` lines of the request as one, or None where there is none."""
    return header_of(request, b"accept")


def header_of(request: Request, name: bytes) -> str | None:
    """All lines of a header of the request, its name in lower case, as one; None where there is none.

    What every request is asked for: without the objects that Starlette makes of headers.
    """
    lines = [value for key, value in request.scope["headers"] if key == name]
    return b", ".join(lines).decode("latin-1") if lines else None


def negotiate(accept: str | None, formats: Sequence[Format]) -> Choice | None:
    """The format that the client wants most, or None where it takes none of them.

    No header, an empty one and one that is no valid header at all mean that anything will do. Among equal
    wishes the order of ``formats`` decides.

    >>> negotiate("text/turtle;q=0.1, application/ld+json", GRAPHS).format.name
    'jsonld'
    >>> negotiate("image/png", GRAPHS) is None
    True
    """
    header = _NO_MATTER.sub("", accept).strip() if accept is not None else ""
    offers = {f.media_type: f for f in formats}
    for each in formats:
        # Only where it is asked for by name: a wildcard must not bring back under an alias what q=0 excludes.
        offers.update({alias: each for alias in each.aliases if alias in header.lower() and alias not in offers})
    for offer, quality in create_accept_header(header or None).acceptable_offers(tuple(offers)):
        return Choice(offers[offer], offer, quality)
    return None


def named(name: str, formats: Iterable[Format]) -> Choice | None:
    """The format with this short name."""
    for each in formats:
        if each.name == name:
            return Choice(each, each.media_type)
    return None


def split_suffix(path: str, formats: Iterable[Format]) -> tuple[str, Format] | None:
    """The path without its suffix and the format that this names; None where it has no suffix of ours.

    >>> split_suffix("incident/AIAAIC0850.ttl", GRAPHS)[0]
    'incident/AIAAIC0850'
    """
    stem, dot, suffix = path.rpartition(".")
    choice = named(suffix, formats) if dot and stem and not stem.endswith("/") else None
    return (stem, choice.format) if choice is not None else None


def content_type(media_type: str) -> str:
    """The media type with ``charset`` where its registration leaves the encoding open."""
    if media_type.startswith("text/") or media_type.endswith(("+xml", "/xml")):
        return f"{media_type};charset=utf-8"
    return media_type

"""The terms and IRIs of suggestions: the Web Annotation vocabulary, and what a kept suggestion is called."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from harmgraph.iris import BASE, DCT, FOAF, PROV, RDF, RDFS, SH, XSD, Namespace

OA: Final = Namespace("http://www.w3.org/ns/oa#")
DC: Final = Namespace("http://purl.org/dc/elements/1.1/")
AS: Final = Namespace("https://www.w3.org/ns/activitystreams#")
LDP: Final = Namespace("http://www.w3.org/ns/ldp#")

INBOX: Final = f"{BASE}inbox/"
"""The namespace of suggestions; ``/inbox/{name}`` leads no reader to one before it was reviewed, nor after."""
CONTEXT: Final = f"{BASE}context/suggestion.jsonld"
SHAPES: Final = Path(__file__).resolve().parents[3] / "ontology" / "inbox"
"""The folder of the shapes that a suggestion must fit."""

PREFIXES: Final = {
    "oa": OA.iri,
    "as": AS.iri,
    "dc": DC.iri,
    "dct": DCT.iri,
    "foaf": FOAF.iri,
    "hg": f"{BASE}ns#",
    "prov": PROV.iri,
    "rdf": RDF.iri,
    "rdfs": RDFS.iri,
    "sh": SH.iri,
    "xsd": XSD.iri,
}
"""The prefixes of the files in the inbox."""

MESSAGE_LIMIT: Final = 32 << 10
"""Bytes of one suggestion: the longest text of the shapes in letters of four bytes, and the rest."""

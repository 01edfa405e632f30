"""Every IRI harmgraph uses: the namespaces of its own and other vocabularies, and the minting of identifiers.

IRIs are data, not deployment: `BASE` never depends on the host that serves them. A term is written
``HG.deployer`` or ``SKOS["prefLabel"]``; an identifier of a thing comes from `mint`, which percent-encodes
what RFC 3986 does not allow in a path segment, so that any source id gives a valid IRI.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final
from urllib.parse import quote

from pyoxigraph import NamedNode

BASE: Final = "https://w3id.org/harmgraph/"

# RFC 3986 §3.3 `pchar`, less "'" (the N-Quads grammar takes it, but shells and HTML attributes do not) and
# less "(" and ")" (they end links in Markdown and in plain text).
_SEGMENT_SAFE: Final = "-._~!$&*+,;=:@"


class Namespace:
    """A namespace whose attributes and items are its terms as `NamedNode`, made once each."""

    __slots__ = ("_terms", "iri")

    def __init__(self, iri: str) -> None:
        self.iri = iri
        self._terms: dict[str, NamedNode] = {}

    def __getitem__(self, name: str) -> NamedNode:
        term = self._terms.get(name)
        if term is None:
            term = self._terms[name] = NamedNode(self.iri + name)
        return term

    def __getattr__(self, name: str) -> NamedNode:
        if name.startswith("__"):  # copy, pickle and doctest probe for dunder attributes
            raise AttributeError(name)
        return self[name]


HG: Final = Namespace(BASE + "ns#")
RDF: Final = Namespace("http://www.w3.org/1999/02/22-rdf-syntax-ns#")
RDFS: Final = Namespace("http://www.w3.org/2000/01/rdf-schema#")
OWL: Final = Namespace("http://www.w3.org/2002/07/owl#")
XSD: Final = Namespace("http://www.w3.org/2001/XMLSchema#")
SKOS: Final = Namespace("http://www.w3.org/2004/02/skos/core#")
DCT: Final = Namespace("http://purl.org/dc/terms/")
PROV: Final = Namespace("http://www.w3.org/ns/prov#")
SCHEMA: Final = Namespace("https://schema.org/")
FOAF: Final = Namespace("http://xmlns.com/foaf/0.1/")
VOID: Final = Namespace("http://rdfs.org/ns/void#")
DCAT: Final = Namespace("http://www.w3.org/ns/dcat#")
SPDX: Final = Namespace("http://spdx.org/rdf/terms#")
VCARD: Final = Namespace("http://www.w3.org/2006/vcard/ns#")
ORG: Final = Namespace("http://www.w3.org/ns/org#")
NIF: Final = Namespace("http://persistence.uni-leipzig.org/nlp2rdf/ontologies/nif-core#")
ITSRDF: Final = Namespace("http://www.w3.org/2005/11/its/rdf#")
EDTF: Final = Namespace("http://id.loc.gov/datatypes/edtf/")
SH: Final = Namespace("http://www.w3.org/ns/shacl#")
WD: Final = Namespace("http://www.wikidata.org/entity/")
WDT: Final = Namespace("http://www.wikidata.org/prop/direct/")
WDS: Final = Namespace("http://www.wikidata.org/entity/statement/")
P: Final = Namespace("http://www.wikidata.org/prop/")
PS: Final = Namespace("http://www.wikidata.org/prop/statement/")
PQ: Final = Namespace("http://www.wikidata.org/prop/qualifier/")
SDO: Final = Namespace("http://schema.org/")  # as Wikidata writes it; ours is `SCHEMA`
WIKIBASE: Final = Namespace("http://wikiba.se/ontology#")

SCHEMES: Final = (
    "technology",
    "issue",
    "sector",
    "harm",
    "transparency",
    "news-trigger",
    "consequence",
    "response",
    "kind",
    "realisation",
    "assertion-status",
)
"""The local names of our SKOS concept schemes, in the order of ``ontology/schemes/``."""

TAXONOMIES: Final = (
    "mit-risk",
    "cset-v0",
    "cset-v1",
    "gmf",
    "avid-sep",
    "avid-lifecycle",
    "avid-domain",
    "owasp-llm",
    "owasp-asi",
    "mitre-atlas",
    "nist-ai-rmf",
    "genai-severity",
    "genai-attack-vector",
    "eu-ai-act-risk",
)
"""The local names of the schemes that hold other databases' taxonomies; see `harmgraph.triples` for their property."""

PREFIXES: Final[dict[str, str]] = {
    "hg": HG.iri,
    **{f"hgc-{scheme}": f"{BASE}id/concept/{scheme}/" for scheme in (*SCHEMES, *TAXONOMIES)},
    "hgi": f"{BASE}id/incident/",
    "hgo": f"{BASE}id/organisation/",
    "country": f"{BASE}id/country/",
    "rdf": RDF.iri,
    "rdfs": RDFS.iri,
    "owl": OWL.iri,
    "xsd": XSD.iri,
    "skos": SKOS.iri,
    "dct": DCT.iri,
    "prov": PROV.iri,
    "schema": SCHEMA.iri,
    "foaf": FOAF.iri,
    "void": VOID.iri,
    "dcat": DCAT.iri,
    "org": ORG.iri,
    "nif": NIF.iri,
    "itsrdf": ITSRDF.iri,
    "edtf": EDTF.iri,
    "sh": SH.iri,
    "wd": WD.iri,
    "wdt": WDT.iri,
}
"""Prefix → namespace, the same in queries, Turtle, JSON-LD and pages."""


_NAMES: Final = tuple(PREFIXES)
_FEW: Final = 20
"""Colons up to which it is quicker to see that none has a prefix before it than to look for each prefix."""


def mentioned_prefixes(text: str) -> dict[str, str]:
    """Those of `PREFIXES` that a query can use: to read them all takes the engine as long as a lookup does.

    >>> list(mentioned_prefixes("ASK { ?i a hg:Incident }"))
    ['hg']
    """
    if text.count(":") <= _FEW and not any(before.endswith(_NAMES) for before in text.split(":")[:-1]):
        return {}
    return {prefix: namespace for prefix, namespace in PREFIXES.items() if f"{prefix}:" in text}


_BY_LENGTH: Final = sorted(PREFIXES.items(), key=lambda item: -len(item[1]))


def curie(iri: str) -> str:
    """The IRI in short form, or as it is where no prefix fits.

    >>> curie("http://purl.org/dc/terms/title")
    'dct:title'
    """
    for prefix, namespace in _BY_LENGTH:
        if iri.startswith(namespace) and iri != namespace:
            return f"{prefix}:{iri.removeprefix(namespace)}"
    return iri


@lru_cache(maxsize=1 << 16)
def mint(kind: str, *local: str) -> NamedNode:
    """The IRI of the thing of this kind with this local name: ``…/id/{kind}/{local}``.

    >>> mint("incident", "AIAAIC0850").value
    'https://w3id.org/harmgraph/id/incident/AIAAIC0850'
    >>> mint("organisation", "o'neil-&-sons-(uk)").value
    'https://w3id.org/harmgraph/id/organisation/o%27neil-&-sons-%28uk%29'
    """
    return NamedNode(BASE + "id/" + "/".join((kind, *(quote(part, safe=_SEGMENT_SAFE) for part in local))))


def concept_iri(scheme: str, slug: str) -> NamedNode:
    """The IRI of a SKOS concept: ``…/id/concept/{scheme}/{slug}``."""
    return mint("concept", scheme, slug)


def scheme_iri(scheme: str) -> NamedNode:
    """The IRI of one of our concept schemes: ``…/id/scheme/{scheme}``."""
    return mint("scheme", scheme)


def record_iri(source: str, version: str, local: str) -> NamedNode:
    """The IRI of one version of one source record, which is also the name of the graph of what it says."""
    return mint("record", source, version, local)


def graph_iri(name: str) -> NamedNode:
    """The IRI of a graph that harmgraph itself makes: ``consolidation``, ``provenance``, ``ontology``."""
    return mint("graph", name)


def field_iri(source: str, field: str) -> NamedNode:
    """The property under which a record keeps the raw string of one source field.

    >>> field_iri("aiaaic-sheet", "External harm (taxonomy) / Individual").value
    'https://w3id.org/harmgraph/id/field/aiaaic-sheet/external-harm-taxonomy-individual'
    """
    return mint("field", source, slug_of(field))


@lru_cache(maxsize=1 << 16)
def slug_of(label: str) -> str:
    """A lower-case ASCII slug: words joined by hyphens, letters of other scripts transliterated.

    >>> slug_of("Crédit Agricole / S.A.")
    'credit-agricole-s-a'
    >>> slug_of("北京")
    'beijing'
    """
    from anyascii import anyascii  # the table is large and only minting needs it

    words = "".join(c if c.isalnum() else " " for c in anyascii(label).casefold()).split()
    return "-".join(words)

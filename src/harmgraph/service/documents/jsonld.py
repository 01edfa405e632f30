"""A graph → JSON-LD that reads like plain JSON: compacted, the thing on top, what belongs to it inside it.

The terms are those of ``contexts/v1.jsonld``, published at ``/context/v1.jsonld``, which never changes; a document
carries those that it uses, so that no reader has to fetch anything. Other JSON-LD than ours is not read here.
``docs/decisions/json-ld-is-compacted-by-our-own-code.md`` says why no library does this.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from functools import cache
from importlib import resources
from typing import Any, Final, cast

from fastapi import APIRouter
from pyoxigraph import BlankNode, Literal, NamedNode, RdfFormat, Triple, serialize
from starlette.requests import Request
from starlette.responses import Response

from harmgraph.iris import RDF, XSD
from harmgraph.service.context import service_of
from harmgraph.service.http.conditional import not_modified
from harmgraph.service.terms import Term

COMPACTED: Final = "http://www.w3.org/ns/json-ld#compacted"
EXPANDED: Final = "http://www.w3.org/ns/json-ld#expanded"
FLATTENED: Final = "http://www.w3.org/ns/json-ld#flattened"
PROFILES: Final = (COMPACTED, EXPANDED, FLATTENED)
"""What a JSON-LD document may be asked for as (JSON-LD 1.1, appendix C), our preference first."""

_PARTS: Final = ("claim", "outcome", "reportedIn", "appearance", "checksum")
"""Terms whose values stand inside the thing: they are about nothing else."""
_RANGE: Final = re.compile(r"\s*application/ld\+json\s*(;[^,]*)?$", re.IGNORECASE)
_PROFILE: Final = re.compile(r';\s*profile\s*=\s*(?:"([^"]*)"|([^;\s]+))', re.IGNORECASE)
_QUALITY: Final = re.compile(r";\s*q\s*=\s*([01](?:\.\d{0,3})?)\s*(?:;|$)", re.IGNORECASE)

Json = dict[str, Any]  # a JSON object

router: Final = APIRouter()


@router.api_route("/context/v1.jsonld", methods=["GET", "HEAD"], summary="The JSON-LD context of all documents")
async def context(request: Request) -> Response:
    """The terms, which stay what they are: other terms would be another version."""
    headers = {"Cache-Control": "public, max-age=31536000, immutable", "ETag": f'"{service_of(request).fingerprint}"'}
    if (known := not_modified(request, headers["ETag"], headers, exists=True)) is not None:
        return known
    return Response(_text(), headers=headers, media_type="application/ld+json")


def profile(accept: str | None) -> str:
    """The profile that an ``Accept`` header wants of JSON-LD; compacted where it names none of them.

    >>> profile('application/ld+json;profile="http://www.w3.org/ns/json-ld#expanded"')
    'http://www.w3.org/ns/json-ld#expanded'
    """
    best = (0.0, COMPACTED)
    for each in (accept or "").split(","):
        if (match := _RANGE.match(each)) is not None:
            parameters = match[1] or ""
            quality = float(found[1]) if (found := _QUALITY.search(parameters)) is not None else 1.0
            named = _PROFILE.search(parameters)
            wanted = ((named[1] or named[2] or "") if named is not None else "").split()
            known = next((name for name in wanted if name in PROFILES), COMPACTED)
            best = max(best, (quality, known), key=lambda pair: pair[0])
    return best[1]


def write(triples: Iterable[Triple], wanted: str, first: NamedNode | None) -> bytes:
    """The graph as JSON-LD of this profile, the same bytes for the same graph in the same order."""
    triples = list(triples)
    if wanted == EXPANDED:
        return cast("bytes", serialize(triples, format=RdfFormat.JSON_LD))  # None only with an output
    compaction = Compaction(triples)
    nodes = compaction.nodes
    top = nodes.pop(first.value) if wanted == COMPACTED and first is not None and first.value in nodes else None
    if top is None:
        document: Json = {"@graph": list(nodes.values())}
    else:
        _take_in(top, nodes)
        document = {**top, **({compaction.used("included"): list(nodes.values())} if nodes else {})}
    return json.dumps({"@context": compaction.context, **document}, ensure_ascii=False, indent=1).encode()


class Compaction:
    """A graph in the terms of the context: one node for each subject, and the part of the context that it takes.

    What a term's definition does not fit (a string where it has IRIs) stands under a compact IRI instead, in full.
    """

    def __init__(self, triples: Sequence[Triple]) -> None:
        # `schema:x` is an IRI of its own as well: where a graph has one, its scheme is no prefix in this document.
        iris = (term.value for triple in triples for term in triple if isinstance(term, NamedNode))
        taken = {iri.partition(":")[0] for iri in iris}
        self._prefixes = {name: iri for name, iri in _prefixes().items() if name not in taken}
        self._used = {"@version", "id"}
        self.nodes: dict[str, Json] = {}
        for triple in triples:
            assert not isinstance(triple.subject, Triple)  # nothing here holds triple terms (RDF 1.2)
            assert not isinstance(triple.object, Triple)
            subject = _name(triple.subject)
            self._add(self.nodes.setdefault(subject, {"id": subject}), triple.predicate, triple.object)

    @property
    def context(self) -> Json:
        """The terms and prefixes that were used, defined as in the published context."""
        return {name: definition for name, definition in terms().items() if name in self._used}

    def used(self, name: str) -> str:
        """The term, which is in the context from now on."""
        self._used.add(name)
        return name

    def _add(self, node: Json, predicate: NamedNode, value: Term) -> None:
        if predicate == RDF.type and isinstance(value, NamedNode):
            _append(node, self.used("type"), self._vocabulary(value.value))
            return
        term = _by_iri().get(predicate.value, "")
        definition = terms().get(term, {})
        coerced = definition.get("@type") if isinstance(definition, dict) else None
        if isinstance(definition, dict) and definition.get("@container") == "@language":
            if isinstance(value, Literal) and value.language is not None:
                _append(node.setdefault(self.used(term), {}), value.language, value.value)
                return
        elif coerced == "@id" and not isinstance(value, Literal):
            _append(node, self.used(term), _name(value))
            return
        elif coerced is not None and isinstance(value, Literal) and value.datatype.value == coerced:
            _append(node, self.used(term), value.value)
            return
        elif isinstance(definition, str):
            _append(node, self.used(term), self._whole(value))
            return
        _append(node, self._vocabulary(predicate.value, is_term=False), self._whole(value))

    def _whole(self, value: Term) -> Json | str:
        """The value with everything that it is, which no definition says."""
        if not isinstance(value, Literal):
            return {"id": _name(value)}
        if value.language is not None:
            return {"@value": value.value, "@language": value.language}
        if value.datatype == XSD.string:
            return value.value
        return {"@value": value.value, "@type": self._vocabulary(value.datatype.value)}

    def _vocabulary(self, iri: str, *, is_term: bool = True) -> str:
        """The IRI of a class, datatype or property as a term, else as a compact IRI, else as it is."""
        if is_term and isinstance(terms().get(term := _by_iri().get(iri, "")), str):
            return self.used(term)
        for name, namespace in self._prefixes.items():
            local = iri.removeprefix(namespace)
            if local not in ("", iri) and not local.startswith("//"):
                return f"{self.used(name)}:{local}"
        return iri


def _append(node: Json, name: str, value: object) -> None:
    """A value alone, several as an array."""
    if name not in node:
        node[name] = value
    elif isinstance(node[name], list):
        node[name].append(value)
    else:
        node[name] = [node[name], value]


def _name(term: NamedNode | BlankNode) -> str:
    return term.value if isinstance(term, NamedNode) else f"_:{term.value}"


def _take_in(node: Json, others: dict[str, Json]) -> None:
    """Put the node's parts, and theirs, where only their IRIs stood; each goes to one place."""
    for name in _PARTS:
        if name in node:
            values = node[name] if isinstance(node[name], list) else [node[name]]
            parts = [others.pop(v, v) if isinstance(v, str) else v for v in values]
            node[name] = parts if len(parts) > 1 else parts[0]
            for part in parts:
                if isinstance(part, dict):
                    _take_in(part, others)


@cache
def terms() -> Json:
    """The context: term → IRI or definition."""
    return cast("Json", json.loads(_text())["@context"])


@cache
def _text() -> str:
    return (resources.files("harmgraph.service") / "contexts" / "v1.jsonld").read_text("utf-8")


@cache
def _prefixes() -> dict[str, str]:
    """Those of the terms that are namespaces, the longest first."""
    found = {name: iri for name, iri in terms().items() if isinstance(iri, str) and iri.endswith(("#", "/"))}
    return dict(sorted(found.items(), key=lambda item: -len(item[1])))


@cache
def _by_iri() -> dict[str, str]:
    """The IRI of a class or property → its term."""
    return {
        definition if isinstance(definition, str) else definition["@id"]: name
        for name, definition in terms().items()
        if isinstance(definition, str | dict) and name not in _prefixes()
    }

"""The description of a thing in Turtle, with the prefixes that it uses: written by the engine, abbreviated as text.

`writing` has the engine write a graph through Python's objects, of which it reads the prefixes first. For a lookup that
costs more than the query. So the engine writes a small answer without prefixes, and the IRIs are abbreviated here, to
the same bytes. What would take knowledge of Turtle beyond what the engine writes (0.5.13) is left to `writing`.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final, cast

from pyoxigraph import QueryTriples, RdfFormat

from harmgraph.iris import PREFIXES, RDF
from harmgraph.store.base import GRAPH_FORMATS, Query

_TURTLE: Final = GRAPH_FORMATS[0]
_MOST: Final = 64 << 10
"""Bytes up to which an answer is small; it has far fewer triples than those for which all prefixes are declared."""

_BY_NAMESPACE: Final = {namespace.encode(): prefix.encode() for prefix, namespace in PREFIXES.items()}
_NAMESPACES: Final = tuple(_BY_NAMESPACE)
_DECLARATIONS: Final = {
    namespace: b"@prefix %s: <%s> .\n" % (prefix, namespace) for namespace, prefix in _BY_NAMESPACE.items()
}
_RDF: Final = RDF.iri.encode()

_LOCAL: Final = re.compile(rb"(?:[A-Za-z0-9_][A-Za-z0-9_-]*)?")
"""Of a local name that is written as it is."""
_TYPED: Final = re.compile(rb"^(?:<[^>]*>|_:\S+) a ", re.MULTILINE)
"""``a``, which the engine writes for `rdf:type`, behind a subject."""


class _TooLong(Exception):
    """The answer is not small."""


class _Page:
    """Takes what the engine writes."""

    def __init__(self) -> None:
        self.parts: list[bytes] = []
        self._size = 0

    def write(self, data: bytes) -> int:
        """Take some bytes."""
        self._size += len(data)
        if self._size > _MOST:
            raise _TooLong
        self.parts.append(data)
        return len(data)

    def flush(self) -> None:
        """Called by the engine at the end."""


def is_brief(query: Query) -> bool:
    """Whether the query is for the description of things that it names, whole and in Turtle.

    Only DESCRIBE can do without a group in braces. So what is written of its answer is known to take no time, and can
    be thrown away where it turns out not to be small.
    """
    return "{" not in query.text and query.graph_format == _TURTLE and not (query.max_rows or query.max_bytes)


def brief_turtle(result: QueryTriples) -> bytes | None:
    """The graph in Turtle; None where that is for `writing` to write, from the result of another evaluation."""
    page = _Page()
    try:
        result.serialize(page, RdfFormat.TURTLE)  # type: ignore[arg-type]  # the engine calls write() and flush() alone
    except _TooLong:
        return None
    return abbreviated(b"".join(page.parts))


def abbreviated(page: bytes) -> bytes | None:
    """What the engine wrote without prefixes as it writes it with those in use; None where that is not so simple."""
    unescaped = page.replace(rb"\\", b"").replace(rb"\"", b"") if b"\\" in page else page
    if b"<" in b"".join(unescaped.split(b'"')[1::2]) or b"<<" in page:  # in a string; a triple as a term
        return None
    before, *pieces = page.split(b"<")
    parts = [piece.partition(b">") for piece in pieces]
    found = [_written(iri) for iri, _, _ in parts]
    if None in found:
        return None
    terms = cast("list[tuple[bytes, bytes, bytes]]", found)
    # A datatype uses no prefix, but takes one that others use.
    behind = [before, *[after for _, _, after in parts]]
    used = {term[0] for term, text in zip(terms, behind, strict=False) if text[-2:] != b"^^"}
    if b"\ta " in page or _TYPED.search(page) is not None:  # no string has a tab in it
        used.add(_RDF)
    written = [term[1 if term[0] in used else 2] + part[2] for term, part in zip(terms, parts, strict=True)]
    used.discard(b"")
    return b"".join((*sorted(map(_DECLARATIONS.__getitem__, used)), before, *written))


@lru_cache(4096)
def _written(iri: bytes) -> tuple[bytes, bytes, bytes] | None:
    """The namespace, and the IRI with its prefix and without; None where the engine may abbreviate it otherwise.

    The namespace is empty, and both are the same, where there is no prefix for it.
    """
    full = b"<%s>" % iri
    end = max(iri.rfind(b"/"), iri.rfind(b"#")) + 1
    prefix = _BY_NAMESPACE.get(iri[:end])
    if prefix is None:
        return (b"", full, full) if not iri.startswith(_NAMESPACES) else None
    local = iri[end:]
    return (iri[:end], b"%s:%s" % (prefix, local), full) if _LOCAL.fullmatch(local) is not None else None

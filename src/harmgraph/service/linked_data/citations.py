"""``/cite/…``: how to cite the page of an incident, in BibTeX, RIS and CSL-JSON.

The authors are those who hold the rights in its records, since the work is theirs; harmgraph is what contains the page,
the release its version. The texts of strangers are escaped as each format wants it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from fastapi import APIRouter
from pyoxigraph import NamedNode
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from harmgraph.iris import BASE, DCT, HG, RDF, RDFS
from harmgraph.service.context import service_of
from harmgraph.service.documents.document import Document, describe
from harmgraph.service.http.conditional import CACHE_CONTROL, etag, not_modified
from harmgraph.service.http.negotiation import CITATIONS, split_suffix
from harmgraph.service.linked_data.resources import Found, existing
from harmgraph.service.terms import header_url, local_name, request_path

CONTAINER: Final = "harmgraph: the knowledge graph of AI harms"

router: Final = APIRouter()


@dataclass(frozen=True, slots=True)
class Citation:
    """What every format says: ``issued`` is a date or empty, ``records`` how the sources ask to be cited."""

    key: str
    title: str
    authors: tuple[str, ...]
    issued: str
    release: str
    url: str
    records: tuple[str, ...]


@router.api_route("/cite/incident/{name:path}", methods=["GET", "HEAD"], summary="How to cite an incident")
async def cite(request: Request) -> Response:
    """The citation in the format that the suffix names."""
    service = service_of(request)
    path = (request_path(request) or "").removeprefix("/cite/")
    parted = split_suffix(path, CITATIONS)
    if parted is None:
        raise HTTPException(404, f"a citation ends in {', '.join(f'.{each.name}' for each in CITATIONS)}")
    stem, format_ = parted
    tag = etag(request, service.store.release, service.fingerprint, format_.media_type)
    headers = {"Cache-Control": CACHE_CONTROL}
    if (known := not_modified(request, tag, headers)) is not None:
        return known
    found = await existing(service, (Found(stem),))
    if found is None:
        raise HTTPException(404, f"nothing is known of {BASE}id/{stem}")
    if (name := found.successor or found.path) != stem:
        root = request.scope.get("root_path", "")
        return RedirectResponse(header_url(f"{root}/cite/{name}.{format_.name}"), 301, headers)
    document = await describe(service.questions, NamedNode(f"{BASE}id/{stem}"))
    if HG.Incident not in document.own.get(RDF.type, []):
        raise HTTPException(404, f"{BASE}id/{stem} is no incident")
    rows = await service.once("issued", lambda: service.questions.rows("issued"))
    citation = cited(document, service.store.release, rows[0]["issued"].value if rows else "")
    body = _WRITERS[format_.name](citation)
    charset = "" if format_.media_type.endswith("json") else ";charset=utf-8"
    return Response(body, headers={**headers, "ETag": tag, "Content-Type": format_.media_type + charset})


def cited(document: Document, release: str, issued: str) -> Citation:
    """What a citation of the document says."""
    by_subject = document.by_subject
    holders = {holder for said in by_subject.values() for holder in said.get(DCT.rightsHolder, [])}
    names = {label.value for holder in holders for label in by_subject.get(holder, {}).get(RDFS.label, [])}
    records = {text.value for said in by_subject.values() for text in said.get(DCT.bibliographicCitation, [])}
    name = local_name(document.thing.value)
    labels = [label.value for label in document.own.get(RDFS.label, [])]
    return Citation(
        f"harmgraph-{re.sub(r'[^A-Za-z0-9-]', '-', name)}",
        " ".join((labels or [name])[0].split()),
        tuple(sorted(names)) or ("harmgraph",),
        issued,
        release,
        document.thing.value,
        tuple(" ".join(text.split()) for text in sorted(records)),
    )


def bibtex(citation: Citation) -> str:
    """One ``@misc`` entry, which every BibTeX knows; names in braces, since organisations have no first name."""
    fields = {
        "author": " and ".join(f"{{{_tex(name)}}}" for name in citation.authors),
        "title": f"{{{_tex(citation.title)}}}",
        "howpublished": _tex(CONTAINER),
        "year": citation.issued[:4],
        "version": _tex(citation.release),
        "url": citation.url,
        "note": _tex("; ".join(citation.records)),
    }
    lines = [f"  {name} = {{{value}}}" for name, value in fields.items() if value]
    return f"@misc{{{citation.key},\n" + ",\n".join(lines) + "\n}\n"


def ris(citation: Citation) -> str:
    """One entry of type ELEC; its lines end as the format wants."""
    pairs = [
        ("TY", "ELEC"),
        ("ID", citation.key),
        *(("AU", name) for name in citation.authors),
        ("TI", citation.title),
        ("T2", CONTAINER),
        ("PY", citation.issued[:4]),
        ("DA", citation.issued.replace("-", "/")),
        ("ET", citation.release),
        ("UR", citation.url),
        *(("N1", text) for text in citation.records),
        ("ER", ""),
    ]
    return "".join(f"{tag}  - {_line(value)}\r\n" for tag, value in pairs if value or tag == "ER")


def csl_json(citation: Citation) -> str:
    """A list of one item, as citeproc reads it."""
    item: dict[str, object] = {
        "id": citation.key,
        "type": "webpage",
        "title": citation.title,
        "author": [{"literal": name} for name in citation.authors],
        "container-title": CONTAINER,
        "version": citation.release,
        "URL": citation.url,
    }
    if citation.issued:
        item["issued"] = {"date-parts": [[int(part) for part in citation.issued.split("-")]]}
    if citation.records:
        item["note"] = "; ".join(citation.records)
    return json.dumps([item], ensure_ascii=False, indent=2)


_WRITERS: Final[dict[str, Callable[[Citation], str]]] = {"bib": bibtex, "ris": ris, "json": csl_json}

_TEX: Final = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    **{sign: f"\\{sign}" for sign in "{}$&%#_"},
}
_NO_TEXT: Final = re.compile(r"[\x00-\x1f\x7f\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]+")


def _tex(text: str) -> str:
    """The text as TeX prints it.

    >>> _tex("5% of A&B")
    '5\\\\% of A\\\\&B'
    """
    return "".join(_TEX.get(sign, sign) for sign in _line(text))


def _line(text: str) -> str:
    """The text without what would begin another line, or turn it round."""
    return _NO_TEXT.sub(" ", text)

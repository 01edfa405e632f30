"""An entity → the small page that clients show in a frame beside a cell.

The one page of ours that other sites may frame: it has no form, no script and nothing to lure a click with.
"""

from __future__ import annotations

from typing import Final

from pyoxigraph import Literal, NamedNode
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from harmgraph.iris import DCT
from harmgraph.service.context import Service
from harmgraph.service.http.conditional import CACHE_CONTROL
from harmgraph.service.reconciliation.entities import Entity, description
from harmgraph.service.reconciliation.index import NameIndex

_POLICY: Final = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors *"
)
_TEXT: Final = 320


async def page(request: Request, service: Service, index: NameIndex, entity: Entity) -> Response:
    """The preview of the entity."""
    rows = await service.questions.rows("values", these=[NamedNode(entity.iri)], predicate=DCT.description)
    texts = sorted(row["value"].value for row in rows if isinstance(row["value"], Literal))
    text = texts[0] if texts else ""
    body = service.render(
        "preview.html",
        request,
        entity=entity,
        line=description(entity, index.entities),
        text=f"{text[:_TEXT].rsplit(' ', 1)[0]} …" if len(text) > _TEXT else text,
        others=entity.names[1:4],
    )
    return HTMLResponse(body, headers={"Content-Security-Policy": _POLICY, "Cache-Control": CACHE_CONTROL})

"""What the query page has beyond its form: the competency queries, and the editor where it has been built.

The editor is a file of our own origin (`frontend/`, built by ``make``). Without it the page is the plain form, and no
script is allowed on it.
"""

from __future__ import annotations

import json
from functools import cache
from importlib import resources
from typing import Final

from starlette.exceptions import HTTPException

from harmgraph.catalogue import ListedQuery, called, catalogue
from harmgraph.errors import HarmgraphError
from harmgraph.iris import PREFIXES
from harmgraph.service.http.negotiation import GRAPHS, RESULTS
from harmgraph.service.pages.examples import BLANK

PREFIXES_JSON: Final = json.dumps(PREFIXES)
DOWNLOADS_JSON: Final = json.dumps(
    {kind: [(f.name, f.label) for f in formats] for kind, formats in (("rows", RESULTS), ("graph", GRAPHS))}
)
"""The formats in which each kind of answer can be downloaded, for the script."""
_FEATURED: Final = (
    "who-deploys-a-technology",
    "deployer-and-developer-at-once",
    "where-records-disagree",
)
"""The competency queries on the start page, by name."""

# The script of our own and requests to ourselves, and nothing more than the other pages: no inline script or style.
_POLICY: Final = (
    "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self'; img-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)


@cache
def is_built() -> bool:
    """Whether the editor is there to be sent."""
    return (resources.files("harmgraph.service") / "static" / "editor" / "editor.js").is_file()


def headers() -> dict[str, str]:
    """What the response with a query page says besides: which scripts may run on it."""
    return {"Content-Security-Policy": _POLICY} if is_built() else {}


@cache
def gallery() -> tuple[ListedQuery, ...]:
    """The competency queries; none where only the package is installed."""
    return catalogue()


@cache
def featured() -> tuple[ListedQuery, ...]:
    """The competency queries that the start page shows; none where there is no gallery."""
    return tuple(called(name, gallery()) for name in _FEATURED) if gallery() else ()


def first_text(name: str | None) -> str:
    """What stands in the form: the competency query of this name or number; without one, something to begin with."""
    if name is None:
        return BLANK
    try:
        return called(name, gallery()).runnable
    except HarmgraphError as cause:
        raise HTTPException(404, str(cause)) from cause

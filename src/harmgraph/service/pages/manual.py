"""The documentation, as ``make docs`` built it: files of our own origin, sent as they are.

All links in them are relative, so that they hold behind any proxy. Where nothing was built, ``/docs`` says how to.
"""

from __future__ import annotations

import asyncio
import hashlib
import mimetypes
from importlib import resources
from pathlib import Path, PurePosixPath
from typing import Final

from fastapi import APIRouter
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from harmgraph.service.http.conditional import CACHE_CONTROL, MANUAL, not_modified

FOLDER: Final = Path(str(resources.files("harmgraph.service"))) / MANUAL
"""Where ``make docs`` puts the site; kept by nobody but whoever built it."""
_TYPES: Final = {".html": "text/html; charset=utf-8", ".ipynb": "application/x-ipynb+json"}

router: Final = APIRouter()


def is_built() -> bool:
    """Whether there is documentation to send."""
    return (FOLDER / "index.html").is_file()


@router.api_route("/docs", methods=["GET", "HEAD"], include_in_schema=False)
async def without_slash(request: Request) -> Response:
    """The index, at the address from which its relative links lead where they should."""
    return RedirectResponse(request.scope.get("root_path", "") + "/docs/", 301)


@router.api_route("/docs/{path:path}", methods=["GET", "HEAD"], summary="A page of the documentation")
async def page(request: Request) -> Response:
    """One file of the documentation."""
    path: str = request.path_params["path"]
    body = await asyncio.to_thread(_read, path or "index.html")
    if body is None:
        raise HTTPException(404, _missing(path))
    tag = f'"{hashlib.blake2b(body, digest_size=12).hexdigest()}"'
    headers = {"Cache-Control": CACHE_CONTROL}
    if (known := not_modified(request, tag, headers)) is not None:
        return known
    suffix = PurePosixPath(path or "index.html").suffix
    kind = _TYPES.get(suffix) or mimetypes.guess_type(path)[0] or "application/octet-stream"
    return Response(body, headers={**headers, "ETag": tag, "Content-Type": kind})


def _read(path: str) -> bytes | None:
    """The file of this path; None where there is none, and for whatever leads out of the folder."""
    try:
        file = (FOLDER / path).resolve()
        return file.read_bytes() if file.is_relative_to(FOLDER.resolve()) and file.is_file() else None
    except (OSError, ValueError):  # too long, or with a null character: no name of a file
        return None


def _missing(path: str) -> str:
    if is_built():
        return f"the documentation has no page {path!r}; /docs/ lists those that there are"
    return (
        "the documentation is not built on this server: `make docs` builds it in a checkout of the project, "
        "and its folder docs/ has the same pages as Markdown"
    )

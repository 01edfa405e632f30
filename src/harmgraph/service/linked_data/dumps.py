"""``/dump/{release}/…``: the files of a release to take away, whole or by ranges, as long as the release lies here.

A release never changes, so its files may be kept for ever. Compressed dumps are made beside the server, or while they
are sent to a client that comes first, the same bytes each time, and kept (`packing`): from then on they have a length,
ranges and a checksum. Never reads anything but the dump of a release that is in the folder, and what was kept of it.
"""

from __future__ import annotations

import asyncio
import base64
import re
import zlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import zstandard
from fastapi import APIRouter
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, RedirectResponse, Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from harmgraph.errors import ReleaseUnreadable, StoreUnavailable
from harmgraph.iris import BASE
from harmgraph.service.context import Service, service_of
from harmgraph.service.documents.published import release, served
from harmgraph.service.documents.representations import IMMUTABLE
from harmgraph.service.http.conditional import CACHE_CONTROL, etag, not_modified
from harmgraph.service.linked_data import packing
from harmgraph.store.opening import is_remote
from harmgraph.store.releases import seal
from harmgraph.store.releases.release import Release

DUMP: Final = "harmgraph.nq"
SUMS: Final = "SHA256SUMS"
GZIP: Final = "application/gzip"
ZSTD: Final = "application/zstd"

router: Final = APIRouter()

_BLOCK: Final = 1 << 20
_AT_ONCE: Final = 2
"""Blocks that are compressed at once, however many clients want a dump: each keeps a processor busy."""
# One range, in the only unit there is. What is not like this is ignored, as RFC 9110 §14.2 allows and for other units
# demands; starlette 1.10 answers it with 400.
_RANGE: Final = re.compile(r"bytes=(?:(\d{1,18})-(\d{1,18})?|-\d{1,18})")

Coder = Callable[[bytes, bool], bytes]
"""Part of a body and whether it is the last → what it becomes."""


def url_of(identifier: str, name: str = DUMP) -> str:
    """The IRI of a file of this release."""
    return f"{BASE}dump/{identifier}/{name}"


@router.api_route("/dump/data.nq", methods=["GET", "HEAD"], include_in_schema=False)
async def newest(request: Request) -> Response:
    """The dump of the release that is served: every release gives this as its void:dataDump."""
    found = await asyncio.to_thread(served, service_of(request))
    if found is None:
        raise _missing(service_of(request), "the release that is served")
    root = request.scope.get("root_path", "")
    return RedirectResponse(f"{root}/dump/{found.id}/{DUMP}", 302, {"Cache-Control": CACHE_CONTROL})


@router.api_route("/dump/{identifier}/{name}", methods=["GET", "HEAD"], summary="A file of a release")
async def dump(request: Request, identifier: str, name: str) -> Response:
    """The dump, plain or compressed, or its checksum for ``sha256sum --check``."""
    service = service_of(request)
    found = await asyncio.to_thread(release, service, identifier)
    if found is None:
        raise _missing(service, f"release {identifier}")
    if name not in (DUMP, SUMS, *_CODERS):
        raise HTTPException(
            404, f"release {identifier} has no file {name}: there are {DUMP}, {', '.join(_CODERS)}, {SUMS}"
        )
    sealed = await asyncio.to_thread(_sealed, found)
    if name == SUMS:
        return await _sums(request, service, found, sealed)
    checksum = sealed.checksum if sealed is not None else found.id
    headers = {"ETag": f'"{checksum}-{name}"', "Cache-Control": IMMUTABLE}
    if (known := not_modified(request, headers["ETag"], headers, exists=True)) is not None:
        return known
    if name == DUMP:
        if sealed is not None:
            headers["Repr-Digest"] = _digest(sealed.checksum)
        return await _file(request, found.dump, headers, "application/n-quads")
    media_type, coder = _CODERS[name]
    place = packing.place(service.settings.releases, found.id, name)
    if (kept_sum := await asyncio.to_thread(packing.checksum, place)) is not None:
        return await _file(request, place, {**headers, "Repr-Digest": _digest(kept_sum)}, media_type)
    if request.method == "HEAD":  # its length is not known before it is made
        return StreamingResponse(iter(()), headers=headers, media_type=media_type)
    return StreamingResponse(_coded(service, found, name, coder()), headers=headers, media_type=media_type)


@dataclass(frozen=True, slots=True)
class Kept:
    """A compressed dump that is kept: its bytes, and the SHA-256 of them."""

    size: int
    checksum: str


def kept(service: Service, found: Release) -> dict[str, Kept]:
    """Name → what is known of it, of the compressed dumps of the release that are kept."""
    places = {name: packing.place(service.settings.releases, found.id, name) for name in _CODERS}
    sums = {name: packing.checksum(place) for name, place in places.items()}
    return {name: Kept(places[name].stat().st_size, each) for name, each in sums.items() if each is not None}


async def pack(service: Service) -> None:
    """Make the compressed dumps of the release that is served, where they are not kept yet."""
    found = await asyncio.to_thread(served, service)
    if found is None:
        return
    with packing.alone(service.settings.releases) as is_alone:  # of several server processes, one
        for name, (_, coder) in _CODERS.items():
            place = packing.place(service.settings.releases, found.id, name)
            if is_alone and await asyncio.to_thread(packing.checksum, place) is None:
                async for _ in _coded(service, found, name, coder()):
                    pass


async def _sums(request: Request, service: Service, found: Release, sealed: seal.Sealed | None) -> Response:
    """The checksums of the dump and of what is kept of it compressed; they may be kept for ever when all are there."""
    if sealed is None:
        raise HTTPException(404, f"release {found.id} was made without checksums")
    packed = await asyncio.to_thread(kept, service, found)
    sums = {DUMP: sealed.checksum, **{name: each.checksum for name, each in packed.items()}}
    text = "".join(f"{checksum}  {name}\n" for name, checksum in sums.items())
    caching = IMMUTABLE if len(packed) == len(_CODERS) else CACHE_CONTROL
    headers = {"ETag": etag(request, text), "Cache-Control": caching}
    if (known := not_modified(request, headers["ETag"], headers, exists=True)) is not None:
        return known
    return Response(text, headers=headers, media_type="text/plain; charset=utf-8")


async def _file(request: Request, path: Path, headers: dict[str, str], media_type: str) -> Response:
    """The file or a range of it; 416 says how long it is (RFC 9110 §15.5.17)."""
    size = (await asyncio.to_thread(path.stat)).st_size
    asked = request.headers.get("range", "").strip()
    first = match[1] if _is_range(asked) and (match := _RANGE.fullmatch(asked)) is not None else None
    if first is not None and int(first) >= size and "if-range" not in request.headers:
        text = f"the file has {size} bytes, of which Range: {asked} names none; begin before {size}"
        raise HTTPException(416, text, {"Content-Range": f"bytes */{size}"})
    return _Dump(path, headers=headers, media_type=media_type)


def _digest(checksum: str) -> str:
    """The checksum as a client can verify it by itself (RFC 9530 §3)."""
    return f"sha-256=:{base64.b64encode(bytes.fromhex(checksum)).decode()}:"


def _missing(service: Service, what: str) -> HTTPException:
    if is_remote(service.settings):
        return HTTPException(404, "there are no dumps here: the service asks a store elsewhere and holds no files")
    return HTTPException(404, f"{what} is not here; /timemap/ has those that are")


def _sealed(found: Release) -> seal.Sealed | None:
    """The dump as it was sealed; None where the release has no seal. One of another size now is not sent."""
    try:
        files = [file for file in seal.sealed(found.path) if file.name == found.dump.name]
        seal.check(found.path, files, read=lambda _: False)
    except ReleaseUnreadable as fault:
        raise StoreUnavailable(str(fault)) from fault
    return files[0] if files else None


class _Dump(FileResponse):
    """The file, or the one range of it that is asked for."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it without regard to ranges that are none."""
        ranges = [value for name, value in scope["headers"] if name == b"range"]
        if ranges and not (len(ranges) == 1 and _is_range(ranges[0].decode("latin-1"))):
            scope = {**scope, "headers": [each for each in scope["headers"] if each[0] != b"range"]}
        await super().__call__(scope, receive, send)


def _is_range(value: str) -> bool:
    match = _RANGE.fullmatch(value.strip())
    return match is not None and not (match[1] and match[2] and int(match[1]) > int(match[2]))


async def _coded(service: Service, found: Release, name: str, coder: Coder) -> AsyncIterator[bytes]:
    """The dump in this coding, block by block, kept under its name when it has been read to its end."""
    turns = service.remembered("compressing", lambda: asyncio.Semaphore(_AT_ONCE))
    place = packing.place(service.settings.releases, found.id, name)
    keeping = packing.Keeping(place, lambda identifier: release(service, identifier) is not None)
    try:
        with found.dump.open("rb") as file:
            last = False
            while not last:
                async with turns:
                    last, part = await asyncio.to_thread(_next_part, file.read, coder, keeping)
                if part:
                    yield part
    finally:
        keeping.drop()  # what a client that hung up did not want to the end


def _next_part(read: Callable[[int], bytes], coder: Coder, keeping: packing.Keeping) -> tuple[bool, bytes]:
    block = read(_BLOCK)
    part = coder(block, not block)
    keeping.write(part)
    if not block:
        keeping.finish()
    return not block, part


def _gzip() -> Coder:
    compressor = zlib.compressobj(4, wbits=31)  # no name and no time in its head: the same bytes each time
    return lambda block, last: compressor.compress(block) + (compressor.flush() if last else b"")


def _zstd() -> Coder:
    compressor = zstandard.ZstdCompressor(level=3).compressobj()
    return lambda block, last: compressor.compress(block) + (compressor.flush() if last else b"")


_CODERS: Final[dict[str, tuple[str, Callable[[], Coder]]]] = {
    f"{DUMP}.gz": (GZIP, _gzip),
    f"{DUMP}.zst": (ZSTD, _zstd),
}

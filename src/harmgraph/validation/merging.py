"""A data file and its background → one N-Quads file that the fast engine reads, without a copy where possible.

The engine reads exactly one file and merges its named graphs. A build's dump already holds everything and is read
as it is. Anything else flows through a named pipe: the background first, then the file, converted as it streams.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from pyoxigraph import Quad, RdfFormat, parse, serialize

from harmgraph.errors import SnapshotUnreadable


def format_of(data: Path) -> RdfFormat:
    """The RDF format that the file's extension stands for; raises `SnapshotUnreadable` for any other extension."""
    known = RdfFormat.from_extension(data.suffix.removeprefix(".").lower())
    if known is None:
        raise SnapshotUnreadable(
            f"{data}: {data.suffix or 'no'} extension stands for no RDF format;"
            " name the file .nq, .nt, .ttl, .trig, .rdf or .jsonld"
        )
    return known


def quads_in(data: Path) -> Iterator[Quad]:
    """The quads of an RDF file as they are read; `SnapshotUnreadable` names line and column of a syntax error."""
    try:
        yield from parse(path=data, format=format_of(data), base_iri=data.resolve().as_uri())
    except SyntaxError as cause:
        raise SnapshotUnreadable(f"{data}:{cause.lineno}:{cause.offset}: {cause.msg}") from cause
    except OSError as cause:
        raise SnapshotUnreadable(f"{data}: {cause.strerror or cause}") from cause


@contextmanager
def merged(data: Path, background: Iterable[Quad]) -> Iterator[Path]:
    """The path of an N-Quads file with background and data, to be read once, from start to end.

    A failure of the writing side is raised when the context ends: it tells more than the reader's.
    """
    known = list(background)
    if not known and format_of(data) == RdfFormat.N_QUADS:
        yield data
        return
    with tempfile.TemporaryDirectory(prefix="harmgraph-") as folder, ThreadPoolExecutor(1) as pool:
        pipe = Path(folder) / "merged.nq"
        os.mkfifo(pipe)
        writing = pool.submit(_write, pipe, known, data)
        try:
            yield pipe
        finally:
            _release(pipe)
            if (failure := writing.exception()) is not None:
                raise failure


def _write(pipe: Path, background: list[Quad], data: Path) -> None:
    try:
        with pipe.open("wb") as out:
            write_merged(out, background, data)
    except BrokenPipeError:
        pass  # the reader met an error and stopped; it raises that error itself


def write_merged(out: BinaryIO, background: Iterable[Quad], data: Path) -> None:
    """Background and data as N-Quads, one after the other."""
    serialize(background, output=out, format=RdfFormat.N_QUADS)
    if format_of(data) == RdfFormat.N_QUADS:
        with _opened(data) as source:
            shutil.copyfileobj(source, out, 1 << 20)
    else:
        serialize(quads_in(data), output=out, format=RdfFormat.N_QUADS)


def _opened(data: Path) -> BinaryIO:
    try:
        return data.open("rb")
    except OSError as cause:
        raise SnapshotUnreadable(f"{data}: {cause.strerror or cause}") from cause


def _release(pipe: Path) -> None:
    """Let a writer go that still waits for a reader, as when the reader failed before it opened the pipe."""
    os.close(os.open(pipe, os.O_RDONLY | os.O_NONBLOCK))

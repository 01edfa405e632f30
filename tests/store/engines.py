"""Real engines on free ports of loopback, each with data of its own that go with it."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx
import pytest

from harmgraph.settings import Settings
from harmgraph.store.other_engines.target import Addresses, Patience, Target


@dataclass(frozen=True)
class Engine:
    """An engine that runs."""

    address: str
    """Where it answers queries."""
    process: subprocess.Popen[bytes]
    user: str = ""
    password: str = ""

    def settings(self, **others: object) -> Settings:
        """The settings of a store over it."""
        given = {"store": self.address, "store_user": self.user, "store_password": self.password, **others}
        return Settings(**given)  # type: ignore[arg-type]  # each value fits its setting

    @contextmanager
    def target(self) -> Iterator[Target]:
        """The engine as something to publish to."""
        target = Target(Addresses(self.address), self.user, self.password, patience=Patience(3, 0.1))
        try:
            yield target
        finally:
            target.close()


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


@contextmanager
def oxigraph(folder: Path, *options: str) -> Iterator[Engine]:
    """``oxigraph serve`` in memory."""
    binary = shutil.which("oxigraph", path=str(Path(sys.executable).parent)) or shutil.which("oxigraph")
    assert binary is not None, "oxigraph is a development dependency: run `make setup`"
    place = f"127.0.0.1:{free_port()}"
    with _running([binary, "serve", "--bind", place, *options], folder, f"http://{place}/query") as process:
        yield Engine(f"http://{place}/query", process)


@contextmanager
def virtuoso(folder: Path) -> Iterator[Engine]:
    """Virtuoso with little memory, and with its own administrator as the one who may write."""
    binary = shutil.which("virtuoso-t")
    if binary is None:
        pytest.skip("virtuoso-t is not installed (Debian: virtuoso-opensource-7-bin)")
    port = free_port()
    (folder / "virtuoso.ini").write_text(_VIRTUOSO.format(http=port, sql=free_port()), encoding="ascii")
    address = f"http://127.0.0.1:{port}/sparql"
    with _running([binary, "-f", "-c", "virtuoso.ini"], folder, address) as process:
        yield Engine(address, process, "dba", "dba")


_VIRTUOSO: Final = """
[Database]
DatabaseFile = virtuoso.db
ErrorLogFile = virtuoso.log
LockFile = virtuoso.lck
TransactionFile = virtuoso.trx
xa_persistent_file = virtuoso.pxa
FileExtend = 100

[TempDatabase]
DatabaseFile = temporary.db
TransactionFile = temporary.trx

[Parameters]
ServerPort = 127.0.0.1:{sql}
DisableUnixSocket = 1
NumberOfBuffers = 4000
MaxDirtyBuffers = 3000
ServerThreads = 30
CheckpointInterval = 0

[HTTPServer]
ServerPort = 127.0.0.1:{http}
ServerThreads = 20

[SPARQL]
ResultSetMaxRows = 10000
"""

ENGINES: Final[dict[str, Callable[[Path], AbstractContextManager[Engine]]]] = {
    "oxigraph": oxigraph,
    "virtuoso": virtuoso,
}

CONCATENATES: Final = "several default graphs of a request are concatenated: a triple in two of them counts twice"
DIVIDES_INTEGERS: Final = "the quotient of two integers is an integer"
DIFFERENCES: Final[dict[str, tuple[str, ...]]] = {
    "oxigraph": (CONCATENATES,),
    "virtuoso": (CONCATENATES, DIVIDES_INTEGERS),
}
"""In what an engine differs from the embedded store and cannot be mended; each stands in docs/reference/store.md."""


@contextmanager
def _running(command: list[str], folder: Path, address: str) -> Iterator[subprocess.Popen[bytes]]:
    with (folder / "output.log").open("wb") as log:
        process = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log)
    try:
        end = time.monotonic() + 60
        while not _answers(address):
            shown = (folder / "output.log").read_text("utf-8", "replace")
            assert process.poll() is None, f"{command[0]} ended: {shown}"
            assert time.monotonic() < end, f"{command[0]} does not answer: {shown}"
            time.sleep(0.05)
        yield process
    finally:
        process.kill()
        process.wait(20)


def _answers(address: str) -> bool:
    try:
        return httpx.get(address, params={"query": "ASK {}"}, trust_env=False).is_success
    except httpx.TransportError:
        return False

"""Settings → the running service: the store opened, the application over it, uvicorn in front.

Which store it is, `open_store` knows; everything here knows `Store`. Signals: SIGTERM and SIGINT end the service after
the answers that run, a second one at once; SIGHUP looks for a new release at once.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import socket
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import uvicorn
import uvloop
from fastapi import FastAPI

from harmgraph.errors import HarmgraphError
from harmgraph.service.app import create_app
from harmgraph.service.running import logs, notify
from harmgraph.service.running.processes import Processes
from harmgraph.service.running.reloading import Reloading, place_of
from harmgraph.service.running.warming import keep_warm
from harmgraph.settings import Settings
from harmgraph.store.base import Store
from harmgraph.store.local.embedded import EmbeddedStore
from harmgraph.store.opening import is_remote, open_store, require_store

log = logging.getLogger(__name__)


def run(settings: Settings, *, host: str | None = None, port: int | None = None, processes: int | None = None) -> None:
    """Serve the current release, and whichever becomes current, until a signal ends it.

    Raises `HarmgraphError` where there is no release or the address cannot be listened on.
    """
    logs.choose_format(settings.log_format)
    require_store(settings)
    settings = replace(settings, host=settings.host if host is None else host)
    listener = _listen(settings.host, settings.port if port is None else port)
    count = settings.processes if processes is None else processes
    with listener:
        if count > 1:
            Processes(listener, settings, count).run()
        else:
            run_on(listener, settings)


def run_on(listener: socket.socket, settings: Settings) -> None:
    """Serve on a socket that listens already, in this process."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(listener, settings))


def web_server(app: FastAPI, *, shutdown_timeout: float = 5) -> uvicorn.Server:
    """uvicorn as the service needs it: no access log of its own, which would name clients by their address."""
    config = uvicorn.Config(
        app,
        http="httptools",
        access_log=False,
        log_config=None,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=shutdown_timeout,  # type: ignore[arg-type]  # seconds, whole or not
    )
    return _Server(config)


class _Server(uvicorn.Server):
    """Leaves signals to `_serve`: uvicorn would end by the signal, and not with exit code 0."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def _serve(listener: socket.socket, settings: Settings) -> None:
    place = None if is_remote(settings) else place_of(settings.releases / "current")
    store = await open_store(settings)
    app = create_app(store, settings)
    app.state.accesses.write = logs.access_writer()
    server = web_server(app, shutdown_timeout=settings.shutdown_timeout)
    beside = [asyncio.ensure_future(_observe(app)), asyncio.ensure_future(keep_warm(app.state.serving))]
    look = None
    if not is_remote(settings):

        async def open_release(path: Path) -> Store:
            return await EmbeddedStore.open(path, settings)

        reloading = Reloading(app.state.serving, settings.releases / "current", place, open_release)
        look = reloading.ask
        beside.append(asyncio.ensure_future(reloading.run()))
    _heed_signals(server, app, look)
    address, port = listener.getsockname()[:2]
    log.info("serving release %s on http://%s:%d/", store.release, f"[{address}]" if ":" in address else address, port)
    notify.ready()
    try:
        await server.serve(sockets=[listener])
    finally:
        for task in beside:
            task.cancel()


async def _observe(app: FastAPI) -> None:
    """Keep the metrics of this process up to date for the others, of which any may be asked for all."""
    while True:
        app.state.metrics.observe(app.state.serving.current.store)
        await asyncio.sleep(1)


def _heed_signals(server: uvicorn.Server, app: FastAPI, look: Callable[[], None] | None) -> None:
    def stop() -> None:
        if server.should_exit:
            # The second signal: at once. The keeper and its workers end with this process.
            os._exit(0)
        log.info("ending after the answers that run; a second signal ends them")
        notify.stopping()
        app.state.serving.draining = True
        server.should_exit = True

    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop)
    loop.add_signal_handler(signal.SIGHUP, look or (lambda: None))  # unheeded, it would end the service


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=2048)
    except OSError as cause:
        raise HarmgraphError(
            f"cannot listen on {host}:{port}: {cause.strerror or cause}; choose another address with --host, --port"
        ) from cause

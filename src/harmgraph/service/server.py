"""Settings → the running service: the store opened, the application over it, uvicorn in front.

Which store it is, `open_store` knows; everything here knows `Store`.
"""

from __future__ import annotations

import asyncio
import logging
import socket

import uvicorn
import uvloop
from fastapi import FastAPI

from harmgraph.errors import HarmgraphError
from harmgraph.service.app import create_app
from harmgraph.settings import Settings
from harmgraph.store.opening import open_store

log = logging.getLogger(__name__)


def run(settings: Settings, *, host: str | None = None, port: int | None = None) -> None:
    """Serve the current release until a signal ends it.

    Raises `HarmgraphError` where there is no release or the address cannot be listened on.
    """
    listener = _listen(settings.host if host is None else host, settings.port if port is None else port)
    with listener, asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(settings, listener))


def web_server(app: FastAPI) -> uvicorn.Server:
    """uvicorn as the service needs it: no access log of its own, which would name clients by their address."""
    config = uvicorn.Config(
        app, http="httptools", access_log=False, log_config=None, server_header=False, timeout_graceful_shutdown=5
    )
    return uvicorn.Server(config)


async def _serve(settings: Settings, listener: socket.socket) -> None:
    store = await open_store(settings)
    app = create_app(store, settings)
    address, port = listener.getsockname()[:2]
    log.info("serving release %s on http://%s:%d/", store.release, f"[{address}]" if ":" in address else address, port)
    await web_server(app).serve(sockets=[listener])


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=2048)
    except OSError as cause:
        raise HarmgraphError(
            f"cannot listen on {host}:{port}: {cause.strerror or cause}; choose another address with --host, --port"
        ) from cause

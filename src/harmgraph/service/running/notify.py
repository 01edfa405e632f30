"""Tells systemd when the service answers and when it is ending (sd_notify(3)); does nothing under anything else."""

from __future__ import annotations

import os
import socket


def ready() -> None:
    """Queries are answered from now on: the release is open and the socket listens."""
    _send(b"READY=1")


def stopping() -> None:
    """The answers that run are the last ones."""
    _send(b"STOPPING=1")


def _send(state: bytes) -> None:
    address = os.environ.get("NOTIFY_SOCKET")  # systemd's variable, not a setting of ours
    if not address:
        return
    # A name that begins with @ is of the abstract namespace.
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as channel:
        channel.sendto(state, "\0" + address[1:] if address.startswith("@") else address)

"""Fixtures that every kind of test may use, and the guard that keeps the test run off the network."""

from __future__ import annotations

import ipaddress
import socket
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def project() -> Path:
    """The root of the checkout."""
    return PROJECT


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real sample data beside the checkout; the test skips where it is missing."""
    folder = PROJECT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("the real sample data (../shared/data) are not on this machine")
    return folder


_connect = socket.socket.connect


def _loopback_only(self: socket.socket, address: object) -> None:
    if self.family in (socket.AF_INET, socket.AF_INET6):
        host = str(address[0]) if isinstance(address, tuple) else str(address)
        if host != "localhost" and not ipaddress.ip_address(host).is_loopback:
            pytest.fail(f"a test tried to reach {host}: tests talk to loopback only")
    _connect(self, address)  # type: ignore[arg-type]  # whatever socket.connect takes


@pytest.fixture(autouse=True, scope="session")
def no_network() -> None:
    """Make every connection to anything but loopback a failure."""
    socket.socket.connect = _loopback_only  # type: ignore[method-assign,assignment]  # the guard is the point

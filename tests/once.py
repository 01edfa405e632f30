"""What takes long to make and is only read: made once in a run of the tests, whichever process asks first.

pytest-xdist runs the tests in several processes, each with session fixtures of its own. A folder made here is found by
all of them, and by test modules that have no ``conftest.py`` in common.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable
from pathlib import Path

import pytest


def once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], object]) -> Path:
    """The folder of this name; ``make`` fills it when it is asked for first. What fails is tried anew by the next."""
    root = factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        root = root.parent  # each worker has a folder of its own in that of the run
    folder, done = root / "once" / name, root / "once" / f"{name}.done"
    folder.parent.mkdir(exist_ok=True)
    with (folder.parent / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not done.exists():
            folder.mkdir(exist_ok=True)
            make(folder)
            done.touch()
    return folder
